"""A runner whose clock is off by the seconds that stand in the file ``clock`` beside its settings."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot import logs
from bot.settings import BotConfig
from runner.assembly import Assembly
from runner.clock import system_clock
from runner.config import load
from runner.daemon import Daemon
from runner.secrets import Secrets


def beside(settings: Path) -> Callable[[], datetime]:
    """The clock of all that works with these settings."""
    return lambda: system_clock() + timedelta(seconds=float((settings.parent / "clock").read_text()))


def main() -> None:
    """Take the arguments of ``scriptrunner --config FILE runner``."""
    settings = Path(sys.argv[2])
    config = load(settings, BotConfig)
    logs.start("info")
    Daemon(config, Secrets(), Assembly(config, clock=beside(settings)), None).run()


if __name__ == "__main__":
    main()
