"""Retention: removes files and rows whose time is over, never those of a job or a message that is not finished."""

import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pydantic import field_validator

from runner.app.reminders import Reminders
from runner.files import OWN, Inbox, Results, ScriptCopies, is_draft, leftover_drafts, private, sweep
from runner.settings import Duration, Settings, cron
from runner.store import ExpiryStore, JobStore, PresetStore, SteadyClock
from runner.system.text import visible

_log = logging.getLogger(__name__)
_DRAFT_AGE = timedelta(hours=1)  # those in use are locked, or written within moments


class RetentionSettings(Settings):
    """How long files and rows are kept, and when the cleaner comes (a crontab line, in the machine's time zone)."""

    keep: Duration = timedelta(days=7)
    """How long a job with its results, and a file in the inbox, is kept; longer while a job needs it."""
    longest_kept: Duration = timedelta(days=30)
    """How long a job may be kept in all, with all the weeks that people add."""
    reminder: Duration | None = timedelta(days=1)
    """How long before they are deleted people are reminded of files, at most half of "keep"; null: not at all."""
    presets: Duration = timedelta(days=365)
    """How long values that fill in a form are kept after they were used or saved last."""
    schedule: str = "17 3 * * *"
    """When cleanup comes, in the machine's time zone: minute, hour, day, month and weekday as in crontab(5)."""

    @property
    def extendable(self) -> timedelta:
        """What people may add to the time for which a job is kept."""
        return max(timedelta(), self.longest_kept - self.keep)

    @field_validator("schedule")
    @classmethod
    def _is_crontab(cls, written: str) -> str:
        try:
            cron.trigger(written)
        except ValueError as error:
            raise ValueError(f"five fields as in crontab(5), such as 17 3 * * * ({error})") from error
        return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """Knows what is past its time and removes it; one failure never keeps it from the rest."""

    jobs: JobStore
    expiry: ExpiryStore
    presets: PresetStore
    inbox: Inbox
    results: Results
    copies: ScriptCopies
    reminders: Reminders | None
    """Where people are reminded of what is to be removed, it is not before they were."""
    keep: timedelta
    keep_presets: timedelta
    keep_empty: timedelta
    """How long an inbox without a file is kept: its owner may have been told how to bring some."""
    data: Path
    clock: SteadyClock

    def clean(self, *, dry_run: bool = False) -> list[str]:
        """Remove what is past its time and say what that was, one line each; a dry run removes nothing."""
        self.clock.follow()
        now = self.clock()
        if self.reminders is not None and not dry_run:
            self.reminders.remind()
        return [
            *self._half_deleted(dry_run=dry_run),
            *self._expired_jobs(now, dry_run=dry_run),
            *self._forgotten_folders(dry_run=dry_run),
            *self._old_inputs(dry_run=dry_run),
            *self._empty_inboxes(dry_run=dry_run),
            *self._left_drafts(dry_run=dry_run),
            *self._old_presets(now, dry_run=dry_run),
            *self._unused_copies(dry_run=dry_run),
        ]

    def _unused_copies(self, *, dry_run: bool) -> Iterator[str]:
        """Copies of scripts that were not started lately; what runs may read on in its copy for as long as it runs."""
        running = {name.rpartition("/")[2] for name in self.jobs.running_scripts()}
        for copy, script, last_used in list(self.copies.last_used()):
            if script in running or self.clock.age(last_used) < self.keep:
                continue
            if dry_run or self._removed(f"copy {copy}", partial(self.copies.remove, copy, last_used=last_used)):
                yield f"the copy of {visible(script)} that ran last on {last_used:%Y-%m-%d}"

    def _expired_jobs(self, now: datetime, *, dry_run: bool) -> Iterator[str]:
        for job in self.jobs.expired(now=now, is_reminded=self.reminders is not None):
            if dry_run or self._removed(f"job {job.id}", partial(self._remove_job, job.id)):
                yield f"job {job.id} with its results"

    def _half_deleted(self, *, dry_run: bool) -> Iterator[str]:
        """What is left of files that somebody deleted, since the process was killed or the disk did not let them."""
        for job_id in self.expiry.half_deleted():
            if dry_run or self._removed(f"rest of job {job_id}", partial(self._delete_rest, job_id)):
                yield f"what was left of the deleted files of job {job_id}"

    def _delete_rest(self, job_id: int) -> None:
        self.results.remove(str(job_id))
        self.expiry.end_deletion(job_id, now=self.clock())

    def _remove_job(self, job_id: int) -> None:
        self.results.remove(str(job_id))
        self.jobs.remove(job_id)

    def _forgotten_folders(self, *, dry_run: bool) -> Iterator[str]:
        """Folders of jobs that have no row, as after the database was replaced."""
        names = self.results.names()
        known = self.jobs.known(int(name) for name in names if name.isdecimal())
        for name in sorted(names - {str(job_id) for job_id in known}):
            modified_at = self.results.modified_at(name)
            if modified_at is None or self.clock.age(modified_at) < self.keep:
                continue
            if dry_run or self._removed(f"folder {name}", partial(self.results.remove, name)):
                yield f"folder {name}, which belongs to no job"

    def _old_inputs(self, *, dry_run: bool) -> Iterator[str]:
        in_use = self.jobs.inputs_in_use()
        shared = {reference for _, reference in in_use if not reference.startswith(OWN)}
        yield from self._old_files(self.inbox.folder, shared, dry_run=dry_run)
        for user_id in self.inbox.owners():
            own = {reference.removeprefix(OWN) for owner, reference in in_use if owner == user_id}
            yield from self._old_files(self.inbox.folder / user_id, own, dry_run=dry_run)

    def _old_files(self, folder: Path, in_use: set[str], *, dry_run: bool) -> Iterator[str]:
        """Everything old but folders and what is on its way; of a link its own age counts, and the link goes."""
        with suppress(FileNotFoundError), private.opened(folder) as handle:
            for name, status in private.everything(handle):
                age = self.clock.age(datetime.fromtimestamp(status.st_mtime, UTC))
                if stat.S_ISDIR(status.st_mode) or is_draft(name) or name in in_use or age < self.keep:
                    continue
                path = visible(f"{folder.name}/{name}")
                if dry_run or self._removed(path, partial(os.unlink, name, dir_fd=handle)):
                    yield f"input {path}"

    def _empty_inboxes(self, *, dry_run: bool) -> Iterator[str]:
        """Folders that nobody has used for long, and what uploads left in any whose process died."""
        for user_id in self.inbox.owners():
            folder = self.inbox.folder / user_id
            with suppress(FileNotFoundError), private.opened(folder) as handle:
                if not dry_run:
                    sweep(handle)
                age = self.clock.age(datetime.fromtimestamp(os.fstat(handle).st_mtime, UTC))
                if age < self.keep_empty or private.everything(handle):
                    continue
                if dry_run or self._removed(f"inbox {user_id}", folder.rmdir):
                    yield f"inbox {user_id}, which is empty"

    def _left_drafts(self, *, dry_run: bool) -> Iterator[str]:
        for folder in (self.data, *(self.results.control / name for name in sorted(self.results.names()))):
            for name in leftover_drafts(folder, is_old=lambda moment: self.clock.age(moment) >= _DRAFT_AGE):
                path = visible(str((folder / name).relative_to(self.data)))
                if dry_run or self._removed(path, (folder / name).unlink):
                    yield f"draft {path}"

    def _old_presets(self, now: datetime, *, dry_run: bool) -> Iterator[str]:
        before = now - self.keep_presets
        number = self.presets.count(before=before)
        what = f"{number} {'preset' if number == 1 else 'presets'}"
        if number and (dry_run or self._removed(what, partial(self.presets.expire, before))):
            yield what

    def _removed(self, what: str, remove: Callable[[], object]) -> bool:
        try:
            remove()
        except Exception:  # noqa: BLE001  # one item must not keep the rest
            _log.exception("%s could not be removed", what)
            return False
        _log.info("%s removed", what)
        return True
