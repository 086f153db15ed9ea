"""A type of parameter is whole: it has a check, a field, a table of hostile values and a sample that shows it."""

from inspect import isabstract
from pathlib import Path

import pytest

from bot.views.form import elements
from runner.scripts import annotations, files
from runner.scripts.parameters import TYPES
from tests.support.scripts.hostile import GOOD, MADE_FOR_IT, TAKEN

SCRIPTS = Path(__file__).parents[4] / "scripts"


def types_in_samples() -> set[str]:
    """The types of parameters that the sample scripts use."""
    texts = [files.read(SCRIPTS / name) for name in files.walk(SCRIPTS).stamps]
    return {parameter.type for text in texts for parameter in annotations.read(text).parameters}


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_check_that_is_tried_with_hostile_values(kind: str) -> None:
    assert not isabstract(TYPES[kind])
    assert kind in TAKEN, "tests/support/scripts/hostile.py does not say which hostile values it takes"
    assert False in MADE_FOR_IT.get(kind, {}).values() or kind in ("text", "multiline"), "nothing is made for it there"
    assert kind in GOOD, "tests/support/scripts/hostile.py has no good value of it"


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_field_that_can_be_read_back(kind: str) -> None:
    needed = {"choices": ["a"]} if kind == "choice" else {}
    made = TYPES[kind].model_validate({"name": "p", "description": "d", **needed})

    drawn = elements.element(made, None, offered=elements.Offered())

    assert drawn.action_id == kind
    assert drawn.type in elements.kinds(made)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_sample_that_shows_it(kind: str) -> None:
    assert kind in types_in_samples()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("type: email, max_length: 4", "max_length: 4”: leaves no value: the shortest has 5 characters"),
        ("type: email, min_length: 255", "min_length: 255”: leaves no value: the longest has 254 characters"),
        ("type: url, max_length: 6", "max_length: 6”: leaves no value: the shortest has 7 characters"),
        ("type: email, pattern: '.{300}'", "can match no value: none of 5 to 254 characters fits it"),
        ("type: choice, choices: [a, b], multiple: true, count: 3", "is above the number of choices, 2"),
    ],
)
def test_limits_that_leave_no_value_are_refused(options: str, problem: str) -> None:
    (found,) = annotations.read(f"##~~ value {{{options}}} - x\n").problems

    assert problem in str(found)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ("type: email, max_length: 5", "a@b.c"),
        ("type: email, min_length: 254", f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 60}"),
        ("type: url, max_length: 7", "ftp://a"),
        ("type: choice, choices: [a, b], multiple: true, count: 2", "b\na"),
    ],
)
def test_limits_that_leave_one_value_are_taken(options: str, value: str) -> None:
    (parameter,) = annotations.read(f"##~~ value {{{options}}} - x\n").parameters

    assert parameter.parse(value)
