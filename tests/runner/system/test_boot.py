"""After the machine went down, what was not yet on the disk is not taken for what never ran."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.jobs import Job, State
from runner.system.boot import BootRecord, boot_id
from tests.support.slack.person import wait_for

Make = Callable[..., Any]


def test_first_start_is_a_new_one_until_note_is_taken(tmp_path: Path) -> None:
    boot = BootRecord(tmp_path / "boot", "a")
    assert boot.is_new

    boot.take_note()

    assert not boot.is_new
    assert not BootRecord(tmp_path / "boot", "a").is_new
    assert BootRecord(tmp_path / "boot", "b").is_new
    assert [path.name for path in tmp_path.iterdir()] == ["boot"]


def test_machine_says_in_which_start_it_is() -> None:
    assert boot_id() == boot_id()
    assert len(boot_id()) == 36


@pytest.fixture
def claimed(runner_factory: Make) -> tuple[Any, Job]:
    """A runner that worked before, and a job that it claimed just before it ended."""
    runner = runner_factory(jobs={"slots": 1})
    runner.put("work.sh", "#!/bin/sh\necho once\n")
    runner.start()
    runner.ended(runner.submit("work.sh"))
    runner.stop()
    job = runner.submit("work.sh")
    name = (runner.config.data / "runner.id").read_text()
    assert runner.store.jobs.claim(name, executor="local", now=runner.clock(), lease=timedelta(minutes=1))
    return runner, job


def go_down(runner: Any) -> None:
    """Have the machine start anew, as far as the runner can tell."""
    (runner.config.data / "boot").write_text("an earlier one")


@pytest.mark.parametrize("left", ["nothing", "folders", "an empty state file"])
def test_job_of_which_nothing_is_on_the_disk_is_lost_and_not_started_again(claimed: tuple[Any, Job], left: str) -> None:
    runner, job = claimed
    outbox = runner.assembly.results
    if left != "nothing":
        outbox.make(job.id, attempt=1)
    if left == "an empty state file":
        (outbox.records(job.id) / "attempt-1.state").touch()
    go_down(runner)

    runner.start()

    assert runner.ended(job).state is State.LOST
    assert not outbox.log(job.id).exists()


def test_nothing_new_begins_before_all_that_ran_is_accounted_for(
    claimed: tuple[Any, Job], caplog: pytest.LogCaptureFixture
) -> None:
    runner, job = claimed
    later = runner.submit("work.sh")
    go_down(runner)
    records = runner.assembly.results.records(job.id)
    records.write_text("no folder: the attempt cannot be looked for")

    runner.start()
    wait_for(lambda: "cannot be looked for" in caplog.text)

    assert runner.job(later).state is State.QUEUED
    records.unlink()
    assert runner.ended(later).state is State.SUCCEEDED
    assert runner.job(job).state is State.LOST
    assert caplog.text.count("cannot be looked for") == 1, "it lasts, and is said once"
    assert (runner.config.data / "boot").read_text() == boot_id()


def test_next_job_after_the_machine_went_down_runs(claimed: tuple[Any, Job]) -> None:
    runner, _ = claimed
    go_down(runner)
    later = runner.submit("work.sh")

    runner.start()

    assert runner.ended(later).state is State.SUCCEEDED
