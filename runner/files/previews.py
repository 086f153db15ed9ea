"""What of a result can be shown where people are: the beginning of a text, and small tables."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import PurePosixPath

from runner.files import private
from runner.files.private import File
from runner.files.results import Results

MOST_SHOWN_BYTES = 16_384
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_MOST_COLUMNS = 20  # Slack's limit on a table
_MOST_CHARACTERS = 8_000  # Slack takes 10,000 in the tables of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """A small result as rows of cells, all as many; the first row is its heading."""

    name: str
    rows: Sequence[Sequence[str]]


def result_text(results: Results, job_id: int, name: str) -> str:
    """The beginning of a result as text; empty where it is none, or is not there."""
    try:
        with private.opened(results.folder(job_id)) as folder:
            handle = private.open_file(folder, name, is_served=private.is_file)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        content = file.read(MOST_SHOWN_BYTES)
    return "" if b"\0" in content else content.decode(errors="backslashreplace")


def is_table(file: File) -> bool:
    """Whether its name and size say that it is a table that could be shown."""
    return _ending(file.name) in _SEPARATORS and 0 < file.size_bytes <= MOST_SHOWN_BYTES


def read_table(name: str, text: str, *, max_rows: int) -> ResultTable | None:
    """The table in the text of a whole file, with so many rows below its heading; None where it is none, or larger."""
    separator = _SEPARATORS[_ending(name)]
    heading, _, _ = text.partition("\n")
    if separator == "," and heading.count(";") > heading.count(","):
        separator = ";"  # what office programs write where the comma stands in numbers
    lines = StringIO(text.lstrip("\ufeff"), newline="")  # only what ends a line in such files does, and not in a cell
    try:
        rows = [row for row in csv.reader(lines, delimiter=separator, strict=True) if row]
    except csv.Error:
        return None
    width = max(map(len, rows), default=0)
    length = sum(len(cell) for row in rows for cell in row)
    if not 2 <= len(rows) <= max_rows + 1 or not 2 <= width <= _MOST_COLUMNS or length > _MOST_CHARACTERS:
        return None
    return ResultTable(name=name, rows=[[*row, *[""] * (width - len(row))] for row in rows])


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
