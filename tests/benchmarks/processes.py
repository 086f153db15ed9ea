"""What a process and all its descendants use: processor time and memory, as the kernel counts them (proc(5))."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_NANOSECONDS = 10**9
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_GONE = (FileNotFoundError, ProcessLookupError)


def tree(*roots: int) -> set[int]:
    """The processes with all their descendants, those with a session of their own included."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(*_GONE):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children[int(fields[1])].append(int(folder.name))
    found, left = set[int](), list(roots)
    while left:
        process = left.pop()
        found.add(process)
        left.extend(children[process])
    return found


def seconds(*roots: int) -> float:
    """The processor time of all threads in the trees, to the nanosecond; of those that live."""
    return sum(_thread_nanoseconds(process) for process in tree(*roots)) / _NANOSECONDS


def memory_bytes(*roots: int, without: Collection[str] = ()) -> int:
    """The memory of the trees: pages that processes share are split among these (PSS). Without those of some names."""
    return sum(_pss_bytes(process) for process in tree(*roots) if name(process) not in without)


def name(process: int) -> str:
    """What the process is called; empty where it has ended."""
    with suppress(*_GONE):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def _thread_nanoseconds(process: int) -> int:
    return sum(_first_numbers(Path(f"/proc/{process}/task").glob("*/schedstat")))


def _first_numbers(paths: Iterator[Path]) -> Iterator[int]:
    with suppress(*_GONE):
        for path in paths:
            with suppress(*_GONE):
                yield int(path.read_text().split()[0])


def _pss_bytes(process: int) -> int:
    with suppress(*_GONE):
        found = _PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0
