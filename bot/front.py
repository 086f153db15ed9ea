"""What every feature of the bot works with, and how it finds who is asking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.identity import Identities
from bot.views.fields import Inbox
from runner.clock import Clock
from runner.errors import Refused, ScriptRunnerError
from runner.jobs import Requester
from runner.service import ScriptRunner

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_JOB_ID = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The service, and who people are."""

    service: ScriptRunner
    identities: Identities
    clock: Clock

    def person(self, client: WebClient, body: Mapping[str, Any]) -> Requester:
        """Who sent this command or pressed this button, known anew each time; Refused for those who may not."""
        user = body.get("user")
        user_id = user.get("id") if isinstance(user, Mapping) else body.get("user_id")
        if not (isinstance(user_id, str) and _USER_ID.fullmatch(user_id)):
            raise Refused("Slack did not say who you are.")
        return self.identities.requester(client, user_id)

    def inbox(self, person: Requester) -> Inbox:
        """What the person can choose as an input."""
        return Inbox(files=self.service.inputs(person), now=self.clock())


def job_id(text: object) -> int:
    """A job's number as it stands in a command or a button; ScriptRunnerError for anything else."""
    written = str(text).removeprefix("#")
    if not _JOB_ID.fullmatch(written):
        raise ScriptRunnerError("That is not a job's number; /jobs lists them.")
    return int(written)


def pressed(body: Mapping[str, Any]) -> str:
    """The value of the button that was pressed."""
    actions = body.get("actions") or [{}]
    return str(actions[0].get("value"))


def press_id(body: Mapping[str, Any]) -> str:
    """What tells this press of a button from every other: person, button and moment."""
    action = (body.get("actions") or [{}])[0]
    return f"{body['user']['id']}:{action.get('action_id')}:{action.get('value')}:{action.get('action_ts')}"[:255]
