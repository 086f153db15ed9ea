"""blocks.validate: tells what is wrong with Block Kit JSON without posting it."""

import json
from typing import Any

from bot.workspace.blockkit import check
from bot.workspace.blockkit.problems import BlockProblem
from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.workspace import Workspace

_SUBJECTS = ("blocks", "view", "message")
_CHARACTERS_MAX = 100_000


def _validate(_workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    given = [name for name in _SUBJECTS if name in arguments]
    if len(given) != 1:
        message = "must provide exactly one of `blocks`, `view`, or `message`"
        raise RefusedError("invalid_arguments", response_metadata={"messages": [message]})
    subject = given[0]
    if len(json.dumps(arguments[subject], ensure_ascii=False, separators=(",", ":"))) > _CHARACTERS_MAX:
        raise InvalidArgumentsError(f"must be less than {_CHARACTERS_MAX + 1} characters [json-pointer:/{subject}]")
    problems = _check(subject, arguments[subject])
    if problems:
        raise RefusedError(f"invalid_{subject}", errors=[problem.as_issue() for problem in problems])
    return {}


def _check(subject: str, value: Any) -> list[BlockProblem]:
    match subject:
        case "blocks":
            return check.check_blocks(value, surface="message", pointer="")
        case "view":
            return check.check_view(value, pointer="")
        case _:
            return check.check_message(value, pointer="")


METHODS = {"blocks.validate": _validate}
