"""The process that serves people who fetch results and bring inputs; a program of its own, which the runner starts.

It is given its terms and the sockets to listen at by its standard input, the line to the runner, and asks there who may
log in: it holds no key that passwords come from, and knows no database. It ends with its runner, however that ends.
"""

import logging
import os
import resource
import signal
import socket
import sys
from contextlib import suppress

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from runner.retrieval.line import Line, log_line
from runner.supervision import processes
from runner.system.memory import freeze_garbage

_ENDED_BY_RUNNER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # it alone knows what ends when


def main() -> None:
    """Serve until the runner says farewell."""
    processes.set_option(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
    processes.set_option(processes.PR_SET_DUMPABLE, 0)  # it holds the host key, and passwords as they are typed
    processes.set_option(processes.PR_SET_NAME, b"sr-ssh")
    for number in _ENDED_BY_RUNNER:
        signal.signal(number, signal.SIG_IGN)
    line = Line(socket.socket(fileno=os.dup(sys.stdin.fileno())))
    given = line.terms()
    if given is None:  # the runner ended before it could be told that we end with it
        return
    terms, listeners = given
    logging.basicConfig(level=terms.log_level, handlers=[_LineHandler(line)], force=True)
    logging.captureWarnings(capture=True)
    # At its level INFO asyncssh logs what clients send as it is, line breaks included.
    logging.getLogger("asyncssh").setLevel(max(logging.WARNING, terms.log_level))
    from runner.retrieval.event_loop import Serving  # noqa: PLC0415  # asyncssh comes with it, which the runner spares

    serving = Serving(terms, line, most_handles=_raise_limit_of_handles())
    freeze_garbage()
    serving.run(listeners)


class _LineHandler(logging.Handler):
    """Writes into the runner's log, where there is one."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._traces = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        traceback = self._traces.formatException(record.exc_info) if record.exc_info else ""
        with suppress(OSError):  # the runner is gone, and so are we
            self._line.send_word(log_line(record.name, record.levelno, record.getMessage(), traceback))


def _raise_limit_of_handles() -> int:
    """Have as many handles as the system lets us have, and say how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


if __name__ == "__main__":
    main()
