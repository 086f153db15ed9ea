"""Whose an installation is: commands work as the user whose its folders are, and make nothing that is not theirs."""

import os
import pwd
import shlex
from pathlib import Path

from runner.app.config import Config
from runner.app.paths import Paths
from runner.errors import ConfigError


def check_owner(config: Config, *, is_first_start: bool) -> None:
    """ConfigError where these folders are another user's, or are to be made where another user's things are.

    Only what starts ScriptRunner makes the data folder; without ``is_first_start`` it has to be there.
    """
    paths = Paths.of(config)
    data = paths.data
    if not is_first_start and _is_missing(data):
        start = "“scriptrunner up” or “scriptrunner runner”"
        raise ConfigError(f"{data}: the data folder is not there yet; the first start of {start} makes it.")
    for place in filter(None, (data, paths.inbox, paths.outbox, paths.database_file)):
        owner, is_root = owner_of(place), os.geteuid() == 0
        if owner is not None and owner != os.geteuid() and (is_root or (place == data and not _is_missing(data))):
            raise ConfigError(f"{place}: {_place(place)}{whose(owner)}: {as_owner(owner)}")


def check_folder_owner(folder: Path) -> None:
    """ConfigError where root would make something in another user's folder."""
    owner = owner_of(folder)
    if os.geteuid() == 0 and owner:
        raise ConfigError(f"{folder}: {_place(folder)}{whose(owner)}: {as_owner(owner)}")


def owner_of(place: Path) -> int | None:
    """The user id that it belongs to, or else the nearest folder above that is there; None where none may be seen."""
    for path in (place, *place.parents):
        try:
            return path.lstat().st_uid
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
    return None


def whose(owner: int) -> str:
    """The owner and the user who asks, in words."""
    return f"belongs to {user_name(owner)}, but you are {user_name(os.geteuid())}"


def as_owner(owner: int, command: str = "…") -> str:
    """How to ask again so that nothing is left that the owner cannot use."""
    name = user_name(owner)
    return (
        f"ask as that user, with: sudo -u {shlex.quote(f'#{name}' if name.isdigit() else name)} scriptrunner {command}"
    )


def user_name(number: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _is_missing(place: Path) -> bool:
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _place(place: Path) -> str:
    return "what it would be made in " if _is_missing(place) else ""
