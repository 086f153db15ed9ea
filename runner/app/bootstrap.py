"""Builds the parts from the settings; the one place that knows where each file of the data folder is."""

import secrets as random_source
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from slack_sdk import WebClient

from runner.app.channels import CHANNELS, Channels
from runner.app.cleanup import Cleaner
from runner.app.config import Config
from runner.files import Inbox, Results, make_private
from runner.jobs import Event, Job, Notification, Requester
from runner.messages.reports import Report, Reporter, Retrieval, as_of
from runner.notifications import Credentials, Transport
from runner.notifications.delivery import Delivery
from runner.retrieval import Account, Logins, named_job, named_person
from runner.retrieval.commands import fetch, upload
from runner.scripts import Catalogue, ChoiceLists
from runner.service import InputService, Permissions, QueueService, ScriptRunner, ScriptService, UploadInstructions
from runner.settings import Secrets
from runner.store import Store
from runner.system import atomic_files, wakeup
from runner.system.boot import BootRecord, boot_id
from runner.system.clock import Clock, steady
from runner.system.wakeup import WakeupSocket
from runner.worker.launch import OrderWriter

if TYPE_CHECKING:
    from runner.worker.worker import Worker


class Assembly:
    """The parts of one installation, each made when it is first asked for. ``close`` lets go of the database."""

    def __init__(self, config: Config, *, clock: Clock, channels: Channels = CHANNELS) -> None:
        self._config = config
        self._clock = clock
        self._channels = {name: make(config) for name, make in channels.items()}
        self._data = make_private(config.data)

    @cached_property
    def store(self) -> Store:
        """The database; StoreError where it cannot be used."""
        return Store(self.database_url, addresses=self._addresses)

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self._config.database or f"sqlite:///{self._data / 'scriptrunner.db'}"

    @cached_property
    def catalogue(self) -> Catalogue:
        """The scripts."""
        return Catalogue(self._config.scripts, self._config.annotations)

    @cached_property
    def inbox(self) -> Inbox:
        """The inbox, made when absent."""
        return Inbox(make_private(self._config.inbox or self._data / "inbox"))

    @cached_property
    def results(self) -> Results:
        """The folders of jobs, made when absent."""
        results = make_private(self._config.outbox or self._data / "outbox")
        return Results(root=results, control=make_private(self._data / "jobs"))

    @property
    def mail_folder(self) -> Path:
        """The Maildir that takes the mails where no server is set."""
        return self._data / "mail"

    @property
    def wakeup_path(self) -> Path:
        """The socket that wakes the runner."""
        return self._data / "runner.sock"

    @property
    def lock_path(self) -> Path:
        """What the one runner of this data folder holds locked."""
        return self._data / "runner.lock"

    def service(self, operator: Requester | None = None) -> ScriptRunner:
        """All that a front end may ask; the operator of the machine itself may do whatever administrators may."""
        permissions = Permissions(access=self._config.access, jobs=self.store.jobs, operator=operator)
        jobs = self._config.jobs
        return ScriptRunner(
            scripts=ScriptService(
                permissions=permissions,
                catalogue=self.catalogue,
                choice_lists=ChoiceLists(environment=jobs.environment, clock=self._clock),
                presets=self.store.presets,
            ),
            inputs=InputService(
                inbox=self.inbox,
                instructions=self._upload,
                max_upload_bytes=self._config.retrieval.max_upload_size,
            ),
            queue=QueueService(
                permissions=permissions,
                store=self.store,
                limits=jobs.limits,
                time_limit=jobs.timeout,
                clock=self._clock,
                wake=self._wake,
            ),
            permissions=permissions,
            store=self.store,
            reporter=self._reporter,
            retention=self._config.retention.keep,
            clock=self._clock,
            wake=self._wake,
        )

    def worker(self, wakeup_socket: WakeupSocket, delivery: Delivery, secrets: Secrets) -> "Worker":
        """What runs the jobs, and gives those scripts their secrets that ask for them."""
        from runner.executors import LocalExecutor  # noqa: PLC0415  # the bot has no use for it
        from runner.worker.worker import Worker, Workplace  # noqa: PLC0415  # same

        workplace = Workplace(
            name=self._runner_name(),
            jobs=self.store.jobs,
            orders=OrderWriter(self._config.jobs, self.catalogue, self.inbox, self.results, secrets.scripts),
            results=self.results,
            executor=LocalExecutor(),
            wakeup_socket=wakeup_socket,
            idle_signal=delivery.idle_signal,
            boot=BootRecord(self._data / "boot", boot_id()),
            retention=self._config.retention.keep,
            clock=self._clock,
            state_changed=delivery.wake,
            lease=self._config.jobs.lease,
        )
        return Worker(workplace, limits=self._config.jobs.limits)

    def delivery(self, secrets: Secrets, slack: WebClient | None) -> Delivery:
        """What sends messages; without a client those for Slack wait in the database."""
        return Delivery(
            self.store.outbox.of(self._runner_name()),
            self._transports(Credentials(secrets=secrets, slack=slack)),
            self._report,
            clock=steady(self._clock),
            settings=self._config.delivery,
        )

    def cleaner(self) -> Cleaner:
        """What removes files and rows past their time."""
        return Cleaner(
            jobs=self.store.jobs,
            presets=self.store.presets,
            inbox=self.inbox,
            results=self.results,
            keep=self._config.retention.keep,
            keep_presets=self._config.retention.presets,
            clock=self._clock,
        )

    def account(self, user: str) -> Account | None:
        """What a user name of the SSH server gives access to."""
        job_id, person = named_job(user), named_person(user)
        if job_id is not None:
            return self._job_account(job_id)
        return None if person is None else self._upload_account(person)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _wake(self) -> bool:
        return wakeup.wake(self.wakeup_path)

    @cached_property
    def _logins(self) -> Logins:
        return Logins.load(self._data, upload_period=self._config.retrieval.upload_password_period)

    @cached_property
    def _reporter(self) -> Reporter:
        return Reporter(self.results, self._retrieval)

    def _report(self, notification: Notification) -> Report | None:
        job = self.store.jobs.get(notification.job_id)
        if job is not None and notification.event in (Event.STARTED, Event.WARNED):
            return Report(job=job)  # neither says anything of results or of the log
        if job is not None and notification.event is Event.RETRIED:
            ended = [each for each in self.store.jobs.attempts(job.id) if each.finished_at == notification.created_at]
            job = as_of(job, ended[0]) if ended else job
        return None if job is None else self._reporter.report(job)

    def _addresses(self, requester: Requester) -> dict[str, str]:
        """Where a person is reached, by the names of the channels: what all processes owe them."""
        asked = {name: channel.recipient(requester) for name, channel in self._channels.items()}
        return {name: address for name, address in asked.items() if address is not None}

    def _transports(self, credentials: Credentials) -> dict[str, Transport]:
        found = {name: channel.transport(credentials) for name, channel in self._channels.items()}
        return {name: transport for name, transport in found.items() if transport is not None}

    def _retrieval(self, job: Job, names: Sequence[str]) -> Retrieval:
        login = self._logins.job_login(job)
        settings = self._config.retrieval
        command = fetch(names, login=login, settings=settings, folder=self.results.folder(job.id))
        return Retrieval(command=command, password=login.password if settings.server else None)

    def _upload(self, person: Requester) -> UploadInstructions:
        login = self._logins.upload_login(person.user_id, self._clock())
        settings = self._config.retrieval
        command = upload(login=login, settings=settings, folder=self.inbox.own_folder(person))
        if not settings.server:
            return UploadInstructions(command=command)
        return UploadInstructions(command=command, password=login.password, valid_until=login.valid_until)

    def _job_account(self, job_id: int) -> Account | None:
        job = self.store.jobs.get(job_id)
        if job is None or not self.results.exists(job_id):
            return None
        return Account(passwords=(self._logins.job_login(job).password,), folder=self.results.folder(job_id))

    def _upload_account(self, user_id: str) -> Account | None:
        """Folders are made when their owners are told the password: nobody else has one."""
        if user_id not in set(self.inbox.owners()):
            return None
        return Account(
            passwords=self._logins.upload_passwords(user_id, self._clock()),
            folder=self.inbox.folder / user_id,
            writable=True,
            max_size_bytes=self._config.retrieval.max_upload_size,
        )

    def _runner_name(self) -> str:
        """The name of this data folder's runner, kept over restarts and changes of the machine's name."""
        path = self._data / "runner.id"
        if not path.exists():  # a draft that is not needed would stay where we are killed now
            with suppress(FileExistsError):
                atomic_files.create(path, f"runner-{random_source.token_hex(8)}".encode())
        return path.read_text()
