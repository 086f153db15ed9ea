"""rq with a Redis server: each worker is a process that forks for each job."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.benchmarks import peers
from tests.benchmarks.figures import Figure, Skipped
from tests.benchmarks.peers import Place
from tests.support.slack.person import wait_for


def measure() -> Iterator[Figure | Skipped]:
    """As it is by default."""
    yield from peers.measure(_Rq())


class _Rq:
    name = "rq"

    def missing(self) -> str | None:
        return peers.missing_module("rq") or peers.missing_program("redis-server")

    @contextmanager
    def queue(self, place: Place) -> Iterator[Sequence[str]]:
        socket = place.folder / "redis.sock"
        program = shutil.which("redis-server") or ""
        server = [program, "--port", "0", "--unixsocket", str(socket), "--dir", str(place.folder)]
        with peers.program(server, place):
            wait_for(socket.exists, 30, what="Redis listening")
            yield [peers.PYTHON, "rq_jobs.py"]

    @contextmanager
    def workers(self, place: Place, slots: int) -> Iterator[Sequence[int]]:
        with ExitStack() as running:
            worker = [peers.PYTHON, "rq_jobs.py", "work"]
            yield [running.enter_context(peers.program(worker, place)).pid for _ in range(slots)]
