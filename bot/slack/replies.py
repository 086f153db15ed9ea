"""Answers that Slack waits three seconds for; where they take longer, what came of it is told all the same."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.models.views import View

from bot.slack.modals import AnsweredModal


class Reply:
    """The acknowledgement of one act, called as Bolt's ``ack`` is. Safe for threads.

    Once a placeholder was given in its place, what is answered goes where that is: problems made a view by
    ``telling``, and to ``write`` the words about what came of it, where it was closed.
    """

    def __init__(
        self,
        ack: Ack,
        client: WebClient,
        body: Mapping[str, Any],
        *,
        telling: Callable[[str], View],
        write: Callable[[str], None],
    ) -> None:
        self._ack = ack
        self._client = client
        self._body = body
        self._telling = telling
        self._write = write
        self._lock = threading.Lock()
        self._is_given = False
        self._modal: AnsweredModal | None = None
        self.is_late = False
        """Whether Slack was given something in place of the answer."""

    def __call__(self, *, words: str = "", **answer: Any) -> None:
        """Give the answer; ``words`` tell what came of it to somebody who has closed the modal."""
        with self._lock:
            self._is_given = True
            if not self.is_late:
                self._ack(**answer)
            elif self._modal is not None:
                self._put(self._modal, answer, words)

    def wait_in(self, placeholder: Callable[[str], View], *, action: str) -> None:
        """Answer a submission with a placeholder, made with a name for it, unless it is answered."""
        with self._lock:
            if not self._is_given:
                self._modal = AnsweredModal(self._client)
                self.is_late = self._is_given = True
                self._ack(response_action=action, view=placeholder(self._modal.external_id))

    def offer_nothing(self) -> None:
        """Answer a search with nothing found, unless it is answered."""
        with self._lock:
            if not self._is_given:
                self.is_late = self._is_given = True
                self._ack(options=[])

    def _put(self, modal: AnsweredModal, answer: Mapping[str, Any], words: str) -> None:
        words = words or "\n".join(self._problems(answer.get("errors") or {}))
        try:
            is_seen = modal.show(answer.get("view") or self._telling(words))
        except SlackClientError:
            if not words:
                raise
            is_seen = False
        if words and not is_seen:
            self._write(words)

    def _problems(self, errors: Mapping[str, str]) -> list[str]:
        """What is wrong, below the labels of the fields."""
        labels = {block.get("block_id"): block.get("label") or {} for block in self._body["view"]["blocks"]}
        return [f"{labels.get(block_id, {}).get('text') or block_id}: {text}" for block_id, text in errors.items()]
