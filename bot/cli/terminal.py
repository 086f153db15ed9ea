"""What the commands in a terminal share: where the settings file is, and printing."""

import argparse
import getpass
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from runner.errors import ConfigError
from runner.jobs import Requester

PLACES = (Path("etc/scriptrunner.yml"), Path("/etc/scriptrunner/scriptrunner.yml"))
VARIABLE = "SCRIPTRUNNER_CONFIG"


def add_config(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    """Let a command take the settings file's name."""
    places = " or ".join(map(str, PLACES))
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=default,
        help=f"the settings file (default: ${VARIABLE}, or {places})",
    )


def settings_file(named: Path | None) -> Path | None:
    """The settings file: the one that is named, that of the environment, or the first that there is."""
    if named is None and os.environ.get(VARIABLE):
        named = Path(os.environ[VARIABLE])
    return named or next((place for place in PLACES if _may_be_there(place)), None)


def _may_be_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # which reading it will tell
        return True


def no_settings(mend: str) -> ConfigError:
    """What to raise where a command cannot do without a settings file; ``mend`` says what helps."""
    return ConfigError(f"There is no settings file {' or '.join(map(str, PLACES))}; {mend}.")


def say(lines: Iterable[str]) -> None:
    """Print lines as they come; a reader that has gone away, as ``head`` does, misses the rest."""
    try:
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), sys.stdout.fileno())  # or it fails anew at the exit


def operator() -> Requester:
    """Whoever works on the machine itself, and may do whatever administrators may."""
    name = _login()
    return Requester(user_id=f"operator {name}", team_id="", email="", name=name)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        return f"user {os.getuid()}"
