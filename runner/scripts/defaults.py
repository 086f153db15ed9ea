"""What a form starts with: the defaults of a script's parameters, those that are known only when it is opened too."""

from datetime import datetime

from runner.errors import InvalidValue
from runner.jobs import Requester
from runner.scripts.parameters import EMAIL, AnyParameter, Date, DateTime, Email, Text, Time, User, starts
from runner.scripts.script import Script
from runner.system.clock import time_zone


def defaults(script: Script, person: Requester, now: datetime) -> dict[str, str]:
    """The values a form starts with, by parameter; one that falls out of a parameter's limits today is left out."""
    local = now.astimezone(time_zone(person.time_zone))
    found = {parameter.name: _start(parameter, person, local) for parameter in script.asked}
    return {name: value for name, value in found.items() if value is not None}


def _start(parameter: AnyParameter, person: Requester, local: datetime) -> str | None:
    default = parameter.default
    if default is None:
        return None
    match parameter:
        case Date() if starts.is_day(default):
            return _allowed(parameter, starts.moment(default, local).date().isoformat())
        case Time() if starts.is_moment(default):
            return _allowed(parameter, starts.moment(default, local).strftime("%H:%M"))
        case DateTime() if starts.is_day(default) or starts.is_moment(default):
            return _allowed(parameter, starts.utc(starts.moment(default, local)))
        case Text() | Email() | User() if default == EMAIL:
            return _allowed(parameter, person.email)
        case _:
            return default


def _allowed(parameter: AnyParameter, value: str) -> str | None:
    try:
        return parameter.parse(value)
    except InvalidValue:
        return None
