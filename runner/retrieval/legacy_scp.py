"""What ``scp -O`` asks for: files named by words, patterns and braces, as a shell would read them, but without one."""

import asyncio
import posixpath
import re
import shlex
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import cast

import asyncssh
from asyncssh.scp import _SCPSource
from asyncssh.sftp import SFTPGlob, SFTPServerFS

_LONGEST_COMMAND = 4096 + 64
_MOST_PATHS = 100
_FLAGS = re.compile(r"-[dfprvq46C]+")
_PATTERN = frozenset("*?[")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_HOME = re.compile(r"~[A-Za-z0-9_-]*(?:/+|$)")


class UnboundedPattern(ValueError):
    """What is named takes more than one walk through the tree to find, one level for each part of a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """Files to be sent."""

    paths: tuple[str, ...]
    keeps_times: bool
    takes_folders: bool


def read(command: str) -> SourceRequest | None:
    """The files that a command asks for; None where it is no such command, UnboundedPattern where that takes long."""
    if not command.startswith("scp "):
        return None
    if len(command) > _LONGEST_COMMAND:
        raise UnboundedPattern
    try:
        words = shlex.split(command)[1:]
    except ValueError:
        return None
    paths = [word for word in words if not word.startswith("-")]
    if "--" in words:
        place = words.index("--")
        paths, words = [word for word in words[:place] if not word.startswith("-")] + words[place + 1 :], words[:place]
    flags = "".join(word[1:] for word in words if _FLAGS.fullmatch(word))
    if not paths or "f" not in flags or any(word.startswith("-") and not _FLAGS.fullmatch(word) for word in words):
        return None
    meant = tuple(_below_root(each) for path in paths for each in _without_braces(path))
    if len(meant) > _MOST_PATHS or any({"..", "**"} & set(path.split("/")) for path in meant if _PATTERN & set(path)):
        raise UnboundedPattern
    return SourceRequest(paths=meant, keeps_times="p" in flags, takes_folders="r" in flags)


async def send(
    root: asyncssh.SFTPServer | Awaitable[asyncssh.SFTPServer],
    request: SourceRequest,
    reader: "asyncssh.SSHReader[bytes]",
    writer: "asyncssh.SSHWriter[bytes]",
    *,
    name_of_root: str,
) -> None:
    """Send the files, and folders where these are asked for; the root as a folder of its own name."""
    server = root if isinstance(root, asyncssh.SFTPServer) else await root
    source = _Source(SFTPServerFS(server), reader, writer, request, name_of_root.encode())
    try:
        await source.send_all()
    finally:
        server.exit()


class _Source(_SCPSource):
    """Sends what several paths name; asyncssh (2.24) takes one, and says it its own way where nothing matches."""

    def __init__(
        self,
        fs: SFTPServerFS,
        reader: "asyncssh.SSHReader[bytes]",
        writer: "asyncssh.SSHWriter[bytes]",
        request: SourceRequest,
        name_of_root: bytes,
    ) -> None:
        super().__init__(
            fs, reader, writer, request.keeps_times, request.takes_folders, error_handler=False, server=True
        )
        self._files = fs
        self._paths = request.paths
        self._name_of_root = name_of_root

    async def send_all(self) -> None:
        """Send it all; what cannot be sent is told, and the rest comes all the same."""
        is_cancelled = False
        try:
            if refusal := await self.await_response():
                raise refusal
            matching = SFTPGlob(self._files, multiple=True)
            for path in self._paths:
                await self._send_path(matching, path.encode(errors="surrogateescape") or self._name_of_root)
        except asyncio.CancelledError:
            is_cancelled = True
            raise
        except (OSError, asyncssh.SFTPError) as error:
            self.handle_error(error)
        finally:
            await self.close(is_cancelled)

    async def _send_path(self, matching: SFTPGlob, path: bytes) -> None:
        try:
            found = await matching.match(path)
        except asyncssh.SFTPNoSuchFile:
            shown = path.decode(errors="replace")
            self.handle_error(asyncssh.SFTPNoSuchFile(f"{shown}: No such file or directory"))
            return
        for name in found:
            await self._send_files(cast("bytes", name.filename), b"", name.attrs)


def _below_root(path: str) -> str:
    """The path from the root that a person's folder is, "" for that folder: nothing lies above it."""
    parts = _HOME.sub("", path, count=1).split("/") if path.startswith("~") else path.split("/")
    while parts and parts[0] in ("", ".", ".."):
        del parts[0]
    is_pattern = bool(_PATTERN & set(path))
    below = "/".join(parts)
    return below if is_pattern or not below else posixpath.normpath(f"/{below}")[1:]


def _without_braces(path: str) -> list[str]:
    """What a shell makes of ``{a,b}``: a path for each; UnboundedPattern where those are too many."""
    done: list[str] = []
    waiting = [path]
    while waiting:
        each = waiting.pop()
        if found := _BRACES.search(each):
            waiting += [f"{each[: found.start()]}{part}{each[found.end() :]}" for part in found[1].split(",")[::-1]]
        else:
            done.append(each)
        if len(waiting) + len(done) > _MOST_PATHS:
            raise UnboundedPattern
    return done
