"""The log of a process: one line for each event, control characters shown as escapes, secrets hidden."""

import logging
import sys
from collections.abc import Iterable

from runner.system.text import visible, visible_lines

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_LOUD = ("slack_bolt", "slack_sdk", "apscheduler", "asyncssh", "waitress")


class PlainFormatter(logging.Formatter):
    """Writes each event on one line, whatever its text holds; the lines of a traceback follow, indented.

    So no text can pass for an event of its own: nothing that somebody else wrote begins a line.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(_FORMAT)
        self._secrets = tuple(secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """The line without its traceback."""
        return visible(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry."""
        return hidden(visible_lines(super().format(record)), self._secrets).replace("\n", "\n  ")


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, also where ``visible`` has been at work on them."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "(secret)").replace(visible(secret), "(secret)")
    return text


def start(level: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error from now on; libraries only from warnings up."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(PlainFormatter(secrets))
    logging.basicConfig(level=level.upper(), handlers=[stream], force=True)
    logging.captureWarnings(capture=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
