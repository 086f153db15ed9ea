"""Modals that come in time: Slack opens them for three seconds after an act, and what they show may take longer."""

import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View

_APPEARING_SECONDS = 3.0  # Slack shows a view some time after we have answered with it
_PAUSE_SECONDS = 0.1
_CLOSED = "not_found"  # views.update: the view is closed


class TriggeredModal:
    """The one modal that an act's trigger opens, whatever is shown in it one after the other. Safe for threads.

    It lies above the one that the act happened in, so that nothing typed there is lost.
    """

    def __init__(self, client: WebClient, body: Mapping[str, Any]) -> None:
        view = body.get("view")
        self._client = client
        self._trigger_id = str(body.get("trigger_id") or "")
        self._is_above = isinstance(view, Mapping) and view.get("type") == "modal"
        self._lock = threading.Lock()
        self._view_id: str | None = None
        self._is_settled = False

    def wait_in(self, placeholder: View) -> None:
        """Open it with what stands there until the rest is known; nothing where it is open, or not to be opened.

        SlackClientError where Slack does not open it.
        """
        with self._lock:
            if self._view_id is None and not self._is_settled:
                self._open(placeholder)

    def is_waiting(self) -> bool:
        """Whether it is open; where it is not, no placeholder opens it any more."""
        with self._lock:
            self._is_settled = True
            return self._view_id is not None

    def show(self, view: View) -> bool:
        """Show a view, in place of what it shows already; False where it was closed meanwhile.

        SlackClientError where Slack does not take it.
        """
        with self._lock:
            self._is_settled = True
            if self._view_id is not None:
                return update(self._client, view, view_id=self._view_id)
            self._open(view)
            return True

    def _open(self, view: View) -> None:
        call = self._client.views_push if self._is_above else self._client.views_open
        self._view_id = str(call(trigger_id=self._trigger_id, view=view)["view"]["id"])


class AnsweredModal:
    """A modal that is an answer to a submission: Slack opens it some time after that. Known by a name of its own."""

    def __init__(self, client: WebClient) -> None:
        self.external_id = f"answer-{secrets.token_urlsafe(16)}"
        self._client = client
        self._view_id: str | None = None
        self._began = time.monotonic()

    def update(self, view: View) -> bool:
        """Show a view in it; False where it is not there yet, or not any more. SlackClientError as for views.update."""
        if self._view_id is not None:
            return update(self._client, view, view_id=self._view_id)
        try:
            answer = self._client.views_update(external_id=self.external_id, view=view)
        except SlackApiError as error:
            return _is_open(error)
        self._view_id = str(answer["view"]["id"])  # the view that is shown may have another name
        return True

    def show(self, view: View) -> bool:
        """Show a view in it as soon as it is there; False where it was closed."""
        while not self.update(view):
            if time.monotonic() - self._began > _APPEARING_SECONDS:
                return False
            time.sleep(_PAUSE_SECONDS)
        return True


def update(client: WebClient, view: View, *, view_id: str) -> bool:
    """Change what an open view shows; False where it was closed. SlackApiError for whatever else Slack says."""
    try:
        client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        return _is_open(error)
    return True


def _is_open(error: SlackApiError) -> bool:
    """False where the view is closed; raises what else is wrong."""
    if error.response.get("error") != _CLOSED:
        raise error
    return False
