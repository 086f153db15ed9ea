"""How fast a job starts on an idle system, how many a second are drained, and how many are queued.

The runner is the process that people run, jobs are recorded durably, supervised and logged, and each owes a start and
an end message by mail and by Slack. Mails go into a Maildir meanwhile; those for Slack wait, as without a token.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import processes
from tests.benchmarks.figures import Figure, milliseconds, rounds
from tests.benchmarks.listening import Listener
from tests.benchmarks.rig import BEGIN, Rig

ROUNDS = 3
STARTS = 200
DRAINED = 600
DRAINED_LONG = 3_000  # so long that mails do not wait until all is drained
SLOTS = (1, 2, 4)


def measure_starts() -> Iterator[Figure]:
    """The floor, then from the call that submits a job to the first instruction of its script, one job at a time."""
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name) / "rig")
        with Listener(rig.pipe) as listener:
            spawned = [_spawn_seconds(rig, listener) for _ in range(STARTS)]
            yield milliseconds("spawn", "start of a script alone, p50", statistics.median(spawned))
            with rig.runner() as runner:
                _start_seconds(rig, runner, listener)
                before = processes.seconds(runner)
                found = [[_start_seconds(rig, runner, listener) for _ in range(STARTS)] for _ in range(ROUNDS)]
                used = (processes.seconds(runner) - before) / (STARTS * ROUNDS)
        yield from rounds("start", "submit to first instruction, idle", found, at_most_ms={50: 3, 95: None, 99: 10})
        yield milliseconds("start_used", "processor time of runner and supervisor for a job and its mails", used)


def measure_drains() -> Iterator[Figure]:
    """Jobs that were queued while no runner ran, drained by one: from the first start to the last end.

    What one round wrote is removed after the last: for seconds after removals, new files cost ext4 many times as much.
    """
    queued = []
    with tempfile.TemporaryDirectory() as name:
        for slots in SLOTS:
            drains = [_drain(Path(name) / f"{slots}-{number}", slots) for number in range(ROUNDS)]
            rate = statistics.median(drain.jobs_per_second for drain in drains)
            words = f"jobs drained with {slots} slot{'s' if slots > 1 else ''}"
            at_least = 500 if slots == 2 else None
            yield Figure(name=f"drained_{slots}_slots", words=words, value=rate, unit="/s", at_least=at_least)
            if slots == 2:
                mails = statistics.median(drain.mails_per_second for drain in drains)
                yield Figure(name="mails", words="mails delivered meanwhile and after", value=mails, unit="/s")
            queued += [drain.queued_per_second for drain in drains]
        long = _drain(Path(name) / "long", 2, DRAINED_LONG)
    words = f"jobs drained with 2 slots, of {DRAINED_LONG:,}"
    yield Figure(name="drained_long", words=words, value=long.jobs_per_second, unit="/s")
    yield Figure(name="queued", words="jobs queued", value=statistics.median(queued), unit="/s")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drain:
    """What came out of one round."""

    queued_per_second: float
    jobs_per_second: float
    mails_per_second: float


def _spawn_seconds(rig: Rig, listener: Listener) -> float:
    """The floor: how long the script takes to say that it began, started by this process."""
    began = time.monotonic()
    with subprocess.Popen([rig.config.parent / "scripts" / BEGIN]):
        return listener.next() - began


def _start_seconds(rig: Rig, runner: int, listener: Listener) -> float:
    began = time.monotonic()
    rig.submit(BEGIN)
    seconds = listener.next() - began
    rig.wait_until_done(runner)
    return seconds


def _drain(folder: Path, slots: int, count: int = DRAINED) -> _Drain:
    rig = Rig(folder, slots=slots)
    with Listener(rig.pipe):
        began = time.monotonic()
        for _ in range(count):
            rig.submit(BEGIN)
        queued = time.monotonic() - began
        with rig.process("runner"):
            rig.wait_until_done()
            mailed = time.time()
    jobs = rig.assembly.store.jobs.page(limit=count)
    rig.assembly.close()
    starts = [job.started_at.timestamp() for job in jobs if job.started_at]
    ends = [job.finished_at.timestamp() for job in jobs if job.finished_at]
    if len(ends) != count or any(job.exit_code for job in jobs):
        raise SystemExit(f"{count} jobs were to succeed: {[job for job in jobs if job.exit_code != 0][:1]}")
    return _Drain(
        queued_per_second=count / queued,
        jobs_per_second=count / (max(ends) - min(starts)),
        mails_per_second=2 * count / (mailed - min(starts)),
    )
