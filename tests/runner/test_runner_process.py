"""The runner as a process: killed, started again, stopped, and started twice."""

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from person import wait_for

from bot.settings import BotConfig
from runner.assembly import Assembly
from runner.clock import system_clock
from runner.config import load
from runner.jobs import Job, Requester, State

Process = subprocess.Popen  # type: ignore[type-arg]
WAITING = "#!/bin/sh\necho once >> ran\nwhile [ ! -e go ]; do sleep 0.01; done\n"


@dataclass
class Site:
    """An installation without Slack: its mails go to a Maildir."""

    folder: Path
    person: Requester
    processes: "list[Process]" = field(default_factory=list)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (self.folder / "scripts").mkdir()
        self.settings = self.folder / "scriptrunner.yml"
        written = {"data": "var", "scripts": "scripts", "retrieval": {"port": port}, "jobs": {"slots": 8}}
        self.settings.write_text(yaml.safe_dump(written))
        self.assembly = Assembly(load(self.settings, BotConfig), clock=system_clock)
        self.service = self.assembly.service()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def put(self, name: str, text: str) -> None:
        path = self.folder / "scripts" / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, umask: int = 0o022) -> "Process":
        times = self.log.count("runner ready") if (self.folder / "log").exists() else 0
        process = self.launch(umask)
        wait_for(lambda: self.log.count("runner ready") > times, 30, what="ready")
        return process

    def launch(self, umask: int = 0o022) -> "Process":
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "--config", self.settings, "runner"],
                env={name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
                stdout=log,
                stderr=log,
                umask=umask,
            )
        self.processes.append(process)
        return process

    def submit(self, name: str) -> Job:
        return self.service.submit(self.person, name, {}, submission=os.urandom(8).hex()).job

    def ended(self, job: Job) -> Job:
        wait_for(lambda: (found := self.assembly.store.jobs.get(job.id)) and found.state.is_final, 30, what="ended")
        found = self.assembly.store.jobs.get(job.id)
        assert found is not None
        return found

    def begun(self, job: Job) -> Path:
        folder = self.assembly.outbox.folder(job.id)
        wait_for((folder / "ran").exists, 20, what="begun")
        return folder

    def mails(self, job: Job) -> list[str]:
        """The subjects of the mails about a job, once two different ones are there."""
        wait_for(lambda: len(set(self._subjects(job))) >= 2, 20, what="mailed")
        return sorted(self._subjects(job))

    def _subjects(self, job: Job) -> list[str]:
        texts = [path.read_text() for path in (self.assembly.mail_folder / "new").glob("*")]
        found = [re.search(rf"^Subject:.*(Job {job.id} \w+)", text, re.MULTILINE) for text in texts]
        return [one.group(1) for one in found if one]


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Site]:
    site = Site(tmp_path, person_factory())
    yield site
    for process in site.processes:
        process.kill()
        process.wait()
    site.assembly.close()


def test_job_whose_runner_was_killed_succeeds_and_is_told_once(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    living, ending = site.submit("wait.sh"), site.submit("wait.sh")
    site.begun(living)
    site.begun(ending)
    wait_for(lambda: site.assembly.store.notifications.next_due(channel="email") is None, what="told of both starts")

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
    assert not site.assembly.bell_path.exists()
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
