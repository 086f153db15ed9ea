"""A table of a million jobs, as an installation has after years: of 500 people, one of whom made half of them."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

JOBS = 1_000_000
MANY, FEW, NOBODY = "U0MANY", "U0FEW", "U0NOBODY"
FEW_JOBS = 5
WAITING = 300
RUNNING = 2
LAST = datetime(2026, 7, 1)  # noqa: DTZ001  # written as the database has it: in UTC, without a zone

_PEOPLE = 500
_SCRIPTS = 200
_APART = timedelta(seconds=20)
_COLUMNS = (
    *("id", "submission", "script", "title", "arguments", "inputs", "user_id", "team_id", "email", "name", "state"),
    *("exit_code", "requested_at", "started_at", "finished_at", "expires_at", "attempt", "runner", "time_limit"),
)
Row = tuple[str | int | float | None, ...]


def fill(database: Path) -> None:
    """Put them into an empty jobs table; nobody else may have the database open. Its indexes are made at the end."""
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' AND sql IS NOT NULL"
        indexes = connection.execute(named).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("BEGIN")
        places = ", ".join("?" * len(_COLUMNS))
        connection.executemany(f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({places})", _rows())  # noqa: S608
        for _, statement in indexes:
            connection.execute(statement)
        connection.execute("COMMIT")
    connection.close()


def _rows() -> Iterator[Row]:
    for number in range(1, JOBS + 1):
        requested = LAST - _APART * (JOBS - number)
        state, exit_code = _state(number)
        is_begun, is_over = state != "queued", state not in {"queued", "running"}
        user_id, script = _user(number), number * 31 % _SCRIPTS
        yield (
            *(number, f"submission {number}", f"script_{script}.sh", f"Script {script}"),
            json.dumps({"rows": f"{number}", "mode": "exact", "output": "result.csv"}),
            *("[]", user_id, "T0BENCH", f"{user_id.lower()}@example.com", f"Person {user_id}"),
            *(state, exit_code, _written(requested)),
            _written(requested + timedelta(seconds=5)) if is_begun else None,
            _written(requested + timedelta(seconds=5 + number % 900)) if is_over else None,
            _written(requested + timedelta(days=7)) if is_over else None,
            *(int(is_begun), "runner-1" if is_begun else None, 86400.0),
        )


def _state(number: int) -> tuple[str, int | None]:
    if number > JOBS - WAITING:
        return "queued", None
    if number > JOBS - WAITING - RUNNING:
        return "running", None
    return ("failed", 1) if number % 17 == 0 else ("succeeded", 0)


def _user(number: int) -> str:
    if number <= FEW_JOBS:
        return FEW
    return MANY if number % 2 and number <= JOBS - WAITING - RUNNING else f"U0P{number * 7919 % _PEOPLE}"


def _written(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="microseconds")
