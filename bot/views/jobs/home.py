"""The Home tab: what runs, what has ended, one's scripts and files; how the machine is, for administrators."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from bot.views.form import picks, script_choice
from bot.views.form.picks import ScriptPick
from bot.views.jobs import home_machine, job_list, queue
from bot.views.jobs.list_filters import ListAsked
from bot.views.jobs.preferences import settings_button
from runner.jobs import Job, State
from runner.messages import expectations, job_message, progress
from runner.messages.blocks import (
    DETAILS,
    bullets,
    context,
    details_button,
    labelled,
    plain,
    rich,
    section,
    small_print,
)
from runner.messages.reader import Reader
from runner.messages.texts import title
from runner.scripts import Script
from runner.service import HomeContents, Upcoming
from runner.system.text import Moment, Told, clipped, size, slack_words, span, visible

RUN = "runscript.open"
FIND = "home.find"
BRING = "home.bring"
HELP = "conversation.help"
_NAME = 60
_STEPS = (
    "Choose a script: “Run a script”, or type what it is about into the field beside it.",
    "Fill in its form. A file is uploaded there, or sent to me under Messages.",
    "A message tells you when the job starts and when it ends, with its results. You can close Slack meanwhile.",
)


def home(contents: HomeContents, reader: Reader, *, name: str) -> View:
    """The tab of one person, as things are now."""
    blocks = [
        *_welcome(contents, name),
        *_leading(),
        *_scripts(contents),
        *_starters(contents.starters),
        *_unfinished(contents, reader),
        *_queue(contents),
        *_ended(contents, reader),
        *_files(contents),
        *([] if contents.machine is None else home_machine.state(contents.machine)),
        small_print("/runscript and /jobs do all of this in any conversation; “Help” tells how."),
    ]
    return View(type="home", blocks=blocks)


def closed(words: str) -> View:
    """The tab of somebody who may not use ScriptRunner, with the reason."""
    return View(type="home", blocks=[HeaderBlock(text=plain("ScriptRunner")), rich(section(words))])


def _welcome(contents: HomeContents, name: str) -> Iterator[Block]:
    """Who has done nothing yet is told how; others know."""
    if not contents.is_new:
        yield HeaderBlock(text=plain("ScriptRunner"))
        return
    yield HeaderBlock(text=plain(clipped(f"Welcome, {visible(name[: _NAME + 1])}", _NAME)))
    yield rich(
        section("Here you run scripts on the big machine, without a terminal:"),
        bullets(section(step) for step in _STEPS),
    )


def _leading() -> Iterator[Block]:
    yield ActionsBlock(
        elements=[
            ButtonElement(text=plain("Run a script"), action_id=RUN, value="run", style="primary"),
            script_choice.choice(FIND, placeholder="Find a script"),
            job_list.to_list(job_list.MINE, "My jobs", ListAsked()),
            ButtonElement(text=plain("The queue"), action_id=queue.QUEUE, value="queue"),
            ButtonElement(text=plain("Bring files"), action_id=BRING, value="bring"),
            settings_button(),
            ButtonElement(text=plain("Help"), action_id=HELP, value="help"),
        ]
    )


def _scripts(contents: HomeContents) -> Iterator[Block]:
    """A button for each favourite and each script that is used, numbered through: their ids are never the same."""
    rows = (("★ Your favourites", contents.favourites), ("You use these", contents.used))
    number = 0
    for heading, scripts in rows:
        if scripts:
            yield rich(section(heading, bold=True))
            yield ActionsBlock(elements=[_opening(each, number + place) for place, each in enumerate(scripts)])
            number += len(scripts)
    if contents.used and not contents.favourites:
        yield small_print("The star in a script's form puts it among your favourites, which stand here.")


def _opening(script: Script, number: int) -> ButtonElement:
    pick = ScriptPick(script=script.name)
    return picks.button(picks.RUN, number, pick, title=script.title, words=script.title)


def _starters(scripts: Sequence[Script]) -> Iterator[Block]:
    if scripts:
        yield rich(section("Some scripts to begin with", bold=True))
        for number, script in enumerate(scripts):
            yield script_choice.offered(script, ScriptPick(script=script.name), number, action_id=picks.RUN)


def _unfinished(contents: HomeContents, reader: Reader) -> Iterator[Block]:
    if contents.paused is not None:
        yield rich(section(expectations.pausing(contents.paused), bold=True))
    if not contents.unfinished:
        return
    yield HeaderBlock(text=plain("Running and waiting"))
    for each in contents.unfinished:
        yield from _job(each.job, reader, is_paused=contents.paused is not None, obstacle=each.obstacle)
        if told := progress.line(each.job):
            yield small_print(told)
        if expected := list(_expected(each, reader)):
            yield context(" · ".join(slack_words(words) for words in expected))
        yield from _buttons(each.job)
    if contents.more_waiting:
        yield small_print(f"and {contents.more_waiting} more that wait: see “My jobs”")


def _job(job: Job, reader: Reader, *, is_paused: bool = False, obstacle: str = "") -> Iterator[Block]:
    yield from job_list.line(job, now=reader.now, is_paused=is_paused, obstacle=obstacle)


def _buttons(job: Job) -> Iterator[Block]:
    """Those that fit the job as it is, but for the details, whose button stands beside it."""
    fitting = [each for each in job_message.buttons(job) if each.action_id != DETAILS]
    if fitting:
        yield ActionsBlock(elements=fitting)


def _expected(each: Upcoming, reader: Reader) -> Iterator[Told]:
    """The place and the moments that are to be expected of a job."""
    if each.place:
        yield [expectations.place(each.place)]
    if each.job.state is State.QUEUED and (starts := expectations.starting(each.forecast, reader)):
        yield ["expected to start ", *starts]
    if ends := expectations.ending(each.forecast, reader):
        yield ["expected to end ", *ends]


def _queue(contents: HomeContents) -> Iterator[Block]:
    running, waiting = contents.running_count, contents.waiting_count
    if not running and not waiting:
        told = "Nothing runs and nothing waits: a job that you ask for now starts at once."
        yield small_print(told if contents.paused is None else "Nothing runs and nothing waits.")
        return
    own = [each.place for each in contents.unfinished if each.place]
    first = f", yours first as number {min(own)}" if own else ""
    jobs = "1 job runs" if running == 1 else f"{running:,} jobs run"
    waits = "1 waits" if waiting == 1 else f"{waiting:,} wait"
    yield small_print(f"On the machine {jobs} and {waits}{first}.")


def _ended(contents: HomeContents, reader: Reader) -> Iterator[Block]:
    if not contents.ended:
        return
    yield HeaderBlock(text=plain("Your last results"))
    for job in contents.ended:
        yield from _job(job, reader)
        yield from _buttons(job)


def _files(contents: HomeContents) -> Iterator[Block]:
    lines: list[tuple[str, Told]] = [
        ("Bring files:", ["upload them in a form, send them to me under Messages, or copy them with “Bring files”."]),
        ("Kept:", [f"results for {span(contents.keep)} after their job has ended, files in your inbox as long."]),
    ]
    if contents.inbox_use is not None:
        lines.append(("Your inbox:", [str(contents.inbox_use)]))
    yield DividerBlock()
    yield rich(bullets(labelled(label, words) for label, words in lines))
    for number, job in enumerate(contents.deleted_next):
        yield from _deletion(job, is_first=number == 0)


def _deletion(job: Job, *, is_first: bool) -> Iterator[Block]:
    if job.expires_at is None:
        return
    if is_first:
        yield rich(section("Deleted next", bold=True))
    taken = "" if job.results_bytes is None else f" · {size(job.results_bytes)}"
    yield rich(section([f"{job.id} · {title(job, length=_NAME)}{taken}, on ", Moment(job.expires_at)]))
    yield ActionsBlock(elements=[details_button(job, "Keep or fetch")])
