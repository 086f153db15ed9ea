"""/jobs: list jobs, show one, cancel it, run it again, keep or delete its files."""

import re
from datetime import timedelta
from functools import partial

from slack_bolt import App
from slack_sdk.models.blocks import ActionsBlock

from bot.listeners import job_words, list_words
from bot.listeners.context import ListenerContext, job_id, show_job
from bot.listeners.deadlines import Shows
from bot.listeners.form.forms import Forms
from bot.listeners.job_words import JobsAct
from bot.listeners.queue import HELP as HELP_OF_QUEUE
from bot.listeners.queue import QueueFeature
from bot.listeners.script_stats import ScriptStats
from bot.slack.interaction import Interaction
from bot.views.form import confirmation, script_choice
from bot.views.jobs import job_list, list_filters
from bot.views.jobs.list_filters import ListAsked
from runner.errors import ScriptRunnerError
from runner.jobs import STATE_WORDS, Job, Requester
from runner.messages.blocks import AGAIN, CANCEL, DELETE, DETAILS, EDIT, KEEP, details_button, rich, section
from runner.system.text import quoted, span

HELP = f"""\
/jobs lists your jobs, newest first; /jobs all lists everybody's, /jobs of @somebody theirs. Menus narrow it.
/jobs STATE, /jobs SCRIPT and /jobs since DAY do so by words, also together: /jobs all failed word_count since monday.
/jobs stats SCRIPT shows how long a script takes and waits, how it ends and what memory it needs, with a picture.
/jobs 12 shows job 12 with its values, the log's last lines, its results and the command that fetches them.
/jobs cancel 12 cancels it; /jobs hold 12 keeps it from starting until /jobs release 12.
{HELP_OF_QUEUE}"""

_SECONDS = re.compile(r"0|[1-9][0-9]{0,8}")
_NOT_KNOWN = "/jobs does not know {}; what can be done with job {} is among its buttons."


def register(app: App, context: ListenerContext) -> None:
    """Add the command and the buttons of jobs to the app."""
    feature = _Jobs(context)
    app.command("/jobs")(context.listener(feature.command))
    for button in job_list.BUTTONS:
        app.action(button)(context.listener(feature.turn_page, shows=Shows.ANSWER))
    for menu in list_filters.MENUS:
        app.action(menu)(context.listener(feature.narrow, shows=Shows.ANSWER))
    app.options(list_filters.SCRIPT)(context.listener(feature.suggest_scripts))
    app.action(DETAILS)(context.listener(feature.details, shows=Shows.ANSWER))
    app.action(CANCEL)(context.listener(feature.cancel, shows=Shows.ANSWER))
    app.action(DELETE)(context.listener(feature.delete_files, shows=Shows.ANSWER))
    app.action(KEEP)(context.listener(feature.keep_longer, shows=Shows.ANSWER))
    app.action(AGAIN)(context.listener(feature.run_again, shows=Shows.MODAL))
    app.action(EDIT)(context.listener(feature.edit, shows=Shows.MODAL))


class _Jobs:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context
        self._queue = QueueFeature(context)
        self._stats = ScriptStats(context)

    def command(self, interaction: Interaction) -> None:
        person = self._context.person(interaction)
        asked = job_words.read(interaction.text)
        match asked.act:
            case JobsAct.PAUSE | JobsAct.RESUME | JobsAct.QUEUE:
                self._queue.command(interaction, person, asked)
            case JobsAct.HELP:
                interaction.answer(HELP)
            case JobsAct.STATS:
                self._stats.show(interaction, person, asked.rest)
            case JobsAct.LIST:
                self._list(interaction, person, self._meant(person, asked.rest))
            case JobsAct.CANCEL:
                self._cancel(interaction, person, asked.number)
            case JobsAct.HOLD:
                self._queue.hold_job(interaction, asked.number)
            case JobsAct.RELEASE:
                self._queue.release_job(interaction, asked.number)
            case JobsAct.SHOW:
                notice = _NOT_KNOWN.format(quoted(asked.rest), asked.number) if asked.rest else ""
                show_job(self._context, interaction, person, asked.number, notice=notice)

    def turn_page(self, interaction: Interaction) -> None:
        person = self._context.person(interaction)
        self._list(interaction, person, list_filters.read(interaction.pressed))

    def narrow(self, interaction: Interaction) -> None:
        """Show the jobs that have what was chosen in one of the list's menus."""
        person = self._context.person(interaction)
        shown = list_filters.read(interaction.block_id)
        chosen = interaction.chosen_user or interaction.chosen
        self._list(interaction, person, list_filters.changed(shown, interaction.action_id, chosen))

    def suggest_scripts(self, interaction: Interaction) -> None:
        """The scripts with the words that were typed in the list's menu."""
        person = self._context.person(interaction)
        words = interaction.searched
        found = script_choice.options(self._context.service.menus.menu(person, words))
        groups = list_filters.scripts(found, words)
        if groups:
            interaction.ack(option_groups=groups)
        else:
            interaction.ack(options=[])

    def details(self, interaction: Interaction) -> None:
        person = self._context.person(interaction)
        show_job(self._context, interaction, person, job_id(interaction.pressed))

    def cancel(self, interaction: Interaction) -> None:
        self._cancel(interaction, self._context.person(interaction), job_id(interaction.pressed))

    def delete_files(self, interaction: Interaction) -> None:
        """Delete what a job left on the disk, and show the job as it is then."""
        person = self._context.person(interaction)
        job = self._context.service.retention.delete(person, job_id(interaction.pressed))
        show_job(self._context, interaction, person, job.id, notice=f"The files of job {job.id} are deleted.")

    def keep_longer(self, interaction: Interaction) -> None:
        """Keep a job's files longer, and show the job as it is then."""
        person = self._context.person(interaction)
        number, _, seconds = interaction.pressed.partition(" ")
        if not _SECONDS.fullmatch(seconds):
            raise ScriptRunnerError("That button does not say how long the job was kept before.")
        kept_longer = timedelta(seconds=int(seconds))
        job, more = self._context.service.retention.keep(person, job_id(number), kept_longer=kept_longer)
        show_job(self._context, interaction, person, job.id, notice=f"Job {job.id} is kept {span(more)} longer.")

    def run_again(self, interaction: Interaction) -> None:
        """Show a job's values once more; submitting that runs them."""
        person = self._context.person(interaction)
        number = job_id(interaction.pressed)
        script, values = self._context.service.script_and_values(person, number)
        limit = self._context.service.queue.near_limit(person, script)
        interaction.show(confirmation.asking(script, values, remembered={"job": number}, limit=limit))

    def edit(self, interaction: Interaction) -> None:
        """Open the form of a job's script, filled in with its values; what no longer fits is named."""
        person = self._context.person(interaction)
        script, values = self._context.service.script_and_values(person, job_id(interaction.pressed))
        forms = Forms(self._context)
        problems = list(forms.unfit(person, script, values).values())
        forms.open(interaction, person, script, initial=values, problems=problems)

    def _cancel(self, interaction: Interaction, person: Requester, number: int) -> None:
        job = self._context.service.cancel(person, number)
        became = STATE_WORDS[job.state] if job.state.is_final else "being stopped"
        self._say(interaction, job, f"Job {job.id} is {became}.")

    def _meant(self, person: Requester, words: str) -> ListAsked:
        reader = self._context.reader(person)
        find = partial(self._context.service.scripts.find_in, person)
        return list_words.read(words, find_script=find, today=reader.now.astimezone(reader.zone).date())

    def _list(self, interaction: Interaction, person: Requester, asked: ListAsked) -> None:
        pause, reader = self._context.service.queue.paused(), self._context.reader(person)
        found = self._context.service.jobs(
            person,
            mine=asked.is_mine,
            which=asked.filter(reader.zone, self._script(person, asked.script)),
            before=asked.before,
            after=asked.after,
            size=asked.size,
        )
        interaction.answer(
            job_list.spoken(found, asked=asked, reader=reader, pause=pause),
            job_list.page(found, asked=asked, reader=reader, pause=pause),
        )

    def _script(self, person: Requester, value: str) -> str | None:
        """The name of the script that a list is narrowed to; it may be one that is no longer there."""
        listed = self._context.service.scripts.listed(person) if value.startswith("sha256:") else ()
        return next((each.name for each in listed if list_filters.script_value(each.name) == value), value or None)

    def _say(self, interaction: Interaction, job: Job, words: str) -> None:
        interaction.answer(words, [rich(section(words)), ActionsBlock(elements=[details_button(job)])])
