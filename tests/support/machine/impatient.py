"""Bot or runner with deadlines of seconds, which hang where and how a file says: started as a process of its own.

What hangs is a clock, which every part reads: a thread whose name begins with the file's first word is stuck in it.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.app.config import BotConfig
from bot.app.connection import serve
from bot.app.stopping import Stopping
from bot.cli import logs
from bot.slack.client import slack_client
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.app.daemon import Daemon
from runner.app.paths import Paths
from runner.app.patience import Patience
from runner.settings import Secrets, take_secrets
from runner.system.beats import BeatFile
from runner.system.calls import RunningCalls
from runner.system.clock import system_clock, uptime
from runner.system.notify import Notifier
from runner.system.watchdog import Deadlines, Watchdog

SECONDS = timedelta(seconds=2)
DEADLINES = Deadlines(
    beat=timedelta(seconds=1),
    turns=dict.fromkeys(
        ["the worker", "delivery by email", "delivery by slack", "the taking up of what people do"], SECONDS
    ),
    silence=timedelta(seconds=5),
    stop=timedelta(seconds=3),
    main=timedelta(seconds=2),
)


def _read_what_never_comes(folder: Path) -> None:
    (folder / "fifo").read_bytes()


def _hold_the_interpreter(_: Path) -> None:
    re.match("(a+)+b", "a" * 60)


def _end_the_thread(_: Path) -> None:
    sys.exit()


WAYS: dict[str, Callable[[Path], None]] = {
    "fifo": _read_what_never_comes,
    "interpreter": _hold_the_interpreter,
    "death": _end_the_thread,
}


def hang(folder: Path, thread: str, how: str) -> None:
    """Have all threads whose names begin so hang from now on; those that are there already, when they look next."""
    if not (folder / "fifo").exists():
        os.mkfifo(folder / "fifo")
    draft = folder / "hang.draft"
    draft.write_text(f"{thread}\n{how}")
    draft.rename(folder / "hang")


def _clock(folder: Path) -> datetime:
    _perhaps_hang(folder)
    return system_clock()


def _uptime(folder: Path) -> float:
    _perhaps_hang(folder)
    return uptime()


def _perhaps_hang(folder: Path) -> None:
    order = folder / "hang"
    if order.exists():
        thread, how = order.read_text().splitlines()
        if threading.current_thread().name.startswith(thread):
            WAYS[how](folder)


def _main(part: str, settings: Path) -> None:
    os.umask(0o077)
    config = load(settings, BotConfig)
    secrets = take_secrets(None, os.environ)
    logs.start("info", secrets.environment().values())
    watchdog = Watchdog(Notifier.taken_from(os.environ), deadlines=DEADLINES, calls=RunningCalls(SECONDS / 2))
    (_bot if part == "bot" else _runner)(config, secrets, settings.parent, watchdog)


def _bot(config: BotConfig, secrets: Secrets, folder: Path, watchdog: Watchdog) -> None:
    client = slack_client(secrets, os.environ)
    assert client is not None
    stopping = Stopping()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with watchdog.watching(BeatFile(Paths.of(config).bot_beat)):
        serve(config, secrets, client, clock=lambda: _clock(folder), stopping=stopping, watchdog=watchdog)


def _runner(config: BotConfig, secrets: Secrets, folder: Path, watchdog: Watchdog) -> None:
    patience = Patience(poll=timedelta(seconds=0.5))
    assembly = Assembly(config, clock=system_clock, uptime=lambda: _uptime(folder), patience=patience)
    daemon = Daemon(config, secrets, assembly, slack_client(secrets, os.environ), watchdog=watchdog)
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    with watchdog.watching(BeatFile(assembly.paths.runner_beat)):
        daemon.run()


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
