"""Starts the stand-in, and serves until somebody stops it."""

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping

from aiohttp import web

from bot.workspace import manifest, wanted
from bot.workspace.options import MORE_PEOPLE_MAX
from bot.workspace.persistence import Keeping
from bot.workspace.server.app import make_application
from bot.workspace.server.delivering import deliver_scheduled
from bot.workspace.server.notifying import notify
from bot.workspace.workspace import StandInSettings, Workspace

# Open pages and sockets are cut after this long, so that stopping takes no longer.
SHUTDOWN_SECONDS = 1.0
PAGE_SECRET_BYTES = 24

_log = logging.getLogger(__name__)


def settings(options: argparse.Namespace, environment: Mapping[str, str]) -> StandInSettings:
    """What was said, with tokens from the environment; ValueError or ManifestError with what is wrong.

    The page's secret is made up unless it stands there too.
    """
    bot_token, app_token = environment.get("SLACK_BOT_TOKEN", ""), environment.get("SLACK_APP_TOKEN", "")
    signing_secret = environment.get("SLACK_SIGNING_SECRET", "")
    if not bot_token.startswith("xoxb-"):
        raise ValueError("SLACK_BOT_TOKEN must be set and begin with xoxb-")
    if options.request_url is None and not app_token.startswith("xapp-"):
        raise ValueError("SLACK_APP_TOKEN must be set and begin with xapp-")
    if options.request_url is not None and not signing_secret:
        raise ValueError("SLACK_SIGNING_SECRET must be set with --request-url")
    if options.file_bytes_max < 1:
        raise ValueError(f"--file-bytes-max is {options.file_bytes_max} and must be at least 1")
    if not 0 <= options.more_people <= MORE_PEOPLE_MAX:
        raise ValueError(f"--more-people is {options.more_people} and must be from 0 to {MORE_PEOPLE_MAX}")
    if options.reset and options.state is None:
        raise ValueError("--reset needs --state FILE: without it everything begins anew anyway")
    return StandInSettings(
        manifest=manifest.read(options.manifest),
        bot_token=bot_token,
        app_token=app_token,
        page_secret=environment.get("WORKSPACE_SECRET") or secrets.token_urlsafe(PAGE_SECRET_BYTES),
        signing_secret=signing_secret,
        request_url=options.request_url,
        state=options.state,
        file_bytes_max=options.file_bytes_max,
        more_people=options.more_people,
        is_enterprise=options.enterprise,
        has_rate_limits=options.rate_limits,
        event_retry_seconds=tuple(options.event_retry_seconds),
        connection_seconds=options.connection_seconds,
    )


def made_up_tokens() -> dict[str, str]:
    """Tokens and a secret that only this workspace knows, as the environment variables that Bolt reads."""
    return {
        "SLACK_BOT_TOKEN": f"xoxb-{secrets.token_hex(12)}",
        "SLACK_APP_TOKEN": f"xapp-{secrets.token_hex(12)}",
        "SLACK_SIGNING_SECRET": secrets.token_hex(16),
    }


def serve(chosen: StandInSettings, options: argparse.Namespace, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; `announce` is told the address once it is listened on."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    for sentence in wanted.not_played(chosen.manifest):
        _log.warning("%s", sentence)
    keeping = Keeping(chosen.state) if chosen.state else None
    if keeping and options.reset:
        keeping.reset()
    asyncio.run(_serve(chosen, options.host, options.port, announce, keeping))


async def _serve(
    chosen: StandInSettings, host: str, port: int, announce: Callable[[str], None], keeping: Keeping | None
) -> None:
    workspace = Workspace(chosen, clock=time.time)
    application = make_application(workspace, host=host)
    runner = web.AppRunner(application, shutdown_timeout=SHUTDOWN_SECONDS, access_log=None)
    await runner.setup()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    saving = None
    try:
        await web.TCPSite(runner, host, port).start()
        workspace.base_url = f"http://{_bracketed(host)}:{runner.addresses[0][1]}"
        if keeping:
            keeping.load(workspace)
            saving = asyncio.create_task(keeping.save_changes(workspace))
        announce(workspace.base_url)
        companions = [
            asyncio.create_task(notify(os.environ, workspace.base_url)),
            asyncio.create_task(deliver_scheduled(workspace)),
        ]
        await stopped.wait()
        for companion in companions:
            companion.cancel()
    finally:
        if keeping and saving:
            saving.cancel()
            keeping.save(workspace)
        await runner.cleanup()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
