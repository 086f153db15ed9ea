"""Files of jobs that are sent somewhere: opened once, read as they were then, and compared with what they are after.

No part of their paths is ever followed as a link, and memory is the same for files of any size.
"""

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from runner.files import private
from runner.files.results import Results, log_name
from runner.files.space import in_plain_words
from runner.system.text import size

MOST_LOG_BYTES = 20_000_000
"""Larger logs are fetched by scp; Slack itself takes files of up to 1 GB."""

_BLOCK_BYTES = 1024 * 1024
_OLDEST_IN_ZIP = (1980, 1, 1, 0, 0, 0)


class NotToSend(Exception):
    """There is nothing to be sent, for this reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """The first bytes of an open file, so many of them; ``is_as_it_was`` tells whether they were of one moment."""

    handle: int
    size_bytes: int
    name: str
    is_as_it_was: Callable[[], bool] = lambda: True

    def piece(self, offset: int, length: int) -> bytes:
        """Some of its bytes; OSError where it has become shorter."""
        part = os.pread(self.handle, min(length, self.size_bytes - offset), offset)
        if not part and offset < self.size_bytes:
            raise OSError("it was cut off meanwhile")
        return part


@contextmanager
def opened_result(results: Results, job_id: int, name: str, *, max_bytes: int) -> Iterator[SentFile]:
    """One result by its path; NotToSend with the reason."""
    with ExitStack() as closing:
        with _explained():
            folder = closing.enter_context(private.opened(results.folder(job_id)))
            handle = private.open_file(folder, name, is_served=private.is_file)
            closing.callback(os.close, handle)
            before = os.fstat(handle)
        _check_size(before.st_size, max_bytes)
        last = name.rpartition("/")[2]
        unchanged = partial(_is_as_it_was, handle, before, folder, name)
        yield SentFile(handle=handle, size_bytes=before.st_size, name=last, is_as_it_was=unchanged)


@contextmanager
def opened_log(results: Results, job_id: int, *, size_bytes: int) -> Iterator[SentFile]:
    """The first bytes of the job's log, which may grow, so many where it has them; NotToSend with the reason."""
    with _explained():
        handle = results.open_log(job_id)
    try:
        length = min(size_bytes, os.fstat(handle).st_size)
        _check_size(length, MOST_LOG_BYTES)
        yield SentFile(handle=handle, size_bytes=length, name=log_name(job_id))
    finally:
        os.close(handle)


@contextmanager
def zipped(
    results: Results, job_id: int, *, max_bytes: int, go_on: Callable[[], None] = lambda: None
) -> Iterator[SentFile]:
    """All results as one archive in a file without a name; NotToSend where there are none, too many bytes, or gone.

    ``go_on`` is called now and then, and may raise.
    """
    found = results.files(job_id)
    if not found.files:
        raise NotToSend("there are no results")
    if found.are_more or sum(file.size_bytes for file in found.files) > max_bytes:
        raise NotToSend(f"they take more than {size(max_bytes)}")
    with ExitStack() as closing:
        with _explained():
            folder = closing.enter_context(private.opened(results.folder(job_id)))
            archive = closing.enter_context(tempfile.TemporaryFile(dir=results.control))
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
                left, are_of_one_moment = max_bytes, True
                for file in found.files:
                    read, is_of_one_moment = _pack(packed, folder, file.name, at_most=left, go_on=go_on)
                    left -= read
                    are_of_one_moment &= is_of_one_moment
            archive.flush()
        length = os.fstat(archive.fileno()).st_size
        name = f"job-{job_id}.zip"
        yield SentFile(handle=archive.fileno(), size_bytes=length, name=name, is_as_it_was=lambda: are_of_one_moment)


def _pack(
    packed: zipfile.ZipFile, folder: int, name: str, *, at_most: int, go_on: Callable[[], None]
) -> tuple[int, bool]:
    """Put one result into the archive; how many bytes it had, and whether they were of one moment.

    NotToSend where these are more than there may be.
    """
    entry = zipfile.ZipInfo(os.fsencode(name).decode(errors="replace"), _OLDEST_IN_ZIP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    read = 0
    with (
        os.fdopen(private.open_file(folder, name, is_served=private.is_file), "rb", buffering=0) as file,
        packed.open(entry, "w", force_zip64=True) as writing,
    ):
        before = os.fstat(file.fileno())
        while piece := file.read(_BLOCK_BYTES):
            read += len(piece)
            if read > at_most:
                raise NotToSend("they grew while they were read")
            writing.write(piece)
            go_on()
        is_of_one_moment = _is_as_it_was(file.fileno(), before, folder, name)
    return read, is_of_one_moment


def _check_size(length: int, max_bytes: int) -> None:
    if not length:
        raise NotToSend("it is empty")
    if length > max_bytes:
        raise NotToSend(f"it is larger than {size(max_bytes)}")


def _is_as_it_was(handle: int, before: os.stat_result, folder: int, name: str) -> bool:
    """Whether an open file is still what it was, and there by its name."""
    found = _found(folder, name)
    return found is not None and _moment(os.fstat(handle)) == _moment(before) == _moment(found)


def _moment(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _found(folder: int, name: str) -> os.stat_result | None:
    try:
        return private.status(folder, name, is_served=private.is_file)
    except OSError:
        return None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotToSend("it is not there any more") from error
    except OSError as error:
        raise NotToSend(f"it cannot be read: {in_plain_words(error)}") from error
