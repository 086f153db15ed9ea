"""An executor and a channel that are registered as CONTRIBUTING.md says, and no more, run jobs and tell of them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.app.bootstrap import Assembly
from runner.app.config import Config, load
from runner.app.daemon import Daemon
from runner.errors import ConfigError
from runner.executors import EndedBy, ExecutorSettings, Order, Outcome
from runner.executors.registry import EXECUTORS
from runner.jobs import Event, Job, Notification, Requester, State
from runner.messages.reports import Report
from runner.notifications import Credentials
from runner.notifications.registry import CHANNELS, ChannelSettings
from runner.settings import Secrets, Settings
from runner.system.clock import system_clock
from tests.support.slack.person import wait_for

ADA = Requester(user_id="U0ADA", team_id="T1", email="ada@example.org", name="Ada")
BOB = Requester(user_id="U0BOB", team_id="T1", email="bob@example.org", name="Bob")
GREET = '#!/bin/sh\necho "$GREETING"\n'
WAITING = "#!/bin/sh\n##~~ {retries: {times: 2}}\necho once >> ran\nwhile [ ! -e go ]; do sleep 0.01; done\n"


class PlainSettings(Settings):
    """What the executor that is added here is told."""

    greeting: str = "hello"


class Child:
    """An attempt that is a child of this process."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._handle = os.pidfd_open(process.pid)

    def fileno(self) -> int:
        return self._handle

    def stop(self) -> None:
        self.process.terminate()

    def extend(self, timeout: object) -> None:
        del timeout

    def outcome(self) -> Outcome:
        os.close(self._handle)
        return Outcome(ended_by=EndedBy.ITSELF, exit_code=self.process.wait())


@dataclass
class Plain:
    """Starts scripts as they are, and greets them. What it knows outlives the runners of a test."""

    settings: PlainSettings
    children: dict[tuple[Path, int], Child]

    def holds_memory(self) -> bool:
        return False

    def start(self, order: Order) -> Child:
        environment = {**order.environment, "GREETING": self.settings.greeting}
        with order.log.open("ab") as log:
            process = subprocess.Popen(order.argv, cwd=order.folder, env=environment, stdout=log, stderr=log)
        self.children[order.records, order.attempt] = Child(process)
        return self.children[order.records, order.attempt]

    def find(self, *, records: Path, attempt: int) -> Child | Outcome:
        return self.children.get((records, attempt)) or Outcome(ended_by=EndedBy.NEVER_BEGAN)


class NotebookSettings(Settings):
    """Whom the channel that is added here reaches."""

    readers: tuple[str, ...] = ()


@dataclass
class Notebook:
    """Writes into one notebook what its readers are to know; it reaches nobody else."""

    settings: NotebookSettings
    pages: list[str]

    def recipient(self, requester: Requester, event: Event) -> str | None:
        del event
        return requester.name if requester.name in self.settings.readers else None

    def transport(self, credentials: Credentials) -> "Notebook":
        del credentials
        return self

    def send(self, notification: Notification, report: Report) -> None:
        self.pages.append(f"{notification.recipient}: job {report.job.id} {notification.event}")


class MoreExecutors(ExecutorSettings):
    """The line in ``runner/executors/settings.py``."""

    plain: PlainSettings = PlainSettings()


class MoreConfig(Config):
    """The line in ``ChannelSettings`` of ``runner/notifications/registry.py``."""

    executors: MoreExecutors = MoreExecutors()
    notebook: NotebookSettings = NotebookSettings()


@dataclass
class Site:
    """An installation with both; the front end and each runner have nothing in common but the folder."""

    folder: Path
    settings: dict[str, Any]
    pages: list[str] = field(default_factory=list)
    children: dict[tuple[Path, int], Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "scripts").mkdir()
        self.front_end = self.assembly(self.config())

    def config(self, kind: type[Config] = MoreConfig, **changed: Any) -> Config:
        usual = {"data": "var", "scripts": "scripts", "retrieval": {"server": False}}
        path = self.folder / "scriptrunner.yml"
        path.write_text(yaml.safe_dump(usual | self.settings | changed))
        return load(path, kind)

    def assembly(self, config: Config, *, knows_plain: bool = True) -> Assembly:
        def notebook(settings: ChannelSettings, _paths: object) -> Notebook:
            assert isinstance(settings, MoreConfig)
            return Notebook(settings.notebook, self.pages)

        added = {"plain": lambda settings: Plain(settings, self.children)} if knows_plain else {}
        return Assembly(
            config,
            clock=system_clock,
            channels={**CHANNELS, "notebook": notebook},
            executors={**EXECUTORS, **added},
        )

    @contextmanager
    def running(self, *, knows_plain: bool = True, **changed: Any) -> Iterator[None]:
        """A runner with these settings changed, as it works in a process of its own."""
        config = self.config(**changed)
        daemon = Daemon(config, Secrets(), self.assembly(config, knows_plain=knows_plain), None)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            yield
        finally:
            daemon.stop()
            thread.join()

    def put(self, text: str) -> None:
        script = self.folder / "scripts/work.sh"
        script.write_text(text)
        script.chmod(0o755)

    def submit(self, person: Requester = ADA) -> Job:
        service = self.front_end.service()
        script = service.scripts.find(person, "work.sh", exactly=True)
        return service.submit(person, script, {}, submission=os.urandom(8).hex())

    def now(self, job: Job) -> Job:
        found = self.front_end.store.jobs.get(job.id)
        assert found is not None
        return found

    def ended(self, job: Job) -> Job:
        wait_for(lambda: self.now(job).state.is_final, 20, what="ended")
        return self.now(job)

    def told(self, *pages: str) -> None:
        wait_for(lambda: self.pages == list(pages), 20, what=f"told {pages}")

    def begun(self, job: Job) -> Path:
        folder = self.front_end.results.folder(job.id)
        wait_for((folder / "ran").exists, 20, what="begun")
        return folder


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    interval = sys.getswitchinterval()
    site = Site(
        tmp_path,
        {
            "jobs": {"executor": "plain"},
            "executors": {"plain": {"greeting": "good day"}},
            "notebook": {"readers": ["Ada"]},
        },
    )
    with closing(site.front_end):
        yield site
    for child in site.children.values():
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGKILL)
            child.process.wait()
    sys.setswitchinterval(interval)


def test_job_runs_in_the_executor_and_is_told_by_the_channel(site: Site) -> None:
    site.put(GREET)
    job = site.submit()

    with site.running():
        ended = site.ended(job)
        site.told(f"Ada: job {job.id} started", f"Ada: job {job.id} ended")

    assert (ended.state, ended.executor) == (State.SUCCEEDED, "plain")
    assert site.front_end.results.log(job.id).read_text() == "good day\n"


def test_what_a_front_end_cancels_is_told_by_the_channel(site: Site) -> None:
    site.put(GREET)
    job = site.submit()
    site.front_end.service().cancel(ADA, job.id)

    with site.running():
        site.told(f"Ada: job {job.id} ended")

    assert site.now(job).state is State.CANCELLED


def test_nobody_is_owed_anything_on_a_channel_that_does_not_reach_them(site: Site) -> None:
    site.put(GREET)
    of_bob, of_ada = site.submit(BOB), site.submit(ADA)

    with site.running():
        site.ended(of_bob)
        site.told(f"Ada: job {of_ada.id} started", f"Ada: job {of_ada.id} ended")

    assert not site.front_end.store.outbox.troubles(job_id=of_bob.id)
    assert site.front_end.store.outbox.next_due(channel="notebook") is None


def test_job_that_runs_stays_with_its_executor_when_another_is_chosen(site: Site) -> None:
    site.put(WAITING)
    job = site.submit()
    with site.running():
        folder = site.begun(job)

    with site.running(jobs={"executor": "local"}):
        other = site.submit(BOB)  # one person has one slot of two
        site.begun(other)
        (folder / "go").touch()
        (site.begun(other) / "go").touch()
        ended = [site.ended(job), site.ended(other)]

    assert [(each.state, each.executor) for each in ended] == [(State.SUCCEEDED, "plain"), (State.SUCCEEDED, "local")]
    assert (folder / "ran").read_text() == "once\n"


def test_job_whose_executor_is_known_no_more_is_lost_and_told_and_never_run_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.put(WAITING)
    job = site.submit()
    with site.running():
        folder = site.begun(job)
        site.told(f"Ada: job {job.id} started")

    with site.running(knows_plain=False, jobs={"executor": "local"}):
        ended = site.ended(job)
        site.told(f"Ada: job {job.id} started", f"Ada: job {job.id} ended")
    site.put(GREET)
    with site.running():
        site.ended(site.submit())

    assert ended.state is State.LOST
    assert ended.reason == "How it ended cannot be seen: it was started by “plain”, which this runner does not know."
    assert f"job {job.id} was started by the executor plain, which there is not; known: local" in caplog.text
    assert site.now(job) == ended
    assert (folder / "ran").read_text() == "once\n"


def test_job_that_was_claimed_and_never_began_is_started_by_the_executor_that_is_chosen_then(site: Site) -> None:
    site.put(GREET)
    with site.running():
        site.ended(site.submit())
    runner = (site.folder / "var/runner.id").read_text()
    job = site.submit()
    site.front_end.store.jobs.claim(runner, executor="plain", now=system_clock(), lease=timedelta(hours=1))

    with site.running(knows_plain=False, jobs={"executor": "local"}):
        ended = site.ended(job)

    assert (ended.state, ended.attempt, ended.executor) == (State.SUCCEEDED, 2, "local")


def test_executor_that_is_not_there_is_refused_with_those_that_are(site: Site) -> None:
    with pytest.raises(
        ConfigError, match=r"jobs: a group of settings: executor names none that there is; allowed: local, plain$"
    ):
        site.config(jobs={"executor": "slurm"})
