"""From a job to the order for an attempt at it, and from an attempt's outcome back to the job's ending."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from signal import Signals

from pydantic import Field

from runner.catalogue import Catalogue
from runner.errors import InvalidValues, ScriptRunnerError
from runner.executors import EndedBy, Order, Outcome
from runner.inbox import Inbox
from runner.invocations import invocation
from runner.jobs import Ending, Job, State
from runner.limits import Limits
from runner.option_values import MAX_CPUS
from runner.outbox import Outbox
from runner.parameters import Input, Parameter
from runner.scripts import Script
from runner.secrets import to_hide
from runner.settings import Duration, Settings, Size
from runner.wording import size, span, visible

_NEAR_THE_LIMIT = 0.9
_NEVER_STARTED = "It could not be started"
_NO_SUPERVISOR = "its supervisor ended before it began"
_IN_PLAIN_WORDS = {
    os.strerror(number): f"{os.strerror(number)}: {words}"
    for number, words in (
        (errno.ENOENT, "the script, or the program its first line names, is missing"),
        (errno.EAGAIN, "the machine takes no more processes"),
        (errno.ENOMEM, "the machine has no memory left"),
        (errno.ENOSPC, "the disk is full"),
    )
}
_STOPPED_OUTSIDE = "It was stopped from outside, as when the machine shuts down."
_UNKNOWN = "Its supervisor is gone and left no word of how it ended; what it did up to then stands."


class JobSettings(Settings):
    """What every job is given: how many at once, in which order, how long, and which variables of the environment."""

    slots: int = Field(default=2, ge=1, le=1000)
    per_person: int | None = Field(default=None, ge=1, le=1000)
    cpus: int | None = Field(default=None, ge=1, le=MAX_CPUS)
    memory: Size | None = None
    ageing: Duration = timedelta(hours=1)
    patience: Duration = timedelta(minutes=30)
    timeout: Duration = timedelta(days=1)
    grace: Duration = timedelta(seconds=10)
    max_log: Size = 1_000_000_000
    lease: Duration = timedelta(minutes=1)
    environment: tuple[str, ...] = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")

    @property
    def limits(self) -> Limits:
        """How much may run at once."""
        return Limits(
            slots=self.slots,
            per_person=self.per_person,
            cpus=self.cpus,
            memory_bytes=self.memory,
            ageing=self.ageing,
            patience=self.patience,
        )


@dataclass(frozen=True, slots=True)
class Orders:
    """Writes the order for a job's attempt from the script as it is now."""

    settings: JobSettings
    catalogue: Catalogue
    inbox: Inbox
    outbox: Outbox
    secrets: Mapping[str, str] = field(repr=False)

    def order(self, job: Job) -> Order:
        """The order; ScriptRunnerError where script, values or input files no longer fit."""
        script = self.catalogue.script(job.script, exactly=True)
        try:
            values = script.parse(job.values)
        except InvalidValues as error:
            raise ScriptRunnerError(f"The script has changed and no longer takes these values: {error}.") from error
        secrets = self._secrets(script, values)
        given = invocation(
            script,
            values,
            files=lambda parameter, value: self._path(job, parameter, value),
            secrets=secrets,
        )
        return Order(
            job_id=job.id,
            attempt=job.attempt,
            argv=[str(script.path), *given.arguments],
            folder=self.outbox.folder(job.id),
            records=self.outbox.records(job.id),
            log=self.outbox.log(job.id),
            environment=self._environment(job) | given.environment,
            stdin=given.stdin,
            masked=[text for secret in secrets.values() for text in to_hide(secret)],
            timeout=(job.time_limit or script.timeout or self.settings.timeout) + job.more_time,
            grace=script.grace or self.settings.grace,
            memory_bytes=job.memory_bytes,
            cpus=None if script.cpus is None else job.cpus,
            max_log_bytes=self.settings.max_log,
        )

    def has_changed(self, job: Job) -> bool:
        """Whether the script that ``order`` found is another than when the job was requested."""
        return job.script_digest is not None and self.catalogue.digest(job.script) != job.script_digest

    def _secrets(self, script: Script, values: Mapping[str, str]) -> dict[str, str]:
        """Those that the script is given beside these values; an optional one may be lacking."""
        wanted = {each.name: script.secrets[each.name] for each in script.used(values) if each.name in script.secrets}
        required = {parameter.name for parameter in script.parameters if parameter.required}
        for name, secret in wanted.items():
            if secret not in self.secrets and name in required:
                raise ScriptRunnerError(f"The script needs the secret {secret}, which is not set on the server.")
        return {name: self.secrets[secret] for name, secret in wanted.items() if secret in self.secrets}

    def _path(self, job: Job, parameter: Parameter, value: str) -> str:
        if isinstance(parameter, Input):
            return str(self.inbox.path(job.requester, value))
        return str(self.outbox.folder(job.id) / value)

    def _environment(self, job: Job) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in self.settings.environment if name in os.environ}
        return passed_on | {
            "SCRIPTRUNNER_JOB_ID": str(job.id),
            "SCRIPTRUNNER_OUTPUT_DIR": str(self.outbox.folder(job.id)),
            "SCRIPTRUNNER_REQUESTER": job.requester.email,
        }


def ending(job: Job, outcome: Outcome) -> Ending:
    """What an attempt's outcome means for its job; only an order to stop that somebody gave makes it cancelled.

    The reason is text that any database takes, whatever the names of files are like.
    """
    found = _ending(job, outcome)
    reason = None if found.reason is None else visible(found.reason)
    return replace(found, reason=reason, usage=outcome.usage)


def _ending(job: Job, outcome: Outcome) -> Ending:
    match outcome.ended_by:
        case EndedBy.ITSELF:
            return _own_ending(outcome)
        case EndedBy.TIMEOUT | EndedBy.MEMORY | EndedBy.LOG:
            return _at_a_limit(outcome)
        case EndedBy.STOP if job.cancel_requested_at is not None:
            return Ending(state=State.CANCELLED, reason=f"Cancelled by {job.cancel_requested_by}.")
        case EndedBy.STOP:
            return Ending(state=State.FAILED, reason=_STOPPED_OUTSIDE)
        case EndedBy.NEVER_STARTED:
            return _not_started(outcome.error or "no reason is known")
        case EndedBy.NEVER_BEGAN if job.cancel_requested_at is not None:
            return Ending(state=State.CANCELLED, reason=f"Cancelled by {job.cancel_requested_by} before it started.")
        case EndedBy.NEVER_BEGAN:
            return _not_started(outcome.error or _NO_SUPERVISOR)
        case EndedBy.UNKNOWN:
            return Ending(state=State.LOST, reason=_UNKNOWN)


def _not_started(error: str) -> Ending:
    reason = f"{_NEVER_STARTED}: {_IN_PLAIN_WORDS.get(error, error).removesuffix('.')}."
    return Ending(state=State.FAILED, reason=reason, is_repeatable=False)


def _at_a_limit(outcome: Outcome) -> Ending:
    if outcome.ended_by is EndedBy.TIMEOUT:
        given = "" if outcome.timeout is None else f" of {span(outcome.timeout)}"
        return Ending(state=State.TIMED_OUT, reason=f"It was stopped at its time limit{given}.")
    if outcome.ended_by is EndedBy.MEMORY:
        given = "" if outcome.memory_bytes is None else f" of {size(outcome.memory_bytes)}"
        return Ending(state=State.FAILED, reason=f"It needed more memory than its limit{given}.")
    given = "the limit" if outcome.max_log_bytes is None else f"its limit of {size(outcome.max_log_bytes)}"
    reason = f"It was stopped because it wrote more to its log than {given}, where the log was cut."
    return Ending(state=State.FAILED, reason=reason)


def _own_ending(outcome: Outcome) -> Ending:
    if outcome.signal is not None:
        reason = f"It was ended by the signal {_name(outcome.signal)}.{_memory_words(outcome)}"
        return Ending(state=State.FAILED, reason=reason)
    if outcome.exit_code:
        return Ending(state=State.FAILED, exit_code=outcome.exit_code, reason=_memory_words(outcome).strip() or None)
    return Ending(state=State.SUCCEEDED, exit_code=outcome.exit_code)


def _memory_words(outcome: Outcome) -> str:
    """What may be why it failed, where nobody can know: a script that is refused memory ends in its own way."""
    peak = None if outcome.usage is None else outcome.usage.peak_memory_bytes
    if outcome.memory_bytes is None or peak is None or peak < outcome.memory_bytes * _NEAR_THE_LIMIT:
        return ""
    return f" It had used {size(peak)} of the {size(outcome.memory_bytes)} of memory that it may use."


def _name(signal: int) -> str:
    return Signals(signal).name if signal in set(Signals) else str(signal)
