"""Builds the Bolt app and registers the features with it."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

from slack_bolt import App
from slack_sdk import WebClient

from bot.listeners import home, job_logs, jobs, messages, preferences, queue, runscript, sending, sharing
from bot.listeners.context import SLOW, ListenerContext
from bot.listeners.deadlines import ListenerDeadlines
from bot.listeners.form.uploads import Uploads
from bot.listeners.open_homes import OpenHomes
from bot.listeners.turns import THREADS
from bot.slack.client import BriefRateLimits
from bot.slack.files import SlackFiles
from bot.slack.identity import HomeWorkspace, Identities
from bot.slack.settings import SlackSettings
from runner.service import ScriptRunner
from runner.system.calls import RunningCalls
from runner.system.clock import Clock, Monotonic


def make_app(  # noqa: PLR0913  # its parts are passed in
    service: ScriptRunner,
    client: WebClient,
    *,
    settings: SlackSettings,
    clock: Clock,
    monotonic: Monotonic = time.monotonic,
    deadlines: ListenerDeadlines | None = None,
    calls: RunningCalls | None = None,
    homes: OpenHomes | None = None,
) -> App:
    """The app, ready to be connected. Asks Slack who we are; SlackApiError where the token is not good.

    ``calls`` are where its listeners are counted while they run; ``homes`` draws the Home tabs, and anew where it runs.

    It trusts what it is given: Slack's own connection vouches for that, or whoever has checked the signature.
    """
    us = client.auth_test()
    client.retry_handlers.append(BriefRateLimits())
    app = App(
        client=client,
        request_verification_enabled=False,
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(THREADS, thread_name_prefix="listener"),
    )
    app.logger.setLevel(logging.WARNING)  # it says a line for each connection
    home_workspace = HomeWorkspace(team_id=us["team_id"], enterprise_id=us.get("enterprise_id"))
    context = ListenerContext(
        service=service,
        identities=Identities(home_workspace, settings, monotonic=monotonic),
        clock=clock,
        monotonic=monotonic,
        files=SlackFiles(monotonic),
        uploads=settings.uploads,
        deadlines=deadlines or ListenerDeadlines(),
        calls=calls or RunningCalls(SLOW),
        homes=homes or OpenHomes(service, clock=clock, monotonic=monotonic),
    )
    uploads = Uploads(context)
    runscript.register(app, context, uploads)
    messages.register(app, context, uploads)
    for feature in (jobs, job_logs, sending, queue, sharing, preferences, home):
        feature.register(app, context)
    return app
