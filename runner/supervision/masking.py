"""Keeps secrets out of logs: the filter between a script's output and its log, which replaces them as they come by.

It is a process beside the supervisor, forked with it and no child of it, so that ending all descendants leaves it to
write what they said last. It imports nothing but the standard library: see ``supervision/``.
"""

import fcntl
import os
import select
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

HIDDEN = b"[hidden]"
CHUNK_BYTES = 65_536
LOST = b"\n[some of the output is missing here: it could not be written]\n"


def through_filter(supervisor: socket.socket, log: int) -> int:
    """Give the log to the filter at the other end; the descriptor whose content it writes there.

    OSError where there is no handle left, or the filter was killed.
    """
    output, writing = os.pipe()
    try:
        socket.send_fds(supervisor, [b"."], [output, log])
    except OSError:
        os.close(writing)
        raise
    finally:
        os.close(output)
        os.close(log)
    return writing


def wait_until_written(supervisor: socket.socket) -> bool:
    """Say that nobody is left who writes, and wait for the filter's end; whether all is in the log then."""
    with suppress(OSError):  # it has ended already, where it saw for itself that nobody is left
        supervisor.send(b".")
    try:
        return bool(supervisor.recv(1))
    except OSError:
        return False


def tell_of_loss(log: str) -> None:
    """Say in the log that something is missing: the filter was killed, or the disk full for a while."""
    with suppress(OSError):
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        os.write(handle, LOST)
        os.close(handle)


def filter_output(supervisor: socket.socket, texts: Sequence[bytes]) -> None:
    """Be the filter: take output and log from the supervisor, stay as long as there may be output, and tell the end."""
    _, handles, _, _ = socket.recv_fds(supervisor, 1, 2)
    is_whole = True
    if handles:  # none where there is nothing to filter, because the script was not started
        output, log = handles
        for content in masked(_chunks(output, supervisor), texts):
            is_whole = _append(log, content) and is_whole
        os.close(output)  # before the end is told: who still writes sees that nobody reads
    if is_whole:
        with suppress(OSError):  # the supervisor was killed
            supervisor.send(b".")


def masked(chunks: Iterable[bytes], texts: Sequence[bytes]) -> Iterator[bytes]:
    """What comes in, with every byte of every text hidden, wherever it is cut; occurrences that overlap are one.

    Only an end that may be the beginning of a text is kept back until more is known.
    """
    kept, hidden = b"", 0  # the first so many bytes of what is kept belong to an occurrence that was replaced
    for chunk in chunks:
        content = kept + chunk
        end = _possible_beginning(content, texts)
        replaced, hidden = _replaced(content, texts, end=end, hidden=hidden)
        kept = content[end:]
        yield replaced
    yield _replaced(kept, texts, end=len(kept), hidden=hidden)[0]


def _replaced(content: bytes, texts: Sequence[bytes], *, end: int, hidden: int) -> tuple[bytes, int]:
    """The content up to ``end`` as it is to be shown, and how many of the bytes behind it are hidden already."""
    parts = []
    done = hidden
    for start, stop in _occurrences(content, texts):
        if start < done:
            done = max(done, stop)
        elif start < end:
            parts += [content[done:start], HIDDEN]
            done = stop
    parts.append(content[done:end])
    return b"".join(parts), max(0, done - end)


def _occurrences(content: bytes, texts: Sequence[bytes]) -> list[tuple[int, int]]:
    """Enough of them to cover them all: of those that overlap one, the last is next."""
    found = []
    for text in texts:
        start = content.find(text)
        while start >= 0:
            stop = start + len(text)
            found.append((start, stop))
            last = content.rfind(text, start + 1, stop + len(text) - 1)
            start = last if last >= 0 else content.find(text, stop)
    return sorted(found)


def _possible_beginning(content: bytes, texts: Sequence[bytes]) -> int:
    """Where the longest end of the content begins that a text may begin with; the content's length where none does."""
    end = len(content)
    for text in texts:
        start = content.find(text[:1], max(0, len(content) - len(text) + 1))
        while 0 <= start < end:
            if text.startswith(content[start:]):
                end = start
            start = content.find(text[:1], start + 1)
    return end


def _chunks(output: int, supervisor: socket.socket) -> Iterator[bytes]:
    """What the script writes, until nobody can write any more or the supervisor says that nobody is left.

    Somebody else's process may hold our pipe open: at the end only as much is read as a pipe holds. Where the
    supervisor was killed the script goes on, and so do we.
    """
    watched: list[int | socket.socket] = [supervisor, output]
    while True:
        ready = select.select(watched, [], [])[0]
        if supervisor in ready:
            if supervisor.recv(1):
                break
            watched.remove(supervisor)
        elif chunk := os.read(output, CHUNK_BYTES):
            yield chunk
        else:
            return
    left = fcntl.fcntl(output, fcntl.F_GETPIPE_SZ)
    while left > 0 and select.select([output], [], [], 0)[0] and (chunk := os.read(output, left)):
        left -= len(chunk)
        yield chunk


def _append(log: int, content: bytes) -> bool:
    """Append to the log; what the disk does not take is dropped, so that no script waits for it."""
    try:
        while content:
            content = content[os.write(log, content) :]
    except OSError:
        return False
    return True
