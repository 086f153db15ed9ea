"""How long a page of /jobs takes where the table holds a million jobs.

Each is measured twice: what the service and the views take, in this process; then the whole way through the bot that
people run, from the command's envelope to the answer that arrives at Slack.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from bot.views.jobs import job_details, job_list, queue
from bot.views.jobs.list_filters import ListAsked
from runner.jobs import Requester
from runner.messages.reader import Reader
from runner.service import ScriptRunner
from runner.system.memory import freeze_garbage
from tests.benchmarks import million_jobs
from tests.benchmarks.figures import Figure, percentiles
from tests.benchmarks.million_jobs import FEW, MANY, NOBODY
from tests.benchmarks.rig import REQUESTER, Rig
from tests.benchmarks.slack import Slack

PAGES = 60
TARGET_MS = 20
_SHARES = (50, 95)
_READER = Reader(now=million_jobs.LAST.replace(tzinfo=UTC), zone=UTC)
_TYPED = {"": "your jobs", "all": "all jobs", "queue": "the queue"}


def measure() -> Iterator[Figure]:
    """The pages of somebody with many jobs, of somebody with few, of all, and of the queue."""
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name) / "rig")
        rig.assembly.close()
        million_jobs.fill(rig.database)
        freeze_garbage()  # as bot and runner do
        for key, words, draw in _pages(rig.service):
            times = [_seconds(draw) for _ in range(PAGES)]
            yield from percentiles(
                f"page_{key}", f"/jobs of a million, {words}", times, shares=_SHARES, at_most_ms=TARGET_MS
            )
        with Slack() as slack, rig.process("bot", slack.environment):
            for typed, words in _TYPED.items():
                times = [slack.answer("/jobs", typed, MANY) for _ in range(PAGES)]
                key = f"answer_{typed or 'mine'}"
                yield from percentiles(key, f"/jobs {typed}: command to answer, {words}", times, shares=_SHARES)


def _pages(service: ScriptRunner) -> Iterator[tuple[str, str, Callable[[], object]]]:
    many, few, nobody = (_person(user_id) for user_id in (MANY, FEW, NOBODY))
    yield "many", "somebody with 500,000", partial(_list, service, many)
    yield "oldest", "their oldest", partial(_list, service, many, before=9)
    yield "few", f"somebody with {million_jobs.FEW_JOBS}", partial(_list, service, few)
    yield "none", "somebody with none", partial(_list, service, nobody)
    yield "all", "all", partial(_list, service, few, mine=False)
    yield "queue", f"the queue, {million_jobs.WAITING} waiting", partial(_queue, service, few)
    yield "details", "one that has ended long ago", partial(_details, service, few, million_jobs.FEW_JOBS)
    last = service.jobs(few, mine=False, size=1).jobs[0]
    yield "waiting", "one that waits, the last of the queue", partial(_details, service, last.requester, last.id)


def _list(service: ScriptRunner, person: Requester, *, mine: bool = True, before: int | None = None) -> object:
    """As ``bot/listeners/jobs.py`` does it."""
    found = service.jobs(person, mine=mine, before=before)
    pause = service.queue.paused()
    blocks = job_list.page(found, asked=ListAsked(), reader=_READER, pause=pause)
    return job_list.spoken(found, asked=ListAsked(), reader=_READER, pause=pause), [block.to_dict() for block in blocks]


def _queue(service: ScriptRunner, person: Requester) -> object:
    """As ``bot/listeners/queue.py`` does it."""
    upcoming, pause = service.queue.upcoming(person, at_most=queue.MOST_WAITING), service.queue.paused()
    waiting, limits = service.queue.length(), service.queue.limits
    told: dict[str, Any] = {"pause": pause, "limits": limits, "waiting_count": waiting, "reader": _READER}
    return queue.spoken(upcoming, **told), [block.to_dict() for block in queue.page(upcoming, **told)]


def _details(service: ScriptRunner, person: Requester, number: int) -> object:
    """As ``listeners/context.py`` does it."""
    found = service.details(person, number)
    blocks = job_details.details(found, _READER, notice="")
    return job_details.spoken(found, _READER, notice=""), [block.to_dict() for block in blocks]


def _seconds(draw: Callable[[], object]) -> float:
    began = time.perf_counter()
    draw()
    return time.perf_counter() - began


def _person(user_id: str) -> Requester:
    return Requester(user_id=user_id, team_id=REQUESTER.team_id, email=f"{user_id.lower()}@example.com", name=user_id)
