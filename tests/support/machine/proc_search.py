"""Looks for texts in all that /proc shows of the processes below one: what a job of the same user could do.

As a program, `proc_search.py WORD TEXT…`, it finds that process itself: its own nearest ancestor with this word in its
command line. It prints a line for each place, and first how many processes it could look at.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_WRITABLE = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) rw", re.MULTILINE)


def search(root: int, texts: list[bytes]) -> list[str]:
    """The places in which a text is found: a process id, what it is called, and where."""
    return [
        f"{pid} {_name(pid)} {place}: {text.decode()}"
        for pid in below(root)
        if pid != os.getpid()
        for place, content in _readable(pid)
        for text in texts
        if text in content
    ]


def below(root: int) -> list[int]:
    """The process and all those below it."""
    parents = {int(each.name): parent(int(each.name)) for each in PROC.iterdir() if each.name.isdigit()}
    found = [root]
    for each in found:
        found += [pid for pid, above in parents.items() if above == each]
    return found


def parent(pid: int) -> int:
    with suppress(OSError):
        return int((PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return 0


def _name(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return ""


def _readable(pid: int) -> Iterator[tuple[str, bytes]]:
    for place in ("environ", "cmdline"):
        with suppress(OSError):
            yield place, (PROC / str(pid) / place).read_bytes()
    with suppress(OSError):
        for handle in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                opened = os.open(handle, os.O_RDONLY | os.O_NONBLOCK)
                with os.fdopen(opened, "rb") as file:
                    yield f"fd {handle.name}", file.read(10_000_000) or b""
    with suppress(OSError), (PROC / str(pid) / "mem").open("rb", 0) as memory:
        for start, end in _WRITABLE.findall((PROC / str(pid) / "maps").read_bytes()):
            with suppress(OSError, ValueError, OverflowError):
                memory.seek(int(start, 16))
                yield "mem", memory.read(int(end, 16) - int(start, 16))


def _ancestor(word: str) -> int:
    pid = os.getpid()
    while pid:
        pid = parent(pid)
        with suppress(OSError):
            if word.encode() in (PROC / str(pid) / "cmdline").read_bytes().split(b"\0"):
                return pid
    raise SystemExit(f"no process with {word} above")


if __name__ == "__main__":
    root = _ancestor(sys.argv[1])
    sys.stdout.write(f"{len(below(root))} processes\n")
    sys.stdout.writelines(f"{line}\n" for line in search(root, [text.encode() for text in sys.argv[2:]]))
