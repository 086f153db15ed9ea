"""A runner in which something hangs: it says that it lives only while all of it turns, is ended, and its jobs go on."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.jobs import Job, Requester, State
from runner.system.beats import Beat, last_beat
from tests.support.machine import impatient
from tests.support.machine.command import ROOT
from tests.support.machine.notified import Notified, notified
from tests.support.machine.runner_site import WAITING, Process, Site
from tests.support.slack.person import wait_for

IMPATIENT = (sys.executable, "-m", "tests.support.machine.impatient")
PARTS = {
    "MainThread": ("the worker", "_read_what_never_comes"),
    "delivery by email": ("delivery by email", "_read_what_never_comes"),
}


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Notified]:
    with notified(tmp_path) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, watcher: Notified, person_factory: Callable[..., Requester]) -> Iterator[Site]:
    """A runner with deadlines of seconds, and a job that waits for a file."""
    environment = {"NOTIFY_SOCKET": str(watcher.path), "WATCHDOG_USEC": "12000000", "PYTHONPATH": str(ROOT)}
    site = Site(tmp_path, person_factory(), {"delivery": {"poll": "1s"}}, environment, program=IMPATIENT)
    site.put("wait.sh", WAITING)
    yield site
    site.end()


def start(site: Site, watcher: Notified) -> tuple[Process, Job]:
    process = site.start()
    wait_for(lambda: watcher.count("WATCHDOG"), 30, what="a beat")
    job = site.submit("wait.sh")
    site.begun(job)
    return process, job


def beat(site: Site) -> Beat | None:
    return last_beat(site.assembly.paths.runner_beat)


def is_read(fifo: Path) -> int | None:
    """What keeps somebody in reading it; None while nobody reads."""
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def finish(site: Site, job: Job) -> None:
    """Have the job end, with a runner that hangs no more."""
    (site.folder / "hang").unlink(missing_ok=True)
    site.program = (sys.executable, "-m", "bot")
    site.start()
    (site.begun(job) / "go").touch()
    assert site.ended(job).state is State.SUCCEEDED
    assert (site.begun(job) / "ran").read_text() == "once\n"


def test_runner_says_that_it_is_ready_what_it_does_and_that_it_stops(site: Site, watcher: Notified) -> None:
    process, job = start(site, watcher)

    wait_for(lambda: "jobs: 1 running, 0 waiting" in watcher.statuses(), 30, what="told")
    wait_for(lambda: watcher.count("WATCHDOG") > 2, 30, what="beats")
    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    assert watcher.count("READY") == 1
    assert "jobs: 0 running, 0 waiting" in watcher.statuses()
    assert watcher.count("STOPPING") == 1
    assert beat(site) is None
    finish(site, job)


@pytest.mark.parametrize("thread", PARTS)
def test_runner_of_which_a_part_hangs_is_not_said_to_live_and_ends_with_its_stacks(
    site: Site, watcher: Notified, thread: str
) -> None:
    name, function = PARTS[thread]
    process, job = start(site, watcher)

    impatient.hang(site.folder, thread, "fifo")

    wait_for(lambda: (found := beat(site)) and name in found.hangs and function in found.hangs, 40, what="told")
    beats = watcher.count("WATCHDOG")
    assert process.wait(30) == 1
    assert watcher.count("WATCHDOG") <= beats + 1, "one may have been under way"
    assert re.search(rf'  File ".*impatient.py", line \d+, in {function}\n', site.log)
    assert f"{name} has not turned for" in site.log
    assert "Timeout (0:00:05)!" in site.log
    finish(site, job)


def test_runner_of_which_a_thread_has_died_is_not_said_to_live(site: Site, watcher: Notified) -> None:
    process, job = start(site, watcher)

    impatient.hang(site.folder, "delivery by email", "death")

    assert process.wait(60) == 1
    assert "delivery by email has not turned for" in site.log
    assert "(its thread has ended)" in site.log
    finish(site, job)


def test_runner_whose_interpreter_is_held_ends_by_itself_and_says_where(site: Site, watcher: Notified) -> None:
    process, job = start(site, watcher)

    impatient.hang(site.folder, "MainThread", "interpreter")

    assert process.wait(60) == 1
    assert "Timeout (0:00:05)!" in site.log
    assert "in _hold_the_interpreter" in site.log
    finish(site, job)


@pytest.mark.parametrize(
    ("thread", "how"), [("MainThread", "fifo"), ("MainThread", "interpreter"), ("delivery", "fifo")]
)
def test_term_ends_a_runner_whatever_hangs(site: Site, watcher: Notified, thread: str, how: str) -> None:
    process, job = start(site, watcher)
    impatient.hang(site.folder, thread, how)
    writing = wait_for(lambda: is_read(site.folder / "fifo"), 30, what="stuck") if how == "fifo" else None

    process.send_signal(signal.SIGTERM)

    assert process.wait(60) == 1, "its stacks are in the log"
    assert f"in {impatient.WAYS[how].__name__}\n" in site.log
    if writing:
        os.close(writing)
    finish(site, job)


def test_what_the_runner_starts_cannot_speak_for_it(site: Site, watcher: Notified) -> None:
    site.put("show.sh", "#!/bin/sh\nenv > environment\n")
    site.start()

    job = site.ended(site.submit("show.sh"))

    folder = site.assembly.results.folder(job.id)
    assert not re.search("NOTIFY|WATCHDOG", (folder / "environment").read_text())
    server = next(Path("/proc").glob(f"{site.processes[0].pid}/task/*/children")).read_text().split()
    environments = [Path(f"/proc/{pid}/environ").read_text() for pid in server]
    assert not [each for each in environments if "NOTIFY_SOCKET" in each]
