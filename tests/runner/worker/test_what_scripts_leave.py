"""What a script prints, leaves in its folder and leaves running is told, whatever it does in its folder."""

import sys
from datetime import timedelta
from typing import Any

import pytest

from runner.jobs import State
from runner.messages.texts import missing, results
from runner.system.wakeup import wake
from tests.support.machine.settled import settle_messages
from tests.support.slack.person import wait_for

Site = Any
UNFLUSHED = (
    f'#!{sys.executable}\nimport time\nprint("10%")\nprint("printed")\nopen("begun", "w").write("x")\ntime.sleep(600)\n'
)


def told(runner: Site, job: Any) -> Any:
    return runner.service.details(runner.person, job.id).report


def test_what_python_prints_is_seen_while_it_runs_and_after_a_cancel(runner: Site) -> None:
    runner.put("count.py", UNFLUSHED)
    job = runner.submit("count.py")
    runner.file(job, "begun")

    wait_for(lambda: runner.log(job) == "10%\nprinted\n", 5)
    assert told(runner, job).log_tail == "printed"

    runner.service.cancel(runner.person, job.id)

    assert runner.ended(job).state is State.CANCELLED
    assert runner.log(job) == "10%\nprinted\n"


def test_log_survives_what_a_script_removes_and_lies_among_the_results_in_the_end(runner: Site) -> None:
    runner.put("latex.sh", "#!/bin/sh\ntouch a.log b.aux\nrm -f *.aux *.log .??*\nls -A\necho FATAL >&2\nexit 1\n")

    job = runner.ended(runner.submit("latex.sh"))

    assert told(runner, job).log_tail == "FATAL"
    folder = runner.assembly.results.folder(job.id)
    assert [path.name for path in folder.iterdir()] == [f"job-{job.id}.log"]
    assert (folder / f"job-{job.id}.log").read_text() == "FATAL\n"
    assert told(runner, job).result_count == 0


def test_script_s_own_file_of_the_log_s_name_is_a_result_beside_the_log(runner: Site) -> None:
    runner.put("own.sh", "#!/bin/sh\necho mine > job-1.log\necho ours\n")

    job = runner.ended(runner.submit("own.sh"))

    folder = runner.assembly.results.folder(job.id)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "job-1.log": "mine\n",
        "job-1.2.log": "ours\n",
    }
    assert [file.name for file in told(runner, job).results] == ["job-1.log"]


DECLARED = """#!/bin/sh
##~~ mode {type: choice, choices: [well, badly, long]} - how it ends
##~~ output_table {default: table.csv} - the table
##~~ output_pictures {default: pictures} - a folder
##~~ output_empty {default: empty.txt} - nothing
##~~ output_rest {required: false} - what may be left out
##~~ output_named {type: output, default: named.txt, flag: --named, when: {mode: well}} - only then
echo begun > begun
mkdir "$3"
: > "$4"
case "$1" in badly) exit 3;; long) while :; do sleep 0.05; done;; esac
"""


@pytest.mark.parametrize(
    ("mode", "state", "words"),
    [
        ("well", State.SUCCEEDED, "Missing, though the script was to write them: table.csv, named.txt"),
        ("badly", State.FAILED, "Not written: table.csv"),
        ("long", State.CANCELLED, "Not written when it was cancelled: table.csv"),
    ],
)
def test_declared_outputs_that_a_script_did_not_write_are_told(
    runner: Site, mode: str, state: State, words: str
) -> None:
    runner.put("declared.sh", DECLARED)
    defaults = {"output_table": "table.csv", "output_pictures": "pictures", "output_empty": "empty.txt"}
    job = runner.submit("declared.sh", {"mode": mode, **defaults, "output_named": "named.txt"})
    if mode == "long":
        runner.file(job, "begun")
        wait_for((runner.assembly.results.folder(job.id) / "empty.txt").exists)
        runner.service.cancel(runner.person, job.id)

    assert runner.ended(job).state is state
    assert missing(told(runner, job)) == words


@pytest.mark.parametrize("act", ['rm -rf "$PWD"', 'rmdir "$PWD"', 'mv "$PWD" "$PWD.away"; mkdir away'])
def test_folder_that_is_gone_is_told_with_what_was_printed(runner: Site, act: str) -> None:
    runner.put("gone.sh", f"#!/bin/sh\n{act}\necho last words\nexit 3\n")

    job = runner.ended(runner.submit("gone.sh"))

    assert job.reason == (
        "Its folder is gone, since it was removed or renamed while the job ran: there are no results to fetch."
    )
    assert told(runner, job).log_tail == "last words"
    log = runner.assembly.results.folder(job.id) / f"job-{job.id}.log"
    wait_for(log.exists)
    assert log.read_text() == "last words\n"
    assert told(runner, job).retrieval is not None


def test_each_attempt_adds_to_the_same_log(runner: Site) -> None:
    runner.put("retry.sh", "#!/bin/sh\n##~~ {retries: {times: 1, delay: 1s}}\nls -A\nrm -f *.log\necho again\nexit 1\n")
    job = runner.submit("retry.sh")
    wait_for(lambda: runner.job(job).retry_count == 1)
    runner.clock.move(timedelta(minutes=1))
    wake(runner.assembly.paths.wakeup_socket)

    runner.ended(job)

    assert runner.log(job) == "again\n--- attempt 2 ---\nagain\n"
    assert (runner.assembly.results.folder(job.id) / f"job-{job.id}.log").read_text() == runner.log(job)


def test_log_of_a_job_that_began_before_logs_lay_apart_is_still_read_and_added_to(runner: Site) -> None:
    outbox = runner.assembly.results
    outbox.make(7, attempt=1)
    outbox.log(7).parent.rmdir()
    old = outbox.folder(7) / "job-7.log"
    old.write_text("before\n")

    outbox.make(7, attempt=2)
    outbox.divide_log(7, attempt=2)
    outbox.publish_log(7)

    assert outbox.log(7) == old
    assert outbox.log_tail(7) == "before\n--- attempt 2 ---"
    assert [path.name for path in outbox.folder(7).iterdir()] == ["job-7.log"]
    assert outbox.files(7).count == 0


def test_logs_are_removed_with_their_jobs(runner: Site) -> None:
    runner.put("quick.sh", "#!/bin/sh\necho hello\n")
    job = runner.ended(runner.submit("quick.sh"))
    log = runner.assembly.results.log(job.id)
    assert log.exists()

    settle_messages(runner.store, now=runner.clock())
    runner.service.retention.delete(runner.person, job.id)

    assert not log.exists()
    assert told(runner, job).log_tail == ""


def test_processes_that_still_ran_are_counted(runner: Site) -> None:
    runner.put("workers.sh", "#!/bin/sh\nfor each in 1 2 3; do sleep 600 & done\n")
    runner.put("one.sh", "#!/bin/sh\nsetsid sleep 600 &\nexit 4\n")
    runner.put("none.sh", "#!/bin/sh\nsleep 0.1 & wait\n")

    three, one, none = (runner.ended(runner.submit(name)) for name in ("workers.sh", "one.sh", "none.sh"))

    assert (three.state, three.reason) == (State.SUCCEEDED, "3 processes still ran when it ended, and were ended.")
    assert (one.exit_code, one.reason) == (4, "1 process still ran when it ended, and was ended.")
    assert none.reason is None


def test_what_is_left_out_of_the_results_is_named_with_the_reason(runner: Site) -> None:
    runner.put(
        "kinds.sh",
        "#!/bin/sh\necho b > report.txt; ln report.txt copy.txt\nln -s report.txt link; mkfifo pipe\n"
        f"ln $0 outside 2>/dev/null || ln {runner.scripts}/kinds.sh outside\n",
    )

    report = told(runner, runner.ended(runner.submit("kinds.sh")))

    assert results(report) == [
        "copy.txt (2 B)",
        "report.txt (2 B)",
        "left out: link (a link)",
        "left out: outside (it has a name outside of the folder)",
        "left out: pipe (a pipe)",
    ]
