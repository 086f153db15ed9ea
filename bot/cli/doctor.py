"""`scriptrunner doctor`: checks all that ScriptRunner needs, one line each, and says how to mend what is wrong."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.app.config import BotConfig, WorkspaceSettings
from bot.slack.tokens import may_get_better, misplaced, refusal
from runner.app import doctor
from runner.app.doctor import Finding, Verdict
from runner.errors import ScriptRunnerError
from runner.settings import Secrets
from runner.system.ports import check_port

_CONNECT_SECONDS = 5
_BANNER = b"SSH-2.0-ScriptRunner"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # what to connect to
_NEW_TOKEN = "copy it anew from api.slack.com/apps"  # noqa: S105  # no secret, but where one is found


def examine(config: BotConfig, secrets: Secrets, *, path: Path, slack: WebClient) -> Iterator[Finding]:
    """Check everything; each finding comes as soon as it is made."""
    yield _found(Verdict.OK, "settings", str(path))
    yield from doctor.examine(config, secrets)
    is_slack = bool(secrets.slack_bot_token or secrets.slack_app_token)
    yield from _retrieval(config, is_for_others=is_slack)
    if not is_slack:
        yield _found(Verdict.NOTE, "Slack", "no token is set: “scriptrunner up” starts the stand-in workspace")
        yield _page(config.workspace)
        return
    problems = misplaced(secrets)
    if problem := problems.get("SLACK_BOT_TOKEN"):
        yield _found(Verdict.WRONG, "bot token", f"SLACK_BOT_TOKEN {problem}")
    elif secrets.slack_bot_token:
        yield from _bot_token(slack, config.workspace.manifest)
    else:
        yield _found(Verdict.WRONG, "bot token", "SLACK_BOT_TOKEN is not set, in the environment or the secrets file")
    if config.slack.mode == "http":
        yield from _http(config, secrets)
    elif problem := problems.get("SLACK_APP_TOKEN"):
        yield _found(Verdict.WRONG, "app token", f"SLACK_APP_TOKEN {problem}")
    else:
        yield _app_token(slack, secrets)


def _retrieval(config: BotConfig, *, is_for_others: bool) -> Iterator[Finding]:
    settings = config.retrieval
    if not settings.server:
        yield _found(Verdict.NOTE, "SSH", f"results are fetched from the sshd of {settings.host}, which is not checked")
        return
    if doctor.is_running(config):
        yield _listening(settings.listen, settings.port)
    else:
        yield _free("SSH port", "retrieval.port", settings.listen, settings.port)
    if is_for_others and settings.host in ("127.0.0.1", "::1", "localhost"):
        words = f"listens on {settings.listen} only, out of reach from other machines: set retrieval.listen"
        yield _found(Verdict.NOTE, "SSH port", words)


def _listening(address: str, port: int) -> Finding:
    place = f"{address} port {port}"
    if not port:
        return _found(Verdict.OK, "SSH port", f"{address}, a free port that the runner took")
    if _answer(address, port, at_most=len(_BANNER)) == _BANNER:
        return _found(Verdict.OK, "SSH port", f"{place}: the runner answers")
    return _found(Verdict.WRONG, "SSH port", f"{place}: the runner does not answer; start it anew with these settings")


def _page(settings: WorkspaceSettings) -> Finding:
    if settings.port and _status(settings.host, settings.port, "GET /people") == b"401":  # without its secret
        return _found(Verdict.OK, "workspace page", f"http://{settings.host}:{settings.port} answers")
    return _free("workspace page", "workspace.port", settings.host, settings.port)


def _free(subject: str, setting: str, host: str, port: int) -> Finding:
    try:
        check_port(setting, host, port)
    except ScriptRunnerError as error:
        return _found(Verdict.WRONG, subject, str(error))
    return _found(Verdict.OK, subject, f"{host} port {port} is free" if port else f"{host}, a free port at each start")


def _bot_token(slack: WebClient, manifest: Path) -> Iterator[Finding]:
    try:
        answer = slack.auth_test()
    except (SlackClientError, OSError) as error:
        yield _refused("bot token", "SLACK_BOT_TOKEN", error)
        return
    if not answer.get("bot_id"):
        yield _found(Verdict.WRONG, "bot token", f"is not a bot's (xoxb-…): {_NEW_TOKEN}, under OAuth & Permissions")
        return
    yield _found(Verdict.OK, "bot token", f"{answer['user']} in the workspace {answer['team']}")
    granted = {scope.strip() for scope in answer.headers.get("x-oauth-scopes", "").split(",")}
    needed = _needed_scopes(manifest)
    missing = [scope for scope in needed if scope not in granted]
    if not needed:
        yield _found(Verdict.NOTE, "scopes", f"not compared: {manifest} names none; set workspace.manifest")
    elif missing:
        mend = "add them under OAuth & Permissions, then install the app to the workspace again"
        yield _found(Verdict.WRONG, "scopes", f"the bot lacks {', '.join(missing)}: {mend}")
    else:
        yield _found(Verdict.OK, "scopes", ", ".join(needed))


def _needed_scopes(manifest: Path) -> list[str]:
    try:
        return list(yaml.safe_load(manifest.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return []


def _app_token(slack: WebClient, secrets: Secrets) -> Finding:
    if not secrets.slack_app_token:
        return _found(Verdict.WRONG, "app token", "SLACK_APP_TOKEN is not set; slack.mode socket needs it (xapp-…)")
    try:
        slack.apps_connections_open(app_token=secrets.slack_app_token)
    except (SlackClientError, OSError) as error:
        return _refused("app token", "SLACK_APP_TOKEN", error)
    return _found(Verdict.OK, "app token", "Socket Mode can connect")


def _http(config: BotConfig, secrets: Secrets) -> Iterator[Finding]:
    settings = config.slack
    if secrets.slack_signing_secret:
        yield _found(Verdict.OK, "signing secret", "set")
    else:
        yield _found(Verdict.WRONG, "signing secret", "SLACK_SIGNING_SECRET is not set; slack.mode http needs it")
    if _status(settings.http_host, settings.http_port, "POST /slack/events") == b"401":  # no signature of Slack's
        yield _found(Verdict.OK, "HTTP port", f"{settings.http_host} port {settings.http_port}: the bot answers")
    else:
        yield _free("HTTP port", "slack.http_port", settings.http_host, settings.http_port)


def _status(host: str, port: int, request: str) -> bytes:
    """The status that an HTTP server gives to a request without a body; empty where none answers."""
    head = f"{request} HTTP/1.0\r\nHost: {host}:{port}\r\nContent-Length: 0\r\n\r\n"
    return _answer(host, port, head.encode("ascii", "replace"), at_most=len("HTTP/1.1 200"))[-3:]


def _answer(host: str, port: int, request: bytes = b"", *, at_most: int) -> bytes:
    """The first bytes that come from a port; empty where nobody answers."""
    with suppress(OSError):
        address = (_EVERYWHERE.get(host, host), port)
        with socket.create_connection(address, timeout=_CONNECT_SECONDS) as connection:
            connection.sendall(request)
            return connection.recv(at_most, socket.MSG_WAITALL)
    return b""


def _refused(subject: str, variable: str, error: Exception) -> Finding:
    if not isinstance(error, SlackApiError):
        return _found(Verdict.WRONG, subject, f"Slack cannot be reached: {error}")
    code = error.response.get("error")
    remedy = "" if may_get_better(error) or code == "missing_scope" else f"; {_NEW_TOKEN}"
    return _found(Verdict.WRONG, subject, f"{refusal(variable, error)}{remedy}")


def _found(verdict: Verdict, subject: str, words: str) -> Finding:
    return Finding(verdict, subject, words)
