"""Several runners work on one database, each in a data folder of its own."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.jobs import State
from tests.support.machine.runner_site import WAITING, Site
from tests.support.slack.person import wait_for

SiteFactory = Callable[..., Site]
SHORT = "2s"


@pytest.fixture
def pair(site_factory: SiteFactory, tmp_path: Path) -> tuple[Site, Site]:
    """Two installations that share their database, with short leases."""
    shared = {"database": f"sqlite:///{tmp_path}/db/jobs.db", "scripts": str(tmp_path / "scripts")}
    (tmp_path / "scripts").mkdir()
    jobs = {"lease": SHORT, "grace": "1s"}
    # Slots are counted over all runners: the second has room beside the first.
    one, two = ({"jobs": jobs | {"slots": slots}} | shared for slots in (2, 5))
    return site_factory("one", **one), site_factory("two", **two)


def put(site: Site, name: str, text: str) -> None:
    path = site.folder.parent / "scripts" / name
    path.write_text(text)
    path.chmod(0o755)


def subjects(*sites: Site) -> Counter[str]:
    return Counter(subject for site in sites for subject in site.subjects())


def test_two_runners_run_each_job_once_and_tell_of_it_once(pair: tuple[Site, Site], tmp_path: Path) -> None:
    one, two = pair
    put(one, "note.sh", f"#!/bin/sh\necho $SCRIPTRUNNER_JOB_ID >> {tmp_path}/ledger\nsleep 0.2\n")
    cancelled = one.submit("note.sh")
    one.service.cancel(cancelled.requester, cancelled.id)
    one.start()
    first = one.submit("note.sh")
    one.ended(first)  # or the second, with more slots, might leave it none
    two.start()
    jobs = [first, *(site.submit("note.sh") for _ in range(20) for site in pair)]  # each rings its own runner

    for job in jobs:
        assert one.ended(job).state is State.SUCCEEDED

    expected = {f"Job {job.id} {word}" for job in jobs for word in ("started", "succeeded")}
    expected.add(f"Job {cancelled.id} cancelled")
    wait_for(lambda: set(subjects(one, two)) == expected, 20, what="all told")
    assert set(subjects(one, two).values()) == {1}
    assert Counter(map(int, (tmp_path / "ledger").read_text().split())) == Counter(job.id for job in jobs)
    assert min(len(list((site.data / "outbox").iterdir())) for site in pair) > 0, "both had some"


def test_runner_that_was_suspended_past_its_lease_finds_out_and_ends_what_is_lost(pair: tuple[Site, Site]) -> None:
    one, two = pair
    put(one, "wait.sh", WAITING)
    runner = one.start()
    job = one.submit("wait.sh")
    folder = one.begun(job)

    one.suspend(runner)
    two.start()

    assert two.ended(job).state is State.LOST
    assert two.now(job).reason == "The runner that took it has not been heard of for 2 s."
    wait_for(lambda: f"Job {job.id} lost" in two.subjects(), 20, what="told")
    runner.send_signal(signal.SIGCONT)
    wait_for(lambda: f"job {job.id} is no longer this runner's" in one.log, 20, what="found out")
    wait_for(lambda: not _runs(folder), 20, what="script ended")
    assert (folder / "ran").read_text() == "once\n"
    assert one.now(job).state is State.LOST


def test_job_of_a_suspended_runner_that_ended_meanwhile_is_told_once(pair: tuple[Site, Site]) -> None:
    one, two = pair
    put(one, "wait.sh", WAITING)
    runner = one.start()
    job = one.submit("wait.sh")
    folder = one.begun(job)
    one.suspend(runner)
    two.start()
    assert two.ended(job).state is State.LOST

    (folder / "go").touch()
    wait_for(lambda: not _runs(folder), 20, what="script ended")
    runner.send_signal(signal.SIGCONT)

    put(one, "quick.sh", "#!/bin/sh\n")
    quick = [one.submit("quick.sh") for _ in range(8)]
    assert {one.ended(each).state for each in quick} == {State.SUCCEEDED}
    assert one.now(job).state is State.LOST
    wait_for(lambda: subjects(one, two)[f"Job {job.id} lost"] == 1, 20, what="told")
    assert subjects(one, two)[f"Job {job.id} succeeded"] == 0


def test_runner_that_was_stopped_keeps_its_jobs_though_another_works(pair: tuple[Site, Site], tmp_path: Path) -> None:
    one, two = pair
    put(one, "wait.sh", WAITING)
    put(one, "pause.sh", "#!/bin/sh\nsleep 1\n")
    runner = one.start()
    job = one.submit("wait.sh")
    folder = one.begun(job)
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(20) == 0

    two.start()
    for _ in range(5):  # longer than the lease
        assert two.ended(two.submit("pause.sh")).state is State.SUCCEEDED
    assert one.now(job).state is State.RUNNING
    (folder / "go").touch()
    one.start()

    assert one.ended(job).state is State.SUCCEEDED


def _runs(folder: Path) -> bool:
    """Whether a process works in that folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                return True
        except OSError:
            continue
    return False
