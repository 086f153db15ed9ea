"""What goes wrong again and again is in the log once, and said to last, and to be over."""

import logging

import pytest

from runner.system.lasting_faults import LastingFaults

LOG = logging.getLogger("lasting")


class Passing:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def faults(passing: Passing, caplog: pytest.LogCaptureFixture) -> LastingFaults:
    caplog.set_level(logging.INFO)
    return LastingFaults(LOG, monotonic=passing)


def test_fault_of_every_second_is_logged_once_with_its_traceback_and_said_to_last(
    faults: LastingFaults, passing: Passing, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3601):
        faults.met("turn", OSError("no disk"), "a turn failed")
        passing.now += 1

    assert [(record.message, bool(record.exc_info)) for record in caplog.records] == [
        ("a turn failed", True),
        ("a turn failed: no disk; so for 10 min, 601 times", False),
    ]
    caplog.clear()

    passing.now = 4200
    faults.met("turn", OSError("no disk"), "a turn failed")
    faults.over("turn")
    faults.over("turn")

    assert caplog.messages == [
        "a turn failed: no disk; so for 1 h 10 min, 3602 times".replace("3602", "3,602"),
        "over after 1 h 10 min, 3602 times: no disk",
    ]


def test_other_faults_and_those_that_come_back_are_logged(
    faults: LastingFaults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.met("turn", OSError("no disk"), "a turn failed")
    faults.met("turn", OSError("no memory"), "a turn failed")
    faults.met(12, OSError("no disk"), "job 12", is_traced=False)
    faults.over("turn")
    faults.met("turn", OSError("no memory"), "a turn failed")

    assert caplog.messages == ["a turn failed", "a turn failed", "job 12: no disk", "a turn failed"]


def test_however_many_faults_there_are_few_are_remembered(faults: LastingFaults) -> None:
    for number in range(100_000):
        faults.met(number, OSError("no disk"), "a job")

    assert len(faults._faults) == 1_000  # noqa: SLF001
