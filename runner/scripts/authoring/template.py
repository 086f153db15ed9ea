"""Starting scripts: commented ones that do something already, for people to change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from runner.errors import ScriptRunnerError
from runner.scripts.catalogue import MAX_NAME
from runner.scripts.script import default_title
from runner.system import atomic_files
from runner.system.text import quoted, visible

_MODE = 0o700
_TITLE = "@TITLE@"
_MARKER = "##~~"

_COMMENTS = f"""\
# A starting script for ScriptRunner. It does something already: try it, then change it.
#
# Lines that begin with the marker below, behind the #, describe the script and the form that people fill in in Slack.
# Every type and option is listed in docs/annotations.md. "scriptrunner check --explain FILE" tells how they were read.
#
# The script itself, in braces. There is also: group hidden confirm examples owner docs grace more_time cpus memory
# priority concurrency retries live_log terminal notify share show.
##~~ {{title: {_TITLE}, description: Takes some lines of a text, timeout: 10m}}
#
# A box to tick. It has a flag: the script is given the flag alone, or nothing.
##~~ number {{type: boolean, flag: --number, label: Number the lines}} - puts its number before each line
#
# A file from the inbox. Without a flag it is an argument, the first of these: the path of the file.
##~~ input {{type: input, label: Text, accept: [.txt, .csv, .tsv, .md, .log]}} - the text to take lines from
#
# The name of a result: the second argument, a path in the job's own folder. All that is written there can be fetched.
##~~ output {{type: output, label: Result, default: lines.txt}} - the lines that were taken
#
# A whole number with limits, and what the form starts with. Two spaces or more go on with the line above.
##~~ count {{type: integer, label: How many lines, min: 1, max: 100000, default: 10}} - so many lines
##~~   are taken, or all where there are fewer
#
# One of several: what the script is given, and how the form puts it.
##~~ part {{type: choice, label: Which lines, choices: {{first: The first ones, last: The last ones}},
##~~   default: first}} - from which end of the text
"""

_BASH = f"""\
#!/bin/bash
{_COMMENTS}set -euo pipefail

number=no
if [[ ${{1:-}} == --number ]]; then
    number=yes
    shift
fi
if [[ $# -ne 4 ]]; then
    printf 'usage: %s [--number] input output count first|last\\n' "${{0##*/}}" >&2
    exit 64
fi
input=$1 output=$2 count=$3 part=$4

case $part in
    first) head -n "$count" -- "$input" >"$output" ;;
    last) tail -n "$count" -- "$input" >"$output" ;;
esac
if [[ $number == yes ]]; then
    nl -b a -- "$output" >"$output.numbered"
    mv -- "$output.numbered" "$output"
fi

# What a script prints goes to its log; exit code 0 is success, any other is failure.
printf 'took %d lines\\n' "$(wc -l <"$output")"
"""

_PYTHON = f"""\
#!/usr/bin/env python3
{_COMMENTS}import argparse
from collections import deque
from itertools import islice
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", action="store_true")
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("part", choices=["first", "last"])
    given = parser.parse_args()
    with given.input.open(encoding="utf-8", errors="replace") as text:
        lines = list(islice(text, given.count) if given.part == "first" else deque(text, given.count))
    if given.number:
        lines = [f"{{number}}\\t{{line}}" for number, line in enumerate(lines, start=1)]
    given.output.write_text("".join(lines), encoding="utf-8")
    # What a script prints goes to its log; exit code 0 is success, any other is failure.
    print(f"took {{len(lines)}} lines")


if __name__ == "__main__":
    main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language there is a starting script in, and the extensions that files in it have."""

    extensions: tuple[str, ...]
    text: str


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "bash": Language(extensions=(".sh", ".bash"), text=_BASH),
        "python": Language(extensions=(".py",), text=_PYTHON),
    }
)
_DEFAULT = "bash"


def is_path(name: str) -> bool:
    """Whether a name says where the file goes by itself, rather than below the scripts folder."""
    return name.startswith(("/", "./", "../"))


def write(name: str, *, folder: Path, language: str | None, marker: str) -> Path:
    """Write a starting script, executable and for its owner alone, and return its path.

    ``name`` starts from ``folder``; groups below it are made where absent. Without ``language``, one of LANGUAGES, the
    extension tells, and without one it is bash. ScriptRunnerError where the name is not good, or taken.
    """
    _check_name(name)
    chosen = _language(name, language)
    path = folder / name
    existing = path.parent if is_path(name) else folder
    if not existing.is_dir():
        raise ScriptRunnerError(f"There is no folder {existing}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScriptRunnerError(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
    title = json.dumps(default_title(path.name), ensure_ascii=False)
    _write(path, chosen.text.replace(_MARKER, marker).replace(_TITLE, title))
    return path


def _write(path: Path, text: str) -> None:
    try:
        atomic_files.create(path, text.encode(), mode=_MODE)
    except FileExistsError as error:
        raise ScriptRunnerError(f"{path} is there already; nothing was written.") from error
    except OSError as error:
        raise ScriptRunnerError(f"{path} cannot be written: {error.strerror}.") from error


def _check_name(name: str) -> None:
    parts = Path(name).parts[-1:] if is_path(name) else name.split("/")
    if name.endswith("/") or not parts or not all(parts):
        raise ScriptRunnerError(f"{quoted(name)} is no file's name: allowed is NAME, or GROUP/NAME.")
    if visible(name) != name:
        raise ScriptRunnerError(f"{quoted(name)}: a script's name must be UTF-8 text without control characters.")
    if any(part.startswith(".") for part in parts):
        raise ScriptRunnerError(f"{quoted(name)}: what begins with a dot is hidden and no script.")
    if len(name) > MAX_NAME and not is_path(name):
        raise ScriptRunnerError(f"{quoted(name)}: a script's name is at most {MAX_NAME} characters long.")


def _language(name: str, asked: str | None) -> Language:
    if asked is not None:
        return LANGUAGES[asked]
    extension = Path(name).suffix.lower()
    found = next((each for each in LANGUAGES.values() if extension in each.extensions), None)
    if found is None and extension:
        known = ", ".join(extension for each in LANGUAGES.values() for extension in each.extensions)
        raise ScriptRunnerError(
            f"There is no starting script for files that end with {quoted(extension)}: allowed are {known}, or name the"
            f" language with --language {' or '.join(LANGUAGES)}."
        )
    return found or LANGUAGES[_DEFAULT]
