"""Home tabs that were opened lately: drawn when they are, and drawn anew when their person's jobs have changed."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.views.jobs import home
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.messages.reader import Reader
from runner.service import HomeMark, ScriptRunner
from runner.system.clock import Clock, Monotonic, time_zone

_log = logging.getLogger(__name__)
_MOST_OPEN = 100
_OPEN_SECONDS = 3600
_LOOK_SECONDS = 5.0
_AT_ONCE = 5  # tabs drawn anew at each look, so 60 a minute: views.publish is tier 4, 100 a minute
_PAUSE_LOOKS = 12  # left out once Slack asks to wait


class EndSignal(Protocol):
    """Says when it is over."""

    def wait(self, seconds: float, /) -> bool:
        """Wait so long, or until it is over; whether it is."""


class OpenHomes:
    """The tabs of the hundred people who opened theirs last, each for an hour. Safe for threads.

    Bot and runner share the database alone, so that is looked at; what has changed since is drawn, and nothing else.
    """

    def __init__(self, service: ScriptRunner, *, clock: Clock, monotonic: Monotonic) -> None:
        self._service = service
        self._clock = clock
        self._open = TTLCache[str, tuple[Requester, HomeMark], float](_MOST_OPEN, _OPEN_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def draw(self, client: WebClient, person: Requester) -> None:
        """Draw the tab of a person who opens it now; SlackApiError where Slack does not take it."""
        self._remember(person, self._service.home.marks([person])[person.user_id])
        self._publish(client, person)

    def refresh(self, client: WebClient) -> bool:
        """Draw those anew of which anything has changed, a few at once; whether Slack lets us go on at once.

        First come those that were drawn longest ago. What cannot be drawn is left alone until it is opened again.
        """
        drawn = 0
        opened = self._opened()
        marks = self._service.home.marks([person for person, _ in opened])
        for person, shown in opened:
            if marks[person.user_id] == shown:
                continue
            self._remember(person, marks[person.user_id])
            try:
                self._publish(client, person)
            except SlackApiError as error:
                self._forget(person)
                _log.info("the Home tab of %s is not drawn anew: %s", person.user_id, error.response.get("error"))
                return bool(error.response.get("error") != "ratelimited")
            drawn += 1
            if drawn == _AT_ONCE:
                break
        return True

    def run(self, client: WebClient, ending: EndSignal, beat: Callable[[], None]) -> None:
        """Look every few seconds until it is over."""
        pause = 0
        while not ending.wait(_LOOK_SECONDS):
            beat()
            pause = max(0, pause - 1)
            try:
                if not pause and not self.refresh(client):
                    pause = _PAUSE_LOOKS
            except (ScriptRunnerError, SlackClientError, OSError) as error:
                _log.debug("Home tabs are not drawn anew: %s", error)
            except Exception:  # noqa: BLE001  # a turn of a daemon loop: logged, and on it goes
                _log.exception("Home tabs are not drawn anew")

    def _opened(self) -> list[tuple[Requester, HomeMark]]:
        with self._lock:
            return list(self._open.values())

    def _remember(self, person: Requester, shown: HomeMark) -> None:
        """As the one drawn last."""
        with self._lock:
            self._open.pop(person.user_id, None)
            self._open[person.user_id] = (person, shown)

    def _forget(self, person: Requester) -> None:
        with self._lock:
            self._open.pop(person.user_id, None)

    def _publish(self, client: WebClient, person: Requester) -> None:
        contents = self._service.home.contents(person)
        reader = Reader(now=self._clock(), zone=time_zone(person.time_zone))
        client.views_publish(user_id=person.user_id, view=home.home(contents, reader, name=person.name))
