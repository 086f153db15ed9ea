"""What benchmarks measure, as a table for people and as JSON for whoever compares."""

import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


def milliseconds(name: str, words: str, seconds: float, *, at_most_ms: float | None = None) -> Figure:
    """One time."""
    return Figure(name=name, words=words, value=seconds * _MILLISECONDS, unit="ms", at_most=at_most_ms)


def print_row(figure: Figure) -> None:
    """Print one row of the table."""
    print(f"{figure.words:<66} {figure.value:10.1f} {figure.unit:<6} {figure.target}".rstrip())


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write all as one JSON object, by name."""
    found = {each.name: _entry(each) for each in figures}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")


def _entry(figure: Figure) -> dict[str, float | str]:
    entry: dict[str, float | str] = {"value": round(figure.value, 3), "unit": figure.unit}
    if figure.at_most is not None:
        entry["at_most"] = figure.at_most
    if figure.at_least is not None:
        entry["at_least"] = figure.at_least
    return entry
