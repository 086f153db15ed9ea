"""An older database is brought up to date when it is opened: as a whole or not at all, and nothing in it is lost."""

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, create_engine, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from runner.errors import StoreError
from runner.jobs import Ending, Event, Job, Progress, Requester, State
from runner.scheduling import Limits
from runner.store import NewJob, Store
from runner.store.engine import Database
from runner.store.migrations import MIGRATIONS, statements
from runner.store.tables import SCHEMA_VERSION, metadata

VERSIONS = sorted(MIGRATIONS)
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def make_older(folder: Path, number: int) -> Path:
    """A database of that version with job 7, which succeeded, and its end message, which is owed."""
    path = folder / "older.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(Path(__file__).with_name(f"version_{number}.sql").read_text())
    return path


@pytest.fixture(params=VERSIONS)
def older(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """One of each version."""
    return make_older(tmp_path, request.param)


@pytest.fixture
def open_store() -> Iterator[Callable[[Path], Store]]:
    opened: list[Store] = []

    def open_one(path: Path) -> Store:
        opened.append(Store(f"sqlite:///{path}", addresses=lambda who, _: {"slack": who.user_id}))
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
    tables: dict[str, object] = {
        name: [
            [{**column, "type": str(column["type"])} for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            found.get_foreign_keys(name),
            found.get_unique_constraints(name),
            sorted(({**index, "dialect_options": _where(index)} for index in found.get_indexes(name)), key=_name),
        ]
        for name in found.get_table_names()
    }
    engine.dispose()
    return tables


def _name(index: Any) -> str:
    return str(index["name"])


def _where(index: Any) -> str:
    return " ".join(str(index.get("dialect_options", {}).get("sqlite_where", "")).split())


def test_nothing_in_an_older_database_is_lost(older: Path, open_store: Callable[[Path], Store]) -> None:
    store = open_store(older)

    job = store.jobs.get(7)

    assert job is not None
    assert (job.values, job.state, job.requester.name) == ({"word": "x"}, State.SUCCEEDED, "Ada")
    assert [(each.id, each.job_id, each.event) for each in store.outbox.due(now=NOW, channel="slack", limit=9)] == [
        (9, 7, Event.ENDED)
    ]


def test_new_things_work_in_an_older_database(
    older: Path, open_store: Callable[[Path], Store], person_factory: Callable[..., Requester]
) -> None:
    store = open_store(older)
    new = NewJob(
        submission="view:V2", script="a.sh", title="A", values={"word": "y"}, inputs=(), requester=person_factory()
    )

    job = store.jobs.submit(new, now=NOW)

    assert job.id == 8
    assert store.jobs.runtimes("a.sh") == [timedelta(minutes=1)]
    assert store.presets.of("U0ADA", "a.sh")[0].values == {"word": "y"}


def test_older_database_becomes_what_a_new_one_is(older: Path, tmp_path: Path) -> None:
    for path in (older, tmp_path / "new.db"):
        Database(f"sqlite:///{path}").close()

    assert shape(older) == shape(tmp_path / "new.db")
    assert "presets" in shape(older)
    assert version(older) == SCHEMA_VERSION


DIALECTS = pytest.mark.parametrize(
    "dialect", [make() for make in (sqlite.dialect, postgresql.dialect)], ids=["sqlite", "postgresql"]
)


def written(made: Iterable[Any], dialect: Dialect) -> list[str]:
    """How the dialect writes them, white space aside."""
    return ["".join(str(each.compile(dialect=dialect)).split()) for each in made]


def migration(number: int, dialect: Dialect) -> list[str]:
    return ["".join(statement.split()) for statement in statements(number, dialect.name)]


def index(table: str, name: str) -> CreateIndex:
    [found] = [each for each in metadata.tables[table].indexes if each.name == name]
    return CreateIndex(found)


@DIALECTS
def test_migration_of_version_1_says_what_a_new_database_is_made_with(dialect: Dialect) -> None:
    presets = metadata.tables["presets"]
    made = [CreateTable(presets), index("presets", "presets_by_age"), index("jobs", "jobs_by_script")]

    assert migration(1, dialect) == written(made, dialect)


@DIALECTS
def test_migration_of_version_2_says_what_a_new_database_is_made_with(dialect: Dialect) -> None:
    columns = list(metadata.tables["jobs"].columns)
    names = [column.name for column in columns]
    of_version_3 = columns[names.index("priority") : names.index("executor")]
    added = [f"ALTERTABLEjobsADDCOLUMN{each}" for each in written(map(CreateColumn, of_version_3), dialect)]
    indexes = [index("jobs", name) for name in ("jobs_in_line", "jobs_put_off", "jobs_by_expiry")]
    indexes.append(index("notifications", "notifications_in_trouble"))
    attempts, turns, pauses = (CreateTable(metadata.tables[name]) for name in ("attempts", "turns", "pauses"))

    made = [*added, *written([*indexes, attempts, turns, index("turns", "turns_by_number"), pauses], dialect)]

    assert migration(2, dialect) == made


@DIALECTS
def test_migration_of_version_4_says_what_a_new_database_is_made_with(dialect: Dialect) -> None:
    made = [CreateTable(metadata.tables["clock_steps"]), index("jobs", "jobs_waiting")]

    assert migration(4, dialect) == written(made, dialect)


def test_columns_that_may_be_added_to_any_version_can_be_added_to_rows(older: Path) -> None:
    with closing(sqlite3.connect(older)) as connection:
        names = {name for _, name, *_ in connection.execute("PRAGMA table_info(jobs)")}
    added = [column for column in metadata.tables["jobs"].columns if column.name not in names]

    assert all(column.nullable or column.server_default is not None for column in added)


def test_every_version_before_this_one_has_its_migration() -> None:
    assert list(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_migration_is_told_once(older: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    before = version(older)

    for _ in range(2):
        Database(f"sqlite:///{older}").close()

    assert [record.getMessage() for record in caplog.records] == [
        f"the database was brought from version {before} of its tables to version {SCHEMA_VERSION}"
    ]


def test_new_database_tells_of_no_migration(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    Database(f"sqlite:///{tmp_path}/new.db").close()

    assert caplog.records == []


def test_migration_that_fails_half_way_leaves_the_older_database(older: Path) -> None:
    before, number = shape(older), version(older)
    with closing(sqlite3.connect(older)) as connection:
        refusal = "SELECT RAISE(ABORT, 'somebody is in the way')"
        connection.execute(f"CREATE TRIGGER stop BEFORE UPDATE ON schema_version BEGIN {refusal}; END")

    with pytest.raises(StoreError, match="somebody is in the way"):
        Database(f"sqlite:///{older}")

    assert version(older) == number
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("DROP TRIGGER stop")
    assert shape(older) == before
    Database(f"sqlite:///{older}").close()
    assert version(older) == SCHEMA_VERSION


CRASH = """
import os, signal, sys
from sqlalchemy import Engine, event
from runner.store.engine import Database

path, last = sys.argv[1:]

@event.listens_for(Engine, "after_cursor_execute")
def crash(connection, cursor, statement, parameters, context, many):
    if statement.startswith(last):
        os.kill(os.getpid(), signal.SIGKILL)

Database(f"sqlite:///{path}")
"""


@pytest.mark.parametrize(
    ("number", "last"),
    [
        (1, "CREATE TABLE presets"),
        (1, "CREATE INDEX jobs_by_script"),
        (2, "ALTER TABLE jobs ADD COLUMN priority"),
        (2, "CREATE TABLE turns"),
        (3, "ALTER TABLE jobs ADD COLUMN executor"),
        (4, "CREATE TABLE clock_steps"),
        *((number, "UPDATE schema_version") for number in VERSIONS),
    ],
)
def test_crash_half_way_leaves_the_older_database(tmp_path: Path, number: int, last: str) -> None:
    older = make_older(tmp_path, number)
    before = shape(older)

    crashed = subprocess.run([sys.executable, "-c", CRASH, older, last], check=False)

    assert crashed.returncode == -9
    assert (version(older), shape(older)) == (number, before)
    Database(f"sqlite:///{older}").close()
    assert version(older) == SCHEMA_VERSION


OPEN = """
import sys
from runner.store import Store

print("ready", flush=True)
sys.stdin.readline()
print(Store(f"sqlite:///{sys.argv[1]}", addresses=lambda *_: {}).jobs.get(7).id)
"""


def test_processes_open_an_older_database_at_once(older: Path) -> None:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", OPEN, older], **pipes) for _ in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()

    assert [process.communicate(timeout=60)[0] for process in processes] == ["7\n"] * 4


def test_jobs_of_version_2_go_on(tmp_path: Path, open_store: Callable[[Path], Store]) -> None:
    store = open_store(make_older(tmp_path, 2))

    [running] = store.jobs.renew("here", now=NOW, lease=timedelta(minutes=1))
    [started] = store.jobs.claim(
        "here", executor="local", now=NOW, lease=timedelta(minutes=1), limits=Limits(slots=2, cpus=2)
    )

    assert (running.id, running.attempt, running.cpus, running.time_limit, running.retries) == (5, 1, 1, None, None)
    assert (started.id, started.priority, started.script_changed) == (6, 0, False)
    for job in (running, started):
        assert store.jobs.finish(job.id, Ending(state=State.FAILED), runner="here", now=NOW, expires_at=NOW) is not None
    assert [preset.name for preset in store.presets.of("U0ADA", "a.sh")] == ["mine"]


def test_jobs_of_version_3_go_on_and_new_ones_remember_their_executor(
    tmp_path: Path, open_store: Callable[[Path], Store]
) -> None:
    store = open_store(make_older(tmp_path, 3))

    [running] = store.jobs.renew("here", now=NOW, lease=timedelta(minutes=1))
    [started] = store.jobs.claim(
        "here", executor="local", now=NOW, lease=timedelta(minutes=1), limits=Limits(slots=2, cpus=4)
    )

    assert (running.id, running.executor, running.progress) == (5, None, Progress(percent=40))
    assert (started.id, started.executor, started.cpus) == (6, "local", 2)
    again = store.jobs.finish(5, Ending(state=State.FAILED), runner="here", now=NOW, expires_at=NOW)
    assert again is not None
    assert (again.state, again.retry_count, again.executor) == (State.QUEUED, 1, None)


def test_clock_is_followed_in_a_database_of_version_4(tmp_path: Path, open_store: Callable[[Path], Store]) -> None:
    store = open_store(make_older(tmp_path, 4))
    steady = store.steady_clock(lambda: NOW, uptime=lambda: 0.0, boot="this")

    steady.follow()

    assert steady() == NOW
    [running] = store.jobs.renew("here", now=NOW, lease=timedelta(minutes=1))
    assert (running.id, running.executor, running.duration(NOW)) == (5, "local", timedelta(minutes=59, seconds=59))


def test_durations_are_those_of_the_latest_jobs_that_succeeded(
    store: Store, job_factory: Callable[..., Job], clock: Any
) -> None:
    def ran(seconds: int, state: State = State.SUCCEEDED, **parts: Any) -> None:
        job = job_factory(State.RUNNING, **parts)
        clock.move(timedelta(seconds=seconds))
        store.jobs.finish(job.id, Ending(state=state), runner="here", now=clock(), expires_at=clock())

    for seconds in (5, 4, 3):
        ran(seconds)
    ran(100, State.FAILED)
    ran(200, script="b.sh")
    ran(2)
    job_factory(State.RUNNING)

    assert store.jobs.runtimes("a.sh") == [timedelta(seconds=seconds) for seconds in (2, 3, 4, 5)]
    assert store.jobs.runtimes("a.sh", at_most=2) == [timedelta(seconds=2), timedelta(seconds=3)]
    assert store.jobs.runtimes("c.sh") == []
