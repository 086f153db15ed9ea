"""What people may ask and do about the queue: when jobs start, in which order, and whether any do."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from random import Random

from runner.errors import InvalidValue, QueueFull, ScriptRunnerError
from runner.files import DiskSettings
from runner.jobs import STATE_WORDS, Job, Pause, Requester, State
from runner.messages.outlook import Outlook, ResultsUse, Upcoming, expected_of
from runner.scheduling import (
    Forecast,
    Limits,
    Load,
    NearLimit,
    Running,
    Scene,
    Waiting,
    WaitingLimits,
    forecast,
    near_limit,
    obstacle,
)
from runner.scripts import Script
from runner.service.permissions import Permissions
from runner.store import Store
from runner.system.clock import Clock
from runner.system.text import check_line, span

_log = logging.getLogger(__name__)
MAX_REASON = 300
_MAKE_ROOM = "(disk.max_results_per_person): delete some that are needed no longer, see /jobs and the job's number"
_NO_RUNNER = "the runner is not running; ask an administrator to start it"
_NEXT = 2**62  # more than the number of any job


class QueueService:
    """The queue, with what may run at once and what may wait.

    ``wake`` tells the runner that there is something to do, ``is_runner_gone`` whether it does not run, ``time_limit``
    is that of scripts without.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        permissions: Permissions,
        store: Store,
        limits: Limits,
        waiting_limits: WaitingLimits,
        time_limit: timedelta,
        clock: Clock,
        wake: Callable[[], object],
        is_runner_gone: Callable[[], bool],
        holds_memory: Callable[[], bool],
        disk: DiskSettings,
    ) -> None:
        self.limits = limits
        self.disk = disk
        self.waiting_limits = waiting_limits
        self._permissions = permissions
        self._store = store
        self.time_limit = time_limit
        self._clock = clock
        self._wake = wake
        self._is_runner_gone = is_runner_gone
        self._holds_memory = holds_memory

    def paused(self) -> Pause | None:
        """Why no job starts; None where jobs do."""
        return self._store.queue.paused() or self._without_runner(self._clock())

    def results_refusal(self, person: Requester) -> str:
        """Why no job is taken of a person whose results take what they may; empty where theirs take less."""
        words = self.overuse(person)
        return f"No job was queued: {words}." if words else ""

    def overuse(self, person: Requester) -> str:
        """How the kept results of a person take what they may; empty where theirs take less."""
        return _over(person, self._use(self._store.jobs.results_bytes(person.user_id))) or ""

    def pause(self, person: Requester, reason: str) -> None:
        """Have no job start until ``resume``; what runs goes on.

        Refused where this person is no administrator, InvalidValue where the reason is no line of text.
        """
        self._permissions.check_admin(person, "pause the queue")
        try:
            check_line(reason, at_most=MAX_REASON)
        except ValueError as error:
            raise InvalidValue(f"The reason for the pause {error}.") from error
        self._store.queue.pause(reason, by=person.name, now=self._clock())
        _log.info("queue paused by %s", person.user_id)

    def resume(self, person: Requester) -> None:
        """Have jobs start again. Refused where this person is no administrator, ScriptRunnerError where they do."""
        self._permissions.check_admin(person, "resume the queue")
        if not self._store.queue.resume():
            raise ScriptRunnerError("The queue is not paused.")
        _log.info("queue resumed by %s", person.user_id)
        self._wake()

    def hold(self, person: Requester, job_id: int) -> Job:
        """Keep a job from starting until ``release``.

        Refused as for all that concerns one job; ScriptRunnerError where it is held, or does not wait any more.
        """
        job = self._waiting(person, job_id, "held")
        held = self._store.queue.hold(job.id, by=person.name, now=self._clock())
        if held is None:
            raise ScriptRunnerError(f"Job {job.id} is held already, or has just started.")
        _log.info("job %d held by %s", job.id, person.user_id)
        return held

    def release(self, person: Requester, job_id: int) -> Job:
        """Let a job start that was held; it has its place again. ScriptRunnerError where it is not held."""
        job = self._waiting(person, job_id, "released")
        released = self._store.queue.release(job.id)
        if released is None:
            raise ScriptRunnerError(f"Job {job.id} is not held.")
        _log.info("job %d released by %s", job.id, person.user_id)
        self._wake()
        return released

    def move_to_front(self, person: Requester, job_id: int, *, of_all: bool = False) -> Job:
        """Have a job start before its requester's others or, for administrators, before all.

        Refused where this person may not do that, ScriptRunnerError where the job does not wait any more.
        """
        job = self._waiting(person, job_id, "moved")
        if of_all:
            self._permissions.check_admin(person, "move a job before everybody's")
        moved = self._store.queue.move_to_front(job.id, of_all=of_all, now=self._clock())
        if moved is None:
            raise ScriptRunnerError(f"Job {job.id} has just started.")
        _log.info("job %d moved to the front by %s", job.id, person.user_id)
        self._wake()
        return moved

    def grant_time(self, person: Requester, job_id: int, more: timedelta) -> Job:
        """Add to the time limit of a running job.

        ScriptRunnerError where it does not run, or its script does not allow so much; InvalidValue for no time at all.
        """
        job = self._permissions.visible(person, job_id)
        if job.state is not State.RUNNING:
            raise ScriptRunnerError(f"Job {job.id} is {STATE_WORDS[job.state]}; only a running job can get more time.")
        if more <= timedelta():
            raise InvalidValue("More time is a span of time that is longer than nothing.")
        granted = self._store.jobs.grant_time(job.id, more)
        if granted is None:
            left = job.grantable - job.more_time
            words = f"at most {span(left)} more" if left > timedelta() else "no more time"
            raise ScriptRunnerError(
                f"Job {job.id} can be given {words}: its script allows {span(job.grantable)} in all."
            )
        _log.info("job %d given %s more by %s", job.id, span(more), person.user_id)
        self._wake()
        return granted

    def length(self) -> int:
        """How many jobs wait."""
        return self._store.jobs.count(states=[State.QUEUED])

    def near_limit(self, person: Requester, script: Script | None = None) -> NearLimit | None:
        """The limit that keeps this person from asking for another job, or soon will; None where there is room.

        UnknownScript where the script is not there for them.
        """
        if script is not None:
            self._permissions.check_script(person, script)
        name = None if script is None else script.name
        counts = self._store.jobs.waiting_counts(self.waiting_limits, user_id=person.user_id, script=name)
        return near_limit(self.waiting_limits, counts)

    def check_room(self, person: Requester, script: Script, *, submission: str) -> None:
        """Look whether a job would be taken, unless this submission was taken before; ``submit`` looks again.

        QueueFull where as many wait as may, ScriptRunnerError where this person's results take what they may.
        """
        near = self.near_limit(person, script)
        full = near.words if near is not None and near.is_reached else ""
        refusal = full or self.results_refusal(person)
        if not refusal or self._store.jobs.submitted(of_person(person, submission)) is not None:
            return
        if full:
            raise QueueFull(full)
        raise ScriptRunnerError(refusal)

    def outlook(self, job: Job, *, is_own: bool = False) -> Outlook:
        """What is to be expected of a job; in words for its requester where it is the reader's own."""
        if job.state.is_final:
            return Outlook(place=0)
        now = self._clock()
        person = job.requester
        seen = self._store.queue.look(limits=self.limits, now=now, script=job.script, user_id=person.user_id)
        use = self._use(seen.results_bytes)
        paused = seen.paused or self._without_runner(now) or _paused_for(person, use, now=now)
        if job.state is State.QUEUED and (paused or job.held_at):
            return Outlook(place=self._place_at_rest(job, seen.scene, now=now), paused=paused)
        foreseen = _forecast(seen.scene, job.id, now=now)
        return Outlook(
            place=self._rough_place(job) if foreseen is None else foreseen.place,
            forecast=foreseen,
            obstacle=self._obstacle(job, seen.scene.running, is_own=is_own),
        )

    def outlook_for(self, person: Requester, script: Script) -> Outlook:
        """What is to be expected of a job that this person would ask for now; UnknownScript where they may not."""
        self._permissions.check_script(person, script)
        now = self._clock()
        seen = self._store.queue.look(limits=self.limits, now=now, script=script.name, user_id=person.user_id)
        runtimes = self._store.jobs.runtimes(script.name)
        asked = self._asked(person, script, now=now)
        scene = seen.scene.with_another(asked, runtimes)
        use = self._use(seen.results_bytes)
        paused = seen.paused or self._without_runner(now) or _paused_for(person, use, now=now)
        foreseen = None if paused else _forecast(scene, _NEXT, now=now)
        places = forecast.places(scene, [_NEXT], now=now) if foreseen is None else {_NEXT: foreseen.place}
        return Outlook(
            place=places.get(_NEXT) or self.length() + 1,
            paused=paused,
            forecast=foreseen,
            obstacle=obstacle(self.limits, scene.running, asked, is_own=True),
            expected=expected_of(runtimes),
            is_memory_held=self._holds_memory(),
            results=use,
            limit=self.near_limit(person, script),
        )

    def obstacles(self, jobs: Sequence[Job], *, are_own: bool) -> dict[int, str]:
        """What keeps those of the jobs from starting that wait, in words, by number, where anything but others does.

        In words for their requester where all of them are the reader's own.
        """
        if not any(job.state is State.QUEUED for job in jobs):
            return {}
        running = self._store.queue.running()
        return {job.id: words for job in jobs if (words := self._obstacle(job, running, is_own=are_own))}

    def upcoming(self, person: Requester, *, at_most: int) -> list[Upcoming]:
        """The jobs that run, those that start next and those that are held, as far as this person may know of them.

        Of those that wait, and of those that are held, at most so many.
        """
        now = self._clock()
        seen = self._store.queue.look(limits=self.limits, now=now)
        scene, paused = seen.scene, seen.paused or self._without_runner(now)
        listed = [job.id for job in scene.jobs if self._may_list(person, job.user_id)]
        found = forecast.first_forecasts(scene, listed, at_most=at_most, now=now, chance=_chance())
        jobs = sorted(self._store.jobs.several(found), key=lambda job: found[job.id].place)
        return [
            *(
                Upcoming(
                    job=self._permissions.shown(person, job),
                    place=found[job.id].place,
                    forecast=None if paused and job.state is State.QUEUED else found[job.id],
                    obstacle=self._obstacle(job, scene.running),
                )
                for job in jobs
            ),
            *(
                Upcoming(job=self._permissions.shown(person, job), place=0, forecast=None)
                for job in self._store.queue.held(at_most=at_most)
                if self._may_list(person, job.requester.user_id)
            ),
        ]

    def own(self, person: Requester, jobs: Sequence[Job]) -> list[Upcoming]:
        """What is to be expected of some unfinished jobs of this person, in this order; others' are left out."""
        mine = [job for job in jobs if job.requester.user_id == person.user_id]
        if not mine:
            return []
        now = self._clock()
        seen = self._store.queue.look(limits=self.limits, now=now)
        is_at_rest = seen.paused is not None or self._is_runner_gone()
        found = forecast.forecasts(seen.scene, [job.id for job in mine], now=now, chance=_chance())
        return [
            Upcoming(
                job=job,
                place=found[job.id].place if job.id in found else 0,
                forecast=None if is_at_rest and job.state is State.QUEUED else found.get(job.id),
                obstacle=self._obstacle(job, seen.scene.running, is_own=True),
            )
            for job in mine
        ]

    def places(self, job_ids: Collection[int]) -> dict[int, int]:
        """The places of jobs that wait among all, from 1, of those that are not too far back to be seen."""
        now = self._clock()
        return forecast.places(self._store.queue.look(limits=self.limits, now=now).scene, job_ids, now=now)

    def _without_runner(self, now: datetime) -> Pause | None:
        """That no runner runs, if that is so."""
        return Pause(reason=_NO_RUNNER, paused_by=None, paused_at=now) if self._is_runner_gone() else None

    def _obstacle(self, job: Job, running: Sequence[Running], *, is_own: bool = False) -> str:
        is_kept = job.held_at is not None or job.not_before is not None
        if job.state is not State.QUEUED or is_kept:
            return ""
        return obstacle(self.limits, running, _load(job), is_own=is_own)

    def _use(self, size_bytes: int) -> ResultsUse:
        """Somebody's results, where they take so much."""
        return ResultsUse(
            size_bytes=size_bytes,
            max_bytes=self.disk.max_results_per_person,
            max_bytes_of_job=self.disk.max_results,
        )

    def _asked(self, person: Requester, script: Script, *, now: datetime) -> Waiting:
        """The job that this person would ask for."""
        options = script.job_options(time_limit=self.time_limit)
        return Waiting(
            id=_NEXT,
            user_id=person.user_id,
            script=script.name,
            cpus=options.cpus,
            memory_bytes=options.memory_bytes or 0,
            concurrency=options.concurrency,
            time_limit=options.time_limit or self.time_limit,
            requested_at=now,
            priority=options.priority,
        )

    def _place_at_rest(self, job: Job, scene: Scene, *, now: datetime) -> int:
        """The place of a job that waits where none is to start, if all run as long as is usual."""
        if job.held_at is not None:
            return 0
        return forecast.places(scene, [job.id], now=now).get(job.id) or self._rough_place(job)

    def _rough_place(self, job: Job) -> int:
        """About the place of a job that is too far back to be seen; it may have started, and ended, meanwhile."""
        known = self._store.jobs.get(job.id)
        return 0 if known is None or known.state is not State.QUEUED else self._store.queue.rough_place(job)

    def _waiting(self, person: Requester, job_id: int, what: str) -> Job:
        job = self._permissions.visible(person, job_id)
        if job.state is not State.QUEUED:
            raise ScriptRunnerError(f"Job {job.id} is {STATE_WORDS[job.state]}; only a job that waits can be {what}.")
        return job

    def _may_list(self, person: Requester, user_id: str) -> bool:
        return self._permissions.may_list_all(person) or user_id == person.user_id


def of_person(person: Requester, submission: str) -> str:
    """The name of a submission among those of all: somebody else's of the same name is another."""
    return f"{person.user_id}:{submission}"


def _over(person: Requester, use: ResultsUse) -> str | None:
    """That this person's results take as much of the disk as they may, and what to do, if that is so."""
    return f"{person.name}'s results take {use} {_MAKE_ROOM}" if use.size_bytes >= use.max_bytes else None


def _paused_for(person: Requester, use: ResultsUse, *, now: datetime) -> Pause | None:
    """Why none of this person's jobs starts, if that is so."""
    words = _over(person, use)
    return None if words is None else Pause(reason=words, paused_by=None, paused_at=now)


def _load(job: Job) -> Load:
    """What a job counts for while it runs."""
    return Load(
        id=job.id,
        user_id=job.requester.user_id,
        script=job.script,
        cpus=job.cpus,
        memory_bytes=job.memory_bytes or 0,
        concurrency=job.concurrency,
    )


def _forecast(scene: Scene, job_id: int, *, now: datetime) -> Forecast | None:
    """What can be foreseen of a job; the same for everybody: a forecast changes with the queue alone."""
    return forecast.forecasts(scene, [job_id], now=now, chance=_chance()).get(job_id)


def _chance() -> Random:
    """One chance for everybody: a forecast changes with the queue alone."""
    return Random(0)  # noqa: S311  # nothing depends on its being unforeseeable
