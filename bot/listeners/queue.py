"""The queue: hold, release and move jobs, give them more time, pause and resume all, show who runs and who waits."""

import re
from collections.abc import Callable
from datetime import timedelta

from slack_bolt import App

from bot.listeners.context import ListenerContext, job_id, show_job
from bot.listeners.deadlines import Shows
from bot.listeners.job_words import JobsAct, JobsCommand
from bot.slack.interaction import Interaction
from bot.views.jobs import queue
from runner.errors import Refused, ScriptRunnerError
from runner.jobs import Job, Requester
from runner.messages.blocks import BEFORE_ALL, FRONT, HOLD, MORE_TIME, RELEASE, rich, section
from runner.system.text import span, visible

HELP = """\
/jobs queue shows who runs and who waits, in the order in which jobs start.
/jobs pause REASON keeps all jobs from starting until /jobs resume; what runs goes on. Both are for administrators."""

_SECONDS = re.compile(r"[1-9][0-9]{0,8}")
_MORE_TIME = re.compile(rf"^{re.escape(MORE_TIME)}\.[0-9]$")
_Act = Callable[[Requester, int], Job]


def register(app: App, context: ListenerContext) -> None:
    """Add the buttons about the queue to the app; its commands belong to /jobs."""
    feature = QueueFeature(context)
    app.action(HOLD)(context.listener(feature.hold, shows=Shows.ANSWER))
    app.action(RELEASE)(context.listener(feature.release, shows=Shows.ANSWER))
    app.action(FRONT)(context.listener(feature.move_to_front, shows=Shows.ANSWER))
    app.action(BEFORE_ALL)(context.listener(feature.move_before_all, shows=Shows.ANSWER))
    app.action(_MORE_TIME)(context.listener(feature.grant_time, shows=Shows.ANSWER))
    app.action(queue.QUEUE)(context.listener(feature.refresh, shows=Shows.ANSWER))


class QueueFeature:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def command(self, interaction: Interaction, person: Requester, asked: JobsCommand) -> None:
        """Show the queue, or stop or start it."""
        match asked.act:
            case JobsAct.PAUSE:
                self.pause(interaction, person, asked.rest)
            case JobsAct.RESUME:
                self.resume(interaction, person)
            case _:
                self.show(interaction, person)

    def hold(self, interaction: Interaction) -> None:
        """Keep a job from starting."""
        self.hold_job(interaction, job_id(interaction.pressed))

    def hold_job(self, interaction: Interaction, number: int) -> None:
        """Keep the job of that number from starting."""
        words = "Job {} is held; it starts once it is released."
        self._changed(interaction, number, self._context.service.queue.hold, words)

    def release(self, interaction: Interaction) -> None:
        """Let a job start that was held."""
        self.release_job(interaction, job_id(interaction.pressed))

    def release_job(self, interaction: Interaction, number: int) -> None:
        """Let the job of that number start, if it was held."""
        words = "Job {} is released; it has its place in the queue again."
        self._changed(interaction, number, self._context.service.queue.release, words)

    def move_to_front(self, interaction: Interaction) -> None:
        """Have a job start before its requester's others."""
        words = "Job {} now comes before the others of its requester."
        self._act(interaction, self._context.service.queue.move_to_front, words)

    def move_before_all(self, interaction: Interaction) -> None:
        """Have a job start before everybody's."""

        def move(person: Requester, number: int) -> Job:
            return self._context.service.queue.move_to_front(person, number, of_all=True)

        self._act(interaction, move, "Job {} now comes before all others.")

    def grant_time(self, interaction: Interaction) -> None:
        """Add the time that the button says; ScriptRunnerError where it says none."""
        number, _, seconds = interaction.pressed.partition(" ")
        if not _SECONDS.fullmatch(seconds):
            raise ScriptRunnerError("That button says no time; /jobs and the job's number show it anew.")
        more = timedelta(seconds=int(seconds))

        def grant(person: Requester, number: int) -> Job:
            return self._context.service.queue.grant_time(person, number, more)

        self._changed(interaction, job_id(number), grant, f"Job {{}} may run {span(more)} longer.")

    def refresh(self, interaction: Interaction) -> None:
        """The queue as it is now."""
        self.show(interaction, self._context.person(interaction))

    def show(self, interaction: Interaction, person: Requester) -> None:
        """Who runs and who waits."""
        service, reader = self._context.service, self._context.reader(person)
        upcoming, pause = service.queue.upcoming(person, at_most=queue.MOST_WAITING), service.queue.paused()
        waiting, limits = service.queue.length(), service.queue.limits
        interaction.answer(
            queue.spoken(upcoming, pause=pause, limits=limits, waiting_count=waiting, reader=reader),
            queue.page(upcoming, pause=pause, limits=limits, waiting_count=waiting, reader=reader),
        )

    def pause(self, interaction: Interaction, person: Requester, reason: str) -> None:
        """Have no job start from now on."""
        self._context.service.queue.pause(person, reason)
        self._say(
            interaction, f"⏸️ The queue is paused: {visible(reason)}. What runs goes on; /jobs resume ends the pause."
        )

    def resume(self, interaction: Interaction, person: Requester) -> None:
        """Have jobs start again."""
        self._context.service.queue.resume(person)
        self._say(interaction, "▶️ The queue goes on: jobs start again.")

    def _act(self, interaction: Interaction, act: _Act, words: str) -> None:
        self._changed(interaction, job_id(interaction.pressed), act, words)

    def _changed(self, interaction: Interaction, number: int, act: _Act, words: str) -> None:
        """Do it with the rights of whoever pressed, and show the job as it is then, also where it was too late."""
        person = self._context.person(interaction)
        try:
            act(person, number)
            notice = words.format(number)
        except Refused:
            raise
        except ScriptRunnerError as error:
            notice = str(error)
        show_job(self._context, interaction, person, number, notice=notice)

    def _say(self, interaction: Interaction, words: str) -> None:
        interaction.answer(words, [rich(section(words))])
