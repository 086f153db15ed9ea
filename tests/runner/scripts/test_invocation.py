"""Checked values on their way to a script: arguments, variables and standard input, byte for byte."""

from pathlib import Path

import pytest

from runner.errors import InvalidValue
from runner.scripts import ScriptOptions, invocation
from runner.scripts.annotations import read
from runner.scripts.invocation import MAX_ARGUMENT, Invocation
from runner.scripts.parameters import AnyParameter
from runner.scripts.script import script

PLAIN = "a b"
SEVERAL = "one\ntwo words\n-3"


def path(parameter: AnyParameter, value: str) -> str:
    return f"/{parameter.name}/{value}"


def invoke(lines: str, secrets: dict[str, str] | None = None, /, **raw: str) -> Invocation:
    """What the script of these annotations, one a line, is given for what was entered."""
    found = read("\n".join(f"##~~ {line}" for line in lines.split("\n")))
    assert found.problems == ()
    made = script(name="a.sh", path=Path("/s/a.sh"), options=ScriptOptions(), parameters=found.parameters)
    return invocation(made, made.parse(raw), files=path, secrets=secrets or {})


@pytest.mark.parametrize(
    ("options", "raw", "arguments"),
    [
        ("", PLAIN, [PLAIN]),
        ("{required: false}", "", [""]),
        ("{required: false, omit: true}", "", []),
        ("{required: false, omit: true}", PLAIN, [PLAIN]),
        ("{flag: --p}", PLAIN, ["--p=a b"]),
        ("{flag: -p}", PLAIN, ["-pa b"]),
        ("{flag: +p}", PLAIN, ["+pa b"]),
        ("{flag: -path}", PLAIN, ["-path=a b"]),
        ("{flag: --p, flag_style: joined}", PLAIN, ["--p=a b"]),
        ("{flag: --p, flag_style: separate}", PLAIN, ["--p", PLAIN]),
        ("{flag: -p, flag_style: separate}", "-rf", ["-p", "-rf"]),
        ("{flag: --p, required: false}", "", []),
        ("{flag: --p, flag_style: separate, required: false}", "", []),
        ("{multiple: true}", SEVERAL, ["one", "two words", "-3"]),
        ("{multiple: true, required: false}", "", []),
        ("{multiple: true, separator: ','}", SEVERAL, ["one,two words,-3"]),
        ("{multiple: true, separator: ', '}", "one", ["one"]),
        ("{multiple: true, separator: ',', required: false}", "", [""]),
        ("{multiple: true, separator: ',', required: false, omit: true}", "", []),
        ("{multiple: true, flag: --p}", SEVERAL, ["--p=one", "--p=two words", "--p=-3"]),
        ("{multiple: true, flag: -p}", SEVERAL, ["-pone", "-ptwo words", "-p-3"]),
        ("{multiple: true, flag: --p, flag_style: separate}", SEVERAL, ["--p", "one", "--p", "two words", "--p", "-3"]),
        ("{multiple: true, flag: --p, separator: ' '}", "one\ntwo", ["--p=one two"]),
        ("{multiple: true, flag: --p, flag_style: once}", "one\ntwo words\n-3", ["--p", "one", "two words", "-3"]),
        ("{multiple: true, flag: --p, flag_style: once, required: false}", "", []),
        ("{multiple: true, count: 2, flag: -p, flag_style: once}", "one\n-.5", ["-p", "one", "-.5"]),
        ("{flag: --p, flag_style: once}", "one", ["--p", "one"]),
        ("{flag: -p, flag_style: equals}", "=x", ["-p==x"]),
        ("{flag: --p, flag_style: equals}", "-x", ["--p=-x"]),
        ("{type: integer, min: 0, max: 9, flag: -v, flag_style: repeated}", "3", ["-v", "-v", "-v"]),
        ("{type: integer, min: 0, max: 9, flag: -v, flag_style: repeated}", "0", []),
        ("{after_dashes: true}", "-rf", ["--", "-rf"]),
        ("{after_dashes: true, required: false, omit: true}", "", []),
        ("{multiple: true, flag: --p, required: false}", "", []),
        ("{constant: -v}", "", ["-v"]),
        ("{constant: fast, flag: --p}", "", ["--p=fast"]),
        ("{constant: fast, flag: -p, flag_style: separate}", "", ["-p", "fast"]),
        ("{type: boolean}", "true", ["true"]),
        ("{type: boolean}", "", ["false"]),
        ("{type: boolean, values: [on, off]}", "true", ["on"]),
        ("{type: boolean, values: [on, '']}", "false", [""]),
        ("{type: boolean, flag: --p}", "true", ["--p"]),
        ("{type: boolean, flag: --p}", "false", []),
        ("{type: multiline}", "a\nb", ["a\nb"]),
        ("{type: input}", "~/x.txt", ["/value/~/x.txt"]),
        ("{type: input, multiple: true}", "a\n~/b", ["/value/a", "/value/~/b"]),
        ("{type: input, multiple: true, separator: ':'}", "a\n~/b", ["/value/a:/value/~/b"]),
        ("{type: input, multiple: true, flag: -i}", "a\n~/b", ["-i/value/a", "-i/value/~/b"]),
        ("{type: output}", "x.tsv", ["/value/x.tsv"]),
        ("{type: output, flag: -o, flag_style: separate}", "x.tsv", ["-o", "/value/x.tsv"]),
        ("{type: integer, flag: -n}", "007", ["-n7"]),
        ("{type: choice, choices: {s: Small}, flag: --size}", "s", ["--size=s"]),
        ("{type: date, format: '%d.%m.%y'}", "2026-03-04", ["04.03.26"]),
        ("{type: date, format: '%Y%j%%'}", "0099-02-01", ["0099032%"]),
        ("{type: time, format: '%Hh%M'}", "09:05", ["09h05"]),
        ("{type: datetime, format: '%Y-%m-%d %H:%M:%S'}", "2026-03-04T10:00+02:00", ["2026-03-04 08:00:00"]),
    ],
)
def test_arguments_by_the_way_that_a_value_takes(options: str, raw: str, arguments: list[str]) -> None:
    given = invoke(f"value {options} - x", **({"value": raw} if raw else {}))

    assert (given.arguments, given.environment, given.stdin) == (arguments, {}, None)


@pytest.mark.parametrize(
    ("options", "raw", "environment"),
    [
        ("{env: V}", "-rf $HOME\t", {"V": "-rf $HOME\t"}),
        ("{env: V, required: false}", "", {}),
        ("{env: V, multiple: true}", SEVERAL, {"V": SEVERAL}),
        ("{env: V, multiple: true, separator: ';'}", SEVERAL, {"V": "one;two words;-3"}),
        ("{env: V, type: boolean}", "true", {"V": "true"}),
        ("{env: V, type: boolean, values: ['1', '0']}", "false", {"V": "0"}),
        ("{env: V, type: multiline}", "a\n\nb\n", {"V": "a\n\nb\n"}),
        ("{env: V, type: input}", "a", {"V": "/value/a"}),
        ("{env: V, type: input, multiple: true}", "a\nb", {"V": "/value/a\n/value/b"}),
        ("{env: V, constant: x}", "", {"V": "x"}),
        ("{env: V, type: date, format: '%d/%m/%Y'}", "2026-03-04", {"V": "04/03/2026"}),
    ],
)
def test_variables(options: str, raw: str, environment: dict[str, str]) -> None:
    given = invoke(f"value {options} - x", **({"value": raw} if raw else {}))

    assert (given.arguments, given.environment, given.stdin) == ([], environment, None)


@pytest.mark.parametrize(
    ("options", "raw", "stdin"),
    [
        ("{stdin: true}", "no newline is added", "no newline is added"),
        ("{stdin: true, required: false}", "", None),
        ("{stdin: true, multiple: true}", "one\ntwo", "one\ntwo\n"),
        ("{stdin: true, multiple: true, separator: ','}", "one\ntwo", "one,two\n"),
        ("{stdin: true, type: multiline}", "a\nb", "a\nb"),
        ("{stdin: true, type: boolean}", "true", "true"),
        ("{stdin: true, type: input}", "a", Path("/value/a")),
        ("{stdin: true, type: output}", "a", "/value/a"),
        ("{stdin: true, constant: yes}", "", "yes"),
    ],
)
def test_standard_input(options: str, raw: str, stdin: str | Path | None) -> None:
    given = invoke(f"value {options} - x", **({"value": raw} if raw else {}))

    assert (given.arguments, given.environment, given.stdin) == ([], {}, stdin)


def test_each_way_keeps_to_itself_and_arguments_stand_in_the_order_declared() -> None:
    lines = (
        "input - x\nfast {type: boolean, flag: --fast} - x\nlevel {env: LEVEL} - x\n"
        "body {stdin: true} - x\nnote - x\nmode {flag: --mode, required: false} - x\noutput - x"
    )

    given = invoke(lines, input="~/x", fast="true", level="9", body="text", note="-rf *", output="y")

    assert given.arguments == ["/input/~/x", "--fast", "-rf *", "/output/y"]
    assert (given.environment, given.stdin) == ({"LEVEL": "9"}, "text")


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("", [""]),
        ("{omit: true}", []),
        ("{flag: --p}", []),
        ("{env: P}", []),
        ("{stdin: true}", []),
        ("{type: boolean}", [""]),
        ("{type: boolean, flag: --p}", []),
        ("{type: boolean, env: P}", []),
        ("{multiple: true}", []),
        ("{type: date, format: '%d'}", [""]),
    ],
)
def test_what_its_condition_hides_keeps_its_position_or_is_absent(options: str, arguments: list[str]) -> None:
    inside = f"{options.removeprefix('{').removesuffix('}')}, " if options else ""
    required = "" if "boolean" in options and "omit" not in options else "required: false, "
    hidden = f"value {{{inside}{required}when: {{kind: other}}}} - x"

    given = invoke(f"kind - x\n{hidden}", kind="this", value="was typed before")

    assert given.arguments == ["this", *arguments]
    assert (given.environment, given.stdin) == ({}, None)


@pytest.mark.parametrize(("kind", "environment"), [("a", {"KEY": "s3cret", "MODE": "fast"}), ("b", {})])
def test_secret_and_constant_are_given_only_where_their_conditions_are_met(
    kind: str, environment: dict[str, str]
) -> None:
    lines = (
        "kind - x\nkey {secret: API_KEY, env: KEY, when: {kind: a}} - x\n"
        "mode {constant: fast, env: MODE, when: {kind: a}} - x"
    )

    assert invoke(lines, {"key": "s3cret"}, kind=kind).environment == environment


def test_constant_that_stands_for_the_requester_is_their_address() -> None:
    found = read("##~~ to {constant: requester.email, flag: --to}\n##~~ mode {constant: fast}")
    made = script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)

    given = invocation(made.for_requester("ada@example.org"), {}, files=path, secrets={})

    assert given.arguments == ["--to=ada@example.org", "fast"]


def test_secret_that_the_server_lacks_is_absent() -> None:
    assert invoke("key {secret: API_KEY, env: KEY, required: false} - x").environment == {}


def test_secret_is_in_no_representation() -> None:
    given = invoke(
        "key {secret: A, env: A} - x\nbody {secret: B, stdin: true} - x", {"key": "canary", "body": "canary"}
    )

    assert given.environment["A"] == given.stdin == "canary"
    assert "canary" not in repr(given)


def test_path_with_the_separator_in_it_is_refused_rather_than_taken_apart() -> None:
    with pytest.raises(InvalidValue, match="files cannot be joined: the path “/files/a” holds the separator “fil”"):
        invoke("files {type: input, multiple: true, separator: fil} - x", files="a\nb")


def test_what_no_process_can_be_given_is_refused_by_name_and_without_its_value() -> None:
    lines = "files {type: input, multiple: true, separator: ','} - x\nkey {secret: A, env: A} - x"
    many = "\n".join(f"{number:03}{'x' * 104}" for number in range(900))
    most, long = MAX_ARGUMENT - len("A="), "f" * 60

    assert invoke(lines, {"key": "k" * most}, files="a").environment == {"A": "k" * most}
    with pytest.raises(InvalidValue, match=r"key is longer than the 131,071 bytes that a process can be given") as told:
        invoke(lines, {"key": "k" * (most + 1)}, files="a")
    assert "kk" not in str(told.value)
    assert len(invoke(lines, files=many).arguments[0]) < MAX_ARGUMENT
    with pytest.raises(InvalidValue, match=f"{long} is longer"):
        invoke(lines.replace("files", long, 1), **{long: many})
