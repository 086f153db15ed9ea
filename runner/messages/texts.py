"""What all channels say about a job: one honest line or paragraph each, not yet escaped for where it is shown."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from runner.files import File
from runner.jobs import (
    ENDS,
    STATE_SIGNS,
    STATE_WORDS,
    STDOUT,
    Event,
    FileKind,
    Job,
    State,
    Usage,
    grantable,
    outcome,
)
from runner.messages.reports import Report
from runner.messages.step_words import stopped_in
from runner.system.clock import time_zone
from runner.system.terminal import rendered
from runner.system.text import clipped, size, span, visible, visible_lines

RESULTS_SHOWN = 10
_LEFT_OUT_SHOWN = 5
_MISSING_SHOWN = 5
_DIGITS_SHOWN = 12
VALUES_SHOWN = 8
LOG_LENGTH = 2800
"""Characters of the log that are shown; Slack takes 3,000 in one text."""

_SHORTAGE = (
    "No job starts: a disk takes nothing more. Jobs wait, this one first, and start by themselves once there is room. "
    "“scriptrunner doctor” says which disk it is, and what helps."
)
_NAME_LENGTH = 150
_VALUE_LENGTH = 120
_REASON_LENGTH = 1000
_TROUBLED = frozenset({State.FAILED, State.TIMED_OUT, State.LOST})
_PASSIVE = frozenset({State.CANCELLED, State.LOST})


class Expiry(StrEnum):
    """What becomes of a job's files, as a reminder tells."""

    SOON = "soon"
    KEPT = "kept"
    DELETED = "deleted"


_EXPIRY_WORDS = {
    Expiry.SOON: "will be deleted soon",
    Expiry.KEPT: "is kept longer",
    Expiry.DELETED: "has no files any more",
}

_EVENT_WORDS = {
    Event.QUEUED: "waits",
    Event.STARTED: "started",
    Event.WARNED: "is near its time limit",
    Event.RETRIED: "is tried again",
    Event.UNTOLD: "was not told to everybody",
    Event.UNSENT: "left files that could not be sent",
    Event.SHORTAGE: "waits for room on a disk",
}
_EVENT_SIGNS = {
    Event.QUEUED: STATE_SIGNS[State.QUEUED],
    Event.STARTED: STATE_SIGNS[State.RUNNING],
    Event.WARNED: "⏳",
    Event.RETRIED: "🔁",
    Event.EXPIRING: "🗑️",
    Event.UNTOLD: "📭",
    Event.UNSENT: "📎",
    Event.SHORTAGE: "💾",
}


def headline(event: Event, job: Job, *, length: int) -> str:
    """``Job 12 failed: Word count``, with at most ``length`` characters of the title."""
    return f"Job {job.id} {state_word(event, job)}: {title(job, length=length)}"


def state_word(event: Event, job: Job) -> str:
    """What is told, in a word or a few."""
    if event in ENDS:
        return STATE_WORDS[job.state]
    return _EXPIRY_WORDS[expiry(job)] if event is Event.EXPIRING else _EVENT_WORDS[event]


def sign(event: Event, job: Job) -> str:
    """The sign of what is told."""
    return STATE_SIGNS[job.state] if event in ENDS else _EVENT_SIGNS[event]


def title(job: Job, *, length: int = _NAME_LENGTH) -> str:
    """The script's title on one line."""
    return clipped(visible(job.title), length)


def values(job: Job, *, most: int = VALUES_SHOWN, with_usual: bool = False) -> list[tuple[str, str]]:
    """Labels and texts of what tells this run from others, long ones clipped; of more than so many, how many more."""
    told = [each for each in job.told if with_usual or not each.is_usual]
    shown = [(short(each.label, _NAME_LENGTH), short(each.text, _VALUE_LENGTH)) for each in told[:most]]
    return shown + ([("And", f"{len(told) - most} more")] if len(told) > most else [])


def values_line(job: Job, *, length: int) -> str:
    """What tells this run from others, on one line: ``Text: report.txt · Words: 5``; empty where nothing does."""
    return clipped(" · ".join(f"{label}: {text}" for label, text in values(job)), length)


def short(text: str, length: int) -> str:
    """A text made visible and cut to size; no more of a long one is made visible than is shown."""
    return clipped(visible(text[: length + 1]), length)


def sentence(event: Event, job: Job) -> str:
    """What happened: ``“Word count” failed with exit code 3: no such file.``; of a retry, what the attempt came to."""
    match event:
        case Event.QUEUED:
            return f"“{title(job)}” waits for its turn."
        case Event.STARTED:
            return " ".join([f"“{title(job)}” started.", *_changed(job)])
        case Event.WARNED:
            return _warning(job)
        case Event.RETRIED:
            return f"Attempt {attempt(job)} at “{title(job)}” {_outcome(job)}. Another follows."
        case Event.UNTOLD:
            return f"Not everybody could be told how “{title(job)}” ended."
        case Event.ENDED | Event.WATCHED:
            verb = "was " if job.state in _PASSIVE else ""
            tries = f" It took {job.retry_count + 1} attempts." if job.retry_count else ""
            told = filter(None, [f"“{title(job)}” {verb}{_outcome(job)}.{tries}", stopped_in(job), *_changed(job)])
            return " ".join(told)
        case Event.EXPIRING:
            return _expiring(job)
        case Event.UNSENT | Event.SHORTAGE:
            return _SHORTAGE if event is Event.SHORTAGE else f"Not all that “{title(job)}” left could be sent here."


def expiry(job: Job) -> Expiry:
    """What becomes of the files of which a reminder tells."""
    if job.deleted_at is not None:
        return Expiry.DELETED
    return Expiry.KEPT if job.kept_longer and job.reminded_at is None else Expiry.SOON


def took(job: Job) -> str:
    """How long the last attempt at a job that has ended ran, and what it used: ``It took 3 min 4 s.``."""
    if job.started_at is not None and job.finished_at is not None:
        words = f"{'The last took' if job.retry_count else 'It took'} {span(job.finished_at - job.started_at)}."
        return " ".join([words, *filter(None, [usage(job)])])
    return "No other attempt was started." if job.attempt else "It was not started."


def attempt(job: Job) -> str:
    """Which attempt of how many there may be: ``2 of 3``; one that never began counts besides."""
    return f"{job.attempt} of {max(job.attempt, 1 + (job.retries.times if job.retries else 0))}"


def usage(job: Job) -> str:
    """What the last attempt took of the machine: ``Peak memory 1.2 GB, CPU time 3 min.``; empty where nobody knows."""
    found = [f"{label} {words}" for label, words in usage_facts(job)]
    return f"{', '.join(found)}." if found else ""


def usage_facts(job: Job | Usage) -> Iterator[tuple[str, str]]:
    """What a job or an attempt took of the machine, with labels."""
    if job.peak_memory_bytes is not None:
        yield "Peak memory", size(job.peak_memory_bytes)
    if job.cpu_time is not None:
        yield "CPU time", span(job.cpu_time)


def time_limit(job: Job) -> str:
    """How long a job may run: ``2 h, and 1 h more was added``; empty where there is no limit."""
    if job.time_limit is None:
        return ""
    added = f", and {span(job.more_time)} more was added" if job.more_time else ""
    return f"{span(job.time_limit)}{added}"


def results(report: Report, *, with_checksums: bool = False, with_sharing: bool = False) -> list[str]:
    """The first results with their sizes, one a line, and how many more there are; what is left out, and why.

    Each has the beginning of its SHA-256, where that is known, ``with_checksums``: messages are sent before that. Those
    that are not sent have the reason ``with_sharing``.
    """
    shown = report.results[:RESULTS_SHOWN]
    digests = report.checksums.by_name if with_checksums else {}
    kept_back = report.sharing.kept_back if with_sharing else {}
    more = max(report.result_count, len(report.results)) - len(shown)
    than = "more than " if report.are_more else ""
    return [
        *(_result(file, digests.get(file.name, ""), kept_back.get(file.name, "")) for file in shown),
        *([f"and {than}{more:,} more"] if more else []),
        *_left_out(report),
    ]


def sending(report: Report) -> str:
    """Which of the results come as files: ``3 of 5 come as files into the thread.``; empty where none does."""
    count = len(report.sharing.sent)
    if not count:
        return ""
    of_all = "" if count == report.result_count and not report.are_more else f"{count} of {result_count(report)} "
    return f"{of_all}come as files into the thread." if of_all else "They come as files into the thread."


def unsent(report: Report) -> list[str]:
    """What was to be sent and could not be, one a line, with the reason."""
    names = {FileKind.LOG: "the log", FileKind.ALL: "all results as one archive"}
    return [
        f"{names.get(each.kind) or clipped(visible(each.name), _NAME_LENGTH) or 'the results'}: {each.reason}"
        for each in report.unsent[:RESULTS_SHOWN]
    ]


def missing(report: Report) -> str:
    """Which results a job that has ended was to write and did not; after a cancellation that is no surprise."""
    names = [clipped(visible(name), _NAME_LENGTH) for name in report.missing[:_MISSING_SHOWN]]
    if not names:
        return ""
    more = len(report.missing) - len(names)
    listed = ", ".join([*names, *([f"and {more:,} more"] if more else [])])
    match report.job.state:
        case State.SUCCEEDED:
            return f"Missing, though the script was to write {'it' if len(report.missing) == 1 else 'them'}: {listed}"
        case State.CANCELLED:
            return f"Not written when it was cancelled: {listed}"
        case _:
            return f"Not written: {listed}"


def requested_by(job: Job) -> str:
    """Whose job it is, for others."""
    return f"Requested by {clipped(visible(job.requester.name), _NAME_LENGTH)}"


def untold(report: Report) -> list[str]:
    """Those who were to be told how the job ended and could not be, with the reasons."""
    return [
        f"{clipped(visible(name), _NAME_LENGTH)}: {clipped(visible(reason), _REASON_LENGTH)}"
        for name, reason in report.untold[:_MISSING_SHOWN]
    ]


def fetching(report: Report) -> str:
    """What is said above the command: what it fetches; of a job that came to grief that is what there is."""
    if report.job.state is State.SUCCEEDED:
        what = "the results"
    else:
        what = "the log and what it had written" if report.results else "the log"
    return f"Paste this into a terminal to fetch {what}:"


def checking(report: Report) -> str:
    """How what was fetched is checked: ``sha256sum -c SHA256SUMS``; empty where there is nothing to check by."""
    if report.checksums.file_name:
        return f"To check what you fetched, in its folder: sha256sum -c {report.checksums.file_name}"
    is_expected = report.checksums.are_awaited and report.result_count and report.job.state.is_final
    return "Checksums (SHA-256) of the results are not made yet." if is_expected else ""


def shown(report: Report, *, length: int = LOG_LENGTH) -> str:
    """The output that the script wants shown: of what it printed the end, of a result the beginning."""
    if report.job.show == STDOUT:
        return last_lines(report.shown, length=length)
    return clipped(visible_lines(rendered(report.shown)).rstrip(), length)


def shown_name(report: Report) -> str:
    """What that is called."""
    return "Output" if report.job.show == STDOUT else clipped(visible(report.job.show or ""), _NAME_LENGTH)


def result_count(report: Report) -> str:
    """How many results there are: ``50,000``."""
    count = max(report.result_count, len(report.results))
    return f"{'more than ' if report.are_more else ''}{count:,}"


def log(event: Event, report: Report, *, length: int = LOG_LENGTH) -> str:
    """The last whole lines of the log where the job came to grief, else nothing."""
    if event not in (Event.RETRIED, *ENDS) or report.job.state not in _TROUBLED:
        return ""
    if report.job.show == STDOUT and report.shown:
        return ""  # it is shown already
    return last_lines(report.log_tail, length=length)


def last_lines(text: str, *, length: int) -> str:
    """As many whole lines from the end as fit, as a terminal would have left them; of a longer last line its end."""
    shown = visible_lines(rendered(text)).rstrip()
    if len(shown) <= length:
        return shown
    end = shown[-length:]
    cut_at_break = shown[-length - 1] == "\n"
    _, found, whole = end.partition("\n")
    if cut_at_break:
        return end
    return whole if found else f"…{end[1:]}"


def password_hint(job: Job) -> str:
    """Where the password is, for messages that must not hold it."""
    return f"The password is in the direct message from ScriptRunner; /jobs {job.id} shows it again."


def told_at(job: Job, moment: datetime) -> str:
    """A moment in the zone of the job's requester."""
    return stamp(moment.astimezone(time_zone(job.requester.time_zone)))


def stamp(moment: datetime) -> str:
    """A moment in its own zone: ``2026-03-04 10:00 UTC``."""
    return moment.strftime("%Y-%m-%d %H:%M %Z")


def _outcome(job: Job) -> str:
    return clipped(visible(outcome(job)), _REASON_LENGTH).rstrip(".")


def _expiring(job: Job) -> str:
    match expiry(job):
        case Expiry.DELETED:
            return f"The files of “{title(job)}” are deleted: its results, its log, and the inputs that it alone used."
        case Expiry.KEPT:
            return f"The files of “{title(job)}” are kept longer, as {short(job.kept_by or '', _NAME_LENGTH)} wanted."
        case Expiry.SOON:
            return f"The files of “{title(job)}” are kept for a short time only."


def _warning(job: Job) -> str:
    limit = (job.time_limit or timedelta()) + job.more_time
    left = grantable(job)
    more = f" It can be given up to {span(left)} more: see /jobs {job.id}." if left else ""
    return f"“{title(job)}” has used most of its time and will be stopped at its limit of {span(limit)}.{more}"


def _changed(job: Job) -> Iterator[str]:
    if job.script_changed:
        yield "Its script was changed after the job was requested; the values still fit."


def _left_out(report: Report) -> Iterator[str]:
    """What the folder holds besides, and nobody can fetch."""
    shown = report.left_out[:_LEFT_OUT_SHOWN]
    for each in shown:
        yield f"left out: {clipped(visible(each.name), _NAME_LENGTH)} ({each.reason})"
    if (more := report.left_out_count - len(shown)) > 0:
        yield f"left out: {more:,} more"


def _result(file: File, digest: str, kept_back: str) -> str:
    beginning = f", SHA-256 {digest[:_DIGITS_SHOWN]}…" if digest else ""
    why = f", not sent: {kept_back}" if kept_back else ""
    return f"{clipped(visible(file.name), _NAME_LENGTH)} ({size(file.size_bytes)}{beginning}){why}"
