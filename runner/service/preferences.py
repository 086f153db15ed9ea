"""What people want to be told: what they chose, or what is usual here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time

from pydantic import field_validator, model_validator

from runner.errors import ScriptRunnerError
from runner.jobs import Preferences, QuietHours, Requester, Topic
from runner.settings import Settings
from runner.store import PreferenceStore
from runner.system.clock import Clock

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class PreferenceSettings(Settings):
    """What people are told by which way, and when, unless they choose otherwise in the Home tab."""

    slack: tuple[Topic, ...] = tuple(Topic)
    """What is told by direct message: starts, ends, failures and reminders, or some of these."""
    email: tuple[Topic, ...] = tuple(Topic)
    """What is told by e-mail: starts, ends, failures and reminders, or some of these."""
    quiet_hours: str | None = None
    """When nobody is told anything, in each person's time zone, such as 22:00-07:00; null: at no time.

    What comes then is told in one message when they end.
    """

    @field_validator("quiet_hours")
    @classmethod
    def _are_hours(cls, written: str | None) -> str | None:
        if written is not None:
            _quiet_hours(written)
        return written

    @model_validator(mode="after")
    def _tells_of_failures(self) -> "PreferenceSettings":
        if Topic.FAILURES not in (*self.slack, *self.email):
            raise ValueError("slack or email must have failures: nobody would hear of them")
        return self

    def usual(self) -> Preferences:
        """What those have who chose nothing."""
        return Preferences(
            topics={"slack": frozenset(self.slack), "email": frozenset(self.email)},
            quiet=None if self.quiet_hours is None else _quiet_hours(self.quiet_hours),
        )


def _quiet_hours(written: str) -> QuietHours:
    found = _HOURS.fullmatch(written)
    if found is None:
        raise ValueError("two times of day, such as 22:00-07:00")
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if start == end:
        raise ValueError("two times of day that differ, such as 22:00-07:00")
    return QuietHours(start=start, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceService:
    """Each person's own choices; ``usual`` is what those have who chose nothing."""

    store: PreferenceStore
    usual: Preferences
    clock: Clock
    wake: Callable[[], object]

    def of(self, person: Requester) -> Preferences:
        """What this person is told."""
        self.note_zone(person)
        return self.store.of(person.user_id) or self.usual

    def channels(self, person: Requester) -> list[str]:
        """The names of the channels by which this person can be told something."""
        return self.store.channels(person)

    def save(self, person: Requester, chosen: Preferences) -> None:
        """Keep what a person chose; ScriptRunnerError where their quiet hours would never end."""
        if chosen.quiet is not None and chosen.quiet.start == chosen.quiet.end:
            raise ScriptRunnerError("Quiet hours need a beginning and another end.")
        self.store.save(person, chosen, now=self.clock())
        self.wake()

    def note_zone(self, person: Requester) -> None:
        """A person was seen; their quiet hours go by the time zone that they are in now."""
        self.store.note_zone(person, now=self.clock())
