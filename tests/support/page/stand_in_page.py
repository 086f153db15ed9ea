"""The page of the stand-in workspace: a Bolt app behind it, a person before it, and the blocks of its forms."""

import queue
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.support.slack.stand_in import SECRETS, running_workspace

MANIFEST = """
display_information: {name: Form Tester}
features:
  app_home: {home_tab_enabled: true, messages_tab_enabled: true}
  bot_user: {display_name: Form Tester}
  slash_commands:
    - {command: /form, description: Opens the form, usage_hint: "[words]"}
    - {command: /say, description: Says something}
  shortcuts:
    - {name: Use this file, type: message, callback_id: use, description: Begins with the file of a message}
    - {name: Keep this, type: message, callback_id: keep, description: Keeps a message}
    - {name: Begin, type: global, callback_id: begin, description: Begins anywhere}
oauth_config:
  scopes:
    bot: [commands, "chat:write", "users:read", "users:read.email", "files:read", "files:write", "reactions:write"]
settings:
  event_subscriptions: {bot_events: [app_home_opened]}
  interactivity: {is_enabled: true}
  socket_mode_enabled: true
"""
Offer = Callable[[str], dict[str, Any]]
Redraw = Callable[[dict[str, Any]], list[dict[str, Any]]]
FRUIT = ["apple", "apricot", "banana", "cherry"]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def option(value: str, text: str | None = None) -> dict[str, Any]:
    return {"text": {**plain(text or value), "emoji": True}, "value": value}


def field(element: dict[str, Any], block_id: str = "field", label: str = "The field", **rest: Any) -> dict[str, Any]:
    element = {"action_id": block_id, **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **rest}


def section(text: str, **rest: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **rest}


def button(action_id: str, text: str = "Press", **rest: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "button", "action_id": action_id, "text": plain(text), **rest}]}


@contextmanager
def serving_page(folder: Path) -> Iterator[str]:
    """The address of a stand-in of its own for the app of the manifest above."""
    manifest = folder / "manifest.yml"
    manifest.write_text(MANIFEST)
    with running_workspace(manifest=manifest) as workspace:
        yield workspace.url


class FormApp:
    """A Bolt app that opens the form a test gives it, says what a test gives it, and keeps what arrives."""

    def __init__(self, base_url: str) -> None:
        self.client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=f"{base_url}/api/")
        self.form: list[dict[str, Any]] = []
        self.title = "A form"
        self.message: dict[str, Any] = {"text": "nothing"}
        self.home: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}
        self.hold = threading.Event()
        self.hold.set()
        self.offer: Offer = lambda typed: {
            "options": [option(f"inbox/{each}", each) for each in FRUIT if typed in each]
        }
        self.redraw: Redraw | None = None
        self.submissions: queue.Queue[dict[str, Any]] = queue.Queue()
        self.actions: queue.Queue[dict[str, Any]] = queue.Queue()
        self.shortcuts: queue.Queue[dict[str, Any]] = queue.Queue()
        self.handler = SocketModeHandler(self._app(), SECRETS["SLACK_APP_TOKEN"])

    def _app(self) -> App:
        app = App(client=self.client)
        app.command("/form")(self._open_form)
        app.command("/say")(self._say)
        app.action(re.compile("."))(self._act)
        app.options(re.compile("."))(self._offer)
        app.view("form")(self._submit)
        for callback_id in ("use", "begin"):
            app.shortcut(callback_id)(self._open_by_shortcut)
        app.event("app_home_opened")(self._show_home)
        return app

    def view(self, blocks: list[dict[str, Any]]) -> dict[str, Any]:
        submit = {"submit": plain("Send")} if any(block["type"] == "input" for block in blocks) else {}
        return {"type": "modal", "callback_id": "form", "title": plain(self.title), "blocks": blocks, **submit}

    def entry(self, block_id: str = "field") -> dict[str, Any]:
        """What the next submission says of one field."""
        entry: dict[str, Any] = self.submissions.get(timeout=10)[block_id][block_id]
        return entry

    def download(self, file: dict[str, Any]) -> bytes:
        """A file's content, fetched with the bot's token."""
        request = Request(  # noqa: S310 - a loopback address
            file["url_private_download"], headers={"Authorization": f"Bearer {SECRETS['SLACK_BOT_TOKEN']}"}
        )
        with urlopen(request, timeout=10) as response:  # noqa: S310 - a loopback address
            content: bytes = response.read()
        return content

    def _open_form(self, ack: Ack, body: dict[str, Any]) -> None:
        ack()
        self.client.views_open(trigger_id=body["trigger_id"], view=self.view(self.form))

    def _open_by_shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        ack()
        self.shortcuts.put(body)
        self.client.views_open(trigger_id=body["trigger_id"], view=self.view(self.form))

    def _say(self, ack: Ack, body: dict[str, Any]) -> None:
        if body["text"] == "privately":
            ack(self.message["text"])
            return
        ack()
        self.client.chat_postMessage(channel=body["user_id"], **self.message)

    def _act(self, ack: Ack, body: dict[str, Any]) -> None:
        ack()
        self.actions.put(body["actions"][0])
        if self.redraw:
            blocks = self.redraw(body["actions"][0])
            self.client.views_update(view_id=body["view"]["id"], view=self.view(blocks))

    def _offer(self, ack: Ack, payload: dict[str, Any]) -> None:
        ack(self.offer(payload["value"]))

    def _submit(self, ack: Ack, view: dict[str, Any]) -> None:
        self.hold.wait(10)
        self.submissions.put(view["state"]["values"])
        ack(self.answer) if self.answer else ack()

    def _show_home(self, event: dict[str, Any]) -> None:
        self.client.views_publish(user_id=event["user"], view={"type": "home", "blocks": self.home})


class Visitor:
    """A person at the page."""

    def __init__(self, page: Page, person_id: str) -> None:
        self.page = page
        self.person_id = person_id
        self.box = page.locator("#message-box")
        self.modal = page.get_by_role("dialog")
        self.log = page.get_by_role("log")

    def type(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def open_form(self) -> None:
        self.type("/form now")
        expect(self.modal).to_be_visible()

    def element(self, action_id: str = "field") -> Locator:
        return self.page.locator(f'[data-action-id="{action_id}"]')

    def send_form(self) -> None:
        self.modal.get_by_role("button", name="Send").click()

    def choose(self, name: str) -> None:
        self.page.get_by_role("option", name=name).click()
