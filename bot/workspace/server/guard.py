"""Who is let in on the people side: whoever has the secret of the address that was printed, at this page alone."""

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:; frame-ancestors 'none'; base-uri 'none'"
# What apps use: each call has a token of its own.
_APP_SIDE = ("/api/", "/socket", "/response/", "/upload/", "/files-pri/")
_HEADERS = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_HOW = "Open the address that was printed when this workspace started: it ends with ?secret=…\n"


def make_guard(*, host: str, secret: str) -> Middleware:
    """Keeps other sites, and other users of this machine, out of the people side.

    A browser brings the secret once, in the address, and has it as a cookie from then on; others send
    ``Authorization: Bearer SECRET``.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_APP_SIDE):
            return await handler(request)
        if not _is_ours(request, host):
            return web.json_response({"ok": False, "error": "forbidden_origin"}, status=403)
        if request.path == "/" and "secret" in request.query:
            response = _exchange(request, secret)
        elif _has_secret(request, secret):
            response = await handler(request)
        else:
            response = _refuse(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    return guard


def _exchange(request: web.Request, secret: str) -> web.StreamResponse:
    """Take the secret out of the address, where it would be seen and kept."""
    if not _is_same(request.query["secret"], secret):
        return _refuse(request)
    response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
    response.set_cookie(_cookie(request), secret, httponly=True, samesite="Strict")
    return response


def _has_secret(request: web.Request, secret: str) -> bool:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return _is_same(bearer, secret) or _is_same(request.cookies.get(_cookie(request), ""), secret)


def _refuse(request: web.Request) -> web.Response:
    if request.path == "/":
        return web.Response(status=401, text=_HOW)
    return web.json_response({"ok": False, "error": "not_authed", "message": _HOW.strip()}, status=401)


def _is_same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())


def _cookie(request: web.Request) -> str:
    """A browser gives cookies to all ports of an address (RFC 6265, 8.5): each workspace has a name of its own."""
    return f"workspace_{_own_port(request)}"


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
