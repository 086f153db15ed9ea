"""What one person sees when they come by: what runs, what has ended, their scripts, their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from runner.files import InboxUse
from runner.jobs import Job, Pause, Requester, State
from runner.messages import step_words
from runner.messages.outlook import Upcoming
from runner.scripts import Script
from runner.service.inputs import InputService
from runner.service.machine import MachineService, MachineState
from runner.service.queue import QueueService
from runner.service.script_menu import ScriptMenuService
from runner.store import Store
from runner.system.text import size

MOST_UNFINISHED = 6
MOST_ENDED = 5
_MOST_USED = 6
_MOST_STARTERS = 5
_MOST_DELETED_NEXT = 3
_MOST_COUNTED = 100

HomeMark = tuple[object, ...]
"""What of somebody's home is worth drawing it anew: two that are equal look alike but for what goes by by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContents:
    """A person's own jobs and scripts, as much of them as is looked at, and how busy the machine is with all.

    ``unfinished`` are those that run, then those that wait, and there are ``more_waiting``; ``deleted_next`` are the
    first whose results are to be deleted. ``starters`` are some scripts for somebody who ``is_new``: who has no job
    and no favourites. ``machine`` is there for administrators only.
    """

    unfinished: Sequence[Upcoming]
    more_waiting: int
    ended: Sequence[Job]
    deleted_next: Sequence[Job]
    paused: Pause | None
    running_count: int
    waiting_count: int
    favourites: Sequence[Script]
    used: Sequence[Script]
    starters: Sequence[Script]
    inbox_use: InboxUse | None
    keep: timedelta
    machine: MachineState | None

    @property
    def is_new(self) -> bool:
        """Whether this person has done nothing yet."""
        return not (self.unfinished or self.ended or self.favourites or self.used)


class HomeService:
    """What a front end may ask about a person's home; ``keep`` is how long files are kept."""

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        menus: ScriptMenuService,
        inputs: InputService,
        queue: QueueService,
        machine: MachineService,
        store: Store,
        keep: timedelta,
    ) -> None:
        self._menus = menus
        self._inputs = inputs
        self._queue = queue
        self._machine = machine
        self._store = store
        self._keep = keep

    def contents(self, person: Requester) -> HomeContents:
        """All of it as it is now."""
        menu = self._menus.menu(person)
        running, waiting = self._unfinished(person)
        ended = self._store.own_jobs.ended(person.user_id, at_most=MOST_ENDED)
        is_used = bool(running or waiting or ended or menu.favourites or menu.used)
        return HomeContents(
            unfinished=self._queue.own(person, [*running, *waiting[:MOST_UNFINISHED]]),
            more_waiting=max(0, len(waiting) - MOST_UNFINISHED),
            ended=ended,
            deleted_next=self._store.own_jobs.deleted_next(person.user_id, at_most=_MOST_DELETED_NEXT),
            paused=self._queue.paused(),
            running_count=self._store.jobs.count(states=[State.RUNNING]),
            waiting_count=self._queue.length(),
            favourites=menu.favourites,
            used=menu.used[:_MOST_USED],
            starters=() if is_used else menu.others[:_MOST_STARTERS],
            inbox_use=self._inputs.use(person),
            keep=self._keep,
            machine=self._machine.state(person) if self._machine.is_for(person) else None,
        )

    def marks(self, people: Sequence[Requester]) -> dict[str, HomeMark]:
        """What of each person's home is worth drawing it anew, by user id: looked at for all of them at once."""
        unfinished = {each.user_id: [job for part in self._unfinished(each) for job in part] for each in people}
        waiting = [job.id for found in unfinished.values() for job in found if job.state is State.QUEUED]
        places = self._queue.places(waiting) if waiting else {}
        paused = self._queue.paused()
        why = None if paused is None else (paused.reason, paused.paused_by)
        return {
            each.user_id: (
                why,
                *(_mark(job, places.get(job.id, 0)) for job in unfinished[each.user_id]),
                *self._lasting_marks(each.user_id),
                *(self._machine_mark(each) if self._machine.is_for(each) else ()),
            )
            for each in people
        }

    def _unfinished(self, person: Requester) -> tuple[list[Job], list[Job]]:
        """Those that run, and those that wait, more than are shown: how many there are is told."""
        own = self._store.own_jobs
        running = own.running(person.user_id, at_most=MOST_UNFINISHED)
        return running, own.waiting(person.user_id, at_most=_MOST_COUNTED)

    def _lasting_marks(self, user_id: str) -> HomeMark:
        own = self._store.own_jobs
        return (
            *(_mark(job, 0) for job in own.ended(user_id, at_most=MOST_ENDED)),
            *((job.id, job.expires_at) for job in own.deleted_next(user_id, at_most=_MOST_DELETED_NEXT)),
            *self._store.favourites.of(user_id),
        )

    def _machine_mark(self, person: Requester) -> HomeMark:
        """What administrators should see at once; load and counts go by by themselves."""
        found = self._machine.state(person)
        hangs = None if found.runner is None else found.runner.hangs
        shortages = [] if found.disks is None else [disk.shortage for disk in found.disks]
        names = [each.name for each in found.broken]
        return (found.runner is None, hangs, *shortages, len(found.troubles), *names)


def _mark(job: Job, place: int) -> HomeMark:
    """What of a job is worth drawing a home anew: of its progress every step, and every tenth."""
    percent = job.progress.percent if job.progress is not None else None
    tenths = None if percent is None or job.state.is_final else percent // 10
    told = "" if job.results_bytes is None else size(job.results_bytes)
    moments = (job.started_at, job.held_at, job.not_before, job.cancel_requested_at, job.deleted_at)
    return (
        job.id,
        job.state,
        job.attempt,
        *moments,
        step_words.words(job),
        tenths,
        told if job.state.is_final else "",
        place,
    )
