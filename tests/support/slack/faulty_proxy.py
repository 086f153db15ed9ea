"""What stands between ScriptRunner and Slack and fails: connections are refused, cut, or answered with trouble."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from tests.support.machine.served import Quiet, serving

_OPENER = build_opener(ProxyHandler({}))
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER in socket(7): what is closed is cut off with a reset


class Fault(StrEnum):
    """How one request fares badly; only the answer's end is cut after Slack has taken the message."""

    RESET = "reset"
    CUT_REQUEST = "cut request"
    CUT_ANSWER = "cut answer"
    NO_JSON = "no json"
    UNAVAILABLE = "unavailable"


@dataclass
class FaultyProxy:
    """``faults`` happen to the next requests, in order; what comes after them is passed on.

    In what is answered, the second of ``rewritten`` stands in place of the first. ``held`` are methods that are passed
    on only once their event is set, where the request holds a text; ``unanswered`` ones are answered only then.
    """

    url: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    happened: list[Fault] = field(default_factory=list)
    rewritten: tuple[str, str] | None = None
    held: dict[tuple[str, str], threading.Event] = field(default_factory=dict)
    unanswered: dict[str, threading.Event] = field(default_factory=dict)

    @contextmanager
    def holding(self, method: str, text: str = "") -> Iterator[None]:
        """Have Slack leave such requests unanswered until the block ends."""
        gate = self.held[method, text] = threading.Event()
        try:
            yield
        finally:
            del self.held[method, text]
            gate.set()

    @contextmanager
    def leaving_unanswered(self, method: str) -> Iterator[None]:
        """Have Slack take such requests and say nothing until the block ends."""
        gate = self.unanswered[method] = threading.Event()
        try:
            yield
        finally:
            del self.unanswered[method]
            gate.set()


@contextmanager
def between(slack_url: str) -> Iterator[FaultyProxy]:
    """A proxy before the Slack of that address, such as http://127.0.0.1:8065/api/."""
    proxy = FaultyProxy()
    with serving(type("Faulty", (_Faulty,), {"proxy": proxy, "behind": slack_url.removesuffix("/api/")})) as url:
        proxy.url = f"{url}/api/"
        yield proxy


class _Faulty(Quiet, BaseHTTPRequestHandler):
    proxy: ClassVar[FaultyProxy]
    behind: ClassVar[str]

    def do_POST(self) -> None:
        fault = self.proxy.faults.popleft() if self.proxy.faults else None
        if fault is not None:
            self.proxy.happened.append(fault)
        match fault:
            case Fault.RESET:
                self._cut()
            case Fault.CUT_REQUEST:
                self.rfile.read(20)
                self._cut()
            case Fault.NO_JSON:
                self._answer(200, "text/html", b"<html>A proxy says hello.</html>")
            case Fault.UNAVAILABLE:
                self._answer(503, "text/html", b"upstream connect error")
            case Fault.CUT_ANSWER | None:
                answer = self._passed_on()
                self._wait_with_answer()
                self._answer(*answer, is_cut=fault is not None)

    def _passed_on(self) -> tuple[int, str, bytes]:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        for (method, text), gate in list(self.proxy.held.items()):
            if self.path.endswith(method) and text in body.decode():
                assert gate.wait(60)
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
        request = Request(self.behind + self.path, data=body, headers=headers)  # noqa: S310  # an address of ours
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return answer.status, answer.headers["Content-Type"], self._rewritten(answer.read())
        except HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()

    def _wait_with_answer(self) -> None:
        for method, gate in list(self.proxy.unanswered.items()):
            if self.path.endswith(method):
                assert gate.wait(60)

    def _rewritten(self, body: bytes) -> bytes:
        if self.proxy.rewritten is None:
            return body
        found, put = self.proxy.rewritten
        return body.replace(found.encode(), put.encode())

    def _answer(self, status: int, kind: str, body: bytes, *, is_cut: bool = False) -> None:
        with suppress(ConnectionError):  # whoever asked was killed meanwhile
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if is_cut else body)
        if is_cut:
            self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.connection.close()
