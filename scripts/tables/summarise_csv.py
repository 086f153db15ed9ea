#!/usr/bin/env python3
##~~ {title: Summarise a table, description: "Describes each column of a CSV file in one row", timeout: 1h}
##~~ delimiter {type: choice, flag: --delimiter, default: detect,
##~~   choices: {detect: As the first line has it, comma: Comma, semicolon: Semicolon, tab: Tab}} - what stands between
##~~   the cells
##~~ no_header {type: boolean, flag: --no-header, label: No header, default: false} - the first line is data already;
##~~   the columns are then called column 1, column 2 and so on
##~~ frequent {type: integer, flag: --frequent, label: Most frequent values, min: 0, max: 20, default: 3} - how many of
##~~   them to list for each column
##~~ input {type: input, label: Table, accept: [.csv, .tsv, .tab, .txt]} - a CSV file in UTF-8
##~~ output {type: output, label: Result, default: summary.csv} - for each column: type, count, missing and different
##~~   values, smallest, largest, mean, standard deviation and quartiles of numbers; empty cells, NA, NaN and null
##~~   count as missing
"""Describes a CSV file column by column: type, missing values, range, mean, quartiles, most frequent values."""

import argparse
import csv
import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
MISSING = {"", "na", "n/a", "nan", "null"}
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", re.ASCII)
MEASURES = ["minimum", "maximum", "mean", "deviation", "quartile_1", "median", "quartile_3"]
FIELDS = ["column", "type", "count", "missing", "different", *MEASURES, "most_frequent"]


def main() -> None:
    arguments = read_arguments()
    columns = read_columns(arguments.input, arguments.delimiter, has_header=not arguments.no_header)
    summaries = [summarise(name, counts, arguments.frequent) for name, counts in columns]
    try:
        with arguments.output.open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, FIELDS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(summaries)
    except OSError as error:
        raise SystemExit(f"the output cannot be written: {error.strerror}") from None
    print(f"{columns[0][1].total()} rows, {len(columns)} columns")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--delimiter", choices=["detect", *DELIMITERS], default="detect")
    parser.add_argument("--no-header", action="store_true")
    parser.add_argument("--frequent", type=int, choices=range(21), default=3, metavar="0..20")
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    return parser.parse_args()


def read_columns(source: Path, delimiter: str, *, has_header: bool) -> list[tuple[str, Counter[str]]]:
    """Reads the table once; what is kept grows with the different values, not with the rows."""
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines:
            first_line = lines.readline()
            lines.seek(0)
            rows = numbered_rows(lines, DELIMITERS.get(delimiter) or detected_delimiter(first_line))
            return collect(rows, has_header=has_header)
    except OSError as error:
        raise SystemExit(f"the input cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SystemExit(f"the input is not UTF-8 text: {error.reason} 0x{error.object[error.start]:02x}") from None
    except csv.Error as error:
        raise SystemExit(f"the input is not a CSV file: {error}") from None


def detected_delimiter(first_line: str) -> str:
    return max(DELIMITERS.values(), key=lambda mark: len(next(csv.reader([first_line], delimiter=mark), [])))


def numbered_rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(1 << 24)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for row in reader:
        if any("\0" in cell for cell in row):
            raise SystemExit(f"the input is not a CSV file: line {reader.line_num} holds a zero byte")
        if row:
            yield reader.line_num, row


def collect(rows: Iterator[tuple[int, list[str]]], *, has_header: bool) -> list[tuple[str, Counter[str]]]:
    _, first = next(rows, (0, []))
    if not first:
        raise SystemExit("the input is empty")
    names = first if has_header else [f"column {number}" for number in range(1, len(first) + 1)]
    counters = [Counter[str]([] if has_header else [cell]) for cell in first]
    for line_number, row in rows:
        if len(row) != len(names):
            raise SystemExit(f"line {line_number} has {len(row)} cells where the first line has {len(names)}")
        for counter, cell in zip(counters, row, strict=True):
            counter[cell] += 1
    return list(zip(names, counters, strict=True))


def summarise(name: str, cells: Counter[str], frequent: int) -> dict[str, object]:
    values: Counter[str] = Counter()
    for cell, count in cells.items():
        if cell.strip().casefold() not in MISSING:
            values[cell.strip()] += count
    kind = type_of(values)
    ranking = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:frequent]
    return {
        "column": name,
        "type": kind,
        "count": values.total(),
        "missing": cells.total() - values.total(),
        "different": len(values),
        "most_frequent": "; ".join(f"{value} ({count})" for value, count in ranking),
    } | measures(kind, values)


def type_of(values: Counter[str]) -> str:
    for kind, fits in (("integer", is_integer), ("number", is_number), ("date", DATE.fullmatch)):
        if values and all(map(fits, values)):
            return kind
    return "text" if values else "empty"


def is_integer(value: str) -> bool:
    return INTEGER.fullmatch(value) is not None and is_number(value)


def is_number(value: str) -> bool:
    # The square of a larger one would be too large for a float.
    return NUMBER.fullmatch(value) is not None and abs(float(value)) < 1e150


def measures(kind: str, values: Counter[str]) -> dict[str, object]:
    if kind == "date":
        return {"minimum": min(values), "maximum": max(values)}
    if kind not in {"integer", "number"}:
        return {}
    numbers = array("d", sorted(map(float, values.elements())))
    mean = math.fsum(numbers) / len(numbers)
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    deviation = math.sqrt(squares / (len(numbers) - 1)) if len(numbers) > 1 else 0.0
    quartiles = [quantile(numbers, part) for part in (0.25, 0.5, 0.75)]
    return dict(zip(MEASURES, map(shown, [numbers[0], numbers[-1], mean, deviation, *quartiles]), strict=True))


def quantile(numbers: "array[float]", part: float) -> float:
    """Returns the value at that part of the sorted numbers, by straight line between neighbours."""
    position = part * (len(numbers) - 1)
    below = math.floor(position)
    above = min(below + 1, len(numbers) - 1)
    return numbers[below] + (numbers[above] - numbers[below]) * (position - below)


def shown(number: float) -> str:
    return f"{number:.10g}"


if __name__ == "__main__":
    main()
