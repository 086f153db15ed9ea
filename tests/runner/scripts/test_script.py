"""A script checks a whole set of values, knows which fields belong beside them, and how it is called."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from runner.errors import InvalidValues
from runner.jobs import Retries
from runner.scripts import Script, ScriptOptions
from runner.scripts.parameters import AnyParameter, Boolean, Choice, Input, Integer, Output, Text
from runner.scripts.parameters.options import mistakes
from runner.scripts.script import default_title, script

READS = Input(name="input", description="d")
TOP = Integer(name="top", description="d", min=1, max=500, default="20")
NOTE = Text(name="note", description="d", required=False)
FAST = Boolean(name="fast", description="d", flag="--fast")
MODE = Choice(name="mode", description="d", choices={"a": "a", "b": "b"}, flag="--mode", required=False)
RESULT = Output(name="output", description="d", default="result.txt")


def make(*parameters: AnyParameter) -> Script:
    return script(name="text/a.py", path=Path("/s/text/a.py"), options=ScriptOptions(), parameters=parameters)


def problems(of: Script, raw: dict[str, str | None]) -> dict[str, str]:
    with pytest.raises(InvalidValues) as caught:
        of.parse(raw)
    return caught.value.problems


def test_values_come_back_canonical_and_in_the_order_of_the_parameters() -> None:
    raw = {"fast": "true", "top": "007", "input": "~/x.txt"}

    assert list(make(READS, TOP, FAST).parse(raw).items()) == [("input", "~/x.txt"), ("top", "7"), ("fast", "true")]


def test_all_wrong_values_are_reported_at_once() -> None:
    raw: dict[str, str | None] = {"input": "../x", "top": "0", "mode": "c"}

    assert set(problems(make(READS, TOP, MODE, RESULT), raw)) == {"input", "top", "mode", "output"}


@pytest.mark.parametrize("empty", [None, ""])
def test_an_optional_parameter_left_empty_is_absent(empty: str | None) -> None:
    assert make(NOTE, MODE).parse({"note": empty, "mode": empty}) == {}


@pytest.mark.parametrize("raw", [{}, {"top": None}, {"top": ""}])
def test_a_default_is_never_put_in_for_a_required_value(raw: dict[str, str | None]) -> None:
    assert problems(make(TOP), raw) == {"top": "is required"}


def test_a_boolean_that_is_absent_is_false() -> None:
    assert make(FAST).parse({}) == {"fast": "false"}


def test_undeclared_values_are_refused_with_their_names_escaped() -> None:
    refused = problems(make(NOTE), {"note": "x", "evil\n\ud800": "1"})

    assert refused == {"evil\\n\\ud800": "is not a parameter of this script"}


def test_two_outputs_must_not_have_the_same_name() -> None:
    other = Output(name="output2", description="d")

    refused = problems(make(RESULT, other), {"output": "x.txt", "output2": "x.txt"})

    assert refused == {"output2": "must differ from the other outputs: “x.txt” is taken"}


def test_the_title_is_the_files_name_made_readable_unless_given() -> None:
    titled = script(name="a.py", path=Path("/s/a.py"), options=ScriptOptions(title="Count"), parameters=())

    assert (default_title("word_count.py"), titled.title) == ("Word count", "Count")


def test_a_title_made_from_a_long_name_is_cut() -> None:
    assert len(default_title("x" * 200)) == 75


def test_the_group_is_the_folder() -> None:
    assert (make().group, script(name="a", path=Path("/a"), options=ScriptOptions(), parameters=()).group) == (
        "text",
        "",
    )


def test_timeout_and_grace_are_durations() -> None:
    options = ScriptOptions.model_validate({"timeout": "2h30m", "grace": "30s"})

    assert (options.timeout, options.grace) == (timedelta(hours=2.5), timedelta(seconds=30))


def test_retries_are_times_with_a_delay_and_exit_codes() -> None:
    options = ScriptOptions.model_validate({"retries": {"times": "2", "delay": "5m", "on": ["75", "1"]}})

    assert options.retries == Retries(times=2, delay=timedelta(minutes=5), on=frozenset({1, 75}))
    assert ScriptOptions.model_validate({"retries": {"times": "1"}}).retries == Retries(
        times=1, delay=timedelta(minutes=1)
    )
    assert ScriptOptions.model_validate({"retries": {"times": "1", "on": "9"}}).retries == Retries(
        times=1, delay=timedelta(minutes=1), on=frozenset({9})
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": "x" * 76}, "must be at most 75 characters long, not 76"),
        ({"title": ""}, "must not be empty"),
        ({"description": "x" * 2001}, "must be at most 2,000"),
        ({"timeout": "5"}, "must be a number with a unit"),
        ({"grace": "0s"}, "must be more than nothing"),
        ({"timeout": ["2h"]}, "must be a number with a unit"),
        ({"more_time": "soon"}, "must be a number with a unit"),
        ({"priority": "11"}, "must be a whole number from -10 to 10"),
        ({"priority": "high"}, "must be a whole number"),
        ({"concurrency": "0"}, "must be a whole number from 1 to 1,000"),
        ({"retries": "2"}, "must be {times: 2, delay: 5m, on: [75]}; delay and on can be left out"),
        ({"retries": {"delay": "5m"}}, "must be {times: 2, delay: 5m, on: [75]}; delay and on"),
        ({"retries": {"times": "2", "at": "5m"}}, "must be {times: 2, delay: 5m, on: [75]}; delay and on"),
        ({"retries": {"times": "11"}}, "on: [75]}: must be a whole number from 1 to 10"),
        ({"retries": {"times": "2", "delay": "5"}}, "on: [75]}: a number with a unit"),
        ({"retries": {"times": "2", "on": ["0"]}}, "on: [75]}: must be a whole number from 1 to 255"),
        ({"retries": {"times": "2", "on": []}}, "on: [75]}: on lists exit codes"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ScriptOptions.model_validate(options)

    ((option, text),) = mistakes(caught.value)
    assert ({option}, message in text) == (set(options), True)
