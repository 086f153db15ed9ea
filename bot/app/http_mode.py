"""HTTP mode: a web server that answers Slack's signed requests, and refuses all others as early as it can.

What waitress 3.0 leaves open is closed here: a body is asked for only where address, method, size and headers are
right; a request has to be there within seconds, however slowly it drips; those that wait do not keep others out.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk.signature import SignatureVerifier
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import BadRequest, Error

from bot.app.liveness import threads_of_listeners, watch_listeners
from bot.app.stopping import Stopping
from bot.listeners.turns import THREADS
from bot.slack.settings import SlackSettings
from runner.system.heartbeat import Heartbeat
from runner.system.ports import check_port
from runner.system.watchdog import Watchdog

_log = logging.getLogger(__name__)
PATH = "/slack/events"
_STOP_SECONDS = 5
_LONGEST_TURN = timedelta(minutes=1)
_REQUEST_SECONDS = 10
_MOST_WAITING = 100
_MOST_BODY_BYTES = 2**20
_MOST_HEADER_BYTES = 2**14
_MOST_BYTES_IN_MEMORY = 2**16
_MOMENT = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def serve_http(
    app: App, settings: SlackSettings, signing_secret: str, stopping: Stopping, *, watchdog: Watchdog
) -> None:
    """Answer requests to ``/slack/events`` that are signed with the secret, until ``stopping`` is set.

    ``watchdog`` is told once we listen, and watches that requests are read, passed on and answered.
    """
    check_port("slack.http_port", settings.http_host, settings.http_port)
    connections: dict[int, Any] = {}
    servers = _listen(_verified(SlackRequestHandler(app, PATH), signing_secret), settings, connections)
    heartbeat = watchdog.loop("the HTTP server", _LONGEST_TURN)
    thread = threading.Thread(target=_turn, args=(connections, heartbeat), name="http", daemon=True)
    thread.start()
    watch_listeners(watchdog, partial(_pass, servers[0], threads_of_listeners(app)))
    _log.info("bot listens on http://%s:%s%s", settings.http_host, settings.http_port, PATH)
    watchdog.ready(f"listening on {settings.http_host} port {settings.http_port}")
    stopping.wait()
    watchdog.stopping()
    for server in servers:
        server.close()
    thread.join(_STOP_SECONDS)


def _turn(connections: dict[int, Any], heartbeat: Heartbeat) -> None:
    while connections:
        wasyncore.loop(1, use_poll=True, map=connections, count=1)
        heartbeat.beat()


def _pass(server: "_Server", listeners: Executor, act: Callable[[], None]) -> None:
    """Have something called by way of the threads that take requests, and those that listeners run in."""
    server.task_dispatcher.add_task(_Passing(partial(listeners.submit, act)))  # type: ignore[arg-type]  # all that it calls


class _Passing:
    """A task of waitress' that answers nobody."""

    def __init__(self, service: Callable[[], object]) -> None:
        self.service = service

    def cancel(self) -> None:
        """Nothing has begun that could be cancelled."""


def _listen(application: WSGIApplication, settings: SlackSettings, connections: dict[int, Any]) -> "list[_Server]":
    """A server for each address that the host's name stands for."""
    adjustments = Adjustments(
        host=settings.http_host,
        port=settings.http_port,
        ident=None,
        connection_limit=3 * _MOST_WAITING,
        channel_timeout=_REQUEST_SECONDS,  # this one is for who does not take the answer
        cleanup_interval=1,
        max_request_header_size=_MOST_HEADER_BYTES,
        max_request_body_size=_MOST_BODY_BYTES + 1,
        inbuf_overflow=_MOST_BYTES_IN_MEMORY,
    )
    threads = ThreadedTaskDispatcher()
    threads.set_thread_count(THREADS)
    return [
        _Server(application, connections, dispatcher=threads, adj=adjustments, sockinfo=address)  # type: ignore[arg-type]  # see _Server
        for address in adjustments.listen
    ]


def _verified(application: WSGIApplication, signing_secret: str) -> WSGIApplication:
    """Let through what Slack has signed within five minutes; Bolt 1.30 would log whatever it refuses."""
    verifier = SignatureVerifier(signing_secret)

    def answer(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body: bytes = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        if _is_signed(verifier, body, environment):
            return application(environment | {"wsgi.input": BytesIO(body)}, start_response)
        _log.warning("a request of %s was answered with 401: Slack did not sign it", environment.get("REMOTE_ADDR"))
        start_response("401 Unauthorized", [("Content-Type", "application/json")])
        return [b'{"error": "invalid request"}']

    return answer


def _is_signed(verifier: SignatureVerifier, body: bytes, environment: WSGIEnvironment) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:  # Slack sends none such
        return False
    moment, signature = environment["HTTP_X_SLACK_REQUEST_TIMESTAMP"], environment["HTTP_X_SLACK_SIGNATURE"]
    return verifier.is_valid(text, moment, signature)


class _NotFound(Error):
    code, reason = 404, "Not Found"


class _MethodNotAllowed(Error):
    code, reason = 405, "Method Not Allowed"


class _Unauthorized(Error):
    code, reason = 401, "Unauthorized"


class _Parser(HTTPRequestParser):
    """A request, of which no body is asked for or awaited once its headers speak against it."""

    path: str
    command: str  # type: ignore[assignment]  # types-waitress 3.0 takes it for bytes

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.empty:
            self.empty, self.error = False, BadRequest("no request")
        if self.error is not None:
            self.completed, self.expect_continue = True, False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except TransferEncodingNotImplemented as error:
            raise ParsingError(str(error)) from error
        except ValueError as error:  # a length of thousands of digits
            raise ParsingError("Content-Length is invalid") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")
        self.error = self._refusal()

    def _refusal(self) -> Error | None:
        if self.path != PATH:
            return _NotFound("nothing is here")
        if self.command != "POST":
            return _MethodNotAllowed("POST only")
        moment = self.headers.get("X_SLACK_REQUEST_TIMESTAMP", "")
        signature = self.headers.get("X_SLACK_SIGNATURE", "")
        if not (_MOMENT.fullmatch(moment) and _SIGNATURE.fullmatch(signature)):
            return _Unauthorized("no signature of Slack's")
        return None


class _Refusal(ErrorTask):
    """The answer to a request that is not for us, and one line about it in the log."""

    def execute(self) -> None:
        error: Error = self.request.error  # type: ignore[attr-defined]  # types-waitress 3.0 takes the request for it
        _log.warning("a request of %s was answered with %s: %s", self.channel.addr[0], error.code, error.reason)
        super().execute()


class _Channel(HTTPChannel):
    """A connection that knows since when it has owed us a request."""

    parser_class = _Parser
    error_task_class = _Refusal

    def __init__(self, *given: Any, **named: Any) -> None:
        self.waits_since = time.monotonic()
        super().__init__(*given, **named)

    @property
    def is_waiting(self) -> bool:
        """Whether it keeps us waiting, with no request or a part of one."""
        return not (self.requests or self.total_outbufs_len or self.will_close or self.close_when_flushed)

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.waits_since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        super().service()
        self.waits_since = time.monotonic()


class _Server(TcpWSGIServer):
    """Ends connections that keep it waiting: each after some seconds, the longest at once where there are many."""

    active_channels: "dict[int, _Channel]"  # type: ignore[assignment]  # types-waitress 3.0 takes it for one channel
    channel_class = _Channel

    def readable(self) -> bool:
        """Called in each turn of the loop, at least once a second."""
        latest = time.monotonic() - _REQUEST_SECONDS
        for channel in self._waiting():
            if channel.waits_since < latest:
                self._end(channel)
        return bool(super().readable())

    def handle_accept(self) -> None:
        waiting = self._waiting()
        if len(waiting) >= _MOST_WAITING:
            self._end(min(waiting, key=lambda channel: channel.waits_since))
        super().handle_accept()

    def _waiting(self) -> list[_Channel]:
        return [channel for channel in self.active_channels.values() if channel.is_waiting]

    def _end(self, channel: _Channel) -> None:
        if channel.request is not None:
            _log.warning("a request of %s did not come to its end and was dropped", channel.addr[0])
        channel.will_close = True  # the loop closes it: another thread may be at it
