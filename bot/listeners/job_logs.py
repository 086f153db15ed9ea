"""The log of a job in a modal: opened, turned page by page, searched, sent as a file."""

import re

from slack_bolt import App

from bot.listeners.context import ListenerContext, job_id
from bot.listeners.deadlines import Shows
from bot.slack import modals
from bot.slack.interaction import Interaction
from bot.views.jobs import job_log
from runner.messages.blocks import LOG, command, rich, section
from runner.service import Asked, JobLog, LogPlace, LogTurn, TooLargeToSend

_TURN = re.compile(rf"^{re.escape(job_log.TURN)}\.[a-z]+$")

_BECAME = {
    Asked.OWED: "The log is on its way: it comes as a direct message.",
    Asked.UNDER_WAY: "The log is on its way: it comes as a direct message.",
    Asked.JUST_SENT: "The log was sent a moment ago: it is among your direct messages.",
}


def register(app: App, context: ListenerContext) -> None:
    """Add the buttons about logs, and the search in one, to the app."""
    feature = _JobLogs(context)
    app.action(LOG)(context.listener(feature.open, shows=Shows.MODAL))
    app.action(_TURN)(context.listener(feature.turn))
    app.action(job_log.SEND)(context.listener(feature.send))
    app.view(job_log.LOG_VIEW)(context.listener(feature.find))


class _JobLogs:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def open(self, interaction: Interaction) -> None:
        """Show the end of a job's log."""
        person = self._context.person(interaction)
        found = self._context.service.logs.page(person, job_id(interaction.pressed), LogPlace())
        interaction.show(job_log.view(found))

    def turn(self, interaction: Interaction) -> None:
        """Show another page, or the nearest one with the word; this takes longer in a large log."""
        person = self._context.person(interaction)
        opened = job_log.opened(interaction.view)
        place = job_log.asked(interaction.pressed, opened)
        self._update(interaction, self._context.service.logs.page(person, opened.job_id, place))

    def find(self, interaction: Interaction) -> None:
        """Show the last page with the word that was typed; Slack is answered before it is looked for."""
        person = self._context.person(interaction)
        shown, word = interaction.view, job_log.typed_word(interaction.view)
        interaction.ack.wait_in(lambda name: job_log.searching(shown, word, external_id=name), action="update")
        opened = job_log.opened(shown)
        found = self._context.service.logs.find(person, opened.job_id, word, shown_from=opened.start)
        interaction.ack(response_action="update", view=job_log.view(found))

    def send(self, interaction: Interaction) -> None:
        """Have the log sent as a file, or say how else to get it."""
        person = self._context.person(interaction)
        opened, logs = job_log.opened(interaction.view), self._context.service.logs
        try:
            told = _BECAME[self._context.service.sending.send_log(person, opened.job_id)]
        except TooLargeToSend as error:
            how = [] if error.retrieval is None else command(error.retrieval)
            interaction.answer(str(error), [rich(section(str(error))), *how])
            return
        place = LogPlace(turn=LogTurn.FROM, offset=opened.start, word=opened.word)
        self._update(interaction, logs.page(person, opened.job_id, place), notice=told)

    def _update(self, interaction: Interaction, found: JobLog, *, notice: str = "") -> None:
        modals.update(interaction.client, job_log.view(found, notice=notice), view_id=str(interaction.view["id"]))
