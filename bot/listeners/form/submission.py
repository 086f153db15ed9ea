"""From a filled-in form to a job: checks, files that are fetched first, the question whether it shall be run."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from slack_sdk.errors import SlackClientError
from slack_sdk.models.views import View

from bot.listeners.context import ListenerContext, in_words
from bot.listeners.form.confirmations import Confirmations, PendingForm
from bot.listeners.form.forms import Filled, Forms
from bot.listeners.form.uploads import PendingFiles, Uploads, packed
from bot.listeners.sharing import chosen_watchers
from bot.slack.interaction import Interaction
from bot.slack.modals import AnsweredModal
from bot.views.form import confirmation, form, prefill, upload_progress
from bot.views.form.submitted import queued
from bot.views.jobs import preferences
from runner.errors import InvalidValues
from runner.jobs import Job, Requester
from runner.scripts import Script
from runner.system.text import visible

_PROGRESS_SECONDS = 2.0  # Slack: views.update is tier 4, and people read no faster


class Submission:
    """Takes forms that were filled in; one for the whole bot."""

    def __init__(self, context: ListenerContext, forms: Forms, uploads: Uploads) -> None:
        self._context = context
        self._forms = forms
        self._pending = Confirmations(context.monotonic)
        self._uploads = uploads

    def take(self, interaction: Interaction, person: Requester, script: Script, filled: Filled) -> None:
        """Queue the job, ask once more, or fetch files first.

        InvalidValues with every problem, QueueFull or another ScriptRunnerError where no more jobs are taken: before
        files are fetched, or anything is asked.
        """
        watchers, errors = chosen_watchers(self._context, interaction)
        if errors:
            interaction.ack(response_action="errors", errors=errors)
            return
        files = self._pending_files(interaction, script, filled)
        if files.files or filled.problems:
            self._check(person, script, files, filled.problems)
        pending = PendingForm(
            user_id=person.user_id,
            script=script.name,
            raw=files.raw,
            submission=self._forms.submission(interaction, files.raw),
            preset=prefill.saved_name(interaction.view),
            watchers=watchers,
        )
        if files.files or script.confirm:
            self._context.service.queue.check_room(person, script, submission=pending.submission)
        if files.files:
            self._fetch(interaction, person, script, files, pending)
        elif script.confirm:
            interaction.ack(response_action="push", view=self._question(person, script, pending))
        else:
            view, words = self._submit(person, script, pending)
            interaction.ack(response_action="update", view=view, words=words)

    def confirm(self, interaction: Interaction, person: Requester) -> None:
        """Run what was looked through once more."""
        kept = confirmation.remembered(interaction.view)
        job_id = kept.get("job")
        service = self._context.service
        if isinstance(job_id, int):
            job = service.run_again(person, job_id, submission=f"view:{interaction.view['id']}")
            view, words = self._told(person, job), _queued(job)
        else:
            pending = self._pending.find(str(kept.get("pending")), person.user_id)
            script = service.scripts.find(person, pending.script, exactly=True)
            view, words = self._submit(person, script, pending)
        interaction.ack(response_action="update", view=view, words=words)

    def _pending_files(self, interaction: Interaction, script: Script, filled: Filled) -> PendingFiles:
        """The values with those files in them that count, and the files that lie in Slack still."""
        known = [file for files in filled.uploaded.values() for file in files]
        return packed(script, filled.together(script), [*known, *self._forms.given(interaction)])

    def _check(self, person: Requester, script: Script, files: PendingFiles, problems: Mapping[str, str]) -> None:
        """Check the values as they will be once the files are there; InvalidValues with these problems and others."""
        service = self._context.service
        expected = {each: service.inputs.expected_reference(file.name) for each, file in files.files.items()}
        try:
            service.checked(person, script, files.with_references(expected), arriving=files.sizes(expected))
        except InvalidValues as error:
            raise InvalidValues({**error.problems, **problems}) from error
        if problems:
            raise InvalidValues(problems)

    def _fetch(
        self, interaction: Interaction, person: Requester, script: Script, files: PendingFiles, pending: PendingForm
    ) -> None:
        """Show that files are on their way, and go on in a thread once they are there."""
        shown = _ProgressModal(interaction, files)

        def work() -> None:
            try:
                references = self._uploads.bring(interaction.client, person, files, shown.progress)
                arrived = replace(pending, raw=files.with_references(references))
                view, words = self._after_fetching(person, script, arrived, references)
            except InvalidValues as error:
                words = "; ".join(f"{visible(name)}: {problem}" for name, problem in error.problems.items())
                view = form.trouble(words)
            except Exception as error:  # noqa: BLE001  # told and logged like that of a listener
                words = in_words(error)
                view = form.trouble(words)
            shown.end(view, words)

        self._uploads.start(person, work)
        interaction.ack(response_action="push", view=shown.view(0))

    def _after_fetching(
        self, person: Requester, script: Script, pending: PendingForm, references: Mapping[str, str]
    ) -> tuple[View, str]:
        """What to show, and what to write to somebody who has closed the modal."""
        if not script.confirm:
            return self._submit(person, script, pending)
        words = f"Your files are in your inbox: {', '.join(references.values())}. Choose them in the form."
        return self._question(person, script, pending), words

    def _question(self, person: Requester, script: Script, pending: PendingForm) -> View:
        values = self._context.service.checked(person, script, pending.raw)
        kept = self._pending.keep(replace(pending, raw=values))
        return confirmation.asking(script, values, remembered={"pending": kept})

    def _submit(self, person: Requester, script: Script, pending: PendingForm) -> tuple[View, str]:
        """Queue the job; what to show then, and what to write to somebody who has closed the modal."""
        job = self._context.service.submit(
            person,
            script,
            pending.raw,
            submission=pending.submission,
            preset=pending.preset,
            watchers=pending.watchers,
        )
        return self._told(person, job), _queued(job)

    def _told(self, person: Requester, job: Job) -> View:
        """That the job waits, and for how long it is expected to."""
        service = self._context.service
        return queued(
            job,
            service.queue.outlook(job, is_own=True),
            reader=self._context.reader(person),
            telling=preferences.telling(person, service.preferences.of(person), service.preferences.channels(person)),
            limit=service.queue.near_limit(person),
        )


def _queued(job: Job) -> str:
    return f"Job {job.id} is queued: {visible(job.title)}."


class _ProgressModal:
    """The modal that tells how far the files have come; where it was closed, a direct message ends the story."""

    def __init__(self, interaction: Interaction, files: PendingFiles) -> None:
        self._interaction = interaction
        self._names = [file.name for file in files.files.values()]
        self._size_bytes = sum(file.size_bytes for file in files.files.values())
        self._modal = AnsweredModal(interaction.client)
        self._told = time.monotonic()

    def view(self, done_bytes: int) -> View:
        """As it is after so many bytes."""
        return upload_progress.fetching(
            self._names, self._modal.external_id, done_bytes=done_bytes, size_bytes=self._size_bytes
        )

    def progress(self, done_bytes: int) -> None:
        """Tell of it, now and then."""
        if time.monotonic() - self._told >= _PROGRESS_SECONDS:
            self._told = time.monotonic()
            with suppress(SlackClientError):  # what is told now and then may be missed
                self._modal.update(self.view(done_bytes))

    def end(self, view: View, words: str) -> None:
        """Show how it ended, or write it where the modal cannot show it."""
        try:
            is_seen = self._modal.show(view)
        except SlackClientError:
            is_seen = False
        if not is_seen:
            self._interaction.write(words)
