"""What benchmarks measure, as a table for people and as JSON for whoever compares."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.machine import Surroundings

Entry = dict[str, float | str | bool]
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number; ``name`` is its key in JSON. The target is the most it may be, or the least where that is said."""

    name: str
    words: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        """The target in words, and whether it is met; empty where there is none."""
        if self.at_most is not None:
            return f"at most {self.at_most:g} {self.unit}: {'met' if self.value <= self.at_most else 'missed'}"
        if self.at_least is not None:
            return f"at least {self.at_least:g} {self.unit}: {'met' if self.value >= self.at_least else 'missed'}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What could not be measured here, and why."""

    name: str
    words: str
    reason: str


def percentiles(
    name: str,
    words: str,
    seconds: Iterable[float],
    *,
    shares: Iterable[int] = (50, 95),
    at_most_ms: float | None = None,
) -> list[Figure]:
    """So many per cent of the measured times are at most so many milliseconds; the target is for all of the shares."""
    cuts = statistics.quantiles(list(seconds), n=100, method="inclusive")
    return [
        Figure(
            name=f"{name}_p{share}",
            words=f"{words}, p{share}",
            value=cuts[share - 1] * _MILLISECONDS,
            unit="ms",
            at_most=at_most_ms,
        )
        for share in shares
    ]


def rounds(
    name: str, words: str, measured: Sequence[Sequence[float]], *, at_most_ms: Mapping[int, float | None]
) -> list[Figure]:
    """The same where it was measured in rounds: of each share the median of the rounds, with a target of its own."""
    cuts = [statistics.quantiles(seconds, n=100, method="inclusive") for seconds in measured]
    return [
        Figure(
            name=f"{name}_p{share}",
            words=f"{words}, p{share}",
            value=statistics.median(each[share - 1] for each in cuts) * _MILLISECONDS,
            unit="ms",
            at_most=at_most,
        )
        for share, at_most in at_most_ms.items()
    ]


def milliseconds(name: str, words: str, seconds: float, *, at_most_ms: float | None = None) -> Figure:
    """One time."""
    return Figure(name=name, words=words, value=seconds * _MILLISECONDS, unit="ms", at_most=at_most_ms)


def print_row(row: Figure | Skipped) -> None:
    """Print one row of the table."""
    if isinstance(row, Skipped):
        print(f"{row.words:<66} {'skipped':>10}: {row.reason}", flush=True)
        return
    print(f"{row.words:<66} {row.value:10.2f} {row.unit:<6} {row.target}".rstrip(), flush=True)


def entry(row: Figure | Skipped, around: Surroundings) -> Entry:
    """A row as it is written, with what else the machine did."""
    if isinstance(row, Skipped):
        return {"skipped": row.reason}
    targets = {"at_most": row.at_most, "at_least": row.at_least}
    return {
        "value": round(row.value, 3),
        "unit": row.unit,
        **{name: target for name, target in targets.items() if target is not None},
        "is_busy": around.is_busy,
        "processors_of_others": round(around.processors, 2),
        "load": round(around.load, 2),
    }


def write(entries: Mapping[str, Entry], path: Path) -> None:
    """Write all as one JSON object, by name."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entries, indent=2) + "\n")
