"""The process that lists the results of jobs that have ended; a program of its own, which the runner starts.

It is given the folder of results and reads numbers of jobs from its standard input, a line each. When it is done with a
job it writes the number, and the number of the error if there was one. It gives way to all that runs besides, and ends
with its runner, however that ends: what it has not finished is made anew.
"""

import errno
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from runner.files import Results, list_results
from runner.supervision import processes

_ENDED_BY_RUNNER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # it alone knows what ends when
_LINE_BYTES = 4096
_LOWEST = 19  # ioprio_set(2): who has not asked for another I/O priority has the lowest with this one


def main() -> None:
    """List results until the runner has gone or closes our standard input."""
    processes.set_option(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
    processes.set_option(processes.PR_SET_NAME, b"sr-checksums")
    for number in _ENDED_BY_RUNNER:
        signal.signal(number, signal.SIG_IGN)
    os.nice(_LOWEST)
    unused = Path()
    serve(Results(root=Path(sys.argv[1]), control=unused))


def serve(results: Results) -> None:
    """Take a step for each job in turn, so that large results hold up no others."""
    under_way: dict[int, Iterator[None]] = {}
    unread = b""
    while True:
        if not under_way or select.select([0], [], [], 0)[0]:
            said = os.read(0, _LINE_BYTES)
            if not said:
                return
            *lines, unread = (unread + said).split(b"\n")
            under_way.update((int(line), list_results(results, int(line))) for line in lines)
        for job_id, steps in list(under_way.items()):
            answer = _step(job_id, steps)
            if answer is not None:
                del under_way[job_id]
                os.write(1, answer.encode())


def _step(job_id: int, steps: Iterator[None]) -> str | None:
    """Take a step; the answer where it was the last."""
    try:
        next(steps)
    except StopIteration:
        return f"{job_id}\n"
    except OSError as error:
        return f"{job_id} {error.errno or errno.EIO}\n"
    return None


if __name__ == "__main__":
    main()
