"""The command line: `scriptrunner up | bot | runner | cleanup | check | new | jobs | queue | doctor | workspace`."""

import argparse
import errno
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.app.config import BotConfig
from bot.app.stopping import Stopping
from bot.cli import authoring, job_table, logs, queue, terminal
from bot.slack.client import slack_client, web_api
from bot.workspace.options import add_arguments as add_arguments_of_workspace
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.app.ownership import check_owner
from runner.app.paths import Paths
from runner.app.places import check_places
from runner.errors import ConfigError, ScriptRunnerError
from runner.settings import Secrets, take_secrets
from runner.system.beats import BeatFile
from runner.system.calls import RunningCalls
from runner.system.clock import system_clock
from runner.system.notify import Notifier
from runner.system.text import visible_lines
from runner.system.watchdog import Watchdog

_log = logging.getLogger(__name__)
_MOST_JOBS = 100_000
_DISK_IN_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_WORKSPACE = "Play Slack for any Bolt app: a page to use it on, and the address and tokens to start it with."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installation:
    """What the settings file and the environment say."""

    path: Path
    config: BotConfig
    secrets: Secrets


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when all is well, 1 when something is wrong, 2 for a mistake in the call.

    Bot and runner end with 78 (EX_CONFIG of sysexits.h) where they are set up wrong: to start them again mends nothing.
    """
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 must not end the command
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ScriptRunnerError as error:
        print(f"scriptrunner: {visible_lines(str(error))}", file=sys.stderr)
        return os.EX_CONFIG if isinstance(error, ConfigError) and options.is_kept_running else 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001  # the last place that can tell
        if isinstance(error, OSError) and error.errno in _DISK_IN_TROUBLE:
            print(f"scriptrunner: what is needed cannot be written: {error.strerror}", file=sys.stderr)
            return 1
        _log.exception("the command failed")
        print(f"scriptrunner: unexpected {type(error).__name__}; the traceback stands above", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scriptrunner", description="Run annotated scripts from Slack.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('scriptrunner')}")
    terminal.add_config(parser, default=None)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "up", _up, "run bot and runner and, without a Slack token, the stand-in workspace")
    _add(commands, "bot", _bot, "run the bot alone, in the foreground")
    _add_leaving(_add(commands, "runner", _runner, "run the runner alone, in the foreground"))
    cleanup = _add(commands, "cleanup", _cleanup, "remove files and rows past their time")
    cleanup.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    authoring.add_arguments_of_check(
        _add(commands, "check", authoring.check, "report every mistake in the scripts' annotations")
    )
    authoring.add_arguments_of_new(_add(commands, "new", authoring.new, "write a commented script to start from"))
    jobs = _add(commands, "jobs", _jobs, "list jobs, newest first")
    jobs.add_argument("--json", action="store_true", help="one JSON object a line")
    jobs.add_argument("--limit", type=_limit, default=50, help="how many at most (default: %(default)s)")
    queue.add_arguments(_add(commands, "queue", _queue, "show the queue, pause it, or rearrange its jobs"))
    _add(commands, "doctor", _doctor, "check settings, folders, database, Slack, mail and ports")
    workspace = commands.add_parser("workspace", help="play Slack for any Bolt app", description=_WORKSPACE)
    workspace.set_defaults(run=_workspace, is_kept_running=False)
    add_arguments_of_workspace(workspace)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=f"{words[:1].upper()}{words[1:]}.")
    terminal.add_config(parser, default=argparse.SUPPRESS)  # after the command too, without undoing the one before it
    parser.set_defaults(run=run, is_kept_running=run in (_bot, _runner))
    return parser


def _add_leaving(parser: argparse.ArgumentParser) -> None:
    """What becomes of jobs when the runner is stopped; the words are the values of ``runner.app.daemon.Leaving``."""
    parser.set_defaults(leaving="leave")
    parser.epilog = (
        "Stopped by SIGTERM or Ctrl-C, the runner leaves the jobs that run: they go on, and the next runner takes them "
        "up. Stopped a second time within a second, it waits for them instead; once more, and it leaves them after all."
    )
    choice = parser.add_mutually_exclusive_group()
    for word, does in (("drain", "start no more jobs and wait for"), ("cancel", "cancel")):
        choice.add_argument(
            f"--{word}", dest="leaving", action="store_const", const=word, help=f"when stopped, {does} those that run"
        )


def _limit(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= _MOST_JOBS):
        raise argparse.ArgumentTypeError(f"{written!r}: allowed: a whole number from 1 to {_MOST_JOBS}")
    return int(written)


def _up(options: argparse.Namespace) -> int:
    from bot.cli.up import up  # noqa: PLC0415  # each command imports what it alone needs: it takes memory and time

    stopping = _stopped_by_signals()
    here = _installation(options, knows_scripts_secrets=True)
    up(
        here.config,
        here.secrets,
        path=here.path,
        assembly=_assembly(here, is_first_start=True),
        stopping=stopping,
    )
    return 0


def _bot(options: argparse.Namespace) -> int:
    from bot.app.connection import serve  # noqa: PLC0415  # as in _up: slack_bolt comes with it
    from bot.listeners.context import SLOW  # noqa: PLC0415  # same

    watchdog = Watchdog(Notifier.taken_from(os.environ), calls=RunningCalls(SLOW))
    stopping = _stopped_by_signals()
    here = _installation(options)
    client = slack_client(here.secrets, os.environ)
    if client is None:
        raise ConfigError("SLACK_BOT_TOKEN is not set: neither in the environment nor in the secrets file.")
    _check_start(here.config)
    with watchdog.watching(BeatFile(Paths.of(here.config).bot_beat)):
        serve(here.config, here.secrets, client, clock=system_clock, stopping=stopping, watchdog=watchdog)
    return 0


def _runner(options: argparse.Namespace) -> int:
    from runner.app.daemon import Daemon, Leaving  # noqa: PLC0415  # as in _up
    from runner.app.doctor import exposures  # noqa: PLC0415  # as in _up

    watchdog = Watchdog(Notifier.taken_from(os.environ))
    here = _installation(options, knows_scripts_secrets=True)
    slack = slack_client(here.secrets, os.environ)
    _check_start(here.config)
    for finding in exposures(here.config):
        _log.warning("%s: %s", finding.subject, finding.words)
    if slack is None:
        _log.warning("SLACK_BOT_TOKEN is not set: direct messages wait until a runner with a token sends them")
    assembly = _assembly(here, is_first_start=True)
    daemon = Daemon(here.config, here.secrets, assembly, slack, leaving=Leaving(options.leaving), watchdog=watchdog)
    _on_signals(daemon.stop)
    with watchdog.watching(BeatFile(assembly.paths.runner_beat)):
        daemon.run()
    return 0


def _cleanup(options: argparse.Namespace) -> int:
    here = _installation(options)
    removed = _assembly(here).cleaner().clean(dry_run=options.dry_run)
    done = "would remove" if options.dry_run else "removed"
    terminal.say(
        [*(f"{done} {line}" for line in removed), f"{len(removed)} {'to remove' if options.dry_run else 'removed'}"]
    )
    return 0


def _jobs(options: argparse.Namespace) -> int:
    here = _installation(options)
    operator = terminal.operator()
    service = _assembly(here).service(operator)
    found = service.jobs(operator, mine=False, size=options.limit).jobs
    if options.json:
        terminal.say(json.dumps(job_table.as_json(job)) for job in found)
    else:
        terminal.say(job_table.lines(found, now=system_clock()))
    return 0


def _queue(options: argparse.Namespace) -> int:
    return queue.run(options, _assembly(_installation(options)))


def _doctor(options: argparse.Namespace) -> int:
    from bot.cli import doctor  # noqa: PLC0415  # as in _up
    from runner.app.doctor import Verdict  # noqa: PLC0415  # as in _up

    try:
        here = _installation(options, knows_scripts_secrets=True)
    except ConfigError as error:
        terminal.say(f"wrong {visible_lines(line)}" for line in str(error).splitlines())
        return 1
    is_wrong = False
    slack = web_api(here.secrets, os.environ)
    for finding in doctor.examine(here.config, here.secrets, path=here.path, slack=slack):
        terminal.say([str(finding)])
        is_wrong = is_wrong or finding.verdict is Verdict.WRONG
    return 1 if is_wrong else 0


def _workspace(options: argparse.Namespace) -> int:
    from bot.cli import workspace  # noqa: PLC0415  # as in _up

    return workspace.run(options, os.environ)


def _installation(options: argparse.Namespace, *, knows_scripts_secrets: bool = False) -> _Installation:
    path = terminal.settings_file(options.config)
    if path is None:
        raise terminal.no_settings("name one with --config")
    config = load(path, BotConfig)
    secrets = take_secrets(config.secrets_file, os.environ)
    if not knows_scripts_secrets:
        secrets = secrets.without_scripts()
    logs.start(config.log_level, secrets.environment().values())
    return _Installation(path=path, config=config, secrets=secrets)


def _assembly(here: _Installation, *, is_first_start: bool = False) -> Assembly:
    """The parts of an installation that is ours; ConfigError where it is another user's, or cannot be made."""
    if is_first_start:
        _check_start(here.config)
    else:
        check_owner(here.config, is_first_start=False)
    try:
        return Assembly(here.config, clock=system_clock)
    except OSError as error:
        raise ConfigError(f"{here.config.data}: the data folder cannot be made: {error.strerror}.") from error


def _check_start(config: BotConfig) -> None:
    """ConfigError where what is started must not or cannot use the places that the settings name."""
    check_owner(config, is_first_start=True)
    check_places(config)


def _stopped_by_signals() -> Stopping:
    stopping = Stopping()
    _on_signals(stopping.set)
    return stopping


def _on_signals(stop: Callable[[], None]) -> None:
    """A closed terminal stops us like Ctrl-C does, except under ``nohup``."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: stop())
