"""Runs a command that answers at once or not at all: without a shell, with little time and little output."""

import errno
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from runner.errors import ScriptRunnerError
from runner.supervision import command as between
from runner.supervision import handover, startable
from runner.system.text import clipped, visible

MAX_BYTES = 1024 * 1024  # of its output, and of its complaints
_CHUNK = 65_536
_COMPLAINT = 200  # characters
_LAST_WAIT = 0.5  # seconds for what was killed to be gone
_Process = subprocess.Popen[bytes]
_Output = dict[object, bytearray]


class CommandFailed(ScriptRunnerError):
    """A command did not answer; the text says why."""


def output(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], patience: timedelta) -> bytes:
    """What a command prints until it ends; CommandFailed with what went wrong, or OSError where it cannot be started.

    A program with a slash starts from the folder. Whatever it has started is ended with it, in its session or not.
    """
    process, line = _started(command, folder, dict(environment))
    try:
        printed, complaint = _drained(process, line, patience)
        answer = _answer(line)
    finally:
        _end(process, line)
    if "errno" in answer:
        raise _refusal(answer, folder, environment)
    if answer["exit_code"]:
        raise CommandFailed(_told(answer["exit_code"], complaint))
    return printed


def _started(command: Sequence[str], folder: Path, environment: dict[str, str]) -> tuple[_Process, socket.socket]:
    """What sees to the command, and the line to it."""
    program = str(folder / command[0]) if "/" in command[0] else command[0]
    order = {"argv": [program, *command[1:]], "folder": str(folder), "environment": environment}
    content = handover.in_memory(json.dumps(order).encode())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with theirs:
            socket.send_fds(ours, [b"."], [content])
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", between.__file__],
                env={},
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
    except BaseException:
        ours.close()
        raise
    finally:
        os.close(content)
    return process, ours


def _answer(line: socket.socket) -> dict[str, Any]:
    said = line.recv(_CHUNK)
    if not said:
        raise CommandFailed("what watched over it was killed")
    answer: dict[str, Any] = json.loads(said)
    return answer


def _refusal(answer: dict[str, Any], folder: Path, environment: Mapping[str, str]) -> OSError:
    """Why it could not be started."""
    number, program = answer["errno"], answer["filename"]
    # execvp(3) says this also where a folder of PATH may not be entered, and the program is nowhere else either.
    if number == errno.EACCES and "/" not in program and not _lies_in_path(program, folder, dict(environment)):
        number = errno.ENOENT
    return OSError(number, _wrong_with(program, environment) or os.strerror(number), program)


def _wrong_with(program: str, environment: Mapping[str, str]) -> str | None:
    """What is wrong with a program that is there; None where nothing is seen."""
    try:
        return startable.obstacle(program, os.get_exec_path(dict(environment))) if "/" in program else None
    except OSError:
        return None


def _lies_in_path(program: str, folder: Path, environment: dict[str, str]) -> bool:
    places = [folder / place / program for place in os.get_exec_path(environment)]
    return any(map(os.path.isfile, places))  # which, unlike Path.is_file of Python 3.11, asks on where it may not look


def _drained(process: _Process, line: socket.socket, patience: timedelta) -> tuple[bytes, bytes]:
    """What it printed and what it complained of until it ended, whoever else holds its pipes open."""
    deadline = time.monotonic() + patience.total_seconds()
    streams: _Output = {stream: bytearray() for stream in (process.stdout, process.stderr)}
    with selectors.DefaultSelector() as selector:
        for source in (*streams, line):
            selector.register(source, selectors.EVENT_READ)  # type: ignore[arg-type]  # pipes, and a socket
        has_ended = False
        while not has_ended:
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready:
                raise CommandFailed(f"took longer than {patience.total_seconds():g} s")
            has_ended = _taken(selector, ready, streams)
        selector.unregister(line)
        while selector.get_map() and (ready := selector.select(0)):
            _taken(selector, ready, streams)
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


def _end(process: _Process, line: socket.socket) -> None:
    """Have the command ended with all that it started."""
    line.close()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    try:
        process.wait(_LAST_WAIT)
    except subprocess.TimeoutExpired:  # a busy machine, or what has become somebody else's and cannot be ended
        threading.Thread(target=process.wait, name="leave of a command", daemon=True).start()


def _told(code: int, complaint: bytes) -> str:
    lines = complaint.decode(errors="backslashreplace").strip().splitlines()
    last = f": {clipped(visible(lines[-1]), _COMPLAINT)}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{how}{last}"
