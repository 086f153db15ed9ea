"""Random workloads on the real store, with a clock of their own: turns, limits, no idle slot, and nobody starves."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

import pytest

from runner.jobs import Ending, Job, JobOptions, Requester, Retries, State
from runner.scheduling import Limits
from runner.store import NewJob, Store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(days=1000)
MANY = 10**18
GIB = 2**30
SEEDS = range(4)


@dataclass
class Kind:
    """A script as the queue sees it."""

    name: str
    priority: int = 0
    concurrency: int | None = None
    cpus: int = 1
    memory_bytes: int = 0
    retries: Retries | None = None


@dataclass
class Machine:
    """A store whose jobs run for as long as the test says, and a record of all that happened, in its order."""

    store: Store
    clock: Any
    limits: Limits
    people: Sequence[Requester]
    jobs: dict[int, Job] = field(default_factory=dict)
    kinds: dict[int, Kind] = field(default_factory=dict)
    happened: list[tuple[str, Job]] = field(default_factory=list)
    running: dict[int, Job] = field(default_factory=dict)
    ends: list[tuple[datetime, int]] = field(default_factory=list)

    def submit(self, person: int, kind: Kind) -> Job:
        new = NewJob(
            submission=str(len(self.jobs)),
            script=kind.name,
            title=kind.name,
            values={},
            inputs=(),
            requester=self.people[person],
            options=JobOptions(
                priority=kind.priority,
                concurrency=kind.concurrency,
                cpus=kind.cpus,
                memory_bytes=kind.memory_bytes or None,
                retries=kind.retries,
            ),
        )
        job = self.store.jobs.submit(new, now=self.clock())
        self.jobs[job.id], self.kinds[job.id] = job, kind
        self.happened.append(("submitted", job))
        return job

    def go_on(self, duration: Callable[[], timedelta], failing: Callable[[], bool] = lambda: False) -> None:
        """Start what can be started now, then move to the next end and record it."""
        self.start(duration)
        if self.ends:
            moment, number = heappop(self.ends)
            self.clock.moment = max(self.clock.moment, moment)
            state = State.FAILED if failing() else State.SUCCEEDED
            ending, now = Ending(state=state), self.clock()
            ended = self.store.jobs.finish(number, ending, runner="here", now=now, expires_at=now + LEASE)
            assert ended is not None
            self.jobs[number] = ended
            del self.running[number]

    def start(self, duration: Callable[[], timedelta]) -> None:
        for job in self.store.jobs.claim(
            "here", executor="local", now=self.clock(), lease=LEASE, limits=self.limits, at_most=99
        ):
            assert job.id not in self.running
            self.running[job.id] = self.jobs[job.id] = job
            self.happened.append(("started", job))
            heappush(self.ends, (self.clock() + duration(), job.id))
        self.check_limits()
        self.check_idleness()

    def check_limits(self) -> None:
        """Nothing of what is given is exceeded."""
        kinds = [self.kinds[number] for number in self.running]
        scripts = Counter(kind.name for kind in kinds)
        people = Counter(job.requester.user_id for job in self.running.values())
        assert len(self.running) <= (self.limits.slots or MANY)
        assert max(people.values(), default=0) <= (self.limits.per_person or MANY)
        assert sum(kind.cpus for kind in kinds) <= (self.limits.cpus or MANY)
        assert sum(kind.memory_bytes for kind in kinds) <= (self.limits.memory_bytes or MANY)
        assert all(scripts[kind.name] <= (kind.concurrency or MANY) for kind in kinds)

    def check_idleness(self) -> None:
        """Where a job could run and does not, what it needs is kept free for one that was passed for long."""
        able = [job for job in self.waiting() if self.fits_beside(job, self.running.values())]
        if not able:
            return
        scene = self.store.queue.look(limits=self.limits, now=self.clock()).scene
        due = {each.id: each.passed_at + self.limits.patience for each in scene.waiting if each.passed_at}
        kept = [
            [
                self.jobs[number],
                *(each for each in self.running.values() if each.started_at and each.started_at >= since),
            ]
            for number, since in due.items()
            if since <= self.clock() and not self.fits_beside(self.jobs[number], self.running.values())
        ]
        assert all(any(not self.fits_beside(job, others) for others in kept) for job in able)

    def waiting(self) -> list[Job]:
        """Those that could start as far as they themselves are concerned."""
        return [
            job
            for job in self.jobs.values()
            if job.state is State.QUEUED
            and job.held_at is None
            and (job.not_before is None or job.not_before <= self.clock())
        ]

    def fits_beside(self, job: Job, others: Iterable[Job]) -> bool:
        kind, beside = self.kinds[job.id], [(other, self.kinds[other.id]) for other in others]
        same_person = [other for other, _ in beside if other.requester.user_id == job.requester.user_id]
        same_script = [other for _, other in beside if other.name == kind.name]
        return (
            len(beside) < (self.limits.slots or MANY)
            and len(same_person) < (self.limits.per_person or MANY)
            and len(same_script) < (kind.concurrency or MANY)
            and sum(other.cpus for _, other in beside) + kind.cpus <= (self.limits.cpus or MANY)
            and sum(other.memory_bytes for _, other in beside) + kind.memory_bytes <= (self.limits.memory_bytes or MANY)
        )


@pytest.fixture
def machine(store: Store, clock: Any, person_factory: Callable[..., Requester]) -> Callable[..., Machine]:
    def make(**limits: Any) -> Machine:
        people = [person_factory(f"P{number}") for number in range(6)]
        return Machine(store=store, clock=clock, limits=Limits(**limits), people=people)

    return make


def lot(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # the same every time


def told(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with capsys.disabled():
        print(f"\n{words}")  # noqa: T201  # for whoever has to repeat it


@pytest.mark.parametrize("seed", SEEDS, indirect=True)
def test_whoever_has_one_job_waits_for_at_most_one_of_each_other(
    machine: Callable[..., Machine], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = lot(seed)
    here = machine(slots=chance.randint(1, 3))
    kinds = [Kind(name) for name in ("a.sh", "b.sh", "c.sh")]

    for _ in range(120):
        if chance.random() < 0.6:
            heavy = chance.random() < 0.7
            for _ in range(chance.randint(1, 6) if heavy else 1):
                here.submit(chance.randint(0, 1) if heavy else chance.randint(2, 5), chance.choice(kinds))
        here.go_on(lambda: chance.randint(0, 30) * MINUTE)

    longest = 0
    for index, (what, job) in enumerate(here.happened):
        others = lone(here, index) if what == "submitted" else None
        if others is not None:
            assert max(others.values(), default=0) <= 1, (seed, job, others)
            longest = max(longest, sum(others.values()))
    told(capsys, f"seed {seed}: {len(here.jobs)} jobs; a lone one waited for {longest} others at most")
    assert longest > 0


def lone(here: Machine, index: int) -> Counter[str] | None:
    """How many jobs of each other started before this one, where its person had no other meanwhile."""
    _, job = here.happened[index]
    mine = job.requester.user_id
    before = [(what, each.id) for what, each in here.happened[:index] if each.requester.user_id == mine]
    others: Counter[str] = Counter()
    if {number for _, number in before} - {number for what, number in before if what == "started"}:
        return None
    for what, each in here.happened[index + 1 :]:
        if each.requester.user_id != mine and what == "started":
            others[each.requester.user_id] += 1
        elif each.requester.user_id == mine:
            return others if each.id == job.id else None
    return None  # it never started while we looked


@pytest.mark.parametrize("seed", SEEDS, indirect=True)
def test_limits_hold_no_slot_idles_and_every_job_starts(
    machine: Callable[..., Machine], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = lot(seed)
    here = machine(
        slots=chance.randint(1, 6),
        per_person=chance.choice([None, 2]),
        cpus=8,
        memory_bytes=16 * GIB,
        ageing=20 * MINUTE,
    )
    kinds = [
        Kind(
            f"{number}.sh",
            priority=chance.randint(-10, 10),
            concurrency=chance.choice([None, None, 1, 2]),
            cpus=chance.choice([1, 1, 1, 2, 4, 8]),
            memory_bytes=chance.choice([0, 1, 4, 16]) * GIB,
            retries=chance.choice([None, Retries(times=2, delay=5 * MINUTE)]),
        )
        for number in range(8)
    ]

    def duration() -> timedelta:
        return chance.randint(0, 60) * MINUTE

    for _ in range(80):
        for _ in range(chance.choice([0, 0, 1, 2, 5])):
            rearrange(here, here.submit(chance.randint(0, 5), chance.choice(kinds)), chance)
        here.go_on(duration, failing=lambda: chance.random() < 0.1)
    for job in list(here.jobs.values()):
        here.jobs[job.id] = here.store.queue.release(job.id) or job
    while not all(job.state.is_final for job in here.jobs.values()):
        here.go_on(duration)
        here.clock.move(MINUTE)

    started = Counter(job.id for what, job in here.happened if what == "started")
    ended = Counter(job.state for job in here.store.jobs.page(limit=10_000))
    told(capsys, f"seed {seed}: {len(here.jobs)} jobs, {started.total()} starts, {here.limits}")
    assert set(started) == set(here.jobs)
    assert ended[State.SUCCEEDED] + ended[State.FAILED] == len(here.jobs)
    for number, count in started.items():
        assert count == len(here.store.jobs.attempts(number)) <= 1 + (3 if here.kinds[number].retries else 0)


def rearrange(here: Machine, job: Job, chance: Random) -> None:
    """As people do, now and then."""
    queue, now = here.store.queue, here.clock()
    match chance.randint(0, 20):
        case 0:
            here.jobs[job.id] = queue.hold(job.id, by="Ada", now=now) or job
        case 1 | 2 as of_all:
            queue.move_to_front(job.id, of_all=of_all == 2, now=now)
        case _:
            pass


QUICK, USUAL, WIDE = Kind("quick.sh", priority=3), Kind("usual.sh", memory_bytes=4 * GIB), Kind("wide.sh", cpus=4)
LOW, BIG, RARE = Kind("low.sh", priority=-5), Kind("big.sh", memory_bytes=16 * GIB), Kind("rare.sh", concurrency=1)
ALL_OF_IT = Kind("all.sh", memory_bytes=16 * GIB, cpus=8, priority=-5, concurrency=1)


@pytest.mark.parametrize("seed", SEEDS, indirect=True)
@pytest.mark.parametrize("person", [0, 5], ids=["who has others", "who has no other"])
@pytest.mark.parametrize("victim", [LOW, BIG, RARE, ALL_OF_IT], ids=lambda kind: kind.name)
def test_nobody_starves_though_there_is_always_another_job_of_every_kind(
    machine: Callable[..., Machine], seed: int, person: int, victim: Kind
) -> None:
    chance = lot(seed)
    here = machine(slots=4, cpus=8, memory_bytes=16 * GIB, ageing=10 * MINUTE, patience=30 * MINUTE)
    everybody = {number: [QUICK, USUAL, WIDE] for number in range(5)}
    everybody[1] = [QUICK, RARE]

    def pass_time() -> None:
        fill(here, everybody)
        here.go_on(lambda: chance.randint(1, 20) * MINUTE)

    for _ in range(20):
        pass_time()
    job = here.submit(person, victim)
    before = len([each for each in here.waiting() if each.requester == here.people[person]])
    turn = (3 - victim.priority) * here.limits.ageing + here.limits.patience + (len(here.people) + 2) * 20 * MINUTE
    while here.jobs[job.id].state is State.QUEUED:
        assert here.clock() - job.requested_at <= before * turn
        pass_time()

    assert here.jobs[job.id].started_at


def fill(here: Machine, everybody: dict[int, list[Kind]]) -> None:
    """Have everybody want all kinds at any time."""
    waiting = {(job.requester.user_id, job.script) for job in here.waiting()}
    for number, kinds in everybody.items():
        for kind in kinds:
            if (here.people[number].user_id, kind.name) not in waiting:
                here.submit(number, kind)
