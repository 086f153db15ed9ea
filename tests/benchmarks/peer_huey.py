"""huey with its SQLite storage: workers are threads that look for jobs, by default every 0.1 s and then less often."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmarks import peers
from tests.benchmarks.figures import Figure, Skipped
from tests.benchmarks.peers import Place

_EVERY_MILLISECOND = ("--delay", "0.001", "--max-delay", "0.001")


def measure() -> Iterator[Figure | Skipped]:
    """As it is by default, and with workers that look every millisecond."""
    yield from peers.measure(_Huey("huey"))
    yield from peers.measure(_Huey("huey_polling", *_EVERY_MILLISECOND))


class _Huey:
    def __init__(self, name: str, *options: str) -> None:
        self.name = name
        self._options = options

    def missing(self) -> str | None:
        return peers.missing_module("huey")

    @contextmanager
    def queue(self, place: Place) -> Iterator[Sequence[str]]:
        del place  # huey's queue is but a file
        yield [peers.PYTHON, "huey_jobs.py"]

    @contextmanager
    def workers(self, place: Place, slots: int) -> Iterator[Sequence[int]]:
        consumer = [peers.PYTHON, "-m", "huey.bin.huey_consumer", "huey_jobs.queue"]
        with peers.program([*consumer, "--workers", str(slots), *self._options], place) as process:
            yield [process.pid]
