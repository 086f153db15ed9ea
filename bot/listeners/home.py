"""App Home: draws the Home tab when somebody opens it."""

from slack_bolt import App

from bot.listeners.context import ListenerContext
from bot.slack.interaction import Interaction


def register(app: App, context: ListenerContext) -> None:
    """Add the Home tab to the app."""

    def opened(interaction: Interaction) -> None:
        if interaction.body["event"].get("tab") != "home":
            return
        person = context.person(interaction)
        context.homes.draw(interaction.client, person)

    app.event("app_home_opened")(context.listener(opened))
