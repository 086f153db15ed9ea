"""An older database is brought up to date when it is opened: as a whole or not at all, and nothing in it is lost."""

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from runner.errors import StoreError
from runner.jobs import Ending, Job, Requester, State
from runner.messages import Event
from runner.store import Database, NewJob, Store
from runner.store.migrations import MIGRATIONS, statements
from runner.store.tables import SCHEMA_VERSION, metadata

VERSION_1 = Path(__file__).with_name("version_1.sql")
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A database of version 1 with job 7, which succeeded, and its end message, which is owed."""
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
    return path


@pytest.fixture
def open_store() -> Iterator[Callable[[Path], Store]]:
    opened: list[Store] = []

    def open_one(path: Path) -> Store:
        opened.append(Store(f"sqlite:///{path}", addresses=lambda who: {"slack": who.user_id}))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("SELECT version FROM schema_version").fetchone()[0]
        return found


def shape(path: Path) -> dict[str, object]:
    """Every table with its columns, keys and indexes, as the database itself tells."""
    engine = create_engine(f"sqlite:///{path}")
    found = inspect(engine)
    tables = {
        name: [
            [{**column, "type": str(column["type"])} for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            found.get_foreign_keys(name),
            found.get_unique_constraints(name),
            sorted(found.get_indexes(name), key=lambda index: str(index["name"])),
        ]
        for name in found.get_table_names()
    }
    engine.dispose()
    return tables


def test_nothing_in_an_older_database_is_lost(older: Path, open_store: Callable[[Path], Store]) -> None:
    store = open_store(older)

    job = store.jobs.get(7)

    assert job is not None
    assert (job.values, job.state, job.requester.name) == ({"word": "x"}, State.SUCCEEDED, "Ada")
    assert [
        (each.id, each.job_id, each.event) for each in store.notifications.due(now=NOW, channel="slack", limit=9)
    ] == [(9, 7, Event.ENDED)]


def test_new_things_work_in_an_older_database(
    older: Path, open_store: Callable[[Path], Store], person_factory: Callable[..., Requester]
) -> None:
    store = open_store(older)
    new = NewJob(
        submission="view:V2", script="a.sh", title="A", values={"word": "y"}, inputs=(), requester=person_factory()
    )

    job = store.jobs.submit(new, now=NOW)

    assert job.id == 8
    assert store.jobs.durations("a.sh") == [timedelta(minutes=1)]
    assert [preset.values for preset in store.presets.of("U0ADA", "a.sh")] == [{"word": "y"}]


def test_older_database_becomes_what_a_new_one_is(older: Path, tmp_path: Path) -> None:
    for path in (older, tmp_path / "new.db"):
        Database(f"sqlite:///{path}").close()

    assert shape(older) == shape(tmp_path / "new.db")
    assert "presets" in shape(older)
    assert version(older) == SCHEMA_VERSION


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda dialect: dialect.name)
def test_migration_says_what_a_new_database_is_made_with(dialect: Dialect) -> None:
    presets, jobs = metadata.tables["presets"], metadata.tables["jobs"]
    [by_script] = [index for index in jobs.indexes if index.name == "jobs_by_script"]
    made = [CreateTable(presets), *(CreateIndex(index) for index in (*presets.indexes, by_script))]

    expected = ["".join(str(each.compile(dialect=dialect)).split()) for each in made]

    assert ["".join(statement.split()) for statement in statements(1, dialect.name)] == expected


def test_every_version_before_this_one_has_its_migration() -> None:
    assert list(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_migration_is_told_once(older: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    for _ in range(2):
        Database(f"sqlite:///{older}").close()

    assert [record.getMessage() for record in caplog.records] == [
        f"the database was brought from version 1 of its tables to version {SCHEMA_VERSION}"
    ]


def test_new_database_tells_of_no_migration(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    Database(f"sqlite:///{tmp_path}/new.db").close()

    assert caplog.records == []


def test_migration_that_fails_half_way_leaves_the_older_database(older: Path) -> None:
    before = shape(older)
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("CREATE INDEX jobs_by_script ON jobs (title)")  # somebody's own, in the way

    with pytest.raises(StoreError, match="index jobs_by_script already exists"):
        Database(f"sqlite:///{older}")

    assert version(older) == 1
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("DROP INDEX jobs_by_script")
    assert shape(older) == before
    Database(f"sqlite:///{older}").close()
    assert version(older) == SCHEMA_VERSION


CRASH = """
import os, signal, sys
from sqlalchemy import Engine, event
from runner.store import Database

path, last = sys.argv[1:]

@event.listens_for(Engine, "after_cursor_execute")
def crash(connection, cursor, statement, parameters, context, many):
    if statement.startswith(last):
        os.kill(os.getpid(), signal.SIGKILL)

Database(f"sqlite:///{path}")
"""


@pytest.mark.parametrize("last", ["CREATE TABLE presets", "CREATE INDEX jobs_by_script", "UPDATE schema_version"])
def test_crash_half_way_leaves_the_older_database(older: Path, last: str) -> None:
    before = shape(older)

    crashed = subprocess.run([sys.executable, "-c", CRASH, older, last], check=False)

    assert crashed.returncode == -9
    assert (version(older), shape(older)) == (1, before)
    Database(f"sqlite:///{older}").close()
    assert version(older) == SCHEMA_VERSION


OPEN = """
import sys
from runner.store import Store

print("ready", flush=True)
sys.stdin.readline()
print(Store(f"sqlite:///{sys.argv[1]}", addresses=lambda _: {}).jobs.get(7).id)
"""


def test_processes_open_an_older_database_at_once(older: Path) -> None:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", OPEN, older], **pipes) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()

    assert [process.communicate(timeout=60)[0] for process in processes] == ["7\n"] * 4


@pytest.mark.parametrize("is_older", [True, False], ids=["older", "new"])
def test_durations_are_found_by_the_index(
    older: Path, tmp_path: Path, open_store: Callable[[Path], Store], *, is_older: bool
) -> None:
    path = older if is_older else tmp_path / "new.db"
    store = open_store(path)
    asked: list[tuple[str, Any]] = []

    def listen(*executed: Any) -> None:
        asked.append(executed[2:4])

    event.listen(Engine, "before_cursor_execute", listen)
    store.jobs.durations("a.sh")
    event.remove(Engine, "before_cursor_execute", listen)

    [(statement, parameters)] = [each for each in asked if each[0] != "BEGIN"]
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    assert [row[3] for row in plan] == ["SEARCH jobs USING INDEX jobs_by_script (script=? AND state=?)"]


def test_durations_are_those_of_the_latest_jobs_that_succeeded(
    store: Store, job_factory: Callable[..., Job], clock: Any
) -> None:
    def ran(seconds: int, state: State = State.SUCCEEDED, **parts: Any) -> None:
        job = job_factory(State.RUNNING, **parts)
        clock.move(timedelta(seconds=seconds))
        store.jobs.finish(job.id, Ending(state=state), now=clock(), expires_at=clock())

    for seconds in (5, 4, 3):
        ran(seconds)
    ran(100, State.FAILED)
    ran(200, script="b.sh")
    ran(2)
    job_factory(State.RUNNING)

    assert store.jobs.durations("a.sh") == [timedelta(seconds=seconds) for seconds in (2, 3, 4, 5)]
    assert store.jobs.durations("a.sh", at_most=2) == [timedelta(seconds=2), timedelta(seconds=3)]
    assert store.jobs.durations("c.sh") == []
