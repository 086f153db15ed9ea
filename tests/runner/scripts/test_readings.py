"""Readings that take long, or never end, hold nobody up."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from runner.errors import ScriptRunnerError
from runner.scripts.readings import ReadingPatience, Readings
from tests.support.slack.person import wait_for

SHORT = timedelta(milliseconds=50)
LONG = timedelta(seconds=60)


class Disk:
    """A file that is read as quickly as a test lets it be."""

    def __init__(self) -> None:
        self.content = "first"
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Semaphore(0)
        self.count = 0

    def read(self) -> str:
        found = self.content
        self.count += 1
        self.asked.release()
        assert self.answers.wait(60)
        if found == "unreadable":
            raise ScriptRunnerError("The folder cannot be read.")
        return found


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.answers.set()


def readings(disk: Disk, **patience: timedelta) -> Readings[str]:
    given = {"known": LONG, "unknown": LONG, "stale": LONG} | patience
    return Readings(disk.read, "The folder", ReadingPatience(**given))


def test_what_was_changed_before_the_question_is_in_the_answer(disk: Disk) -> None:
    asked = readings(disk)

    for content in ("second", "third"):
        disk.content = content
        assert asked.newest() == content


def test_what_was_read_last_is_the_answer_while_the_disk_takes_long(disk: Disk) -> None:
    asked = readings(disk, known=SHORT)
    asked.newest()
    disk.content = "second"
    disk.answers.clear()

    assert asked.newest() == "first"


def test_reading_that_takes_long_is_not_begun_twice_and_is_there_in_the_end(disk: Disk) -> None:
    asked = readings(disk, known=SHORT)
    asked.newest()
    disk.content = "second"
    disk.answers.clear()
    assert [asked.newest() for _ in range(5)] == ["first"] * 5
    assert disk.count == 2

    disk.answers.set()

    wait_for(lambda: asked.newest() == "second")


def test_change_while_others_read_is_seen_by_who_asks_after_it(disk: Disk) -> None:
    asked = readings(disk)
    disk.answers.clear()
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(asked.newest)
        assert disk.asked.acquire(timeout=30)
        disk.content = "second"
        late = pool.submit(asked.newest)
        disk.answers.set()

        assert (early.result(30), late.result(30)) == ("first", "second")


def test_where_nothing_is_known_it_is_said_that_the_disk_is_slow(disk: Disk) -> None:
    disk.answers.clear()

    with pytest.raises(
        ScriptRunnerError, match=r"The folder has been read for \d+ s and is not done yet: its disk may"
    ):
        readings(disk, unknown=SHORT).newest()


def test_what_is_too_old_counts_no_more(disk: Disk) -> None:
    asked = readings(disk, known=SHORT, stale=SHORT)
    asked.newest()
    disk.answers.clear()

    with pytest.raises(ScriptRunnerError, match="is not done yet"):
        asked.newest()


def test_what_goes_wrong_is_raised_and_asked_anew_the_next_time(disk: Disk) -> None:
    asked = readings(disk)
    disk.content = "unreadable"
    with pytest.raises(ScriptRunnerError, match="cannot be read"):
        asked.newest()
    disk.content = "first"

    assert asked.newest() == "first"


def test_who_has_no_limit_waits_until_it_is_read(disk: Disk) -> None:
    asked = Readings(disk.read, "The folder")
    disk.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(asked.newest)
        assert disk.asked.acquire(timeout=30)
        assert not waiting.done()
        disk.answers.set()

        assert waiting.result(30) == "first"


def test_no_thread_is_left_once_nobody_asks(disk: Disk) -> None:
    readings(disk).newest()

    for thread in threading.enumerate():
        if thread.name == "reading":
            thread.join(30)
            assert not thread.is_alive()
