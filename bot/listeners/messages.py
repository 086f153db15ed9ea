"""Direct messages to the app: words are answered with what one can do, files are taken into their sender's inbox."""

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from cachetools import TTLCache
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.listeners.context import ListenerContext, in_words
from bot.listeners.deadlines import Shows
from bot.listeners.form.forms import Forms
from bot.listeners.form.uploads import Uploads
from bot.listeners.runscript import HELP
from bot.slack.conversation import DirectConversation
from bot.slack.files import SlackFile, described
from bot.slack.interaction import Interaction
from bot.slack.typed_text import as_typed, plain_text, unescaped
from bot.views.form import form, greeting, upload_fields
from bot.views.form.greeting import TakenFiles
from bot.views.jobs import home
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.scripts import Script
from runner.system.clock import Monotonic

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_FROM_PEOPLE = ("None", "file_share", "me_message")
"""What a person's own new message is; edits, bots' messages, thread broadcasts and notices have other subtypes."""

_ASKS_HELP = frozenset({"help", "?", "hilfe"})
_GREETINGS = frozenset({"hello", "hi", "hey", "hallo", "moin", "thanks", "thank you", "danke", "ok", "yes", "no"})
_MOST_WORDS = 6  # of a message that is looked at as a script's name
_MOST_FOUND = 3
_MOST_FILES = 10
_MOST_HEARD, _HEARD_SECONDS = 10_000, 3600  # Slack sends an event anew for some five minutes
_GUIDE = f"""\
{HELP}
Send a file here, and it lands in your inbox, where every form offers it; a form takes uploads too.
The Home tab shows what runs, your results and your favourites."""

Event = Mapping[str, Any]


def register(app: App, context: ListenerContext, uploads: Uploads) -> None:
    """Add direct messages and the buttons of their answers to the app; ``uploads`` bring the files."""
    feature = _Messages(context, uploads)
    heard = HeardMessages(context.monotonic)
    answer = context.listener(feature.answer)

    def hear(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        if is_from_person(body.get("event")) and heard.is_new(body):
            answer(ack, body, client, respond)
        else:
            ack()

    app.event("message")(hear)
    app.action(home.HELP)(context.listener(feature.help))
    app.action(greeting.ON_FILES)(context.listener(feature.run_on_files, shows=Shows.MODAL))


def is_from_person(event: object) -> bool:
    """Whether an event is a new message that somebody wrote to the app, in a direct conversation."""
    if not isinstance(event, Mapping):
        return False
    is_direct = event.get("channel_type") == "im" or str(event.get("channel") or "").startswith("D")
    is_new = str(event.get("subtype")) in _FROM_PEOPLE and not event.get("hidden") and not event.get("edited")
    user = event.get("user")
    is_person = isinstance(user, str) and _USER_ID.fullmatch(user) is not None and not event.get("bot_id")
    return is_direct and is_new and is_person


class HeardMessages:
    """The messages that were heard within the last hour, a bounded number: each is answered once. Safe for threads."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._seen = TTLCache[str, bool, float](_MOST_HEARD, _HEARD_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def is_new(self, body: Mapping[str, Any]) -> bool:
        """Whether a message was not heard yet; from now on it was."""
        event = body["event"]
        key = f"{event.get('channel')} {event['ts']}" if event.get("ts") else str(body.get("event_id"))
        with self._lock:
            is_new = key not in self._seen
            self._seen[key] = True
            return is_new


class _Messages:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext, uploads: Uploads) -> None:
        self._context = context
        self._uploads = uploads
        self._forms = Forms(context)

    def answer(self, interaction: Interaction) -> None:
        """Answer a message where it was written."""
        person = self._context.person(interaction)
        event: Event = interaction.body["event"]
        conversation = DirectConversation.of(interaction.client, event)
        if event.get("files"):
            self._take(interaction.client, person, conversation, event["files"])
            return
        words = plain_text(unescaped(as_typed(str(event.get("text") or ""))))
        if words.casefold().strip("!?. ") in _ASKS_HELP or words == "?":
            conversation.say(_GUIDE)
            return
        found = self._meant(person, words)
        conversation.say(greeting.greeting_spoken(found), greeting.greeting(person.name, found))

    def help(self, interaction: Interaction) -> None:
        """How all of this is used."""
        self._context.person(interaction)
        interaction.answer(_GUIDE)

    def run_on_files(self, interaction: Interaction) -> None:
        """“Run a script on this”: choose among the scripts that take the files."""
        person = self._context.person(interaction)
        pick = greeting.read_files(interaction.pressed)
        given = [self._context.files.find(interaction.client, each) for each in pick.slack]
        brought = self._forms.with_marks(person, pick.inbox)
        if not given and not brought:
            raise ScriptRunnerError("That file is not in your inbox any more: send it once more.")
        circumstances = self._forms.circumstances(interaction, person)
        interaction.show(form.choosing(replace(circumstances, given=given, brought=brought)))

    def _meant(self, person: Requester, words: str) -> list[Script]:
        """The scripts that a message may name; none where it is a greeting, or longer than a name."""
        if words.casefold().strip("!?.,: ") in _GREETINGS or not 0 < len(words.split()) <= _MOST_WORDS:
            return []
        return self._context.service.menus.near(person, words, at_most=_MOST_FOUND)

    def _take(self, client: WebClient, person: Requester, conversation: DirectConversation, found: object) -> None:
        """Say that the files are on their way to the inbox, and go on in a thread."""
        files = [file for each in found if (file := described(each))] if isinstance(found, list) else []
        if not files:
            raise ScriptRunnerError("Slack tells nothing of that file: send it once more.")
        if not self._context.uploads:
            instructions = self._context.service.inputs.instructions(person)
            conversation.say("Files are not taken from Slack here.", list(greeting.by_scp(instructions)))
            return
        if len(files) > _MOST_FILES:
            raise ScriptRunnerError(f"At most {_MOST_FILES} files are taken at once; send them in several messages.")
        shown = conversation.say(greeting.taking_spoken(files), greeting.taking(files))
        try:
            self._uploads.start(person, partial(self._bring, client, person, conversation, files, shown))
        except ScriptRunnerError as error:
            conversation.change(shown, str(error))

    def _bring(  # what a thread works with
        self, client: WebClient, person: Requester, conversation: DirectConversation, files: list[SlackFile], shown: str
    ) -> None:
        """Bring the files into the inbox, and tell what became of each in the place of what was said."""
        service = self._context.service
        brought, problems = [], []
        for file in files:
            try:
                reference = self._uploads.bring_one(client, person, file)
                if (found := service.inputs.find(person, partial(str.__eq__, reference))) is not None:
                    brought.append(found)
            except Exception as error:  # noqa: BLE001  # told and logged like that of a listener
                problems.append((file.name, in_words(error)))
        taken = TakenFiles(files=brought, problems=problems)
        is_wanted = any(upload_fields.takes_any(each, brought) for each in service.menus.menu(person).scripts)
        blocks = greeting.taken(taken, kept=service.keep, is_wanted=is_wanted)
        conversation.change(shown, greeting.taken_spoken(taken), blocks)
