"""The digests of scripts' files: each file is hashed once for as long as it stays the same, and holds up nobody."""

from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from runner.errors import UnknownScript
from runner.scripts import files
from runner.scripts.files import MAX_FILES, Stamp
from runner.system.text import visible
from runner.system.threads import run_aside

PATIENCE = timedelta(milliseconds=250)
"""How long whoever has others waiting waits for a digest: a thousand times what usual scripts take."""


class Digests:
    """The SHA-256 of files below a folder, each computed by a thread of its own, however many ask. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._known: dict[str, tuple[Stamp, Future[str]]] = {}

    def digest(self, name: str, stamp: Stamp) -> Future[str]:
        """That of a file as long as it has this stamp, in hexadecimal; UnknownScript comes of it where it is gone."""
        with self._lock:
            known, found = self._known.get(name, (None, None))
            if found is not None and known == stamp and not _has_failed(found):
                return found
            if len(self._known) >= 2 * MAX_FILES:
                self._known.clear()  # names that are long gone
            found = Future()
            self._known[name] = (stamp, found)
        run_aside(partial(_compute, self._folder, name, found), name="digest")
        return found


def digest_within(patience: timedelta, digest: Future[str]) -> str | None:
    """The digest; None where it takes longer than that. UnknownScript where the file is gone."""
    try:
        return digest.result(patience.total_seconds())
    except TimeoutError:
        return None


def _has_failed(found: Future[str]) -> bool:
    return found.done() and found.exception() is not None


def _compute(folder: Path, name: str, found: Future[str]) -> None:
    try:
        found.set_result(files.digest(folder / name))
    except OSError:
        found.set_exception(UnknownScript(visible(name)))
