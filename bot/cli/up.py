"""`scriptrunner up`: bot and runner together, with the stand-in workspace where no Slack token is set."""

import ctypes
import json
import os
import secrets as random_source
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from bot.app.config import BotConfig
from bot.app.stopping import Stopping
from bot.slack.tokens import check_tokens
from runner.app.bootstrap import Assembly
from runner.errors import ScriptRunnerError
from runner.settings import Secrets
from runner.system import atomic_files
from runner.system.environment import handed_over
from runner.system.ports import check_port
from runner.system.wakeup import wake

Part = subprocess.Popen[str]
_START_SECONDS = 30
_STOP_SECONDS = 20
_PAUSE_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1  # prctl(2)


def up(config: BotConfig, secrets: Secrets, *, path: Path, assembly: Assembly, stopping: Stopping) -> None:
    """Run everything until ``stopping`` is set; ScriptRunnerError where a part ends by itself, or cannot start."""
    is_slack = bool(secrets.slack_bot_token or secrets.slack_app_token)
    check_tokens(secrets)
    _check_ports(config, is_slack=is_slack)
    with ExitStack() as parts:
        environment = dict(os.environ) | secrets.without_scripts().environment()
        running: dict[str, Part] = {}
        page = url = page_secret = None
        if not is_slack:
            tokens = _made_up_tokens()
            page_secret = random_source.token_urlsafe(24)
            given = dict(os.environ) | tokens | {"WORKSPACE_SECRET": page_secret}
            running["workspace"] = parts.enter_context(_part(_workspace(config), given, stdout=subprocess.PIPE))
            page = _address(running["workspace"], stopping)
            url = None if page is None else page.partition("/?")[0]
            environment |= tokens | {"SLACK_API_URL": f"{url}/api/"}
            _put_samples(config.workspace.samples, assembly.inbox.folder)
        program = [sys.executable, "-m", "bot", "--config", str(path)]
        for_runner = secrets.environment() | environment
        for name, given in (("runner", for_runner), ("bot", environment if is_slack else _directly(environment))):
            if not stopping.is_set():
                stdout = subprocess.PIPE if name == "bot" else None  # it says a word there once it is ready
                running[name] = parts.enter_context(_part([*program, name], given, stdout=stdout))
        ready = partial(wake, assembly.paths.wakeup_socket)
        _wait_until(ready, "The runner did not become ready", running, stopping)
        if url is not None:
            _wait_until(
                partial(_is_connected, url, page_secret), f"The bot did not connect to {url}", running, stopping
            )
        else:
            _wait_for_bot(running, stopping)
        if not stopping.is_set():
            _announce(config, assembly, page)
        _watch(running, stopping)
        print("Stopping; jobs that run go on.", flush=True)


def _check_ports(config: BotConfig, *, is_slack: bool) -> None:
    """Say at once which port is taken, rather than after half of the parts have started."""
    if not is_slack:
        check_port("workspace.port", config.workspace.host, config.workspace.port)
    if config.retrieval.server:
        check_port("retrieval.port", config.retrieval.listen, config.retrieval.port)
    if config.slack.mode == "http":
        check_port("slack.http_port", config.slack.http_host, config.slack.http_port)


def _made_up_tokens() -> dict[str, str]:
    made = random_source.token_hex(12)
    return {
        "SLACK_BOT_TOKEN": f"xoxb-{made}",
        "SLACK_APP_TOKEN": f"xapp-{made}",
        "SLACK_SIGNING_SECRET": random_source.token_hex(16),
    }


def _directly(environment: Mapping[str, str]) -> dict[str, str]:
    """Without proxies: slack_sdk 3.47 knows no NO_PROXY and would ask one for the stand-in on this machine."""
    return {name: value for name, value in environment.items() if name.upper() not in ("HTTP_PROXY", "HTTPS_PROXY")}


def _workspace(config: BotConfig) -> list[str]:
    command = [sys.executable, "-m", "bot.cli.stand_in", "--manifest", str(config.workspace.manifest)]
    command += ["--host", config.workspace.host, "--port", str(config.workspace.port)]
    if config.slack.mode == "http":
        command += ["--request-url", f"http://{config.slack.http_host}:{config.slack.http_port}/slack/events"]
    return command


@contextmanager
def _part(command: list[str], environment: Mapping[str, str], *, stdout: int | None = None) -> Iterator[Part]:
    """A process in a group of its own, so that Ctrl-C reaches only us and each part is told to stop once.

    Where we are killed, the system tells it to stop.
    """
    follow = partial(_end_with, os.getpid(), ctypes.CDLL(None))
    with handed_over(environment) as (open_to_all, handles):
        process = subprocess.Popen(
            command,
            env=open_to_all,
            pass_fds=handles,
            stdout=stdout,
            text=True,
            process_group=0,
            preexec_fn=follow,  # noqa: PLW1509  # there are no threads here
        )
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _end_with(parent: int, libc: ctypes.CDLL) -> None:
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # killed before we could ask
        os._exit(1)


def _address(workspace: Part, stopping: Stopping) -> str | None:
    """Wait for the address that the workspace prints once it listens; None where we are to stop before that."""
    assert workspace.stdout is not None  # noqa: S101  # it is a pipe
    while not select.select([workspace.stdout], [], [], _PAUSE_SECONDS)[0]:
        if stopping.is_set():
            return None
    word, _, url = workspace.stdout.readline().strip().partition(" ")
    if word != "workspace":
        raise ScriptRunnerError("The stand-in workspace did not start; its message stands above.")
    return url


def _put_samples(samples: Path, inbox: Path) -> None:
    """Copies, so that cleanup removes them like any other input."""
    for sample in sorted(each for each in samples.glob("*") if each.is_file()):
        copy = inbox / sample.name
        with suppress(FileExistsError):
            if not copy.exists():
                atomic_files.create(copy, sample.read_bytes())


def _wait_until(condition: Callable[[], bool], failure: str, running: Mapping[str, Part], stopping: Stopping) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not stopping.is_set() and not condition():
        _check(running)
        if time.monotonic() > deadline:
            raise ScriptRunnerError(f"{failure} within {_START_SECONDS} s.")
        stopping.wait(_PAUSE_SECONDS)


def _is_connected(url: str, page_secret: str | None) -> bool:
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"Authorization": f"Bearer {page_secret}"}
    with directly.open(urllib.request.Request(f"{url}/people", headers=headers)) as answer:  # noqa: S310  # our own
        return bool(json.load(answer)["connected"])


def _wait_for_bot(running: Mapping[str, Part], stopping: Stopping) -> None:
    """However long Slack is away: the bot says so, and ends where waiting will not help."""
    while not stopping.is_set() and not _says_something(running["bot"]):
        _check(running)


def _says_something(part: Part) -> bool:
    assert part.stdout is not None  # noqa: S101  # it is a pipe
    return bool(select.select([part.stdout], [], [], _PAUSE_SECONDS)[0]) and bool(part.stdout.readline())


def _announce(config: BotConfig, assembly: Assembly, page: str | None) -> None:
    if page is None:
        print("ScriptRunner is up and connected to Slack. Type /runscript there.", flush=True)
    else:
        print(
            "\nScriptRunner is up. No Slack token is set, so this machine plays Slack. Open\n\n"
            f"    {page}\n\nchoose a person, and type  /runscript  in the message box.",
            flush=True,
        )
    if not config.mail.host:
        print(f"No mail server is set; mails go to the Maildir {assembly.paths.mail}", flush=True)
    print("Ctrl-C stops it.\n", flush=True)


def _watch(running: Mapping[str, Part], stopping: Stopping) -> None:
    while not stopping.wait(0.5):
        _check(running)


def _check(running: Mapping[str, Part]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise ScriptRunnerError(f"The {name} has ended by itself; its messages stand above.")
