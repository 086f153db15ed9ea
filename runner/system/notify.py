"""Tells whoever started this process how it is: the protocol of sd_notify(3), which `scriptrunner up` speaks too."""

import logging
import os
import socket
from collections.abc import MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from runner.system.wakeup import short_address

ADDRESS, PERIOD, WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
"""The variables of the protocol: where to send, how often to be heard in microseconds, and who is meant."""

_log = logging.getLogger(__name__)
_SEND_SECONDS = 1.0
_MOST_CHARACTERS = 400


class Notifier:
    """Sends states to the socket of whoever watches this process; without one it does nothing.

    ``period`` is the time in which it wants to hear of us, where it wants to.
    """

    def __init__(self, address: str | None = None, *, period: timedelta | None = None) -> None:
        self._address = address
        self.period = period

    @classmethod
    def taken_from(cls, environment: MutableMapping[str, str]) -> Self:
        """What the environment says, which is taken out of it: what we start is not to speak for us."""
        address, period, watched = (environment.pop(name, None) for name in (ADDRESS, PERIOD, WATCHED))
        is_meant = watched in (None, str(os.getpid()))
        if period is None or not is_meant or not (period.isascii() and period.isdigit() and int(period)):
            return cls(address)
        return cls(address, period=timedelta(microseconds=int(period)))

    def tell(self, **states: str) -> None:
        """Send ``READY="1"`` and the like; a watcher that has gone, or takes nothing for a second, is none of ours."""
        if not self._address:
            return
        lines = (f"{name}={words[:_MOST_CHARACTERS].splitlines()[0]}" for name, words in states.items() if words)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(_SEND_SECONDS)
            try:
                self._send(sender, "\n".join(lines).encode(), self._address)
            except OSError as error:
                _log.debug("nobody was told at %s: %s", self._address, error)

    @staticmethod
    def _send(sender: socket.socket, message: bytes, address: str) -> None:
        if address.startswith("@"):
            sender.sendto(message, f"\0{address[1:]}")
            return
        with short_address(Path(address)) as short:
            sender.sendto(message, short)
