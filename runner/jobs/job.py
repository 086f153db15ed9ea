"""What a job is, the states it goes through and the one table of allowed transitions; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from runner.errors import ScriptRunnerError
from runner.jobs.steps import Step


class State(StrEnum):
    """Where a job stands; what lies behind it is in the job's reason and exit code."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        """Whether a job in this state never changes again."""
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED}),
    State.RUNNING: frozenset(
        {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.TIMED_OUT, State.LOST, State.QUEUED}
    ),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.TIMED_OUT: frozenset(),
    State.LOST: frozenset(),
}
"""Back into the queue goes only a job whose script asks for another attempt, or of which nothing could be begun."""

UNFINISHED = frozenset(state for state in State if TRANSITIONS[state])

WARNED_AT = 0.8
"""The part of its time limit after which a job's requester is warned."""


def check_transition(old: State, new: State) -> None:
    """Raise ScriptRunnerError where a job must not go from one state to the other."""
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "nothing: it is final"
        raise ScriptRunnerError(f"A job cannot go from {old} to {new}; from {old} it can go to {allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The person a job belongs to, as confirmed by Slack when the job was requested.

    ``time_zone`` is the IANA name that Slack knows for them, or knew when they asked for a job.
    """

    user_id: str
    team_id: str
    email: str
    name: str
    time_zone: str = field(default="UTC", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldValue:
    """One of a job's values as people are told of it, not yet escaped; ``is_usual`` where the form starts with it."""

    label: str
    text: str
    is_usual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running script says of itself; None is what it did not say.

    ``percent_after`` is how long the attempt had run when the percentage was heard first.
    """

    percent: int | None = None
    percent_after: timedelta | None = field(default=None, compare=False)
    status: str | None = None
    label: str | None = None
    table: Mapping[str, str] | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an attempt took of the machine, as far as that is known."""

    peak_memory_bytes: int | None = None
    cpu_time: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a job is attempted anew, after which delay, and at which exit codes; without any, after any failure."""

    times: int
    delay: timedelta
    on: frozenset[int] = frozenset()

    def follow(self, ending: "Ending", *, done: int) -> bool:
        """Whether another attempt follows this one, where so many retries were made before.

        None follows what somebody stopped, what could not be started and what may still be running.
        """
        if done >= self.times or not ending.is_repeatable:
            return False
        if self.on:
            return ending.exit_code in self.on
        return ending.state in (State.FAILED, State.TIMED_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why no job starts, by whose word and since when.

    Nobody's word pauses what waits for room on a disk: it goes on by itself.
    """

    reason: str
    paused_by: str | None
    paused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRule:
    """Whom a script has told how its jobs end, where they end in one of these states: a conversation or a person.

    ``to`` is a conversation's name with a # or its id, a person's e-mail address or their id in Slack.
    """

    to: str
    is_conversation: bool = False
    on: frozenset[State] = frozenset(state for state in State if state.is_final)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What the options of its script say of a job, as they were when it was requested: that holds for it.

    ``concurrency`` is how many jobs of the script may run at once, ``grantable`` is the time that may be added to the
    limit in all, ``live_log`` says whether its message shows the log's last lines, ``notify`` who besides its requester
    is told of its end. ``share`` are patterns of the results that are sent once it has ended: all that fit where it is
    None, none where it is empty; ``show`` is what its last message shows: a result's name, or ``stdout``. Each field is
    kept in the column of its name.
    """

    priority: int = 0
    concurrency: int | None = None
    cpus: int = 1
    memory_bytes: int | None = None
    time_limit: timedelta | None = None
    grantable: timedelta = timedelta()
    retries: Retries | None = None
    live_log: bool = False
    notify: tuple[NotifyRule, ...] = ()
    share: tuple[str, ...] | None = None
    show: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(JobOptions):
    """One request to run one script with given values, for one requester; times are aware, in UTC.

    ``values`` maps parameter names to checked text; an optional parameter left empty is absent. ``told`` is what people
    are told of them: what tells one run from another first, and no secret. ``more_time`` was added
    to this attempt's limit. ``script_digest`` is the SHA-256 of the script's file when the job was requested,
    ``script_changed`` whether it was another at the start. ``executor`` is the name of the one that has, or
    had, its attempt. ``results_bytes`` is what its results take of the disk, as far as that is known. ``outputs`` are
    the names of what it is to write.

    Its files are kept until ``expires_at``, for ``kept_longer`` of that time because ``kept_by`` wanted it. Where
    ``reminded_at`` is there, its requester was reminded of that, unless there was no need; ``reminder`` is the number
    of the job that the last reminder is about, itself or another. ``deleted_at`` is when somebody had them deleted.
    """

    id: int
    script: str
    title: str
    values: Mapping[str, str]
    requester: Requester
    state: State
    requested_at: datetime
    reason: str | None = None
    exit_code: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    cancel_requested_by: str | None = None
    attempt: int = 0
    held_by: str | None = None
    held_at: datetime | None = None
    front_at: datetime | None = None
    not_before: datetime | None = None
    script_digest: str | None = None
    script_changed: bool = False
    more_time: timedelta = timedelta()
    warned_at: datetime | None = None
    retry_count: int = 0
    progress: Progress | None = None
    peak_memory_bytes: int | None = None
    cpu_time: timedelta | None = None
    executor: str | None = None
    results_bytes: int | None = field(default=None, compare=False)
    told: tuple[ToldValue, ...] = ()
    outputs: tuple[str, ...] = ()
    kept_longer: timedelta = timedelta()
    kept_by: str | None = None
    reminded_at: datetime | None = None
    reminder: int | None = None
    deleted_at: datetime | None = None

    @property
    def stops_at(self) -> datetime | None:
        """When its time is over, with what was added; None where it does not run or has no limit."""
        if self.state is not State.RUNNING or self.started_at is None or self.time_limit is None:
            return None
        return self.started_at + self.time_limit + self.more_time

    @property
    def warns_at(self) -> datetime | None:
        """When its requester is to be told that its time is running out; None where they were, or need not be."""
        if self.warned_at is not None or self.started_at is None or self.stops_at is None:
            return None
        return self.started_at + (self.stops_at - self.started_at) * WARNED_AT

    def duration(self, now: datetime) -> timedelta | None:
        """How long the job ran, or has been running until ``now``; None where it never started."""
        return None if self.started_at is None else (self.finished_at or now) - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended: the final state with its reason and exit code.

    ``ended_at`` is when, where that is known; else it is taken to have ended when that is recorded.

    It is not ``is_repeatable`` where another attempt could only end the same way, or might run beside this one.
    """

    state: State
    reason: str | None = None
    exit_code: int | None = None
    usage: Usage | None = None
    is_repeatable: bool = True
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt at a job; those before the last were followed by another. It has not ended where nothing says so."""

    number: int
    started_at: datetime
    state: State
    finished_at: datetime | None = None
    reason: str | None = None
    exit_code: int | None = None
    usage: Usage | None = None
