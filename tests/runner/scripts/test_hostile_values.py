"""Every type of parameter against values that have broken systems like this one: byte for byte or not at all."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.errors import InvalidValue
from runner.scripts import Script, ScriptOptions, invocation
from runner.scripts.invocation import Invocation
from runner.scripts.parameters import TYPES, AnyParameter
from runner.scripts.script import script
from runner.system.text import visible
from tests.support.scripts.hostile import hostile_values

ROOT = Path(__file__).parents[3]
TELL = f"""#!{sys.executable} -IS
import json, os, sys
given = [os.fsencode(argument).hex() for argument in sys.argv[1:]]
print(json.dumps([given, os.environb.get(b"V", b"absent").hex(), sys.stdin.buffer.read().hex()]))
"""


def make(kind: str, **options: object) -> AnyParameter:
    needed = {"choices": ["small", "large", "a;b"]} if kind == "choice" else {}
    return TYPES[kind].model_validate({"name": "p", "description": "d", **needed, **options})


@pytest.mark.parametrize("kind", TYPES)
def test_each_value_is_kept_as_it_is_or_refused_in_words_that_can_be_shown(kind: str) -> None:
    for raw, is_taken in hostile_values(kind):
        if is_taken:
            assert make(kind).parse(raw) == raw
            continue
        with pytest.raises(InvalidValue) as caught:
            make(kind).parse(raw)
        assert visible(str(caught.value)) == str(caught.value)
        assert len(str(caught.value)) < 300


WAYS: list[dict[str, Any]] = [{}, {"flag": "--p"}, {"flag": "-p"}, {"flag": "--q", "flag_style": "separate"}]


def given_all_ways(kind: str, value: str, folder: Path) -> tuple[Script, Invocation]:
    """A script that takes the value by every way there is, and what it is given."""
    ways: list[dict[str, Any]] = [*WAYS, {"env": "V"}, {"stdin": True}]
    if kind == "boolean":
        ways = [way for way in ways if "flag" not in way]
    parameters = tuple(make(kind, **way).model_copy(update={"name": f"p{n}"}) for n, way in enumerate(ways))
    made = script(name="tell", path=folder / "tell", options=ScriptOptions(), parameters=parameters)
    if kind == "output":  # no two results have the same name
        values = {each.name: each.parse(value) for each in parameters}
    else:
        values = made.parse({each.name: value for each in parameters})
    return made, invocation(made, values, files=lambda _, name: f"{folder}/{name.removeprefix('~/')}", secrets={})


def told_by(made: Script, given: Invocation) -> tuple[list[bytes], bytes, bytes]:
    """What a process started like this says it was given."""
    stdin = given.stdin.read_bytes() if isinstance(given.stdin, Path) else (given.stdin or "").encode()
    done = subprocess.run(
        [made.path, *given.arguments], env=given.environment, input=stdin, capture_output=True, check=True
    )
    arguments, variable, read = json.loads(done.stdout)
    return [bytes.fromhex(argument) for argument in arguments], bytes.fromhex(variable), bytes.fromhex(read)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_taken_reaches_a_real_process_byte_for_byte_by_every_way(kind: str, tmp_path: Path) -> None:
    (tmp_path / "tell").write_text(TELL)
    (tmp_path / "tell").chmod(0o755)
    (tmp_path / "files").mkdir()
    for raw in (raw for raw, is_taken in hostile_values(kind) if is_taken):
        made, given = given_all_ways(kind, raw, tmp_path if kind not in ("input", "output") else tmp_path / "files")
        made = replace(made, path=tmp_path / "tell")
        expected = raw.encode()
        if kind in ("input", "output"):
            expected = bytes(tmp_path / "files" / raw.removeprefix("~/"))
        content = expected
        if kind == "input":
            content = os.urandom(20)
            Path(os.fsdecode(expected)).write_bytes(content)

        arguments, variable, stdin = told_by(made, given)

        flags = [b"--p=" + expected, b"-p" + expected, b"--q", expected] if kind != "boolean" else []
        assert arguments == [expected, *flags], ascii(raw)
        assert (variable, stdin) == (expected, content), ascii(raw)


def test_hostile_values_reach_a_process_byte_for_byte_in_an_ascii_locale_too(tmp_path: Path) -> None:
    cases = [(kind, raw) for kind in TYPES for raw, is_taken in hostile_values(kind) if is_taken]
    (tmp_path / "cases").write_bytes(json.dumps(cases).encode())
    code = (
        "import json, pathlib, subprocess, sys\n"
        "from runner.scripts.parameters import TYPES\n"
        "for kind, value in json.loads(pathlib.Path(sys.argv[1]).read_bytes()):\n"
        "    more = {'choices': ['a;b']} if kind == 'choice' else {}\n"
        "    made = TYPES[kind].model_validate({'name': 'p', 'description': 'd', **more})\n"
        "    argv = ['printf', '%s', *made.arguments(made.words(made.parse(value)))]\n"
        "    assert subprocess.check_output(argv) == value.encode(), ascii(value)\n"
        "    print(kind)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "cases"],
        env={"LC_ALL": "C", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.split(), done.stderr) == ([kind for kind, _ in cases], "")
