"""The scp commands that people are shown, fit to be pasted into any POSIX shell."""

import re
import shlex
from pathlib import Path, PurePath, PurePosixPath

from runner.retrieval.logins import Login
from runner.retrieval.settings import RetrievalSettings


def fetch(*, login: Login, settings: RetrievalSettings, folder: Path) -> str:
    """The command that fetches the folder with a job's results, however many there are.

    It becomes ``job-12`` where people are: what was fetched of other jobs stays as it is, and once more makes the same.
    From the machine's own sshd it becomes what the folder is called. No name that a script chose is in the command.
    """
    path = login.user if settings.server else _escaped(_outbox(settings, folder))
    return _command(["-r", *_port(settings), f"{_place(settings, login)}:{path}", "."])


def upload(*, login: Login, settings: RetrievalSettings, folder: Path) -> str:
    """The command that brings a file, for which ``FILE`` stands, into the person's own inbox folder."""
    inbox = PurePosixPath(settings.scp_inbox_path, folder.name) if settings.scp_inbox_path else folder
    path = "" if settings.server else f"{inbox}/"
    return _command([*_port(settings), "FILE", f"{_place(settings, login)}:{path}"])


def resume(user: str, settings: RetrievalSettings) -> str:
    """The command that goes on with a fetch of all results that broke off, in the folder where that began."""
    place = f"{user}@{_host(settings)}"
    return shlex.join(["sftp", "-a", "-r", *_port(settings), f"{place}:{user}", "."])


def everything(user: str, settings: RetrievalSettings) -> str:
    """The command that fetches all results from the built-in server."""
    return _command(["-r", *_port(settings), f"{user}@{_host(settings)}:{user}", "."])


def look(user: str, settings: RetrievalSettings) -> str:
    """The command that opens a session of sftp, to list and to fetch one by one."""
    return shlex.join(["sftp", *_port(settings), f"{user}@{_host(settings)}"])


def _outbox(settings: RetrievalSettings, folder: Path) -> PurePath:
    return PurePosixPath(settings.scp_path, folder.name) if settings.scp_path else folder


def _escaped(path: PurePath) -> str:
    """A path that means itself to the shell of ``scp -O`` there as well as to the patterns of scp by SFTP."""
    return re.sub(r"[^\w@%+=:,./-]", r"\\\g<0>", str(path))


def _port(settings: RetrievalSettings) -> list[str]:
    return [] if settings.typed_port == 22 else ["-P", str(settings.typed_port)]


def _place(settings: RetrievalSettings, login: Login) -> str:
    user = login.user if settings.server else settings.scp_user
    return f"{user}@{_host(settings)}" if user else _host(settings)


def _host(settings: RetrievalSettings) -> str:
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def _command(words: list[str]) -> str:
    return shlex.join(["scp", *words])
