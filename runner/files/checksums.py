"""Lists the results of a job that has ended with size and SHA-256: ``results.json``, and what ``sha256sum -c`` reads.

Both are made beside the job's log, out of the script's way, and linked among the results under names that are free.
``results.json`` gets its name last, in one step: where it is there, both are whole.
"""

import base64
import hashlib
import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import BinaryIO

from runner.files import private
from runner.files.private import File
from runner.files.published import publish, published_name
from runner.files.results import CHECKSUMS, LISTING, Results
from runner.files.space import in_plain_words
from runner.files.written import Written
from runner.system import atomic_files

_BUFFER_BYTES = 1024 * 1024
_STEP_BYTES = 64 * 1024 * 1024  # some tenth of a second
_TIMES_READ = 3
_LONGEST_LINE = 16_384  # PATH_MAX of Linux, 4,096 bytes, each of which may be escaped
_CHANGING = "it changed while it was read"
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}  # of GNU coreutils' sha256sum, in lines that begin with a backslash
_MEANT = {escape: sign for sign, escape in _ESCAPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksums:
    """The SHA-256 of the first results by name, in hexadecimal, and the name of the file that ``sha256sum`` reads.

    Once a job has ended they ``are_awaited`` until its results are listed.
    """

    by_name: Mapping[str, str] = field(default_factory=dict)
    file_name: str | None = None
    are_awaited: bool = False


NO_CHECKSUMS = Checksums()
"""Of what is not there to be listed, or holds nothing."""


def known_checksums(results: Results, job_id: int, *, at_most: int) -> Checksums:
    """Those of so many results; none where they are not made yet."""
    place = results.aside(job_id)
    try:
        with private.opened(results.folder(job_id)) as folder, private.opened(place) as aside:
            if not _is_there(aside, LISTING):
                return Checksums(are_awaited=True)
            with os.fdopen(private.open_file(aside, CHECKSUMS, is_served=private.is_file), "rb") as file:
                lines = [file.readline(_LONGEST_LINE) for _ in range(at_most)]
            return Checksums(by_name=dict(_read(lines)), file_name=published_name(place / CHECKSUMS, folder))
    except OSError:
        return NO_CHECKSUMS


def list_results(results: Results, job_id: int) -> Iterator[None]:
    """List the results of a job that has ended, a step after the other; nothing to do where its folders are gone.

    OSError where the disk takes nothing; what was begun is gone then.
    """
    try:
        with private.opened(results.aside(job_id)) as aside, private.opened(results.folder(job_id)) as folder:
            if not _is_there(aside, LISTING):
                _remove_half(aside)
                yield from _make(results, job_id, aside=aside, folder=folder)
            for path in results.ours(job_id):  # the log too, of a job that was cancelled while it waited for a retry
                with suppress(FileNotFoundError):
                    publish(path, folder)
    except (FileNotFoundError, NotADirectoryError):
        return


def _make(results: Results, job_id: int, *, aside: int, folder: int) -> Iterator[None]:
    found = results.files(job_id)
    with _draft(aside, LISTING) as (listing, name_listing), _draft(aside, CHECKSUMS) as (checksums, name_checksums):
        yield from _write(job_id, found, folder, listing=listing, checksums=checksums)
        if checksums.tell():
            name_checksums()
        name_listing()


def _write(job_id: int, found: Written, folder: int, *, listing: BinaryIO, checksums: BinaryIO) -> Iterator[None]:
    """Read all results and write of each; of a larger one a step after the other."""
    left_out = [{**_named(each.name), "reason": each.reason} for each in found.left_out]
    listing.write(b'{\n"job": %d,\n"files": [' % job_id)
    separator = b"\n"
    for file in found.files:
        try:
            read = yield from _digest(folder, file)
        except FileNotFoundError:
            continue  # it is no result any more
        except OSError as error:
            left_out.append({**_named(file.name), "reason": in_plain_words(error)})
            continue
        if read is None:
            left_out.append({**_named(file.name), "reason": _CHANGING})
            continue
        size_bytes, digest = read
        row = {**_named(file.name), "size": size_bytes, "sha256": digest}
        listing.write(separator + json.dumps(row).encode())
        checksums.write(_line(file.name, digest))
        separator = b",\n"
        yield
    is_whole = not found.are_more and found.left_out_count <= len(found.left_out)
    rest = f'\n],\n"left_out": {json.dumps(left_out)},\n"is_whole": {json.dumps(is_whole)}\n}}\n'
    listing.write(rest.encode())


def _digest(folder: int, file: File) -> Generator[None, None, tuple[int, str] | None]:
    """Size and SHA-256 of a file as it was at one moment; None where it changed each time that it was read."""
    with os.fdopen(private.open_file(folder, file.name, is_served=private.is_file), "rb", buffering=0) as opened:
        for _ in range(_TIMES_READ):
            before = os.fstat(opened.fileno())
            opened.seek(0)
            digest, read_bytes = hashlib.sha256(), 0
            while read_bytes <= before.st_size and (piece := opened.read(_BUFFER_BYTES)):
                digest.update(piece)
                read_bytes += len(piece)
                if read_bytes % _STEP_BYTES < len(piece):
                    yield
            after = os.fstat(opened.fileno())
            if read_bytes == after.st_size and before.st_mtime_ns == after.st_mtime_ns:
                return read_bytes, digest.hexdigest()
    return None


def _named(name: str) -> dict[str, str]:
    """A name as JSON takes it; one that is not UTF-8 is given as its bytes too, in base64."""
    encoded = os.fsencode(name)
    readable = encoded.decode(errors="replace")
    same = readable.encode() == encoded
    return {"name": readable} if same else {"name": readable, "name_base64": base64.b64encode(encoded).decode()}


def _line(name: str, digest: str) -> bytes:
    """What ``sha256sum`` reads; ``./`` lets it take no name for an option or for standard input."""
    escaped = "".join(_ESCAPES.get(sign, sign) for sign in name)
    return os.fsencode(f"{'' if escaped == name else chr(92)}{digest}  ./{escaped}\n")


def _read(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        digest, found, name = os.fsdecode(line).partition("  ./")
        if found and name.endswith("\n"):
            yield (_unescaped(name[:-1]) if digest.startswith("\\") else name[:-1]), digest.removeprefix("\\")


def _unescaped(name: str) -> str:
    parts, rest = [], name
    while rest:
        taken = rest[:2] if rest[:2] in _MEANT else rest[0]
        parts.append(_MEANT.get(taken, taken))
        rest = rest[len(taken) :]
    return "".join(parts)


@contextmanager
def _draft(aside: int, name: str) -> Iterator[tuple[BinaryIO, "_Naming"]]:
    """A file without its name, and what gives it that once it is on the disk; gone where that never happened."""
    draft = f".{name}.{token_hex(8)}"
    file = os.fdopen(atomic_files.open_new(draft, folder=aside), "wb")
    try:
        with file:
            yield file, _Naming(aside, file, draft, name)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=aside)


@dataclass(frozen=True, slots=True)
class _Naming:
    """Gives a draft its name, in the place of what was left there."""

    aside: int
    file: BinaryIO
    draft: str
    name: str

    def __call__(self) -> None:
        self.file.flush()
        os.fdatasync(self.file.fileno())
        os.rename(self.draft, self.name, src_dir_fd=self.aside, dst_dir_fd=self.aside)


def _is_there(folder: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _remove_half(aside: int) -> None:
    """Remove what was left where whoever made it was killed."""
    for name in os.listdir(aside):
        if name == CHECKSUMS or name.startswith((f".{LISTING}.", f".{CHECKSUMS}.")):
            os.unlink(name, dir_fd=aside)
