"""A supervisor or a script is killed: its requester is told what is known, and nothing of the job runs on."""

import json
import os
import signal

from runner.jobs import Job, State
from tests.support.machine.attempts import FAMILY, pids
from tests.support.machine.command import is_alive
from tests.support.machine.runner_site import Site
from tests.support.slack.person import wait_for

READY = "until [ $(wc -l < pids) = 5 ]; do sleep 0.01; done; echo $$ > ran.new; mv ran.new ran; wait\n"


def begun(site: Site) -> tuple[Job, int]:
    """A job that would run for long, and its script's process."""
    site.put("long.sh", FAMILY + READY)
    job = site.submit("long.sh")
    return job, int((site.begun(job) / "ran").read_text())


def test_job_whose_supervisor_was_killed_is_lost_and_nothing_of_it_runs_on(site: Site) -> None:
    site.start()
    job, script = begun(site)
    state = site.assembly.results.records(job.id) / "attempt-1.state"

    os.kill(json.loads(state.read_text().splitlines()[0])["supervisor"], signal.SIGKILL)

    assert site.ended(job).state is State.LOST
    assert "Its supervisor is gone and left no word of how it ended" in site.letter(job, "lost")
    assert site.mails(job) == [f"Job {job.id} lost", f"Job {job.id} started"]
    family = [script, *pids(site.begun(job) / "pids")]
    assert len(family) == 6
    wait_for(lambda: not any(map(is_alive, family)), 20, what="all ended")
    site.put("next.sh", "#!/bin/sh\n")
    assert site.ended(site.submit("next.sh")).state is State.SUCCEEDED


def test_job_whose_script_was_killed_has_failed_and_says_by_which_signal(site: Site) -> None:
    site.start()
    job, script = begun(site)

    os.kill(script, signal.SIGKILL)

    assert site.ended(job).state is State.FAILED
    assert str(site.now(job).reason).startswith("It was ended by the signal SIGKILL. ")
    assert str(site.now(job).reason).endswith(" processes still ran when it ended, and were ended.")
    assert "failed: It was ended by the signal SIGKILL." in site.letter(job, "failed")
    assert not any(map(is_alive, pids(site.begun(job) / "pids")))
