"""Sample scripts in the dialects that others documented, each with the right reading beside it.

A file ``<dialect>/*.yml`` is a stream of samples; tests/corpus/README.md says what each holds.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from runner.errors import InvalidValues
from runner.scripts import annotations, invocation
from runner.scripts.annotations import Annotations
from runner.scripts.parameters import AnyParameter
from runner.scripts.script import script
from runner.settings import parse_duration

FOLDER = Path(__file__).parent
_ALWAYS: Mapping[str, object] = {"type": "text", "required": True, "flag": None, "env": None, "multiple": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One script of a sample's file; what stands in none of the mappings is not compared."""

    command: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, object]] | None = None
    unused: tuple[str, ...] | None = None
    runs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A script with what it is to be read as, or words of the reason why it is refused."""

    dialect: str
    name: str
    source: str
    text: str
    reads: tuple[Reading, ...] = ()
    refused: str | None = None

    def __str__(self) -> str:
        return f"{self.dialect}: {self.name}"


def samples(dialect: str = "*") -> Iterator[Sample]:
    """All samples of a dialect, or of every one, in the order of their files."""
    for path in sorted(FOLDER.glob(f"{dialect}/*.yml")):
        for entry in yaml.safe_load_all(path.read_text("utf-8")):
            yield _sample(path.parent.name, entry)


def differences(sample: Sample) -> list[str]:
    """What is read otherwise than it should be; nothing where all is right."""
    found = read(sample.text)
    problems = [str(problem) for each in found for problem in each.problems]
    if sample.refused is not None:
        return [] if any(sample.refused in each for each in problems) else [f"not refused with: {sample.refused}"]
    if problems:
        return problems
    commands, wanted = [each.command for each in found], [each.command for each in sample.reads]
    if commands != wanted:
        return [f"scripts: {commands}, not {wanted}"]
    return [
        line for each, right in zip(found, sample.reads, strict=True) for line in _differences(sample.text, each, right)
    ]


def read(text: str) -> tuple[Annotations, ...]:
    """What each script in the file says."""
    found = annotations.read(text)
    return found.commands or (found,)


def _sample(dialect: str, entry: Mapping[str, Any]) -> Sample:
    stated = {key: value for key, value in entry.items() if key not in ("sample", "from", "script", "reads")}
    reads = tuple(Reading(**{key: _frozen(value) for key, value in each.items()}) for each in entry.get("reads", ()))
    return Sample(
        dialect=dialect, name=entry["sample"], source=entry["from"], text=entry["script"], reads=reads, **stated
    )


def _frozen(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _differences(text: str, found: Annotations, right: Reading) -> Iterator[str]:
    for option, value in right.options.items():
        yield from _compared(option, getattr(found.options, option), value)
    names, parameters = [each.name for each in found.parameters], right.parameters or {}
    are_compared = right.parameters is not None or not any("parsed" in run for run in right.runs)
    if are_compared and names != list(parameters):
        yield f"parameters: {names}, not {list(parameters)}"
        return
    for parameter in found.parameters if are_compared else ():
        stated = parameters[parameter.name]
        for option, value in {**_ALWAYS, **stated}.items():
            yield from _compared(f"{parameter.name}: {option}", getattr(parameter, option, _ALWAYS.get(option)), value)
    if right.unused is not None and (unused := tuple(each.found for each in found.unused)) != right.unused:
        yield f"without effect: {unused}, not {right.unused}"
    for run in right.runs:
        yield from _parsed(text, found, run) if "parsed" in run else _run(found, run)


def _compared(what: str, found: object, right: object) -> Iterator[str]:
    if isinstance(found, timedelta):
        right = parse_duration(right)
    if _plain(found) != _plain(right):
        yield f"{what}: {_plain(found)}, not {_plain(right)}"


def _plain(value: object) -> object:
    match value:
        case bool() | None:
            return value
        case Mapping():
            return list(map(str, value)) if all(key == each for key, each in value.items()) else dict(value)
        case tuple() | list():
            return [str(each) for each in value]
        case _:
            return str(value)


def _run(found: Annotations, run: Mapping[str, Any]) -> Iterator[str]:
    of = script(name="sample", path=Path("/sample"), options=found.options, parameters=found.parameters)
    values = of.parse(run.get("values", {}))
    given = invocation(of, values, files=_path, secrets={})
    yield from _compared(f"arguments of {values}", given.arguments, run.get("arguments", []))
    yield from _compared(f"variables of {values}", given.environment, run.get("environment", {}))


def _parsed(text: str, found: Annotations, run: Mapping[str, Any]) -> Iterator[str]:
    """What the script itself makes of the arguments for these values: it prints it as JSON."""
    of = script(name="sample", path=Path("/sample"), options=found.options, parameters=found.parameters)
    try:
        values = of.parse(run.get("values", {}))
    except InvalidValues as error:
        yield from _compared("refused", dict(error.problems), run["parsed"])
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "sample.py")
        path.write_text(text, "utf-8")

        def made(parameter: AnyParameter, value: str) -> str:
            file = Path(folder, parameter.type, value)
            file.parent.mkdir(exist_ok=True)
            file.write_text("content") if parameter.type == "input" else None
            return str(file)

        given = invocation(of, values, files=made, secrets={})
        command = [sys.executable, str(path), *given.arguments]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode:
            yield f"{given.arguments}: {done.stderr}"
            return
        shown = json.loads(done.stdout.replace(folder, ""))
    if shown != run["parsed"]:
        yield f"{given.arguments} is read as {shown}, not {run['parsed']}"


def _path(parameter: AnyParameter, value: str) -> str:
    return f"/{parameter.type}/{value}"
