"""The workspace itself: everything that is remembered, and the link to the app."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.workspace import completion, interactions, people, views
from bot.workspace.bounded import Bounded, Clock
from bot.workspace.changes import Changes
from bot.workspace.conversations import Conversation, Conversations, Message
from bot.workspace.errors import RefusedError
from bot.workspace.files import File, Files, Share
from bot.workspace.http_mode import HttpLink
from bot.workspace.journal import Journal
from bot.workspace.links import Kind, Link, Outcome, Parcel
from bot.workspace.manifest import Manifest
from bot.workspace.people import Person
from bot.workspace.response_urls import ResponseUrls
from bot.workspace.sockets import Sockets
from bot.workspace.triggers import Triggers
from bot.workspace.views import Views

# How long after a failed delivery an event is sent again (docs: Events API, retries).
EVENT_RETRIES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
PARCELS_UNDERWAY_MAX = 1000
# What file_input takes, in bytes (docs: file input element).
FILE_BYTES_MAX = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What the stand-in is told at start; `repr` is off because it holds tokens."""

    manifest: Manifest
    bot_token: str
    app_token: str
    signing_secret: str = ""
    request_url: str | None = None
    file_bytes_max: int = FILE_BYTES_MAX


class Workspace:
    """One workspace with one app installed."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.settings = settings
        self.manifest = settings.manifest
        self.clock = clock
        self.base_url = ""
        self.people = {person.id: person for person in people.seeded()}
        self.everybody = self.people | {one.id: one for one in people.machines(self.manifest.bot_name)}
        self.conversations = Conversations(clock)
        self.views = Views(clock)
        self.triggers = Triggers(clock)
        self.response_urls = ResponseUrls(clock)
        self.journal = Journal(clock)
        self.changes = Changes()
        self.offered: Bounded[tuple[str, ...], dict[str, Any]] = Bounded(size=1000, age=timedelta(hours=1), clock=clock)
        self.failures: Bounded[str, list[dict[str, Any]]] = Bounded(size=100, age=timedelta(hours=1), clock=clock)
        self.files = Files(clock=clock)
        self.link: Link = self._make_link()
        self._underway: set[asyncio.Task[Any]] = set()

    def post(self, conversation: Conversation, *, by: str, text: str, **rest: Any) -> Message:
        """Adds a message by that account and shows it to everybody who sees it."""
        author = self.everybody[by]
        name = author.real_name
        message = Message(ts=self.conversations.next_ts(), user=by, username=name, text=text, **rest)
        conversation.add(message)
        self._share(conversation, message)
        self.changes.tell(message.only_for or conversation.person_id)
        return message

    def parse_view(self, view: Any, *, kinds: tuple[str, ...]) -> dict[str, Any]:
        """A checked and completed view definition; raises what Slack answers to a wrong one.

        Slack wants `files:read` for a file_input (docs: file input element); how it refuses is documented nowhere.
        """
        definition = views.parse(view, kinds=kinds)
        wants_files = any(
            element["type"] == "file_input" for _, element in completion.stateful_elements(definition["blocks"])
        )
        if wants_files and "files:read" not in self.manifest.bot_scopes:
            raise RefusedError("missing_scope", needed="files:read", provided=",".join(self.manifest.bot_scopes))
        return definition

    def require_person(self, person_id: str) -> Person:
        """Somebody who can sit in front of Slack; raises for everybody else."""
        person = self.people.get(person_id)
        if person is None:
            raise RefusedError("person_not_found")
        return person

    def require_conversation(self, person: Person, channel: Any) -> Conversation:
        """A conversation that this person can see."""
        for conversation in self.conversations.open_to(person.id):
            if channel in (conversation.id, conversation.name, f"#{conversation.name}"):
                return conversation
        raise RefusedError("channel_not_found")

    def find_file(self, person: Person, file_id: str) -> File | None:
        """A file of this person's, or one in a message that they see."""
        file = self.files.find(file_id)
        if file is None or file.user == person.id:
            return file
        seen = (message for one in self.conversations.open_to(person.id) for message in one.seen_by(person.id))
        return file if any(file in message.files for message in seen) else None

    def send_soon(self, parcel: Parcel) -> None:
        """Sends something for whose acknowledgement nobody waits."""
        self._start(self.link.deliver(parcel))

    def send_event(self, inner: dict[str, Any], *, subscription: str) -> None:
        """Sends an event if the app subscribed to it, again while it is not acknowledged."""
        if subscription in self.manifest.bot_events:
            self._start(self._deliver_event(interactions.event(inner, self.clock())))

    async def close(self) -> None:
        """Ends what is under way and all connections."""
        for task in list(self._underway):
            task.cancel()
        await self.link.close()

    def _share(self, conversation: Conversation, message: Message) -> None:
        """Notes in each file of a message that it is there; from then on the app may read it."""
        for file in message.files:
            file.is_known_to_app = True
            share = Share(
                channel=conversation.id, channel_name=conversation.name, is_im=conversation.is_im, ts=message.ts
            )
            file.shares.append(share)

    def _make_link(self) -> Link:
        settings = self.settings
        if settings.request_url is None:
            return Sockets(clock=self.clock, journal=self.journal, changes=self.changes)
        return HttpLink(
            url=settings.request_url, signing_secret=settings.signing_secret, clock=self.clock, journal=self.journal
        )

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        if len(self._underway) >= PARCELS_UNDERWAY_MAX:
            work.close()
            self.journal.note("out", "parcel", "dropped", "too many under way")
            return
        task = asyncio.create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _deliver_event(self, payload: dict[str, Any]) -> None:
        answer = await self.link.deliver(Parcel(kind=Kind.EVENT, payload=payload))
        for attempt, delay in enumerate(EVENT_RETRIES, start=1):
            if answer.outcome is Outcome.ACKNOWLEDGED:
                return
            reason = "timeout" if answer.outcome is Outcome.TIMED_OUT else "http_error"
            await asyncio.sleep(delay.total_seconds())
            again = Parcel(kind=Kind.EVENT, payload=payload, retry_attempt=attempt, retry_reason=reason)
            answer = await self.link.deliver(again)
