"""What a mail says, as plain text and as a page of HTML; pure. The results' password is never among it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape

from runner.jobs import ENDS, STATE_WORDS, Event
from runner.messages import expiry_message, texts
from runner.messages.digest import Digest
from runner.messages.reports import Report
from runner.system.clock import time_zone
from runner.system.text import clipped, span, visible

_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;line-height:1.45"
_PRE = (
    f"{_MONO};margin:0;padding:12px;background-color:#f4f4f6;color:#1d1c1d;border-radius:6px;"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)
_BODY = (
    "margin:0;padding:16px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:16px;line-height:1.5"
)
_VALUE = "padding:2px 0;overflow-wrap:anywhere"
_LABEL = "text-align:left;font-weight:normal;opacity:.75;padding:2px 16px 2px 0;vertical-align:top"
_VALUES_SHOWN = 30
_FOOT_OF_ADMINS = "You get this mail because you are an administrator of ScriptRunner (access.admins)."
_FOOT_OF_WATCHERS = "You get this mail because this job was shared with you, or its script names you, in ScriptRunner."
_FOOT = "You get this mail because you asked ScriptRunner to run this script."


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The parts of a mail, with nothing hidden in any of them and not yet escaped; what does not apply is empty."""

    headline: str
    greeting: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    missing: str
    fetching: str
    command: str
    password_hint: str
    deletion: str
    log: str
    foot: str
    shown_name: str = ""
    shown: str = ""
    jobs: tuple[str, ...] = ()


def write(event: Event, report: Report) -> Letter:
    """Gather what the mail says; times in the requester's zone, to administrators in the machine's own."""
    job = report.job
    if event is Event.EXPIRING:
        return _reminder(report)
    has_ended = event in ENDS
    is_for_admins = event is Event.SHORTAGE
    zone = None if is_for_admins else time_zone(job.requester.time_zone)
    retrieval = report.retrieval if has_ended else None
    return Letter(
        headline=f"{texts.sign(event, job)} {texts.headline(event, job, length=150)}",
        greeting="Hello,"
        if is_for_admins or event is Event.WATCHED
        else f"Hello {clipped(visible(job.requester.name), 80)},",
        sentence=texts.sentence(event, job)
        + (f" {texts.took(job)}" if has_ended else "")
        + "".join(f" {line}." for line in texts.untold(report)),
        facts=tuple(_facts(event, report, zone)),
        values=() if is_for_admins else tuple(texts.values(job, most=_VALUES_SHOWN, with_usual=True)),
        results=tuple(texts.results(report)) if has_ended else (),
        missing=texts.missing(report) if has_ended else "",
        fetching=texts.fetching(report),
        command=visible(retrieval.command) if retrieval else "",
        password_hint=texts.password_hint(job) if retrieval and retrieval.password is not None else "",
        deletion=f"The files of this job will be deleted on {_time(job.expires_at, zone)}."
        if event is Event.ENDED and job.expires_at
        else "",
        log=texts.log(event, report),
        foot={Event.SHORTAGE: _FOOT_OF_ADMINS, Event.WATCHED: _FOOT_OF_WATCHERS}.get(event, _FOOT),
        shown_name=texts.shown_name(report),
        shown=texts.shown(report) if has_ended else "",
    )


def _reminder(report: Report) -> Letter:
    job = report.job
    jobs = expiry_message.lines(report)
    return Letter(
        headline=f"{texts.sign(Event.EXPIRING, job)} {expiry_message.headline(report, length=150)}",
        greeting=f"Hello {clipped(visible(job.requester.name), 80)},",
        sentence=expiry_message.sentence(report),
        facts=() if jobs else tuple(_facts(Event.EXPIRING, report, time_zone(job.requester.time_zone))),
        values=() if jobs else tuple(texts.values(job, most=_VALUES_SHOWN, with_usual=True)),
        results=() if jobs else tuple(texts.results(report)),
        missing="",
        fetching="",
        command="",
        password_hint="",
        deletion=" ".join(filter(None, ["" if jobs else expiry_message.deletion(job), expiry_message.hint(report)])),
        log="",
        foot=_FOOT,
        jobs=jobs,
    )


def write_digest(digest: Digest, name: str) -> Letter:
    """What a mail in the place of many says to the person of that name."""
    return Letter(
        headline=digest.headline,
        greeting=f"Hello {clipped(visible(name), 80)},",
        sentence=f"These are the jobs of which mails were waiting. {digest.hint}".rstrip(),
        facts=(),
        values=(),
        results=(),
        missing="",
        fetching="",
        command="",
        password_hint="",
        deletion="",
        log="",
        foot=_FOOT,
        jobs=digest.lines,
    )


def plain(letter: Letter) -> str:
    """The letter as text; commands and log lines are never wrapped."""
    parts = [
        letter.greeting,
        letter.sentence,
        _columns(letter.values),
        _columns(letter.facts),
        _listed("Jobs:", letter.jobs),
        _listed(f"{letter.shown_name}:", letter.shown.split("\n") if letter.shown else ()),
        _listed("Results:", letter.results),
        letter.missing,
        _listed(letter.fetching, (letter.command,) if letter.command else ()),
        letter.password_hint,
        letter.deletion,
        _listed("The log's last lines:", letter.log.split("\n") if letter.log else ()),
        f"-- \n{letter.foot}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(letter: Letter) -> str:
    """The letter as HTML: one column, styles inline, nothing fetched from anywhere."""
    return "\n".join(_page(letter)) + "\n"


def _facts(event: Event, report: Report, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    job = report.job
    yield "Job", str(job.id)
    yield "Script", clipped(visible(job.script), 200)
    if event is Event.WATCHED:
        yield "Requested by", clipped(visible(job.requester.name), 80)
    yield "State", "started" if event is Event.STARTED else STATE_WORDS[job.state]
    has_ended = event in (Event.RETRIED, *ENDS)
    if has_ended and job.exit_code is not None:
        yield "Exit code", str(job.exit_code)
    moments = [("Requested", job.requested_at), ("Started", job.started_at)]
    if has_ended:
        moments.append(("Ended", job.finished_at))
    if event is Event.RETRIED:
        moments.append(("Next attempt", job.not_before))
    if event is Event.WARNED:
        moments.append(("Time limit", job.stops_at))
    yield from ((label, _time(moment, zone)) for label, moment in moments if moment is not None)
    if has_ended and job.started_at and job.finished_at:
        yield "Took", span(job.finished_at - job.started_at)
    if has_ended:
        yield from texts.usage_facts(job)
    if has_ended and job.more_time:
        yield "Time limit", texts.time_limit(job)
    if event is Event.RETRIED or job.retry_count:
        yield "Attempt", texts.attempt(job)


def _time(moment: datetime, zone: tzinfo | None) -> str:
    return texts.stamp(moment.astimezone(zone))


def _columns(rows: tuple[tuple[str, str], ...]) -> str:
    width = max((len(label) for label, _ in rows), default=0) + 2
    return "\n".join(f"  {label:{width}}{value}" for label, value in rows)


def _listed(heading: str, lines: tuple[str, ...] | list[str]) -> str:
    return "\n".join([heading, "", *(f"  {line}" for line in lines)]) if lines else ""


def _page(letter: Letter) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<title>{escape(letter.headline)}</title>\n</head>\n<body style="{_BODY}">'
    yield '<div style="max-width:640px;margin:0 auto">'
    yield f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">{escape(letter.headline)}</h1>'
    yield _paragraph(letter.greeting)
    yield _paragraph(letter.sentence)
    yield from (_table(rows) for rows in (letter.values, letter.facts) if rows)
    yield from _list("Jobs", letter.jobs)
    if letter.shown:
        yield _heading(letter.shown_name)
        yield f'<pre style="{_PRE}">{escape(letter.shown)}</pre>'
    yield from _list("Results", letter.results)
    yield _paragraph(letter.missing)
    if letter.command:
        yield _heading(letter.fetching.removesuffix(":"))
        yield f'<pre style="{_PRE}">{escape(letter.command)}</pre>'
    yield _paragraph(letter.password_hint)
    yield _paragraph(letter.deletion)
    if letter.log:
        yield _heading("The log's last lines")
        yield f'<pre style="{_PRE}">{escape(letter.log)}</pre>'
    yield f'<p style="margin:24px 0 0;font-size:13px;opacity:.75">{escape(letter.foot)}</p>'
    yield "</div>\n</body>\n</html>"


def _list(heading: str, lines: tuple[str, ...]) -> Iterator[str]:
    if lines:
        items = "".join(f'<li style="overflow-wrap:anywhere">{escape(line)}</li>' for line in lines)
        yield _heading(heading)
        yield f'<ul style="margin:0;padding-left:24px">{items}</ul>'


def _paragraph(words: str) -> str:
    return f'<p style="margin:12px 0;overflow-wrap:anywhere">{escape(words)}</p>' if words else ""


def _heading(words: str) -> str:
    return f'<h2 style="font-size:16px;margin:24px 0 8px">{escape(words)}</h2>'


def _table(facts: tuple[tuple[str, str], ...]) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="{_LABEL}">{escape(label)}</th><td style="{_VALUE}">{escape(value)}</td></tr>'
        for label, value in facts
    )
    return f'<table style="border-collapse:collapse;margin:16px 0">{rows}</table>'
