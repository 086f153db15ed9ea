"""Has the results of jobs that have ended listed with their checksums, aside: no job and no message waits for that."""

import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import timedelta

from runner.files import DiskSpace, Results, in_plain_words
from runner.system.lasting_faults import LastingFaults
from runner.worker import checksum_process

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_MOST_WAITING = 10_000
_IDLE_SECONDS = 30.0
_STOP_SECONDS = 5
_ANSWER_BYTES = 4096


class ChecksumQueue:
    """Lists what ``add`` names and, in time, whatever has ended and is not listed, as after a kill or a full disk.

    ``ended`` says which of these jobs have; such are looked for each ``look``. The work is done by a process that gives
    way to all others, is there while there is something to do, and is ended by ``stop`` whatever it is at.
    """

    def __init__(
        self,
        results: Results,
        space: DiskSpace,
        ended: Callable[[Collection[int]], Collection[int]],
        *,
        look: timedelta = timedelta(minutes=10),
    ) -> None:
        self._results = results
        self._space = space
        self._ended = ended
        self._look_seconds = look.total_seconds()
        self._waiting: dict[int, None] = {}
        self._lock = threading.Lock()
        self._news = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._news)
        self._suspects: frozenset[int] = frozenset()
        self._is_over = False
        self._looked_at: float | None = None
        self._faults = LastingFaults(_log)
        self._process: _Process | None = None
        self._thread = threading.Thread(target=self._run, name="checksums", daemon=True)

    def start(self) -> None:
        """Begin, with what was not listed before."""
        self._thread.start()

    def stop(self) -> None:
        """End, and leave what is not finished to the next runner; a disk that does not answer keeps nobody."""
        self._is_over = True
        os.eventfd_write(self._news, 1)
        self._thread.join(_STOP_SECONDS)

    def add(self, job_id: int) -> None:
        """Have this job, which has ended, listed. Of more than there is room for the others are found in time."""
        with self._lock:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting[job_id] = None
        os.eventfd_write(self._news, 1)

    def _run(self) -> None:
        try:
            while not self._is_over:
                try:
                    self._turn()
                except Exception as error:  # noqa: BLE001  # one turn must not end the loop
                    self._faults.met("turn", error, "results could not be listed; this is tried again")
                    self._end_process()
                    self._wait(_IDLE_SECONDS)
                else:
                    self._faults.over("turn")
        finally:
            self._end_process()

    def _turn(self) -> None:
        """Find what is to be done, have it done and wait for news."""
        if self._looked_at is None or time.monotonic() - self._looked_at >= self._look_seconds:
            self._find()
            self._looked_at = time.monotonic()
        if self._waiting and self._has_room():
            self._hand_over()
        is_at_work = self._process is not None and bool(self._process.unfinished)
        pause = self._look_seconds if is_at_work or self._process is None else _IDLE_SECONDS
        is_news = self._wait(pause)
        if self._process is not None:
            self._hear(self._process)
        if not is_news and not is_at_work:
            self._end_process()

    def _find(self) -> None:
        at_work = frozenset() if self._process is None else self._process.unfinished
        found = [job_id for job_id in self._results.unlisted() if job_id not in at_work]
        ended = self._ended(found)
        with self._lock:
            self._waiting.update((job_id, None) for job_id in found[-_MOST_WAITING:] if job_id in ended)

    def _has_room(self) -> bool:
        """Whether the disks take something; where they do not, what waits is found again later."""
        if self._space.shortage() is None:
            return True
        with self._lock:
            self._waiting.clear()
        return False

    def _hand_over(self) -> None:
        if self._process is None:
            self._process = _Process(self._results)
        with self._lock:
            free = self._process.free
            taken = list(self._waiting)[-free:] if free else []  # what ended last is looked at first
            for job_id in taken:
                del self._waiting[job_id]
        self._process.take(taken)

    def _hear(self, process: "_Process") -> None:
        for job_id, error in process.answers():
            if error is None:
                self._faults.over("list")
            else:
                message = f"the results of job {job_id} could not be listed; this is tried again"
                self._faults.met("list", OSError(in_plain_words(error)), message, is_traced=False)
        if process.has_ended:
            self._try_again(process.unfinished)
            self._end_process()

    def _try_again(self, unfinished: Collection[int]) -> None:
        """Take up what a process was at that ended by itself; what two in a row were at waits for the next look."""
        if unfinished:
            _log.error("the process that lists results ended; another follows")
        with self._lock:
            self._waiting.update((job_id, None) for job_id in unfinished if job_id not in self._suspects)
        self._suspects = frozenset(unfinished)

    def _wait(self, seconds: float) -> bool:
        """Wait for news; whether there are any."""
        sources = [self._news, *([] if self._process is None else [self._process.fileno()])]
        readable, _, _ = select.select(sources, [], [], seconds)
        if self._news in readable:
            os.eventfd_read(self._news)
        return bool(readable)

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


class _Process:
    """The process, with the jobs that it is at; for one thread, with which it ends."""

    def __init__(self, results: Results) -> None:
        self.has_ended = False
        self._jobs: set[int] = set()
        self._unread = b""
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", checksum_process.__file__, str(results.root)],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                process_group=0,
            )

    @property
    def unfinished(self) -> frozenset[int]:
        """What it is at."""
        return frozenset(self._jobs)

    @property
    def free(self) -> int:
        """How many more jobs it takes."""
        return _AT_ONCE - len(self._jobs)

    def fileno(self) -> int:
        return self._line.fileno()

    def take(self, job_ids: Collection[int]) -> None:
        self._jobs.update(job_ids)
        with suppress(ConnectionError):  # as is heard then
            self._line.sendall("".join(f"{job_id}\n" for job_id in job_ids).encode())

    def answers(self) -> Iterator[tuple[int, OSError | None]]:
        """The jobs that it is done with, each with what went wrong, if anything; waits for nothing."""
        while select.select([self._line], [], [], 0)[0]:
            said = self._hear()
            if not said:
                self.has_ended = True
                return
            *lines, self._unread = (self._unread + said).split(b"\n")
            for line in lines:
                job_id, *error = map(int, line.split())
                self._jobs.discard(job_id)
                yield job_id, OSError(error[0], os.strerror(error[0])) if error else None

    def kill(self) -> None:
        self._process.kill()
        self._line.close()
        with suppress(subprocess.TimeoutExpired):  # its disk does not answer
            self._process.wait(_STOP_SECONDS)

    def _hear(self) -> bytes:
        try:
            return self._line.recv(_ANSWER_BYTES)
        except ConnectionError:
            return b""
