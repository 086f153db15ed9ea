"""Sends logs to those who ask for them, in threads of its own; nobody gets the same one twice for pressing twice."""

import logging
import os
import threading
from functools import partial

from cachetools import TTLCache
from slack_sdk.errors import SlackClientError

from bot.listeners.context import in_words
from bot.slack.interaction import Interaction
from bot.slack.sending import OutgoingFile, send_file
from runner.messages.texts import title
from runner.service import SentLog
from runner.system.clock import Monotonic
from runner.system.text import size
from runner.system.threads import run_aside

_log = logging.getLogger(__name__)
_MOST_AT_ONCE = 8
_MOST_KEPT = 1_000
_AGE_SECONDS = 60
_ON_ITS_WAY = "The log is on its way: it comes as a direct message."
_Key = tuple[str, int]
"""A person and the number of a job."""


class LogSending:
    """A few logs on their way at once, and which were sent within the last minute. Safe for threads."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._under_way: set[_Key] = set()
        self._sent = TTLCache[_Key, int, float](_MOST_KEPT, _AGE_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def start(self, interaction: Interaction, log: SentLog) -> str:
        """Send a log to whoever did this, unless the same is on its way or was just sent, and close it.

        What is returned says which; a failure is told by a direct message.
        """
        key = interaction.user_id, log.job.id
        if refusal := self._begin(key, log):
            os.close(log.handle)
            return refusal
        run_aside(partial(self._send, interaction, key, log), name="send log")
        return _ON_ITS_WAY

    def _begin(self, key: _Key, log: SentLog) -> str:
        """Why it is not sent; empty where it is to be."""
        with self._lock:
            if key in self._under_way:
                return _ON_ITS_WAY
            if self._sent.get(key) == log.size_bytes:
                return "The log was sent a moment ago: it is among your direct messages."
            if len(self._under_way) >= _MOST_AT_ONCE:
                return "Many logs are being sent right now: please press again in a minute."
            self._under_way.add(key)
            return ""

    def _send(self, interaction: Interaction, key: _Key, log: SentLog) -> None:
        heading = f"Log of job {log.job.id}"
        file = OutgoingFile(
            handle=log.handle,
            size_bytes=log.size_bytes,
            name=log.name,
            title=f"{heading}: {title(log.job, length=100)}",
        )
        try:
            send_file(interaction.client, interaction.user_id, file, comment=f"{heading}, {size(log.size_bytes)}")
        except Exception as error:  # noqa: BLE001  # told and logged like that of a listener
            self._end(key, None)
            _tell(interaction, in_words(error))
        else:
            self._end(key, log.size_bytes)
            _log.info("log of job %d sent to %s", log.job.id, interaction.user_id)
        finally:
            os.close(log.handle)

    def _end(self, key: _Key, sent_bytes: int | None) -> None:
        with self._lock:
            self._under_way.discard(key)
            if sent_bytes is not None:
                self._sent[key] = sent_bytes


def _tell(interaction: Interaction, words: str) -> None:
    try:
        interaction.write(words)
    except SlackClientError as error:
        _log.warning("somebody could not be told “%s”: %s", words, error)
