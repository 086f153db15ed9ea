"""What is imported only where it is needed: it takes memory and time."""

import subprocess
import sys

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from runner.store.dialects import insert_of
from runner.store.tables import pauses

DIALECTS: list[Dialect] = [make() for make in (sqlite.dialect, postgresql.dialect)]


def imported(module: str) -> set[str]:
    """The modules that are there after this one was imported."""
    program = f"import sys, {module}; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout.decode().split()
    )


def test_postgresql_is_imported_by_its_users_only() -> None:
    found = imported("runner.store")

    assert "sqlalchemy.dialects.sqlite" in found
    assert "sqlalchemy.dialects.postgresql" not in found


def test_a_parameter_type_is_built_when_a_script_first_asks_for_it() -> None:
    program = """
import runner.app.config
from runner.scripts.parameters import TYPES, Email, Number

print(*(kind.__name__ for kind in TYPES.values() if kind.__pydantic_complete__))
Number(name="share", description="")
print(Number.__pydantic_complete__, Email.__pydantic_complete__)
"""

    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout.decode()

    assert said.splitlines() == ["", "True False"]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_row_that_is_there_is_replaced_in_each_dialect(dialect: Dialect) -> None:
    statement = insert_of(dialect.name)(pauses).values(id=1)
    replacing = statement.on_conflict_do_update(
        index_elements=[pauses.c.id], set_={"reason": statement.excluded.reason}
    )

    assert "ON CONFLICT (id) DO UPDATE SET reason = excluded.reason" in str(replacing.compile(dialect=dialect))
