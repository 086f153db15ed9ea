"""What the start needs of Slack: tried until it is had, said to be out of the question, or we are to stop."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.app.stopping import Stopping
from bot.slack.tokens import UNREACHABLE, may_get_better, refusal
from runner.errors import ConfigError
from runner.system.text import visible

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_FIRST_PAUSE_SECONDS = 1
_LONGEST_PAUSE_SECONDS = 60
_LOOK_SECONDS = 0.05


def retry(act: Callable[[], _T], variable: str, stopping: Stopping) -> _T | None:
    """What ``act`` gives, a call to Slack with the token in ``variable``; None where we are told to stop before.

    Tried again, with longer and longer pauses, while Slack is away or in trouble; ConfigError where it refuses the
    token. A call that is under way when we are to stop is left behind in its thread.
    """
    pause = _FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        attempt = _begin(act)
        while not (attempt.done() or stopping.is_set()):
            stopping.wait(_LOOK_SECONDS)
        if not attempt.done():
            break
        try:
            return attempt.result()
        except SlackApiError as error:
            if not may_get_better(error):
                raise ConfigError(f"{refusal(variable, error)}.") from error
            trouble, seconds = _in_trouble(error), max(pause, _asked_pause(error))
        except UNREACHABLE as error:
            trouble, seconds = f"Slack cannot be reached: {visible(str(error))[:200]}", pause
        _log.warning("%s; next attempt in %d s", trouble, seconds)
        stopping.wait(seconds)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
    return None


def _begin(act: Callable[[], _T]) -> Future[_T]:
    """Act in a thread that keeps nobody from ending."""
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except Exception as error:  # noqa: BLE001  # whoever waits raises it
            future.set_exception(error)

    threading.Thread(target=run, name="connecting", daemon=True).start()
    return future


def _in_trouble(error: SlackApiError) -> str:
    code = visible(str(error.response.get("error")))[:200]
    return f"Slack does not answer as it should: status {error.response.status_code}, {code}"


def _asked_pause(error: SlackApiError) -> int:
    """The seconds that Slack asks to wait."""
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    written = str(headers.get("retry-after", ""))
    return int(written) if written.isascii() and written.isdigit() else 0
