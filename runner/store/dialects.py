"""What databases say each in their own way; PostgreSQL's is imported where it is used only, since it takes 2 MB."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler


def insert_of(dialect: str) -> Callable[..., Any]:
    """The ``insert`` of a dialect, which knows ``on_conflict_do_update``."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # see above

        return postgresql.insert
    return sqlite.insert


@compiles(CreateIndex, "postgresql")
def _of_some_rows(create: CreateIndex, compiler: DDLCompiler, **options: Any) -> str:
    """An index of some rows only is that in PostgreSQL as in SQLite; ``postgresql_where`` would import it."""
    index = create.element
    index.dialect_kwargs["postgresql_where"] = index.dialect_options["sqlite"]["where"]
    return str(compiler.visit_create_index(create, **options))  # type: ignore[no-untyped-call]
