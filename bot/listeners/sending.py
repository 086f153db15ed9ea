"""*Send me …*: a result that is chosen, or all of them, sent by the runner to who asked for the job."""

from slack_bolt import App

from bot.listeners.context import ListenerContext, job_id
from bot.listeners.deadlines import Shows
from bot.slack.interaction import Interaction
from bot.views.jobs import send_results
from runner.messages.blocks import SEND_ME
from runner.service import Asked

_BECAME = {
    Asked.OWED: "It is on its way: it comes as a direct message.",
    Asked.UNDER_WAY: "It is on its way already: it comes as a direct message.",
    Asked.JUST_SENT: "It was sent a moment ago: it is among your direct messages.",
}


def register(app: App, context: ListenerContext) -> None:
    """Add the button, the menu behind it and the form to the app."""
    feature = _Sending(context)
    app.action(SEND_ME)(context.listener(feature.open, shows=Shows.MODAL))
    app.options(send_results.CHOOSE_RESULT)(context.listener(feature.list_results))
    app.view(send_results.SENDING_VIEW)(context.listener(feature.send))


class _Sending:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def open(self, interaction: Interaction) -> None:
        """Show what can be sent."""
        person = self._context.person(interaction)
        found = self._context.service.sending.sendable(person, job_id(interaction.pressed))
        interaction.show(send_results.view(found))

    def list_results(self, interaction: Interaction) -> None:
        """Give the results with what was typed in their names."""
        person = self._context.person(interaction)
        number, typed = job_id(send_results.opened(interaction.view)), str(interaction.body.get("value") or "")
        found = self._context.service.sending.sendable(person, number, typed)
        interaction.ack(options=send_results.options(found))

    def send(self, interaction: Interaction) -> None:
        """Have the runner send what was chosen."""
        person = self._context.person(interaction)
        number, key = job_id(send_results.opened(interaction.view)), send_results.chosen(interaction.view)
        sending = self._context.service.sending
        asked = sending.send_all(person, number) if key is None else sending.send_result(person, number, key)
        interaction.ack(response_action="update", view=send_results.told(_BECAME[asked]))
