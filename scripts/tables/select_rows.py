#!/usr/bin/env python3
##~~ {title: Rows between two days, description: "Keeps the rows of a CSV file whose date lies in a period"}
##~~ input {type: input, label: Table, accept: [.csv, .txt]} - a CSV file in UTF-8 with a header
##~~ output {type: output, label: Result, default: selection.csv} - the header and the rows kept
##~~ column {type: text, label: Column, default: date} - the name of the column with the dates, written 2024-12-31;
##~~   a time after the date is allowed
##~~ first_day {type: date, label: First day, required: false, unless: last_day} - empty: from the beginning;
##~~   one of the two days is needed
##~~ last_day {type: date, label: Last day, required: false} - empty: to the end; this day is included
"""Keeps the rows of a CSV file whose date lies between two days, both included."""

import csv
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

LEADING_DATE = re.compile(r"\s*(\d{4}-\d\d-\d\d)(?!\d)", re.ASCII)


def main() -> None:
    if len(sys.argv) != 6:
        raise SystemExit("usage: select_rows.py input output column first_day last_day (a day may be empty)")
    source, target, column = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    first = day("first_day", sys.argv[4]) if sys.argv[4] else date.min
    last = day("last_day", sys.argv[5]) if sys.argv[5] else date.max
    if first > last:
        raise SystemExit(f"first_day {first} is later than last_day {last}")
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines:
            select(lines, target, column, lambda value: first <= value <= last)
    except OSError as error:
        raise SystemExit(f"a file cannot be read or written: {error}") from None
    except UnicodeDecodeError as error:
        raise SystemExit(f"the input is not UTF-8 text: {error.reason} 0x{error.object[error.start]:02x}") from None
    except csv.Error as error:
        raise SystemExit(f"the input is not a CSV file: {error}") from None


def day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SystemExit(f"{name} must be a day like 2024-12-31, not {text!r}") from None


def select(lines: Iterator[str], target: Path, column: str, is_wanted: Callable[[date], bool]) -> None:
    reader = csv.reader(lines, strict=True)
    header = next(reader, None)
    if header is None:
        raise SystemExit("the input is empty")
    if column not in header:
        raise SystemExit(f"there is no column {column!r}; the columns are {', '.join(header)}")
    position = header.index(column)
    read = kept = undated = 0
    with target.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(header)
        for row in filter(None, reader):
            read += 1
            found = date_in(row[position]) if position < len(row) else None
            if found is None:
                undated += 1
            elif is_wanted(found):
                writer.writerow(row)
                kept += 1
    print(f"{kept} of {read} rows kept")
    if undated:
        print(f"{undated} rows without a date in {column!r} were left out", file=sys.stderr)


def date_in(cell: str) -> date | None:
    match = LEADING_DATE.match(cell)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


if __name__ == "__main__":
    main()
