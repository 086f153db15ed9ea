"""Puts the stand-in together as an aiohttp application."""

import logging
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.workspace.client.routes import PeopleSide
from bot.workspace.client.transfers import Transfers
from bot.workspace.errors import RefusedError
from bot.workspace.server.control import Control
from bot.workspace.server.guard import make_guard
from bot.workspace.server.inspector import Inspector
from bot.workspace.transport.socket_mode import Sockets
from bot.workspace.web_api.dispatch import WebApi
from bot.workspace.workspace import Workspace

BODY_BYTES_MAX = 4 * 1024 * 1024
STATIC = Path(__file__).parents[1] / "static"

_log = logging.getLogger(__name__)


def make_application(workspace: Workspace, *, host: str) -> web.Application:
    """All routes; `host` is the address that is listened on."""
    application = web.Application(
        client_max_size=BODY_BYTES_MAX,
        middlewares=[_survive, make_guard(host=host, secret=workspace.settings.page_secret)],
    )
    transfers = Transfers(workspace)
    api, control = WebApi(workspace), Control(workspace, transfers)
    application.router.add_route("*", "/api/{method}", api.serve)
    application.router.add_post("/response/{token}", control.serve_response_url)
    if isinstance(workspace.link, Sockets):
        application.router.add_get("/socket", workspace.link.serve)
    application.add_routes(PeopleSide(workspace).routes())
    application.add_routes(control.routes())
    application.add_routes(Inspector(workspace.journal).routes())
    application.add_routes(transfers.routes())
    application.router.add_get("/", _index)
    if STATIC.is_dir():
        application.router.add_static("/static", STATIC)

    async def close(_application: web.Application) -> None:
        await workspace.close()

    async def remove_files(_application: web.Application) -> None:
        workspace.files.close()

    application.on_shutdown.append(close)
    application.on_cleanup.append(remove_files)  # when nothing reads or writes them any more
    return application


async def _index(_request: web.Request) -> web.StreamResponse:
    page = STATIC / "index.html"
    if not page.is_file():
        return web.Response(text="The page is not installed; the Web API is at /api/.")
    return web.FileResponse(page)


@web.middleware
async def _survive(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A mistake of ours is logged and answered; the process lives on."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except ConnectionError:
        raise
    except RefusedError as error:
        return web.json_response(error.as_answer(), status=400)
    except Exception:  # noqa: BLE001 - a malformed payload gets an answer, never a dead process
        _log.exception("%s %s failed", request.method, request.path)
        return web.json_response({"ok": False, "error": "internal_error"}, status=500)
