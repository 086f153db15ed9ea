import time

from runner.system.clock import uptime


def test_uptime_counts_the_seconds_that_the_machine_is_up_asleep_or_not() -> None:
    before = uptime()

    assert before >= time.monotonic() - 1
    assert before <= uptime() < before + 60
