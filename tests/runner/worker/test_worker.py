"""The worker takes, starts, watches and ends jobs, and loses none whatever happens in between."""

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.app.bootstrap import Assembly
from runner.app.patience import Patience
from runner.jobs import Job, State
from tests.support.slack.person import wait_for

Make = Callable[..., Any]
Site = Any
WAITING = "#!/bin/sh\necho begun > begun\nwhile [ ! -e go ]; do sleep 0.01; done\nexit ${1:-0}\n"
QUICK = "#!/bin/sh\necho hello\n"
# Nothing is found by looking once more: who is not told finds nothing within a test.
BLIND: dict[str, Any] = {"patience": Patience(poll=timedelta(hours=1)), "jobs": {"lease": "3h"}}
HASTY = Patience(poll=timedelta(seconds=0.2), after_trouble=timedelta(seconds=0.1), database=timedelta(seconds=0.5))


def let_go(runner: Site, job: Job) -> None:
    runner.file(job, "begun").with_name("go").touch()


def begun(runner: Site, job: Job) -> None:
    runner.file(job, "begun")


def supervisor(runner: Site, job: Job) -> int:
    state = next(runner.assembly.results.records(job.id).glob("*.state"))
    return int(json.loads(state.read_text().splitlines()[0])["supervisor"])


def test_job_runs_and_its_exit_code_is_kept(runner: Site) -> None:
    runner.put("fail.sh", "#!/bin/sh\nexit 3\n")
    runner.put("work.sh", QUICK)

    failed, succeeded = runner.ended(runner.submit("fail.sh")), runner.ended(runner.submit("work.sh"))

    assert (failed.state, failed.exit_code) == (State.FAILED, 3)
    assert (succeeded.state, succeeded.exit_code, runner.log(succeeded)) == (State.SUCCEEDED, 0, "hello\n")
    assert succeeded.expires_at == runner.clock() + timedelta(days=7)


def test_what_a_job_used_is_kept(runner: Site) -> None:
    work = "text = b'.' * 80_000_000\nbegun = time.process_time()\nwhile time.process_time() < begun + 0.3: pass\n"
    runner.put("work.py", f"#!{sys.executable} -S\nimport time\n{work}")

    job = runner.ended(runner.submit("work.py"))

    assert job.peak_memory_bytes > 80_000_000
    assert timedelta(seconds=0.3) <= job.cpu_time < timedelta(seconds=10)


def test_job_starts_well_before_the_next_poll(runner_factory: Make) -> None:
    runner = runner_factory(**BLIND)
    runner.start()
    runner.put("work.sh", QUICK)
    runner.ended(runner.submit("work.sh"))

    for _ in range(10):
        runner.ended(runner.submit("work.sh"))


def test_job_that_nobody_announced_is_found_by_the_poll(runner_factory: Make) -> None:
    runner = runner_factory(patience=Patience(poll=timedelta(seconds=0.2)))
    runner.start()
    runner.put("work.sh", QUICK)
    runner.ended(runner.submit("work.sh"))
    runner.assembly.paths.wakeup_socket.unlink()

    runner.ended(runner.submit("work.sh"))


def test_as_many_jobs_run_at_once_as_there_are_slots(runner_factory: Make) -> None:
    runner = runner_factory(jobs={"slots": 3})
    runner.put("wait.sh", WAITING)
    runner.start()
    jobs = [runner.submit("wait.sh") for _ in range(5)]
    for job in jobs[:3]:
        begun(runner, job)

    assert [runner.job(job).state for job in jobs] == [State.RUNNING] * 3 + [State.QUEUED] * 2
    let_go(runner, jobs[1])
    begun(runner, jobs[3])
    assert runner.job(jobs[4]).state is State.QUEUED


def test_script_with_lines_of_slurm_finds_what_slurm_would_set(runner_factory: Make) -> None:
    runner = runner_factory()
    lines = "#SBATCH --cpus-per-task=2 --mem=300M -J reads\n##~~ n {constant: '8', env: SLURM_NTASKS} - n\n"
    program = "cd $SLURM_SUBMIT_DIR\nenv | grep ^SLURM > environment\n"
    runner.put("slurm.sh", f"#!/bin/sh\n{lines}{program}")
    runner.put("other.sh", "#!/bin/sh\nenv > environment\n")
    runner.start()

    found = {}
    for name in ("slurm.sh", "other.sh"):
        job = runner.ended(runner.submit(name))
        written = (runner.assembly.results.folder(job.id) / "environment").read_text().splitlines()
        found[name] = dict(line.split("=", 1) for line in written) | {"job": str(job.id)}

    slurm = found["slurm.sh"]
    assert {
        name: slurm.get(f"SLURM_{name}") for name in ("CPUS_PER_TASK", "CPUS_ON_NODE", "MEM_PER_NODE", "NNODES")
    } == {
        "CPUS_PER_TASK": "2",
        "CPUS_ON_NODE": "2",
        "MEM_PER_NODE": "300",
        "NNODES": "1",
    }
    assert (slurm["SLURM_JOB_NAME"], slurm["SLURM_NTASKS"], slurm["SLURM_JOB_ID"]) == ("reads", "8", slurm["job"])
    assert "SLURM_MEM_PER_CPU" not in slurm
    assert not [name for name in found["other.sh"] if name.startswith("SLURM")]


def test_script_with_a_constant_of_its_requester_gets_their_address(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("to.sh", '#!/bin/sh\n##~~ to {constant: requester.email, env: MAIL_TO}\necho "$MAIL_TO" > to\n')
    runner.start()

    job = runner.ended(runner.submit("to.sh"))

    assert (runner.assembly.results.folder(job.id) / "to").read_text() == "ada@example.org\n"


def test_script_gets_its_environment(runner_factory: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("LANG", "\udcff no utf-8")
    runner = runner_factory(jobs={"environment": ["PATH", "LANG", "NOT_SET"]})
    runner.put("show.sh", "#!/usr/bin/env -S sh -c 'env -0 > environment'\n")
    runner.start()

    job = runner.ended(runner.submit("show.sh"))

    folder = runner.assembly.results.folder(job.id)
    written = [line.split(b"=", 1) for line in (folder / "environment").read_bytes().split(b"\0") if line]
    assert {name: text for name, text in written if name not in {b"PWD", b"_", b"SHLVL"}} == {
        b"PATH": os.environb[b"PATH"],
        b"LANG": b"\xff no utf-8",
        b"PYTHONUNBUFFERED": b"1",
        b"SCRIPTRUNNER_JOB_ID": str(job.id).encode(),
        b"SCRIPTRUNNER_OUTPUT_DIR": str(folder).encode(),
        b"SCRIPTRUNNER_REQUESTER": b"ada@example.org",
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), "It could not be started: There is no script “work.sh”."),
        (
            lambda path: path.write_text("#!/bin/sh\n##~~ bad {type: nonsense} - x\n"),
            "It could not be started: The script “work.sh” is broken and cannot be run: line 2",
        ),
        (
            lambda path: path.write_text("#!/bin/sh\n##~~ count {type: integer} - how many\n"),
            "It could not be started: The script has changed and no longer takes these values: ",
        ),
        (
            lambda path: path.write_text("#!/nowhere/sh\n##~~ word - any\n"),
            "It could not be started: the script names /nowhere/sh in its first line, which is not there.",
        ),
        (
            lambda path: path.write_text("#!/bin/sh\r\n##~~ word - any\r\n"),
            "It could not be started: The script “work.sh” is broken and cannot be run: line 1: has lines that end",
        ),
        (lambda path: path.chmod(0o644), "It could not be started: The script “work.sh” is broken and cannot be run"),
        (lambda path: shutil.rmtree(path.parent), "It could not be started: The scripts folder "),
    ],
)
def test_job_whose_script_has_changed_fails_and_says_why(
    runner_factory: Make, change: Callable[[Path], object], reason: str
) -> None:
    runner = runner_factory()
    path = runner.put("work.sh", "#!/bin/sh\n##~~ word - any\n")
    job = runner.submit("work.sh", {"word": "x"})
    change(path)

    runner.start()

    ended = runner.ended(job)
    assert ended.state is State.FAILED
    assert ended.reason.startswith(reason)


def test_job_whose_input_was_removed_fails_and_says_why(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("read.sh", "#!/bin/sh\n##~~ input - a file\n")
    (runner.assembly.inbox.folder / "a.txt").write_text("a")
    job = runner.submit("read.sh", {"input": "a.txt"})
    (runner.assembly.inbox.folder / "a.txt").unlink()

    runner.start()

    assert runner.ended(job).reason == (
        "It could not be started: “a.txt” is not in the inbox any more; choose another file."
    )


def test_job_that_cannot_start_is_told_well_before_the_next_poll(runner_factory: Make) -> None:
    runner = runner_factory(**BLIND)
    path = runner.put("gone.sh", QUICK)
    job = runner.submit("gone.sh")
    path.unlink()

    runner.start()

    runner.ended(job)


def test_jobs_that_cannot_start_do_not_keep_others_waiting(runner_factory: Make) -> None:
    runner = runner_factory(patience=BLIND["patience"], jobs=BLIND["jobs"] | {"slots": 1})
    path = runner.put("gone.sh", QUICK)
    runner.put("work.sh", QUICK)
    for _ in range(20):
        runner.submit("gone.sh")
    job = runner.submit("work.sh")
    path.unlink()

    runner.start()

    assert runner.ended(job).state is State.SUCCEEDED


def test_new_job_starts_in_an_empty_folder(runner_factory: Make, clock: Any) -> None:
    runner = runner_factory()
    outbox = runner.assembly.results
    outbox.make(1, attempt=1)
    (outbox.folder(1) / "secret.txt").write_text("of somebody else, from an older database")
    (outbox.records(1) / "attempt-1.state").write_text('{"supervisor": 1}\n')
    runner.put("list.sh", "#!/bin/sh\nls -A\n")
    runner.start()

    job = runner.ended(runner.submit("list.sh"))

    assert (job.id, job.state, runner.log(job)) == (1, State.SUCCEEDED, "")
    assert len(list(outbox.root.glob("1~*/secret.txt"))) == 1
    clock.move(timedelta(days=365 * 10))
    runner.assembly.cleaner().clean()
    assert list(outbox.root.glob("1~*")) == list(outbox.control.glob("1~*")) == []


def test_running_job_is_stopped_when_it_is_cancelled(runner_factory: Make) -> None:
    runner = runner_factory(**BLIND)
    runner.start()
    runner.put("wait.sh", WAITING)
    job = runner.submit("wait.sh")
    begun(runner, job)

    runner.service.cancel(runner.person, job.id)

    ended = runner.ended(job)
    assert (ended.state, ended.reason) == (State.CANCELLED, "Cancelled by Ada.")


def test_job_that_takes_too_long_is_stopped(runner: Site) -> None:
    runner.put("long.sh", "#!/bin/sh\n##~~ {timeout: 1s}\nsleep 600\n")

    ended = runner.ended(runner.submit("long.sh"))

    assert (ended.state, ended.reason) == (State.TIMED_OUT, "It was stopped at its time limit of 1 s.")


def test_job_that_is_stopped_by_somebody_else_has_failed(runner: Site) -> None:
    runner.put("wait.sh", WAITING)
    job = runner.submit("wait.sh")
    begun(runner, job)

    os.kill(supervisor(runner, job), signal.SIGTERM)

    ended = runner.ended(job)
    assert (ended.state, ended.reason) == (
        State.FAILED,
        "It was stopped from outside, as when the machine shuts down.",
    )


def test_job_whose_supervisor_was_killed_is_lost(runner: Site) -> None:
    runner.put("wait.sh", WAITING)
    job = runner.submit("wait.sh")
    begun(runner, job)

    os.kill(supervisor(runner, job), signal.SIGKILL)

    assert runner.ended(job).state is State.LOST
    let_go(runner, job)


def test_worker_that_stops_leaves_jobs_running_and_the_next_one_takes_them_up(runner: Site) -> None:
    runner.put("wait.sh", WAITING)
    living, ending = runner.submit("wait.sh"), runner.submit("wait.sh")
    begun(runner, living)
    begun(runner, ending)
    runner.stop()
    let_go(runner, ending)
    runner.start()

    assert runner.ended(ending).state is State.SUCCEEDED
    assert runner.job(living).state is State.RUNNING
    let_go(runner, living)
    assert runner.ended(living).state is State.SUCCEEDED


def test_job_claimed_by_a_runner_that_was_killed_at_once_is_started(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("count.sh", "#!/bin/sh\necho once\n")
    job = runner.submit("count.sh")
    runner.start()
    runner.ended(job)
    runner.stop()
    name = (runner.config.data / "runner.id").read_text()
    second = runner.submit("count.sh")
    runner.store.jobs.claim(name, executor="local", now=runner.clock(), lease=timedelta(minutes=1))

    runner.start()

    assert (runner.ended(second).state, runner.job(second).attempt) == (State.SUCCEEDED, 2)
    assert runner.log(second) == "once\n"


def test_job_whose_runner_was_killed_at_every_start_so_far_is_started(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("count.sh", "#!/bin/sh\necho once\n")
    runner.start()
    runner.stop()
    job = runner.submit("count.sh")
    name = (runner.config.data / "runner.id").read_text()
    (claimed,) = runner.store.jobs.claim(name, executor="local", now=runner.clock(), lease=timedelta(minutes=1))
    for _ in range(5):
        claimed = runner.store.jobs.retry(claimed, executor="local")

    runner.start()

    assert (runner.ended(job).state, runner.job(job).attempt) == (State.SUCCEEDED, 7)
    assert runner.log(job) == "once\n"


def test_job_claimed_and_cancelled_before_it_could_start_is_not_started(runner_factory: Make) -> None:
    runner = runner_factory()
    runner.put("count.sh", "#!/bin/sh\necho once\n")
    job = runner.submit("count.sh")
    runner.start()
    runner.ended(job)
    runner.stop()
    name = (runner.config.data / "runner.id").read_text()
    second = runner.submit("count.sh")
    runner.store.jobs.claim(name, executor="local", now=runner.clock(), lease=timedelta(minutes=1))
    runner.service.cancel(runner.person, second.id)

    runner.start()

    ended = runner.ended(second)
    assert (ended.state, ended.reason) == (State.CANCELLED, "Cancelled by Ada before it started.")
    assert not runner.assembly.results.log(second.id).exists()


def test_runner_suspended_between_claim_and_start_looks_whether_the_job_is_still_its_own(
    runner_factory: Make, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_factory()
    runner.put("work.sh", QUICK)
    job = runner.submit("work.sh")
    slept: list[bool] = []

    def uptime_of_a_sleeper() -> float:
        """An hour goes by once the job is claimed, as for a process that is suspended."""
        if not slept and runner.job(job).state is State.RUNNING:
            slept.append(True)
            clock.move(timedelta(hours=1))
        return clock.uptime()  # type: ignore[no-any-return]

    runner.assembly = Assembly(runner.config, clock=clock, uptime=uptime_of_a_sleeper)
    runner.start()

    ended = runner.ended(job)

    assert "waits until it is known to be this runner's still" in caplog.text
    assert (ended.state, ended.attempt) == (State.SUCCEEDED, 2)
    assert runner.log(job) == "hello\n"


def test_job_whose_folders_were_all_deleted_is_lost(runner: Site) -> None:
    runner.put("wait.sh", WAITING)
    job = runner.submit("wait.sh")
    begun(runner, job)
    pid = supervisor(runner, job)
    runner.stop()
    shutil.rmtree(runner.assembly.results.records(job.id))

    runner.start()

    assert runner.ended(job).state is State.LOST
    os.kill(pid, signal.SIGTERM)


def test_end_is_recorded_once_the_database_is_no_longer_locked(
    runner_factory: Make, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_factory(patience=HASTY)
    runner.start()
    runner.put("wait.sh", WAITING)
    runner.put("work.sh", QUICK)
    job = runner.submit("wait.sh")
    begun(runner, job)
    other = sqlite3.connect(runner.config.data / "scriptrunner.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    let_go(runner, job)

    wait_for(lambda: "database is locked" in caplog.text, 30)
    other.execute("ROLLBACK")
    other.close()

    assert runner.ended(job).state is State.SUCCEEDED
    assert runner.ended(runner.submit("work.sh")).state is State.SUCCEEDED


def test_worker_that_starts_while_the_database_is_locked_takes_up_its_jobs_later(
    runner_factory: Make, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_factory(patience=HASTY)
    runner.start()
    runner.put("wait.sh", WAITING)
    job = runner.submit("wait.sh")
    begun(runner, job)
    runner.stop()
    other = sqlite3.connect(runner.config.data / "scriptrunner.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    runner.start()
    wait_for(lambda: "database is locked" in caplog.text, 30)
    other.execute("ROLLBACK")
    other.close()

    let_go(runner, job)

    assert runner.ended(job).state is State.SUCCEEDED
