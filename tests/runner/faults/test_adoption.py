"""A runner comes back to the jobs of the one before: they keep their logs and limits, and nobody is taken for them."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.jobs import Job, State
from tests.support.machine.command import is_alive
from tests.support.machine.runner_site import Process, Site
from tests.support.slack.person import wait_for

WAIT = "while [ ! -e go ]; do sleep 0.01; done\n"


@pytest.fixture
def site(site_factory: Callable[..., Site]) -> Site:
    return site_factory(jobs={"max_log": "1M", "grace": "1s", "slots": 4})


@pytest.fixture
def innocent() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has nothing to do with any of this."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def kill(runner: Process) -> None:
    runner.kill()
    runner.wait()


def adopted(site: Site, job: Job) -> None:
    wait_for(lambda: f"job {job.id} adopted" in site.log, 20, what="adopted")


def records(site: Site, job: Job) -> Path:
    return site.assembly.results.records(job.id) / "attempt-1.state"


def supervisor(site: Site, job: Job) -> int:
    return int(json.loads(records(site, job).read_text().splitlines()[0])["supervisor"])


def test_adopted_job_goes_on_in_its_own_log(site: Site) -> None:
    site.put("talk.sh", f"#!/bin/sh\necho one\ntouch ran\n{WAIT}echo two\nexit 3\n")
    runner = site.start()
    job = site.submit("talk.sh")
    folder = site.begun(job)
    kill(runner)
    site.start()
    adopted(site, job)

    (folder / "go").touch()

    ended = site.ended(job)
    assert (ended.state, ended.exit_code, ended.attempt) == (State.FAILED, 3, 1)
    assert site.assembly.results.log(job.id).read_text() == "one\ntwo\n"
    assert "one two" in site.letter(job, "failed")


def test_adopted_job_keeps_the_limit_of_its_log(site: Site) -> None:
    site.put("flood.sh", f"#!/bin/sh\nhead -c 900000 /dev/zero\ntouch ran\n{WAIT}head -c 10G /dev/zero\n")
    runner = site.start()
    job = site.submit("flood.sh")
    folder = site.begun(job)
    kill(runner)
    site.start()
    adopted(site, job)

    (folder / "go").touch()

    assert "more to its log than its limit of 1.0 MB" in str(site.ended(job).reason)
    assert site.assembly.results.log(job.id).stat().st_size == 1_000_000


def test_adopted_job_keeps_its_time_limit(site: Site) -> None:
    site.put("long.sh", "#!/bin/sh\n##~~ {timeout: 4s}\ntouch ran\nexec sleep 600\n")
    runner = site.start()
    job = site.submit("long.sh")
    site.begun(job)
    os.kill(supervisor(site, job), signal.SIGSTOP)  # however long the next runner takes to start
    kill(runner)
    site.start()
    adopted(site, job)

    os.kill(supervisor(site, job), signal.SIGCONT)

    ended = site.ended(job)
    assert (ended.state, ended.reason) == (State.TIMED_OUT, "It was stopped at its time limit of 4 s.")


def test_time_limit_holds_while_there_is_no_runner(site: Site) -> None:
    site.put("long.sh", "#!/bin/sh\n##~~ {timeout: 3s}\ntouch ran\nexec sleep 600\n")
    runner = site.start()
    job = site.submit("long.sh")
    site.begun(job)
    kill(runner)
    wait_for(lambda: '"timeout"' in records(site, job).read_text(), 30, what="stopped")

    site.start()

    ended = site.ended(job)
    assert (ended.state, ended.reason) == (State.TIMED_OUT, "It was stopped at its time limit of 3 s.")


def test_adopted_job_can_be_given_time_and_cancelled(site: Site) -> None:
    site.put("long.sh", "#!/bin/sh\n##~~ {timeout: 1h, more_time: 2h}\necho $$ > ran.new; mv ran.new ran\nsleep 600\n")
    runner = site.start()
    job = site.submit("long.sh")
    script = int((site.begun(job) / "ran").read_text())
    kill(runner)
    site.start()
    adopted(site, job)

    site.service.queue.grant_time(job.requester, job.id, timedelta(hours=1))
    wait_for(lambda: f"job {job.id} may run for 2 h" in site.log, 20, what="extended")
    site.service.cancel(job.requester, job.id)

    ended = site.ended(job)
    assert (ended.state, ended.reason) == (State.CANCELLED, "Cancelled by Ada.")
    assert not is_alive(script)


def test_process_that_has_the_number_of_a_supervisor_is_not_taken_for_it(
    site: Site, innocent: "subprocess.Popen[bytes]"
) -> None:
    site.put("long.sh", "#!/bin/sh\ntouch ran\nsleep 600\n")
    runner = site.start()
    job = site.submit("long.sh")
    site.begun(job)
    kill(runner)
    former = supervisor(site, job)
    os.kill(former, signal.SIGKILL)
    wait_for(lambda: not is_alive(former), what="killed")
    state = records(site, job)
    state.write_text(state.read_text().replace(f'"supervisor": {former}', f'"supervisor": {innocent.pid}'))

    site.start()

    ended = site.ended(job)
    assert ended.state is State.LOST
    assert "Its supervisor is gone and left no word of how it ended" in site.letter(job, "lost")
    assert innocent.poll() is None


def test_process_with_a_supervisor_s_number_is_not_stopped_in_its_place(
    site: Site, innocent: "subprocess.Popen[bytes]"
) -> None:
    """The lock says that the supervisor lives, its number leads to another: neither is touched until that is clear."""
    site.put("long.sh", "#!/bin/sh\ntouch ran\nwhile [ ! -e go ]; do sleep 0.01; done\n")
    runner = site.start()
    job = site.submit("long.sh")
    folder = site.begun(job)
    kill(runner)
    state = records(site, job)
    true = state.read_text()
    deceiving = true.replace(f'"supervisor": {supervisor(site, job)}', f'"supervisor": {innocent.pid}')
    with state.open("r+") as file:  # the same file: the lock stays
        file.write(deceiving)
        file.truncate()

    site.start()
    wait_for(lambda: f"job {job.id} cannot be looked for" in site.log, 20, what="noticed")
    site.service.cancel(job.requester, job.id)
    site.put("next.sh", "#!/bin/sh\n")
    assert site.ended(site.submit("next.sh")).state is State.SUCCEEDED
    assert site.now(job).state is State.RUNNING
    assert innocent.poll() is None

    with state.open("r+") as file:
        file.write(true)
        file.truncate()
    adopted(site, job)
    (folder / "go").touch()
    assert site.ended(job).state in {State.CANCELLED, State.SUCCEEDED}
    assert innocent.poll() is None


def test_job_that_ended_while_no_runner_was_there_ended_then_and_not_when_one_came_back(site: Site) -> None:
    site.put("work.sh", f"#!/bin/sh\ntouch ran\n{WAIT}exit 3\n")
    runner = site.start()
    job = site.submit("work.sh")
    folder = site.begun(job)
    kill(runner)
    before = datetime.now(UTC)
    (folder / "go").touch()
    wait_for(lambda: '"cleared"' in records(site, job).read_text(), 30, what="ended")
    after = datetime.now(UTC)
    wait_for(lambda: datetime.now(UTC) - after > timedelta(seconds=2), what="some time over")

    site.start()

    ended = site.ended(job)
    assert ended.finished_at is not None
    assert before - timedelta(seconds=0.1) <= ended.finished_at <= after + timedelta(seconds=0.1)
    assert ended.expires_at is not None
    assert ended.expires_at - ended.finished_at > timedelta(days=7)
