"""What people may ask and do about the queue: when jobs start, in which order, and whether any do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from runner.errors import InvalidValue, ScriptRunnerError
from runner.jobs import STATE_WORDS, Job, Pause, Requester, State
from runner.scheduling import Forecast, Limits, Scene, Waiting, forecast
from runner.scripts import Script
from runner.service.permissions import Permissions
from runner.store import Store
from runner.system.clock import Clock
from runner.system.text import check_line, span

_log = logging.getLogger(__name__)
MAX_REASON = 300
_NEXT = 2**62  # more than the number of any job


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A job that runs or waits, its place, 0 where it runs or is held, and what can be foreseen of it, if anything."""

    job: Job
    place: int
    forecast: Forecast | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueService:
    """The queue. ``wake`` tells the runner that there is something to do."""

    permissions: Permissions
    store: Store
    limits: Limits
    clock: Clock
    wake: Callable[[], object]

    def paused(self) -> Pause | None:
        """Why no job starts; None where jobs do."""
        return self.store.queue.paused()

    def pause(self, person: Requester, reason: str) -> None:
        """Have no job start until ``resume``; what runs goes on.

        Refused where this person is no administrator, InvalidValue where the reason is no line of text.
        """
        self.permissions.check_admin(person, "pause the queue")
        try:
            check_line(reason, at_most=MAX_REASON)
        except ValueError as error:
            raise InvalidValue(f"The reason for the pause {error}.") from error
        self.store.queue.pause(reason, by=person.name, now=self.clock())
        _log.info("queue paused by %s", person.user_id)

    def resume(self, person: Requester) -> None:
        """Have jobs start again. Refused where this person is no administrator, ScriptRunnerError where they do."""
        self.permissions.check_admin(person, "resume the queue")
        if not self.store.queue.resume():
            raise ScriptRunnerError("The queue is not paused.")
        _log.info("queue resumed by %s", person.user_id)
        self.wake()

    def hold(self, person: Requester, job_id: int) -> Job:
        """Keep a job from starting until ``release``.

        Refused as for all that concerns one job; ScriptRunnerError where it is held, or does not wait any more.
        """
        job = self._waiting(person, job_id, "held")
        held = self.store.queue.hold(job.id, by=person.name, now=self.clock())
        if held is None:
            raise ScriptRunnerError(f"Job {job.id} is held already, or has just started.")
        _log.info("job %d held by %s", job.id, person.user_id)
        return held

    def release(self, person: Requester, job_id: int) -> Job:
        """Let a job start that was held; it has its place again. ScriptRunnerError where it is not held."""
        job = self._waiting(person, job_id, "released")
        released = self.store.queue.release(job.id)
        if released is None:
            raise ScriptRunnerError(f"Job {job.id} is not held.")
        _log.info("job %d released by %s", job.id, person.user_id)
        self.wake()
        return released

    def move_to_front(self, person: Requester, job_id: int, *, of_all: bool = False) -> Job:
        """Have a job start before its requester's others or, for administrators, before all.

        Refused where this person may not do that, ScriptRunnerError where the job does not wait any more.
        """
        job = self._waiting(person, job_id, "moved")
        if of_all:
            self.permissions.check_admin(person, "move a job before everybody's")
        moved = self.store.queue.move_to_front(job.id, of_all=of_all, now=self.clock())
        if moved is None:
            raise ScriptRunnerError(f"Job {job.id} has just started.")
        _log.info("job %d moved to the front by %s", job.id, person.user_id)
        self.wake()
        return moved

    def grant_time(self, person: Requester, job_id: int, more: timedelta) -> Job:
        """Add to the time limit of a running job.

        ScriptRunnerError where it does not run, or its script does not allow so much; InvalidValue for no time at all.
        """
        job = self.permissions.visible(person, job_id)
        if job.state is not State.RUNNING:
            raise ScriptRunnerError(f"Job {job.id} is {STATE_WORDS[job.state]}; only a running job can get more time.")
        if more <= timedelta():
            raise InvalidValue("More time is a span of time that is longer than nothing.")
        granted = self.store.jobs.grant_time(job.id, more)
        if granted is None:
            left = job.grantable - job.more_time
            words = f"at most {span(left)} more" if left > timedelta() else "no more time"
            raise ScriptRunnerError(
                f"Job {job.id} can be given {words}: its script allows {span(job.grantable)} in all."
            )
        _log.info("job %d given %s more by %s", job.id, span(more), person.user_id)
        self.wake()
        return granted

    def place(self, job: Job) -> int:
        """The job's place among those that wait, from 1; 0 where it waits no longer, or is held."""
        if job.state is not State.QUEUED or job.held_at is not None:
            return 0
        now = self.clock()
        scene = self.store.queue.scene_around(job, limits=self.limits, now=now)
        found = {} if scene is None else forecast.places(scene, [job.id], now=now)
        if job.id in found:
            return found[job.id]
        known = self.store.jobs.get(job.id)  # it may have started, and ended, meanwhile
        return 0 if known is None or known.state is not State.QUEUED else self.store.queue.rough_place(job)

    def jobs_before(self, person: Requester, script: Script) -> int:
        """How many jobs would start before one of the script, if this person asked for it now."""
        now = self.clock()
        scene, _ = self._with_another(person, script, now=now)
        found = forecast.places(scene, [_NEXT], now=now)
        return found[_NEXT] - 1 if found else self.store.jobs.count(states=[State.QUEUED])

    def forecast(self, job: Job) -> Forecast | None:
        """When the job starts and ends.

        None where it has ended or is held, where the queue is paused, and where too much comes before to tell.
        """
        if job.state.is_final or job.held_at is not None or (job.state is State.QUEUED and self.paused()):
            return None
        now = self.clock()
        scene = self.store.queue.scene_around(job, limits=self.limits, now=now)
        found = {} if scene is None else forecast.forecasts(scene, [job.id], now=now, chance=_chance())
        return found.get(job.id)

    def foresee(self, person: Requester, script: Script, *, time_limit: timedelta) -> Forecast | None:
        """What is to be expected of a job that this person would ask for now; None as in ``forecast``."""
        if self.paused():
            return None
        now = self.clock()
        scene, is_seen = self._with_another(person, script, now=now, time_limit=time_limit)
        return forecast.forecasts(scene, [_NEXT], now=now, chance=_chance()).get(_NEXT) if is_seen else None

    def upcoming(self, person: Requester, *, at_most: int) -> list[Upcoming]:
        """The jobs that run, those that start next and those that are held, as far as this person may know of them.

        Of those that wait, and of those that are held, at most so many.
        """
        now = self.clock()
        scene = self.store.queue.scene(limits=self.limits, now=now)
        everything = (*scene.running, *scene.waiting, *(job for _, job in scene.delayed))
        listed = [job.id for job in everything if self._may_list(person, job.user_id)]
        found = forecast.first_forecasts(scene, listed, at_most=at_most, now=now, chance=_chance())
        jobs = sorted(self.store.jobs.several(found), key=lambda job: found[job.id].place)
        is_paused = self.paused() is not None
        return [
            *(
                Upcoming(
                    job=self.permissions.shown(person, job),
                    place=found[job.id].place,
                    forecast=None if is_paused and job.state is State.QUEUED else found[job.id],
                )
                for job in jobs
            ),
            *(
                Upcoming(job=self.permissions.shown(person, job), place=0, forecast=None)
                for job in self.store.queue.held(at_most=at_most)
                if self._may_list(person, job.requester.user_id)
            ),
        ]

    def _with_another(
        self, person: Requester, script: Script, *, now: datetime, time_limit: timedelta = timedelta(days=1)
    ) -> tuple[Scene, bool]:
        """The queue with a job that this person would ask for now, and whether it is not too far back to be in it."""
        scene = self.store.queue.scene(limits=self.limits, now=now)
        if (person.user_id, script.name) in scene.cut:
            return scene, False
        asked = Waiting(
            id=_NEXT,
            user_id=person.user_id,
            script=script.name,
            cpus=script.cpus or 1,
            memory_bytes=script.memory or 0,
            concurrency=script.concurrency,
            time_limit=time_limit,
            requested_at=now,
            priority=script.priority,
        )
        pasts = {**scene.pasts, script.name: self.store.jobs.runtimes(script.name)}
        return replace(scene, waiting=[*scene.waiting, asked], pasts=pasts), True

    def _waiting(self, person: Requester, job_id: int, what: str) -> Job:
        job = self.permissions.visible(person, job_id)
        if job.state is not State.QUEUED:
            raise ScriptRunnerError(f"Job {job.id} is {STATE_WORDS[job.state]}; only a job that waits can be {what}.")
        return job

    def _may_list(self, person: Requester, user_id: str) -> bool:
        return self.permissions.may_list_all(person) or user_id == person.user_id


def _chance() -> Random:
    """One chance for everybody: a forecast changes with the queue alone."""
    return Random(0)  # noqa: S311  # nothing depends on its being unforeseeable
