"""What the processes that run all day import is what they need: the rest would take memory and time."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runner.retrieval import host_keys
from tests.support.machine.command import Command

_IMPORTED = re.compile(r"^import time:.*\| *(\S+)$", re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path) -> Command:
    """A command whose processes write to the log what they import."""
    command = Command(tmp_path, {"PYTHONPROFILEIMPORTTIME": "1"})
    command.write()
    return command


def imported(here: Command) -> set[str]:
    return set(_IMPORTED.findall(here.log))


def test_runner_does_without_what_the_bot_needs(here: Command) -> None:
    with here.running("runner"):
        here.wait_for_log("runner ready")

        found = imported(here)

    assert "runner.app.daemon" in found
    assert found.isdisjoint({"slack_bolt", "waitress", "smtplib", "bot.app.factory", "bot.app.connection"})


FRONT_END = """
import sys
from pathlib import Path
import bot.app.connection
from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.jobs import Requester
from runner.system.clock import system_clock

assembly = Assembly(BotConfig(data=sys.argv[1], scripts=sys.argv[2]), clock=system_clock)
service = assembly.service()
person = Requester(user_id="U0ADA", team_id="T1", email="ada@example.org", name="Ada")
script = service.scripts.find(person, "work.sh", exactly=True)
job = service.submit(person, script, {}, submission="view:V1")
service.cancel(person, job.id)
print(assembly.store.outbox.next_due(channel="slack") is not None, *sys.modules)
"""


def test_bot_owes_messages_without_what_sends_them_and_without_executors(tmp_path: Path) -> None:
    script = tmp_path / "scripts/work.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)

    said = subprocess.run(
        [sys.executable, "-c", FRONT_END, tmp_path / "var", script.parent],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout

    is_owed, *found = said.split()
    assert is_owed == "True"
    ends_choices = {"runner.supervision"} | {
        f"runner.supervision.{name}" for name in ("command", "first_line", "handover", "processes", "startable")
    }
    assert (
        not {name for name in found if name.startswith(("runner.supervision", "runner.worker.worker"))} - ends_choices
    )
    assert {name for name in found if name.startswith("runner.executors.")} == {
        "runner.executors.protocol",
        "runner.executors.settings",
    }
    senders = {f"runner.notifications.{name}" for name in ("slack", "smtp", "maildir", "mail")}
    assert senders.isdisjoint(found)
    assert "smtplib" not in found
    assert not [name for name in found if name.startswith(("matplotlib", "numpy"))]  # another process draws


def test_what_serves_ssh_is_imported_when_the_first_person_connects(here: Command) -> None:
    # Made here, so that no other process makes it, and says what it imports.
    host_keys.load_or_make(here.data / "ssh_host_ed25519_key")
    with here.running("runner"):
        here.wait_for_log("runner ready")
        before = imported(here)
        port = re.search(r"SSH server listens on 127\.0\.0\.1 port (\d+)", here.log)
        assert port

        with socket.create_connection(("127.0.0.1", int(port[1])), timeout=30) as person:
            greeting = person.recv(20, socket.MSG_WAITALL)

        assert greeting == b"SSH-2.0-ScriptRunner"
        assert before.isdisjoint({"asyncssh", "cryptography"})
        assert "asyncssh" in imported(here)
