"""`make corpus`: reads all sample scripts and prints how each dialect fares."""

import sys
from collections import Counter, defaultdict

from tests.corpus.samples import differences, samples

_COLUMNS = ("samples", "read", "scripts", "refused, rightly", "wrong")


def main() -> int:
    """Print the table, then what is wrong, if anything; 1 where it is."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    for sample in samples():
        found = differences(sample)
        wrong += [f"{sample}: {each}" for each in found]
        outcome = "wrong" if found else "read" if sample.refused is None else "refused, rightly"
        counts[sample.dialect].update(["samples", outcome])
        counts[sample.dialect]["scripts"] += len(sample.reads)
    print(f"{'dialect':<12}" + "".join(f"{column:>18}" for column in _COLUMNS))
    for dialect, count in counts.items():
        print(f"{dialect:<12}" + "".join(f"{count[column]:>18}" for column in _COLUMNS))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
