"""Words for people: escaping for each place where text is shown, and spans, sizes and states in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.jobs import Job, State
from runner.limits import Limits

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

ATTEMPT_LINE = "--- attempt %d ---"
"""What the log says where another attempt begins."""

STATE_WORDS = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.TIMED_OUT: "timed out",
    State.LOST: "lost",
}
STATE_SIGNS = {
    State.QUEUED: "🕓",
    State.RUNNING: "▶️",
    State.SUCCEEDED: "✅",
    State.FAILED: "❌",
    State.CANCELLED: "🚫",
    State.TIMED_OUT: "⏰",
    State.LOST: "❓",
}


def slack_text(text: str) -> str:
    """Escape text for Slack's mrkdwn and top-level text, where ``& < >`` begin mentions, links and dates."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment among words, in UTC, that each place shows in the reader's own time zone; without its day if need be."""

    at: datetime
    has_day: bool = True

    @property
    def slack_format(self) -> str:
        """How Slack is to show it."""
        return "{date_short_pretty} {time}" if self.has_day else "{time}"

    @property
    def fallback(self) -> str:
        """What is shown by clients that do not know how."""
        return self.at.strftime("%Y-%m-%d %H:%M UTC")


Told = Sequence[str | Moment]
"""Words with moments among them."""


def slack_date(moment: datetime) -> str:
    """A date that Slack shows in the reader's own time zone; for mrkdwn only."""
    return slack_words([Moment(moment)])


def slack_words(told: Told) -> str:
    """Words of our own with dates that Slack shows in the reader's own time zone; for mrkdwn only."""
    return "".join(
        part if isinstance(part, str) else f"<!date^{int(part.at.timestamp())}^{part.slack_format}|{part.fallback}>"
        for part in told
    )


def visible(text: str) -> str:
    """Text as it may be shown anywhere in plain text: one honest line.

    Control characters, those that turn the writing direction and bytes that are no UTF-8 are shown as escapes.
    """
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def visible_lines(text: str) -> str:
    """The same for text of several lines: line breaks and tabs stay."""
    return "\n".join("\t".join(visible(cell) for cell in line.split("\t")) for line in text.split("\n"))


def clipped(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where some are missing."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def quoted(text: str, *, at_most: int = 60) -> str:
    """The text in quotation marks, fit to be shown and cut to size."""
    words = visible(text[: at_most + 1])
    return f"“{words[:at_most]}…”" if len(words) > at_most else f"“{words}”"


def readable(name: str) -> str:
    """A name made fit to be read: ``min_length`` becomes ``Min length``."""
    words = " ".join(re.split(r"[\s_.-]+", name)).strip() or name
    return words[:1].upper() + words[1:]


def span(duration: timedelta) -> str:
    """A duration as people say it: ``less than 1 s``, ``3 s``, ``4 min 10 s``, ``2 h 5 min``, ``3 d 4 h``."""
    seconds = int(duration.total_seconds())
    if seconds < 1:
        return "less than 1 s"
    if seconds < 60:
        return f"{seconds} s"
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next(index for index, (amount, _) in enumerate(parts) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount)


def size(size_bytes: int) -> str:
    """A size as people say it, in steps of 1,000: ``512 B``, ``4.2 kB``, ``3.1 GB``."""
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def excess(limits: Limits, *, cpus: int, memory_bytes: int | None) -> str | None:
    """Why a job that asks for so much can never run; None where it can."""
    if limits.cpus is not None and cpus > limits.cpus:
        return f"asks for {cpus} CPUs, and all jobs together may have {limits.cpus}"
    if limits.memory_bytes is not None and (memory_bytes or 0) > limits.memory_bytes:
        return (
            f"asks for {size(memory_bytes or 0)} of memory, and all jobs together may have {size(limits.memory_bytes)}"
        )
    return None


def outcome(job: Job) -> str:
    """What became of a job, in one clause: ``failed with exit code 3: …``."""
    words = STATE_WORDS[job.state]
    if job.exit_code:
        words += f" with exit code {job.exit_code}"
    return f"{words}: {job.reason}" if job.reason else words
