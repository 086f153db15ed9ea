"""A whole ScriptRunner in a temporary folder: its settings, its processes, and the clients people use."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.slack.person import Json, Person, Workspace, wait_for

ROOT = Path(__file__).parents[3]
SIGNING_KEY = "what the samples sign with, in tests alone"
_SHARING = ("Tell people when it has ended", "Tell channels when it has ended", "What they get")
OF_EVERY_FORM = ("Save these values as", *_SHARING)
_START_SECONDS = 90  # of four processes on a machine that does much else
_ADDRESS = re.compile(r"^ {4}(http://\S+)$", re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Installation:
    """`scriptrunner up` on settings of its own."""

    folder: Path
    scripts: Path = ROOT / "scripts"
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    url: str = ""

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def config(self) -> Path:
        return self.folder / "scriptrunner.yml"

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text()

    def start(self) -> "Installation":
        written = {
            "data": str(self.data),
            "scripts": str(self.scripts),
            "retrieval": {"port": free_port()},
            "workspace": {"port": 0, "manifest": str(ROOT / "manifest.yml"), "samples": str(ROOT / "etc/inbox")},
        } | self.settings
        self.folder.mkdir(exist_ok=True)
        self.config.write_text(yaml.safe_dump(written))
        with (self.folder / "up.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "--config", str(self.config), "up"],
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
                | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = wait_for(self._address, _START_SECONDS, what="address of the page")
        return self

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def person(self, user_id: str) -> Person:
        return Workspace(self.url).person(user_id)

    def scp(self, command: str, password: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """Paste an scp command into a shell in a new folder, type the password; the folder is in ``fetched``."""
        ask = self.folder / "askpass"
        ask.write_text('#!/bin/sh\nprintf "%s\\n" "$TYPED"\n')
        ask.chmod(0o700)
        trusting = "-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        self.fetched = Path(tempfile.mkdtemp(dir=self.folder))
        return subprocess.run(
            ["sh", "-c", command.replace("scp ", f"scp {trusting} {' '.join(options)} ", 1)],
            cwd=self.fetched,
            env=os.environ | {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "TYPED": password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _address(self) -> str | None:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        found = _ADDRESS.search(self.log)
        return found and found[1]


class Form:
    """The form of /runscript as a person fills it in, by the labels of its fields.

    It is opened with what is typed after the command; without that, the one that the person has open is meant.
    """

    def __init__(self, person: Person, typed: str | None = None) -> None:
        self.person = person
        if typed is not None:
            before = {view["id"] for view in person.views()}
            answer = person.command(f"/runscript {typed}")
            assert answer["ok"], answer
            wait_for(lambda: person.top_view()["id"] not in before, what="another form")
        person.top_view(callback_id="runscript.form")

    def fields(self) -> dict[str, Json]:
        """The input blocks by label."""
        blocks = self.person.top_view()["blocks"]
        return {block["label"]["text"]: block for block in blocks if block["type"] == "input"}

    def field(self, label: str) -> Json:
        """The input block of that label, waited for: it may appear with what was entered, or be behind *More*."""
        if label not in self.fields() and any(self._offers_more()):
            self.press_more()
        return wait_for(lambda: self.fields().get(label), what=f"a field {label}")

    def press_more(self) -> "Form":
        """Press *More*, or *Less* where that is what the form offers."""
        (block,) = self._actions("runscript.advanced")
        value, before = block["elements"][0]["value"], self.person.top_view()["hash"]
        answer = self.person.press(self.person.in_view(), block["block_id"], "runscript.advanced", value)
        assert answer["ok"], answer
        wait_for(lambda: self.person.top_view()["hash"] != before, what="the form drawn anew")
        return self

    def answer_source(self, label: str, source: str) -> "Form":
        """Say where the file of an input comes from."""
        return self.fill(f"{label}: inbox or upload?", source)

    def upload(self, label: str, *files: str) -> "Form":
        """Choose to upload an input where the form asks, and upload these files."""
        if f"{label}: inbox or upload?" in self.fields():
            self.answer_source(label, "upload")
            wait_for(lambda: self._kind(label) == "file_input", what="a field for the upload")
        return self.fill(label, list(files))

    def content(self, label: str) -> Any:
        """What stands in a field: text, a number in seconds, or the values of options; None while it is empty."""
        block = self.field(label)
        entry = self.person.values()[block["block_id"]][block["element"]["action_id"]]
        found = next(value for key, value in entry.items() if key not in ("type", "timezone"))
        if isinstance(found, list):
            if not found and block["element"]["type"] == "file_input":
                return None
            return [each["value"] if isinstance(each, dict) else each for each in found]
        return found["value"] if isinstance(found, dict) else found

    def labels(self) -> list[str]:
        """The labels of the script's own fields, in their order."""
        _, *own = self.fields()
        return [label for label in own if label not in OF_EVERY_FORM and not label.endswith(": inbox or upload?")]

    def fill(self, label: str, value: Any, *, enter: bool = False) -> "Form":
        """Enter a value, and press Enter after it where that is asked for."""
        block = self.field(label)
        answer = self.person.fill(block["block_id"], block["element"]["action_id"], value, enter=enter)
        assert answer["ok"], answer
        return self

    def offered(self, label: str, typed: str = "") -> list[str]:
        """The values that a field offers when something is typed into it; those of a menu, buttons or boxes at once."""
        block = self.field(label)
        found = block["element"].get("options")
        if found is None:
            answer = self.person.options(block["block_id"], block["element"]["action_id"], typed)
            groups = answer.get("option_groups") or [answer]  # in a group that says so where there are others
            found = [option for group in groups for option in group["options"]]
        return [option["value"] for option in found]

    def choose(self, label: str, *typed: str) -> "Form":
        """Type into a type-ahead and take the first option; where several can be chosen, that of each text."""
        chosen: list[str] = []
        for text in typed:
            chosen.append(self.offered(label, text)[0])
            is_multiple = self.field(label)["element"]["type"].startswith("multi_")
            self.fill(label, list(chosen) if is_multiple else chosen[0])
        return self

    def fill_in(self, value: str) -> "Form":
        """Choose an entry of the menu that fills in the whole form, by its value."""
        (menu,) = self._actions("runscript.fill")
        answer = self.person.press(self.person.in_view(), menu["block_id"], "runscript.fill", value)
        assert answer["ok"], answer
        return self

    def submit(self) -> int:
        """The number of the job that waits then."""
        answer = self.person.submit()
        assert answer["ok"], answer
        return int(re.search(r"Job (\d+) queued", texts(self.person.top_view()))[1])  # type: ignore[index]

    def confirm(self) -> int:
        """Submit, and say yes to the question that comes then; the number of the job."""
        answer = self.person.submit()
        assert answer["ok"], answer
        self.person.top_view(callback_id="runscript.review")
        return self.submit()

    def _actions(self, action_id: str) -> list[Json]:
        """The blocks with that button or menu first."""
        blocks = [block for block in self.person.top_view()["blocks"] if block["type"] == "actions"]
        return [block for block in blocks if block["elements"][0]["action_id"] == action_id]

    def _offers_more(self) -> list[bool]:
        return [block["elements"][0]["value"] == "show" for block in self._actions("runscript.advanced")]

    def _kind(self, label: str) -> str:
        return str(self.fields().get(label, {"element": {"type": ""}})["element"]["type"])

    def refused(self) -> dict[str, str]:
        """Submit what must be refused; the problems by label."""
        answer = self.person.submit()
        assert not answer["ok"], answer
        labels = {block["block_id"]: label for label, block in self.fields().items()}
        return {labels[block_id]: problem for block_id, problem in answer["errors"].items()}


def texts(node: Any) -> str:
    """All texts in a view or in blocks, one a line."""
    return "\n".join(_texts(node))


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["text"]] if isinstance(node.get("text"), str) else []
        return found + [text for key, value in node.items() if key != "text" or found == [] for text in _texts(value)]
    return [text for each in node for text in _texts(each)] if isinstance(node, list) else []


def preformatted(message: Json) -> list[str]:
    """The boxes of a message that are made for copying: the scp command, its password, and what comes after these."""
    boxes = [
        element["elements"][0]["text"]
        for block in message["blocks"]
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] == "rich_text_preformatted"
    ]
    first = next((place for place, box in enumerate(boxes) if box.startswith(("scp ", "sftp "))), 0)
    return boxes[first:]
