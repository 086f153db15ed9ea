"""Drives the stand-in workspace as people do: type commands, fill in forms, press buttons, read messages."""

import json
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

T = TypeVar("T")
Json = dict[str, Any]

MARIA = "U0MARIA0001"
TOM = "U0TOM000002"
YUKI = "U0YUKI00003"
ADMIN = "U0INES00004"
GUEST = "U0PAUL00005"
DEACTIVATED = "U0GRETA0006"
BOT = "U0BUILDS007"
EXTERNAL = "U0SAM000008"
NO_EMAIL = "U0JONAS0009"
UNCONFIRMED = "U0AIKO00010"
GENERAL = "C0GENERAL01"
MACHINE = "C0MACHINE02"

POLL_SECONDS = 0.02
ANSWER_SECONDS = 30
# No proxy stands between a test and this machine.
_OPENER = build_opener(ProxyHandler({}))


def wait_for(condition: Callable[[], T | Literal[False] | None], seconds: float = 10, *, what: str = "") -> T:
    """Asks until the answer is true and returns it; fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not {what or condition}: {answer!r}")
        time.sleep(POLL_SECONDS)


class Workspace:
    """A running stand-in, reached at the address of its page such as http://127.0.0.1:8065/?secret=abc."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.url, _, secret = page.partition("/?secret=")
        self.headers = {"Authorization": f"Bearer {secret}"}

    @property
    def api_url(self) -> str:
        """What an app is given as SLACK_API_URL."""
        return f"{self.url}/api/"

    def get(self, path: str) -> Json:
        """Answers of any status come back as the JSON they carry."""
        return self._send(Request(self.url + path, headers=self.headers))  # noqa: S310 - a loopback address

    def post(self, path: str, body: Any) -> Json:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers | {"Content-Type": "application/json"}
        return self._send(Request(self.url + path, data=content, headers=headers))  # noqa: S310 - a loopback address

    def person(self, user_id: str = MARIA) -> "Person":
        return Person(self, user_id)

    def people(self) -> list[Json]:
        people: list[Json] = self.get("/people")["people"]
        return people

    def connections(self) -> int:
        return int(self.get("/people")["connected"])

    def wait_for_app(self, seconds: float = 10) -> None:
        """Returns once an app is connected by Socket Mode."""
        wait_for(self.connections, seconds, what="connected")

    def disconnect(self, reason: str = "refresh_requested") -> Json:
        return self.post("/control/disconnect", {"reason": reason})

    def fail(self, method: str, error: str, **details: Any) -> Json:
        """Lets the next calls of a Web API method fail: times=1, retry_after=1 for ratelimited."""
        return self.post("/control/failures", {"method": method, "error": error, **details})

    def fail_downloads(self, fault: str, **details: Any) -> Json:
        """Lets the next downloads fail with an error, be cut or slow: times=1, seconds=1 for slow."""
        return self.post("/control/downloads", {"fault": fault, **details})

    def log(self) -> list[Json]:
        entries: list[Json] = self.get("/control/log")["entries"]
        return entries

    def _send(self, request: Request) -> Json:
        try:
            response = _OPENER.open(request, timeout=ANSWER_SECONDS)
        except HTTPError as error:
            response = error
        with response:
            answer: Json = json.load(response)
        return answer


class Person:
    """Somebody in front of Slack; each act returns the stand-in's answer."""

    def __init__(self, workspace: Workspace, user_id: str = MARIA) -> None:
        self.workspace = workspace
        self.id = user_id

    def command(self, text: str, channel: str = GENERAL) -> Json:
        """Types a slash command and waits for its acknowledgement."""
        return self._act("commands", channel=channel, text=text)

    def write(self, text: str, channel: str | None = None, *, files: Sequence[str] = ()) -> Json:
        """Writes a plain message, without a channel to the app; `files` are ids that `upload` gave."""
        attached = {"files": list(files)} if files else {}
        return self._act("messages", channel=channel or self.dm_id(), text=text, **attached)

    def change(self, message: Json, text: str, channel: str | None = None) -> Json:
        """Edits a message of theirs, without a channel one to the app."""
        return self._act("messages/edit", channel=channel or self.dm_id(), ts=message["ts"], text=text)

    def take_back(self, message: Json, channel: str | None = None) -> Json:
        """Deletes a message of theirs, without a channel one to the app."""
        return self._act("messages/delete", channel=channel or self.dm_id(), ts=message["ts"])

    def upload(self, name: str, content: bytes | str) -> str:
        """Uploads a file and returns its id, for a message or a file_input."""
        sent = content.encode() if isinstance(content, str) else content
        answer = self.workspace.post(f"/people/{self.id}/files?name={quote(name, safe='')}", sent)
        assert answer["ok"], answer
        return str(answer["file"]["id"])

    def download(self, file_id: str) -> bytes | None:
        """The content of a file that this person sees; None where there is none for them."""
        try:
            url = f"{self.workspace.url}/people/{self.id}/files/{file_id}"
            request = Request(url, headers=self.workspace.headers)  # noqa: S310 - a loopback address
            with _OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            with error:
                if error.code == HTTPStatus.NOT_FOUND:
                    return None
                raise

    def run_shortcut(self, callback_id: str, message: Json | None = None, channel: str | None = None) -> Json:
        """Chooses a shortcut of a message, without a channel of one to the app; without a message a global one."""
        place = {} if message is None else {"channel": channel or self.dm_id(), "ts": message["ts"]}
        return self._act("shortcuts", callback_id=callback_id, **place)

    def open_home(self) -> Json:
        return self._act("home")

    def state(self) -> Json:
        return self.workspace.get(f"/people/{self.id}/state")

    def views(self) -> list[Json]:
        """The open modals, bottom first."""
        views: list[Json] = self.state()["views"]
        return views

    def home(self) -> Json | None:
        home: Json | None = self.state()["home"]
        return home

    def top_view(self, seconds: float = 10, *, callback_id: str | None = None) -> Json:
        """The modal on top, waited for; with callback_id only that one will do."""

        def top() -> Json | None:
            views = self.views()
            wanted = views and callback_id in {None, views[-1]["callback_id"]}
            return views[-1] if wanted else None

        found = self.wait_for(top, seconds, what=f"a modal {callback_id or ''}")
        assert found
        return found

    def values(self) -> Json:
        """What is entered in the modal on top."""
        values: Json = self.top_view()["state"]["values"]
        return values

    def fill(self, block_id: str, action_id: str, value: Any, *, enter: bool = False) -> Json:
        """Enters a value in a field of the modal on top."""
        path = f"views/{self.top_view()['id']}/fill"
        return self._act(
            path, block_id=block_id, action_id=action_id, value=value, **({"enter": True} if enter else {})
        )

    def options(self, block_id: str, action_id: str, typed: str = "", source: Json | None = None) -> Json:
        """Types in an external select and returns what the app offers."""
        return self._act(
            "options", source=source or self.in_view(), block_id=block_id, action_id=action_id, value=typed
        )

    def submit(self) -> Json:
        return self._act(f"views/{self.top_view()['id']}/submit")

    def close(self, *, everything: bool = False) -> Json:
        """Presses Cancel on the modal on top, or the cross that closes all of them."""
        return self._act(f"views/{self.top_view()['id']}/close", all=everything)

    def press(self, source: Json, block_id: str, action_id: str, value: Any = None) -> Json:
        """Presses a button or changes a select; source comes from in_view, in_home or in_message."""
        return self._act("actions", source=source, block_id=block_id, action_id=action_id, value=value)

    def in_view(self) -> Json:
        return {"type": "view", "view_id": self.top_view()["id"]}

    def in_home(self) -> Json:
        return {"type": "home"}

    def in_message(self, message: Json, channel: str | None = None) -> Json:
        """A message as a source of presses, without a channel one of the app's direct messages."""
        return {"type": "message", "channel": channel or self.dm_id(), "ts": message["ts"]}

    def messages(self, channel: str) -> list[Json]:
        """All messages that this person sees there, by id or name of the conversation, oldest first."""
        messages: list[Json]
        for conversation in self.state()["conversations"]:
            if channel in {conversation["id"], conversation["name"]}:
                messages = conversation["messages"]
                return messages
        raise AssertionError(f"{self.id} sees no conversation {channel}")

    def dm(self) -> list[Json]:
        """The direct messages with the app, oldest first."""
        messages: list[Json] = self._conversation_with_app()["messages"]
        return messages

    def dm_id(self) -> str:
        return str(self._conversation_with_app()["id"])

    def wait_for_dm(self, text: str, seconds: float = 10, *, is_broadcast: bool = False) -> Json:
        """The newest direct message from the app that contains the text, in its words or its blocks.

        With is_broadcast only an answer in a thread will do that was sent to the conversation as well.
        """

        def found() -> Json | None:
            seen = [one for one in self.dm() if one["broadcast"] or not is_broadcast]
            return next((one for one in reversed(seen) if text in one["text"] or text in json.dumps(one)), None)

        message = self.wait_for(found, seconds, what=f"a message with {text!r}")
        assert message
        return message

    def own_message(self, job: int) -> Json:
        """The message that goes with the job, which waits or runs."""

        def found() -> Json | None:
            tops = [one for one in self.dm() if one["thread_ts"] in (None, one["ts"])]
            begun = (f"Job {job} waits", f"Job {job} started")
            return next((one for one in reversed(tops) if any(words in one["text"] for words in begun)), None)

        message = self.wait_for(found, what=f"the own message of job {job}")
        assert message
        return message

    def wait_for(self, condition: Callable[[], T | Literal[False] | None], seconds: float = 10, *, what: str = "") -> T:
        return wait_for(condition, seconds, what=what)

    def _conversation_with_app(self) -> Json:
        return next(one for one in self.state()["conversations"] if one["with_app"])

    def _act(self, path: str, **body: Any) -> Json:
        return self.workspace.post(f"/people/{self.id}/{path}", body)
