"""Jobs that meet a limit: they are stopped, the message says which limit it was, and the runner goes on."""

import sys
from collections.abc import Callable

import pytest

from runner.jobs import Job, State
from runner.system.text import size
from tests.support.machine.attempts import FAMILY, pids
from tests.support.machine.command import is_alive
from tests.support.machine.runner_site import WAITING, Site
from tests.support.slack.person import wait_for

MB = 1_000_000
FLOOD = "head -c 10G /dev/zero\n"
GREEDY = f"""#!{sys.executable} -IS
##~~ {{memory: 64M}}
held = []
while True:
    held.append(bytes([1]) * {MB // 2})
"""
LOG_REASON = "It was stopped because it wrote more to its log than its limit of 5.0 MB, where the log was cut."
LAST_LINE = "[the log ends here: it may have 5,000,000 bytes, and more were written]"


@pytest.fixture
def site(site_factory: Callable[..., Site]) -> Site:
    """One where a log may have 5 MB, and what is stopped has a second to end."""
    return site_factory(jobs={"max_log": "5M", "grace": "1s", "slots": 4})


def log(site: Site, job: Job) -> bytes:
    return site.assembly.results.log(job.id).read_bytes()


def goes_on(site: Site) -> bool:
    """Whether the next job runs as if nothing had been."""
    site.put("next.sh", "#!/bin/sh\necho well\n")
    job = site.ended(site.submit("next.sh"))
    return job.state is State.SUCCEEDED and log(site, job) == b"well\n"


def test_ten_gigabytes_of_output_end_a_job_at_the_limit_of_its_log(site: Site) -> None:
    site.put("flood.sh", f"#!/bin/sh\necho first words\n{FLOOD}echo never\n")
    site.start()

    job = site.ended(site.submit("flood.sh"))

    assert (job.state, job.reason) == (State.FAILED, LOG_REASON)
    written = log(site, job)
    assert len(written) == 5 * MB
    assert written.startswith(b"first words\n")
    assert written.decode().endswith(f"\n{LAST_LINE}\n")
    letter = site.letter(job, "failed")
    assert LOG_REASON.removesuffix(".") in letter
    assert LAST_LINE in letter
    assert goes_on(site)


def test_script_that_writes_on_whatever_it_is_told_is_killed_at_the_limit_of_its_log(site: Site) -> None:
    site.put("flood.sh", "#!/bin/sh\ntrap '' TERM\nwhile true; do head -c 1M /dev/zero; done\n")
    site.start()

    job = site.ended(site.submit("flood.sh"))

    assert (job.state, job.reason) == (State.FAILED, LOG_REASON)
    assert len(log(site, job)) == 5 * MB
    assert goes_on(site)


def test_job_stopped_at_its_time_limit_says_so(site: Site) -> None:
    site.put("long.sh", "#!/bin/sh\n##~~ {timeout: 1s}\nexec sleep 600\n")
    site.start()

    job = site.ended(site.submit("long.sh"))

    assert (job.state, job.reason) == (State.TIMED_OUT, "It was stopped at its time limit of 1 s.")
    assert "timed out: It was stopped at its time limit of 1 s." in site.letter(job, "timed out")
    assert goes_on(site)


def test_job_that_needs_more_memory_than_its_limit_says_so(site: Site) -> None:
    site.put("greedy.py", GREEDY)
    site.start()

    job = site.ended(site.submit("greedy.py"))

    assert job.state is State.FAILED
    words = ("It needed more memory than its limit of 64.0 MB", "of the 64.0 MB of memory that it may use")
    assert any(each in str(job.reason) for each in words)
    letter = site.letter(job, "failed")
    assert any(each in letter for each in words)
    assert job.peak_memory_bytes is not None
    assert 40 * MB < job.peak_memory_bytes < 70 * MB
    assert f"Peak memory {size(job.peak_memory_bytes)}, CPU time " in letter
    assert goes_on(site)


@pytest.mark.parametrize(
    ("how", "state"), [("cancelled", State.CANCELLED), ("timed out", State.TIMED_OUT), ("log", State.FAILED)]
)
def test_whoever_ends_a_job_ends_all_that_it_started(site: Site, how: str, state: State) -> None:
    limit = "3s" if how == "timed out" else "1h"
    last = FLOOD if how == "log" else "wait\n"
    ready = "until [ $(wc -l < pids) = 5 ]; do sleep 0.01; done; touch ran\n"
    family = FAMILY.replace("#!/bin/sh\n", f"#!/bin/sh\n##~~ {{timeout: {limit}}}\n")
    site.put("family.sh", f"{family}{ready}{last}")
    site.start()
    job = site.submit("family.sh")
    folder = site.begun(job)

    if how == "cancelled":
        site.service.cancel(job.requester, job.id)

    assert site.ended(job).state is state
    found = pids(folder / "pids")
    assert len(found) == 5
    assert [pid for pid in found if is_alive(pid)] == []


def test_script_has_as_long_to_tidy_up_as_it_asks_for(site: Site) -> None:
    site.put(
        "tidy.sh",
        "#!/bin/sh\n##~~ {grace: 10m}\ntrap 'sleep 2; echo tidied > tidied; exit 9' TERM\ntouch ran\n"
        "while true; do sleep 0.05; done\n",
    )
    site.start()
    job = site.submit("tidy.sh")
    folder = site.begun(job)

    site.service.cancel(job.requester, job.id)

    assert site.ended(job).state is State.CANCELLED
    assert (folder / "tidied").exists()


def test_warning_comes_before_the_time_limit_and_once(site: Site) -> None:
    site.put("long.sh", "#!/bin/sh\n##~~ {timeout: 5s, more_time: 2h}\nexec sleep 600\n")
    site.start()

    job = site.submit("long.sh")

    letter = site.letter(job, "is near")
    assert "has used most of its time and will be stopped at its limit of 5 s." in letter
    assert f"It can be given up to 2 h more: see /jobs {job.id}." in letter
    warned = site.now(job).warned_at
    ended = site.ended(job)
    assert ended.state is State.TIMED_OUT
    assert ended.started_at is not None
    assert ended.warned_at == warned
    assert (ended.warned_at - ended.started_at).total_seconds() >= 4  # type: ignore[operator]  # it was warned
    wait_for(lambda: len(site.subjects(job)) == 3, 20, what="mailed")
    assert sorted(site.subjects(job)) == [f"Job {job.id} {word}" for word in ("is", "started", "timed")]


def test_job_that_ends_in_time_is_not_warned(site: Site) -> None:
    site.put("wait.sh", "#!/bin/sh\n##~~ {timeout: 1h}\n" + WAITING.partition("\n")[2])
    site.start()
    job = site.submit("wait.sh")

    (site.begun(job) / "go").touch()

    assert site.ended(job).warned_at is None
    assert site.mails(job) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
