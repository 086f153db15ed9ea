"""How fast a job starts on an idle system, and how many jobs a second two slots drain.

The runner is the process that people run, jobs are recorded durably, supervised and logged, and each owes a start and
an end mail, which go into a Maildir.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from figures import Figure, milliseconds, percentiles
from person import wait_for

from bot.settings import BotConfig
from runner.assembly import Assembly
from runner.clock import system_clock
from runner.config import load
from runner.jobs import UNFINISHED, Requester

ROOT = Path(__file__).parents[2]
STARTS = 100
DRAINED = 400
REQUESTER = Requester(user_id="U0BENCH", team_id="T0BENCH", email="bench@example.com", name="Bench")


def measure() -> Iterator[Figure]:
    """The floor, then what jobs take."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        yield milliseconds("spawn", "start of a process alone, p50", bench.spawn_seconds())
        with bench.runner():
            waits = bench.start_seconds()
        yield from percentiles("start", "submit to first instruction, idle", waits)
        rate = bench.drained_per_second()
        yield Figure(name="drained_2_slots", words="jobs drained with two slots", value=rate, unit="/s")


class Bench:
    """An installation with two scripts: one that says when it begins, and one that does nothing."""

    def __init__(self, folder: Path) -> None:
        self._pid, self._ticks = 0, -1
        self._fifo = folder / "began"
        os.mkfifo(self._fifo)
        scripts = folder / "scripts"
        scripts.mkdir()
        self._script(scripts / "begin.sh", f": > {self._fifo}")
        self._script(scripts / "nothing.sh", "")
        self._config = folder / "scriptrunner.yml"
        settings = {"data": str(folder / "var"), "scripts": str(scripts), "jobs": {"slots": 2}}
        self._config.write_text(yaml.safe_dump(settings | {"retrieval": {"server": False}, "log_level": "warning"}))
        self._assembly = Assembly(load(self._config, BotConfig), clock=system_clock)
        self._service = self._assembly.service()

    def spawn_seconds(self) -> float:
        """The floor: how long a shell takes to say that it began, started by this process."""
        waits = []
        for _ in range(STARTS):
            began = time.perf_counter()
            with subprocess.Popen(["/bin/sh", "-c", f": > {self._fifo}"]):
                self._wait_for_begin()
                waits.append(time.perf_counter() - began)
        return statistics.median(waits)

    def start_seconds(self) -> list[float]:
        """From the call that submits a job to the first instruction of its script, one job at a time."""
        waits = []
        for number in range(STARTS):
            began = time.perf_counter()
            self._service.submit(REQUESTER, "begin.sh", {}, submission=f"start {number}")
            self._wait_for_begin()
            waits.append(time.perf_counter() - began)
            self._wait_until_idle()
        return waits

    def drained_per_second(self) -> float:
        """Queue jobs while no runner runs, then have one drain them: from the first start to the last end."""
        first = None
        for number in range(DRAINED):
            job = self._service.submit(REQUESTER, "nothing.sh", {}, submission=f"drain {number}").job
            first = first or job.id
        with self.runner():
            self._wait_until_idle()
        jobs = self._assembly.store.jobs.page(user_id=None, offset=0, limit=DRAINED)
        ends = [job.finished_at for job in jobs if job.finished_at]
        starts = [job.started_at for job in jobs if job.started_at]
        return len(ends) / (max(ends) - min(starts)).total_seconds()

    @contextmanager
    def runner(self) -> Iterator[None]:
        """The runner's own process, until the block ends."""
        command = [sys.executable, "-m", "bot", "--config", str(self._config), "runner"]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            try:
                self._pid = process.pid
                wait_for(self._assembly.bell_path.exists, 30, what="ready")
                wait_for(self._is_quiet, 30, what="idle")
                yield
            finally:
                process.terminate()

    def _wait_for_begin(self) -> None:
        with self._fifo.open("rb"):
            pass

    def _wait_until_idle(self) -> None:
        wait_for(lambda: not self._assembly.store.jobs.count(states=UNFINISHED), 600, what="all done")
        wait_for(self._is_quiet, 60, what="idle")

    def _is_quiet(self) -> bool:
        """Whether the runner used no processor time, in hundredths of a second, since this was asked last."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        before, self._ticks = self._ticks, int(fields[11]) + int(fields[12])  # utime and stime: proc_pid_stat(5)
        return self._ticks == before

    def _script(self, path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
