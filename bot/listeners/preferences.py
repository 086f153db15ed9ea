"""Settings: what a person wants to be told, by which ways and when."""

from slack_bolt import App

from bot.listeners.context import ListenerContext
from bot.listeners.deadlines import Shows
from bot.slack.interaction import Interaction
from bot.views.jobs import preferences
from runner.errors import InvalidValues
from runner.jobs import Topic


def register(app: App, context: ListenerContext) -> None:
    """Add the button of the Home tab and its modal to the app."""
    feature = _Preferences(context)
    app.action(preferences.SETTINGS)(context.listener(feature.open, shows=Shows.MODAL))
    app.view(preferences.SETTINGS_VIEW)(context.listener(feature.save))


class _Preferences:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._service = context.service.preferences
        self._person = context.person

    def open(self, interaction: Interaction) -> None:
        """Show what the person is told."""
        person = self._person(interaction)
        interaction.show(preferences.view(person, self._service.of(person), self._service.channels(person)))

    def save(self, interaction: Interaction) -> None:
        """Keep what was chosen; who would hear of no failure is asked once more."""
        person = self._person(interaction)
        channels = self._service.channels(person)
        try:
            chosen = preferences.chosen(interaction.view, channels)
        except InvalidValues as error:
            interaction.ack(response_action="errors", errors=dict(error.problems))
            return
        if chosen.is_silent(Topic.FAILURES, channels) and not preferences.asks(interaction.view):
            interaction.ack(response_action="update", view=preferences.view(person, chosen, channels, asks=True))
            return
        self._service.save(person, chosen)
        words = preferences.spoken(chosen, channels)
        interaction.ack(response_action="update", view=preferences.saved(chosen, channels), words=words)
