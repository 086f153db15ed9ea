"""A submission is one pass: one walk of the folder, one check of the values, one look at the queue, played once."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, event

from runner.scheduling.forecast import _Play
from runner.scripts import Catalogue, Script
from runner.store.queue import QueueStore
from tests.support.slack.desk import Desk
from tests.support.slack.person import TOM, Person

WATCHED: dict[CodeType, str] = {
    Catalogue._read.__code__: "walks",  # noqa: SLF001  # what each question begins with
    Script.examined.__code__: "checks",
    QueueStore.look.__code__: "looks at the queue",
    _Play.__init__.__code__: "plays",
}


class Calls:
    """Counts what all threads call and how many transactions they begin, from ``clear`` on."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def clear(self) -> None:
        self.counts.clear()

    def note_call(self, frame: FrameType, what: str, _: Any) -> None:
        if what == "call" and (name := WATCHED.get(frame.f_code)):
            self.counts[name] += 1

    def note_transaction(self, _: object) -> None:
        self.counts["transactions"] += 1


@pytest.fixture(scope="module", autouse=True)
def calls() -> Iterator[Calls]:
    """Made before the bot is, whose threads it watches."""
    calls = Calls()
    threading.setprofile(calls.note_call)
    event.listen(Engine, "begin", calls.note_transaction)
    yield calls
    event.remove(Engine, "begin", calls.note_transaction)
    threading.setprofile(None)
    assert sys.getprofile() is None


def test_form_on_an_empty_queue_is_drawn_without_playing_it(calls: Calls, desk: Desk, maria: Person) -> None:
    calls.clear()

    maria.command("/runscript greet.sh name=Ada")
    desk.settle()

    assert maria.top_view()["title"]["text"] == "Run a script"
    assert calls.counts == {"walks": 1, "checks": 1, "looks at the queue": 1, "transactions": 5}


@pytest.mark.parametrize("others", [0, 3])
def test_submission_walks_checks_looks_and_plays_once(calls: Calls, desk: Desk, maria: Person, others: int) -> None:
    for _ in range(others):
        desk.queue("greet.sh", user_id=TOM)
    maria.command("/runscript greet.sh name=Ada")
    desk.settle()
    calls.clear()

    maria.submit()
    desk.settle()

    played = calls.counts.pop("plays", 0)
    assert calls.counts == {"walks": 1, "checks": 1, "looks at the queue": 1, "transactions": 7}
    assert played == (40 if others else 0), "one look at the queue is played forty times, to tell a range"
    assert desk.job_count()
