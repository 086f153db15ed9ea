"""The queue, its messages and what people keep, in a database; no object of SQLAlchemy leaves this package."""

from datetime import timedelta

from runner.jobs import Event, Preferences
from runner.store.engine import Database
from runner.store.expiry import Candidate, ExpiryStore
from runner.store.favourites import MAX_FAVOURITES, FavouriteStore
from runner.store.files import Asked, FileStore
from runner.store.jobs import JobStore
from runner.store.mapping import NewJob
from runner.store.outbox import OutboxStore
from runner.store.outbox_writer import Addresses, OutboxWriter
from runner.store.own_jobs import OwnJobStore
from runner.store.preferences import PreferenceStore
from runner.store.presets import PresetStore
from runner.store.queue import QueueStore
from runner.store.steady_clock import SteadyClock
from runner.store.watchers import WatcherStore
from runner.system.clock import Clock, Monotonic

__all__ = [
    "MAX_FAVOURITES",
    "Asked",
    "Candidate",
    "ExpiryStore",
    "FileStore",
    "JobStore",
    "NewJob",
    "OutboxStore",
    "PreferenceStore",
    "PresetStore",
    "QueueStore",
    "SteadyClock",
    "Store",
    "WatcherStore",
]


class Store:
    """An open database: ``jobs``, their ``expiry`` and ``watchers``, ``queue``, ``outbox``, and people's choices.

    ``usual`` is what those prefer who chose nothing, ``patience`` how long it waits where others write to it.
    """

    def __init__(
        self,
        url: str,
        *,
        addresses: Addresses,
        usual: Preferences | None = None,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._database = Database(url, patience=patience)
        writer = OutboxWriter(addresses=addresses, usual=usual or Preferences())
        self.jobs = JobStore(self._database, writer)
        self.expiry = ExpiryStore(self._database, writer)
        self.queue = QueueStore(self._database)
        self.outbox = OutboxStore(self._database, writer)
        self.files = FileStore(self._database, addresses)
        self.watchers = WatcherStore(self._database, writer)
        self.preferences = PreferenceStore(self._database, lambda person: addresses(person, Event.ENDED))
        self.presets = PresetStore(self._database)
        self.favourites = FavouriteStore(self._database)
        self.own_jobs = OwnJobStore(self._database)

    def steady_clock(self, clock: Clock, *, uptime: Monotonic, boot: str) -> SteadyClock:
        """The time by which stored moments count, on a machine with this clock, in this start of it."""
        return SteadyClock(self._database, clock=clock, uptime=uptime, boot=boot)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()
