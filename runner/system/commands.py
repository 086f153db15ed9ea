"""Runs a command that answers at once or not at all: without a shell, with little time and little output."""

import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.system.text import clipped, visible

MAX_BYTES = 1024 * 1024  # of its output, and of its complaints
_CHUNK = 65_536
_COMPLAINT = 200  # characters
_LAST_WAIT = 0.5  # seconds for a process that was killed
_Process = subprocess.Popen[bytes]
_Output = dict[object, bytearray]


class CommandFailed(ScriptRunnerError):
    """A command did not answer; the text says why."""


def output(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], patience: timedelta) -> bytes:
    """What a command prints until it ends; CommandFailed with what went wrong, or OSError where it cannot be started.

    A program with a slash starts from the folder. It has a session of its own: what is left of that is ended with it.
    """
    process = _started(command, folder, dict(environment))
    try:
        printed, complaint = _drained(process, patience)
    finally:
        _end(process)
    if process.returncode:
        raise CommandFailed(_told(process.returncode, complaint))
    return printed


def _started(command: Sequence[str], folder: Path, environment: dict[str, str]) -> _Process:
    program = str(folder / command[0]) if "/" in command[0] else command[0]
    try:
        return subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except PermissionError as error:
        # execvp(3) says this also where a folder of PATH may not be entered, and the program is nowhere else either.
        if "/" in program or error.filename != program or _lies_in_path(program, folder, environment):
            raise
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program) from error


def _lies_in_path(program: str, folder: Path, environment: dict[str, str]) -> bool:
    places = [folder / place / program for place in os.get_exec_path(environment)]
    return any(map(os.path.isfile, places))  # which, unlike Path.is_file of Python 3.11, asks on where it may not look


def _drained(process: _Process, patience: timedelta) -> tuple[bytes, bytes]:
    """What it printed and what it complained of until it ended, whoever else holds its pipes open."""
    deadline = time.monotonic() + patience.total_seconds()
    streams: _Output = {stream: bytearray() for stream in (process.stdout, process.stderr)}
    ended = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            for source in (*streams, ended):
                selector.register(source, selectors.EVENT_READ)  # type: ignore[arg-type]  # pipes, and a descriptor
            has_ended = False
            while not has_ended:
                ready = selector.select(max(0, deadline - time.monotonic()))
                if not ready:
                    raise CommandFailed(f"took longer than {patience.total_seconds():g} s")
                has_ended = _taken(selector, ready, streams)
            selector.unregister(ended)
            while selector.get_map() and (ready := selector.select(0)):
                _taken(selector, ready, streams)
    finally:
        os.close(ended)
    printed, complaint = streams.values()
    return bytes(printed), bytes(complaint)


def _taken(selector: selectors.BaseSelector, ready: list[tuple[selectors.SelectorKey, int]], streams: _Output) -> bool:
    """Read what is there, and say whether the process has ended."""
    has_ended = False
    for key, _ in ready:
        if key.fileobj not in streams:
            has_ended = True
            continue
        part = os.read(key.fd, _CHUNK)
        streams[key.fileobj] += part
        if not part:
            selector.unregister(key.fileobj)
        if len(streams[key.fileobj]) > MAX_BYTES:
            raise CommandFailed(f"printed more than the {MAX_BYTES:,} bytes that are allowed")
    return has_ended


def _end(process: _Process) -> None:
    """End the command with all in its session; until it is waited for, its number is nobody else's."""
    with suppress(ProcessLookupError, PermissionError):  # what has become somebody else's cannot be ended
        os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LAST_WAIT)


def _told(code: int, complaint: bytes) -> str:
    lines = complaint.decode(errors="backslashreplace").strip().splitlines()
    last = f": {clipped(visible(lines[-1]), _COMPLAINT)}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{how}{last}"
