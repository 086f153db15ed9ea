"""What is not from Slack, sent to the bot in HTTP mode."""

import socket
import time
from contextlib import ExitStack
from http.client import HTTPException

from tests.attack.attacks import Attacks
from tests.attack.target import PATH, Target, signed

ATTACKS = Attacks("requests")
_GROWTH_BYTES = 8 * 1024 * 1024
_CANARY = b"canary-in-a-body"


@ATTACKS("bodies of 50 MB without and with a wrong signature: neither memory nor log")
def large_bodies(target: Target, hardness: int) -> None:
    before = target.memory_bytes("bot in HTTP mode")
    body = _CANARY * (50 * 1024 * 1024 // len(_CANARY))
    for headers in ({}, signed(b"another"))[: 1 + hardness]:
        assert _refused(target, body, headers)
    assert target.memory_bytes("bot in HTTP mode") - before < _GROWTH_BYTES
    assert _CANARY.decode() not in target.command.log


@ATTACKS("no signature, a wrong one, one of another body, an old one, one of the future")
def signatures(target: Target, hardness: int) -> None:
    del hardness
    body = b"payload=%7B%7D"
    for headers in (
        {},
        signed(body, secret="another"),
        signed(b"another"),
        signed(body, seconds_ago=360),
        signed(body, seconds_ago=-360),
        signed(body) | {"X-Slack-Request-Timestamp": "now"},
        signed(body) | {"X-Slack-Signature": "v0="},
    ):
        assert target.post(body, **headers) == 401, headers


@ATTACKS("half-sent and dripping requests: who has a signature is answered meanwhile")
def half_sent(target: Target, hardness: int) -> None:
    with ExitStack() as stack:
        for _ in range(100 * hardness):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", target.http_port), timeout=30))
            client.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n".encode())
        body = b"ssl_check=1"
        began = time.monotonic()
        assert target.post(body, **signed(body)) == 200
        assert time.monotonic() - began < 10


@ATTACKS("odd lines, headers, lengths and encodings")
def odd_headers(target: Target, hardness: int) -> None:
    del hardness
    for request in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        f"POST {PATH} HTTP/1.1\r\n".encode() + b"X: y\r\n" * 1000 + b"\r\n",
        f"POST {PATH} HTTP/1.1\r\nContent-Length: -1\r\n\r\n".encode(),
        f"POST {PATH} HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n".encode(),
        f"POST {PATH} HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".encode(),
        f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n".encode(),
        f"POST {PATH} HTTP/1.1\r\nX-Slack-Signature: v0=\xe9\r\nContent-Length: 0\r\n\r\n".encode("latin-1"),
        b"\0" * 1000 + b"\r\n\r\n",
    ):
        assert b" 200 " not in _answer(target, request).partition(b"\r\n")[0]


def _refused(target: Target, body: bytes, headers: dict[str, str]) -> bool:
    try:
        return target.post(body, **headers) in {401, 413}
    except (ConnectionError, HTTPException):  # hung up on while it was sending
        return True


def _answer(target: Target, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", target.http_port), timeout=20) as client:
        try:
            client.sendall(request)
            return client.recv(4096)
        except ConnectionError:
            return b""
