"""Tells whoever started the stand-in that it is ready and lives, by the protocol of sd_notify(3)."""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import suppress

_BEATS_IN_PERIOD = 4


async def notify(environment: Mapping[str, str], address: str) -> None:
    """Say that it can be reached at the address, then that its loop turns, until this is cancelled."""
    where, period = environment.get("NOTIFY_SOCKET"), environment.get("WATCHDOG_USEC", "0")
    if not where:
        return
    _send(where, f"READY=1\nSTATUS={address}")
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()) or not int(period):
        return
    while True:
        _send(where, "WATCHDOG=1")
        await asyncio.sleep(int(period) / 1_000_000 / _BEATS_IN_PERIOD)


def _send(where: str, message: str) -> None:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sender.sendto(message.encode(), f"\0{where[1:]}" if where.startswith("@") else where)
