"""From a job to an attempt that can be started: its order, and its folders."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import InvalidValues, ScriptRunnerError, StoreError
from runner.executors import Order
from runner.files import Inbox, Results
from runner.jobs import Job
from runner.scripts import Catalogue, Script, invocation
from runner.scripts.digests import PATIENCE, digest_within
from runner.scripts.exposure import Writers
from runner.scripts.parameters import Input, Parameter
from runner.settings import to_hide
from runner.worker import slurm_environment
from runner.worker.settings import JobSettings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWriter:
    """Writes the order for a job's attempt from the script as it is now."""

    settings: JobSettings
    catalogue: Catalogue
    inbox: Inbox
    results: Results
    copies: Path
    secrets: Mapping[str, str] = field(repr=False)

    def order(self, job: Job) -> Order:
        """The order; ScriptRunnerError where script, values or input files no longer fit."""
        script = self.catalogue.script(job.script, exactly=True)
        try:
            values = script.parse(job.values)
        except InvalidValues as error:
            raise ScriptRunnerError(f"The script has changed and no longer takes these values: {error}.") from error
        secrets = self._secrets(script, values)
        trust = self.catalogue.trust()
        given = invocation(
            script.for_requester(job.requester.email),
            values,
            files=lambda parameter, value: self._path(job, parameter, value),
            secrets=secrets,
        )
        return Order(
            job_id=job.id,
            attempt=job.attempt,
            argv=[str(script.path), *given.arguments],
            folder=self.results.folder(job.id),
            records=self.results.records(job.id),
            log=self.results.log(job.id),
            environment=self._environment(job, script) | given.environment,
            stdin=given.stdin,
            masked=[text for secret in secrets.values() for text in to_hide(secret)],
            timeout=(job.time_limit or script.timeout or self.settings.timeout) + job.more_time,
            grace=script.grace or self.settings.grace,
            copies=self.copies,
            refused_mode=trust.refused_mode,
            owners=None if trust.refused is Writers.NOBODY else trust.owners,
            memory_bytes=job.memory_bytes,
            cpus=None if script.cpus is None else job.cpus,
            max_log_bytes=self.settings.max_log,
            terminal=script.terminal,
        )

    def has_changed(self, job: Job) -> bool:
        """Whether the script that ``order`` found is another than when the job was requested.

        Not where that takes too long to tell: other jobs wait.
        """
        if job.script_digest is None:
            return False
        return digest_within(PATIENCE, self.catalogue.digest(job.script)) not in (None, job.script_digest)

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
        return str(self.results.folder(job.id) / value)

    def _environment(self, job: Job, script: Script) -> dict[str, str]:
        at_once = {"PYTHONUNBUFFERED": "1"}  # python(1) keeps what goes to a file to itself until it has much of it
        at_terminal = {"TERM": "xterm", "PAGER": "cat"} if script.terminal else {}  # and nobody turns pages
        passed_on = (
            at_once | at_terminal | {name: os.environ[name] for name in self.settings.environment if name in os.environ}
        )
        folder = self.results.folder(job.id)
        of_ours = {
            "SCRIPTRUNNER_JOB_ID": str(job.id),
            "SCRIPTRUNNER_OUTPUT_DIR": str(folder),
            "SCRIPTRUNNER_REQUESTER": job.requester.email,
        }
        return passed_on | slurm_environment.variables(script, job, folder) | of_ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Prepares attempts; ``mark_changed`` keeps that a job's script was changed since the job was requested."""

    orders: OrderWriter
    results: Results
    mark_changed: Callable[[int], Job | None]

    def prepare(self, job: Job) -> tuple[Job, Order]:
        """Make the folders and the order of a job's attempt; the job as it is then.

        ScriptRunnerError where script, values or input files no longer fit, OSError where the disk is in trouble.
        """
        self.results.make(job.id, attempt=job.attempt)
        if job.retry_count:
            self.results.divide_log(job.id, attempt=job.attempt)
        order = self.orders.order(job)
        return (self._marked(job) if self.orders.has_changed(job) else job), order

    def _marked(self, job: Job) -> Job:
        """The job with that mark; where the database is not to be had, the job runs all the same."""
        _log.warning("job %d: its script was changed since it was requested", job.id)
        try:
            return self.mark_changed(job.id) or job
        except StoreError:
            return job
