"""The scp commands that people are shown, fit to be pasted into any POSIX shell."""

import shlex
from collections.abc import Sequence
from pathlib import Path, PurePath, PurePosixPath

from runner.retrieval.logins import Login
from runner.retrieval.settings import RetrievalSettings

_PLAIN = frozenset("._-+@%=,")


def fetch(outputs: Sequence[str], *, login: Login, settings: RetrievalSettings, folder: Path) -> str:
    """The command that fetches a job's results: its one output, or the folder with all of them.

    scp's two protocols read the remote path differently: one as it is, but for patterns, the other as words of a shell.
    A name that they would not both take verbatim is fetched with its folder. That becomes ``job-12`` where people are,
    or ``12`` from the machine's own sshd.
    """
    name = _alone(outputs, login)
    path = (name or login.user) if settings.server else str(_outbox(settings, folder) / (name or ""))
    return _command([*([] if name else ["-r"]), *_port(settings), f"{_place(settings, login)}:{path}", "."])


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


def _alone(outputs: Sequence[str], login: Login) -> str | None:
    """The one output where it can be fetched by its name; the user name is that of the whole folder."""
    if len(outputs) != 1 or not _is_plain(outputs[0]) or outputs[0].partition("/")[0] == login.user:
        return None
    return outputs[0]


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return all(
        part not in ("", ".", "..") and part[0] != "-" and all(sign.isalnum() or sign in _PLAIN for sign in part)
        for part in parts
    )


def _outbox(settings: RetrievalSettings, folder: Path) -> PurePath:
    return PurePosixPath(settings.scp_path, folder.name) if settings.scp_path else folder


def _port(settings: RetrievalSettings) -> list[str]:
    return [] if settings.typed_port == 22 else ["-P", str(settings.typed_port)]


def _place(settings: RetrievalSettings, login: Login) -> str:
    user = login.user if settings.server else settings.scp_user
    return f"{user}@{_host(settings)}" if user else _host(settings)


def _host(settings: RetrievalSettings) -> str:
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def _command(words: list[str]) -> str:
    return shlex.join(["scp", *words])
