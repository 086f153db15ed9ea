"""`scriptrunner up`: bot and runner together, with the stand-in workspace where no Slack token is set."""

import json
import logging
import os
import secrets as random_source
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bot.settings import BotConfig
from runner.assembly import Assembly
from runner.config import Secrets
from runner.errors import ScriptRunnerError

_log = logging.getLogger(__name__)
_START_SECONDS = 30
_STOP_SECONDS = 20


def up(config: BotConfig, secrets: Secrets, *, path: Path, assembly: Assembly, stopping: threading.Event) -> None:
    """Run everything until ``stopping`` is set; ScriptRunnerError where a part ends by itself."""
    with ExitStack() as parts:
        environment = dict(os.environ) | secrets.environment()
        url = None
        if not secrets.slack_bot_token and not secrets.slack_app_token:
            environment |= _made_up_tokens()
            workspace, url = parts.enter_context(_workspace(config, environment))
            environment["SLACK_API_URL"] = f"{url}/api/"
            _put_samples(config.workspace.samples, assembly.inbox.folder)
        program = [sys.executable, "-m", "bot", "--config", str(path)]
        running = {name: parts.enter_context(_part([*program, name], environment)) for name in ("runner", "bot")}
        if url is not None:
            running["workspace"] = workspace
            _wait_until_connected(url, running)
        _announce(config, assembly, url)
        _watch(running, stopping)
        print("Stopping; jobs that run go on.", flush=True)


def _made_up_tokens() -> dict[str, str]:
    made = random_source.token_hex(12)
    return {
        "SLACK_BOT_TOKEN": f"xoxb-{made}",
        "SLACK_APP_TOKEN": f"xapp-{made}",
        "SLACK_SIGNING_SECRET": random_source.token_hex(16),
    }


@contextmanager
def _workspace(config: BotConfig, environment: Mapping[str, str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "bot.workspace", "--manifest", str(config.workspace.manifest)]
    command += ["--host", config.workspace.host, "--port", str(config.workspace.port)]
    if config.slack.mode == "http":
        command += ["--request-url", f"http://{config.slack.http_host}:{config.slack.http_port}/slack/events"]
    with _part(command, environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        word, _, url = process.stdout.readline().strip().partition(" ")
        if word != "workspace":
            raise ScriptRunnerError("The stand-in workspace did not start; its message stands above.")
        yield process, url


@contextmanager
def _part(
    command: list[str], environment: Mapping[str, str], *, stdout: int | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A process in a group of its own, so that Ctrl-C reaches only us and each part is told to stop once."""
    process = subprocess.Popen(command, env=dict(environment), stdout=stdout, text=True, process_group=0)
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _put_samples(samples: Path, inbox: Path) -> None:
    """Copies, so that cleanup removes them like any other input."""
    for sample in sorted(samples.glob("*")):
        with suppress(FileExistsError), sample.open("rb") as source:
            handle = os.open(inbox / sample.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as copy:
                shutil.copyfileobj(source, copy)


def _wait_until_connected(url: str, running: Mapping[str, "subprocess.Popen[str]"]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        _check(running)
        with urllib.request.urlopen(f"{url}/people") as answer:  # noqa: S310  # our own address
            if json.load(answer)["connected"]:
                return
        time.sleep(0.1)
    raise ScriptRunnerError(f"The bot did not connect to {url} within {_START_SECONDS} s; its messages stand above.")


def _announce(config: BotConfig, assembly: Assembly, url: str | None) -> None:
    if url is None:
        print("ScriptRunner is up and connected to Slack. Type /runscript there.", flush=True)
    else:
        print(
            "\nScriptRunner is up. No Slack token is set, so this machine plays Slack. Open\n\n"
            f"    {url}\n\nchoose a person, and type  /runscript  in the message box.",
            flush=True,
        )
    if not config.mail.host:
        print(f"No mail server is set; mails go to the Maildir {assembly.mail_folder}", flush=True)
    print("Ctrl-C stops it.\n", flush=True)


def _watch(running: Mapping[str, "subprocess.Popen[str]"], stopping: threading.Event) -> None:
    while not stopping.wait(0.5):
        _check(running)


def _check(running: Mapping[str, "subprocess.Popen[str]"]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise ScriptRunnerError(f"The {name} has ended by itself; its messages stand above.")
