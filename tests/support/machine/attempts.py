"""Attempts of real scripts, as the tests of executors start, watch and end them."""

import json
import select
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from runner.executors import Attempt, Executor, ExecutorSettings, Order, Outcome
from runner.executors.registry import EXECUTORS
from tests.support.slack.person import wait_for

DEADLINE = 20.0
MakeOrder = Callable[..., Order]
SECOND = timedelta(seconds=1)
LONG = "#!/bin/sh\necho $$ > pid\nexec sleep 600\n"
FAMILY = """#!/bin/sh
sleep 600 & echo $! >> pids
setsid sleep 600 & echo $! >> pids
(setsid sh -c 'sleep 600 & echo $! >> pids' &)
(trap "" TERM; sleep 600 & echo $! >> pids)
sh -c 'echo $$ >> pids; kill -STOP $$' &
"""


def made(name: str) -> Executor:
    """The executor that is registered under this name, with the settings it has by default."""
    return EXECUTORS[name](getattr(ExecutorSettings(), name))


def pids(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def has_ended(attempt: Attempt, seconds: float = 0) -> bool:
    return bool(select.select([attempt], [], [], seconds)[0])


def end(attempt: Attempt) -> Outcome:
    assert has_ended(attempt, DEADLINE), "it still runs"
    return attempt.outcome()


def run(executor: Executor, order: Order) -> Outcome:
    return end(executor.start(order))


def started(executor: Executor, order: Order, file: str = "pid") -> tuple[Attempt, int]:
    """A running attempt, and the process id its script has written."""
    attempt = executor.start(order)
    wait_for(lambda: pids(order.folder / file), what="begun")
    return attempt, pids(order.folder / file)[0]


def supervisor(order: Order) -> int:
    """The process id of the supervisor, from the first line of its records."""
    path = order.records / f"attempt-{order.attempt}.state"
    wait_for(path.exists)
    return int(json.loads(path.read_text().splitlines()[0])["supervisor"])


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
