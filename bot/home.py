"""App Home: draws the Home tab when somebody opens it."""

from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from bot.front import Front
from bot.views import home
from runner.errors import Refused


def register(app: App, front: Front) -> None:
    """Add the Home tab to the app."""

    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        if event.get("tab") != "home":
            return
        try:
            person = front.person(client, {"user_id": event.get("user")})
        except Refused as error:
            client.views_publish(user_id=event["user"], view=home.closed(str(error)))
            return
        jobs = front.service.jobs(person, mine=True)
        client.views_publish(user_id=person.user_id, view=home.home(jobs, now=front.clock()))
