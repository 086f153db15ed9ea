"""What a form starts with: the defaults of a script's parameters, those that are known only when it is opened too."""

from datetime import datetime

from runner.errors import InvalidValue
from runner.jobs import Requester
from runner.scripts.parameters import (
    EMAIL,
    AnyParameter,
    Date,
    DateTime,
    Email,
    Input,
    Output,
    Text,
    Time,
    User,
    starts,
)
from runner.scripts.script import Script
from runner.system.clock import time_zone


def defaults(script: Script, person: Requester, now: datetime) -> dict[str, str]:
    """The values a form starts with, by parameter; one that falls out of a parameter's limits today is left out."""
    local = now.astimezone(time_zone(person.time_zone))
    found = {parameter.name: _start(parameter, person, local) for parameter in script.asked}
    found |= {each.name: _result(each, script) for each in script.asked if _needs_a_name(each)}
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


def _needs_a_name(parameter: AnyParameter) -> bool:
    return isinstance(parameter, Output) and parameter.required and parameter.default is None


def _result(parameter: AnyParameter, script: Script) -> str | None:
    """The name of a result for which the script gives none: the parameter's, as a file of the one type that goes in."""
    inputs = [each for each in script.asked if isinstance(each, Input)]
    types = inputs[0].accept or () if len(inputs) == 1 else ()
    return _allowed(parameter, f"{parameter.name}{types[0] if len(types) == 1 else ''}")
