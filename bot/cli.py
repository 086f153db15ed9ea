"""The command line: `scriptrunner up | bot | runner | cleanup | check | jobs | doctor`."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from bot import doctor, logs
from bot.connection import serve, slack_client
from bot.settings import BotConfig
from bot.up import up
from bot.views import job_table
from runner import check
from runner.assembly import Assembly
from runner.clock import system_clock
from runner.config import Secrets, load, take_secrets
from runner.daemon import Daemon
from runner.errors import ConfigError, ScriptRunnerError

_log = logging.getLogger(__name__)
_PLACES = (Path("etc/scriptrunner.yml"), Path("/etc/scriptrunner/scriptrunner.yml"))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when all is well, 1 when something is wrong, 2 for a mistake in the call."""
    options = _parser().parse_args(arguments)
    try:
        path = _settings_file(options.config)
        config = load(path, BotConfig)
        kept = take_secrets(config, os.environ)
        _start_log(config, kept)
        return int(options.run(options, path, config, kept))
    except ScriptRunnerError as error:
        print(f"scriptrunner: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001  # the last place that can tell
        _log.exception("the command failed")
        print(f"scriptrunner: unexpected {type(error).__name__}; the traceback stands above", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scriptrunner", description="Run annotated scripts from Slack.")
    parser.add_argument(
        "--config",
        type=Path,
        help=f"the settings file (default: $SCRIPTRUNNER_CONFIG, or {' or '.join(map(str, _PLACES))})",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "up", _up, "run bot and runner and, without a Slack token, the stand-in workspace")
    _add(commands, "bot", _bot, "run the bot alone, in the foreground")
    _add(commands, "runner", _runner, "run the runner alone, in the foreground")
    cleanup = _add(commands, "cleanup", _cleanup, "remove files and rows past their time")
    cleanup.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    checking = _add(commands, "check", _check, "report every mistake in the scripts' annotations")
    checking.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: the scripts folder)"
    )
    jobs = _add(commands, "jobs", _jobs, "list jobs, newest first")
    jobs.add_argument("--json", action="store_true", help="one JSON object a line")
    jobs.add_argument("--limit", type=int, default=50, help="how many at most (default: %(default)s)")
    _add(commands, "doctor", _doctor, "check settings, folders, database, Slack, mail and ports")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace, Path, BotConfig, Secrets], int],
    words: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=f"{words[:1].upper()}{words[1:]}.")
    parser.set_defaults(run=run)
    return parser


def _settings_file(named: Path | None) -> Path:
    if named is None and "SCRIPTRUNNER_CONFIG" in os.environ:
        named = Path(os.environ["SCRIPTRUNNER_CONFIG"])
    found = named or next((place for place in _PLACES if place.exists()), None)
    if found is None:
        raise ConfigError(f"There is no settings file {' or '.join(map(str, _PLACES))}; name one with --config.")
    return found


def _start_log(config: BotConfig, kept: Secrets) -> None:
    logs.start(config.log_level, kept.environment().values())


def _up(_: argparse.Namespace, path: Path, config: BotConfig, kept: Secrets) -> int:
    stopping = _stopped_by_signals()
    up(config, kept, path=path, assembly=Assembly(config, clock=system_clock), stopping=stopping)
    return 0


def _bot(_: argparse.Namespace, __: Path, config: BotConfig, kept: Secrets) -> int:
    client = slack_client(kept, os.environ)
    if client is None:
        raise ConfigError("SLACK_BOT_TOKEN is not set: neither in the environment nor in the secrets file.")
    serve(config, kept, client, clock=system_clock, stopping=_stopped_by_signals())
    return 0


def _runner(_: argparse.Namespace, __: Path, config: BotConfig, kept: Secrets) -> int:
    slack = slack_client(kept, os.environ)
    if slack is None:
        _log.warning("SLACK_BOT_TOKEN is not set: direct messages wait until a runner with a token sends them")
    daemon = Daemon(config, kept, Assembly(config, clock=system_clock), slack)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: daemon.stop())
    daemon.run()
    return 0


def _cleanup(options: argparse.Namespace, _: Path, config: BotConfig, __: Secrets) -> int:
    removed = Assembly(config, clock=system_clock).cleaner().clean(dry_run=options.dry_run)
    for line in removed:
        print(f"{'would remove' if options.dry_run else 'removed'} {line}")
    print(f"{len(removed)} {'to remove' if options.dry_run else 'removed'}")
    return 0


def _check(options: argparse.Namespace, _: Path, config: BotConfig, __: Secrets) -> int:
    problems = check.report(options.paths or [config.scripts], config.annotations)
    for line in problems:
        print(line)
    print(f"{len(problems)} problems" if problems else "no problems", file=sys.stderr)
    return 1 if problems else 0


def _jobs(options: argparse.Namespace, _: Path, config: BotConfig, __: Secrets) -> int:
    found = Assembly(config, clock=system_clock).store.jobs.page(user_id=None, offset=0, limit=options.limit)
    lines = map(job_table.as_json, found) if options.json else job_table.lines(found, now=system_clock())
    for line in lines:
        print(json.dumps(line) if options.json else line)
    return 0


def _doctor(_: argparse.Namespace, path: Path, config: BotConfig, kept: Secrets) -> int:
    return doctor.examine(config, kept, path=path, environment=os.environ)


def _stopped_by_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
