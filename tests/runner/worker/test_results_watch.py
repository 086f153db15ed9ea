"""A job that writes more than it may is stopped and told why; whoever keeps to the limits is left alone."""

import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import Refused, ScriptRunnerError
from runner.files import FolderSize
from runner.jobs import Requester, State
from runner.worker.results_watch import ResultsWatch
from tests.support.machine.settled import settle_messages
from tests.support.slack.person import wait_for

Make = Callable[..., Any]
MB = 1_000_000
HOLD = "echo begun > begun\nwhile [ ! -e go ]; do sleep 0.01; done\n"


def writing(size_bytes: int) -> str:
    return f"#!/bin/sh\nhead -c {size_bytes} /dev/zero > large\n{HOLD}"


def test_job_whose_results_outgrow_their_limit_is_stopped_and_told_why(runner_factory: Make) -> None:
    runner = runner_factory(disk={"max_results": "2M"})
    runner.put("greedy.sh", writing(3 * MB))
    runner.put("modest.sh", writing(MB))
    runner.start()
    modest, greedy = runner.submit("modest.sh"), runner.submit("greedy.sh")

    ended = runner.ended(greedy)

    assert ended.state is State.FAILED
    assert ended.reason == "It was stopped because its results grew over 2.0 MB (disk.max_results)."
    begun = runner.file(modest, "begun")
    assert runner.job(modest).state is State.RUNNING
    begun.with_name("go").touch()
    assert runner.ended(modest).state is State.SUCCEEDED


def test_job_that_was_stopped_for_its_results_is_not_tried_again(runner_factory: Make) -> None:
    runner = runner_factory(disk={"max_results": "2M"})
    runner.put("greedy.sh", writing(3 * MB).replace("\n", "\n##~~ {retries: {times: 3, delay: 1s}}\n", 1))
    runner.start()

    ended = runner.ended(runner.submit("greedy.sh"))

    assert (ended.state, ended.attempt) == (State.FAILED, 1)


def test_holes_take_nothing_of_the_limit(runner_factory: Make) -> None:
    runner = runner_factory(disk={"max_results": "2M"})
    runner.put("sparse.py", f"#!{sys.executable} -IS\nimport os\nopen('hole', 'w').truncate(10**9)\n")
    runner.start()

    assert runner.ended(runner.submit("sparse.py")).state is State.SUCCEEDED


def test_what_the_results_take_is_kept_once_the_job_has_ended(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("work.sh", "#!/bin/sh\nhead -c 1000000 /dev/zero > large\nln large again\nmkdir deep; echo a > deep/a\n")
    runner.start()

    job = runner.ended(runner.submit("work.sh"))

    found = wait_for(lambda: runner.job(job).results_bytes, what="measured")
    assert MB <= found < 1.2 * MB


def test_what_ended_while_no_runner_looked_is_measured_by_the_next(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("work.sh", "#!/bin/sh\nhead -c 1000000 /dev/zero > large\n")
    runner.start()
    job = runner.ended(runner.submit("work.sh"))
    wait_for(lambda: runner.job(job).results_bytes, what="measured")
    runner.stop()
    runner.store.jobs.set_results_size(job.id, None)

    runner.start()

    assert wait_for(lambda: runner.job(job).results_bytes, what="measured again")


def test_person_whose_results_take_what_they_may_waits_until_some_are_deleted_and_others_do_not(
    runner_factory: Make, person_factory: Callable[..., Requester]
) -> None:
    runner = runner_factory(disk={"max_results_per_person": "2M"}, jobs={"slots": 1})
    runner.put("large.sh", "#!/bin/sh\nhead -c 3000000 /dev/zero > large\n")
    runner.put("hold.sh", f"#!/bin/sh\n{HOLD}")
    large, held, waiting = runner.submit("large.sh"), runner.submit("hold.sh"), runner.submit("hold.sh")
    runner.start()
    runner.ended(large)
    wait_for(lambda: runner.job(large).results_bytes, what="measured")
    runner.file(held, "begun")

    other = runner.submit("large.sh", person=person_factory("Bob"))
    runner.file(held, "begun").with_name("go").touch()

    assert runner.ended(other).state is State.SUCCEEDED
    assert runner.job(waiting).state is State.QUEUED
    words = "Ada's results take 3.0 MB of the 2.0 MB that they may (disk.max_results_per_person)"
    paused = runner.service.details(runner.person, waiting.id).outlook.paused
    assert paused is not None
    assert words in paused.reason
    with pytest.raises(ScriptRunnerError, match=re.escape(f"No job was queued: {words}")):
        runner.submit("large.sh")
    settle_messages(runner.store, now=runner.clock())
    runner.service.retention.delete(runner.person, large.id)
    runner.running(waiting)
    assert not runner.assembly.results.exists(large.id)


def test_submission_that_was_taken_is_the_same_job_also_where_results_take_what_they_may(
    runner_factory: Make,
) -> None:
    runner = runner_factory(disk={"max_results_per_person": "2M"})
    runner.put("large.sh", "#!/bin/sh\n")
    job = runner.submit("large.sh")
    runner.store.jobs.set_results_size(job.id, 3 * MB)
    script = runner.service.scripts.find(runner.person, "large.sh", exactly=True)

    again = runner.service.submit(runner.person, script, {}, submission="1")

    assert again.id == job.id


def test_results_of_a_job_that_runs_or_is_another_s_are_not_deleted(
    runner_factory: Make, person_factory: Callable[..., Requester]
) -> None:
    runner = runner_factory()
    runner.put("hold.sh", f"#!/bin/sh\n{HOLD}")
    runner.start()
    job = runner.running(runner.submit("hold.sh"))

    with pytest.raises(ScriptRunnerError, match=f"Job {job.id} has not ended"):
        runner.service.retention.delete(runner.person, job.id)
    with pytest.raises(Refused):
        runner.service.retention.delete(person_factory("Bob"), job.id)

    assert runner.assembly.results.exists(job.id)


def test_folder_is_counted_a_few_entries_at_a_time_and_no_link_is_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for place in (folder / "deep", outside):
        place.mkdir(parents=True)
    (outside / "large").write_bytes(bytes(5 * MB))
    for number in range(20):
        (folder / "deep" / f"{number}").write_bytes(bytes(8192))
    os.link(folder / "deep" / "0", folder / "again")
    (folder / "away").symlink_to(outside)
    (folder / "file").symlink_to(outside / "large")
    count = FolderSize(folder)

    steps = 1
    while not count.go_on(5):
        steps += 1

    assert steps >= 4
    assert 20 * 8192 <= count.size_bytes < 20 * 8192 + 100_000
    assert count.file_count == 22


def test_tree_of_any_depth_is_counted(tmp_path: Path) -> None:
    place = tmp_path
    for _ in range(200):
        place = place / "d"
    place.mkdir(parents=True)
    (place / "file").write_bytes(bytes(MB))
    count = FolderSize(tmp_path)

    assert count.go_on(10_000)

    assert count.size_bytes >= MB


def test_looks_go_on_no_longer_than_jobs_run(runner_factory: Make) -> None:
    runner = runner_factory()
    found = ResultsWatch(runner.assembly.results, runner.assembly.space, runner.config.disk)

    assert found.look() is None
    found.begin(1)
    found.follow([1])
    pause = found.look()
    assert pause is not None
    assert timedelta(seconds=pause) <= timedelta(seconds=1)
    found.follow([])
    found.look()
    assert found.look() is None
