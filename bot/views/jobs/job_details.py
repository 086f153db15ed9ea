"""What /jobs 12 shows: one job with everything about it that its reader may see."""

from collections.abc import Iterator
from itertools import chain

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, HeaderBlock

from bot.views.jobs.job_list import MINE, times, to_list
from bot.views.jobs.list_filters import ListAsked
from runner.jobs import STATE_SIGNS, STATE_WORDS, AttemptRecord, Job, State, Trouble, outcome
from runner.messages import expectations, progress, steps
from runner.messages.blocks import (
    again_button,
    before_all_button,
    bullets,
    cancel_button,
    command,
    context,
    delete_button,
    details_button,
    edit_button,
    front_button,
    hold_button,
    keep_button,
    labelled,
    log_button,
    more_time_buttons,
    plain,
    preformatted,
    release_button,
    rich,
    section,
    send_button,
    share_button,
    small_print,
)
from runner.messages.reader import Reader
from runner.messages.texts import (
    LOG_LENGTH,
    attempt,
    checking,
    fetching,
    last_lines,
    missing,
    result_count,
    results,
    short,
    time_limit,
    title,
    usage_facts,
)
from runner.service import Details
from runner.system.text import Moment, Told, size, slack_date, span

_NAME = 100
_VALUE = 500
_VALUES = 2500
_ATTEMPTS = 11  # as many as a script's retries can make; those that never began count besides
_REASON = 200
_TROUBLES = 5


def details(found: Details, reader: Reader, *, notice: str = "") -> list[Block]:
    """The job, below a notice of what became of an act, if any."""
    job = found.report.job
    head: list[Block] = [rich(section(notice, bold=True))] if notice else []
    acts = list(_acts(found))
    return [
        *head,
        HeaderBlock(text=plain(f"{STATE_SIGNS[job.state]} Job {job.id}: {title(job, length=100)}")),
        rich(*(labelled(f"{label}:", words) for label, words in _facts(found, reader))),
        *([rich(*told)] if (told := list(progress.table(job))) else []),
        *([rich(*listed)] if (listed := list(steps.listed(job))) else []),
        context(times(job)),
        *_attempts(found),
        *_values(job),
        *_results(found),
        *_log(found),
        *(small_print(line) for line in _trouble_lines(found.troubles)),
        *([ActionsBlock(elements=acts)] if acts else []),
        ActionsBlock(elements=list(_buttons(found))),
    ]


def spoken(found: Details, reader: Reader, *, notice: str = "") -> str:
    """The job as a screen reader reads it, without values, log and results; not escaped yet."""
    job = found.report.job
    facts = (f"{label}: {reader.spoken(words)}" for label, words in _facts(found, reader, is_heard=True))
    first, *rest = facts
    attempts = (f"Attempt {reader.spoken(words)}" for words in _attempt_lines(found))
    head = f"Job {job.id}, {title(job)}: {first.removeprefix('State: ')}"
    return "\n".join(chain([notice] if notice else [], [head], rest, attempts, _trouble_lines(found.troubles)))


def _facts(found: Details, reader: Reader, *, is_heard: bool = False) -> Iterator[tuple[str, str | Told]]:
    job = found.report.job
    yield "State", short(outcome(job), _VALUE)
    if told := progress.words(job) if is_heard else progress.line(job):
        yield "Progress", told
    yield from expectations.facts(job, found.outlook, reader)
    if job.cancel_requested_at is not None and not job.state.is_final:
        yield "Being cancelled", f"asked for by {short(job.cancel_requested_by or '', _NAME)}"
    yield "Script", short(job.script, _VALUE)
    if job.script_changed:
        yield "Changed", "the script was changed after the job was asked for; the values still fitted"
    yield "Requester", f"{short(job.requester.name, _NAME)} ({short(job.requester.email, _VALUE)})"
    if (duration := job.duration(reader.now)) is not None:
        yield "Duration", span(duration)
    if job.retry_count or (job.retries is not None and job.attempt):
        yield "Attempts so far" if job.state is State.QUEUED else "Attempt", attempt(job)
    if limit := time_limit(job) if job.more_time or not job.state.is_final else "":
        yield "Time limit", limit
    yield from usage_facts(job)
    if job.results_bytes:
        most = f", of {size(found.max_results_bytes)} that they may" if job.state is State.RUNNING else ""
        yield "Results take", f"{size(job.results_bytes)} of the disk{most}"
    if job.kept_longer:
        yield "Kept longer", f"{span(job.kept_longer)}, as {short(job.kept_by or '', _NAME)} wanted"


def _attempts(found: Details) -> Iterator[Block]:
    if lines := list(_attempt_lines(found)):
        yield rich(section("Attempts", bold=True), bullets(section(line) for line in lines))


def _attempt_lines(found: Details) -> Iterator[Told]:
    """The latest attempts, where there was more than one or the job waits for the next."""
    is_only = len(found.attempts) < 2 and found.report.job.state is not State.QUEUED
    for record in () if is_only else found.attempts[-_ATTEMPTS:]:
        yield [
            f"{record.number}: started ",
            Moment(record.started_at),
            "".join(f", {fact}" for fact in _became(record)),
        ]


def _became(record: AttemptRecord) -> Iterator[str]:
    ended = STATE_WORDS[record.state]
    yield f"{ended} with exit code {record.exit_code}" if record.exit_code else ended
    if record.finished_at is not None:
        yield f"after {span(record.finished_at - record.started_at)}"
    if record.usage is not None:
        yield from (f"{label} {words}".replace("Peak", "peak") for label, words in usage_facts(record.usage))
    if record.reason:
        yield short(record.reason, _REASON)


def _values(job: Job) -> Iterator[Block]:
    if not job.told:
        return
    lines = [(f"{short(each.label, _NAME)}:", short(each.text, _VALUE)) for each in job.told]
    shown, length = [], 0
    for label, value in lines:
        length += len(label) + len(value)
        if length > _VALUES:
            break
        shown.append(labelled(label, value))
    if len(shown) < len(lines):
        shown.append(section(f"and {len(lines) - len(shown)} more"))
    yield rich(section("Values", bold=True), bullets(shown))


def _results(found: Details) -> Iterator[Block]:
    report = found.report
    if listed := results(report, with_checksums=True):
        yield rich(section(f"Results: {result_count(report)}", bold=True), bullets([section(each) for each in listed]))
    if words := missing(report):
        yield rich(section(words, bold=report.job.state is State.SUCCEEDED))
    if report.retrieval is not None and report.job.state.is_final:
        yield from command(report.retrieval, fetching(report))
        if words := checking(report):
            yield small_print(words)
    if report.job.expires_at is not None:
        what = "The files will be deleted" if report.is_kept else "The files are deleted; the row goes"
        yield context(f"{what} {slack_date(report.job.expires_at)}")


def _log(found: Details) -> Iterator[Block]:
    if lines := last_lines(found.report.log_tail, length=LOG_LENGTH):
        yield rich(section("The log's last lines:", bold=True), preformatted(lines))


def _trouble_lines(troubles: tuple[Trouble, ...]) -> Iterator[str]:
    """The latest messages that could not be delivered, and why."""
    for trouble in troubles[:_TROUBLES]:
        times = "once" if trouble.attempts == 1 else f"{trouble.attempts} times"
        became = "was given up" if trouble.is_given_up else f"failed {times} and is tried again"
        yield f"The {trouble.event} message by {trouble.channel} {became}: {short(trouble.error, _VALUE)}"


def _acts(found: Details) -> Iterator[ButtonElement]:
    """What can be done about when the job starts and ends."""
    job = found.report.job
    if found.may_rearrange:
        yield release_button(job) if job.held_at is not None else hold_button(job)
        yield front_button(job)
    if found.may_move_before_all:
        yield before_all_button(job)
    yield from more_time_buttons(job, found.grantable)
    if job.state.is_final and found.report.is_kept and job.deleted_at is None:
        if found.extension:
            yield keep_button(job, found.extension)
        yield delete_button(job)


def _buttons(found: Details) -> Iterator[ButtonElement]:
    job = found.report.job
    if found.may_cancel:
        yield cancel_button(job)
    if found.may_have_results:
        yield send_button(job)
    if job.state is State.RUNNING or found.report.log_tail:
        yield log_button(job)
    yield share_button(job)
    yield again_button(job)
    yield edit_button(job)
    if not job.state.is_final:
        yield details_button(job, "Refresh")
    yield to_list(MINE, "My jobs", ListAsked())
