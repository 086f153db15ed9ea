"""One person's work takes its turn; it neither takes all threads nor leaves anything behind."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bot.listeners.turns import MOST_OF_ONE, MOST_WAITING, ListenerTurns
from runner.errors import ScriptRunnerError
from tests.support.slack.person import MARIA, TOM, wait_for


class Site:
    """Work that goes on until the gate is open, begun in threads of its own."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.turns = ListenerTurns()
        self.gate = threading.Event()
        self.begun: list[str] = []
        self._pool = pool

    def begin(self, user_id: str) -> Future[None]:
        def work() -> None:
            self.begun.append(user_id)
            assert self.gate.wait(60)

        return self._pool.submit(self.turns.run, user_id, work)

    def fill(self, user_id: str) -> list[Future[None]]:
        """Have as many at work as may be."""
        running = [self.begin(user_id) for _ in range(MOST_OF_ONE)]
        wait_for(lambda: self.begun.count(user_id) == MOST_OF_ONE)
        return running


@pytest.fixture
def site() -> Iterator[Site]:
    with ThreadPoolExecutor(4 * MOST_OF_ONE) as pool:
        site = Site(pool)
        yield site
        site.gate.set()


def test_what_waits_takes_no_thread_and_is_done_in_its_turn(site: Site) -> None:
    running = site.fill(MARIA)

    for waiting in [site.begin(MARIA) for _ in range(MOST_WAITING)]:
        waiting.result(30)

    assert len(site.begun) == MOST_OF_ONE
    site.gate.set()
    for each in running:
        each.result(30)
    assert len(site.begun) == MOST_OF_ONE + MOST_WAITING


def test_more_than_may_wait_is_refused_with_words(site: Site) -> None:
    site.fill(MARIA)
    for waiting in [site.begin(MARIA) for _ in range(MOST_WAITING)]:
        waiting.result(30)

    with pytest.raises(ScriptRunnerError, match="12 things that you asked for are still being worked on"):
        site.begin(MARIA).result(30)


def test_others_begin_at_once(site: Site) -> None:
    site.fill(MARIA)

    site.begin(TOM)

    wait_for(lambda: TOM in site.begun)


def test_nothing_is_kept_of_people_who_are_done(site: Site) -> None:
    site.gate.set()
    for number in range(1_000):
        site.begin(f"U{number}").result(30)

    assert site.turns._lines == {}  # noqa: SLF001  # nothing else tells
