"""Stores with jobs in them, and whole runners on a folder of their own."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runner.app.bootstrap import Assembly
from runner.app.config import Config
from runner.app.patience import Patience
from runner.errors import StoreError
from runner.jobs import Ending, Event, Job, JobOptions, Requester, State
from runner.settings import Secrets
from runner.store import NewJob, Store
from runner.system.wakeup import WakeupSocket, wake
from tests.support.machine.runner_site import ALL_SLOTS
from tests.support.slack.person import wait_for

LEASE = timedelta(minutes=1)
KEEP = timedelta(days=7)
PATIENCE = Patience(after_trouble=timedelta(seconds=0.1))


@dataclass
class MovableClock:
    moment: datetime = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def uptime(self) -> float:
        return self().timestamp()

    def move(self, by: timedelta) -> None:
        self.moment += by


@dataclass
class RunningClock(MovableClock):
    """One that goes on by itself too."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.moment + timedelta(seconds=time.monotonic() - self.began)


@pytest.fixture
def running_clock() -> RunningClock:
    return RunningClock()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def person_factory() -> Callable[..., Requester]:
    def make(name: str = "Ada", **parts: str) -> Requester:
        usual = {"user_id": f"U0{name.upper()}", "team_id": "T1", "email": f"{name.lower()}@example.org", "name": name}
        return Requester(**(usual | parts))

    return make


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    def addresses(who: Requester, event: Event) -> dict[str, str]:
        return {} if event is Event.UNSENT else {"slack": who.user_id, "email": who.email}

    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=addresses)
    yield store
    store.close()


@pytest.fixture
def job_factory(store: Store, clock: MovableClock, person_factory: Callable[..., Requester]) -> Callable[..., Job]:
    """A stored job in the state asked for, by the way jobs get there; parts of its submission can be named."""
    made = 0

    def make(state: State = State.QUEUED, *, runner: str = "here", **parts: Any) -> Job:
        nonlocal made
        made += 1
        usual: dict[str, Any] = {
            "submission": f"view:{made}",
            "script": "a.sh",
            "title": "A",
            "values": {},
            "inputs": (),
            "requester": person_factory(),
        }
        options = {option.name for option in fields(JobOptions)}.intersection(parts)
        usual["options"] = JobOptions(**{option: parts.pop(option) for option in options})
        job = store.jobs.submit(NewJob(**(usual | parts)), now=clock())
        if state is not State.QUEUED:
            claimed = store.jobs.claim(runner, executor="local", now=clock(), lease=LEASE)
            assert [each.id for each in claimed] == [job.id], "make the jobs that wait after those that do not"
        if state.is_final:
            store.jobs.finish(job.id, Ending(state=state), runner=runner, now=clock(), expires_at=clock() + KEEP)
        found = store.jobs.get(job.id)
        assert found is not None
        return found

    return make


SHOW_ARGUMENTS = f"""#!{sys.executable} -IS
import json, os, sys
with open("arguments.json", "w") as file:
    json.dump([os.fsencode(argument).hex() for argument in sys.argv[1:]], file)
"""


@dataclass
class Runner:
    """The parts of one installation; its worker works between ``start`` and ``stop``.

    Unless settings say otherwise, one person may have all slots, and any number of jobs waiting.
    """

    folder: Path
    clock: MovableClock
    person: Requester
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    submitted: int = 0
    patience: Patience = PATIENCE

    def __post_init__(self) -> None:
        self.scripts = self.folder / "scripts"
        self.scripts.mkdir(exist_ok=True)
        jobs = {"per_person": ALL_SLOTS, "waiting_per_person": None} | self.settings.get("jobs", {})
        usual = {"data": self.folder / "var", "scripts": self.scripts}
        self.config = Config.model_validate(usual | self.settings | {"jobs": jobs})
        self.assembly = Assembly(self.config, clock=self.clock, uptime=self.clock.uptime, patience=self.patience)
        self.service = self.assembly.service()
        self._stopping = threading.Event()
        self._closing = ExitStack()

    @property
    def store(self) -> Store:
        return self.assembly.store

    def put(self, name: str, text: str, mode: int = 0o755) -> Path:
        path = self.scripts / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def submit(self, name: str, values: Mapping[str, str] | None = None, person: Requester | None = None) -> Job:
        self.submitted += 1
        who = person or self.person
        script = self.service.scripts.find(who, name, exactly=True)
        return self.service.submit(who, script, values or {}, submission=f"{self.submitted}")

    def start(self) -> None:
        wakeup_socket = WakeupSocket(self.assembly.paths.wakeup_socket)
        self._closing.callback(wakeup_socket.close)
        worker = self.assembly.worker(wakeup_socket, self.assembly.delivery(self.secrets, None), self.secrets)
        self._stopping.clear()
        thread = threading.Thread(target=worker.run, args=(self._stopping,))
        thread.start()
        self._closing.callback(thread.join)

    def stop(self) -> None:
        self._stopping.set()
        wake(self.assembly.paths.wakeup_socket)
        self._closing.pop_all().close()

    def job(self, job: Job) -> Job:
        found = self.store.jobs.get(job.id)
        assert found is not None
        return found

    def running(self, job: Job) -> Job:
        """The job once it has its folders: its state is “running” before."""
        wait_for(lambda: self.assembly.results.exists(job.id), what="started")
        return self.job(job)

    def ended(self, job: Job, seconds: float = 20) -> Job:
        wait_for(lambda: self.job(job).state.is_final, seconds, what="ended")
        return self.job(job)

    def file(self, job: Job, name: str) -> Path:
        """A result of the job, once it is there with something in it."""
        path = self.assembly.results.folder(job.id) / name
        wait_for(lambda: path.exists() and path.stat().st_size, what=f"{name} written")
        return path

    def log(self, job: Job) -> str:
        return self.assembly.results.log(job.id).read_text()


@pytest.fixture
def runner_factory(
    tmp_path: Path, clock: MovableClock, person_factory: Callable[..., Requester]
) -> Iterator[Callable[..., Runner]]:
    """A runner that does not work yet; settings can be named. Its jobs are cancelled at the end."""
    made: list[Runner] = []

    def make(*, by: MovableClock = clock, patience: Patience = PATIENCE, **settings: Any) -> Runner:
        made.append(Runner(tmp_path, by, person_factory(), settings, patience=patience))
        return made[-1]

    yield make
    for runner in made:
        runner.stop()
    if made:
        _end_all(made[-1])
    for runner in made:
        runner.assembly.close()


def _is_done(act: Callable[[], object]) -> bool:
    """Whether it was done; the runner's own threads may keep the database for longer than a test waits."""
    try:
        act()
    except StoreError:
        return False
    return True


def _end_all(runner: Runner) -> None:
    """Nothing of a test is left running: what still runs is cancelled and waited for."""
    unfinished = [job for job in runner.store.jobs.page(limit=1000) if not job.state.is_final]
    if not unfinished:
        return
    for job in unfinished:
        runner.service.cancel(job.requester, job.id)
    runner.start()
    name = (runner.config.data / "runner.id").read_text()
    later = runner.clock() + KEEP  # when the leases of made-up runners are over
    ending = partial(runner.store.jobs.lose_abandoned, name, reason="The test is over.", now=later, expires_at=later)
    wait_for(partial(_is_done, ending), what="the jobs of made-up runners lost")
    for job in unfinished:
        runner.ended(job)
    runner.stop()


@pytest.fixture
def runner(runner_factory: Callable[..., Runner]) -> Runner:
    """A runner that works."""
    runner = runner_factory()
    runner.start()
    return runner


@pytest.fixture
def show_arguments() -> str:
    """A script that writes its arguments, as bytes in hexadecimal, to arguments.json."""
    return SHOW_ARGUMENTS
