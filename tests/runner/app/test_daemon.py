"""The runner as a process: killed, started again, stopped, and started twice."""

import re
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.jobs import Requester, State
from tests.support.machine.runner_site import WAITING, Site
from tests.support.slack.person import wait_for


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Site]:
    site = Site(tmp_path, person_factory())
    yield site
    site.end()


def test_job_whose_runner_was_killed_succeeds_and_is_told_once(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    living, ending = site.submit("wait.sh"), site.submit("wait.sh")
    site.begun(living)
    site.begun(ending)
    wait_for(lambda: site.assembly.store.outbox.next_due(channel="email") is None, what="told of both starts")

    runner.kill()
    runner.wait()
    (site.begun(ending) / "go").touch()
    site.start()
    (site.begun(living) / "go").touch()

    for job in (living, ending):
        assert site.ended(job).state is State.SUCCEEDED
        assert site.mails(job) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
        assert (site.begun(job) / "ran").read_text() == "once\n"


def test_jobs_survive_a_runner_that_is_killed_again_and_again(site: Site) -> None:
    site.put("count.sh", "#!/bin/sh\necho once >> ran\nsleep 0.1\n")
    jobs = [site.submit("count.sh") for _ in range(40)]
    for number in range(4):
        runner = site.start()
        wait_for(lambda: site.assembly.store.jobs.count(states=[State.QUEUED]) < 35 - number * 7, 20)  # noqa: B023  # asked at once
        runner.kill()
        runner.wait()

    site.start()

    for job in jobs:
        assert site.ended(job).state is State.SUCCEEDED
        assert (site.begun(job) / "ran").read_text() == "once\n"
        # A runner killed between sending and noting it sends once more: at least once is the promise.
        assert set(site.mails(job)) == {f"Job {job.id} started", f"Job {job.id} succeeded"}


def test_runner_that_is_told_to_stop_leaves_jobs_running(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    job = site.submit("wait.sh")
    folder = site.begun(job)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(20) == 0
    assert site.assembly.store.jobs.get(job.id).state is State.RUNNING  # type: ignore[union-attr]
    assert not site.assembly.paths.wakeup_socket.exists()
    (folder / "go").touch()
    site.start()
    assert site.ended(job).state is State.SUCCEEDED


def test_second_runner_on_the_same_folder_is_refused(site: Site) -> None:
    site.put("wait.sh", "#!/bin/sh\n")
    site.start()

    second = site.launch()

    assert second.wait(20) == 1
    assert f"Another runner works in {site.folder / 'var'}; stop it first." in site.log
    assert "Traceback" not in site.log
    assert site.ended(site.submit("wait.sh")).state is State.SUCCEEDED


def test_all_that_a_runner_writes_is_private_whatever_the_umask(site: Site) -> None:
    site.assembly.close()
    site.put("write.sh", "#!/bin/sh\nmkdir -p deep/er\necho 1 | tee ran deep/er/file\n")
    site.start(umask=0)
    job = site.submit("write.sh")
    site.ended(job)
    site.mails(job)

    modes = {path.relative_to(site.folder): path.lstat().st_mode for path in (site.folder / "var").rglob("*")}

    allowed = {stat.S_IFDIR: 0o700, stat.S_IFREG: 0o600, stat.S_IFSOCK: 0o600}
    assert {
        str(path): oct(mode) for path, mode in modes.items() if stat.S_IMODE(mode) != allowed[stat.S_IFMT(mode)]
    } == {}
    assert {Path(f"var/outbox/{job.id}/deep/er/file"), Path("var/runner.sock"), Path("var/runner.lock")} <= set(modes)


def test_runner_is_refused_a_database_of_a_newer_version(site: Site, tmp_path: Path) -> None:
    site.assembly.store.close()
    with sqlite3.connect(tmp_path / "var" / "scriptrunner.db") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()

    assert site.launch().wait(20) == 1
    assert "was written by a newer ScriptRunner: its tables have version 99" in site.log
    assert "Traceback" not in site.log


def test_runner_makes_its_name_once(site: Site) -> None:
    for _ in range(2):
        runner = site.start()
        runner.send_signal(signal.SIGTERM)
        runner.wait(20)
        name = (site.folder / "var" / "runner.id").read_text()

    assert re.fullmatch("runner-[0-9a-f]{16}", name)
    assert list((site.folder / "var").glob(".runner.id*")) == []
