"""Builds the parts of an installation from its settings, and wires them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from slack_sdk import WebClient

from runner.app.cleanup import Cleaner
from runner.app.config import Config
from runner.app.home import MachineParts, home_service
from runner.app.identity import runner_name
from runner.app.paths import Paths, written_folders
from runner.app.patience import USUAL_PATIENCE, Patience
from runner.app.reminders import Reminders
from runner.files import DiskSpace, Inbox, InboxLimits, Results, ScriptCopies, make_private
from runner.jobs import Job, Requester, Retrieval
from runner.messages.reports import Reporter
from runner.notifications import Credentials, addresses, transports
from runner.notifications.delivery import LONGEST_TURN, Delivery, FileDelivery
from runner.notifications.file_source import FileSource
from runner.notifications.registry import CHANNELS, ChannelRegistry
from runner.notifications.uploads import uploads
from runner.retrieval import Account, Accounts, Instructions, Logins, UploadInstructions
from runner.scripts import Catalogue, ChoiceLists
from runner.scripts.parameters import TYPES, AnyParameter
from runner.service import (
    InputService,
    LogService,
    Permissions,
    PreferenceService,
    QueueService,
    RetentionService,
    ScriptMenuService,
    ScriptRunner,
    ScriptService,
    SendingService,
    WatchingService,
    seen_by_watchers,
)
from runner.settings import Secrets
from runner.store import SteadyClock, Store
from runner.system import wakeup
from runner.system.beats import holds_memory, is_gone
from runner.system.boot import BootRecord, boot_id
from runner.system.clock import Clock, Monotonic, uptime
from runner.system.wakeup import WakeupSocket
from runner.system.watchdog import Watchdog
from runner.worker.launch import OrderWriter

if TYPE_CHECKING:
    from runner.executors.registry import ExecutorRegistry
    from runner.worker.checksum_queue import ChecksumQueue
    from runner.worker.worker import Worker


_LONGEST_TURN = timedelta(minutes=1)  # of the worker's: a job that is started is a turn of its own in this
_STEPS_OF_A_MAIL = 12  # a mail server may take its time-out for each: connect, greet, TLS, log in, envelope, text


class Assembly:
    """The parts of one installation, each made when it is first asked for. ``close`` lets go of the database.

    Channels, types of parameters and executors are those that are registered, unless others are given.
    """

    def __init__(  # noqa: PLR0913  # what tests and others replace is passed in
        self,
        config: Config,
        *,
        clock: Clock,
        uptime: Monotonic = uptime,
        channels: ChannelRegistry = CHANNELS,
        types: Mapping[str, type[AnyParameter]] = TYPES,
        executors: "ExecutorRegistry | None" = None,
        patience: Patience = USUAL_PATIENCE,
    ) -> None:
        self._config = config
        self._clock = clock
        self._uptime = uptime
        self._types = types
        self._executors = executors
        self._patience = patience
        self.paths = Paths.of(config)
        self._channels = {name: make(config, self.paths) for name, make in channels.items()}
        make_private(self.paths.data)

    @cached_property
    def store(self) -> Store:
        """The database; StoreError where it cannot be used."""
        return Store(
            self.paths.database_url,
            addresses=partial(addresses, self._channels),
            usual=self._config.preferences.usual(),
            patience=self._patience.database,
        )

    @cached_property
    def steady_clock(self) -> SteadyClock:
        """The time by which jobs and messages wait, run and expire."""
        return self.store.steady_clock(self._clock, uptime=self._uptime, boot=boot_id())

    @cached_property
    def catalogue(self) -> Catalogue:
        """The scripts."""
        return Catalogue(
            self._config.scripts,
            self._config.annotations,
            refused=self._config.refuse_scripts_writable_by,
            types=self._types,
            patience=self._patience.reading,
        )

    @cached_property
    def inbox(self) -> Inbox:
        """The inbox, made when absent."""
        disk = self._config.disk
        limits = InboxLimits(max_bytes=disk.max_inbox, max_files=disk.max_inbox_files, space=self.space)
        return Inbox(make_private(self.paths.inbox), limits)

    @cached_property
    def space(self) -> DiskSpace:
        """The disks under what ScriptRunner writes."""
        return DiskSpace(written_folders(self.paths), self._config.disk.free_space)

    @cached_property
    def results(self) -> Results:
        """The folders of jobs, made when absent."""
        return Results(root=make_private(self.paths.outbox), control=make_private(self.paths.job_records))

    def service(self, operator: Requester | None = None) -> ScriptRunner:
        """All that a front end may ask; the operator of the machine itself may do whatever administrators may."""
        permissions = self._permissions(operator)
        scripts = self._scripts(permissions)
        menus = ScriptMenuService(scripts=scripts, store=self.store, clock=self._clock)
        inputs = InputService(
            inbox=self.inbox,
            instructions=self._upload,
            max_upload_bytes=self._config.retrieval.max_upload_size,
        )
        queue = self._queue(permissions)
        logs = LogService(permissions=permissions, results=self.results, retrieve=self._retrieval)
        return ScriptRunner(
            scripts=scripts,
            menus=menus,
            home=home_service(
                self.store,
                MachineParts(space=self.space, runner_beat=self.paths.runner_beat),
                permissions=permissions,
                scripts=scripts,
                menus=menus,
                inputs=inputs,
                queue=queue,
                keep=self._config.retention.keep,
            ),
            inputs=inputs,
            queue=queue,
            watching=WatchingService(
                permissions=permissions, watchers=self.store.watchers, clock=self._clock, wake=self._wake
            ),
            preferences=PreferenceService(
                store=self.store.preferences,
                usual=self._config.preferences.usual(),
                clock=self._clock,
                wake=self._wake,
            ),
            logs=logs,
            sending=self._sending(permissions, logs),
            retention=self._retention(permissions),
            permissions=permissions,
            store=self.store,
            reporter=self.reporter,
            keep=self._config.retention.keep,
            clock=self._clock,
            wake=self._wake,
        )

    def worker(
        self,
        wakeup_socket: WakeupSocket,
        delivery: Delivery,
        secrets: Secrets,
        *,
        watchdog: Watchdog | None = None,
        job_ended: Callable[[int], None] = lambda _: None,
    ) -> "Worker":
        """What runs the jobs, and gives those scripts their secrets that ask for them; tells ``job_ended`` of each."""
        from runner.executors.registry import EXECUTORS, Executors  # noqa: PLC0415  # the bot has no use for it
        from runner.worker.worker import Worker, WorkerContext  # noqa: PLC0415  # same

        context = WorkerContext(
            name=self._runner_name,
            jobs=self.store.jobs,
            queue=self.store.queue,
            orders=OrderWriter(
                settings=self._config.jobs,
                catalogue=self.catalogue,
                inbox=self.inbox,
                results=self.results,
                copies=make_private(self.paths.script_copies),
                secrets=secrets.scripts,
            ),
            results=self.results,
            space=self.space,
            disk=self._config.disk,
            admins=[self._admin(each) for each in self._config.access.admins],
            executors=Executors(
                self._config.executors, chosen=self._config.jobs.executor, registry=self._executors or EXECUTORS
            ),
            wakeup_socket=wakeup_socket,
            idle_signal=delivery.idle_signal,
            boot=BootRecord(self.paths.boot_record, boot_id()),
            retention=self._config.retention.keep,
            clock=self.steady_clock,
            state_changed=delivery.wake,
            job_ended=job_ended,
            lease=self._config.jobs.lease,
            poll=self._patience.poll,
            after_trouble=self._patience.after_trouble,
            heartbeat=(watchdog or Watchdog()).loop("the worker", _LONGEST_TURN),
        )
        return Worker(context, limits=self._config.jobs.limits)

    def delivery(self, secrets: Secrets, slack: WebClient | None, *, watchdog: Watchdog | None = None) -> Delivery:
        """What sends messages; without a client those for Slack wait in the database."""
        credentials = Credentials(secrets=secrets, slack=slack)
        return Delivery(
            self.store.outbox.of(self._runner_name),
            transports(self._channels, credentials),
            self.reporter.message_report,
            clock=self.steady_clock,
            settings=self._config.delivery,
            watchdog=watchdog,
            longest_turn=LONGEST_TURN + _STEPS_OF_A_MAIL * self._config.mail.timeout,
            files=FileDelivery(
                owed=self.store.files.of(self._runner_name),
                source=FileSource(find=self.store.jobs.get, results=self.results, settings=self._config.sharing),
                uploads=uploads(self._channels, credentials),
            ),
        )

    def checksums(self) -> "ChecksumQueue":
        """What lists the results of jobs that have ended."""
        from runner.worker.checksum_queue import ChecksumQueue  # noqa: PLC0415  # the bot has no use for it

        return ChecksumQueue(self.results, self.space, self.store.jobs.ended)

    def cleaner(self) -> Cleaner:
        """What removes files and rows past their time."""
        return Cleaner(
            jobs=self.store.jobs,
            expiry=self.store.expiry,
            presets=self.store.presets,
            inbox=self.inbox,
            results=self.results,
            copies=ScriptCopies(self.paths.script_copies),
            reminders=self.reminders(),
            keep=self._config.retention.keep,
            keep_presets=self._config.retention.presets,
            keep_empty=max(self._config.retention.keep, 2 * self._config.retrieval.upload_password_period),
            data=self.paths.data,
            clock=self.steady_clock,
        )

    def reminders(self) -> Reminders | None:
        """What reminds people of what is to be removed; None where nobody is."""
        settings = self._config.retention
        if settings.reminder is None:
            return None
        return Reminders(
            expiry=self.store.expiry,
            results=self.results,
            inbox=self.inbox,
            runner=self._runner_name,
            ahead=min(settings.reminder, settings.keep / 2),
            keep=settings.keep,
            clock=self.steady_clock,
        )

    def account(self, user: str) -> Account | None:
        """What a user name of the SSH server gives access to."""
        return self._accounts.account(user)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _admin(self, written: str) -> Requester:
        """An administrator as one who can be told something: by mail or, by a user id, in Slack."""
        email = written if "@" in written else ""
        return Requester(user_id="" if email else written, team_id="", email=email, name=written)

    def _wake(self) -> bool:
        return wakeup.wake(self.paths.wakeup_socket)

    @cached_property
    def _logins(self) -> Logins:
        return Logins.load(self.paths.retrieval_key, upload_period=self._config.retrieval.upload_password_period)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(
            find_job=self.store.jobs.get,
            results=self.results,
            inbox=self.inbox,
            logins=self._logins,
            max_upload_bytes=self._config.retrieval.max_upload_size,
            clock=self._clock,
        )

    @cached_property
    def _instructions(self) -> Instructions:
        return Instructions(
            logins=self._logins,
            settings=self._config.retrieval,
            results=self.results,
            inbox=self.inbox,
            clock=self._clock,
        )

    @cached_property
    def reporter(self) -> Reporter:
        """What gathers what there is to tell of jobs."""
        return Reporter(
            jobs=self.store.jobs,
            results=self.results,
            retrieve=self._retrieval,
            foresee=partial(self._queue(self._permissions()).outlook, is_own=True),
            expiring=self._retention(self._permissions()).expiring,
            for_watchers=seen_by_watchers,
            unreached=self.store.outbox.unreached,
            clock=self._clock,
            sharing=self._config.sharing,
            unsent=self.store.files.unsent,
        )

    def _permissions(self, operator: Requester | None = None) -> Permissions:
        return Permissions(access=self._config.access, jobs=self.store.jobs, operator=operator)

    def _retention(self, permissions: Permissions) -> RetentionService:
        return RetentionService(
            permissions=permissions,
            expiry=self.store.expiry,
            results=self.results,
            inbox=self.inbox,
            extendable=self._config.retention.extendable,
            overuse=self._queue(permissions).overuse,
            clock=self._clock,
            wake=self._wake,
        )

    def _scripts(self, permissions: Permissions) -> ScriptService:
        return ScriptService(
            permissions=permissions,
            catalogue=self.catalogue,
            choice_lists=ChoiceLists(environment=self._config.jobs.environment),
            presets=self.store.presets,
        )

    def _sending(self, permissions: Permissions, logs: LogService) -> SendingService:
        return SendingService(
            permissions=permissions,
            results=self.results,
            files=self.store.files,
            logs=logs,
            settings=self._config.sharing,
            retrieve=self._retrieval,
            clock=self._clock,
            wake=self._wake,
        )

    def _queue(self, permissions: Permissions) -> QueueService:
        jobs = self._config.jobs
        return QueueService(
            permissions=permissions,
            store=self.store,
            limits=jobs.limits,
            waiting_limits=jobs.waiting_limits,
            time_limit=jobs.timeout,
            clock=self._clock,
            wake=self._wake,
            is_runner_gone=partial(is_gone, self.paths.runner_beat),
            holds_memory=partial(holds_memory, self.paths.runner_beat),
            disk=self._config.disk,
        )

    def _retrieval(self, job: Job) -> Retrieval:
        return self._instructions.retrieval(job)  # the key is made when it is first needed

    def _upload(self, person: Requester) -> UploadInstructions:
        return self._instructions.upload(person)

    @property
    def _runner_name(self) -> str:
        return runner_name(self.paths.runner_name)
