"""What `up` does with a part that dies, hangs, or does not stop: real processes that behave so."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.parts import BackOff, Part, Parts
from runner.errors import ConfigError
from tests.support.machine.command import is_alive

BEGIN = """
import os, signal, socket, sys, time
from runner.system import environment
environment.withdraw()
def tell(words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(words.encode(), os.environ["NOTIFY_SOCKET"])
tell("READY=1\\nSTATUS=" + str(os.getpid()))
"""
BEATS = "while True: tell('WATCHDOG=1'); time.sleep(0.1)\n"
SILENT = "signal.pause()\n"


@pytest.fixture
def parts() -> Iterator[Parts]:
    with Parts(period=timedelta(seconds=3)) as made:
        yield made


def add(parts: Parts, does: str) -> Part:
    return parts.add("part", [sys.executable, "-c", BEGIN + does], os.environ)


def see_to(parts: Parts, *, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline, "not so after a minute"
        parts.turn(0.05)


def test_pauses_grow_up_to_a_minute_and_begin_anew_once_it_ran_well() -> None:
    back_off = BackOff()

    pauses = [back_off.pause(after=timedelta(seconds=5)).total_seconds() for _ in range(8)]

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off.pause(after=timedelta(minutes=2)).total_seconds() == 1
    assert back_off.pause(after=timedelta(seconds=5)).total_seconds() == 2


def test_part_that_is_silent_for_too_long_is_killed_and_started_again(
    parts: Parts, capfd: pytest.CaptureFixture[str]
) -> None:
    part = add(parts, SILENT)
    see_to(parts, until=lambda: part.is_ready)
    first = int(part.status)

    see_to(parts, until=lambda: part.status != str(first))

    assert not is_alive(first)
    said = capfd.readouterr().err
    assert "The part has given no sign of life for 3 s, and is killed." in said
    assert "The part has ended by SIGKILL; it is started again in 1 s." in said


def test_part_that_is_suspended_is_killed_too(parts: Parts) -> None:
    part = add(parts, BEATS)
    see_to(parts, until=lambda: part.is_ready)
    first = int(part.status)

    os.kill(first, signal.SIGSTOP)

    see_to(parts, until=lambda: part.status != str(first))
    assert not is_alive(first)


def test_part_that_beats_is_left_alone(parts: Parts) -> None:
    part = add(parts, BEATS)
    see_to(parts, until=lambda: part.is_ready)
    first, until = part.status, time.monotonic() + 5

    see_to(parts, until=lambda: time.monotonic() > until)

    assert part.status == first


def test_beats_that_came_while_nobody_looked_count(parts: Parts) -> None:
    part = add(parts, BEATS)
    see_to(parts, until=lambda: part.is_ready)
    first, until = part.status, time.monotonic() + 4
    while time.monotonic() < until:  # as where `up` is suspended by Ctrl-Z
        signal.sigtimedwait([], 0.5)

    parts.turn(0)

    assert part.is_ready
    assert part.status == first


def test_part_that_says_that_it_is_set_up_wrong_is_not_started_again(parts: Parts) -> None:
    add(parts, "sys.exit(os.EX_CONFIG)")

    with pytest.raises(ConfigError, match="The part cannot run as it is set up; its message stands above"):
        see_to(parts, until=lambda: False)


def test_pause_before_the_next_start_grows(parts: Parts, capfd: pytest.CaptureFixture[str]) -> None:
    add(parts, "sys.exit(3)")
    said: list[str] = []

    def has_ended_thrice() -> bool:
        said.extend(line for line in capfd.readouterr().err.splitlines() if "ended" in line)
        return len(said) >= 3

    see_to(parts, until=has_ended_thrice)

    assert said == [
        f"The part has ended by itself, with exit code 3; it is started again in {pause} s." for pause in (1, 2, 4)
    ]


def test_parts_that_do_not_stop_are_killed_and_the_one_that_others_need_is_told_after_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntell('STATUS=deaf ' + str(os.getpid()))\n" + BEATS
    needed = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('needed no more', file=sys.stderr)))\n" + BEATS
    with Parts(patience=timedelta(seconds=2)) as parts:
        first = parts.add("needed", [sys.executable, "-c", BEGIN + needed], os.environ, ends_last=True)
        second = parts.add("deaf", [sys.executable, "-c", BEGIN + deaf], os.environ)
        see_to(parts, until=lambda: first.is_ready and "deaf" in second.status)

    assert not any(is_alive(int(part.status.split()[-1])) for part in (first, second))
    assert capfd.readouterr().err == "The deaf does not stop, and is killed.\nneeded no more\n"
