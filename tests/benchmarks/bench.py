"""`make bench`: how fast jobs start, scripts are read and forms open, as a table and in build/bench.json.

Real parts throughout. Times depend on the machine and on what else it does: compare those of one run. With names of
benchmarks as arguments only those run.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # what tests share

import catalogue_times
import figures
import form_times
import job_times
from figures import Figure

RESULT = Path(__file__).parents[2] / "build/bench.json"
BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "jobs": job_times.measure,
    "catalogue": catalogue_times.measure,
    "forms": form_times.measure,
}


def main() -> None:
    """Run the benchmarks, print each figure as soon as it is known, and write all of them."""
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        raise SystemExit(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    found = []
    for name in wanted:
        for figure in BENCHMARKS[name]():
            figures.print_row(figure)
            found.append(figure)
    figures.write(found, RESULT)
    print(f"written to {RESULT.relative_to(Path.cwd()) if RESULT.is_relative_to(Path.cwd()) else RESULT}")


if __name__ == "__main__":
    main()
