"""task-spooler: a server in C that forks for each job and keeps what it says in a file; its queue is in memory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmarks import peers
from tests.benchmarks.figures import Figure, Skipped
from tests.benchmarks.peers import Place


def measure() -> Iterator[Figure | Skipped]:
    """As it is by default."""
    yield from peers.measure(_Tsp())


class _Tsp:
    name = "tsp"

    def missing(self) -> str | None:
        return peers.missing_program("tsp")

    @contextmanager
    def queue(self, place: Place) -> Iterator[Sequence[str]]:
        """A first job keeps the others waiting until there are to be workers: it reads what they are told by."""
        os.mkfifo(place.folder / "gate")
        self._tsp(place, "sh", "-c", f"read -r _ < {place.folder / 'gate'}")
        try:
            yield [sys.executable, "tsp_jobs.py"]
        finally:
            self._tsp(place, "-K")

    @contextmanager
    def workers(self, place: Place, slots: int) -> Iterator[Sequence[int]]:
        self._tsp(place, "-S", str(slots))
        (place.folder / "gate").write_text("open\n")
        yield [os.getpid()]

    def _tsp(self, place: Place, *arguments: str) -> None:
        tsp = shutil.which("tsp") or ""
        subprocess.run([tsp, *arguments], env=os.environ | place.environment, check=True, stdout=subprocess.DEVNULL)
