"""The element of Block Kit that asks for a parameter's value."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum

from slack_sdk.models.blocks import (
    CheckboxesElement,
    DatePickerElement,
    DateTimePickerElement,
    EmailInputElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    InputInteractiveElement,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    StaticMultiSelectElement,
    StaticSelectElement,
    TimePickerElement,
    UrlInputElement,
    UserMultiSelectElement,
    UserSelectElement,
)

from runner.messages.blocks import plain
from runner.scripts.parameters import (
    MAX_VALUE,
    AnyParameter,
    Boolean,
    Choice,
    Date,
    DateTime,
    Email,
    Input,
    Integer,
    Ip,
    Multiline,
    Number,
    Output,
    Parameter,
    Several,
    Suggesting,
    Text,
    Time,
    Url,
    User,
)
from runner.scripts.parameters.options import MAX_NUMBER, moment
from runner.scripts.parameters.starts import utc
from runner.service import OWN, InboxFile
from runner.system.text import clipped, size, span, visible

MOST_OPTIONS = 100  # of a menu, or of one answer of suggestions (blockkit-limits: static_select, external_select)
_MOST_MARKS = 10  # radio buttons or boxes to tick
_OPTION_TEXT = 75
_OPTION_VALUE = 150
_LISTS = ("external_select", "multi_external_select")
_CHOICES = (*_LISTS, "radio_buttons", "checkboxes", "static_select", "multi_static_select")


class Brevity(IntEnum):
    """How much a form leaves out so that it is not larger than Slack takes."""

    FULL = 0
    BRIEF = 1
    """Short hints, and menus that look their choices up."""
    BARE = 2
    """No hints and placeholders, and labels of at most 75 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One entry of a menu; ``value`` is what comes back."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What can be chosen besides what annotations spell out: files, and Slack's user ids of people by address."""

    files: Sequence[MenuEntry] = ()
    people: Mapping[str, str] = field(default_factory=dict)


def held(parameter: AnyParameter, initial: str, offered: Offered) -> str | None:
    """What of a value the parameter's element can start with, as it comes back; None where nothing."""
    if isinstance(parameter, Several) and parameter.multiple and is_typed(parameter):
        return initial if len(initial) <= MAX_VALUE else None
    match parameter:
        case Integer() | Number() if not parameter.has_suggestions:
            return _digits(initial)
        case DateTime():
            return utc(moment(initial))
        case Input():
            listed = {file.value for file in offered.files}
            found = [item for item in parameter.items(initial) if option_value(item) in listed]
        case User():
            found = [item for item in parameter.items(initial) if item in offered.people]
        case _:
            found = parameter.items(initial)
    return "\n".join(found[:MOST_OPTIONS]) or None


def element(  # noqa: C901, PLR0911, PLR0912  # one case for each type
    parameter: AnyParameter,
    initial: str | None,
    offered: Offered,
    brevity: Brevity = Brevity.FULL,
) -> InputInteractiveElement:
    """The element, starting with an initial value that it can hold."""
    kind = parameter.type
    if isinstance(parameter, Suggesting) and parameter.has_suggestions:
        return _type_ahead(parameter, _labelled(parameter, initial))
    if isinstance(parameter, Several) and parameter.multiple and is_typed(parameter):
        return _lines(parameter, initial)
    match parameter:
        case Text() | Output() | Ip() | Multiline():
            return _line(parameter, initial)
        case Email():
            return EmailInputElement(action_id=kind, initial_value=initial, placeholder=_placeholder(parameter))
        case Url():
            return UrlInputElement(action_id=kind, initial_value=initial, placeholder=_placeholder(parameter))
        case Integer() | Number():
            return _number(parameter, initial)
        case Date():
            return DatePickerElement(action_id=kind, initial_date=initial, placeholder=_placeholder(parameter))
        case Time():
            return TimePickerElement(action_id=kind, initial_time=initial, placeholder=_placeholder(parameter))
        case DateTime():
            start = None if initial is None else int(moment(initial).timestamp())
            return DateTimePickerElement(action_id=kind, initial_date_time=start)
        case Boolean():
            return _box(parameter, initial)
        case Choice():
            return _choice(parameter, initial, most_options=0 if brevity else MOST_OPTIONS)
        case User():
            return _user(parameter, initial, offered.people)
        case Input():
            listed = {file.value: file for file in offered.files}
            wanted = [] if initial is None else [option_value(item) for item in parameter.items(initial)]
            return _type_ahead(parameter, [listed[value] for value in wanted if value in listed])


def kinds(parameter: AnyParameter) -> Sequence[str]:  # noqa: C901, PLR0911, PLR0912  # one case for each type
    """What a parameter's element may be; its choices may have changed in number since it was drawn."""
    if isinstance(parameter, Suggesting) and parameter.has_suggestions:
        return _LISTS
    if isinstance(parameter, Several) and parameter.multiple and is_typed(parameter):
        return (PlainTextInputElement.type,)
    match parameter:
        case Text() | Output() | Ip() | Multiline():
            return (PlainTextInputElement.type,)
        case Email():
            return (EmailInputElement.type,)
        case Url():
            return (UrlInputElement.type,)
        case Integer() | Number():
            return (NumberInputElement.type,)
        case Date():
            return (DatePickerElement.type,)
        case Time():
            return (TimePickerElement.type,)
        case DateTime():
            return (DateTimePickerElement.type,)
        case Boolean():
            return (CheckboxesElement.type,)
        case Choice():
            return _CHOICES
        case User():
            return (UserSelectElement.type, UserMultiSelectElement.type)
        case Input():
            return _LISTS


def is_typed(parameter: Several) -> bool:
    """Whether several values are typed, one a line, rather than chosen."""
    is_menu = isinstance(parameter, Suggesting) and parameter.has_suggestions
    return not (is_menu or isinstance(parameter, Choice | User | Input))


def option(listed: MenuEntry) -> Option:
    """An entry of a menu as Slack takes it; the end of a long label stands below its beginning."""
    label, description = visible(listed.label), clipped(visible(listed.description), _OPTION_TEXT)
    if len(label) > _OPTION_TEXT and not description:
        description = clipped(f"…{label[_OPTION_TEXT - 1 :]}", _OPTION_TEXT)
    return Option(
        text=plain(clipped(label, _OPTION_TEXT)),
        value=listed.value,
        description=plain(description) if description else None,
    )


def option_value(name: str) -> str:
    """The name of a file or a script as the value of an option; one that Slack would not take, by its digest."""
    if len(name) <= _OPTION_VALUE and not name.startswith("sha256:"):
        return name
    return f"sha256:{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()}"


def listed_file(file: InboxFile, now: datetime) -> MenuEntry:
    """A file of the inbox as an entry of a menu."""
    whose = "yours" if file.reference.startswith(OWN) else "for everybody"
    told = f"{size(file.size_bytes)}, {span(now - file.modified_at)} old, {whose}"
    return MenuEntry(value=option_value(file.reference), label=file.reference.removeprefix(OWN), description=told)


def written_choices(parameter: AnyParameter) -> list[MenuEntry]:
    """The choices or suggestions that an annotation spells out."""
    found = parameter.choices if isinstance(parameter, Choice) else getattr(parameter, "suggestions", None)
    return [MenuEntry(value=value, label=label) for value, label in (found or {}).items()]


def _placeholder(parameter: Parameter, words: str = "") -> PlainTextObject | None:
    told = getattr(parameter, "placeholder", None) or words
    return plain(visible(told)[:_OPTION_VALUE]) if told else None


def _lines(parameter: Several, initial: str | None) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=parameter.type,
        initial_value=initial,
        multiline=True,
        max_length=MAX_VALUE,
        placeholder=_placeholder(parameter),
    )


def _box(parameter: Boolean, initial: str | None) -> CheckboxesElement:
    yes = option(MenuEntry(value="true", label="Yes"))
    return CheckboxesElement(
        action_id=parameter.type, options=[yes], initial_options=[yes] if initial == "true" else None
    )


def _line(parameter: Text | Output | Ip | Multiline, initial: str | None) -> PlainTextInputElement:
    limits = (parameter.min_length, parameter.max_length) if isinstance(parameter, Text | Multiline) else (0, MAX_VALUE)
    return PlainTextInputElement(
        action_id=parameter.type,
        initial_value=initial,
        multiline=isinstance(parameter, Multiline) or None,
        min_length=limits[0] or None,
        max_length=limits[1],
        placeholder=_placeholder(parameter),
    )


def _number(parameter: Integer | Number, initial: str | None) -> NumberInputElement:
    return NumberInputElement(
        action_id=parameter.type,
        is_decimal_allowed=isinstance(parameter, Number),
        initial_value=_digits(initial),
        min_value=_digits(parameter.min),
        max_value=_digits(parameter.max),
        placeholder=_placeholder(parameter),
    )


def _digits(number: Decimal | int | str | None) -> str | None:
    """The number as Slack's field takes it, ``0.00001`` for ``1e-5``; None for one that nobody could type in full."""
    if number is None:
        return None
    written = format(Decimal(number), "f")
    return written if len(written) <= MAX_NUMBER else None


def _choice(parameter: Choice, initial: str | None, *, most_options: int) -> InputInteractiveElement:
    wanted = [] if initial is None else parameter.items(initial)
    listed = written_choices(parameter)
    if parameter.choices is None or len(listed) > most_options:
        return _type_ahead(parameter, _labelled(parameter, initial))
    entries = {each.value: option(each) for each in listed}
    options, chosen = list(entries.values()), [entries[value] for value in wanted if value in entries]
    kind = parameter.type
    if parameter.multiple and len(options) <= _MOST_MARKS:
        return CheckboxesElement(action_id=kind, options=options, initial_options=chosen or None)
    placeholder = _placeholder(parameter)
    if parameter.multiple:
        return StaticMultiSelectElement(
            action_id=kind, options=options, initial_options=chosen or None, placeholder=placeholder
        )
    start_option = chosen[0] if chosen else None
    # A pressed radio button cannot be released again: what may stay empty is a menu.
    if len(options) <= _MOST_MARKS and parameter.required:
        return RadioButtonsElement(action_id=kind, options=options, initial_option=start_option)
    return StaticSelectElement(action_id=kind, options=options, initial_option=start_option, placeholder=placeholder)


def _labelled(parameter: AnyParameter, initial: str | None) -> list[MenuEntry]:
    known = {each.value: each for each in written_choices(parameter)}
    wanted = [] if initial is None else parameter.items(initial)
    return [known.get(value, MenuEntry(value=value, label=value)) for value in wanted]


def _type_ahead(parameter: Several, start: Sequence[MenuEntry]) -> InputInteractiveElement:
    """A menu that asks us what to list, so that what arrives while the form is open can be chosen too."""
    words = "Choose a file of the inbox" if isinstance(parameter, Input) else "Type to search"
    if isinstance(parameter, Suggesting):
        words = "Choose, or type anything"
    placeholder = _placeholder(parameter, words)
    options = [option(each) for each in start]
    if parameter.multiple:
        return ExternalDataMultiSelectElement(
            action_id=parameter.type,
            initial_options=options or None,
            max_selected_items=MOST_OPTIONS,
            min_query_length=0,
            placeholder=placeholder,
        )
    return ExternalDataSelectElement(
        action_id=parameter.type,
        initial_option=options[0] if options else None,
        min_query_length=0,
        placeholder=placeholder,
    )


def _user(parameter: User, initial: str | None, people: Mapping[str, str]) -> InputInteractiveElement:
    emails = [] if initial is None else parameter.items(initial)
    ids = [people[email] for email in emails if email in people]
    if parameter.multiple:
        return UserMultiSelectElement(
            action_id=parameter.type, initial_users=ids or None, placeholder=_placeholder(parameter)
        )
    return UserSelectElement(
        action_id=parameter.type, initial_user=ids[0] if ids else None, placeholder=_placeholder(parameter)
    )
