"""A large catalogue as a big company might have it, made up but always the same: scripts of 5 to 40 parameters."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = 2_000
FEWEST, MOST = 5, 40  # parameters
MORE = 10  # beyond the fewest, on average: most scripts have few, one in thirty as many as it may

_TEAMS = ["genomics", "finance", "logistics", "imaging", "web", "physics", "sales", "archive", "climate", "operations"]
_VERBS = ["Align", "Convert", "Count", "Export", "Filter", "Join", "Merge", "Plot", "Resample", "Summarise", "Train"]
_THINGS = ["reads", "invoices", "parcels", "scans", "sessions", "events", "orders", "records", "stations", "accounts"]
_WORDS = [
    "the",
    "result",
    "of",
    "each",
    "run",
    "is",
    "kept",
    "beside",
    "that",
    "table",
    "it",
    "was",
    "made",
    "from",
    "so",
]
_WORDS += [
    "what",
    "left",
    "out",
    "can",
    "be",
    "found",
    "again",
    "later",
    "by",
    "whoever",
    "needs",
    "most",
    "rows",
    "have",
]
_REGIONS = ["north", "south", "east", "west", "coast", "islands", "highlands", "valley", "delta", "plains"]


def write(folder: Path, count: int = SCRIPTS) -> None:
    """Make so many scripts below the folder."""
    dice = random.Random(2026)  # noqa: S311  # always the same catalogue
    for number in range(count):
        parameters = min(MOST, FEWEST + int(dice.expovariate(1 / MORE)))
        group = folder / dice.choice(_TEAMS)
        group.mkdir(parents=True, exist_ok=True)
        put(group / f"{dice.choice(_VERBS).lower()}_{dice.choice(_THINGS)}_{number}.sh", dice, parameters)


def put(path: Path, dice: random.Random, parameters: int) -> None:
    """Write one script with so many parameters."""
    lines = ["#!/bin/bash", *_head(dice, path.stem), *_parameters(dice, parameters), "set -euo pipefail"]
    lines += (f"log 'step {step}: {_sentence(dice, 8)}'" for step in range(dice.randint(20, 200)))
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)


def _head(dice: random.Random, name: str) -> Iterator[str]:
    title = name.replace("_", " ").capitalize()
    yield f"##~~ {{title: {title}, description: {json.dumps(_sentence(dice, 12))}, timeout: {dice.randint(1, 48)}h,"
    yield f"##~~   owner: {dice.choice(_TEAMS)} team, docs: 'https://docs.example.com/{name}',"
    yield f"##~~   cpus: {dice.randint(1, 32)}, memory: {dice.randint(1, 256)}G}}"


def _parameters(dice: random.Random, count: int) -> Iterator[str]:
    yield "##~~ input {type: input, label: Table, accept: [.csv, .tsv], max_size: 2G} - the table to work on"
    yield "##~~ mode {type: choice, choices: {fast: Fast, exact: Exact, both: Both}, default: fast} - how it is done"
    for number in range(2, count - 1):
        options, description = dice.choice(_KINDS)(dice, number), _sentence(dice, dice.randint(4, 24))
        if number % 6 == 2:
            options += f", section: Part {number}"
        head, tail = description.split(" ", 3)[:3], description.split(" ", 3)[3]
        yield f"##~~ p{number} {{{options}}} - {' '.join(head)}"
        yield f"##~~   {tail}"
    yield "##~~ output {type: output, label: Result, default: result.csv} - the table that is made"


def _sentence(dice: random.Random, length: int) -> str:
    return " ".join(dice.choices(_WORDS, k=length))


def _text(dice: random.Random, number: int) -> str:
    return f"label: Name {number}, pattern: '[a-z]+[0-9]*', pattern_hint: letters and digits, default: run{number}"


def _integer(dice: random.Random, number: int) -> str:
    limits = f"min: 1, max: 1000, default: {dice.randint(1, 1000)}"
    return f"type: integer, label: Count {number}, flag: --count-{number}, {limits}"


def _number(dice: random.Random, number: int) -> str:
    return f"type: number, label: Share {number}, min: 0, max: 1, step: 0.01, default: 0.5, env: SHARE_{number}"


def _boolean(dice: random.Random, number: int) -> str:
    return f"type: boolean, label: Switch {number}, flag: --switch-{number}, default: {dice.choice(['true', 'false'])}"


def _choice(dice: random.Random, number: int) -> str:
    choices = [f"{region}-{place}" for region in _REGIONS for place in range(1, 9)][: dice.choice([4, 8, 12, 40, 80])]
    return f"type: choice, label: Region {number}, choices: [{', '.join(choices)}], default: {choices[0]}"


def _date(dice: random.Random, number: int) -> str:
    return f"type: date, label: Day {number}, default: today-{dice.randint(1, 90)}d, required: false"


def _email(dice: random.Random, number: int) -> str:
    return f"type: email, label: Who is told {number}, default: requester.email, required: false"


def _conditional(dice: random.Random, number: int) -> str:
    return f"type: text, label: Reason {number}, when: {{mode: [exact, both]}}, placeholder: 'why, in a word'"


def _several(dice: random.Random, number: int) -> str:
    return f"label: Columns {number}, multiple: true, separator: ',', required: false, flag: --columns-{number}"


def _url(dice: random.Random, number: int) -> str:
    return f"type: url, label: Address {number}, default: 'https://example.com/{number}', required: false"


_KINDS = [_text, _text, _integer, _integer, _number, _boolean, _boolean, _choice, _choice, _date]
_KINDS += [_email, _conditional, _several, _url]
