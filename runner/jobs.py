"""What a job is, the states it goes through and the one table of allowed transitions; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from runner.errors import ScriptRunnerError


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
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.TIMED_OUT, State.LOST}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.TIMED_OUT: frozenset(),
    State.LOST: frozenset(),
}
UNFINISHED = frozenset(state for state in State if TRANSITIONS[state])


def check_transition(old: State, new: State) -> None:
    """Raise ScriptRunnerError where a job must not go from one state to the other."""
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "nothing: it is final"
        raise ScriptRunnerError(f"A job cannot go from {old} to {new}; from {old} it can go to {allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The person a job belongs to, as confirmed by Slack when the job was requested.

    ``time_zone`` is the IANA name that Slack knows for them now; it is not kept with jobs.
    """

    user_id: str
    team_id: str
    email: str
    name: str
    time_zone: str = field(default="UTC", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running script says of itself; None is what it did not say."""

    percent: int | None = None
    status: str | None = None
    label: str | None = None
    table: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an attempt took of the machine, as far as that is known."""

    peak_memory_bytes: int | None = None
    cpu_time: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to run one script with given values, for one requester; times are aware, in UTC.

    ``values`` maps parameter names to checked text; an optional parameter left empty is absent.
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

    def duration(self, now: datetime) -> timedelta | None:
        """How long the job ran, or has been running until ``now``; None where it never started."""
        return None if self.started_at is None else (self.finished_at or now) - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job ended: the final state with its reason and exit code."""

    state: State
    reason: str | None = None
    exit_code: int | None = None
