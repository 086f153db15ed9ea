"""What is shown in time, and what is told, while a listener works for longer than Slack waits."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from slack_sdk.errors import SlackClientError

from bot.slack.interaction import Interaction
from bot.slack.tokens import UNREACHABLE
from bot.views.form import confirmation, waiting

_log = logging.getLogger(__name__)
_HANGS = (
    "This takes very long and is not done yet: a disk, the database or Slack may be slow. It goes on by itself, and if"
    " it comes to an end, you are told. /jobs shows what was queued."
)

Tell = Callable[[str], None]


class Shows(Enum):
    """What a listener shows by the trigger of the act."""

    NOTHING = auto()
    """It answers, or changes the view that the act happened in."""
    ANSWER = auto()
    """A modal with the answer, where the act happened in a view that is no answer itself."""
    MODAL = auto()
    """A modal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerDeadlines:
    """How long a listener may take until something is done about it; tests have less patience."""

    placeholder: timedelta = timedelta(seconds=1)
    """Until a modal opens that says so: a trigger is good for three seconds, of which the way there and back, and
    another try, need the rest."""
    reply: timedelta = timedelta(seconds=2)
    """Until a submission or a search is answered with what is known: one short way needs the rest of three seconds."""
    told: timedelta = timedelta(seconds=30)
    """Until it is told that it hangs: a database that is busy, the slowest lists and a call to Slack that is tried
    twice are over by then."""

    def watch(self, interaction: Interaction, shows: Shows, tell: Tell) -> threading.Event:
        """Act for a listener when its time is over, unless what is returned is set before."""
        is_over = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(interaction, shows, tell, is_over), name="deadlines", daemon=True
        )
        watch.start()
        return is_over

    def _watch(self, interaction: Interaction, shows: Shows, tell: Tell, is_over: threading.Event) -> None:
        is_awaited = interaction.kind in {"view_submission", "block_suggestion"}
        first = self.reply if is_awaited else self.placeholder
        if is_over.wait(first.total_seconds()):
            return
        try:
            _hold(interaction, shows)
        except (SlackClientError, *UNREACHABLE) as error:  # what is shown in the end is tried all the same
            _log.warning("no placeholder was shown: %s", error)
        if not is_over.wait((self.told - first).total_seconds()):
            tell(_HANGS)


def _hold(interaction: Interaction, shows: Shows) -> None:
    """Show or answer what can be, without what the listener works for."""
    match interaction.kind:
        case "view_submission":
            # In place of a question, which lies above its form; a fourth view is more than Slack stacks.
            is_question = interaction.view.get("callback_id") == confirmation.REVIEW
            interaction.ack.wait_in(waiting.checking, action="update" if is_question else "push")
        case "block_suggestion":
            interaction.ack.offer_nothing()
        case _:
            if shows is Shows.MODAL or (shows is Shows.ANSWER and interaction.is_answered_in_modal):
                interaction.modal.wait_in(waiting.loading())
