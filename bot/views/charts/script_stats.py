"""What is said of how a script ran: in words for people, and as numbers for the process that draws it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median

from runner.jobs import STATE_WORDS, Job, State
from runner.messages.reader import Reader
from runner.messages.texts import short
from runner.service import ScriptHistory
from runner.system.text import Moment, size, span

DRAWING = Path(__file__).with_name("drawing.py")
"""The program that draws; it is never imported."""

_TITLE = 60
_ALT_TEXT = 1000  # methods/files.getUploadURLExternal.json: alt_txt
_BECAME = {State.SUCCEEDED: "succeeded", State.CANCELLED: "cancelled"}


def title(history: ScriptHistory) -> str:
    """What the picture is called."""
    return f"{short(history.script.title, _TITLE)}: {_counted(history)}"


def lines(history: ScriptHistory, reader: Reader) -> list[str]:
    """The figures, a line each."""
    if not history.runs:
        return [f"No job of {short(history.script.title, _TITLE)} that you may see has ended yet."]
    return [f"{title(history)} since {_since(history, reader)}.", *_figures(history.runs)]


def alt_text(history: ScriptHistory, reader: Reader) -> str:
    """What the picture shows, for those who do not see it."""
    words = " ".join(["Four charts over time: durations, waiting times, ends and memory.", *lines(history, reader)])
    return words[:_ALT_TEXT]


def drawn(history: ScriptHistory, zone: str) -> str:
    """What the process that draws it is told, in JSON."""
    runs = [
        [
            job.requested_at.timestamp(),
            _waited(job).total_seconds(),
            None if (took := _took(job)) is None else took.total_seconds(),
            _BECAME.get(job.state, "came to grief"),
            job.peak_memory_bytes,
        ]
        for job in history.runs
    ]
    return json.dumps({"title": title(history), "zone": zone, "runs": runs})


def _counted(history: ScriptHistory) -> str:
    count = len(history.runs)
    return f"the last {count:,} runs" if history.are_more else "1 run" if count == 1 else f"{count:,} runs"


def _since(history: ScriptHistory, reader: Reader) -> str:
    return reader.spoken([Moment(min(job.requested_at for job in history.runs))])


def _figures(runs: Sequence[Job]) -> Iterator[str]:
    states = Counter(job.state for job in runs)
    yield "Ended: " + ", ".join(f"{count:,} {STATE_WORDS[state]}" for state, count in states.most_common()) + "."
    if took := sorted(each for job in runs if (each := _took(job)) is not None):
        yield f"Took {_spread(took)}."
    yield f"Waited {_spread(sorted(map(_waited, runs)))}."
    if memory := sorted(job.peak_memory_bytes for job in runs if job.peak_memory_bytes is not None):
        yield f"Memory at its peak: {size(int(median(memory)))} in the middle, {size(memory[-1])} at most."


def _spread(found: Sequence[timedelta]) -> str:
    middle, most = found[len(found) // 2], found[-1]
    if len(found) == 1:
        return span(most)
    nine = found[(len(found) - 1) * 9 // 10]
    most_of_them = f"{span(nine)} or less in nine of ten runs, " if len(found) >= 10 else ""
    return f"{span(middle)} in the middle, {most_of_them}{span(most)} at the longest"


def _took(job: Job) -> timedelta | None:
    return None if job.started_at is None or job.finished_at is None else job.finished_at - job.started_at


def _waited(job: Job) -> timedelta:
    """How long until its last attempt began, or it ended without any."""
    end = job.started_at or job.finished_at or job.requested_at
    return max(timedelta(), end - job.requested_at)
