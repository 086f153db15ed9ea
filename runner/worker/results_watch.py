"""Watches what running jobs write: how much their results take, and which of them takes what is kept free of a disk."""

import logging
import os
import threading
import time
import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from runner.executors import writers
from runner.files import Disk, DiskSettings, DiskSpace, FolderSize, Results
from runner.system.lasting_faults import LastingFaults
from runner.system.text import size

_log = logging.getLogger(__name__)
_ENTRIES_AT_ONCE = 5_000  # some 20 ms for each look, however many files there are
_LONGEST_SECONDS, _SHORTEST_SECONDS, _URGENT_SECONDS = 1.0, 0.05, 0.25
_JOIN_SECONDS = 5
_FASTEST_BYTES = 2_000_000_000  # in a second: as fast as disks take it
_TOLD_EVERY_SECONDS = 5.0
_NEWS_BYTES = 1_000_000  # what has changed by less is told at the end only
_OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a job's results take of the disk, and why the job is to be stopped, if it is."""

    job_id: int
    size_bytes: int
    excess: str | None = None


@dataclass(slots=True, kw_only=True)
class _Followed:
    """What is known of one job: what it took when there was room, and what it takes."""

    count: FolderSize
    is_known: bool = False
    has_ended: bool = False
    is_stopped: bool = False
    whole_bytes: int = 0
    elsewhere: Mapping[int, int] = field(default_factory=dict)
    with_room: dict[int, int] = field(default_factory=dict)
    told_bytes: int = 0
    told_at: float = 0.0

    @property
    def size_bytes(self) -> int:
        """The least that its results take."""
        return max(self.whole_bytes, self.count.size_bytes)

    def taken_bytes(self, disk: Disk) -> int:
        results = self.size_bytes if _OUTBOX in disk.holds else 0
        return results + self.elsewhere.get(disk.device, 0)

    def grown_bytes(self, disk: Disk) -> int:
        """How much it took since there was room; nothing where it is not known what it took then."""
        return max(0, self.taken_bytes(disk) - self.with_room.get(disk.device, 0)) if self.is_known else 0


class ResultsWatch:
    """Looks by itself, in a thread, as long as jobs run; readable where one is to be stopped, as ``take`` says.

    How often depends on what is left of the disks, and each look is short: no job makes it expensive.
    """

    def __init__(self, results: Results, space: DiskSpace, settings: DiskSettings) -> None:
        self._results = results
        self._space = space
        self._settings = settings
        self._followed: dict[int, _Followed] = {}
        self._running: frozenset[int] = frozenset()
        self._begun: set[int] = set()
        self._ended: list[int] = []
        self._measured: list[Measured] = []
        self._lock = threading.Lock()
        self._is_changed = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None
        self._looked_elsewhere_at = 0.0
        self._faults = LastingFaults(_log)
        self._news = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._news)

    def fileno(self) -> int:
        """A descriptor that is readable while it is not taken which job is to be stopped."""
        return self._news

    def stop(self) -> None:
        """Look no more, until something is to be looked at anew."""
        self._is_over = True
        self._is_changed.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)  # a disk that does not answer keeps nobody
            self._thread = None
        self._running = frozenset()

    def begin(self, job_id: int) -> None:
        """This job is about to run for the first time: its results take nothing yet."""
        with self._lock:
            self._begun.add(job_id)

    def follow(self, running: Collection[int]) -> None:
        """These jobs run now; of those that no longer do, it is measured once more what they left.

        Looks that go on are not hastened by it: jobs may come and go by the hundred in a second.
        """
        now_running = frozenset(running)
        with self._lock:
            was_idle = not self._running
            self._begun &= now_running  # what could not be started is no more to be looked at
            self._ended.extend(self._running - now_running)
            self._running = now_running
        if was_idle and now_running:
            self._rouse()

    def measure(self, ended: Collection[int]) -> None:
        """Measure what jobs left that have ended."""
        with self._lock:
            self._ended.extend(ended)
        if ended:
            self._rouse()

    def take(self) -> list[Measured]:
        """What was found since the last call."""
        with self._lock:
            found, self._measured = self._measured, []
            if any(each.excess is not None for each in found):
                os.eventfd_read(self._news)
        return found

    def look(self) -> float | None:
        """Look once; after how many seconds to look again, None where nothing is left to look at."""
        self._keep_up()
        if not self._followed:
            return None
        disks = self._space.disks()
        left_bytes = min((disk.free_bytes - disk.kept_bytes for disk in disks), default=_FASTEST_BYTES)
        self._count(is_urgent=left_bytes < 0)
        if left_bytes < _FASTEST_BYTES:
            self._look_elsewhere(is_urgent=left_bytes < 0)
        for disk in disks:
            if disk.missing_bytes:
                self._find_who_took(disk)
            else:
                self._remember_room(disk)
        if left_bytes < 0:
            return _URGENT_SECONDS
        return min(_LONGEST_SECONDS, max(_SHORTEST_SECONDS, left_bytes / _FASTEST_BYTES))

    def _rouse(self) -> None:
        self._is_changed.set()
        if self._thread is None:
            self._is_over = False
            thread = threading.Thread(target=self._watch, name="results", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the machine takes no more threads; whoever rouses it next tries again
                _log.warning("what jobs write is not watched yet: %s", error)
            else:
                self._thread = thread

    def _watch(self) -> None:
        pause: float | None = None
        while not self._is_over:
            self._is_changed.wait(pause)
            self._is_changed.clear()
            try:
                pause = self.look()
            except Exception as error:  # noqa: BLE001  # one look must not end the watch
                self._faults.met("look", error, "what jobs write could not be looked at; the next look tries again")
                pause = _LONGEST_SECONDS
            else:
                self._faults.over("look")

    def _keep_up(self) -> None:
        """Take up what runs since the last look, and what has ended."""
        with self._lock:
            running, ended, self._ended = self._running, self._ended, []
            begun, self._begun = self._begun, self._begun - self._running
        for job_id in running - self._followed.keys():
            self._followed[job_id] = _Followed(count=self._counting(job_id), is_known=job_id in begun)
        for job_id in ended:
            self._followed[job_id] = _Followed(count=self._counting(job_id), has_ended=True)

    def _counting(self, job_id: int) -> FolderSize:
        return FolderSize(self._results.folder(job_id))

    def _count(self, *, is_urgent: bool) -> None:
        """Go on counting what each takes: of so many entries, which they share where it is not urgent."""
        share = max(1, _ENTRIES_AT_ONCE // max(1, len(self._followed)))
        for job_id, each in list(self._followed.items()):
            if each.count.go_on(_ENTRIES_AT_ONCE if is_urgent else share):
                each.whole_bytes = each.count.size_bytes
                each.count = self._counting(job_id)
                self._tell_size(job_id, each)
            most = self._settings.max_results
            if each.size_bytes > most and not (each.has_ended or each.is_stopped):
                self._stop(job_id, each, f"its results grew over {size(most)} (disk.max_results)")

    def _tell_size(self, job_id: int, each: _Followed) -> None:
        now = time.monotonic()
        is_news = abs(each.whole_bytes - each.told_bytes) >= _NEWS_BYTES and now - each.told_at >= _TOLD_EVERY_SECONDS
        if each.has_ended or is_news:
            each.told_bytes, each.told_at = each.whole_bytes, now
            self._tell(Measured(job_id=job_id, size_bytes=each.whole_bytes))
        if each.has_ended:
            del self._followed[job_id]

    def _look_elsewhere(self, *, is_urgent: bool) -> None:
        """Look at all processes, which takes some milliseconds: now and then where it is not urgent."""
        now = time.monotonic()
        if now - self._looked_elsewhere_at < _LONGEST_SECONDS and not is_urgent:
            return
        self._looked_elsewhere_at = now
        processes = writers.by_folder()
        for job_id, each in self._followed.items():
            folder = self._results.folder(job_id)
            each.elsewhere = writers.written_elsewhere(folder, processes.get(folder, []))

    def _remember_room(self, disk: Disk) -> None:
        for each in self._followed.values():
            each.with_room[disk.device] = each.taken_bytes(disk)
            each.is_known = True

    def _find_who_took(self, disk: Disk) -> None:
        """Stop the job that took most of what is missing: at least its share, or it was nobody of ours."""
        running = [(job_id, each) for job_id, each in self._followed.items() if not each.has_ended]
        missing_bytes = disk.missing_bytes - sum(each.grown_bytes(disk) for _, each in running if each.is_stopped)
        others = [(job_id, each) for job_id, each in running if not each.is_stopped]
        if missing_bytes <= 0 or not others:
            return
        job_id, most = max(others, key=lambda one: one[1].grown_bytes(disk))
        if most.grown_bytes(disk) * len(others) >= missing_bytes:
            self._stop(job_id, most, f"it took the last {size(disk.kept_bytes)}, which are kept free (disk.free_space)")
            writers.forbid_writing(self._results.folder(job_id))

    def _stop(self, job_id: int, each: _Followed, why: str) -> None:
        each.is_stopped = True
        self._tell(Measured(job_id=job_id, size_bytes=each.size_bytes, excess=why))

    def _tell(self, measured: Measured) -> None:
        with self._lock:
            self._measured.append(measured)
            if measured.excess is not None:
                os.eventfd_write(self._news, 1)
