"""A disk that is full, read-only or faulty keeps jobs waiting and burns none; who filled it is stopped and told."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import ScriptRunnerError, StoreError
from runner.jobs import Job, State
from tests.support.machine.full_disk import fill, leave, mounted, remount
from tests.support.machine.runner_site import Site
from tests.support.slack.person import wait_for

pytestmark = pytest.mark.needs_root
QUICK = "#!/bin/sh\ntouch ran\n"
GREEDY = f"""#!{sys.executable} -IS
import os, pathlib, time
left = os.statvfs(".")
file = open("large", "wb", buffering=0)
file.write(bytes(left.f_bavail * left.f_frsize - 300_000))
pathlib.Path("ran").touch()
time.sleep(600)
"""
UNNAMED = GREEDY.replace("file.write", "os.unlink('large')\nfile.write")
NEARLY_FULL = "the disk is nearly full: the last 600.1 kB of it are kept free (disk.free_space)"


def waits(site: Site, job: Job) -> str:
    """Why it waits, as its requester is told."""

    def told() -> str | None:
        paused = site.service.details(site.person, job.id).outlook.paused
        return None if paused is None else paused.reason

    reason = wait_for(told, 20, what="told why it waits")
    assert site.now(job).state is State.QUEUED
    return str(reason)


@pytest.mark.parametrize("script", [GREEDY, UNNAMED], ids=["named", "unnamed"])
def test_greedy_script_is_stopped_and_burns_none_of_the_jobs_that_wait(
    site_factory: Callable[..., Site], small_disk: Path, script: str
) -> None:
    site = site_factory(data=str(small_disk / "var"), jobs={"slots": 1, "grace": "1s"})
    site.put("greedy.py", script)
    site.put("quick.sh", QUICK)
    greedy = site.submit("greedy.py")
    others = [site.submit("quick.sh") for _ in range(20)]

    site.start()

    ended = site.ended(greedy)
    assert ended.state is State.FAILED
    assert ended.reason is not None
    assert ended.reason.startswith("It was stopped because it took the last 600.1 kB, which are kept free")
    assert "which are kept free (disk.free_space)" in site.letter(greedy, "failed")
    if script == GREEDY:
        assert waits(site, others[0]) == NEARLY_FULL
        with suppress(ScriptRunnerError):  # that its messages have arrived was not written down for want of room
            site.service.retention.delete(site.person, greedy.id)
    for job in others:
        assert (site.ended(job).state, site.now(job).attempt) == (State.SUCCEEDED, 1)
    assert "Traceback" not in site.log


def test_job_that_took_little_is_not_stopped_where_somebody_else_fills_the_disk(
    site_factory: Callable[..., Site], small_disk: Path
) -> None:
    site = site_factory(data=str(small_disk / "var"), jobs={"slots": 1})
    site.put(
        "small.sh", "#!/bin/sh\ntouch ran\nhead -c 50000 /dev/zero > small\nwhile [ ! -e go ]; do sleep 0.01; done\n"
    )
    site.put("quick.sh", QUICK)
    site.start()
    small, waiting = site.submit("small.sh"), site.submit("quick.sh")
    folder = site.begun(small)

    filler = leave(small_disk, 300_000)

    assert waits(site, waiting) == NEARLY_FULL
    assert site.now(small).state is State.RUNNING
    (folder / "go").touch()
    assert site.ended(small).state is State.SUCCEEDED
    filler.unlink()
    assert site.ended(waiting).state is State.SUCCEEDED


def test_jobs_wait_for_a_disk_that_is_read_only(
    site_factory: Callable[..., Site], small_disk: Path, tmp_path: Path
) -> None:
    site = site_factory(outbox=str(small_disk / "outbox"), access={"admins": ["ines@example.org"]})
    site.put("quick.sh", QUICK)
    site.start()
    remount(small_disk, "ro")

    job = site.submit("quick.sh")

    assert waits(site, job) == "the disk is read-only"
    words = site.letter(job, "waits for room on a disk")
    assert words.startswith("Hello, No job starts: a disk takes nothing more.")
    assert "because you are an administrator" in words
    remount(small_disk, "rw")
    assert (site.ended(job).state, site.now(job).attempt) == (State.SUCCEEDED, 1)
    assert site.log.count("no job starts: the disk is read-only") == 1
    assert len([subject for subject in site.subjects(job) if subject == f"Job {job.id} waits"]) == 1


def test_administrators_are_told_once_also_where_the_runner_is_started_again(
    site_factory: Callable[..., Site], small_disk: Path
) -> None:
    site = site_factory(outbox=str(small_disk / "outbox"), access={"admins": ["ines@example.org"]})
    site.put("quick.sh", QUICK)
    remount(small_disk, "ro")
    (job, _) = (site.submit("quick.sh"), site.submit("quick.sh"))
    runner = site.start()
    site.letter(job, "waits for room on a disk")

    runner.kill()
    runner.wait()
    site.start()

    assert waits(site, job) == "the disk is read-only"
    remount(small_disk, "rw")
    site.ended(job)
    assert [subject for subject in site.subjects() if subject.endswith("waits")] == [f"Job {job.id} waits"]


@pytest.fixture
def disk_of_few_files(tmp_path: Path) -> Iterator[Path]:
    """A disk that cannot say that it is going to take nothing more."""
    with mounted(tmp_path / "few", options="size=6m,nr_inodes=40") as place:
        yield place


def test_job_that_cannot_be_started_for_a_full_disk_waits_and_has_used_no_attempt(
    runner_factory: Callable[..., Any], disk_of_few_files: Path, running_clock: Any
) -> None:
    runner = runner_factory(by=running_clock, outbox=disk_of_few_files / "outbox")
    runner.put("work.sh", "#!/bin/sh\n##~~ {retries: {times: 1, delay: 1s}}\n")
    runner.start()
    runner.ended(runner.submit("work.sh"))
    files = [disk_of_few_files / f"{number}" for number in range(40)]
    for path in files:
        if os.statvfs(disk_of_few_files).f_favail:
            path.touch()

    job = runner.submit("work.sh")

    wait_for(lambda: runner.job(job).not_before, 20, what="put back")
    waiting = runner.job(job)
    assert (waiting.state, waiting.attempt, waiting.retry_count) == (State.QUEUED, 0, 0)
    assert wait_for(runner.store.queue.paused, what="told").reason == "the disk is full"
    for path in files:
        path.unlink(missing_ok=True)
    running_clock.move(timedelta(seconds=11))
    ended = runner.ended(job)
    assert (ended.state, ended.attempt, ended.retry_count) == (State.SUCCEEDED, 1, 0)
    assert runner.store.queue.paused() is None


def test_submission_on_a_full_disk_is_told_in_plain_words(site_factory: Callable[..., Site], small_disk: Path) -> None:
    site = site_factory(data=str(small_disk / "var"))
    site.put("quick.sh", QUICK)
    site.submit("quick.sh")
    fill(small_disk)

    def submit_many() -> None:
        for _ in range(100):
            site.submit("quick.sh")

    with pytest.raises(StoreError, match=r"The database cannot be used: the disk is full\.$"):
        submit_many()
