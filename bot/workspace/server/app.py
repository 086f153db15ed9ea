"""Puts the stand-in together as an aiohttp application and guards its people side."""

import logging
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from bot.workspace.client.routes import PeopleSide
from bot.workspace.client.transfers import Transfers
from bot.workspace.errors import RefusedError
from bot.workspace.server.control import Control
from bot.workspace.server.inspector import Inspector
from bot.workspace.transport.socket_mode import Sockets
from bot.workspace.web_api.dispatch import WebApi
from bot.workspace.workspace import Workspace

BODY_BYTES_MAX = 4 * 1024 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
STATIC = Path(__file__).parents[1] / "static"
_CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:; frame-ancestors 'none'; base-uri 'none'"
_APP_SIDE = ("/api/", "/socket", "/response/", "/upload/", "/files-pri/")

_log = logging.getLogger(__name__)


def make_application(workspace: Workspace, *, host: str) -> web.Application:
    """All routes; `host` is the address that is listened on."""
    application = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_survive, _make_guard(host)])
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


def _make_guard(host: str) -> Middleware:
    """Keeps other sites out of the people side, whose only key is being on this machine."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_APP_SIDE):
            return await handler(request)
        if not _is_ours(request, host):
            return web.json_response({"ok": False, "error": "forbidden_origin"}, status=403)
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = _CSP
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return guard


def _is_ours(request: web.Request, host: str) -> bool:
    try:
        asked = URL(f"http://{request.host}")
        origin = URL(request.headers["Origin"]) if "Origin" in request.headers else None
    except ValueError:
        return False
    if host in LOOPBACK and (asked.host not in LOOPBACK or asked.port != _own_port(request)):
        return False
    return origin is None or (origin.host, origin.port, origin.scheme) == (asked.host, asked.port, "http")


def _own_port(request: web.Request) -> int | None:
    address = request.transport.get_extra_info("sockname") if request.transport else None
    return address[1] if address else None
