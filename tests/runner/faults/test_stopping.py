"""What a runner that is told to stop does with the jobs that run."""

import signal

import pytest

from runner.jobs import Job, State
from tests.support.machine.runner_site import WAITING, Process, Site
from tests.support.slack.person import wait_for


@pytest.fixture
def waiting(site: Site) -> Site:
    """An installation whose one script waits for the file ``go``."""
    site.put("wait.sh", WAITING)
    return site


def begun(site: Site) -> Job:
    job = site.submit("wait.sh")
    site.begun(job)
    return job


def let_go(site: Site, job: Job) -> None:
    (site.begun(job) / "go").touch()


def stop(site: Site, runner: Process, *, until: str) -> None:
    """Send SIGTERM as systemd does, and wait for what the runner says to it."""
    runner.send_signal(signal.SIGTERM)
    wait_for(lambda: until in site.log, 10, what=until)


def test_first_term_leaves_the_jobs_that_run(waiting: Site) -> None:
    runner = waiting.start()
    job = begun(waiting)

    stop(waiting, runner, until="runner stopped with 1 jobs running on")

    assert runner.wait(10) == 0
    assert waiting.now(job).state is State.RUNNING
    let_go(waiting, job)
    waiting.start()
    assert waiting.ended(job).state is State.SUCCEEDED


def test_second_term_waits_for_the_jobs_that_run_and_starts_no_other(waiting: Site) -> None:
    runner = waiting.start()
    job = begun(waiting)
    stop(waiting, runner, until="told once more at once")
    stop(waiting, runner, until="waiting for 1 jobs to end")
    late = waiting.submit("wait.sh")

    let_go(waiting, job)

    assert runner.wait(10) == 0
    assert waiting.now(job).state is State.SUCCEEDED
    assert waiting.mails(job) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
    assert waiting.now(late).state is State.QUEUED


def test_third_term_leaves_them_after_all(waiting: Site) -> None:
    runner = waiting.start()
    job = begun(waiting)
    stop(waiting, runner, until="told once more at once")
    stop(waiting, runner, until="waiting for 1 jobs to end")

    stop(waiting, runner, until="runner stopped with 1 jobs running on")

    assert runner.wait(10) == 0
    assert waiting.now(job).state is State.RUNNING
    let_go(waiting, job)
    waiting.start()
    assert waiting.ended(job).state is State.SUCCEEDED


def test_runner_that_drains_waits_at_the_first_term(waiting: Site) -> None:
    runner = waiting.start("--drain")
    job = begun(waiting)
    stop(waiting, runner, until="waiting for 1 jobs to end")

    let_go(waiting, job)

    assert runner.wait(10) == 0
    assert waiting.now(job).state is State.SUCCEEDED


def test_runner_that_drains_leaves_its_jobs_at_the_second_term(waiting: Site) -> None:
    runner = waiting.start("--drain")
    job = begun(waiting)
    stop(waiting, runner, until="waiting for 1 jobs to end")

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(10) == 0
    assert waiting.now(job).state is State.RUNNING
    let_go(waiting, job)
    waiting.start()
    assert waiting.ended(job).state is State.SUCCEEDED


def test_runner_that_cancels_ends_its_jobs_and_says_who_did(waiting: Site) -> None:
    runner = waiting.start("--cancel")
    job = begun(waiting)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(20) == 0
    ended = waiting.now(job)
    assert (ended.state, ended.reason) == (State.CANCELLED, "Cancelled by whoever stopped the runner.")
    assert waiting.mails(job) == [f"Job {job.id} cancelled", f"Job {job.id} started"]


def test_runner_without_jobs_stops_at_once_whatever_it_was_told(site: Site) -> None:
    for options in ((), ("--drain",), ("--cancel",)):
        runner = site.start(*options)

        runner.send_signal(signal.SIGTERM)

        assert runner.wait(20) == 0
        assert "waiting for" not in site.log
        assert "told once more" not in site.log


def test_jobs_that_run_are_taken_up_the_moment_a_runner_is_ready(waiting: Site) -> None:
    runner = waiting.start()
    jobs = [begun(waiting) for _ in range(8)]
    runner.kill()
    runner.wait()

    waiting.start()

    wait_for(lambda: all(f"job {job.id} adopted" in waiting.log for job in jobs), 20, what="adopted")
    lines = waiting.log.rpartition("runner ready\n")[2].splitlines()
    after_ready = [line for line in lines if "message" not in line]  # delivery is another thread's
    assert all(" adopted" in line for line in after_ready[: len(jobs)]), "before anything else is done"
    for job in jobs:
        let_go(waiting, job)
    assert {waiting.ended(job).state for job in jobs} == {State.SUCCEEDED}
