"""Brings files from Slack into the inboxes of those who uploaded them, in threads of its own."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cachetools import TTLCache
from slack_sdk import WebClient

from bot.listeners.context import ListenerContext
from bot.slack.files import Interrupted, SlackFile, content, looked_up
from bot.views.form import upload_fields
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.scripts import Script
from runner.scripts.parameters import Input
from runner.system.text import visible

_log = logging.getLogger(__name__)
_MOST_AT_ONCE = 16
_MOST_OF_ONE = 4
_MOST_KEPT = 1_000
_AGE_SECONDS = 24 * 3600
_TRIES = 3

Progress = Callable[[int], object]
"""Is told how many bytes of all files have arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFiles:
    """The files in Slack that raw values speak of, by the values that stand for them."""

    raw: Mapping[str, str | None]
    files: Mapping[str, SlackFile]

    def with_references(self, references: Mapping[str, str]) -> dict[str, str | None]:
        """The raw values with references to files of the inbox in place of those to Slack."""
        return {
            name: value and "\n".join(references.get(line, line) for line in value.split("\n"))
            for name, value in self.raw.items()
        }

    def sizes(self, references: Mapping[str, str]) -> dict[str, int]:
        """The sizes in bytes by such references; of files of one name, which are told apart later, the largest."""
        found: dict[str, int] = {}
        for each, file in self.files.items():
            found[references[each]] = max(file.size_bytes, found.get(references[each], 0))
        return found


def packed(script: Script, raw: Mapping[str, str | None], known: Sequence[SlackFile]) -> PendingFiles:
    """The files of ``known`` that the values of inputs speak of; nothing else stands for a file in Slack."""
    by_reference = {upload_fields.reference(file): file for file in known}
    wanted = [
        line
        for parameter in script.asked
        if isinstance(parameter, Input)
        for line in (raw.get(parameter.name) or "").split("\n")
    ]
    return PendingFiles(raw=raw, files={each: by_reference[each] for each in wanted if each in by_reference})


class Uploads:
    """Fetches files, several at once and each only once; a bounded number is under way, and remembered for a day."""

    def __init__(self, context: ListenerContext, pause: Callable[[float], object] = time.sleep) -> None:
        self._context = context
        self._pause = pause
        self._under_way: Counter[str] = Counter()
        self._brought = TTLCache[tuple[str, str], _Place, float](_MOST_KEPT, _AGE_SECONDS, timer=context.monotonic)
        self._lock = threading.Lock()

    def start(self, person: Requester, work: Callable[[], object]) -> None:
        """Do the work in a thread; ScriptRunnerError where too much is under way, of this person or of all."""
        self._begin(person.user_id)

        def run() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001  # the end of the thread
                _log.exception("bringing files failed")
            finally:
                self._end(person.user_id)

        threading.Thread(target=run, name="bringing", daemon=True).start()

    def bring(self, client: WebClient, person: Requester, files: PendingFiles, progress: Progress) -> dict[str, str]:
        """References to the inbox by references to Slack, once all files are there; ScriptRunnerError where not."""
        brought: dict[str, str] = {}
        before = 0
        for reference, file in files.files.items():
            brought[reference] = self._brought_once(client, person, file, _counting(progress, before))
            before += file.size_bytes
        return brought

    def bring_one(self, client: WebClient, person: Requester, file: SlackFile) -> str:
        """The reference to the inbox of a file that is there now; ScriptRunnerError where it cannot be brought."""
        return self._brought_once(client, person, file, lambda _: None)

    def _begin(self, user_id: str) -> None:
        with self._lock:
            if self._under_way[user_id] >= _MOST_OF_ONE:
                raise ScriptRunnerError(
                    f"Files of {_MOST_OF_ONE} forms or messages of yours are being brought now, and that is the most"
                    " at once; try again once those of one are there."
                )
            if self._under_way.total() >= _MOST_AT_ONCE:
                raise ScriptRunnerError("Many files are being brought right now; please try again in a minute.")
            self._under_way[user_id] += 1

    def _end(self, user_id: str) -> None:
        with self._lock:
            self._under_way[user_id] -= 1
            self._under_way += Counter()  # those of nobody go

    def _brought_once(self, client: WebClient, person: Requester, file: SlackFile, progress: Progress) -> str:
        with self._lock:
            place = self._brought.setdefault((person.user_id, file.id), _Place())
        with place.lock:
            if place.reference is None or not self._is_there(person, place.reference):
                place.reference = self._fetched(client, person, file, progress)
                _log.info("%s brought %s from Slack as %s", person.user_id, file.id, place.reference)
            return place.reference

    def _is_there(self, person: Requester, reference: str) -> bool:
        return self._context.service.inputs.find(person, lambda each: each == reference) is not None

    def _fetched(self, client: WebClient, person: Requester, file: SlackFile, progress: Progress) -> str:
        found = looked_up(client, file.id)
        for attempt in range(1, _TRIES):
            try:
                return self._fetched_at_once(client, person, found, progress)
            except Interrupted as error:
                _log.warning("%s is fetched anew: %s", file.id, visible(str(error)))
                self._pause(attempt)
        return self._fetched_at_once(client, person, found, progress)

    def _fetched_at_once(self, client: WebClient, person: Requester, file: SlackFile, progress: Progress) -> str:
        arrival = self._context.service.inputs.bring(person, file.name, file.size_bytes)
        arrived = 0
        try:
            for part in content(client, file):
                arrival.write(part)
                arrived += len(part)
                progress(arrived)
            return arrival.finish()
        finally:
            arrival.abandon()


class _Place:
    """Where a file was brought to; whoever wants the same file meanwhile waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reference: str | None = None


def _counting(progress: Progress, before: int) -> Progress:
    return lambda arrived: progress(before + arrived)
