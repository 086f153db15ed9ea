"""App Home: draws the Home tab when somebody opens it."""

from slack_bolt import App

from bot.listeners.context import ListenerContext
from bot.slack.interaction import Interaction
from bot.views.jobs import home


def register(app: App, context: ListenerContext) -> None:
    """Add the Home tab to the app."""

    def opened(interaction: Interaction) -> None:
        if interaction.body["event"].get("tab") != "home":
            return
        person = context.person(interaction)
        jobs = context.service.jobs(person, mine=True)
        view = home.home(jobs, context.reader(person), pause=context.service.queue.paused())
        interaction.client.views_publish(user_id=person.user_id, view=view)

    app.event("app_home_opened")(context.listener(opened))
