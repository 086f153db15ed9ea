"""Channels and direct messages, and the messages in them."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.workspace import ids
from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.state.files import StoredFile
from bot.workspace.state.people import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID

MESSAGES_KEPT = 500
_TS = re.compile(r"\d{1,12}\.\d{6}")


@dataclass(slots=True, kw_only=True)
class Message:
    """A message; `only_for` names the one person who sees it when it is ephemeral."""

    ts: str
    user: str
    username: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Any] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    mrkdwn: bool = True
    only_for: str | None = None
    edited_ts: str | None = None
    thread_ts: str | None = None
    parent_user_id: str | None = None
    reply_users: list[str] = field(default_factory=list)
    reply_count: int = 0
    latest_reply: str | None = None
    metadata: dict[str, Any] | None = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_by_app(self) -> bool:
        """Whether the app under test posted it."""
        return self.user == BOT_USER_ID

    def shown(self) -> dict[str, Any]:
        """What a person's client needs to show it."""
        return {
            "ts": self.ts,
            "user": self.user,
            "username": self.username,
            "is_bot": self.is_by_app,
            "text": self.text,
            "blocks": self.blocks,
            "files": [file.shown() for file in self.files],
            "mrkdwn": self.mrkdwn,
            "ephemeral": self.only_for is not None,
            "edited": self.edited_ts is not None,
            "thread_ts": self.thread_ts,
            "reply_count": self.reply_count,
        }

    def as_slack(self) -> dict[str, Any]:
        """Slack's message object, as the Web API and interactions carry it."""
        message: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": TEAM_ID,
        }
        if self.is_by_app:
            message |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            message["blocks"] = self.blocks
        if self.attachments:
            message["attachments"] = self.attachments
        if self.files:
            message |= {"files": [file.as_slack() for file in self.files], "upload": False, "display_as_bot": False}
        message |= self._thread()
        if self.metadata:
            message["metadata"] = self.metadata
        if self.edited_ts:
            message["edited"] = {"user": self.user, "ts": self.edited_ts}
        return message

    def take_reply(self, reply: "Message") -> None:
        """Counts an answer in this message's thread."""
        self.reply_count += 1
        self.latest_reply = reply.ts
        if reply.user not in self.reply_users:
            self.reply_users.append(reply.user)

    def _thread(self) -> dict[str, Any]:
        """What a message says of its thread, as an answer or as its beginning."""
        if self.thread_ts:
            return {"thread_ts": self.thread_ts, "parent_user_id": self.parent_user_id}
        if not self.reply_count:
            return {}
        return {
            "thread_ts": self.ts,
            "reply_count": self.reply_count,
            "reply_users": self.reply_users,
            "reply_users_count": len(self.reply_users),
            "latest_reply": self.latest_reply,
            "is_locked": False,
            "subscribed": False,
        }


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A channel, or the direct messages between one person (`person_id`) and the app."""

    id: str
    name: str
    person_id: str | None = None
    has_app: bool = True
    is_shared: bool = False
    created: int = 0
    messages: OrderedDict[str, Message] = field(default_factory=OrderedDict)

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message with the app."""
        return self.person_id is not None

    @property
    def name_for_payload(self) -> str:
        """The name as Slack writes it into commands and interactions."""
        return "directmessage" if self.is_im else self.name

    def add(self, message: Message) -> None:
        """Adds a message as the newest; the oldest is forgotten when there are too many."""
        self.messages[message.ts] = message
        while len(self.messages) > MESSAGES_KEPT:
            self.messages.popitem(last=False)

    def thread(self, ts: Any) -> Message:
        """The message that begins the thread of a ts, its own or that of an answer; RefusedError for any other."""
        if not isinstance(ts, str) or not _TS.fullmatch(ts):
            refusal = {"messages": [f"[ERROR] {ts} is not a valid thread_ts"]}
            raise RefusedError("invalid_thread_ts", response_metadata=refusal)
        message = self.messages.get(ts)
        root = self.messages.get(message.thread_ts) if message and message.thread_ts else message
        if root is None or root.only_for is not None:
            raise RefusedError("cannot_reply_to_message")
        return root

    def seen_by(self, person_id: str) -> Iterator[Message]:
        """The messages that person sees, oldest first."""
        return (message for message in self.messages.values() if message.only_for in {None, person_id})


class Conversations:
    """All conversations; one with the app per person is made when first needed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_ts = 0
        created = int(clock())
        channels = (
            Conversation(id="C0GENERAL01", name="general", has_app=False, created=created),
            Conversation(id="C0MACHINE02", name="big-machine", is_shared=True, created=created),
        )
        self._by_id = {channel.id: channel for channel in channels}

    def find(self, channel: str) -> Conversation | None:
        """The conversation with that id or, for a channel, that name with or without `#`."""
        if channel in self._by_id:
            return self._by_id[channel]
        name = channel.removeprefix("#")
        return next((one for one in self._by_id.values() if one.name == name and not one.is_im), None)

    def dm(self, person_id: str) -> Conversation:
        """The direct messages between the person and the app."""
        found = next((one for one in self._by_id.values() if one.person_id == person_id), None)
        if found:
            return found
        made = Conversation(id=ids.make("D"), name="dm", person_id=person_id, created=int(self._clock()))
        self._by_id[made.id] = made
        return made

    def all(self) -> list[Conversation]:
        """Every conversation that there is."""
        return list(self._by_id.values())

    def put(self, conversation: Conversation) -> None:
        """Takes in a conversation that was kept, in place of the one with its id."""
        self._by_id[conversation.id] = conversation
        newest = max((int(ts.replace(".", "")) for ts in conversation.messages), default=0)
        self._last_ts = max(self._last_ts, newest)

    def open_to(self, person_id: str) -> list[Conversation]:
        """The channels, and the person's own direct messages with the app."""
        channels = [one for one in self._by_id.values() if not one.is_im]
        return [*channels, self.dm(person_id)]

    def next_ts(self) -> str:
        """A message's timestamp, which is also its id: seconds, a dot, microseconds; never given twice."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"
