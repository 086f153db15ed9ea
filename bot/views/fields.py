"""Parameters as Block Kit inputs, both ways: drawn with what they start with, and read back as raw text."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from slack_sdk.models.blocks import (
    CheckboxesElement,
    DatePickerElement,
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticSelectElement,
)

from runner.blocks import plain
from runner.errors import InvalidValue, ScriptRunnerError
from runner.inbox import OWN, InboxFile
from runner.option_values import MAX_NUMBER
from runner.parameters import MAX_VALUE, AnyParameter, Boolean, Choice, Date, Input, Integer, Number, Output, Text
from runner.wording import clipped, size, span, visible

MOST_OPTIONS = 100  # of a menu, or of one answer of suggestions (blockkit-limits: static_select, external_select)
_MOST_RADIO_BUTTONS = 10
_OPTION_TEXT = 75
_OPTION_VALUE = 150
_LABEL = 2000
_HINT = 2000
_BRIEF_HINT = 150
_YES = "true"
_CHOICE_ELEMENTS = ("radio_buttons", "static_select", "external_select")


class UnreadableForm(ScriptRunnerError):
    """What came back is not the form that was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What a person can choose as an input, newest first, and the moment that ages are told from."""

    files: Sequence[InboxFile]
    now: datetime


def block_id(script: str, parameter: AnyParameter) -> str:
    """The parameter's place in a form; other scripts' fields never have the same, so that nothing is mixed up."""
    return f"{hashlib.sha256(script.encode()).hexdigest()[:12]}.{parameter.name}"


def draw(
    script: str, parameter: AnyParameter, initial: str | None, inbox: Inbox, *, is_brief: bool = False
) -> InputBlock:
    """The parameter as an input block; an initial value that is none of its values is left out.

    A brief one has a short hint and looks its choices up, for forms that would be larger than Slack takes.
    """
    hint = _hint(parameter, _BRIEF_HINT if is_brief else _HINT)
    start = initial if initial is not None and _is_value(parameter, initial) else None
    return InputBlock(
        block_id=block_id(script, parameter),
        label=plain(clipped(visible(parameter.label), _LABEL)),
        hint=plain(hint) if hint else None,
        optional=not parameter.required or isinstance(parameter, Boolean),
        element=_element(parameter, start, inbox, most_options=0 if is_brief else MOST_OPTIONS),
    )


def read(parameter: AnyParameter, state: object, inbox: Inbox) -> str | None:
    """The raw value in what Slack sends back for the parameter's block (its ``{action_id: state}``); None if empty.

    Raises UnreadableForm for anything but the element that was drawn.
    """
    element = _only(parameter, state)
    match parameter:
        case Text() | Integer() | Number() | Output():
            return _string(element, "value")
        case Date():
            return _string(element, "selected_date")
        case Boolean():
            return "true" if _is_ticked(element) else "false"
        case Choice():
            chosen = _selected(element)
            return chosen and _named(chosen, parameter.choices)
        case Input():
            chosen = _selected(element)
            return chosen and _named(chosen, [file.reference for file in inbox.files])


def suggestions(parameter: AnyParameter, typed: str, inbox: Inbox) -> list[Option]:
    """The options of a type-ahead in which what was typed occurs."""
    wanted = typed.casefold()
    if isinstance(parameter, Input):
        return [_file_option(file, inbox.now) for file in inbox.files if wanted in file.reference.casefold()][
            :MOST_OPTIONS
        ]
    choices = parameter.choices if isinstance(parameter, Choice) else ()
    return [_option(choice) for choice in choices if wanted in choice.casefold()][:MOST_OPTIONS]


def option_value(text: str) -> str:
    """A text as the value of an option; one that Slack would not take is named by its digest."""
    if len(text) <= _OPTION_VALUE and not text.startswith("sha256:"):
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def chosen_text(value: str, texts: Iterable[str]) -> str | None:
    """The one among the texts that an option's value stands for, if any."""
    return next((text for text in texts if option_value(text) == value), None)


def _element(
    parameter: AnyParameter, initial: str | None, inbox: Inbox, *, most_options: int
) -> InputInteractiveElement:
    kind = parameter.type
    match parameter:
        case Text() | Output():
            return PlainTextInputElement(action_id=kind, initial_value=initial, max_length=MAX_VALUE)
        case Integer():
            return _number_input(parameter, initial, is_decimal_allowed=False)
        case Number():
            return _number_input(parameter, initial, is_decimal_allowed=True)
        case Date():
            return DatePickerElement(action_id=kind, initial_date=initial)
        case Boolean():
            yes = Option(text=plain("Yes"), value=_YES)
            return CheckboxesElement(
                action_id=kind, options=[yes], initial_options=[yes] if initial == "true" else None
            )
        case Choice():
            return _choice(parameter, initial, most_options)
        case Input():
            return _input(initial, inbox)


def _is_value(parameter: AnyParameter, text: str) -> bool:
    try:
        parameter.parse(text)
    except InvalidValue:
        return False
    return True


def _number_input(parameter: Integer | Number, initial: str | None, *, is_decimal_allowed: bool) -> NumberInputElement:
    return NumberInputElement(
        action_id=parameter.type,
        is_decimal_allowed=is_decimal_allowed,
        initial_value=_digits(initial),
        min_value=_digits(parameter.min),
        max_value=_digits(parameter.max),
    )


def _digits(number: Decimal | int | str | None) -> str | None:
    """The number as Slack's field takes it, ``0.00001`` for ``1e-5``; None for one that nobody could type in full."""
    if number is None:
        return None
    written = format(Decimal(number), "f")
    return written if len(written) <= MAX_NUMBER else None


def _choice(parameter: Choice, initial: str | None, most_options: int) -> InputInteractiveElement:
    start = _option(initial) if initial in parameter.choices else None
    if len(parameter.choices) > most_options:
        return ExternalDataSelectElement(action_id="choice", initial_option=start, min_query_length=0)
    options = [_option(choice) for choice in parameter.choices]
    # A pressed radio button cannot be released again: what may stay empty is a menu.
    if len(options) <= _MOST_RADIO_BUTTONS and parameter.required:
        return RadioButtonsElement(action_id="choice", options=options, initial_option=start)
    return StaticSelectElement(action_id="choice", options=options, initial_option=start)


def _input(initial: str | None, inbox: Inbox) -> InputInteractiveElement:
    """A type-ahead, so that files that arrive while the form is open can be chosen too."""
    start = next((_file_option(file, inbox.now) for file in inbox.files if file.reference == initial), None)
    return ExternalDataSelectElement(
        action_id="input",
        initial_option=start,
        min_query_length=0,
        placeholder=plain("Choose a file of the inbox"),
    )


def _file_option(file: InboxFile, now: datetime) -> Option:
    name = visible(file.reference.removeprefix(OWN))
    whose = "yours" if file.reference.startswith(OWN) else "for everybody"
    age = span(now - file.modified_at)
    return Option(
        text=plain(clipped(name, _OPTION_TEXT)),
        value=option_value(file.reference),
        description=plain(f"{size(file.size_bytes)}, {age} old, {whose}"),
    )


def _option(choice: str) -> Option:
    return Option(text=plain(clipped(visible(choice), _OPTION_TEXT)), value=option_value(choice))


def _hint(parameter: AnyParameter, length: int) -> str:
    limits = _limits(parameter)
    description = clipped(visible(parameter.description), length - len(limits) - 1)
    return " ".join(part for part in (description, limits) if part)


def _limits(parameter: AnyParameter) -> str:
    match parameter:
        case Integer(min=low, max=high) | Number(min=low, max=high) | Date(min=low, max=high):
            if low is not None and high is not None:
                return f"({low} to {high})"
            return f"(at least {low})" if low is not None else f"(at most {high})" if high is not None else ""
        case _:
            return ""


def _only(parameter: AnyParameter, state: object) -> Mapping[str, Any]:
    element = state.get(parameter.type) if isinstance(state, Mapping) and len(state) == 1 else None
    if not isinstance(element, Mapping) or element.get("type") not in _element_types(parameter):
        raise UnreadableForm(f"The field “{visible(parameter.label)}” came back in a form that is not known.")
    return element


def _element_types(parameter: AnyParameter) -> Sequence[str]:
    """What a parameter may have been drawn as; its choices may have changed in number since."""
    match parameter:
        case Text() | Output():
            return (PlainTextInputElement.type,)
        case Integer() | Number():
            return (NumberInputElement.type,)
        case Date():
            return (DatePickerElement.type,)
        case Boolean():
            return (CheckboxesElement.type,)
        case Choice():
            return _CHOICE_ELEMENTS
        case Input():
            return (ExternalDataSelectElement.type,)


def _string(element: Mapping[str, Any], key: str) -> str | None:
    value = element.get(key)
    if not (value is None or isinstance(value, str)):
        raise UnreadableForm("A field came back with something that is not text.")
    return value or None


def _selected(element: Mapping[str, Any]) -> str | None:
    option = element.get("selected_option")
    return None if option is None else _value(option)


def _is_ticked(element: Mapping[str, Any]) -> bool:
    options = element.get("selected_options") or []
    if not isinstance(options, list) or [_value(option) for option in options] not in ([], [_YES]):
        raise UnreadableForm("A box to tick came back with something else.")
    return bool(options)


def _value(option: object) -> str:
    value = _string(option, "value") if isinstance(option, Mapping) else None
    if value is None:
        raise UnreadableForm("A choice came back as something that is no choice.")
    return value


def _named(value: str, texts: Iterable[str]) -> str:
    """The text an option stands for; one that is gone stays as it came, to be refused where values are checked."""
    return chosen_text(value, texts) or value
