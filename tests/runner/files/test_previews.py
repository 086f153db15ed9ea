"""What is shown of a result: text, and tables that are small."""

import pytest

from runner.files import read_table


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("a.csv", "word,count\nrabbit,51\n", [["word", "count"], ["rabbit", "51"]]),
        ("a.csv", "\ufeffa;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
        ("A.TSV", 'a\tb\r\n"x\ty"\tz\r\n', [["a", "b"], ["x\ty", "z"]]),
        ("a.csv", 'a,b\r\n"1\n2",x\u2028y\x0cz\r\n', [["a", "b"], ["1\n2", "x\u2028y\x0cz"]]),
        ("a.csv", "a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ("a.csv", "a,b,c\n1\n", [["a", "b", "c"], ["1", "", ""]]),
    ],
)
def test_small_table_is_read(name: str, text: str, rows: list[list[str]]) -> None:
    found = read_table(name, text, max_rows=20)

    assert found is not None
    assert found.rows == rows


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n", "a\nb\n", "a,b\n" * 22, f"{'a,' * 20}a\n1\n", f"a,b\n{'x' * 9000},1\n", 'a,b\n"never closed\n'],
)
def test_what_is_no_small_table_is_not_shown_as_one(text: str) -> None:
    assert read_table("a.csv", text, max_rows=20) is None
