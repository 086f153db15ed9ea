"""How fast the scripts of a large catalogue are read: when nothing is known of them, and when nothing has changed."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from runner.scripts import Catalogue
from tests.benchmarks import made_scripts
from tests.benchmarks.figures import Figure, milliseconds, percentiles

COLD_RUNS = 5
LOOKS = 200


def measure() -> Iterator[Figure]:
    """Cold reads, each by a process of its own; then looks at the same files, one of them changed or none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_scripts.write(folder)
        many = f"{made_scripts.SCRIPTS:,} scripts"
        cold = sorted(_cold_seconds(folder) for _ in range(COLD_RUNS))
        yield milliseconds("catalogue_cold", f"{many} read cold, median", cold[COLD_RUNS // 2], at_most_ms=2_000)
        catalogue = Catalogue(folder)
        catalogue.scripts()
        looks = [_seconds(catalogue) for _ in range(LOOKS)]
        yield from percentiles("catalogue_unchanged", f"{many} looked at, nothing changed", looks, at_most_ms=20)
        yield from percentiles("catalogue_changed", f"{many} looked at, one changed", _changed(catalogue, folder))


def _cold_seconds(folder: Path) -> float:
    """How long a new process takes to read all, without its own start."""
    found = subprocess.run([sys.executable, __file__, folder], check=True, capture_output=True, text=True)
    return float(found.stdout)


def _seconds(catalogue: Catalogue) -> float:
    began = time.perf_counter()
    scripts = catalogue.scripts()
    took = time.perf_counter() - began
    if len(scripts) != made_scripts.SCRIPTS:
        raise SystemExit(f"{len(scripts)} scripts were read: {catalogue.broken()[:1]}")
    return took


def _changed(catalogue: Catalogue, folder: Path) -> Iterator[float]:
    path = next(folder.rglob("*.sh"))
    for number in range(LOOKS // 4):
        with path.open("a") as script:
            script.write(f"# {number}\n")
        yield _seconds(catalogue)


if __name__ == "__main__":
    print(_seconds(Catalogue(Path(sys.argv[1]))))
