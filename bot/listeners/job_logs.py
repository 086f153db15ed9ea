"""The log of a job in a modal: opened, turned page by page, searched."""

import re

from slack_bolt import App

from bot.listeners.context import ListenerContext, job_id
from bot.listeners.deadlines import Shows
from bot.slack import modals
from bot.slack.interaction import Interaction
from bot.views.jobs import job_log
from runner.messages.blocks import LOG
from runner.service import JobLog, LogPlace

_TURN = re.compile(rf"^{re.escape(job_log.TURN)}\.[a-z]+$")


def register(app: App, context: ListenerContext) -> None:
    """Add the buttons about logs, and the search in one, to the app."""
    feature = _JobLogs(context)
    app.action(LOG)(context.listener(feature.open, shows=Shows.MODAL))
    app.action(_TURN)(context.listener(feature.turn))
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

    def _update(self, interaction: Interaction, found: JobLog) -> None:
        modals.update(interaction.client, job_log.view(found), view_id=str(interaction.view["id"]))
