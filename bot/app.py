"""Builds the Bolt app: registers the features and tells people what went wrong in any of them."""

import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any

from slack_bolt import App, BoltResponse, Respond
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot import home, jobs, runscript
from bot.answers import answer
from bot.front import Front
from bot.identity import Home, Identities
from bot.settings import SlackSettings
from bot.views import form
from runner.blocks import rich, section
from runner.clock import Clock
from runner.errors import ScriptRunnerError
from runner.service import ScriptRunner

_log = logging.getLogger(__name__)


def make_app(
    service: ScriptRunner,
    client: WebClient,
    *,
    settings: SlackSettings,
    clock: Clock,
    signing_secret: str | None = None,
) -> App:
    """The app, ready to be connected. Asks Slack who we are; SlackApiError where the token is not good.

    Without a signing secret it takes no HTTP requests: in Socket Mode Slack's own connection vouches for them.
    """
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    us = client.auth_test()
    app = App(
        client=client,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        token_verification_enabled=False,
        raise_error_for_unhandled_request=False,
    )
    app.logger.setLevel(logging.WARNING)  # it says a line for each connection
    identities = Identities(Home(team_id=us["team_id"], enterprise_id=us.get("enterprise_id")), settings, clock)
    front = Front(service=service, identities=identities, clock=clock)
    for feature in (runscript, jobs, home):
        feature.register(app, front)
    app.error(_tell)
    return app


def _tell(
    error: Exception, body: Mapping[str, Any], client: WebClient, respond: Respond, response: BoltResponse | None
) -> BoltResponse | None:
    """The one listener for errors: people get plain words, and a reference that the log has too."""
    words = str(error) if isinstance(error, ScriptRunnerError) else _logged(error)
    if body.get("type") == "view_submission":
        update = {"response_action": "update", "view": form.trouble(words).to_dict()}
        return BoltResponse(status=200, body=json.dumps(update), headers={"content-type": ["application/json"]})
    if body.get("type") == "block_suggestion":
        return BoltResponse(status=200, body=json.dumps({"options": []}))
    try:
        answer(body, client=client, respond=respond, text=words, blocks=[rich(section(words))])
    except Exception:  # noqa: BLE001  # the last resort has nowhere to go but the log
        _log.exception("somebody could not be told: %s", words)
    return None if response is None else BoltResponse(status=200)


def _logged(error: Exception) -> str:
    reference = secrets.token_hex(4)
    _log.error("reference %s: a listener failed", reference, exc_info=error)
    return f"Something went wrong on our side. Tell the machine's owner the reference {reference}."
