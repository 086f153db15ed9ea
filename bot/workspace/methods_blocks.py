"""blocks.validate: tells what is wrong with Block Kit JSON without posting it."""

from typing import Any

from bot.workspace import blockkit
from bot.workspace.blockkit_problems import Problem, wrong_type
from bot.workspace.errors import RefusedError
from bot.workspace.workspace import Workspace

_SUBJECTS = ("blocks", "view", "message")


def _validate(_workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    given = [name for name in _SUBJECTS if name in arguments]
    if len(given) != 1:
        message = "must provide exactly one of `blocks`, `view`, or `message`"
        raise RefusedError("invalid_arguments", response_metadata={"messages": [message]})
    subject = given[0]
    problems = _check(subject, arguments[subject])
    if problems:
        raise RefusedError(f"invalid_{subject}", errors=[problem.as_issue() for problem in problems])
    return {}


def _check(subject: str, value: Any) -> list[Problem]:
    match subject:
        case "blocks":
            return blockkit.check_blocks(value, surface="message", pointer="")
        case "view":
            return blockkit.check_view(value, pointer="")
        case _ if not isinstance(value, dict):
            return [wrong_type("an object", "")]
        case _:
            return blockkit.check_blocks(value.get("blocks", []), surface="message", pointer="/blocks")


METHODS = {"blocks.validate": _validate}
