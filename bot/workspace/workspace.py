"""The workspace itself: everything that is remembered, and the link to the app."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cachetools import TTLCache

from bot.workspace.blockkit import completion
from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.manifest import Manifest
from bot.workspace.options import CONNECTION_SECONDS, EVENT_RETRY_SECONDS, FILE_BYTES_MAX
from bot.workspace.state import people, views
from bot.workspace.state.changes import Changes
from bot.workspace.state.conversations import Conversation, Conversations
from bot.workspace.state.files import Files, Share, StoredFile
from bot.workspace.state.messages import Message
from bot.workspace.state.people import Person
from bot.workspace.state.rates import Rates
from bot.workspace.state.response_urls import ResponseUrls
from bot.workspace.state.scheduled import ScheduledMessages
from bot.workspace.state.triggers import Triggers
from bot.workspace.state.views import Views
from bot.workspace.transport import payloads
from bot.workspace.transport.deliveries import Deliveries
from bot.workspace.transport.faults import Faults
from bot.workspace.transport.http_mode import HttpLink
from bot.workspace.transport.journal import Journal
from bot.workspace.transport.link import Answer, EnvelopeKind, Link, Parcel
from bot.workspace.transport.socket_mode import Sockets

# The scope that each event needs (docs: events).
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "reaction_added": "reactions:read",
}
SUBSCRIPTIONS = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StandInSettings:
    """What the stand-in is told at start; `repr` is off because it holds tokens."""

    manifest: Manifest
    bot_token: str
    app_token: str
    page_secret: str
    signing_secret: str = ""
    request_url: str | None = None
    state: Path | None = None
    file_bytes_max: int = FILE_BYTES_MAX
    more_people: int = 0
    is_enterprise: bool = False
    has_rate_limits: bool = False
    event_retry_seconds: Sequence[float] = EVENT_RETRY_SECONDS
    connection_seconds: float = CONNECTION_SECONDS

    def page_address(self, url: str) -> str:
        """Where people open the page of the workspace at this address."""
        return f"{url}/?secret={quote(self.page_secret, safe='')}"


class Workspace:
    """One workspace with one app installed."""

    def __init__(self, settings: StandInSettings, *, clock: Clock) -> None:
        self.settings = settings
        self.manifest = settings.manifest
        self.clock = clock
        self.base_url = ""
        found = (*people.seeded(), *people.more(settings.more_people))
        found = tuple(people.in_enterprise(found)) if settings.is_enterprise else found
        self.people = {person.id: person for person in found}
        self.everybody = self.people | {one.id: one for one in people.machines(self.manifest.bot_name)}
        self.conversations = Conversations(clock)
        self.views = Views(clock)
        self.triggers = Triggers(clock)
        self.scheduled = ScheduledMessages()
        self.response_urls = ResponseUrls(clock)
        self.journal = Journal(clock)
        self.changes = Changes()
        self.offered = TTLCache[tuple[str, ...], dict[str, Any], float](1000, ttl=3600, timer=clock)
        self.faults = Faults()
        self.rates = Rates(clock, is_on=settings.has_rate_limits)
        # The state file's own folder, where there is one: it outlasts us.
        folder = settings.state.with_name(f"{settings.state.name}.files") if settings.state else None
        self.files = Files(clock=clock, folder=folder)
        self.link: Link = self._make_link()
        self._deliveries = Deliveries(
            self.link, journal=self.journal, faults=self.faults, retry_seconds=settings.event_retry_seconds
        )

    def post(
        self, conversation: Conversation, *, by: str, text: str, thread_ts: str | None = None, **rest: Any
    ) -> Message:
        """Adds a message by that account, in a thread where one is named, and shows it to everybody who sees it."""
        root = conversation.thread(thread_ts) if thread_ts else None
        name = self.everybody[by].real_name
        message = Message(ts=self.conversations.next_ts(), user=by, username=name, text=text, **rest)
        conversation.add(message)
        if root is not None:
            message.thread_ts, message.parent_user_id, message.root = root.ts, root.user, root
            root.count_replies(conversation.replies(root))
        self._share(conversation, message)
        if message.only_for is None:
            self.tell_of(conversation, payloads.message_event(message, conversation))
        self.changes.tell(message.only_for or conversation.person_id)
        return message

    def tell_changed(self, conversation: Conversation, message: Message, before: dict[str, Any], ts: str) -> None:
        """Shows a changed message to everybody who sees it; `before` is what it was."""
        if message.only_for is None:
            self.tell_of(conversation, payloads.changed_event(before, message, conversation, ts))
        self.changes.tell(message.only_for or conversation.person_id)

    def remove(self, conversation: Conversation, message: Message) -> None:
        """Takes a message away from everybody; of one with answers a tombstone is left."""
        before, ts = message.as_slack(), self.conversations.next_ts()
        tombstone = conversation.remove(message)
        if message.is_deleted:
            self.tell_changed(conversation, message, before, ts)
            return
        for gone, was in ((message, before), *([(tombstone, tombstone.as_slack())] if tombstone else [])):
            if gone.only_for is None:
                self.tell_of(conversation, payloads.deleted_event(gone.ts, was, conversation, ts))
        self.changes.tell(message.only_for or conversation.person_id)

    def parse_view(self, view: Any, *, kinds: tuple[str, ...]) -> dict[str, Any]:
        """A checked and completed view definition; RefusedError with what Slack answers to a wrong one.

        Slack wants `files:read` for a file_input (docs: file input element); how it refuses is documented nowhere.
        """
        definition = views.parse(view, kinds=kinds)
        wants_files = any(
            element["type"] == "file_input" for _, element in completion.stateful_elements(definition["blocks"])
        )
        if wants_files and "files:read" not in self.manifest.bot_scopes:
            raise self.missing_scope("files:read")
        return definition

    def require_person(self, person_id: str) -> Person:
        """Somebody who can sit in front of Slack; RefusedError for everybody else."""
        person = self.people.get(person_id)
        if person is None:
            raise RefusedError("person_not_found")
        return person

    def place(self, channel: str) -> Conversation | None:
        """Where a message to this id or name goes; a person's id stands for the direct messages with that person."""
        person = self.people.get(channel)
        if person is not None and person.can_sign_in:
            return self.conversations.dm(person.id)
        return self.conversations.find(channel)

    def require_conversation(self, person: Person, channel: Any) -> Conversation:
        """A conversation that this person can see; RefusedError for any other."""
        for conversation in self.conversations.open_to(person.id):
            if channel in (conversation.id, conversation.name, f"#{conversation.name}"):
                return conversation
        raise RefusedError("channel_not_found")

    def find_file(self, person: Person, file_id: str) -> StoredFile | None:
        """A file of this person's, or one in a message that they see."""
        file = self.files.find(file_id)
        if file is None or file.user == person.id:
            return file
        seen = (message for one in self.conversations.open_to(person.id) for message in one.seen_by(person.id))
        return file if any(file in message.files for message in seen) else None

    def missing_scope(self, *needed: str) -> RefusedError:
        """What Slack answers where the app has none of these scopes."""
        return RefusedError("missing_scope", needed=",".join(needed), provided=",".join(self.manifest.bot_scopes))

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends something to the app and waits for its acknowledgement."""
        return await self._deliveries.deliver(parcel)

    def send_soon(self, parcel: Parcel) -> None:
        """Sends something for whose acknowledgement nobody waits."""
        self._deliveries.send_soon(parcel)

    def send_event(self, inner: dict[str, Any], *, subscription: str) -> None:
        """Sends an event if the app subscribed to it and has its scope, again while it is not acknowledged."""
        if subscription not in self.manifest.bot_events:
            return
        scope = EVENT_SCOPES.get(subscription)
        if scope is not None and scope not in self.manifest.bot_scopes:
            self.journal.note(
                "out", EnvelopeKind.EVENT, "not sent", f"{subscription} needs the scope {scope}", sent=inner
            )
            return
        payload = payloads.event(inner, self.clock(), is_enterprise=self.settings.is_enterprise)
        self._deliveries.send_event(Parcel(kind=EnvelopeKind.EVENT, payload=payload))

    def tell_of(self, conversation: Conversation, inner: dict[str, Any]) -> None:
        """Sends what happened to a message where the app is, its own messages included."""
        if conversation.has_app:
            self.send_event(inner, subscription=SUBSCRIPTIONS[conversation.kind])

    async def close(self) -> None:
        """Ends what is under way and all connections."""
        await self._deliveries.close()

    def _share(self, conversation: Conversation, message: Message) -> None:
        """Notes in each file of a message that it is there; from then on the app may read it."""
        for file in message.files:
            file.is_known_to_app = True
            share = Share(
                channel=conversation.id,
                channel_name=conversation.name,
                is_im=conversation.is_im,
                ts=message.ts,
                thread_ts=message.thread_ts,
            )
            file.shares.append(share)

    def _make_link(self) -> Link:
        settings = self.settings
        if settings.request_url is None:
            return Sockets(
                clock=self.clock,
                journal=self.journal,
                changes=self.changes,
                connection_seconds=settings.connection_seconds,
            )
        return HttpLink(url=settings.request_url, signing_secret=settings.signing_secret, clock=self.clock)
