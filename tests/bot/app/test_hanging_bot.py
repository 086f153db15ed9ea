"""A bot in which something hangs: it says that it lives only while it can answer, is ended, and says what hung."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.listeners.turns import MOST_OF_ONE, THREADS
from runner.system.beats import Beat, last_beat
from tests.support.machine import impatient
from tests.support.machine.command import ROOT, Command, slack
from tests.support.machine.installation import free_port
from tests.support.machine.notified import Notified, notified
from tests.support.slack.person import MARIA, Person, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS

LISTENERS = "listener"
PEOPLE = -(-THREADS // MOST_OF_ONE)  # as many as it takes to have all listeners run
PERIOD = {"WATCHDOG_USEC": "12000000"}


@dataclass
class Bot:
    command: Command
    process: "subprocess.Popen[bytes]"
    notified: Notified
    workspace: Workspace

    @property
    def maria(self) -> Person:
        return self.workspace.person(MARIA)

    def hang(self, thread: str, how: str) -> None:
        impatient.hang(self.command.folder, thread, how)

    def ask(self) -> None:
        """Ask for a list of jobs, waiting for no answer longer than Slack would."""
        self.maria.command("/jobs")

    def ask_with_many(self) -> None:
        """Have every listener take up a question, each person asking as much as is worked on at once."""
        members = [each["id"] for each in self.workspace.people() if each["id"].startswith("U0CROWD")]
        for number in range(THREADS):
            self.workspace.person(members[number // MOST_OF_ONE]).command("/jobs")

    def beat(self) -> Beat | None:
        return last_beat(self.command.data / "bot.beat")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Bot]]:
    """Starts a bot with deadlines of seconds, connected to a Slack of its own, as systemd would."""
    command = Command(tmp_path, dict(SECRETS))
    with ExitStack() as ending, notified(tmp_path) as watcher:

        def begin(mode: str = "socket") -> Bot:
            port = free_port()
            command.write(slack={"mode": mode, "http_port": port})
            url = f"http://127.0.0.1:{port}/slack/events" if mode == "http" else None
            workspace = ending.enter_context(slack(tmp_path, request_url=url, more_people=PEOPLE))
            environment = os.environ | SECRETS | PERIOD
            environment |= {"SLACK_API_URL": workspace.api_url, "NOTIFY_SOCKET": str(watcher.path)}
            log = ending.enter_context((tmp_path / "log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.machine.impatient", "bot", str(command.config)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
            ending.callback(process.wait)
            ending.callback(process.kill)
            wait_for(lambda: watcher.count("READY"), 60, what="ready")
            return Bot(command, process, watcher, workspace)

        yield begin


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_bot_is_said_to_live_while_it_answers_and_not_once_all_its_listeners_hang(
    start: Callable[..., Bot], mode: str
) -> None:
    bot = start(mode)
    before = bot.notified.count("WATCHDOG")
    wait_for(lambda: bot.notified.count("WATCHDOG") > before + 1, 30, what="beats")

    bot.hang(LISTENERS, "fifo")
    bot.ask_with_many()

    wait_for(lambda: bot.command.log.count("listener _Jobs.command has taken") == THREADS, 30, what="logged")
    wait_for(lambda: (beat := bot.beat()) and "the taking up of what people do has not turned" in beat.hangs, 30)
    beats = bot.notified.count("WATCHDOG")
    assert bot.process.wait(30) == 1
    assert bot.notified.count("WATCHDOG") <= beats + 1, "one may have been under way"
    assert bot.command.log.count("listener _Jobs.command has taken") == THREADS, "each is logged once"
    assert "the taking up of what people do has not turned for" in bot.command.log
    assert "in _read_what_never_comes\n" in bot.command.log
    assert "Timeout (0:00:05)!" in bot.command.log
    assert bot.beat() is None


def test_one_listener_that_hangs_is_logged_with_its_stack_and_the_others_answer(start: Callable[..., Bot]) -> None:
    bot = start()
    bot.hang(LISTENERS, "fifo")
    bot.ask()
    bot.command.wait_for_log("listener _Jobs.command has taken")
    (bot.command.folder / "hang").unlink()

    beats = bot.notified.count("WATCHDOG")
    wait_for(lambda: bot.notified.count("WATCHDOG") > beats + 3, 30, what="beats")

    assert bot.maria.command("/jobs help")["ok"]
    assert "in _read_what_never_comes\n" in bot.command.log
    assert "has not turned" not in bot.command.log


def test_bot_whose_interpreter_is_held_ends_by_itself_and_says_where(start: Callable[..., Bot]) -> None:
    bot = start()
    bot.hang(LISTENERS, "interpreter")

    bot.ask()

    assert bot.process.wait(60) == 1
    assert "Timeout (0:00:05)!" in bot.command.log
    assert "in _hold_the_interpreter" in bot.command.log


@pytest.mark.parametrize("how", ["fifo", "interpreter"])
def test_term_ends_a_bot_in_which_all_listeners_hang(start: Callable[..., Bot], how: str) -> None:
    bot = start()
    bot.hang(LISTENERS, how)
    (bot.ask if how == "interpreter" else bot.ask_with_many)()

    bot.process.send_signal(signal.SIGTERM)

    assert bot.process.wait(60) == 1
    assert "Thread 0x" in bot.command.log


def test_bot_that_stops_says_so_and_ends_at_once(start: Callable[..., Bot]) -> None:
    bot = start()

    bot.process.send_signal(signal.SIGTERM)

    assert bot.process.wait(30) == 0
    assert bot.notified.count("STOPPING") == 1
    assert bot.notified.messages()[0]["STATUS"]


def test_bot_that_was_suspended_at_a_terminal_goes_on(start: Callable[..., Bot]) -> None:
    bot = start()
    bot.process.send_signal(signal.SIGTSTP)
    os.waitid(os.P_PID, bot.process.pid, os.WSTOPPED)
    until = time.monotonic() + 10.5  # as long as the watchdog takes for an absence
    wait_for(lambda: time.monotonic() > until, 30, what="longer than it may be silent")

    bot.process.send_signal(signal.SIGCONT)

    beats = bot.notified.count("WATCHDOG")
    wait_for(lambda: bot.notified.count("WATCHDOG") > beats + 2, 30, what="beats")
    assert "has not turned" not in bot.command.log
    assert "Timeout" not in bot.command.log
