"""Draws how a script ran: a process of its own, which reads JSON and writes a PNG; nothing else imports it.

Matplotlib takes a second and 60 MB to be imported, which the bot is spared, and what keeps it busy is ended with it.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; the marks differ as well.
_BLUE, _VERMILION, _GREY = "#0072B2", "#D55E00", "#666666"
_LOOKS = {
    "succeeded": (_BLUE, "o", "●"),
    "came to grief": (_VERMILION, "x", "×"),  # noqa: RUF001  # the sign of multiplication is meant
    "cancelled": (_GREY, "+", "+"),
}
_SIZE_INCHES, _DOTS = (11, 7.5), 110
_BINS = 30
_LEAST_DAYS = 1 / 24
_TIMES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


@dataclass(frozen=True, slots=True)
class Run:
    """One run that has ended: when it was asked for, how long it waited and took, in seconds, its memory in bytes."""

    at: float
    waited: float
    took: float | None
    became: str
    memory: float | None


def draw(title: str, zone: tzinfo, runs: Sequence[Run]) -> Figure:
    """The four charts of these runs, of which there is one at the least."""
    with mpl.rc_context({"text.parse_math": False, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DOTS, layout="constrained")
        figure.suptitle(title, fontsize=14)
        (took, waited), (ends, memory) = figure.subplots(2, 2)
        _points(took, "How long it took", [(run, run.took) for run in runs], _TIMES)
        _points(waited, "How long it waited to start", [(run, run.waited) for run in runs], _TIMES)
        _points(memory, "Memory at its peak", [(run, run.memory) for run in runs], _BYTES)
        first, last = _range(runs)
        _bars(ends, runs, first, last)
        for axes in (took, waited, ends, memory):
            _date(axes, zone, first, last)
        handles, labels = ends.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def _points(
    axes: Axes, title: str, measured: Sequence[tuple[Run, float | None]], units: Sequence[tuple[float, str]]
) -> None:
    known = [(run, value) for run, value in measured if value is not None]
    most = max((value for _, value in known), default=0.0)
    size, unit = next((each for each in units if most >= each[0]), units[-1])
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_ylabel(unit)
    if not known:
        axes.text(0.5, 0.5, "not known of any run", transform=axes.transAxes, ha="center", color=_GREY)
    for became, (color, marker, _) in _LOOKS.items():
        chosen = [(run, value) for run, value in known if run.became == became]
        places = [_day(run.at) for run, _ in chosen]
        values = [value / size for _, value in chosen]
        dot = 22 if len(known) < 300 else 11
        axes.scatter(places, values, s=dot, alpha=0.75, linewidths=1.2, color=color, marker=marker)
    axes.set_ylim(bottom=0, top=1.1 * most / size if most else 1)


def _bars(axes: Axes, runs: Sequence[Run], first: float, last: float) -> None:
    """How many runs ended in which way, in equal parts of the time."""
    chosen = {each: [_day(run.at) for run in runs if run.became == each] for each in _LOOKS}
    axes.hist(
        list(chosen.values()),
        bins=min(_BINS, max(5, len(runs))),
        range=(first, last),
        stacked=True,
        color=[color for color, _, _ in _LOOKS.values()],
        label=[f"{_LOOKS[each][2]} {each} ({len(found):,})" for each, found in chosen.items()],
    )
    axes.set_title("How many ended, and how", loc="left", fontsize=11)
    axes.set_ylabel("runs")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _range(runs: Sequence[Run]) -> tuple[float, float]:
    """From when to when the charts go, in days: at least one hour."""
    days = [_day(run.at) for run in runs]
    first, last = min(days), max(days)
    margin = max((last - first) * 0.02, _LEAST_DAYS - (last - first), 0) / 2
    return first - margin, last + margin


def _day(at: float) -> float:
    return float(dates.date2num(datetime.fromtimestamp(at, UTC)))  # type: ignore[no-untyped-call]  # matplotlib 3.11


def _date(axes: Axes, zone: tzinfo, first: float, last: float) -> None:
    locator = dates.AutoDateLocator(tz=zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]  # same
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]  # same
    axes.set_xlim(first, last)
    axes.grid(axis="y", alpha=0.3)


def main() -> None:
    """Read what is to be drawn, and write the picture."""
    asked = json.load(sys.stdin)
    figure = draw(asked["title"], ZoneInfo(asked["zone"]), [Run(*each) for each in asked["runs"]])
    figure.savefig(sys.stdout.buffer, format="png")


if __name__ == "__main__":
    main()
