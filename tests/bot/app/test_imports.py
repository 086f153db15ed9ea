"""What the processes that run all day import is what they need: the rest would take memory and time."""

import re
import socket
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


def test_what_serves_ssh_is_imported_when_the_first_person_connects(here: Command) -> None:
    host_keys.load_or_make(
        here.data / "ssh_host_ed25519_key"
    )  # so that no other process makes it, and says what it imports
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
