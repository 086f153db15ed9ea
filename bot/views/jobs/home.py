"""The Home tab: a button to run a script, and the person's latest jobs."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, HeaderBlock
from slack_sdk.models.views import View

from bot.views.jobs import job_list
from bot.views.jobs.preferences import settings_button
from runner.jobs import Pause
from runner.messages import expectations, progress
from runner.messages.blocks import plain, rich, section, small_print
from runner.messages.reader import Reader
from runner.service import JobPage

RUN = "runscript.open"


def home(jobs: JobPage, reader: Reader, *, pause: Pause | None = None) -> View:
    """The tab of one person."""
    run = ButtonElement(text=plain("Run a script"), action_id=RUN, style="primary")
    blocks: list[Block] = [
        HeaderBlock(text=plain("ScriptRunner")),
        rich(section("Run scripts on the big machine from a form, and fetch the results with one scp command.")),
        ActionsBlock(elements=[run, settings_button()]),
    ]
    if pause is not None:
        blocks.append(rich(section(expectations.pausing(pause), bold=True)))
    blocks.append(HeaderBlock(text=plain("Your latest jobs")))
    for job in jobs.jobs:
        obstacle = jobs.obstacles.get(job.id, "")
        blocks.extend(job_list.line(job, now=reader.now, is_paused=pause is not None, obstacle=obstacle))
        if told := progress.line(job):
            blocks.append(small_print(told))
    if not jobs.jobs:
        blocks.append(rich(section("There are none yet.")))
    blocks.append(small_print("/jobs lists all of them, /jobs queue shows what runs and what waits."))
    return View(type="home", blocks=blocks)


def closed(words: str) -> View:
    """The tab of somebody who may not use ScriptRunner, with the reason."""
    return View(type="home", blocks=[HeaderBlock(text=plain("ScriptRunner")), rich(section(words))])
