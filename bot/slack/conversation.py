"""A conversation in which the app answers what somebody wrote: beside it, or in its thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block

from runner.messages.blocks import rich, section
from runner.system.text import clipped, slack_text

_TEXT = 3000  # of one text in a block; chat.update takes no more than 4,000 in all
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectConversation:
    """Where a message was written; ``thread_ts`` is its thread's, if it is in one."""

    client: WebClient
    channel: str
    thread_ts: str | None = None

    @classmethod
    def of(cls, client: WebClient, event: Mapping[str, Any]) -> "DirectConversation":
        """Where the message of an event was written."""
        return cls(client=client, channel=str(event.get("channel")), thread_ts=event.get("thread_ts"))

    def say(self, text: str, blocks: Sequence[Block] | None = None) -> str:
        """Write a message, and return Slack's name for it. SlackClientError where Slack does not take it."""
        posted = self.client.chat_postMessage(
            channel=self.channel,
            thread_ts=self.thread_ts,
            text=slack_text(clipped(text, _TEXT)),
            blocks=blocks or [rich(section(clipped(text, _TEXT)))],
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(posted["ts"])

    def change(self, ts: str, text: str, blocks: Sequence[Block] | None = None) -> None:
        """Say something else in a message of ours, or in a new one where it is gone.

        SlackApiError where Slack refuses both.
        """
        shown = blocks or [rich(section(clipped(text, _TEXT)))]
        try:
            self.client.chat_update(channel=self.channel, ts=ts, text=slack_text(clipped(text, _TEXT)), blocks=shown)
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise
            self.say(text, blocks)
