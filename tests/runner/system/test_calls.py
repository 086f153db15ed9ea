import logging
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from runner.system.calls import RunningCalls
from tests.support.slack.person import wait_for

CANARY = "hunter2-canary"


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def begin(calls: RunningCalls, gate: threading.Event) -> threading.Thread:
    """Have a call run in a thread of its own until the gate opens."""

    def wait_at_the_gate(password: str) -> None:
        with calls.running(f"listener {len(password)}"):
            gate.wait(60)

    before = calls.changes
    thread = threading.Thread(target=wait_at_the_gate, args=(CANARY,))
    thread.start()
    wait_for(lambda: calls.changes > before)
    return thread


def test_call_that_takes_too_long_is_logged_once_with_its_stack_and_without_its_values(
    gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    calls = RunningCalls(timedelta())
    thread = begin(calls, gate)

    for _ in range(3):
        calls.log_slow()

    gate.set()
    thread.join()
    (record,) = caplog.records
    assert re.fullmatch(r"listener 14 has taken \d+\.\d s so far", record.getMessage())
    assert record.levelno == logging.WARNING
    assert record.stack_info is not None
    assert "in wait_at_the_gate\n" in record.stack_info
    assert CANARY not in caplog.text


def test_call_that_is_over_or_quick_is_not_logged(gate: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    quick, over = RunningCalls(timedelta(hours=1)), RunningCalls(timedelta())
    thread = begin(quick, gate)
    with over.running("listener"):
        pass

    quick.log_slow()
    over.log_slow()

    gate.set()
    thread.join()
    assert caplog.records == []


def test_call_that_fails_is_over(caplog: pytest.LogCaptureFixture) -> None:
    calls = RunningCalls(timedelta())
    with pytest.raises(ValueError, match="odd"), calls.running("listener"):
        raise ValueError("odd")

    calls.log_slow()

    assert caplog.records == []
    assert calls.changes == 2
