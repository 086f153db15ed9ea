"""Programs of Python as argparse itself reads them; whole samples stand in tests/corpus/python/."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.errors import InvalidValues
from runner.scripts import Catalogue, Script, invocation
from runner.scripts.annotations import Annotations, AnnotationSettings, read
from runner.scripts.authoring.explain import report
from runner.scripts.script import script
from tests.support.scripts.hostile import LINES, REFUSED_LINES

HEAD = "#!/usr/bin/env python3\nimport argparse\n"
PARSER = "parser = argparse.ArgumentParser()\n"
HOSTILE = """
import json, sys
parser = argparse.ArgumentParser(exit_on_error=False)
parser.add_argument("--long")
parser.add_argument("-s")
parser.add_argument("-single")
parser.add_argument("--many", nargs="+")
parser.add_argument("--pair", nargs=2)
parser.add_argument("--again", action="append")
parser.add_argument("--switch", action="store_true")
parser.add_argument("first")
parser.add_argument("rest", nargs="*")
"""
TELL = """
for line in sys.stdin:
    print(json.dumps(vars(parser.parse_args(json.loads(line)))))
"""


def found(body: str, *, head: str = HEAD, settings: AnnotationSettings | None = None) -> Annotations:
    return read(head + body, settings)


def made(body: str) -> Script:
    all_of_it = found(body)
    assert all_of_it.problems == ()
    return script(name="a.py", path=Path("/a.py"), options=all_of_it.options, parameters=all_of_it.parameters)


def arguments(of: Script, values: Mapping[str, str]) -> list[str]:
    return invocation(of, of.parse(values), files=lambda _, value: f"/files/{value}", secrets={}).arguments


def read_by_argparse(argvs: list[list[str]], path: Path) -> list[dict[str, object]]:
    path.write_text(HEAD + HOSTILE + TELL, "utf-8")
    lines = "".join(f"{json.dumps(argv)}\n" for argv in argvs)
    done = subprocess.run([sys.executable, path], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_hostile_values_are_read_by_argparse_just_as_they_were_entered_or_refused(tmp_path: Path) -> None:
    of = made(HOSTILE + "parser.parse_args()\n")
    short = [line for line in LINES if len(line) < 100 and line != "--"]
    wanted: list[tuple[dict[str, str], dict[str, object]]] = []
    for value in short:
        several = f"a\n{value}"
        wanted += [({"first": value}, {"first": value})]
        wanted += [({name: value, "first": "x"}, {name: value}) for name in ("long", "s", "single")]
        wanted += [({name: several, "first": "x"}, {name: ["a", value]}) for name in ("again", "rest")]
        if not value.startswith("-"):
            wanted += [({name: several, "first": "x"}, {name: ["a", value]}) for name in ("many", "pair")]

    given = read_by_argparse([arguments(of, values) for values, _ in wanted], tmp_path / "script.py")

    for (values, right), parsed in zip(wanted, given, strict=True):
        nothing: dict[str, object] = {
            "long": None,
            "s": None,
            "single": None,
            "many": None,
            "pair": None,
            "again": None,
            "rest": [],
        }
        assert parsed == nothing | {"switch": False, "first": values["first"]} | right


@pytest.mark.parametrize("value", ["-x", "--", "--first", "-1e5", "-1-"])
def test_a_value_that_argparse_would_take_for_an_option_is_refused(value: str) -> None:
    for name in ("many", "pair"):
        with pytest.raises(InvalidValues, match="must not begin with -"):
            made(HOSTILE).parse({"first": "x", name: f"a\n{value}"})


@pytest.mark.parametrize("name", ["first", "rest", "long", "s", "again"])
def test_two_dashes_alone_are_refused_for_argparse_drops_them(name: str) -> None:
    with pytest.raises(InvalidValues, match="must not be --"):
        made(HOSTILE).parse({"first": "x", name: "--"})


@pytest.mark.parametrize("value", REFUSED_LINES)
def test_what_is_no_line_reaches_no_argument(value: str) -> None:
    with pytest.raises(InvalidValues):
        made(HOSTILE).parse({"first": value})


def test_a_file_that_is_not_executable_is_no_script_because_of_its_parser(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(HEAD + PARSER + "parser.add_argument('x')\nparser.add_argument(y)\n")
    (tmp_path / "commands.py").write_text(HEAD + PARSER + "parser.add_subparsers().add_parser('a')\n")

    assert (Catalogue(tmp_path).scripts(), Catalogue(tmp_path).broken()) == ((), ())

    (tmp_path / "library.py").write_text(HEAD + "##~~ x - what it is\n" + PARSER + "parser.add_argument('x')\n")

    assert [each.name for each in Catalogue(tmp_path).broken()] == ["library.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import argparse\n" + PARSER + "parser.add_argument('x')\n",
        "#!/bin/sh\n" + PARSER + "parser.add_argument('x')\n",
        "#!/usr/bin/env python3\nprint 'Python 2'\n",
        "#!/usr/bin/env python3\nimport argparse\n",
        "#!/usr/bin/env python3\nimport argparse\n\n\ndef main(parser: argparse.ArgumentParser): ...\n",
    ],
)
def test_what_makes_no_parser_or_is_not_run_by_python_is_not_read(text: str) -> None:
    assert (read(text).parameters, read(text).problems) == ((), ())


def test_the_dialect_is_switched_off_by_its_setting() -> None:
    body = PARSER + "parser.add_argument('x')\n"

    assert found(body).parameters
    assert found(body, settings=AnnotationSettings(dialects=("argc",))).parameters == ()


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("print 'old'\nargparse.ArgumentParser()\n", 3, "is no Python 3.11 that can be read"),
        ("argparse.ArgumentParser()\nx = " + "(" * 300 + "\n", 4, "is no Python 3.11 that can be read"),
        ("argparse.ArgumentParser()\nx = " + "-" * 100_000 + "1\n", 1, "nested too deep"),
        ("argparse.ArgumentParser()\n\0\n", 1, "null bytes"),
        ("argparse.ArgumentParser()\nx = '''" + "y\n" * 130_000, 1, "longer than the 256 KiB"),
    ],
)
def test_a_source_that_cannot_be_read_is_named_where_it_says_argparse(body: str, line: int, message: str) -> None:
    (problem,) = found(body).problems

    assert (problem.line, message in problem.message) == (line, True), problem


def test_our_own_lines_make_a_source_that_cannot_be_read_good() -> None:
    own = found("##~~ x - what it is\nprint 'old'\nargparse.ArgumentParser()\n")

    assert ([each.name for each in own.parameters], own.problems) == (["x"], ())


def test_what_another_file_may_add_is_named() -> None:
    body = "import common\n" + PARSER + "common.add(parser)\nother = argparse.ArgumentParser(parents=[common.base()])\n"

    unused = {name: found(f"{body}{name}.parse_args()\n").unused for name in ("parser", "other")}

    assert [(each.line, each.found) for each in unused["parser"]] == [(5, "common.add")]
    assert [(each.line, each.found) for each in unused["other"]] == [(6, "parents")]


def test_options_for_which_the_form_has_no_room_are_left_out_from_the_end() -> None:
    body = PARSER + "for number in range(100):\n    parser.add_argument(f'--o{number}')\nparser.add_argument('last')\n"
    body += "group = parser.add_mutually_exclusive_group()\ngroup.add_argument('--a')\ngroup.add_argument('--b')\n"

    read_of_it = found(body)

    assert read_of_it.problems == ()
    assert [each.name for each in read_of_it.parameters] == [*(f"o{number}" for number in range(82)), "last"]
    assert len(read_of_it.unused) == 20


def test_a_variable_that_is_set_under_a_condition_is_not_known() -> None:
    body = (
        "import sys\nnumber = 1\nif sys.argv:\n    number = 2\n"
        + PARSER
        + "parser.add_argument('-n', default=number)\n"
    )

    (parameter,) = found(body).parameters

    assert (parameter.default, found(body).unused[0].found) == (None, "default=number")


def test_the_parser_is_found_in_a_function_that_is_never_called_here() -> None:
    body = "def other():\n    if x:\n        main()\n\n\ndef main():\n    parser = argparse.ArgumentParser()\n"
    body += "    parser.add_argument('x')\n    return parser.parse_args()\n"

    assert [each.name for each in found(body).parameters] == ["x"]


def test_ours_with_a_secret_takes_the_place_of_what_the_parser_would_be_given() -> None:
    body = "##~~ token {secret: TOKEN, env: TOKEN} - for the upload\n" + PARSER + "parser.add_argument('--token')\n"

    (parameter,) = found(body).parameters

    assert (parameter.name, parameter.env, parameter.flag) == ("token", "TOKEN", None)


def test_ours_with_a_constant_or_another_type_keeps_the_way_to_the_script() -> None:
    body = "##~~ mode {constant: fast}  - x\n##~~ mail {type: email} - whom to tell\n" + PARSER
    body += "parser.add_argument('--mode', choices=['fast', 'slow'])\nparser.add_argument('--mail', default='x')\n"

    assert arguments(made(body), {"mail": "a@example.org"}) == ["--mode=fast", "--mail=a@example.org"]


def test_ours_may_go_by_the_flag_and_be_named_by_the_others() -> None:
    body = "##~~ amount {flag: --n, needs: [mode]} - x\n" + PARSER + "group = parser.add_mutually_exclusive_group()\n"
    body += "group.add_argument('--n', type=int)\ngroup.add_argument('--m', type=int)\nparser.add_argument('--mode')\n"

    n, m, _ = found(body).parameters

    assert (n.name, n.type, n.conflicts, n.needs, m.conflicts) == ("amount", "integer", ("m",), ("mode",), ("amount",))


def test_an_explanation_tells_the_lines_of_ours_and_of_the_parser(tmp_path: Path) -> None:
    path = tmp_path / "align.py"
    path.write_text(HEAD + "##~~ reads {type: input} - the reads\n" + PARSER + "parser.add_argument('reads')\n")
    path.chmod(0o755)

    ((lines, is_good),) = report([path], AnnotationSettings())

    assert is_good
    assert "  reads: input, required (line 3; line 5, argparse)" in lines
    assert f"    {path} -- INBOX/file" in lines


def test_what_is_added_under_the_condition_under_which_the_parser_is_made_is_as_certain_as_the_parser() -> None:
    body = "import sys\nif sys.version_info < (3, 3):\n    raise SystemExit\nelse:\n    " + PARSER
    body += "    parser.add_argument('x')\n    if sys.argv:\n        parser.add_argument('--y')\n"

    all_of_it = found(body)

    assert (all_of_it.problems, [each.name for each in all_of_it.parameters]) == ((), ["x"])
    assert [each.reason for each in all_of_it.unused] == ["is added only under a condition in line 9"]
