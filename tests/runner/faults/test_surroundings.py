"""What surrounds a runner breaks: disk, database, clock, files and scripts; it tells what happened and goes on."""

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.errors import StoreError
from runner.jobs import State
from tests.support.machine import shifted_clock
from tests.support.machine.command import is_alive
from tests.support.machine.full_disk import fill, remount
from tests.support.machine.runner_site import WAITING, Site
from tests.support.slack.person import wait_for

HOUR = timedelta(hours=1)
LOCKED_SECONDS = 30
MOST_PROCESSES = 350  # no less than 301 (proc_sys_kernel(5))


@pytest.mark.needs_root
def test_full_disk_delays_ends_and_messages_and_loses_none(site_factory: Callable[..., Site], small_disk: Path) -> None:
    site = site_factory(data=str(small_disk / "var"), delivery={"poll": "1s", "back_off": ["1s"]})
    site.put("wait.sh", f"#!/bin/sh\ntouch ran\nwhile [ ! -e {site.folder}/go ]; do sleep 0.01; done\n")
    site.put("quick.sh", "#!/bin/sh\n")
    runner = site.start()
    job = site.submit("wait.sh")
    site.begun(job)

    filler = fill(small_disk)
    (site.folder / "go").touch()
    wait_for(lambda: "No space left on device" in site.log or "disk is full" in site.log, 30, what="noticed")
    assert runner.poll() is None
    filler.unlink()

    assert site.ended(job).state is State.SUCCEEDED
    assert sorted(set(site.mails(job))) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
    assert site.ended(site.submit("quick.sh")).state is State.SUCCEEDED


@pytest.mark.needs_root
def test_runner_that_starts_on_a_full_disk_says_so_and_is_started_again(
    site_factory: Callable[..., Site], small_disk: Path
) -> None:
    site = site_factory(data=str(small_disk / "var"))
    site.put("quick.sh", "#!/bin/sh\n")
    filler = fill(small_disk)

    refused = site.launch()

    assert refused.wait(30) == 1
    assert "scriptrunner: what is needed cannot be written: No space left on device" in site.log
    assert "Traceback" not in site.log
    filler.unlink()
    site.start()
    assert site.ended(site.submit("quick.sh")).state is State.SUCCEEDED


@pytest.mark.needs_root
def test_read_only_database_stops_everything_until_it_can_be_written_again(
    site_factory: Callable[..., Site], small_disk: Path
) -> None:
    site = site_factory(database=f"sqlite:///{small_disk}/db/jobs.db")
    site.put("quick.sh", "#!/bin/sh\n")
    killed = site.start()
    site.assembly.close()
    killed.kill()  # last, so that the files of a database in use stay there
    killed.wait()
    remount(small_disk, "ro")

    runner = site.start()

    wait_for(lambda: "cannot be used: attempt to write a readonly database" in site.log, 20, what="noticed")
    with pytest.raises(StoreError, match="attempt to write a readonly database"):
        site.submit("quick.sh")
    assert "Traceback" not in site.log
    remount(small_disk, "rw")
    assert site.ended(site.submit("quick.sh")).state is State.SUCCEEDED
    assert runner.poll() is None


def test_database_that_is_locked_for_half_a_minute_delays_what_is_to_be_recorded(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    job = site.submit("wait.sh")
    folder = site.begun(job)

    with closing(
        sqlite3.connect(site.assembly.paths.database_url.removeprefix("sqlite:///"), isolation_level=None)
    ) as other:
        other.execute("BEGIN EXCLUSIVE")
        since = time.monotonic()
        (folder / "go").touch()
        before = datetime.now(UTC)
        with pytest.raises(StoreError, match="database is locked"):
            site.submit("wait.sh")
        wait_for(lambda: "database is locked" in site.log, 30, what="noticed")
        wait_for(lambda: time.monotonic() - since > LOCKED_SECONDS, 60, what="over")
        assert site.now(job).state is State.RUNNING
        other.execute("ROLLBACK")

    ended = site.ended(job)
    assert ended.state is State.SUCCEEDED
    assert ended.finished_at is not None
    assert ended.finished_at - before < timedelta(seconds=LOCKED_SECONDS / 2), "it ended then, not when it was recorded"
    assert site.mails(job) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
    assert "Traceback" not in site.log
    assert runner.poll() is None


def jump(site: Site, by: timedelta) -> None:
    """Set the clock of runner and service, which is as if the machine's had been set."""
    draft = site.folder / "clock.draft"
    draft.write_text(str(by.total_seconds()))
    draft.rename(site.folder / "clock")  # it is read at any moment


@pytest.fixture
def clocked(site: Site) -> Site:
    """An installation whose clock can be set."""
    site.assembly.close()
    site.program = (sys.executable, shifted_clock.__file__)
    site.assembly = Assembly(load(site.settings, BotConfig), clock=shifted_clock.beside(site.settings))
    site.service = site.assembly.service()
    jump(site, timedelta())
    return site


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_clock_that_jumps_ends_no_job_and_keeps_none_waiting(clocked: Site, by: timedelta) -> None:
    clocked.put("wait.sh", "#!/bin/sh\n##~~ {timeout: 20m}\n" + WAITING.partition("\n")[2])
    clocked.start()
    job = clocked.submit("wait.sh")
    clocked.begun(job)
    clocked.letter(job, "started")

    jump(clocked, by)
    next_job = clocked.submit("wait.sh")
    clocked.begun(next_job)
    for each in (job, next_job):
        (clocked.begun(each) / "go").touch()

    for each in (job, next_job):
        ended = clocked.ended(each)
        assert ended.state is State.SUCCEEDED
        assert timedelta() <= (ended.duration(ended.requested_at) or -HOUR) < timedelta(minutes=5)
        assert (clocked.begun(each) / "ran").read_text() == "once\n"
        assert clocked.letter(each, "succeeded")
        assert set(clocked.subjects(each)) - {f"Job {each.id} is"} == {
            f"Job {each.id} {word}" for word in ("started", "succeeded")
        }
    assert "Traceback" not in clocked.log


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_next_attempt_comes_after_its_delay_though_the_clock_was_set_while_no_runner_was_there(
    clocked: Site, by: timedelta
) -> None:
    clocked.put("work.sh", "#!/bin/sh\n##~~ {retries: {times: 1, delay: 4s}}\ndate +%s >> tries\nexit 1\n")
    runner = clocked.start()
    job = clocked.submit("work.sh")
    wait_for(lambda: clocked.now(job).retry_count == 1, 20, what="put off")

    runner.terminate()
    runner.wait()
    jump(clocked, by)
    clocked.start()

    ended = clocked.ended(job)
    first, second = map(int, (clocked.assembly.results.folder(job.id) / "tries").read_text().split())
    assert second - first >= 4 - 1  # whole seconds
    assert (ended.state, ended.attempt) == (State.FAILED, 2)
    assert timedelta() <= (ended.duration(ended.requested_at) or -HOUR) < timedelta(minutes=1)
    assert clocked.log.count("the machine's clock was set by") == 1


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_message_that_was_owed_when_the_clock_jumped_does_not_wait_for_it(clocked: Site, by: timedelta) -> None:
    clocked.put("quick.sh", "#!/bin/sh\n")
    job = clocked.submit("quick.sh")
    clocked.service.cancel(job.requester, job.id)

    jump(clocked, by)
    clocked.start()

    assert "Cancelled by Ada before it started." in clocked.letter(job, "cancelled")


def test_script_that_went_missing_fails_its_job_and_no_other(site: Site) -> None:
    site.put("gone.sh", "#!/bin/sh\n")
    site.put("quick.sh", "#!/bin/sh\n")
    job, other = site.submit("gone.sh"), site.submit("quick.sh")
    (site.folder / "scripts/gone.sh").unlink()

    site.start()

    ended = site.ended(job)
    assert ended.state is State.FAILED
    assert ended.reason == "It could not be started: There is no script “gone.sh”."
    assert "It could not be started: There is no script “gone.sh”." in site.letter(job, "failed")
    assert site.ended(other).state is State.SUCCEEDED
    assert site.mails(job) == [f"Job {job.id} failed", f"Job {job.id} started"]


def test_inbox_file_that_was_deleted_fails_its_job_and_no_other(site: Site) -> None:
    site.put("count.sh", '#!/bin/sh\n##~~ input - what is counted\nwc "$1"\n')
    inbox = site.assembly.inbox.folder
    for name in ("gone.txt", "there.txt"):
        (inbox / name).write_text("words\n")
    job, other = site.submit("count.sh", input="gone.txt"), site.submit("count.sh", input="there.txt")
    (inbox / "gone.txt").unlink()

    site.start()

    ended = site.ended(job)
    assert ended.state is State.FAILED
    words = "It could not be started: “gone.txt” is not in the inbox any more; choose another file."
    assert ended.reason == words
    assert words in site.letter(job, "failed")
    assert site.ended(other).state is State.SUCCEEDED


def test_script_that_closes_its_outputs_is_waited_for(site: Site) -> None:
    site.put("closes.sh", "#!/bin/sh\nexec >&- 2>&- <&-\n" + WAITING.partition("\n")[2] + "exit 7\n")
    site.start()
    job = site.submit("closes.sh")
    folder = site.begun(job)
    assert site.now(job).state is State.RUNNING

    (folder / "go").touch()

    assert (site.ended(job).state, site.now(job).exit_code) == (State.FAILED, 7)


def test_script_that_ignores_term_is_killed_after_its_grace(site_factory: Callable[..., Site]) -> None:
    site = site_factory(jobs={"grace": "1s"})
    site.put(
        "stubborn.sh", "#!/bin/sh\ntrap '' TERM\necho $$ > ran.new\nmv ran.new ran\nwhile true; do sleep 0.1; done\n"
    )
    site.start()
    job = site.submit("stubborn.sh")
    pid = int((site.begun(job) / "ran").read_text())

    site.service.cancel(job.requester, job.id)

    assert site.ended(job).reason == "Cancelled by Ada."
    assert not is_alive(pid)
    assert "was cancelled: Cancelled by Ada." in site.letter(job, "cancelled")


def test_nothing_of_a_script_that_forks_away_outlives_its_job(site: Site) -> None:
    away = "(setsid sh -c 'echo $$ >> away; (sh -c \"echo \\$\\$ >> away; sleep 600\" &) ; sleep 600' &)"
    site.put(
        "forks.sh", f"#!/bin/sh\n{away}\nuntil [ -s away ] && [ $(wc -l < away) = 2 ]; do sleep 0.01; done\ntouch ran\n"
    )
    site.start()
    job = site.submit("forks.sh")

    assert site.ended(job).state is State.SUCCEEDED

    pids = [int(line) for line in (site.begun(job) / "away").read_text().split()]
    assert len(pids) == 2
    assert [pid for pid in pids if is_alive(pid)] == []


BOMB = f"""#!{sys.executable} -IS
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except BlockingIOError:
        open("ran", "w").close()
        time.sleep(1)  # there is room for no more, until there is; hundreds try, so that it is taken at once
"""


@pytest.mark.needs_root
@pytest.mark.skipif(
    tuple(int(word) for word in os.uname().release.split(".")[:2]) < (6, 14),
    reason="needs a kernel where each PID namespace has a limit of its own (6.14)",
)
def test_script_that_fills_the_table_of_processes_is_ended_and_keeps_no_runner_from_going_on(
    site_factory: Callable[..., Site],
) -> None:
    site = site_factory(jobs={"slots": 8, "grace": "1s"})
    apart = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c")
    site.program = (*apart, f'echo {MOST_PROCESSES} > /proc/sys/kernel/pid_max; "$@"', "sh", *site.program)
    site.put("bomb.py", BOMB)
    site.put("quick.sh", "#!/bin/sh\n")
    runner = site.start()
    bomb = site.submit("bomb.py")
    site.begun(bomb)

    job = site.ended(site.submit("quick.sh"))

    assert site.now(bomb).state is State.RUNNING
    words = "It could not be started: Resource temporarily unavailable: the machine takes no more processes."
    assert (job.state, job.reason) == (State.FAILED, words)
    assert words in site.letter(job, "failed")
    site.service.cancel(bomb.requester, bomb.id)
    assert site.ended(bomb).reason == "Cancelled by Ada."
    assert "can't start new thread" not in site.log
    assert site.ended(site.submit("quick.sh")).state is State.SUCCEEDED
    assert runner.poll() is None
