"""The database: its connections, its transactions and the version of its tables."""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from enum import IntEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from runner.errors import StoreError
from runner.files import make_private
from runner.store.migrations import MIGRATIONS, create_tables, migrate
from runner.store.tables import SCHEMA_VERSION, schema
from runner.system import atomic_files
from runner.system.lasting_faults import LastingFaults

_log = logging.getLogger(__name__)
_ADVISORY_LOCKS = 0x5C4197
_LOCK = text("SELECT pg_advisory_xact_lock(:all, :one)")
_BUSY_SECONDS = 0.01


class Serialized(IntEnum):
    """What comes one at a time."""

    MIGRATIONS = 0
    CLAIMS = 1
    SUBMISSIONS = 2
    FILES = 3


class Database:
    """An open database whose tables are of this version: made, with its file, when absent; migrated when older.

    Raises StoreError where it cannot be opened or was written by a newer version.
    """

    def __init__(self, url: str, *, patience: timedelta = timedelta(seconds=5)) -> None:
        self.url = make_url(url)
        self._joined = threading.local()
        self._patience = patience
        self._turn = threading.Lock()
        self._faults = LastingFaults(_log)
        if self.url.drivername.startswith("sqlite"):
            _make_file(self.url.database)
        try:
            self._engine = create_engine(self.url, **_pooling(self.url.drivername))
        except ImportError as error:
            raise StoreError(f"The database {self.url!r} needs a driver that is not installed: {error}.") from error
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine, patience)
        self._make_tables()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view for reading; StoreError where the database is not to be had."""
        with self._translated("reading"), self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that takes SQLite's write lock first, so that it never fails half-way for want of it.

        Within another of the same thread it is a part of that one. StoreError where the database is not to be had.
        """
        with self._translated("writing"), self._transaction(writes=True) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        outer: Connection | None = getattr(self._joined, "connection", None)
        if outer is not None:
            yield outer
            return
        turn = self._writers_turn() if writes else nullcontext()
        with turn, self._engine.connect() as connection:
            try:
                with connection.begin():
                    self._begin(connection, writes=writes)
                    self._joined.connection = connection if writes else None
                    yield connection
            except (SQLAlchemyError, StoreError) as error:
                if _is_read_only(error):
                    connection.invalidate()  # once a connection has opened its file read-only, it stays so
                raise
            finally:
                self._joined.connection = None

    def _begin(self, connection: Connection, *, writes: bool) -> None:
        """Say it to SQLite; an event of the engine would have SQLAlchemy look for listeners at every statement."""
        if self._engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @contextmanager
    def _writers_turn(self) -> Iterator[None]:
        """Have the threads that write come in turn: SQLite has each look again and again, with ever longer pauses."""
        if self._engine.dialect.name != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=self._patience.total_seconds()):
            raise StoreError("The database cannot be used: another thread writes to it.")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        is_within = getattr(self._joined, "connection", None) is not None
        try:
            yield
        except IntegrityError:
            raise  # a constraint of ours: for the one who asked
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            self._faults.met(what, cause, "the database cannot be used", is_traced=False)
            raise StoreError(f"The database cannot be used: {_words(error)}.") from error
        if not is_within:  # of a part nobody knows yet whether the whole goes well
            self._faults.over(what)

    def _make_tables(self) -> None:
        try:
            with self._transaction(writes=True) as connection:
                one_at_a_time(connection, Serialized.MIGRATIONS)
                found = self._bring_up_to_date(connection)
        except SQLAlchemyError as error:
            raise StoreError(f"The database {self.url!r} cannot be used: {_cause(error)}.") from error
        if found != SCHEMA_VERSION:
            _log.info("the database was brought from version %s of its tables to version %s", found, SCHEMA_VERSION)

    def _bring_up_to_date(self, connection: Connection) -> int:
        """Make the tables, or make those of an older version like them; returns the version that was found."""
        if not inspect(connection).has_table(schema.name):
            create_tables(connection)
            connection.execute(insert(schema).values(version=SCHEMA_VERSION))
            return SCHEMA_VERSION
        found: int = connection.execute(select(schema.c.version)).scalar_one()
        if found != SCHEMA_VERSION and found not in MIGRATIONS:
            relation = "a newer" if found > SCHEMA_VERSION else "an older"
            raise StoreError(
                f"The database {self.url!r} was written by {relation} ScriptRunner: its tables have version {found}, "
                f"this program knows version {SCHEMA_VERSION}. Use the matching program or another database."
            )
        if found != SCHEMA_VERSION:
            migrate(connection, found, to=SCHEMA_VERSION)
        return found


def one_at_a_time(connection: Connection, what: Serialized) -> None:
    """Have transactions that do the same wait for one another; SQLite has all that write do so."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"all": _ADVISORY_LOCKS, "one": int(what)})


def _make_file(database: str | None) -> None:
    if not database or database == ":memory:":
        raise StoreError("SQLite needs a file: bot and runner are two processes. Allowed: sqlite:////folder/file.db")
    path = Path(database)
    try:
        make_private(path.parent)
        if not path.exists():
            atomic_files.create(path, b"")
    except FileExistsError:
        pass  # the other process was quicker
    except OSError as error:
        raise StoreError(f"The database file {path} cannot be made: {os.strerror(error.errno or 0)}") from error


def _pooling(driver: str) -> dict[str, object]:
    return {} if driver.startswith("sqlite") else {"pool_pre_ping": True}


def _prepare_sqlite(engine: Engine, patience: timedelta) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3's own: BEGIN is ours to say
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(patience.total_seconds() * 1000)}")
        _write_ahead(cursor, patience)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def _write_ahead(cursor: DBAPICursor, patience: timedelta) -> None:
    """Turn to write-ahead logging; SQLite does not wait by itself where another process turns a new file to it."""
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_SECONDS)
        else:
            return


def _is_read_only(error: BaseException | None) -> bool:
    error = error.__cause__ if isinstance(error, StoreError) else error
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return bool(code & 0xFF == sqlite3.SQLITE_READONLY)


def _words(error: SQLAlchemyError) -> str:
    """The cause as people say it, where it is the disk."""
    match getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "the disk is full"
        case sqlite3.SQLITE_READONLY:
            return f"it is read-only ({_cause(error)})"
        case sqlite3.SQLITE_IOERR:
            return f"the disk is faulty ({_cause(error)})"
        case _:
            return _cause(error)


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)
