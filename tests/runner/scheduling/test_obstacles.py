"""What keeps a job from starting, in words: the limit that would still hold if others ended comes first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runner.scheduling import Limits, Load, Running, obstacle

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def run(user_id: str = "U0BOB", script: str = "b.sh", **load: Any) -> Running:
    return Running(id=1, user_id=user_id, script=script, started_at=NOW, **load)


def wait(**load: Any) -> Load:
    return Load(id=2, user_id="U0ADA", script="a.sh", **load)


MINE, SAME = run(user_id="U0ADA"), run(script="a.sh")
GIGABYTE = 10**9


@pytest.mark.parametrize(
    ("limits", "running", "job", "words"),
    [
        (Limits(slots=2, per_person=1), [], wait(), ""),
        (Limits(slots=2, per_person=1), [run()], wait(), ""),
        (Limits(slots=2, per_person=1), [MINE], wait(), "1 job runs of its requester, and 1 of one person may at once"),
        (
            Limits(slots=2, per_person=1),
            [MINE, run()],
            wait(),
            "1 job runs of its requester, and 1 of one person may at once",
        ),
        (Limits(slots=2), [MINE, run()], wait(), "2 jobs run, and 2 may at once"),
        (Limits(slots=1), [SAME], wait(concurrency=1), "1 job runs of its script, and 1 of it may at once"),
        (Limits(slots=2), [SAME], wait(concurrency=2), ""),
        (Limits(cpus=8), [run(cpus=6)], wait(cpus=4), "it asks for 4 CPUs, and 2 of 8 are free"),
        (
            Limits(memory_bytes=8 * GIGABYTE),
            [run(memory_bytes=9 * GIGABYTE)],
            wait(memory_bytes=GIGABYTE),
            "it asks for 1.0 GB of memory, and 0 B of 8.0 GB are free",
        ),
        (Limits(), [MINE, SAME], wait(cpus=4096, memory_bytes=10**12), ""),
    ],
)
def test_limit_that_keeps_a_job_waiting_is_named(limits: Limits, running: list[Running], job: Load, words: str) -> None:
    assert obstacle(limits, running, job) == words


@pytest.mark.parametrize(
    ("limits", "running", "words"),
    [
        (Limits(per_person=1), [MINE], "1 job of yours runs, and 1 of one person may at once"),
        (Limits(per_person=2), [MINE, MINE], "2 jobs of yours run, and 2 of one person may at once"),
        (Limits(slots=1), [MINE], "1 job runs, and 1 may at once"),
    ],
)
def test_limit_of_the_reader_is_told_as_their_own(limits: Limits, running: list[Running], words: str) -> None:
    assert obstacle(limits, running, wait(), is_own=True) == words
