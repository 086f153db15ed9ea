"""Parameters as Block Kit inputs, both ways: drawn with what they start with, and read back as raw text."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_sdk.models.blocks import InputBlock

from bot.views import elements
from bot.views.elements import Listed, option_value
from runner.blocks import plain
from runner.errors import InvalidValue, ScriptRunnerError
from runner.inbox import InboxFile
from runner.parameters import (
    AnyParameter,
    Boolean,
    Choice,
    Date,
    DateTime,
    Input,
    Integer,
    Number,
    Several,
    Suggesting,
    Text,
    Time,
    User,
)
from runner.parameters.starts import utc
from runner.wording import clipped, size, visible

_LABEL = 2000
_HINT = 2000
_BRIEF_HINT = 150
_YES = "true"
_DIGEST_LENGTH = 12


class UnreadableForm(ScriptRunnerError):
    """What came back is not the form that was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What a person can choose as an input, newest first, and the moment that ages are told from."""

    files: Sequence[InboxFile]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What fields are drawn with besides their parameters; ``people`` are Slack's user ids by e-mail address.

    ``given`` are files besides those of the inbox. With ``uploads`` an input has a second field.
    """

    inbox: Inbox
    people: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[Listed] = ()
    uploads: bool = False
    is_brief: bool = False


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


def draw(
    parameter: AnyParameter, place: str, initial: str | None, around: Surroundings, *, dispatches: bool = False
) -> InputBlock:
    """The parameter as an input block; an initial value that is none of its values is left out.

    A brief one has a short hint and looks its choices up, for forms that would be larger than Slack takes. One that
    ``dispatches`` tells us of each change.
    """
    hint = _hint(parameter, _BRIEF_HINT if around.is_brief else _HINT)
    start = initial if initial is not None and _can_start(parameter, initial, around.given) else None
    is_half = isinstance(parameter, Input) and around.uploads
    return InputBlock(
        block_id=place,
        label=plain(clipped(visible(parameter.label), _LABEL)),
        hint=plain(hint) if hint else None,
        optional=not parameter.required or is_half or isinstance(parameter, Boolean),
        dispatch_action=dispatches or None,
        element=elements.element(
            parameter,
            start,
            files=[*around.given, *_listed_files(around.inbox)],
            people=around.people,
            is_brief=around.is_brief,
        ),
    )


def read(parameter: AnyParameter, state: object, inbox: Inbox) -> str | None:
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


def suggestions(parameter: AnyParameter, typed: str, listed: Iterable[Listed], inbox: Inbox) -> list[Listed]:
    """The entries of a type-ahead in which what was typed occurs; where anything can be typed, that comes first.

    Of an input the files of the inbox follow those that are ``listed``.
    """
    wanted = typed.casefold()
    every = [*listed, *_listed_files(inbox)] if isinstance(parameter, Input) else listed
    found = [each for each in every if wanted in each.value.casefold() or wanted in each.label.casefold()]
    if isinstance(parameter, Suggesting) and typed.strip() and all(each.value != typed for each in found):
        found.insert(0, Listed(value=typed[:150], label=typed[:150], description="as typed"))
    return found[: elements.MOST_OPTIONS]


def chosen_text(value: str, texts: Iterable[str]) -> str | None:
    """The one among the texts that an option's value stands for, if any."""
    return next((text for text in texts if option_value(text) == value), None)


def _can_start(parameter: AnyParameter, initial: str, given: Sequence[Listed]) -> bool:
    if isinstance(parameter, Input):
        offered = {each.value for each in given}
        return all(item in offered or _is_value(parameter, item) for item in parameter.items(initial))
    return _is_value(parameter, initial)


def _is_value(parameter: AnyParameter, text: str) -> bool:
    try:
        parameter.parse(text)
    except InvalidValue:
        return False
    return True


def _listed_files(inbox: Inbox) -> list[Listed]:
    return [elements.listed_file(file, inbox.now) for file in inbox.files]


def _hint(parameter: AnyParameter, length: int) -> str:
    limits = " ".join(_limits(parameter))
    description = clipped(visible(parameter.description), max(1, length - len(limits) - 1))
    return clipped(" ".join(part for part in (description, limits) if part), length)


def _limits(parameter: AnyParameter) -> Iterable[str]:
    match parameter:
        case Integer(min=low, max=high) | Number(min=low, max=high) | Date(min=low, max=high) | Time(min=low, max=high):
            yield from _range(low, high)
        case DateTime(min=low, max=high):
            yield from _range(low and utc(low), high and utc(high))
        case Text(pattern_hint=str(hint)):
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


def _chosen(parameter: AnyParameter, element: Mapping[str, Any], kind: str, inbox: Inbox) -> str | None:
    if isinstance(parameter, Boolean):
        return "true" if _is_ticked(element) else "false"
    if isinstance(parameter, User):
        found = [_string(element, "selected_user")] if kind == "users_select" else _strings(element, "selected_users")
    elif kind in ("radio_buttons", "static_select", "external_select"):
        option = element.get("selected_option")
        found = [None if option is None else _value(option)]
    else:
        found = [_value(option) for option in _list(element, "selected_options")]
    return "\n".join(_meant(parameter, each, inbox) for each in found if each) or None


def _meant(parameter: AnyParameter, value: str, inbox: Inbox) -> str:
    """The text an option stands for; one that is gone stays as it came, to be refused where values are checked."""
    if not value.startswith("sha256:"):
        return value
    texts: Iterable[str] = ()
    if isinstance(parameter, Input):
        texts = [file.reference for file in inbox.files]
    elif isinstance(parameter, Choice):
        texts = parameter.choices or ()
    return chosen_text(value, texts) or value


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
