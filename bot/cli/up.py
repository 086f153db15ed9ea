"""`scriptrunner up`: bot and runner together, with the stand-in workspace where no Slack token is set."""

import os
import secrets as random_source
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bot.app.config import BotConfig
from bot.app.stopping import Stopping
from bot.cli.parts import Parts
from bot.slack.tokens import check_tokens
from runner.app.bootstrap import Assembly
from runner.app.doctor import is_running
from runner.errors import ScriptRunnerError
from runner.settings import Secrets
from runner.system import atomic_files
from runner.system.notify import Notifier
from runner.system.ports import check_port

STATE_FILE = "workspace.json"

_LOCK_SECONDS = 2  # for a runner that is about to end
_PAUSE_SECONDS = 0.2
_BEAT_SECONDS = 5


def up(config: BotConfig, secrets: Secrets, *, path: Path, assembly: Assembly, stopping: Stopping) -> None:
    """Run everything until ``stopping`` is set; parts that die or hang are started again.

    ScriptRunnerError where something is in the way from the start, ConfigError where a part cannot run as it is set up.
    """
    notifier = Notifier.taken_from(os.environ)
    is_slack = bool(secrets.slack_bot_token or secrets.slack_app_token)
    check_tokens(secrets)
    _check_ports(config, is_slack=is_slack)
    _check_runner(config, stopping)
    with Parts() as parts:
        environment = dict(os.environ) | secrets.without_scripts().environment()
        url = page = None
        if not is_slack:
            tokens, page_secret = _made_up_tokens(), random_source.token_urlsafe(24)
            given = dict(os.environ) | tokens | {"WORKSPACE_SECRET": page_secret}
            url = _start_workspace(parts, config, given, stopping)
            page = f"{url}/?secret={page_secret}"
            environment |= tokens | {"SLACK_API_URL": f"{url}/api/"}
            _put_samples(config.workspace.samples, assembly.inbox.folder)
        program = [sys.executable, "-m", "bot", "--config", str(path)]
        for_runner = secrets.environment() | environment
        for_bot = environment if is_slack else _directly(environment)
        started = [parts.add("runner", [*program, "runner"], for_runner), parts.add("bot", [*program, "bot"], for_bot)]
        _see_to(parts, stopping, until=lambda: all(part.is_ready for part in started))
        if not stopping.is_set():
            _announce(config, assembly, page)
            notifier.tell(READY="1")
        _keep_running(parts, stopping, notifier)
        notifier.tell(STOPPING="1")
        print("Stopping; jobs that run go on.", flush=True)


def _check_ports(config: BotConfig, *, is_slack: bool) -> None:
    """Say at once which port is taken, rather than after half of the parts have started."""
    if not is_slack:
        check_port("workspace.port", config.workspace.host, config.workspace.port)
    if config.retrieval.server:
        check_port("retrieval.port", config.retrieval.listen, config.retrieval.port)
    if config.slack.mode == "http":
        check_port("slack.http_port", config.slack.http_host, config.slack.http_port)


def _check_runner(config: BotConfig, stopping: Stopping) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while is_running(config) and not stopping.wait(_PAUSE_SECONDS):
        if time.monotonic() > deadline:
            raise ScriptRunnerError(f"Another runner works in {config.data}; stop it first.")


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


def _start_workspace(parts: Parts, config: BotConfig, environment: Mapping[str, str], stopping: Stopping) -> str | None:
    """Start the stand-in; its address, which it keeps when it is started again, or None where we are to stop."""
    command = _workspace(config, config.workspace.port)
    workspace = parts.add("stand-in workspace", command, environment, ends_last=True)
    _see_to(parts, stopping, until=lambda: workspace.is_ready)
    if not workspace.is_ready:
        return None
    workspace.command = _workspace(config, urlsplit(workspace.status).port or 0)
    return workspace.status


def _workspace(config: BotConfig, port: int) -> list[str]:
    command = [sys.executable, "-m", "bot.cli.stand_in", "--manifest", str(config.workspace.manifest)]
    command += ["--host", config.workspace.host, "--port", str(port), "--state", str(config.data / STATE_FILE)]
    if config.slack.mode == "http":
        command += ["--request-url", f"http://{config.slack.http_host}:{config.slack.http_port}/slack/events"]
    return command


def _put_samples(samples: Path, inbox: Path) -> None:
    """Copies, so that cleanup removes them like any other input."""
    for sample in sorted(each for each in samples.glob("*") if each.is_file()):
        copy = inbox / sample.name
        with suppress(FileExistsError):
            if not copy.exists():
                atomic_files.create(copy, sample.read_bytes())


def _see_to(parts: Parts, stopping: Stopping, *, until: Callable[[], bool]) -> None:
    """See to the parts until something is so, or we are told to stop."""
    while not stopping.is_set() and not until():
        parts.turn(_PAUSE_SECONDS)


def _keep_running(parts: Parts, stopping: Stopping, notifier: Notifier) -> None:
    """See to the parts until we are told to stop, and say that we live, as they do."""
    while not stopping.is_set():
        notifier.tell(WATCHDOG="1", STATUS=parts.status())
        beat = time.monotonic() + _BEAT_SECONDS
        _see_to(parts, stopping, until=lambda: time.monotonic() > beat)  # noqa: B023  # asked within this turn


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
