"""Parameters as Block Kit inputs, both ways: drawn with what they start with, and read back as raw text."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_sdk.models.blocks import InputBlock

from bot.views.form import elements
from bot.views.form.elements import Brevity, MenuEntry, Offered, option_value
from runner.errors import InvalidValue, ScriptRunnerError
from runner.messages.blocks import plain
from runner.scripts.parameters import (
    AnyParameter,
    Boolean,
    Date,
    DateTime,
    Email,
    Input,
    Integer,
    Multiline,
    Number,
    Several,
    Suggesting,
    Text,
    Time,
    Url,
    User,
)
from runner.scripts.parameters.starts import utc
from runner.scripts.parameters.texts import MAX_SUGGESTED
from runner.service import InboxFile
from runner.system.text import clipped, size, visible

_LABEL = 2000
_BARE_LABEL = 75
_HINTS = {Brevity.FULL: 2000, Brevity.BRIEF: 150, Brevity.BARE: 0}
_YES, _NO = "true", "false"
_MISS = 4
_DIGEST_LENGTH = 12


class UnreadableForm(ScriptRunnerError):
    """What came back is not the form that was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxChoices:
    """What a person can choose as an input, newest first, and the moment that ages are told from.

    Beside those that are listed there may be older ones, which ``find`` finds by a mark of how they are referred to.
    """

    files: Sequence[InboxFile]
    now: datetime
    older_count: int = 0
    find: Callable[[Callable[[str], bool]], InboxFile | None] = lambda _: None

    def find_older(self, value: str) -> InboxFile | None:
        """The file that is not listed which an option's value stands for."""
        return self.find(lambda reference: option_value(reference) == value) if self.older_count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldContext:
    """What fields are drawn with besides their parameters; ``people`` are Slack's user ids by e-mail address.

    ``given`` are files besides those of the inbox.
    """

    inbox: InboxChoices
    people: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[MenuEntry] = ()
    brevity: Brevity = Brevity.FULL


def block_id(script: str, parameter: AnyParameter, suffix: str = "") -> str:
    """The parameter's place in a form; other scripts' fields never have the same, so that nothing is mixed up.

    Slack keeps what was typed where an id stays: another suffix makes the field start anew.
    """
    return ".".join((digest(script), parameter.name, *([suffix] if suffix else [])))


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:_DIGEST_LENGTH]


def named(script: str, found: str) -> str | None:
    """The parameter's name in a block id; None where the block is not a field of the script."""
    head, _, rest = found.partition(".")
    return rest.partition(".")[0] if head == digest(script) and rest else None


def start(parameter: AnyParameter, initial: str | None, around: FieldContext) -> str | None:
    """What comes back of a field that starts with a value and is left as it is; what it cannot hold is left out."""
    if isinstance(parameter, Boolean):
        return _YES if initial == _YES else _NO
    if initial is None or not (isinstance(parameter, Input) or _is_value(parameter, initial)):
        return None
    return elements.held(parameter, initial, _offered(parameter, around, initial))


def draw(
    parameter: AnyParameter, place: str, initial: str | None, around: FieldContext, *, dispatches: bool = False
) -> InputBlock:
    """The parameter as an input block that starts with what the field can hold of a value.

    One that ``dispatches`` tells us of each change.
    """
    label, hint = told(parameter, around.brevity)
    is_bare = around.brevity is Brevity.BARE
    drawn = parameter.model_copy(update={"placeholder": None}) if is_bare else parameter
    first = start(parameter, initial, around)
    offered = Offered(files=(), people=around.people) if first is None else _offered(parameter, around, first)
    return InputBlock(
        block_id=place,
        label=plain(label),
        hint=plain(hint) if hint else None,
        optional=not parameter.required or isinstance(parameter, Boolean),
        dispatch_action=dispatches or None,
        element=elements.element(drawn, first, offered, brevity=around.brevity),
    )


def told(parameter: AnyParameter, brevity: Brevity) -> tuple[str, str]:
    """The label and the hint of a parameter's field; the hint may be empty."""
    most = _BARE_LABEL if brevity is Brevity.BARE else _LABEL
    return clipped(visible(parameter.label), most), _hint(parameter, _HINTS[brevity])


def offers(parameter: Input, around: FieldContext) -> bool:
    """Whether there may be a file that can be chosen."""
    if around.inbox.older_count or any(parameter.accepts(each.label) for each in around.given):
        return True
    return any(_comes_back(parameter, file.reference) for file in around.inbox.files)


def read(parameter: AnyParameter, state: object, inbox: InboxChoices) -> str | None:
    """The raw value in what Slack sends back for the parameter's block (its ``{action_id: state}``); None if empty.

    A member of the workspace comes back as Slack's user id. Raises UnreadableForm for anything but an element that the
    parameter may have been drawn as.
    """
    element = _only(parameter, state)
    kind = str(element["type"])
    if "select" in kind or kind in ("radio_buttons", "checkboxes"):
        return _chosen(parameter, element, kind, inbox)
    match parameter:
        case Date():
            return _string(element, "selected_date")
        case Time():
            return _string(element, "selected_time")
        case DateTime():
            return _moment(element)
        case _:
            return _string(element, "value")


def suggestions(
    parameter: AnyParameter, typed: str, listed: Iterable[MenuEntry], inbox: InboxChoices
) -> tuple[list[MenuEntry], str]:
    """The entries of a type-ahead in which what was typed occurs: those that are it first, then that begin with it.

    Where anything can be typed, what was typed can be chosen too. Of an input the files of the inbox follow those that
    are ``listed``. With what is said where there are more than one answer holds; empty where there are not.
    """
    wanted = typed.casefold()
    every = [*listed, *_listed_files(parameter, inbox)] if isinstance(parameter, Input) else listed
    ranked = [(_rank(each, typed, wanted), each) for each in every]
    found = [each for rank, each in sorted(ranked, key=lambda one: one[0]) if rank < _MISS]
    may_be_typed = isinstance(parameter, Suggesting) and typed.strip() and len(typed) <= MAX_SUGGESTED
    if may_be_typed and all(each.value != typed for each in found):
        found.insert(0, MenuEntry(value=typed, label=typed, description="as typed"))
    shown = found[: elements.MOST_OPTIONS]
    are_older = isinstance(parameter, Input) and inbox.older_count > 0
    if len(found) == len(shown) and not are_older:
        return shown, ""
    number = f"{'more than ' if are_older else ''}{len(found):,}"
    return shown, f"{len(shown)} of {number}{' that match' if typed else ''}: type to find the others"


def _rank(each: MenuEntry, typed: str, wanted: str) -> int:
    """How well an entry answers what was typed, 0 best, _MISS where that does not occur in it."""
    texts = (each.value.casefold(), each.label.casefold())
    if each.value == typed:
        return 0
    if wanted in texts:
        return 1
    if any(text.startswith(wanted) for text in texts):
        return 2
    return 3 if any(wanted in text for text in texts) else _MISS


def chosen_text(value: str, names: Iterable[str]) -> str | None:
    """The one among the names of files or scripts that an option's value stands for, if any."""
    return next((name for name in names if option_value(name) == value), None)


def _is_value(parameter: AnyParameter, text: str) -> bool:
    try:
        parameter.parse(text)
    except InvalidValue:
        return False
    return True


def _offered(parameter: AnyParameter, around: FieldContext, initial: str) -> Offered:
    if not isinstance(parameter, Input):
        return Offered(people=around.people)
    files = [*around.given, *_listed_files(parameter, around.inbox), *_older_files(parameter, around.inbox, initial)]
    return Offered(files=files, people=around.people)


def _older_files(parameter: Input, inbox: InboxChoices, initial: str) -> list[MenuEntry]:
    """The files that a field starts with and that are not listed for their age."""
    if not inbox.older_count:
        return []
    listed = {file.reference for file in inbox.files}
    wanted = [option_value(item) for item in parameter.items(initial) if item not in listed]
    found = [inbox.find_older(value) for value in wanted[: elements.MOST_OPTIONS]]
    return [elements.listed_file(file, inbox.now) for file in found if file is not None]


def _listed_files(parameter: Input, inbox: InboxChoices) -> list[MenuEntry]:
    """The files that the parameter takes; of several a name of two lines would be taken for two."""
    return [elements.listed_file(file, inbox.now) for file in inbox.files if _comes_back(parameter, file.reference)]


def _comes_back(parameter: Input, reference: str) -> bool:
    try:
        return parameter.items(parameter.parse(reference)) == [reference]
    except InvalidValue:
        return False


def _hint(parameter: AnyParameter, length: int) -> str:
    if not length:
        return ""
    limits = "".join(f" {limit}" for limit in _limits(parameter))
    description = clipped(visible(parameter.description), max(1, length - len(limits)))
    return clipped(f"{description}{limits}".lstrip(), length)


def _limits(parameter: AnyParameter) -> Iterable[str]:
    match parameter:
        case Integer(min=low, max=high) | Number(min=low, max=high):
            yield from _range(low, high)
            if parameter.step is not None:
                yield f"(in steps of {parameter.step})"
        case Date(min=low, max=high) | Time(min=low, max=high):
            yield from _range(low, high)
        case DateTime(min=low, max=high):
            yield from _range(low and utc(low), high and utc(high))
        case Text(pattern_hint=str(hint)) | Multiline(pattern_hint=str(hint)):
            yield f"({visible(hint)})"
        case Email(pattern_hint=str(hint)) | Url(pattern_hint=str(hint)):
            yield f"({visible(hint)})"
        case Input(accept=accept, max_size=most):
            kinds = [" or ".join(accept)] if accept else []
            if told := ", ".join([*kinds, *([f"at most {size(most)}"] if most else [])]):
                yield f"({told})"
        case _:
            pass
    if isinstance(parameter, Several) and parameter.multiple and elements.is_typed(parameter):
        yield "(one a line)"


def _range(low: object, high: object) -> Iterable[str]:
    if low is not None and high is not None:
        yield f"({low} to {high})"
    elif low is not None:
        yield f"(at least {low})"
    elif high is not None:
        yield f"(at most {high})"


def _only(parameter: AnyParameter, state: object) -> Mapping[str, Any]:
    element = state.get(parameter.type) if isinstance(state, Mapping) and len(state) == 1 else None
    if not isinstance(element, Mapping) or element.get("type") not in elements.kinds(parameter):
        raise UnreadableForm(f"The field “{visible(parameter.label)}” came back in a form that is not known.")
    return element


def _chosen(parameter: AnyParameter, element: Mapping[str, Any], kind: str, inbox: InboxChoices) -> str | None:
    if isinstance(parameter, Boolean):
        return _YES if _is_ticked(element) else _NO
    if isinstance(parameter, User):
        found = [_string(element, "selected_user")] if kind == "users_select" else _strings(element, "selected_users")
    elif kind in ("radio_buttons", "static_select", "external_select"):
        option = element.get("selected_option")
        found = [None if option is None else _value(option)]
    else:
        found = [_value(option) for option in _list(element, "selected_options")]
    return "\n".join(_meant(parameter, each, inbox) for each in found if each) or None


def _meant(parameter: AnyParameter, value: str, inbox: InboxChoices) -> str:
    """The text an option stands for; a file that is gone stays as it came, to be refused where values are checked."""
    if not (isinstance(parameter, Input) and value.startswith("sha256:")):
        return value
    found = chosen_text(value, [file.reference for file in inbox.files])
    older = inbox.find_older(value) if found is None else None
    return found or (older.reference if older is not None else value)


def _moment(element: Mapping[str, Any]) -> str | None:
    seconds = element.get("selected_date_time")
    if seconds is None:
        return None
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= 9_999_999_999:
        raise UnreadableForm("A field came back with something that is no moment.")
    return utc(datetime.fromtimestamp(seconds, UTC))


def _string(element: Mapping[str, Any], key: str) -> str | None:
    value = element.get(key)
    if not (value is None or isinstance(value, str)):
        raise UnreadableForm("A field came back with something that is not text.")
    return value or None


def _list(element: Mapping[str, Any], key: str) -> list[Any]:
    found = element.get(key) or []
    if not isinstance(found, list):
        raise UnreadableForm("A field came back with something that is no list.")
    return found


def _strings(element: Mapping[str, Any], key: str) -> list[str | None]:
    return [_string({key: each}, key) for each in _list(element, key)]


def _is_ticked(element: Mapping[str, Any]) -> bool:
    options = _list(element, "selected_options")
    if [_value(option) for option in options] not in ([], [_YES]):
        raise UnreadableForm("A box to tick came back with something else.")
    return bool(options)


def _value(option: object) -> str:
    value = _string(option, "value") if isinstance(option, Mapping) else None
    if value is None:
        raise UnreadableForm("A choice came back as something that is no choice.")
    return value
