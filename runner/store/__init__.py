"""The queue and its messages in a database; no object of SQLAlchemy leaves this package."""

from runner.store.engine import Database
from runner.store.jobs import Addresses, JobStore, NewJob
from runner.store.notifications import NotificationStore

__all__ = ["Addresses", "Database", "JobStore", "NewJob", "NotificationStore", "Store"]


class Store:
    """An open database with its two parts: ``jobs`` and ``notifications``."""

    def __init__(self, url: str, *, addresses: Addresses) -> None:
        self._database = Database(url)
        self.jobs = JobStore(self._database, addresses)
        self.notifications = NotificationStore(self._database)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()
