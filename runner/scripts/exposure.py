"""Who besides us can change what scripts do: by the modes and owners of their files and of the folders on the way."""

import grp
import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runner.scripts.foreign import is_foreign
from runner.system.text import visible

_OVERFLOW = Path("/proc/sys/kernel/overflowuid")  # whose everything is that has no owner in here (user_namespaces(7))
_ROOT = 0


class Writers(StrEnum):
    """Who keeps a script from being run by being able to change it."""

    OTHERS = "others"
    GROUP = "group"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A file or a folder that somebody else can change; an access list (acl(5)) shows as the rights of the group."""

    path: Path
    by: Writers
    words: str

    def __str__(self) -> str:
        """``/srv/a.sh (mode 0777) can be changed by everybody; mend it with: chmod o-w /srv/a.sh``."""
        return visible(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Who may change scripts: ``owners`` by user id; ``refused`` is who else keeps them from running where they can."""

    folder: Path
    owners: frozenset[int]
    refused: Writers

    @classmethod
    def of(cls, folder: Path, refused: Writers = Writers.OTHERS) -> "Trust":
        """Root, whoever asks, and the owner of the scripts folder may change scripts; OSError where there is none."""
        return cls(folder=folder, owners=frozenset({_ROOT, os.geteuid(), folder.stat().st_uid}), refused=refused)

    @property
    def refused_mode(self) -> int:
        """The bits of a mode that keep a script from being run."""
        return {Writers.OTHERS: stat.S_IWOTH, Writers.GROUP: stat.S_IWOTH | stat.S_IWGRP, Writers.NOBODY: 0}[
            self.refused
        ]

    def refuses(self, exposure: Exposure) -> bool:
        """Whether what is exposed like this is not run."""
        return self.refused is Writers.GROUP or self.refused is exposure.by

    def above(self) -> tuple[Exposure, ...]:
        """The folders above the scripts folder in which others can put another in its place.

        One in which everybody may write but change nothing of others' (sticky) is none of them.
        """
        owners = self.owners | {_nobody()}
        places = dict.fromkeys([*self.folder.absolute().parents, *self.folder.resolve().parents])
        found = (_exposure(path, path.stat(), owners, is_sticky_safe=True) for path in places)
        return tuple(each for each in found if each is not None)

    def within(self, name: str) -> tuple[Exposure, ...]:
        """The folders from the scripts folder to that of this name below it, "" for itself, that others can change."""
        parts = [part for part in name.split("/") if part]
        places = [self.folder.joinpath(*parts[:count]) for count in range(len(parts) + 1)]
        return tuple(each for path in places if (each := self.of_path(path)) is not None)

    def of_path(self, path: Path) -> Exposure | None:
        """Whether others can change this file or folder; None also where it is gone."""
        try:
            return _exposure(path, path.stat(follow_symlinks=False), self.owners)
        except OSError:
            return None

    def links_out(self) -> Iterator[str]:
        """The links below the scripts folder that lead out of it, in words; they are not followed."""
        top = os.path.realpath(self.folder)
        for place, folders, names in os.walk(self.folder):
            if place != str(self.folder) and is_foreign(os.path.basename(place), {*folders, *names}):  # noqa: PTH119  # same
                folders.clear()
                continue
            folders.sort()
            for name in sorted([*folders, *names]):
                path = os.path.join(place, name)  # noqa: PTH118  # os.walk's own
                if not name.startswith(".") and os.path.islink(path):  # noqa: PTH114  # same
                    target = os.path.realpath(path)
                    if os.path.commonpath([top, target]) != top:
                        yield visible(f"{path} leads out of the scripts folder, to {target}; it is not followed")


def _exposure(
    path: Path, status: os.stat_result, owners: frozenset[int], *, is_sticky_safe: bool = False
) -> Exposure | None:
    mode = stat.S_IMODE(status.st_mode)
    shown, quoted = f"{path} (mode {mode:04o})", shlex.quote(str(path))
    is_safe = stat.S_ISLNK(status.st_mode) or (is_sticky_safe and mode & stat.S_ISVTX)
    if status.st_uid not in owners:
        words = f"{shown} can be changed by its owner, {_user(status.st_uid)}; mend it with: sudo chown root {quoted}"
        return Exposure(path=path, by=Writers.OTHERS, words=words)
    if mode & stat.S_IWOTH and not is_safe:
        words = f"{shown} can be changed by everybody; mend it with: chmod o-w {quoted}"
        return Exposure(path=path, by=Writers.OTHERS, words=words)
    if mode & stat.S_IWGRP and not is_safe:
        words = f"{shown} can be changed by the group {_group(status.st_gid)}; mend it with: chmod g-w {quoted}"
        return Exposure(path=path, by=Writers.GROUP, words=words)
    return None


def _nobody() -> int:
    try:
        return int(_OVERFLOW.read_text())
    except OSError:
        return _ROOT


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the user {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
