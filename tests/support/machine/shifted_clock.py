"""A runner whose clock is off by the seconds that stand in the file ``clock`` beside its settings."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.app.config import BotConfig
from bot.cli import logs
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.app.daemon import Daemon
from runner.settings import Secrets
from runner.system.clock import system_clock


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
