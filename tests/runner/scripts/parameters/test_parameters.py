"""Each type of parameter: what it takes, what it refuses, and what reaches the script."""

from inspect import isabstract
from typing import Any

import pytest
from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts.parameters import TYPES, AnyParameter, Parameter
from runner.scripts.parameters.options import mistakes

OPTIONS: dict[str, dict[str, object]] = {"choice": {"choices": ["small", "large", "a;b"]}}
GOOD = {
    "text": "a b",
    "integer": "12",
    "number": "1.50",
    "boolean": "true",
    "choice": "a;b",
    "date": "2024-02-29",
    "input": "~/reads.fq",
    "output": "counts.txt",
    "multiline": "a\nb",
    "time": "09:30",
    "datetime": "2026-03-04T10:00Z",
    "email": "ada@example.com",
    "url": "https://example.com/a?b=c",
    "ip": "2001:db8::1",
    "user": "ada@example.com",
}


def make(kind: str, **options: object) -> AnyParameter:
    return TYPES[kind].model_validate({"name": "p", "description": "d", **OPTIONS.get(kind, {}), **options})


def arguments(parameter: AnyParameter, value: str | None) -> list[str]:
    return parameter.arguments(parameter.words(value))


def refusal(parameter: Parameter, raw: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        parameter.parse(raw)
    return str(caught.value)


def wrong(kind: str, **options: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        make(kind, **options)
    return mistakes(caught.value)


def test_every_type_in_the_registry_has_its_own_tests() -> None:
    assert set(TYPES) == set(GOOD)


def test_every_concrete_type_is_in_the_registry() -> None:
    def below(kind: type[Any]) -> set[type[Any]]:
        return {kind, *(deeper for each in kind.__subclasses__() for deeper in below(each))}

    package = "runner.scripts.parameters."
    house = {
        kind
        for kind in below(Parameter)
        if kind.__module__.startswith(package) and "[" not in kind.__name__ and kind.__name__[0] != "_"
    }

    assert {kind for kind in house if not isabstract(kind)} == set(TYPES.values())


def test_a_type_without_its_own_check_cannot_be_made() -> None:
    class Unchecked(Parameter):
        type = "unchecked"

    with pytest.raises(TypeError, match="abstract"):
        Unchecked(name="p", description="d")  # type: ignore[abstract]


@pytest.mark.parametrize("kind", TYPES)
def test_a_good_value_is_one_argument_byte_for_byte(kind: str) -> None:
    parameter = make(kind)

    assert arguments(parameter, parameter.parse(GOOD[kind])) == [GOOD[kind]]


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_value_is_refused_by_every_type(kind: str) -> None:
    assert refusal(make(kind), "") == "is required"


@pytest.mark.parametrize("kind", TYPES)
def test_an_absent_value_keeps_its_position_or_drops_its_flag(kind: str) -> None:
    assert arguments(make(kind), None) == [""]
    assert arguments(make(kind, flag="--p"), None) == []


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "boolean"])
def test_a_flag_and_its_value_are_one_argument(kind: str) -> None:
    assert make(kind, flag="--long-name").arguments(["-a b"]) == ["--long-name=-a b"]
    assert make(kind, flag="-x").arguments(["-a b"]) == ["-x-a b"]


def test_a_boolean_with_a_flag_is_the_flag_or_nothing() -> None:
    boolean = make("boolean", flag="--fast")

    assert arguments(boolean, "true") == ["--fast"]
    assert arguments(boolean, "false") == []


@pytest.mark.parametrize("raw", ["abc;id", "abc\nid", "abc\n", "xabc", "ab"])
def test_a_pattern_must_match_the_whole_value(raw: str) -> None:
    refusal(make("text", pattern="[a-c]{3}"), raw)


def test_an_alternative_without_anchors_must_match_the_whole_value() -> None:
    assert "must match the pattern “abc|x”" in refusal(make("text", pattern="abc|x"), "abcd")
    assert make("text", pattern="^abc$").parse("abc") == "abc"


@pytest.mark.parametrize(
    ("raw", "canonical"), [("7", "7"), ("007", "7"), ("-0", "0"), ("+5", "5"), (" 5 ", "5"), (str(2**63 - 1),) * 2]
)
def test_an_integer_becomes_canonical(raw: str, canonical: str) -> None:
    assert make("integer").parse(raw) == canonical


@pytest.mark.parametrize("raw", ["٣", "1_000", "1.0", "1e3", "0x10", "5\n", "\t5", "--5", str(2**63), "9" * 31, "²"])
def test_an_integer_is_ascii_decimal_of_at_most_64_bits(raw: str) -> None:
    assert refusal(make("integer"), raw).startswith("must be a whole number, not “")


@pytest.mark.parametrize("raw", ["1.50", "-2", "+.5", "5.", "1e-3", "1E+10", "1e308"])
def test_a_number_stays_as_typed(raw: str) -> None:
    assert make("number").parse(raw) == raw


@pytest.mark.parametrize(
    "raw",
    ["nan", "inf", "-Infinity", "1,5", "1_0", "٣.3", "1e1000", "1e400", "-1e400", "1e309", ".", "1" * 51, "1.0\n"],
)
def test_a_number_is_finite_ascii_and_short(raw: str) -> None:
    assert refusal(make("number"), raw).startswith("must be a number, not “")


@pytest.mark.parametrize("raw", ["2023-02-29", "2024-2-9", "20240209", "2024-W01-1", "0000-01-01", "٣024-01-01"])
def test_a_date_is_a_day_of_the_calendar(raw: str) -> None:
    assert refusal(make("date"), raw).startswith("must be a date (YYYY-MM-DD), not “")


@pytest.mark.parametrize(
    ("kind", "limits", "raw", "message"),
    [
        ("integer", {"min": "1", "max": "500"}, "abc", "must be a whole number from 1 to 500, not “abc”"),
        ("integer", {"min": "1"}, "0", "must be a whole number of at least 1, not “0”"),
        ("number", {"max": "0.5"}, "0.51", "must be a number of at most 0.5, not “0.51”"),
        ("date", {"min": "2024-01-02"}, "1", "must be a date (YYYY-MM-DD) on or after 2024-01-02, not “1”"),
        ("date", {"max": "2024-01-02"}, "x", "must be a date (YYYY-MM-DD) on or before 2024-01-02, not “x”"),
        ("choice", {}, "smal", "must be one of small, large, a;b, not “smal”; did you mean “small”?"),
        ("boolean", {}, "yes", "must be true or false, not “yes”"),
        ("text", {}, "a\nb", "must be a single line"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_allowed(kind: str, limits: dict[str, object], raw: str, message: str) -> None:
    assert refusal(make(kind, **limits), raw) == message


@pytest.mark.parametrize("raw", [".", "..", "a/b", "~/", "~/..", "~/a/b", "/a", "x" * 256, "ü" * 128])
def test_an_input_is_a_name_in_the_inbox_or_in_the_requesters_part_of_it(raw: str) -> None:
    assert refusal(make("input"), raw).startswith("must be the name of a file in the inbox, not “")


@pytest.mark.parametrize(
    "raw", [".", "..", "a/b", ".hidden", "-rf", "job-12.log", "JOB-1.LOG", "a\tb", "a\u202eb", "x" * 256]
)
def test_an_output_is_a_plain_file_name_that_is_not_reserved(raw: str) -> None:
    refusal(make("output"), raw)


@pytest.mark.parametrize("raw", ["job-x.log", "job-12.log.txt", "a b.txt", "$(id)", "x" * 255])
def test_an_output_may_be_any_other_name(raw: str) -> None:
    assert make("output").parse(raw) == raw


@pytest.mark.parametrize(
    ("kind", "options", "option", "message"),
    [
        ("text", {"size": "3"}, "size", "Extra inputs"),
        ("text", {"label": ""}, "label", "must not be empty"),
        ("text", {"label": "x" * 151}, "label", "at most 150 characters long, not 151"),
        ("text", {"label": ["a"]}, "label", "must be text"),
        ("text", {"label": "a\x07"}, "label", "control characters"),
        ("text", {"description": "x" * 2001}, "description", "at most 2,000"),
        ("text", {"name": "1x"}, "name", "a name is a letter"),
        ("text", {"name": "x" * 65}, "name", "a name is a letter"),
        ("text", {"required": "maybe"}, "required", "must be true or false"),
        ("text", {"required": ""}, "required", "must be true or false"),
        ("text", {"flag": "x"}, "flag", "must look like -x or --long-name"),
        ("text", {"flag": "-l ong"}, "flag", "must look like"),
        ("text", {"flag": "--"}, "flag", "must look like"),
        ("text", {"flag": "--a=b"}, "flag", "must look like"),
        ("text", {"flag": "--a b"}, "flag", "must look like"),
        ("text", {"default": ""}, "default", "must not be empty"),
        ("text", {"default": "x" * 3001}, "default", "at most 3,000"),
        ("text", {"default": "a\nb"}, "default", "single line"),
        ("text", {"pattern": "[a"}, "pattern", "must be a regular expression"),
        ("text", {"pattern": "a{99999999999}"}, "pattern", "must be a regular expression"),
        ("text", {"pattern": ["a-z"]}, "pattern", "must be text; put it in quotes"),
        ("text", {"pattern": "a", "default": "b"}, "default", "must match the pattern “a”"),
        ("integer", {"min": "one"}, "min", "must be a whole number"),
        ("integer", {"min": "5", "max": "3"}, "min", "5 is above max, 3"),
        ("integer", {"max": "3", "default": "4"}, "default", "of at most 3, not “4”"),
        ("integer", {"default": "007"}, "default", "is written “7”"),
        ("number", {"max": "1e400"}, "max", "must be a number"),
        ("number", {"step": "1e400"}, "step", "must be a number"),
        ("number", {"default": "1e400"}, "default", "must be a number"),
        ("integer", {"default": "1e400"}, "default", "must be a whole number"),
        ("number", {"min": "0.2", "max": "0.1"}, "min", "0.2 is above max, 0.1"),
        ("date", {"min": "2024-02-30"}, "min", "must be a day of the calendar"),
        ("date", {"min": "2024-02-02", "max": "2024-02-01"}, "min", "is above max"),
        ("choice", {"choices": []}, "choices", "must be a list of 1 to 10,000"),
        ("choice", {"choices": "a"}, "choices", "must be a list of 1 to 10,000"),
        ("choice", {"choices": ["a", ""]}, "choices", "each choice must not be empty"),
        ("choice", {"choices": ["a", ["b"]]}, "choices", "each choice must be text"),
        ("choice", {"choices": ["a", "b", "a"]}, "choices", "lists “a” more than once"),
        ("choice", {"choices": ["x" * 151]}, "choices", "at most 150"),
        ("choice", {"choices": ["a"], "default": "b"}, "default", "must be one of a, not “b”"),
        ("output", {"default": "../x"}, "default", "must be a file name"),
        ("boolean", {"default": "yes"}, "default", "must be true or false"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_wrong(
    kind: str, options: dict[str, object], option: str, message: str
) -> None:
    ((found, text),) = wrong(kind, **options)

    assert (found, message in text) == (option, True), text


def test_a_choice_without_choices_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        TYPES["choice"].model_validate({"name": "p", "description": "d"})

    assert mistakes(caught.value) == [("choices", "lacks the option choices")]


def test_all_wrong_options_are_reported_at_once() -> None:
    assert {option for option, _ in wrong("integer", min="a", max="b", flag="c")} == {"min", "max", "flag"}


def test_ten_thousand_choices_are_allowed_and_one_more_refused() -> None:
    assert len(make("choice", choices=[str(number) for number in range(10_000)]).model_dump()["choices"]) == 10_000
    assert wrong("choice", choices=[str(number) for number in range(10_001)])[0][0] == "choices"


def test_the_label_is_the_name_made_readable_unless_given() -> None:
    assert make("text", name="min_length").label == "Min length"
    assert make("text", label="How long").label == "How long"
