"""How other systems that run jobs do with the same script, where they are installed; each is a module of its own.

They run as they do by default, which is often less than ScriptRunner does: who asked, what was said and how it ended is
not recorded, no supervisor outlives the worker, and nothing is synced to the disk.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from tests.benchmarks import listening, processes
from tests.benchmarks.figures import Figure, Skipped, rounds
from tests.benchmarks.listening import Listener
from tests.support.slack.person import wait_for

HERE = Path(__file__).parent
PYTHON = os.environ.get("SCRIPTRUNNER_BENCH_PEERS", sys.executable)
ROUNDS = 3
STARTS = 100
DRAINED = 600
SLOTS = 2
_READY_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder for one run, the script in it, the pipe that the script writes to, and what programs are told."""

    folder: Path
    script: Path
    pipe: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class Peer(Protocol):
    """Another system."""

    name: str

    def missing(self) -> str | None:
        """What has to be installed to measure it; None where nothing."""

    def queue(self, place: Place) -> AbstractContextManager[Sequence[str]]:
        """Have a queue from which nothing runs yet; the program that queues as many as each line it reads says."""

    def workers(self, place: Place, slots: int) -> AbstractContextManager[Sequence[int]]:
        """Have what is queued run, so many at once; the processes that do it, ready."""


def measure(peer: Peer) -> Iterator[Figure | Skipped]:
    """From the call that queues to the script's first instruction, jobs drained from the first start to the last."""
    if reason := peer.missing():
        yield Skipped(name=peer.name, words=peer.name, reason=reason)
        return
    starts = [_starts(peer) for _ in range(ROUNDS)]
    words = f"{peer.name}: queued to first instruction, idle"
    yield from rounds(f"{peer.name}_start", words, starts, at_most_ms=dict.fromkeys((50, 95, 99)))
    drains = [_drain(peer) for _ in range(ROUNDS)]
    words = f"{peer.name}: jobs drained with {SLOTS} slots"
    rate = statistics.median(drained for _, drained in drains)
    yield Figure(name=f"{peer.name}_drained_{SLOTS}_slots", words=words, value=rate, unit="/s")
    rate = statistics.median(queued for queued, _ in drains)
    yield Figure(name=f"{peer.name}_queued", words=f"{peer.name}: jobs queued", value=rate, unit="/s")


def missing_module(name: str) -> str | None:
    """What is to be said where the Python for other systems lacks a module."""
    found = subprocess.run([PYTHON, "-c", f"import {name}"], check=False, capture_output=True).returncode == 0
    return None if found else f"{PYTHON} has no {name}; SCRIPTRUNNER_BENCH_PEERS names another Python"


def missing_program(name: str) -> str | None:
    """What is to be said where a program is not installed."""
    return None if shutil.which(name) else f"{name} is not on the PATH"


@contextmanager
def program(command: Sequence[str | Path], place: Place) -> Iterator[subprocess.Popen[str]]:
    """A process until the block ends."""
    environment = os.environ | place.environment
    log = (place.folder / "log").open("a")
    with log, subprocess.Popen(command, cwd=HERE, env=environment, stdout=log, stderr=log, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipe, script = folder / "began", folder / "begin.sh"
        script.write_text(listening.script(pipe))
        script.chmod(0o755)
        environment = {"BENCH_FOLDER": str(folder), "BENCH_SCRIPT": str(script)}
        environment |= {
            "TS_SOCKET": str(folder / "tsp.sock"),
            "TMPDIR": str(folder),
            "BENCH_TSP": shutil.which("tsp") or "",
        }
        yield Place(folder=folder, script=script, pipe=pipe, environment=environment)


def _starts(peer: Peer) -> list[float]:
    with (
        _place() as place,
        Listener(place.pipe) as listener,
        peer.queue(place) as command,
        _Feeder(command, place) as feeder,
        peer.workers(place, 1) as workers,
    ):
        feeder.queue(1)
        listener.next()
        return [_start_seconds(feeder, listener, workers) for _ in range(STARTS)]


def _start_seconds(feeder: "_Feeder", listener: Listener, workers: Sequence[int]) -> float:
    wait_for(lambda: not _runs(workers), _READY_SECONDS, what="the script's end")
    began, _ = feeder.queue(1)
    return listener.next() - began


def _runs(workers: Sequence[int]) -> bool:
    return any(processes.name(process) == "begin.sh" for process in processes.tree(*workers))


def _drain(peer: Peer) -> tuple[float, float]:
    """How many were queued and how many drained a second."""
    with _place() as place, Listener(place.pipe) as listener, peer.queue(place) as command:
        with _Feeder(command, place) as feeder:
            began, ended = feeder.queue(DRAINED)
        with peer.workers(place, SLOTS):
            moments = listener.moments(DRAINED)
    return DRAINED / (ended - began), (DRAINED - 1) / (moments[-1] - moments[0])


class _Feeder:
    """The program that queues."""

    def __init__(self, command: Sequence[str], place: Place) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=HERE,
            env=os.environ | place.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self.queue(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def queue(self, count: int) -> tuple[float, float]:
        """Queue so many; when that began and ended."""
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        began, ended = self._process.stdout.readline().split()
        return float(began), float(ended)
