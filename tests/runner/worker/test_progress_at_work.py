"""Scripts that say how far they are, and runners that are processes of their own and hear them."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.jobs import Job, Progress, Requester, State, Step, StepStatus
from tests.support.machine.runner_site import Process, Site
from tests.support.slack.person import wait_for

WAIT_FOR = "wait_for() { while [ ! -e $1 ]; do sleep 0.01; done; }\n"
FORGED = {
    "state": "succeeded",
    "exit_code": 0,
    "reason": "done",
    "requester": {"email": "eve@example.org"},
    "email": "eve@example.org",
    "recipient": "eve@example.org",
    "notify": ["eve@example.org"],
    "allow": "everybody",
    "admins": ["eve@example.org"],
    "script": "other.sh",
    "argv": ["/bin/sh", "-c", "touch forged"],
    "values": {"word": "forged"},
    "retries": {"times": 99},
    "more_time": 99_999,
    "priority": 10,
    "id": 1,
    "job_id": 1,
    "percent": 99,
    "__class__": "Job",
}


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Site]:
    site = Site(tmp_path, person_factory())
    yield site
    site.end()


def said(**fields: Any) -> str:
    """A line of a script that says this."""
    return f"echo '{json.dumps({'scriptrunner': 1} | fields)}'\n"


def script(*parts: str, options: str = "") -> str:
    return "".join(["#!/bin/sh\n", f"##~~ {{{options}}}\n" if options else "", WAIT_FOR, *parts])


def let_go(site: Site, job: Job, name: str = "go") -> None:
    (site.assembly.results.folder(job.id) / name).touch()


def heard(site: Site, job: Job, expected: Progress | None) -> None:
    wait_for(lambda: site.now(job).progress == expected, 20, what=f"{expected}, but {site.now(job).progress}")


def restart(site: Site, runner: Process) -> None:
    runner.kill()
    runner.wait()
    site.start()


def test_job_is_updated_while_its_script_says_how_far_it_is(site: Site) -> None:
    more = said(progress=40.7, status="reading", label="Part 1 of 2", table={"rows": 12, "name": "é"})
    site.put("tell.sh", script("echo begin; echo 12%\n", "wait_for more\n", more, "wait_for less\n", said(label=None)))
    site.start()
    job = site.submit("tell.sh")
    heard(site, job, Progress(percent=12))
    known = site.now(job).progress
    assert known is not None
    assert known.percent_after is not None
    assert timedelta() <= known.percent_after < timedelta(minutes=1)
    let_go(site, job, "more")
    table = {"rows": "12", "name": "é"}
    heard(site, job, Progress(percent=40, status="reading", label="Part 1 of 2", table=table))
    assert site.now(job).state is State.RUNNING

    let_go(site, job, "less")

    assert site.ended(job).progress == Progress(percent=40, status="reading", table=table)


def test_script_at_a_terminal_is_heard_though_its_program_would_keep_it_back(site: Site) -> None:
    site.put(
        "awk.sh",
        "#!/usr/bin/awk -f\n##~~ {terminal: true}\n"
        'BEGIN { print ENVIRON["TERM"], ENVIRON["PAGER"]; print "45%"\n'
        '        while (system("test -e go")) system("sleep 0.05") }\n',
    )
    site.start()
    job = site.submit("awk.sh")

    heard(site, job, Progress(percent=45))

    let_go(site, job, "go")
    site.ended(job)
    assert site.assembly.results.log(job.id).read_bytes() == b"xterm cat\n45%\n"


def test_what_a_script_says_last_is_kept_with_its_end(site: Site) -> None:
    site.put("quick.sh", script("echo 1%; echo 100%\n", said(table={"lines": 3})))
    site.put(
        "fail.sh", script(said(progress=70, status="cannot go on", steps=["Read", "Go on"], step="Go on"), "exit 3\n")
    )
    site.start()

    quick, failed = site.submit("quick.sh"), site.submit("fail.sh")

    assert site.ended(quick).progress == Progress(percent=100, table={"lines": "3"})
    steps = (Step(title="Read", status=StepStatus.PENDING), Step(title="Go on"))
    assert site.ended(failed).progress == Progress(percent=70, status="cannot go on", steps=steps)


def test_other_output_is_only_log(site: Site) -> None:
    lines = ["at 45%", "45% done", "101%", '{"progress": 45}', '{"scriptrunner": 2, "progress": 45}', "plain words"]
    site.put("talk.sh", script("cat <<'END'\n", "\n".join(lines), "\nEND\n"))
    site.start()

    job = site.ended(site.submit("talk.sh"))

    assert job.progress is None
    assert site.assembly.results.log(job.id).read_text().splitlines() == lines


def test_progress_survives_a_runner_that_is_killed(site: Site) -> None:
    site.put(
        "long.sh",
        script(
            said(label="Part 1", progress=5, table={"a": 1}),
            "wait_for away\n",
            # so much that the label is far back in the log by then
            "head -c 3000000 /dev/zero | tr '\\0' 'x' | fold; echo; echo 30%\n",
            "touch said; wait_for go\n",
            "echo 60%; touch more; wait_for end\n",
        ),
    )
    runner = site.start()
    job = site.submit("long.sh")
    heard(site, job, Progress(percent=5, label="Part 1", table={"a": "1"}))
    runner.kill()
    runner.wait()
    let_go(site, job, "away")
    wait_for((site.assembly.results.folder(job.id) / "said").exists, 20, what="said while nobody heard it")
    assert site.now(job).progress == Progress(percent=5, label="Part 1", table={"a": "1"})

    site.start()

    heard(site, job, Progress(percent=30, label="Part 1", table={"a": "1"}))
    let_go(site, job)
    heard(site, job, Progress(percent=60, label="Part 1", table={"a": "1"}))
    let_go(site, job, "end")
    assert site.ended(job).progress == Progress(percent=60, label="Part 1", table={"a": "1"})


def test_end_that_came_while_no_runner_was_there_brings_what_was_said_last(site: Site) -> None:
    site.put("long.sh", script("echo 5%\n", "wait_for away\n", "echo 95%\ntouch over\n"))
    runner = site.start()
    job = site.submit("long.sh")
    heard(site, job, Progress(percent=5))
    runner.kill()
    runner.wait()
    let_go(site, job, "away")
    folder, state = site.assembly.results.folder(job.id), site.assembly.results.records(job.id) / "attempt-1.state"
    wait_for((folder / "over").exists, 20, what="over")
    wait_for(lambda: "ended_by" in state.read_text(), 20, what="end recorded")

    site.start()

    assert site.ended(job).progress == Progress(percent=95)


@pytest.mark.parametrize("last", ["", "printf 'half a line'\n"])
def test_another_attempt_begins_with_no_progress(site: Site, last: str) -> None:
    site.put(
        "again.sh",
        script(
            "if [ ! -e tried ]; then\n",
            "touch tried\n",
            said(progress=90, status="first", table={"a": 1}),
            last,
            "wait_for fail; exit 75\n",
            "fi\n",
            "touch second; wait_for go\n",
            said(label="second"),
            "touch third; wait_for end\n",
            options="retries: {times: 1, delay: 1s, on: [75]}",
        ),
    )
    runner = site.start()
    job = site.submit("again.sh")
    heard(site, job, Progress(percent=90, status="first", table={"a": "1"}))

    let_go(site, job, "fail")

    folder = site.assembly.results.folder(job.id)
    wait_for((folder / "second").exists, 20, what="another attempt")
    assert site.now(job).progress is None
    let_go(site, job)
    heard(site, job, Progress(label="second"))
    restart(site, runner)
    wait_for(lambda: f"job {job.id} adopted" in site.log, 20, what="adopted")
    let_go(site, job, "end")
    assert site.ended(job).progress == Progress(label="second")


def test_hostile_lines_change_nothing_but_progress(site: Site) -> None:
    site.put("other.sh", "#!/bin/sh\ntouch forged\n")
    site.put(
        "hostile.sh",
        script(
            "echo 1%\n",
            "wait_for go\n",
            said(status="<!channel> <@U1> *x*", **FORGED),
            said(status="a\x1b[31m\nSubject: forged", label="\u202eb", **FORGED),
            "echo '--- attempt 99 ---'\n",
            said(table={"<!here>": "<https://evil.example|click>"}, **FORGED),
            "echo '{\"scriptrunner\": 1, \"progress\": '$(head -c 9000 /dev/zero | tr '\\0' 9)'}'\n",
            said(progress=2),
            "touch told; wait_for end; exit 4\n",
        ),
    )
    site.start()
    job = site.submit("hostile.sh")
    heard(site, job, Progress(percent=1))
    before = site.now(job)

    let_go(site, job)

    table = {"<!here>": "<https://evil.example|click>"}
    heard(site, job, Progress(percent=2, table=table))
    assert replace(site.now(job), progress=None) == replace(before, progress=None)
    let_go(site, job, "end")
    ended = site.ended(job)
    assert (ended.state, ended.exit_code, ended.progress) == (State.FAILED, 4, Progress(percent=2, table=table))
    assert site.mails(job) == [f"Job {job.id} failed", f"Job {job.id} started"]
    assert recipients(site) == {"ada@example.org"}
    assert site.assembly.store.jobs.count() == 1
    assert not list(site.folder.rglob("forged"))


def recipients(site: Site) -> set[str]:
    mails = [path.read_text() for path in (site.assembly.paths.mail / "new").glob("*")]
    return {address for mail in mails for address in re.findall(r"^(?:To|Cc|Bcc): (.*)$", mail, re.MULTILINE)}
