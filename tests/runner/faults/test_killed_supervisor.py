"""A supervisor is killed: its job is lost, and nothing of it may run on."""

import json
import os
import signal

from command import is_alive
from person import wait_for
from runner_site import Site

from runner.jobs import Job, State


def begun(site: Site) -> tuple[Job, int]:
    """A job that would run for long, and its script's process."""
    site.put("long.sh", "#!/bin/sh\necho $$ > ran.new && mv ran.new ran\nexec sleep 60\n")
    job = site.submit("long.sh")
    return job, int((site.begun(job) / "ran").read_text())


def kill_supervisor(site: Site, job: Job) -> None:
    state = site.assembly.outbox.records(job.id) / "attempt-1.state"
    os.kill(json.loads(state.read_text().splitlines()[0])["supervisor"], signal.SIGKILL)


def test_job_whose_supervisor_was_killed_is_lost_and_told(site: Site) -> None:
    site.start()
    job, script = begun(site)

    kill_supervisor(site, job)

    assert site.ended(job).state is State.LOST
    assert site.mails(job) == [f"Job {job.id} lost", f"Job {job.id} started"]
    if is_alive(script):
        os.kill(script, signal.SIGKILL)


def test_nothing_of_a_job_outlives_its_killed_supervisor(site: Site) -> None:
    site.start()
    job, script = begun(site)

    kill_supervisor(site, job)

    assert site.ended(job).state is State.LOST
    try:
        wait_for(lambda: not is_alive(script), 3, what="script ended")
    finally:
        if is_alive(script):
            os.kill(script, signal.SIGKILL)
