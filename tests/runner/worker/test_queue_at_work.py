"""The queue with a worker and real scripts: attempts, changed scripts, pauses, limits and warnings."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from runner.app.patience import Patience
from runner.errors import ScriptRunnerError
from runner.jobs import Event, Job, State
from runner.system.wakeup import wake
from tests.support.slack.person import wait_for

Make = Callable[..., Any]
Site = Any
MINUTE = timedelta(minutes=1)
WAITING = "#!/bin/sh\n{options}echo begun > begun\nwhile [ ! -e go ]; do sleep 0.01; done\n"
FAILING_TWICE = """#!/bin/sh
##~~ {retries: {times: 2, delay: 5m, on: [75]}}
echo "attempt of $SCRIPTRUNNER_JOB_ID"
echo x >> tries
[ "$(wc -l < tries)" -gt 2 ] || exit 75
"""


def waiting(options: str = "") -> str:
    return WAITING.format(options=f"##~~ {{{options}}}\n" if options else "")


def let_go(site: Site, job: Job) -> None:
    """Once it waits for that: a job is “running” before it has a folder."""
    site.file(job, "begun").with_name("go").touch()


def put_off(site: Site, job: Job, attempts: int) -> None:
    wait_for(lambda: site.job(job).retry_count == attempts, what=f"{attempts} attempts failed")


def go_on(site: Site, by: timedelta) -> None:
    site.clock.move(by)
    wake(site.assembly.paths.wakeup_socket)


def run_another(site: Site) -> None:
    """So that the worker has had its turn since the clock was moved."""
    site.put("another.sh", "#!/bin/sh\n")
    site.ended(site.submit("another.sh"))


def told(site: Site, job: Job) -> list[Event]:
    """The messages that are owed for the job, as they were caused."""
    found: list[Event] = []
    while due := site.store.outbox.due(now=site.clock(), channel="email", limit=99):
        for each in due:
            found += [each.event] if each.job_id == job.id else []
            site.store.outbox.mark_delivered(each.id, now=site.clock())
    return found


def test_job_is_attempted_until_it_succeeds_with_all_that_was_before_in_its_log(runner: Site) -> None:
    runner.put("work.sh", FAILING_TWICE)
    job = runner.submit("work.sh")

    for number in (1, 2):
        put_off(runner, job, number)
        go_on(runner, 5 * MINUTE)
    ended = runner.ended(job)

    assert (ended.state, ended.attempt) == (State.SUCCEEDED, 3)
    assert [(each.number, each.state, each.exit_code) for each in runner.store.jobs.attempts(job.id)] == [
        (1, State.FAILED, 75),
        (2, State.FAILED, 75),
        (3, State.SUCCEEDED, 0),
    ]
    line = f"attempt of {job.id}\n"
    assert runner.log(job) == f"{line}--- attempt 2 ---\n{line}--- attempt 3 ---\n{line}"
    records = runner.assembly.results.records(job.id)
    assert {path.name for path in records.glob("*.state")} == {f"attempt-{number}.state" for number in (1, 2, 3)}
    assert told(runner, job) == [Event.STARTED, Event.RETRIED, Event.RETRIED, Event.ENDED]


def test_attempt_starts_by_itself_when_its_delay_is_over(runner_factory: Make, running_clock: Any) -> None:
    runner = runner_factory(by=running_clock, patience=Patience(poll=timedelta(hours=1)), jobs={"lease": "3h"})
    runner.put("work.sh", FAILING_TWICE.replace("5m", "1s"))
    runner.start()

    job = runner.ended(runner.submit("work.sh"))

    assert (job.state, job.attempt) == (State.SUCCEEDED, 3)


def test_job_that_waits_for_another_attempt_is_cancelled_like_any_other(runner: Site) -> None:
    runner.put("work.sh", FAILING_TWICE)
    job = runner.submit("work.sh")
    put_off(runner, job, 1)

    cancelled = runner.service.cancel(runner.person, job.id)

    assert (cancelled.state, cancelled.reason) == (State.CANCELLED, "Cancelled by Ada before its next attempt.")
    assert len(runner.service.details(runner.person, job.id).attempts) == 1


def test_attempt_that_was_going_to_start_when_the_runner_was_killed_is_made_up_for(runner: Site) -> None:
    runner.put("work.sh", FAILING_TWICE)
    job = runner.submit("work.sh")
    put_off(runner, job, 1)
    name = (runner.config.data / "runner.id").read_text()
    runner.stop()
    runner.clock.move(5 * MINUTE)
    assert runner.store.jobs.claim(name, executor="local", now=runner.clock(), lease=MINUTE)

    runner.start()
    put_off(runner, job, 2)

    assert (runner.assembly.results.folder(job.id) / "tries").read_text() == "x\nx\n"


def test_job_that_could_not_start_is_not_tried_again(runner_factory: Make) -> None:
    runner = runner_factory()
    path = runner.put("work.sh", "#!/nowhere/sh\n##~~ {retries: {times: 2}}\n")
    job = runner.submit("work.sh")

    runner.start()

    assert path.exists()
    assert (runner.ended(job).state, runner.job(job).retry_count) == (State.FAILED, 0)


def test_script_changed_between_submit_and_start_runs_where_its_values_fit_and_that_is_told(
    runner_factory: Make,
) -> None:
    runner = runner_factory()
    path = runner.put("work.sh", "#!/bin/sh\n##~~ word - any\necho old\n")
    changed = runner.submit("work.sh", {"word": "x"})
    path.write_text("#!/bin/sh\n##~~ word - any\necho new\n")
    same = runner.submit("work.sh", {"word": "x"})

    runner.start()

    assert (runner.ended(changed).state, runner.job(changed).script_changed) == (State.SUCCEEDED, True)
    assert (runner.ended(same).state, runner.job(same).script_changed) == (State.SUCCEEDED, False)
    assert runner.log(changed) == "new\n"


def test_paused_queue_starts_nothing_and_says_why_to_whoever_submits(runner_factory: Make) -> None:
    runner = runner_factory(access={"admins": ["ada@example.org"]})
    runner.put("work.sh", "#!/bin/sh\n")
    runner.put("wait.sh", waiting())
    runner.start()
    before = runner.running(runner.submit("wait.sh"))
    runner.service.queue.pause(runner.person, "the disk is changed")

    script = runner.service.scripts.find(runner.person, "work.sh", exactly=True)
    submitted = runner.service.submit(runner.person, script, {}, submission="paused")

    outlook = runner.service.queue.outlook(submitted)
    assert (outlook.paused.reason, outlook.paused.paused_by) == ("the disk is changed", "Ada")
    let_go(runner, before)
    assert runner.ended(before).state is State.SUCCEEDED, "what runs goes on"
    assert runner.service.details(runner.person, submitted.id).outlook == outlook
    assert runner.job(submitted).state is State.QUEUED
    runner.service.queue.resume(runner.person)
    assert runner.ended(submitted).state is State.SUCCEEDED


def test_job_that_is_held_starts_once_it_is_released(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("work.sh", "#!/bin/sh\n")
    held, other = runner.submit("work.sh"), runner.submit("work.sh")
    runner.service.queue.hold(runner.person, held.id)
    runner.start()
    runner.ended(other)
    assert runner.job(held).state is State.QUEUED

    runner.service.queue.release(runner.person, held.id)

    assert runner.ended(held).state is State.SUCCEEDED


def test_no_more_jobs_of_a_script_run_at_once_than_it_says(runner_factory: Make) -> None:
    runner = runner_factory(jobs={"slots": 4})
    runner.put("wait.sh", waiting("concurrency: 1"))
    runner.put("work.sh", "#!/bin/sh\n")
    runner.start()
    first, second = runner.submit("wait.sh"), runner.submit("wait.sh")
    runner.running(first)

    assert runner.ended(runner.submit("work.sh")).state is State.SUCCEEDED
    assert runner.job(second).state is State.QUEUED
    let_go(runner, first)
    runner.running(second)
    let_go(runner, second)


def test_script_that_asks_for_more_than_there_is_is_refused_in_words(runner_factory: Make) -> None:
    runner = runner_factory(jobs={"cpus": 4, "memory": "8G"})
    runner.put("wide.sh", "#!/bin/sh\n##~~ {cpus: 5}\n")
    runner.put("big.sh", "#!/bin/sh\n##~~ {memory: 9G}\n")

    with pytest.raises(ScriptRunnerError, match="asks for 5 CPUs, and all jobs together may have 4: it cannot run"):
        runner.submit("wide.sh")
    with pytest.raises(ScriptRunnerError, match=r"asks for 9\.0 GB of memory, and all jobs together may have 8\.0 GB"):
        runner.submit("big.sh")


def test_job_that_no_longer_fits_the_settings_is_ended_when_the_runner_starts(runner_factory: Make) -> None:
    before = runner_factory()
    before.put("wide.sh", "#!/bin/sh\n##~~ {cpus: 5}\n")
    job = before.submit("wide.sh")

    after = runner_factory(jobs={"cpus": 4})
    after.start()

    assert after.ended(job).reason == "It asks for 5 CPUs, and all jobs together may have 4."


def test_requester_is_warned_once_when_a_job_nears_its_time_limit(runner: Site) -> None:
    runner.put("wait.sh", waiting("timeout: 10m"))
    job = runner.submit("wait.sh")
    runner.file(job, "begun")
    go_on(runner, 7 * MINUTE)
    run_another(runner)
    assert runner.job(job).warned_at is None

    go_on(runner, MINUTE)

    wait_for(lambda: runner.job(job).warned_at == runner.clock(), what="warned")
    go_on(runner, MINUTE)
    run_another(runner)
    let_go(runner, job)
    runner.ended(job)
    assert told(runner, job) == [Event.STARTED, Event.WARNED, Event.ENDED]


def test_end_of_a_job_that_another_runner_took_to_be_lost_is_left_to_that_one(
    runner: Site, caplog: pytest.LogCaptureFixture
) -> None:
    runner.put("wait.sh", waiting())
    job = runner.submit("wait.sh")
    runner.file(job, "begun")
    later = runner.clock() + 2 * MINUTE
    runner.store.jobs.lose_abandoned("another", reason="gone", now=later, expires_at=later)

    let_go(runner, job)

    wait_for(lambda: f"job {job.id} is no longer this runner's" in caplog.text, what="let go")
    assert (runner.job(job).state, runner.job(job).reason) == (State.LOST, "gone")


def test_records_of_a_job_are_those_of_its_attempt(runner: Site) -> None:
    runner.put("work.sh", FAILING_TWICE)
    job = runner.submit("work.sh")
    put_off(runner, job, 1)

    state = runner.assembly.results.records(job.id) / "attempt-1.state"
    assert json.loads(state.read_text().splitlines()[-1])["exit_code"] == 75
    runner.service.cancel(runner.person, job.id)


def test_running_job_that_is_given_more_time_outlives_its_first_limit(runner: Site) -> None:
    runner.put("work.sh", waiting("timeout: 6s, more_time: 1h"))
    job = runner.submit("work.sh")
    runner.file(job, "begun")
    began = time.monotonic()

    runner.service.queue.grant_time(runner.person, job.id, timedelta(minutes=30))

    wait_for(lambda: time.monotonic() - began > 7, what="past the first limit")
    assert runner.job(job).state is State.RUNNING
    let_go(runner, job)
    assert runner.ended(job).state is State.SUCCEEDED


def test_time_that_was_given_while_no_runner_looked_counts(runner: Site) -> None:
    runner.put("work.sh", waiting("timeout: 6s, more_time: 1h"))
    job = runner.submit("work.sh")
    runner.file(job, "begun")
    began = time.monotonic()
    runner.stop()

    runner.service.queue.grant_time(runner.person, job.id, timedelta(minutes=30))
    runner.start()

    wait_for(lambda: time.monotonic() - began > 7, what="past the first limit")
    assert runner.job(job).state is State.RUNNING
    let_go(runner, job)
    assert runner.ended(job).state is State.SUCCEEDED
