"""App Home: draws the Home tab when somebody opens it."""

from slack_bolt import App

from bot.listeners.context import Front
from bot.slack.interaction import Interaction
from bot.views.jobs import home


def register(app: App, front: Front) -> None:
    """Add the Home tab to the app."""

    def opened(did: Interaction) -> None:
        if did.body["event"].get("tab") != "home":
            return
        person = front.person(did)
        jobs = front.service.jobs(person, mine=True)
        view = home.home(jobs, front.reader(person), pause=front.service.queue.paused())
        did.client.views_publish(user_id=person.user_id, view=view)

    app.event("app_home_opened")(front.listener(opened))
