"""Which of a job's results are sent to people where they are, and why the others are not; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import Field

from runner.files.private import File
from runner.files.written import Order
from runner.settings import Settings, Size
from runner.system.text import size

MOST_CONSIDERED = 50
"""So many results at most are looked at, in ``sharing_order``, for what is sent and what is told of the others."""


class SharingSettings(Settings):
    """How much of a job's results is sent into Slack when it has ended; the rest is fetched by scp."""

    max_files: int = Field(default=10, ge=0, le=10)
    """How many results of a job are sent at its end, from 0 to 10."""
    max_file_size: Size = Field(default=20_000_000, le=1_000_000_000)
    """How large a result that is sent may be, such as 20M; Slack takes at most 1G."""
    max_size: Size = Field(default=50_000_000, le=1_000_000_000)
    """How large all that is sent at the end of a job may be together, and the archive of all results."""
    max_table_rows: int = Field(default=20, ge=0, le=99)
    """How many rows a table (CSV, TSV) may have to be shown in the message of the end, from 0 to 99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The results that are sent, in their order, and why those are not sent that were looked at, by name."""

    sent: Sequence[File] = ()
    kept_back: Mapping[str, str] = field(default_factory=dict)


NOTHING_SHARED = Sharing()


def sharing_order(share: Sequence[str] | None, outputs: Iterable[str], settings: SharingSettings) -> Order:
    """The order in which results are considered: first what can be sent and is named, as it is named, then by name.

    Where the script names none, what it was to write comes before all else.
    """
    named = list(outputs) if share is None else list(share)

    def key(file: File) -> tuple[object, ...]:
        place = _place(file.name, named, are_patterns=share is not None)
        return bool(refusal(file, settings)), place, file.name

    return key


def share(files: Iterable[File], patterns: Sequence[str] | None, settings: SharingSettings) -> Sharing:
    """What of these results is sent, which come in ``sharing_order``; all that fit where there are no ``patterns``."""
    sent: list[File] = []
    kept_back: dict[str, str] = {}
    left = settings.max_size
    for file in files:
        if patterns is not None and _place(file.name, patterns, are_patterns=True) == len(patterns):
            reason = "its script does not share it"
        elif not (reason := refusal(file, settings)):
            if len(sent) == settings.max_files:
                reason = f"at most {settings.max_files} are sent"
            elif file.size_bytes > left:
                reason = f"at most {size(settings.max_size)} are sent in all"
        if not reason:
            sent.append(file)
            left -= file.size_bytes
        else:
            kept_back[file.name] = reason
    return Sharing(sent=sent, kept_back=kept_back)


def refusal(file: File, settings: SharingSettings) -> str:
    """Why this result cannot be sent by itself; empty where it can."""
    if not file.size_bytes:
        return "it is empty"  # Slack takes no such file
    if file.size_bytes > settings.max_file_size:
        return f"it is larger than {size(settings.max_file_size)}"
    return ""


def _place(name: str, named: Sequence[str], *, are_patterns: bool) -> int:
    """The first that means this result, a pattern without a slash in any folder; their number where none does."""
    for number, each in enumerate(named):
        if name == each:
            return number
        if are_patterns and fnmatchcase(name if "/" in each else name.rpartition("/")[2], each):
            return number
    return len(named)
