"""What a direct message shows: blocks, and a text that is complete without them; pure.

Text of people, scripts and logs stands in plain_text and rich_text only, where Slack shows every character as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from slack_sdk.models.blocks import ActionsBlock, Block, HeaderBlock, InteractiveElement

from runner.jobs import ENDS, OWN, Event, Job, State, grantable
from runner.messages import expiry_message, job_message, progress, texts
from runner.messages.blocks import (
    CANCEL,
    DELETE,
    KEEP,
    MORE_TIME,
    again_button,
    bullets,
    cancel_button,
    command,
    context,
    details_button,
    edit_button,
    log_button,
    more_time_buttons,
    plain,
    preformatted,
    rich,
    run_values,
    section,
    send_button,
    small_print,
    table,
)
from runner.messages.digest import Digest
from runner.messages.reports import Report
from runner.system.text import slack_date, slack_text, visible

_HEADER_TITLE = 60
_LINES_IN_BLOCK = 10
_TEXT_LOG = 800
_TEXT_VALUES = 500
_TEXT_LENGTH = 4000
"""Slack advises at most 4,000 characters of top-level text and cuts at 40,000."""


def blocks(event: Event, report: Report) -> list[Block]:
    """The message as it is seen."""
    return list(_DRAWN[event](report))


def offers_acts(shown: Iterable[Block]) -> bool:
    """Whether something can be done about the job that it may be too late for one day."""
    return any(_is_act(element) for block in shown if isinstance(block, ActionsBlock) for element in block.elements)


def without_acts(shown: Iterable[Block]) -> Iterator[Block]:
    """The message without what can be done only as long as the job goes on."""
    for block in shown:
        if not isinstance(block, ActionsBlock):
            yield block
        elif rest := [each for each in block.elements if isinstance(each, InteractiveElement) and not _is_act(each)]:
            yield ActionsBlock(elements=rest)


def text(event: Event, report: Report) -> str:
    """The message as it is heard, and as it stands in a notification: all but the password, escaped."""
    return _fitting(_spoken(event, report))


def _fitting(lines: Iterable[str]) -> str:
    escaped = slack_text("\n".join(lines))
    return escaped if len(escaped) <= _TEXT_LENGTH else escaped[:_TEXT_LENGTH].rpartition("\n")[0]


def digest_blocks(digest: Digest) -> list[Block]:
    """One message in the place of many, as it is seen."""
    return [
        rich(section(digest.headline, bold=True)),
        *(
            rich(bullets(section(line) for line in digest.lines[start : start + _LINES_IN_BLOCK]))
            for start in range(0, len(digest.lines), _LINES_IN_BLOCK)
        ),
        *([rich(section(digest.hint))] if digest.hint else []),
    ]


def digest_text(digest: Digest) -> str:
    """One message in the place of many, as it is heard; whole lines of it, as many as there is room for."""
    return _fitting(filter(None, [digest.headline, digest.hint, *digest.lines]))


def _started(job: Job) -> Iterator[Block]:
    headline = texts.headline(Event.STARTED, job, length=150)
    yield rich(section(f"{texts.sign(Event.STARTED, job)} {headline}", bold=True))
    if job.script_changed:
        yield rich(section(texts.sentence(Event.STARTED, job)))
    if job.started_at is not None:
        yield context(f"Started {slack_date(job.started_at)}")


def _warned(job: Job) -> Iterator[Block]:
    headline = texts.headline(Event.WARNED, job, length=150)
    yield rich(section(f"{texts.sign(Event.WARNED, job)} {headline}", bold=True))
    yield rich(section(texts.sentence(Event.WARNED, job)))
    yield from run_values(job)
    if job.stops_at is not None:
        yield context(f"It will be stopped {slack_date(job.stops_at)}")
    if buttons := more_time_buttons(job, grantable(job)):
        yield ActionsBlock(elements=buttons)
    yield _buttons(job)


def _unsent(report: Report) -> Iterator[Block]:
    job = report.job
    headline = texts.headline(Event.UNSENT, job, length=150)
    yield rich(section(f"{texts.sign(Event.UNSENT, job)} {headline}", bold=True))
    if lines := texts.unsent(report):
        yield rich(bullets(section(line) for line in lines))
    if report.retrieval is not None and job.state.is_final:
        yield from command(report.retrieval, texts.fetching(report))
    yield ActionsBlock(elements=[details_button(job)])


def _short(job: Job) -> Iterator[Block]:
    headline = texts.headline(Event.SHORTAGE, job, length=150)
    yield rich(section(f"{texts.sign(Event.SHORTAGE, job)} {headline}", bold=True))
    yield rich(section(texts.sentence(Event.SHORTAGE, job)))
    yield ActionsBlock(elements=[details_button(job)])


def _retried(report: Report) -> Iterator[Block]:
    job = report.job
    headline = texts.headline(Event.RETRIED, job, length=150)
    yield rich(section(f"{texts.sign(Event.RETRIED, job)} {headline}", bold=True))
    yield rich(section(texts.sentence(Event.RETRIED, job)))
    yield from run_values(job)
    if log := texts.log(Event.RETRIED, report):
        yield rich(section("The log's last lines:", bold=True), preformatted(log))
    if job.not_before is not None:
        yield context(f"The next attempt starts after {slack_date(job.not_before)}")
    logs = [log_button(job)] if report.log_tail else []
    yield ActionsBlock(elements=[details_button(job), *logs, cancel_button(job)])


def _is_act(element: object) -> bool:
    action_id = getattr(element, "action_id", None) or ""
    return action_id in (CANCEL, KEEP, DELETE) or action_id.startswith(MORE_TIME)


def _buttons(job: Job) -> ActionsBlock:
    return ActionsBlock(
        elements=[details_button(job), log_button(job), *([] if job.state.is_final else [cancel_button(job)])]
    )


def _ended(report: Report) -> Iterator[Block]:
    job = report.job
    yield from _outcome(report)
    if report.retrieval is not None:
        yield from command(report.retrieval, texts.fetching(report))
    if log := texts.log(Event.ENDED, report):
        yield rich(section("The log's last lines:", bold=True), preformatted(log))
    if job.expires_at is not None:
        yield context(f"The files of this job will be deleted {slack_date(job.expires_at)}")
    logs = [log_button(job)] if report.log_tail else []
    sending = [send_button(job)] if report.result_count else []
    yield ActionsBlock(elements=[details_button(job), *sending, *logs, again_button(job), edit_button(job)])


def _outcome(report: Report) -> Iterator[Block]:
    """How a job ended, and what it has written."""
    job = report.job
    headline = f"{texts.sign(Event.ENDED, job)} {texts.headline(Event.ENDED, job, length=_HEADER_TITLE)}"
    yield HeaderBlock(text=plain(headline))
    yield rich(section(f"{texts.sentence(Event.ENDED, job)} {texts.took(job)}"))
    yield from run_values(job)
    if shown := texts.shown(report):
        yield rich(section(f"{texts.shown_name(report)}:", bold=True), preformatted(shown))
    if report.table is not None:
        yield rich(section(f"{texts.short(report.table.name, _HEADER_TITLE)}:", bold=True))
        yield table(report.table.rows)
    if results := texts.results(report, with_sharing=True):
        listed = bullets(section(line) for line in results)
        yield rich(section(f"Results: {texts.result_count(report)}", bold=True), listed)
    if where := texts.sending(report):
        yield small_print(where)
    if missing := texts.missing(report):
        yield rich(section(missing, bold=report.job.state is State.SUCCEEDED))


def _watched(report: Report) -> Iterator[Block]:
    yield from _outcome(report)
    if log := texts.log(Event.WATCHED, report):
        yield rich(section("The log's last lines:", bold=True), preformatted(log))
    yield small_print(texts.requested_by(report.job))


def _untold(report: Report) -> Iterator[Block]:
    job = report.job
    headline = texts.headline(Event.UNTOLD, job, length=150)
    yield rich(section(f"{texts.sign(Event.UNTOLD, job)} {headline}", bold=True))
    yield rich(section(texts.sentence(Event.UNTOLD, job)), bullets(section(line) for line in texts.untold(report)))
    yield ActionsBlock(elements=[details_button(job)])


def _spoken(event: Event, report: Report) -> Iterator[str]:
    job = report.job
    if event is Event.EXPIRING:
        yield from expiry_message.spoken(report)
        return
    yield f"{texts.sign(event, job)} {texts.headline(event, job, length=150)}"
    if event is not Event.SHORTAGE and (values := texts.values_line(job, length=_TEXT_VALUES)):
        yield values
    if event not in ENDS:
        yield from _spoken_before_the_end(event, report)
        return
    yield from _spoken_end(event, report)


def _spoken_end(event: Event, report: Report) -> Iterator[str]:
    job = report.job
    yield f"{texts.sentence(event, job)} {texts.took(job)}"
    yield from _spoken_results(report)
    if report.retrieval is not None:
        yield f"{texts.fetching(report)} {visible(report.retrieval.command)}"
        if report.retrieval.password is not None:
            yield f"/jobs {job.id} shows the password."
    if event is Event.WATCHED:
        yield texts.requested_by(job)
    elif job.expires_at is not None:
        yield f"The files of this job will be deleted on {texts.told_at(job, job.expires_at)}."
    if log := texts.log(event, report, length=_TEXT_LOG):
        yield f"The log's last lines:\n{log}"


def _spoken_before_the_end(event: Event, report: Report) -> Iterator[str]:
    job = report.job
    if event is not Event.STARTED or job.script_changed:
        yield texts.sentence(event, job)
    if event is Event.WARNED and job.stops_at is not None:
        yield f"It will be stopped on {texts.told_at(job, job.stops_at)}."
    elif event is Event.UNSENT:
        yield from _spoken_unsent(report)
        return
    elif event is Event.RETRIED and job.not_before is not None:
        yield f"The next attempt starts after {texts.told_at(job, job.not_before)}."
    elif event is Event.UNTOLD:
        yield from texts.untold(report)
    elif job.started_at is not None:
        yield f"Started {texts.told_at(job, job.started_at)}."
    if event in OWN:
        yield from progress.spoken(job)
    if log := texts.log(event, report, length=_TEXT_LOG):
        yield f"The log's last lines:\n{log}"


_DRAWN: Mapping[Event, Callable[[Report], Iterable[Block]]] = {
    Event.QUEUED: job_message.blocks,
    Event.STARTED: lambda report: _started(report.job),
    Event.WARNED: lambda report: _warned(report.job),
    Event.RETRIED: _retried,
    Event.ENDED: _ended,
    Event.EXPIRING: expiry_message.blocks,
    Event.WATCHED: _watched,
    Event.UNTOLD: _untold,
    Event.UNSENT: _unsent,
    Event.SHORTAGE: lambda report: _short(report.job),
}


def _spoken_unsent(report: Report) -> Iterator[str]:
    yield from texts.unsent(report)
    if report.retrieval is not None and report.job.state.is_final:
        yield f"{texts.fetching(report)} {visible(report.retrieval.command)}"


def _spoken_results(report: Report) -> Iterator[str]:
    if shown := texts.shown(report, length=_TEXT_LOG):
        yield f"{texts.shown_name(report)}:\n{shown}"
    if results := texts.results(report, with_sharing=True):
        yield f"Results: {', '.join(results)}"
    yield from filter(None, [texts.sending(report), texts.missing(report)])
