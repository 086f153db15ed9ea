"""What every feature of the bot works with, and the one place where its errors are caught and told."""

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.listeners.deadlines import ListenerDeadlines, Shows
from bot.listeners.open_homes import OpenHomes
from bot.listeners.turns import ListenerTurns
from bot.slack.conversation import DirectConversation
from bot.slack.files import SlackFiles
from bot.slack.identity import Identities
from bot.slack.interaction import Interaction
from bot.slack.modals import TriggeredModal
from bot.slack.replies import Reply
from bot.views.form import confirmation, form, waiting
from bot.views.form.fields import InboxChoices
from bot.views.jobs import home, job_details
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.messages.reader import Reader
from runner.service import ScriptRunner
from runner.system.calls import RunningCalls
from runner.system.clock import Clock, Monotonic, time_zone

_log = logging.getLogger(__name__)
_JOB_ID = re.compile(r"[1-9][0-9]{0,17}")
_TOO_LATE = "Slack waits three seconds for a form, and it took us longer; please try again."
_SLACK_ERRORS = {
    "expired_trigger_id": _TOO_LATE,
    "exchanged_trigger_id": _TOO_LATE,
    "invalid_trigger_id": _TOO_LATE,
    "ratelimited": "Slack asks us to go slower; please try again in a minute.",
    "not_enabled": "The Home tab is turned off in the settings of ScriptRunner's app in Slack.",
}
"""What to say of those errors of Slack's that are nobody's fault here."""

_ANSWERED = frozenset({"view_submission", "block_suggestion"})
SLOW = timedelta(seconds=3)
"""A listener that takes longer is logged: Slack waits that long for an answer, and a trigger opens a form."""

Listener = Callable[[Ack, dict[str, Any], WebClient, Respond], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """The service, who people are, and what is known of files in Slack; with ``uploads`` forms take files.

    ``calls`` are the listeners that run now, ``homes`` the Home tabs that are open.
    """

    service: ScriptRunner
    identities: Identities
    clock: Clock
    monotonic: Monotonic
    files: SlackFiles
    calls: RunningCalls
    homes: OpenHomes
    uploads: bool = True
    turns: ListenerTurns = field(default_factory=ListenerTurns)
    deadlines: ListenerDeadlines = field(default_factory=ListenerDeadlines)

    def listener(self, feature: Callable[[Interaction], None], *, shows: Shows = Shows.NOTHING) -> Listener:
        """A feature as Bolt wants it. What goes wrong in it is told to the person, and logged where the fault is ours.

        It is acknowledged at once unless Slack waits for its answer, and keeps Slack's three seconds by a placeholder.
        Not Bolt's own error listener: slack_bolt 1.30 forgets an acknowledgement when the error follows within 10 ms.
        """

        def listen(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
            interaction = _received(ack, body, client, respond)
            if interaction.kind not in _ANSWERED:
                interaction.ack()
            is_over = self.deadlines.watch(interaction, shows, partial(_tell, interaction))

            def work() -> None:
                with self.calls.running(f"listener {feature.__qualname__}"):
                    try:
                        feature(interaction)
                    except Exception as error:  # noqa: BLE001  # the one place where listeners' errors end
                        is_over.set()
                        _tell(interaction, in_words(error))
                    finally:
                        is_over.set()

            try:
                self.turns.run(interaction.user_id, work)
            except ScriptRunnerError as error:
                is_over.set()
                _tell(interaction, in_words(error))

        return listen

    def person(self, interaction: Interaction) -> Requester:
        """Who did this, known anew each time; Refused for those who may not."""
        return self.identities.requester(interaction.client, interaction.user_id)

    def reader(self, person: Requester) -> Reader:
        """The person as one who reads a view now."""
        return Reader(now=self.clock(), zone=time_zone(person.time_zone))

    def inbox(self, person: Requester, words: str = "") -> InboxChoices:
        """What the person can choose as an input: what has these words in its name."""
        found = self.service.inputs.files(person, words)
        return InboxChoices(
            files=found.files,
            now=self.clock(),
            older_count=found.count - len(found.files),
            find=lambda is_meant: self.service.inputs.find(person, is_meant),
        )


def show_job(
    context: ListenerContext, interaction: Interaction, person: Requester, number: int, *, notice: str = ""
) -> None:
    """Answer with everything about the job, below a notice; Refused where this person may not see it."""
    found, reader = context.service.details(person, number), context.reader(person)
    interaction.answer(
        job_details.spoken(found, reader, notice=notice),
        job_details.details(found, reader, notice=notice),
    )


def job_id(text: str) -> int:
    """A job's number as it stands in a command or a button; ScriptRunnerError for anything else."""
    if not _JOB_ID.fullmatch(text.removeprefix("#")):
        raise ScriptRunnerError("That is not a job's number; /jobs lists them.")
    return int(text.removeprefix("#"))


def in_words(error: Exception) -> str:
    """What to tell a person of an error; one that is our fault is logged, with a reference to it."""
    if isinstance(error, ScriptRunnerError):
        return str(error)
    if isinstance(error, SlackApiError) and error.response.get("error") in _SLACK_ERRORS:
        return _SLACK_ERRORS[error.response["error"]]
    return _logged(error)


def _received(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> Interaction:
    def write(words: str) -> None:
        interaction.write(words)

    reply = Reply(ack, client, body, telling=waiting.problems, write=write)
    modal = TriggeredModal(client, body)
    interaction = Interaction(body=body, client=client, ack=reply, respond=respond, modal=modal)
    return interaction


def _tell(interaction: Interaction, words: str) -> None:
    try:
        match interaction.kind:
            case "view_submission":
                # In place of a question, which lies above its form; a fourth view is more than Slack stacks.
                action = "update" if interaction.view.get("callback_id") == confirmation.REVIEW else "push"
                interaction.ack(response_action=action, view=form.trouble(words), words=words)
            case "block_suggestion":
                interaction.ack(options=[])
            case "event_callback" if interaction.body["event"].get("type") == "message":
                DirectConversation.of(interaction.client, interaction.body["event"]).say(words)
            case "event_callback":
                interaction.client.views_publish(user_id=interaction.user_id, view=home.closed(words))
            case _:
                _answer(interaction, words)
    except SlackClientError as error:
        _log.warning("somebody could not be told “%s”: %s", words, error)
    except Exception:  # noqa: BLE001  # nowhere left to go but the log
        _log.exception("somebody could not be told “%s”", words)


def _answer(interaction: Interaction, words: str) -> None:
    try:
        interaction.answer(words)
    except SlackClientError:  # a trigger opens one modal, and for three seconds only
        interaction.write(words)


def _logged(error: Exception) -> str:
    reference = secrets.token_hex(4)
    _log.error("reference %s: a listener failed", reference, exc_info=error)
    return f"Something went wrong on our side. Tell the machine's owner the reference {reference}."
