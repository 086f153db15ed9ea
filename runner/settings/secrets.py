"""Secrets: taken from the environment and the secrets file, handed on to processes that need them, never shown."""

import os
import re
import shlex
import stat
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.errors import ConfigError
from runner.system.text import visible

PREFIX = "SCRIPTRUNNER_SECRET_"
"""What the variables of scripts' secrets begin with; the name that annotations use follows."""
SHORTEST_BYTES = 4
"""What is shorter cannot be hidden in a log without hiding half of the log."""

_VARIABLES = {
    "slack_bot_token": "SLACK_BOT_TOKEN",
    "slack_app_token": "SLACK_APP_TOKEN",
    "slack_signing_secret": "SLACK_SIGNING_SECRET",
    "smtp_password": "SCRIPTRUNNER_SMTP_PASSWORD",
}
_OF_SCRIPT = re.compile(rf"{PREFIX}[A-Z][A-Z0-9_]{{0,63}}")
_ALLOWED = f"{', '.join(_VARIABLES.values())} and {PREFIX}NAME, NAME of at most 64 of A-Z, 0-9 and _, a letter first"
_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What only the environment or the secrets file may hold; never shown. ``scripts`` are by the annotations' names.

    A name there is what an annotation asks for, such as ``API_TOKEN``.
    """

    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    smtp_password: str | None = field(default=None, repr=False)
    scripts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def without_scripts(self) -> "Secrets":
        """These secrets for a process that starts no scripts."""
        return replace(self, scripts={})

    def environment(self) -> dict[str, str]:
        """Those that are there, by the names of their variables, to hand them on to another process of ours."""
        found = {variable: getattr(self, name) for name, variable in _VARIABLES.items()}
        found |= {f"{PREFIX}{name}": secret for name, secret in self.scripts.items()}
        return {variable: secret for variable, secret in found.items() if secret}


def take_secrets(file: Path | None, environment: MutableMapping[str, str]) -> Secrets:
    """The secrets: from the environment, or else from the secrets file (NAME=value lines, as systemd reads them).

    They are taken out of the environment, so that nothing else in the process, and none of its children, finds them.
    ConfigError with every mistake: variables and lines are named, values never.
    """
    taken = [name for name in environment if name in _VARIABLES.values() or name.startswith(PREFIX)]
    given = {variable: environment.pop(variable).strip("\r\n") for variable in taken}
    lines = _lines(file) if file is not None else {}
    wrong_given = {name: _wrong(name, value) for name, value in given.items()}
    mistakes = [
        f"{visible(name)[:_LENGTH]}: {wrong.removeprefix(name).strip()}" for name, wrong in wrong_given.items() if wrong
    ]
    mistakes += [f"{file}:{number}: {wrong}" for number, entry in lines.items() if (wrong := _wrong(*entry))]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    found = dict(_there(lines.values())) | dict(_there(given.items()))
    own = {name: found.get(variable) for name, variable in _VARIABLES.items()}
    scripts = {name.removeprefix(PREFIX): value for name, value in found.items() if name.startswith(PREFIX)}
    return Secrets(**own, scripts=scripts)


def to_hide(secret: str) -> list[str]:
    """What of a secret no log may show: all of it, and each of its lines by itself where it is long enough."""
    lines = [line.strip() for line in secret.split("\n")]
    return [secret, *(line for line in lines if line != secret and _is_long_enough(line))]


def _lines(path: Path) -> dict[int, tuple[str, str | None]]:
    """Names and values in the secrets file by their lines' numbers."""
    lines = {}
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, equals, value = (part.strip() for part in line.partition("="))
            lines[number] = (name, _unquoted(value) if equals else None)
    return lines


def _read(path: Path) -> str:
    """What stands in the secrets file; ConfigError where it is none, or not for us alone to read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, encoding="utf-8", newline="\n") as file:
            _check_kind(path, os.fstat(handle).st_mode)
            return file.read()
    except OSError as error:
        raise ConfigError(f"{path}: the secrets file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the secrets file is not UTF-8 text") from None  # the cause shows its content


def _check_kind(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path}: the secrets file is no regular file")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        mend = f"chmod 600 {shlex.quote(str(path))}"
        raise ConfigError(f"{path}: others can read this secrets file; mend it with: {mend}")


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _wrong(name: str, value: str | None) -> str | None:
    """What is wrong with it, in words that do not show it; None where nothing is."""
    is_of_script = _OF_SCRIPT.fullmatch(name) is not None
    if value is None or not (is_of_script or name in _VARIABLES.values()):
        return f"allowed are lines NAME=value with {_ALLOWED}"
    if "\0" in value:
        return f"{name} holds a NUL, which no variable can"
    if is_of_script and value and not _is_long_enough(value.strip()):
        return f"{name} is shorter than {SHORTEST_BYTES} bytes: it cannot be hidden wherever it appears"
    return None


def _is_long_enough(text: str) -> bool:
    return len(text.encode("utf-8", "surrogateescape")) >= SHORTEST_BYTES


def _there(entries: Iterable[tuple[str, str | None]]) -> Iterable[tuple[str, str]]:
    """An empty one is not set."""
    return ((name, value) for name, value in entries if value)
