"""response_url: five answers within half an hour to what a person did, wherever it was."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from cachetools import TTLCache

from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation

LIFETIME = timedelta(minutes=30)
USES = 5


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """Where answers go: a conversation, the person who acted, and the message it was about, if any."""

    conversation: Conversation
    person_id: str
    message_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """All response URLs given out within their lifetime."""

    def __init__(self, clock: Clock) -> None:
        self._given = TTLCache[str, ResponseUrl, float](10_000, LIFETIME.total_seconds(), timer=clock)

    def give(self, base_url: str, given: ResponseUrl) -> str:
        """A new URL that leads to this place."""
        token = secrets.token_urlsafe(24)
        self._given[token] = given
        return f"{base_url}/response/{token}"

    def use(self, token: str) -> ResponseUrl:
        """Counts one use; RefusedError when there is none left or the URL is too old."""
        given = self._given.get(token)
        if given is None:
            raise RefusedError("expired_url")
        if given.uses >= USES:
            raise RefusedError("used_url")
        given.uses += 1
        return given
