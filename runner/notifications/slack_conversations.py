"""Conversations in Slack that are told something: found by their names, and why they cannot be told."""

import re
import time
from collections.abc import Iterator

from cachetools import TTLCache
from slack_sdk import WebClient

from runner.notifications.protocol import Undeliverable
from runner.system.text import visible

_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")
_PAGE = 200  # docs of conversations.list: no more than 200 at a time is recommended
_MOST_PAGES = 50
_TYPES = "public_channel,private_channel"
_MOST_KEPT, _KEPT_SECONDS = 10_000, 600
_LEAST_SECONDS_BETWEEN_LISTS = 60.0

_INVITE = "type /invite @ScriptRunner in it"
_REASONS = {
    "not_in_channel": f"ScriptRunner is not in this channel: {_INVITE}",
    "channel_not_found": f"there is no such channel, or it is private and ScriptRunner is not in it: {_INVITE}",
    "is_archived": "this channel is archived",
    "missing_scope": "ScriptRunner's app may not list channels: install it anew with its manifest",
    "restricted_action": "only some people may post in this channel",
    "restricted_action_read_only_channel": "only some people may post in this channel",
}


def is_person(recipient: str) -> bool:
    """Whether that is the id of a person."""
    return _PERSON.fullmatch(recipient) is not None


def refusal(recipient: str, code: str) -> str:
    """Why Slack, which refused with this code, never delivers to a person or a conversation."""
    if is_person(recipient) or code not in _REASONS:
        whom = "person" if is_person(recipient) else "channel"
        return f"Slack does not deliver to this {whom}: {code}"
    return _REASONS[code]


class ConversationNames:
    """The channels of the workspace by name, kept for ten minutes; asked for anew each minute at most."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._ids: TTLCache[str, str] = TTLCache(_MOST_KEPT, _KEPT_SECONDS)
        self._listed_at: float | None = None

    def id_of(self, name: str) -> str:
        """The id of the channel of that name with a #; Undeliverable where there is none that the app sees.

        SlackApiError, or another SlackClientError, where Slack does not say.
        """
        wanted = name.removeprefix("#")
        if wanted not in self._ids and self._may_list():
            for found, channel_id in self._listed():
                self._ids[found] = channel_id
            self._listed_at = time.monotonic()
        if wanted not in self._ids:
            raise Undeliverable(f"{visible(name)}: {_REASONS['channel_not_found']}")
        return str(self._ids[wanted])

    def _may_list(self) -> bool:
        return self._listed_at is None or time.monotonic() - self._listed_at >= _LEAST_SECONDS_BETWEEN_LISTS

    def _listed(self) -> Iterator[tuple[str, str]]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            # archived ones too: that they are is what the attempt to post tells
            answer = self._client.conversations_list(types=_TYPES, limit=_PAGE, cursor=cursor)
            for each in answer.get("channels") or ():
                yield str(each.get("name")), str(each.get("id"))
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
