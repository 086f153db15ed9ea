"""Channels and direct messages, and the messages in them."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.workspace import ids
from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.state.messages import Message

MESSAGES_KEPT = 500
_TS = re.compile(r"\d{1,12}\.\d{6}")


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A channel, or the direct messages between one person (`person_id`) and the app."""

    id: str
    name: str
    person_id: str | None = None
    has_app: bool = True
    is_shared: bool = False
    is_private: bool = False
    creator: str = ""
    created: int = 0
    messages: OrderedDict[str, Message] = field(default_factory=OrderedDict)

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message with the app."""
        return self.person_id is not None

    @property
    def kind(self) -> str:
        """Slack's word for what this is."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"

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

    def replies(self, root: Message) -> list[Message]:
        """The answers in the thread of a message that others than one see, oldest first."""
        return [one for one in self.messages.values() if one.only_for is None and one.thread_ts == root.ts]

    def remove(self, message: Message) -> Message | None:
        """Takes a message out, and returns the tombstone that goes with it because that was its last answer.

        One that has answers stays as a tombstone instead.
        """
        if message.reply_count:
            message.bury()
            return None
        del self.messages[message.ts]
        root = self.messages.get(message.thread_ts) if message.thread_ts else None
        if root is None or message.only_for is not None:
            return None
        root.count_replies(self.replies(root))
        if root.is_deleted and not root.reply_count:
            del self.messages[root.ts]
            return root
        return None

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

    def create(self, name: str, *, creator: str, is_private: bool) -> Conversation:
        """A new channel, in which the app is; nobody else is in a private one."""
        created = int(self._clock())
        made = Conversation(id=ids.make("C"), name=name, creator=creator, is_private=is_private, created=created)
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
        """The public channels, and the person's own direct messages with the app."""
        channels = [one for one in self._by_id.values() if one.kind == "channel"]
        return [*channels, self.dm(person_id)]

    def next_ts(self) -> str:
        """A message's timestamp, which is also its id: seconds, a dot, microseconds; never given twice."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"
