"""`make bench`: how fast jobs start, what an idle system costs, how fast pages and forms are drawn; and other systems.

Prints a table and writes build/bench.json. Real parts throughout. Times depend on the machine and on what else it does,
which is said below each benchmark: compare those of one run. With names of benchmarks as arguments only those run.
Other systems are measured where they are installed: on the PATH, or in the Python that SCRIPTRUNNER_BENCH_PEERS is.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import (
    catalogue_times,
    costs,
    fetch_times,
    figures,
    form_times,
    job_times,
    live_times,
    machine,
    page_times,
    peer_huey,
    peer_rq,
    peer_tsp,
)
from tests.benchmarks.figures import Figure, Skipped

RESULT = Path(__file__).parents[2] / "build/bench.json"
BENCHMARKS: dict[str, Callable[[], Iterator[Figure | Skipped]]] = {
    "starts": job_times.measure_starts,
    "drains": job_times.measure_drains,
    "fetches": fetch_times.measure,
    "ready": costs.measure_ready,
    "idle": costs.measure_idle,
    "running": costs.measure_running,
    "growth": costs.measure_growth,
    "pages": page_times.measure,
    "catalogue": catalogue_times.measure,
    "forms": form_times.measure,
    "live": live_times.measure,
    "huey": peer_huey.measure,
    "rq": peer_rq.measure,
    "tsp": peer_tsp.measure,
}


def main() -> None:
    """Run the benchmarks, print each figure as soon as it is known, and write all of them."""
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        raise SystemExit(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    entries: dict[str, figures.Entry] = {}
    for name in wanted:
        entries |= _measured(name)
        figures.write(entries, RESULT)
    print(f"written to {RESULT.relative_to(Path.cwd()) if RESULT.is_relative_to(Path.cwd()) else RESULT}")


def _measured(name: str) -> dict[str, figures.Entry]:
    """Run one benchmark, and look before and after it what else the machine does; the worse of both counts."""
    before = machine.look()
    found = []
    for each in BENCHMARKS[name]():
        figures.print_row(each)
        found.append(each)
    around = max(before, machine.look(), key=lambda looked: looked.processors)
    print(f"  {name}: {around}\n", flush=True)
    return {each.name: figures.entry(each, around) for each in found}


if __name__ == "__main__":
    main()
