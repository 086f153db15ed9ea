"""Words for people: escaping for each place where text is shown, spans and sizes in words; what is one line."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest

# What has no shape of its own, or turns the writing direction. What joins or parts letters (U+200C, U+200D) and chooses
# between shapes (U+FE0F) stays: Persian and emoji are written with it.
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROL = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_UNSEEN}]")
_HALF = re.compile(r"[\ud800-\udfff]")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_MOST_COMPARED = 10  # texts
_LONGEST_COMPARED = 150  # characters
_LEAST_ALIKE = 0.6

ATTEMPT_LINE = "--- attempt %d ---"
"""What the log says where another attempt begins."""


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


def slack_elapsed(moment: datetime) -> str:
    """How long ago that was, which Slack keeps true by itself: ``3 minutes ago``; for mrkdwn only."""
    return f"<!date^{int(moment.timestamp())}^{{ago}}|{Moment(moment).fallback}>"


def slack_words(told: Told) -> str:
    """Words of our own with dates that Slack shows in the reader's own time zone; for mrkdwn only."""
    return "".join(
        part if isinstance(part, str) else f"<!date^{int(part.at.timestamp())}^{part.slack_format}|{part.fallback}>"
        for part in told
    )


def visible(text: str) -> str:
    """Text as it may be shown anywhere in plain text: one honest line.

    Control characters, what cannot be seen or turns the writing direction, and bytes that are no UTF-8 are shown as
    escapes.
    """
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def visible_lines(text: str) -> str:
    """Text of several lines as it may be shown anywhere in plain text: line breaks and tabs stay."""
    return "\n".join("\t".join(visible(cell) for cell in line.split("\t")) for line in text.split("\n"))


def clipped(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where some are missing."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def quoted(text: str, *, at_most: int = 60) -> str:
    """The text in quotation marks, fit to be shown and cut to size."""
    words = visible(text[: at_most + 1])
    return f"“{words[:at_most]}…”" if len(words) > at_most else f"“{words}”"


def nearest(word: str, known: Iterable[str], *, most: int = 1) -> list[str]:
    """Those of the known texts that are most like the word, best first; none where nothing is like it.

    difflib compares two texts in more than quadratic time: long ones are cut, and only the ten that share the most
    letters with the word, which is counted in linear time, are compared.
    """
    word = word[:_LONGEST_COMPARED]
    matcher = SequenceMatcher(b=word)

    def likeness(text: str) -> float:
        matcher.set_seq1(text)
        return matcher.quick_ratio() if matcher.real_quick_ratio() >= _LEAST_ALIKE else 0.0

    return get_close_matches(word, nlargest(_MOST_COMPARED, known, key=likeness), n=most, cutoff=_LEAST_ALIKE)


def ended(words: str) -> str:
    """The words with a full stop at their end, unless they end in a mark of their own."""
    return words if words.endswith((".", "?", "!")) else f"{words}."


def letters(text: str) -> str:
    """The letters and digits of a text alone, small and in their plainest form: what spellings of a name share."""
    plainest = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plainest if unicodedata.category(sign)[0] in "LMN")


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


def check_line(written: object, *, at_most: int, may_be_empty: bool = False) -> str:
    """One line of text without control characters; ValueError for anything else and where it is too long.

    What is nothing but white space counts as empty: nobody could see it in a form.
    """
    text = check_text(written)
    if not (text.strip() or may_be_empty):
        raise ValueError("must not be empty")
    if _UNFIT.search(text):
        raise ValueError("must be one line of text without control characters")
    if len(text) > at_most:
        raise ValueError(f"must be at most {at_most:,} characters long, not {len(text):,}")
    return text


def is_unicode(text: str) -> bool:
    """Whether the text can be encoded: half characters (surrogates) cannot."""
    return text.isascii() or not _HALF.search(text)


def check_text(written: object) -> str:
    """Text, as pydantic's validators want it; ValueError for anything else."""
    if not isinstance(written, str):
        raise ValueError("must be text; put it in quotes")  # noqa: TRY004  # pydantic reports ValueError only
    return written
