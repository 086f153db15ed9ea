"""From a job to the order for an attempt at it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.errors import InvalidValues, ScriptRunnerError
from runner.executors import Order
from runner.files import Inbox, Results
from runner.jobs import Job
from runner.scripts import Catalogue, Script, invocation
from runner.scripts.parameters import Input, Parameter
from runner.settings import to_hide
from runner.worker.settings import JobSettings


@dataclass(frozen=True, slots=True)
class OrderWriter:
    """Writes the order for a job's attempt from the script as it is now."""

    settings: JobSettings
    catalogue: Catalogue
    inbox: Inbox
    results: Results
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
            folder=self.results.folder(job.id),
            records=self.results.records(job.id),
            log=self.results.log(job.id),
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
        return str(self.results.folder(job.id) / value)

    def _environment(self, job: Job) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in self.settings.environment if name in os.environ}
        return passed_on | {
            "SCRIPTRUNNER_JOB_ID": str(job.id),
            "SCRIPTRUNNER_OUTPUT_DIR": str(self.results.folder(job.id)),
            "SCRIPTRUNNER_REQUESTER": job.requester.email,
        }
