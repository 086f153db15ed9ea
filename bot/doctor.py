"""`scriptrunner doctor`: checks what ScriptRunner needs, one line each, and says how to mend what is wrong."""

from collections.abc import Mapping
from pathlib import Path

from bot.settings import BotConfig
from runner.config import Secrets


def examine(config: BotConfig, secrets: Secrets, *, path: Path, environment: Mapping[str, str]) -> int:
    """Print a line for each check; 0 when all is well, else 1."""
    raise NotImplementedError
