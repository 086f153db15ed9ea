"""What keeps a file from starting is told as Linux sees it, in words that say what to mend."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from runner.supervision import startable
from runner.supervision.first_line import HEAD_BYTES, first_line, flaw

CONTENTS = {
    "a shell": b"#!/bin/sh\nexit 0\n",
    "blanks around": b"#! \t /bin/sh \t -e  \nexit 0\n",
    "no line end": b"#!/bin/true",
    "by env": b"#!/usr/bin/env sh\nexit 0\n",
    "by env with options": b"#!/usr/bin/env -S sh -e\nexit 0\n",
    "by env with a variable": b"#!/usr/bin/env -S A=1 sh -e\nexit 0\n",
    "another interpreter": b"#!%(folder)s/good\n",
    "255 bytes": b"#!/bin/sh" + b" " * 246 + b"\nexit 0\n",
    "blanks beyond": b"#!/bin/true" + b" " * 300 + b"\n",
    "CR LF": b"#!/bin/sh\r\nexit 0\r\n",
    "CR LF by env": b"#!/usr/bin/env sh\r\nexit 0\r\n",
    "CR LF behind an argument": b"#!/bin/sh -e\r\nexit 0\r\n",
    "CR alone": b"#!/bin/sh\rexit 0\r",
    "no first line": b"exit 0\n",
    "nothing": b"",
    "a table": b"1,2\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0",
    "a byte order mark": b"\xef\xbb\xbf#!/bin/sh\nexit 0\n",
    "UTF-16": "\ufeff#!/bin/sh\n".encode("utf-16-le"),
    "an empty line before": b"\n#!/bin/sh\nexit 0\n",
    "a space before": b" #!/bin/sh\nexit 0\n",
    "a space within": b"# !/bin/sh\nexit 0\n",
    "turned round": b"!#/bin/sh\nexit 0\n",
    "half a sign": b"#/bin/sh\nexit 0\n",
    "no program": b"#!\nexit 0\n",
    "blanks for a program": b"#! \t \nexit 0\n",
    "relative": b"#!good\n",
    "relative with a folder": b"#!bin/sh\n",
    "not there": b"#!/nowhere/sh\n",
    "a folder": b"#!/usr/bin\n",
    "not executable": b"#!/etc/passwd\n",
    "not there by env": b"#!/usr/bin/env nowhere\n",
    "options for env": b"#!/usr/bin/env sh -e\nexit 0\n",
    "not there by env with options": b"#!/usr/bin/env -S nowhere -x\n",
    "an interpreter whose own is not there": b"#!%(folder)s/bad\n",
    "an interpreter that is a text": b"#!%(folder)s/text\n",
    "a name that is cut": b"#!/" + b"a" * HEAD_BYTES + b"\n",
    "no program Linux knows": b"\x7fELF\0\0\0",
    "scripts of scripts": b"#!%(folder)s/five\n",
    "too many scripts of scripts": b"#!%(folder)s/six\n",
}


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    put(tmp_path / "good", b"#!/bin/sh\n")
    put(tmp_path / "bad", b"#!/nowhere/sh\n")
    put(tmp_path / "text", b"exit 0\n")
    steps = ["two", "three", "four", "five", "six"]
    put(tmp_path / "two", b"#!/bin/true\n")
    for before, name in pairwise(steps):
        put(tmp_path / name, f"#!{tmp_path}/{before}\n".encode())
    return tmp_path


def starts(path: Path) -> bool:
    """Whether Linux starts it and, by env, what it names."""
    try:
        return not subprocess.run(
            [path], check=False, cwd=path.parent / "job", capture_output=True, timeout=60
        ).returncode
    except OSError:
        return False


@pytest.mark.parametrize("name", CONTENTS)
def test_what_linux_does_not_start_is_told_and_nothing_else(folder: Path, name: str) -> None:
    path = put(folder / "script", CONTENTS[name].replace(b"%(folder)s", os.fsencode(folder)))

    words = startable.obstacle(str(path), os.get_exec_path())

    assert (words is None) == starts(path), words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CR LF", "CR LF, as Windows writes them: the CR would belong to the word “/bin/sh” of its first line"),
        ("CR LF by env", "the word “sh” of its first line; mend it with: sed -i 's/\\r$//'"),
        ("no first line", "has no first line that says what runs it, such as #!/bin/sh"),
        ("a byte order mark", "byte order mark before “#!”"),
        ("UTF-16", "is UTF-16"),
        ("relative", "write #!/usr/bin/env good, or its whole path"),
        ("not there", "names /nowhere/sh in its first line, which is not there"),
        ("not executable", "names /etc/passwd in its first line, which cannot be executed (mode 0644)"),
        ("not there by env", "has env find “nowhere”, which is in none of the folders of PATH, "),
        ("options for env", "has env find a program called “sh -e”: write #!/usr/bin/env -S sh -e"),
        ("an interpreter whose own is not there", "/bad in its first line, which names /nowhere/sh in its first line"),
        ("a name that is cut", "more than the 255 bytes that Linux reads"),
    ],
)
def test_words_name_what_to_mend(folder: Path, name: str, words: str) -> None:
    path = put(folder / "script", CONTENTS[name].replace(b"%(folder)s", os.fsencode(folder)))

    assert words in (startable.obstacle(str(path), os.get_exec_path()) or "")


@pytest.mark.parametrize("line", [b"#!/usr/bin/env\n", b"#!/usr/bin/env -S\n", b"#!/usr/bin/env -iS  \n"])
def test_env_without_a_program_would_start_the_script_for_ever(line: bytes) -> None:
    found = flaw(line)

    assert found is not None
    assert "no program for it to find" in found.words


def test_a_program_for_a_loader_that_is_not_there_is_told(folder: Path) -> None:
    program = Path("/bin/true").read_bytes()
    loader = b"/lib64/ld-linux-x86-64.so.2\0"
    if loader not in program:
        pytest.skip("no program of x86-64")
    path = put(folder / "script", program.replace(loader, loader.replace(b"64.so", b"65.so")))

    assert not starts(path)
    assert "ld-linux-x86-65.so.2 loads, which is not there" in (startable.obstacle(str(path), []) or "")


def test_a_first_line_is_read_into_program_and_one_argument() -> None:
    assert first_line(b"#! /usr/bin/env\t-S  a b \nx") == ("/usr/bin/env", "-S  a b")
    assert first_line(b"#!/bin/sh\n") == ("/bin/sh", None)
