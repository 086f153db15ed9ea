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
from runner.jobs import Job, Pause, Requester
from runner.messages.reader import Reader
from runner.service import JobPage, ScriptRunner
from runner.system.clock import Clock, Monotonic, time_zone

_log = logging.getLogger(__name__)
_MOST_OPEN = 100
_OPEN_SECONDS = 3600
_LOOK_SECONDS = 5.0
_AT_ONCE = 5  # tabs drawn anew at each look, so 60 a minute: views.publish is tier 4, 100 a minute
_PAUSE_LOOKS = 12  # left out once Slack asks to wait

_Shown = tuple[object, ...]


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
        self._open = TTLCache[str, tuple[Requester, _Shown], float](_MOST_OPEN, _OPEN_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def draw(self, client: WebClient, person: Requester) -> None:
        """Draw the tab of a person who opens it now; SlackApiError where Slack does not take it."""
        jobs, pause = self._look(person)
        self._remember(person, _shown(jobs, pause))
        self._publish(client, person, jobs, pause)

    def refresh(self, client: WebClient) -> bool:
        """Draw those anew whose jobs have changed, a few at once; whether Slack lets us go on at once.

        First come those that were drawn longest ago. What cannot be drawn is left alone until it is opened again.
        """
        drawn = 0
        for person, shown in self._opened():
            jobs, pause = self._look(person)
            now_shown = _shown(jobs, pause)
            if now_shown == shown:
                continue
            self._remember(person, now_shown)
            try:
                self._publish(client, person, jobs, pause)
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

    def _opened(self) -> list[tuple[Requester, _Shown]]:
        with self._lock:
            return list(self._open.values())

    def _look(self, person: Requester) -> tuple[JobPage, Pause | None]:
        return self._service.jobs(person, mine=True), self._service.queue.paused()

    def _remember(self, person: Requester, shown: _Shown) -> None:
        """As the one drawn last."""
        with self._lock:
            self._open.pop(person.user_id, None)
            self._open[person.user_id] = (person, shown)

    def _forget(self, person: Requester) -> None:
        with self._lock:
            self._open.pop(person.user_id, None)

    def _publish(self, client: WebClient, person: Requester, jobs: JobPage, pause: Pause | None) -> None:
        reader = Reader(now=self._clock(), zone=time_zone(person.time_zone))
        client.views_publish(user_id=person.user_id, view=home.home(jobs, reader, pause=pause))


def _shown(jobs: JobPage, pause: Pause | None) -> _Shown:
    """What of the jobs is worth drawing a tab anew."""
    why = None if pause is None else (pause.reason, pause.paused_by)
    return (why, *(_state_of(job) for job in jobs.jobs))


def _state_of(job: Job) -> _Shown:
    return (job.id, job.state, job.attempt, job.started_at, job.held_at, job.not_before, job.cancel_requested_at)
