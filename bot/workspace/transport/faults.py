"""What is to go wrong, on demand: for tests, and for people who want to see how their app takes it.

`POST /control/faults` with one of

    {"fault": "slow", "seconds": 2}             calls wait that long for their answer, deliveries before their way
    {"fault": "ratelimited", "retry_after": 5}  calls are answered with 429 and Retry-After
    {"fault": "server_error", "status": 503}    calls are answered with that status and no JSON
    {"fault": "error", "error": "fatal_error"}  calls are answered with that error of Slack's
    {"fault": "duplicate"}                      what is sent to the app is sent twice
    {"fault": "drop"}                           Socket Mode connections are cut, now and without a word
    {"fault": "refresh"}                        a Socket Mode refresh, now: `disconnect` with refresh_requested
    {"fault": "warning"}                        the notice some ten seconds before a refresh, now
    {"fault": "link_disabled"}                  what Slack sends when Socket Mode is turned off, now: connections end

`times` (1 if not given, at most 100) says for how many calls or deliveries a fault holds; `method` narrows it to one
Web API method. With `"only": "oldest"`, what is done to connections is done to the oldest alone: Slack refreshes them
one by one. `GET /control/faults` lists what is still planned; `DELETE /control/faults` forgets it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bot.workspace.errors import RefusedError

TIMES_MAX = 100
SECONDS_MAX = 60
RETRY_AFTER_MAX = 3600
PLANNED_MAX = 100


class Fault(StrEnum):
    """What goes wrong."""

    SLOW = "slow"
    RATELIMITED = "ratelimited"
    SERVER_ERROR = "server_error"
    ERROR = "error"
    DUPLICATE = "duplicate"
    DROP = "drop"
    REFRESH = "refresh"
    WARNING = "warning"
    LINK_DISABLED = "link_disabled"


# What happens once and at once, instead of to the next requests.
AT_ONCE = frozenset({Fault.DROP, Fault.REFRESH, Fault.WARNING, Fault.LINK_DISABLED})
_OF_DELIVERIES = frozenset({Fault.SLOW, Fault.DUPLICATE})


@dataclass(slots=True, kw_only=True)
class Plan:
    """A fault that waits for its requests."""

    fault: Fault
    times: int = 1
    method: str | None = None
    seconds: float = 1.0
    retry_after: int = 1
    status: int = 503
    error: str = "fatal_error"


class Faults:
    """All faults that are planned, in the order in which they were."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []

    def plan(self, plan: Plan) -> None:
        """Adds a fault, RefusedError beyond the most; with `times` 0, those of that method are forgotten instead."""
        if plan.times == 0:
            self._plans = [one for one in self._plans if (one.fault, one.method) != (plan.fault, plan.method)]
            return
        if len(self._plans) >= PLANNED_MAX:
            raise RefusedError("bad_arguments", message=f"at most {PLANNED_MAX} faults can be planned")
        self._plans.append(plan)

    def planned(self) -> list[dict[str, Any]]:
        """What still waits, as JSON."""
        return [asdict(plan) for plan in self._plans]

    def forget(self) -> None:
        """Nothing goes wrong any more."""
        self._plans.clear()

    def for_call(self, method: str) -> list[Plan]:
        """What goes wrong with this call of a Web API method; each fault is used up by one."""
        return self._take(lambda plan: plan.fault is not Fault.DUPLICATE and plan.method in {None, method})

    def for_delivery(self) -> list[Plan]:
        """What goes wrong with this command, interaction or event."""
        return self._take(lambda plan: plan.fault in _OF_DELIVERIES and plan.method is None)

    def _take(self, concerns: Any) -> list[Plan]:
        taken: list[Plan] = []
        for plan in self._plans:
            if plan.fault not in {one.fault for one in taken} and concerns(plan):
                plan.times -= 1
                taken.append(plan)
        self._plans = [plan for plan in self._plans if plan.times > 0]
        return taken


def read(wanted: Mapping[str, Any]) -> Plan:
    """The plan that a request names; RefusedError with what is allowed."""
    name = wanted.get("fault")
    if name not in list(Fault):
        raise _wrong(f"fault is {name!r} and must be one of {', '.join(Fault)}")
    method, error = wanted.get("method"), wanted.get("error", "fatal_error")
    if method is not None and not isinstance(method, str):
        raise _wrong(f"method is {method!r} and must be a Web API method's name")
    if not isinstance(error, str) or not error:
        raise _wrong(f"error is {error!r} and must be a word such as fatal_error")
    seconds = wanted.get("seconds", 1)
    if type(seconds) not in {int, float} or not 0 <= seconds <= SECONDS_MAX:
        raise _wrong(f"seconds is {seconds!r} and must be from 0 to {SECONDS_MAX}")
    return Plan(
        fault=Fault(name),
        times=_whole(wanted, "times", 1, least=0, most=TIMES_MAX),
        method=method,
        seconds=seconds,
        retry_after=_whole(wanted, "retry_after", 1, least=0, most=RETRY_AFTER_MAX),
        status=_whole(wanted, "status", 503, least=500, most=599),
        error=error,
    )


def _whole(wanted: Mapping[str, Any], name: str, default: int, *, least: int, most: int) -> int:
    value = wanted.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise _wrong(f"{name} is {value!r} and must be a whole number from {least} to {most}")
    return value


def _wrong(message: str) -> RefusedError:
    return RefusedError("bad_arguments", message=message)
