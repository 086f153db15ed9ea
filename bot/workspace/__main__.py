"""Starts the stand-in workspace: `python -m bot.workspace --manifest manifest.yml`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path

from aiohttp import web

from bot.workspace import manifest
from bot.workspace.deliveries import EVENT_RETRY_SECONDS
from bot.workspace.errors import ManifestError
from bot.workspace.people import MORE_PEOPLE_MAX
from bot.workspace.server import make_application
from bot.workspace.sockets import CONNECTION_SECONDS
from bot.workspace.workspace import FILE_BYTES_MAX, Settings, Workspace

# Open pages and sockets are cut after this long, so that stopping takes no longer.
SHUTDOWN_SECONDS = 1.0


def main() -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    options = _parse_options()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        settings = _read_settings(options)
    except (ManifestError, ValueError) as error:
        print(f"workspace: {error}", file=sys.stderr)  # noqa: T201 - for the person in the terminal
        return 1
    asyncio.run(_serve(settings, options.host, options.port))
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.workspace", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=Path("manifest.yml"), help="the app's manifest")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8065, help="the port; 0 takes a free one")
    parser.add_argument("--request-url", help="HTTP mode: where the app takes signed requests")
    parser.add_argument(
        "--file-bytes-max",
        type=int,
        default=FILE_BYTES_MAX,
        help="the most bytes of one file; %(default)s if not given",
    )
    parser.add_argument("--more-people", type=int, default=0, help="how many members there are besides the seeded ones")
    parser.add_argument("--rate-limits", action="store_true", help="refuse calls beyond Slack's rate limits")
    parser.add_argument(
        "--event-retry-seconds",
        type=float,
        nargs=3,
        default=EVENT_RETRY_SECONDS,
        metavar="SECONDS",
        help="when an event that was not acknowledged is sent again; %(default)s if not given",
    )
    parser.add_argument(
        "--connection-seconds",
        type=float,
        default=CONNECTION_SECONDS,
        help="how long a Socket Mode connection lives; %(default)s if not given",
    )
    return parser.parse_args()


def _read_settings(options: argparse.Namespace) -> Settings:
    bot_token, app_token = os.environ.get("SLACK_BOT_TOKEN", ""), os.environ.get("SLACK_APP_TOKEN", "")
    signing_secret = os.environ.get("SLACK_SIGNING_SECRET", "")
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
    return Settings(
        manifest=manifest.read(options.manifest),
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        request_url=options.request_url,
        file_bytes_max=options.file_bytes_max,
        more_people=options.more_people,
        has_rate_limits=options.rate_limits,
        event_retry_seconds=tuple(options.event_retry_seconds),
        connection_seconds=options.connection_seconds,
    )


async def _serve(settings: Settings, host: str, port: int) -> None:
    workspace = Workspace(settings, clock=time.time)
    application = make_application(workspace, host=host)
    runner = web.AppRunner(application, shutdown_timeout=SHUTDOWN_SECONDS, access_log=None)
    await runner.setup()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        await web.TCPSite(runner, host, port).start()
        workspace.base_url = f"http://{_bracketed(host)}:{runner.addresses[0][1]}"
        print(f"workspace {workspace.base_url}", flush=True)  # noqa: T201 - whoever started it reads this line
        await stopped.wait()
    finally:
        await runner.cleanup()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
