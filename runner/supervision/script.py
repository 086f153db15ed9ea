"""Starts a script as its order says: its arguments, environment, standard input, outputs, and nothing else of ours."""

import errno
import os
import stat
from contextlib import suppress
from typing import Any

from runner.supervision.forking import Program
from runner.supervision.handover import in_memory
from runner.supervision.processes import RESET

_OF_THE_FILE = frozenset({errno.ENOENT, errno.ENOEXEC, errno.EACCES, errno.ELOOP, errno.ENOTDIR, errno.EISDIR})


def start(order: dict[str, Any], output: int, *, program: str, data_bytes: int | None) -> int:
    """Start the script in a session of its own, with all that it says going there; its process id.

    At a terminal it has a process group only: the leader of a session that opens ``/dev/stdout`` to read and write gets
    it as its controlling terminal (setsid(2), Linux's tty_jobctrl.c), and what it leaves behind a SIGHUP.

    ``program`` is the file that is run under the script's name; ``data_bytes`` is what each of its processes may have
    of memory, where there is no better way to limit that.

    OSError where it cannot be started, ValueError where an argument or a variable holds what none can.
    """
    place: dict[str, Any] = {"setpgroup": 0} if order["terminal"] else {"setsid": True}
    given = _standard_input(order["stdin"])
    try:
        argv = [encoded(word) for word in order["argv"]]
        environment = {encoded(name): encoded(value) for name, value in order["environment"].items()}
        if data_bytes is not None:
            limited = Program(encoded(program), argv, environment, outputs=(given, output, output))
            return limited.spawn(data_bytes=data_bytes, has_session=not order["terminal"])
        return os.posix_spawn(
            encoded(program),
            argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, given, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            **place,
            setsigmask=(),
            setsigdef=RESET,
        )
    except OSError as error:
        raise OSError(error.errno, _reason(error, program, order)) from None
    finally:
        os.close(given)


def encoded(word: str) -> bytes:
    """The bytes of an argument, the same in every locale."""
    return word.encode("utf-8", "surrogateescape")


def _reason(error: OSError, program: str, order: dict[str, Any]) -> str:
    if error.errno == errno.EACCES and os.statvfs(program).f_flag & os.ST_NOEXEC:
        return "the disk of the data folder is mounted noexec: nothing runs from it"
    if error.errno in _OF_THE_FILE:
        from runner.supervision import startable  # noqa: PLC0415  # most supervisors need none

        with suppress(OSError):
            search = order["environment"].get("PATH", os.defpath).split(":")
            if words := startable.obstacle(program, search):
                return f"the script {words}"
    return os.strerror(error.errno or 0)


def _standard_input(source: dict[str, str] | None) -> int:
    """What the script reads: a file, a text, which is kept in memory alone, or nothing."""
    match source:
        case {"file": path}:
            return _regular_file(path)
        case {"text": text}:
            return _in_memory(encoded(text))
        case _:
            return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def _regular_file(path: str) -> int:
    """The file itself, never what a link leads to; OSError for what is none, which is not even opened."""
    try:
        place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            kind = os.fstat(place).st_mode
            if not stat.S_ISREG(kind):
                raise OSError(errno.EINVAL, "a link, which is not followed" if stat.S_ISLNK(kind) else "not a file")
            return _opened(place)
        finally:
            os.close(place)
    except OSError as error:
        raise OSError(error.errno, f"Its standard input cannot be read: {error.strerror}") from None


def _in_memory(content: bytes) -> int:
    """A file of that content on no disk."""
    place = in_memory(content)
    try:
        return _opened(place)
    finally:
        os.close(place)


def _opened(place: int) -> int:
    """The file at that place, from its beginning, to be read only."""
    return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
