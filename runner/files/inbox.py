"""The folder people bring input files to: its top is everybody's, each person's own folder is theirs alone."""

import heapq
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.files import private
from runner.files.drafts import Draft
from runner.files.inbox_limits import InboxLimits, InboxUse
from runner.files.space import DISK_ERRORS, in_plain_words
from runner.jobs import Requester
from runner.system.text import is_unicode, visible

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_MOST_NAMES = 1_000
_LONGEST_NAME_BYTES = 200  # leaves room for a number, and for what others add to names of files
OWN = "~/"
MOST_FILES_LISTED = 10_000
"""Older files are not listed; they are found by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file that can be chosen as an input; ``reference`` is ``name``, or ``~/name`` in the person's own folder."""

    reference: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxListing:
    """Files of an inbox: the newest, at most ``MOST_FILES_LISTED``, and how many there are."""

    files: Sequence[InboxFile]
    count: int


class Arrival:
    """A file on its way into a person's own folder: it is there once it is whole, under a name that was free.

    ``finish`` or ``abandon`` ends it. Any of its methods raises ScriptRunnerError where the disk does not take it.
    """

    def __init__(self, folder: Path, name: str, size_bytes: int, *, limits: InboxLimits | None = None) -> None:
        self._name = name
        self._size_bytes = size_bytes
        self._has_ended = False
        with _explained(), private.opened(folder) as handle:
            self._draft = Draft(handle, limits=limits)
            try:
                self._draft.claim(size_bytes)
            except BaseException:
                self._draft.abandon()
                raise

    def write(self, content: bytes) -> None:
        """Add what follows; ScriptRunnerError where it is more than was announced."""
        if self._draft.size_bytes + len(content) > self._size_bytes:
            raise ScriptRunnerError(f"“{visible(self._name)}” is larger than was announced.")
        with _explained():
            self._draft.write(self._draft.size_bytes, content)

    def finish(self) -> str:
        """Put the file in place; how its owner refers to it. ScriptRunnerError where a part is missing."""
        if self._draft.size_bytes != self._size_bytes:
            raise ScriptRunnerError(f"“{visible(self._name)}” did not arrive whole.")
        self._has_ended = True
        with _explained():
            return OWN + self._draft.take(_numbered(self._name))

    def abandon(self) -> None:
        """Remove what arrived; nothing where the file is in place."""
        if not self._has_ended:
            self._has_ended = True
            self._draft.abandon()


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox folder; with ``limits`` for what people bring into their own folders."""

    folder: Path
    limits: InboxLimits | None = None

    def own_folder(self, requester: Requester) -> Path:
        """The person's own folder, made when absent; its age tells when they last had reason to use it.

        OSError where it cannot be made for another reason than a disk that takes nothing.
        """
        folder = self._place(requester.user_id)
        try:
            private.make_private(folder)
        except OSError as error:
            if error.errno not in DISK_ERRORS:  # whoever brings something is told; a form opens all the same
                raise
        with suppress(OSError):
            os.utime(folder)
        return folder

    def use(self, requester: Requester) -> InboxUse | None:
        """What this person's own folder holds; None where nothing limits that, or it cannot be seen."""
        if self.limits is None:
            return None
        try:
            with private.opened(self._place(requester.user_id)) as handle:
                return self.limits.use(handle)
        except OSError:
            return None

    def check_room(self, requester: Requester, sizes_bytes: Collection[int]) -> None:
        """ScriptRunnerError where files of these sizes have no room in the person's own folder."""
        if self.limits is not None and sizes_bytes:
            with _explained(), private.opened(self.own_folder(requester)) as handle:
                self.limits.check(handle, more_bytes=sum(sizes_bytes), more_files=len(sizes_bytes))

    def files(self, requester: Requester, words: str = "") -> InboxListing:
        """What this person can choose and has these words in its name, newest first."""
        found = [*self._found_in(requester, lambda reference: words.casefold() in reference.casefold())]
        newest = heapq.nlargest(MOST_FILES_LISTED, found, key=lambda file: (file.modified_at, file.reference))
        return InboxListing(files=newest, count=len(found))

    def find(self, requester: Requester, is_meant: Callable[[str], bool]) -> InboxFile | None:
        """A file that this person can choose, by a mark of how it is referred to; None where none has it."""
        return next(self._found_in(requester, is_meant), None)

    def path(self, requester: Requester, reference: str) -> Path:
        """Where the file is that this person means; ScriptRunnerError where it is not there or not a plain file."""
        return self._found(requester, reference)[0]

    def file(self, requester: Requester, reference: str) -> InboxFile:
        """The file that this person means; ScriptRunnerError as for its path."""
        _, status = self._found(requester, reference)
        modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return InboxFile(reference=reference, size_bytes=status.st_size, modified_at=modified_at)

    def brought_at(self, user_id: str, reference: str) -> datetime | None:
        """When the file came that this is in the person's own folder; None where it is not there."""
        try:
            with private.opened(self._place(user_id)) as handle:
                return datetime.fromtimestamp(private.status(handle, reference.removeprefix(OWN)).st_mtime, UTC)
        except (OSError, ValueError):
            return None

    def remove(self, requester: Requester, reference: str) -> None:
        """Delete a file of the person's own folder; nothing where it is gone. OSError where it cannot be."""
        name = reference.removeprefix(OWN)
        if "/" not in name and not name.startswith("."):
            with suppress(FileNotFoundError), private.opened(self._place(requester.user_id)) as handle:
                os.unlink(name, dir_fd=handle)

    def _found(self, requester: Requester, reference: str) -> tuple[Path, os.stat_result]:
        own = reference.startswith(OWN)
        folder, name = (
            (self._place(requester.user_id), reference.removeprefix(OWN)) if own else (self.folder, reference)
        )
        try:
            if "/" in name or name.startswith("."):
                raise FileNotFoundError(name)
            with private.opened(folder) as handle:
                status = private.status(handle, name)
                os.close(private.open_file(handle, name))
        except (OSError, ValueError):  # ValueError: NUL, which no name holds
            where = "your own inbox folder" if own else "the inbox"
            raise ScriptRunnerError(f"“{visible(name)}” is not in {where} any more; choose another file.") from None
        return folder / name, status

    def _found_in(self, requester: Requester, is_meant: Callable[[str], bool]) -> Iterator[InboxFile]:
        yield from _files(self.folder, "", is_meant)
        yield from _files(self._place(requester.user_id), OWN, is_meant)

    def bring(self, requester: Requester, name: str, size_bytes: int) -> Arrival:
        """Begin to bring a file of so many bytes into the person's own folder."""
        with _explained():
            folder = self.own_folder(requester)
        return Arrival(folder, file_name(name), size_bytes, limits=self.limits)

    def owners(self) -> Iterator[str]:
        """The user ids of those who have a folder of their own."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if _USER_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                    yield entry.name

    def _place(self, user_id: str) -> Path:
        if not _USER_ID.fullmatch(user_id):
            raise ScriptRunnerError(f"“{visible(user_id)}” is not a Slack user id: those begin with U or W.")
        return self.folder / user_id


def file_name(given: str) -> str:
    """What a file of any name is called in an inbox: no path, no control characters, no dot in front, not too long."""
    last = re.split(r"[/\\]", given)[-1]
    clean = "".join(each if visible(each) == each else "_" for each in last).strip().lstrip("-")
    rest = clean.lstrip(".-")
    stem, ending = _split(f"file.{rest}" if clean.startswith(".") and rest else rest or "file")
    while len(f"{stem}{ending}".encode()) > _LONGEST_NAME_BYTES:
        stem, ending = (stem[:-1], ending) if stem else ("file", ending[-20:])
    return f"{stem}{ending}"


def _numbered(name: str) -> Iterator[str]:
    stem, ending = _split(name)
    yield name
    for number in range(2, _MOST_NAMES):
        yield f"{stem}-{number}{ending}"


def _split(name: str) -> tuple[str, str]:
    """A name without its ending, and the ending: ``.csv``, or ``.tar.gz``."""
    endings = Path(name).suffixes
    ending = "".join(endings[-2:] if endings[-2:-1] == [".tar"] else endings[-1:])
    return name.removesuffix(ending), ending


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScriptRunnerError(f"The file cannot be written to your inbox: {in_plain_words(error)}.") from error


def _files(folder: Path, prefix: str, is_meant: Callable[[str], bool]) -> Iterator[InboxFile]:
    with suppress(OSError), private.opened(folder) as handle:
        for file in private.files(handle, deep=False, at_most=None):
            reference = prefix + file.name
            if not file.name.startswith(".") and is_unicode(file.name) and is_meant(reference):
                yield InboxFile(reference=reference, size_bytes=file.size_bytes, modified_at=file.modified_at)
