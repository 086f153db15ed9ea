#!/usr/bin/env python3
##~~ {title: Word count, description: "Lists the words of a text, the most frequent first", timeout: 30m, show: stdout,
##~~   examples: {The fifty most frequent long words: {top: '50', min_length: '8'}}}
##~~ input {type: input, label: Text} - the text to count, in UTF-8
##~~ output {type: output, label: Result, default: words.tsv} - the list of words,
##~~   a table with one word, its count and its share of the text in each row
##~~ top {type: integer, label: How many words, min: 1, max: 100000, default: 100} - the list ends after this many words
##~~ min_length {type: integer, label: Shortest word, min: 1, max: 50, default: 1} - shorter words are
##~~   neither counted nor listed
##~~ fold_case {type: boolean, label: Ignore upper and lower case, default: true} - counts "The" and "the" as one word
"""Counts the words of a text and writes the most frequent ones as a table."""

import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

# Letters, with apostrophes and hyphens inside a word but not around it.
WORD = re.compile(r"[^\W\d_]+(?:['’\N{HYPHEN}\N{NON-BREAKING HYPHEN}-][^\W\d_]+)*")  # noqa: RUF001


def main() -> None:
    if len(sys.argv) != 6:
        raise SystemExit("usage: word_count.py input output top min_length true|false")
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    top = whole_number("top", sys.argv[3], 1, 100_000)
    min_length = whole_number("min_length", sys.argv[4], 1, 50)
    counts = count_words(source, min_length=min_length, fold_case=truth("fold_case", sys.argv[5]))
    ranking = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    write_table(target, ranking, total=counts.total())
    print(f"{counts.total()} words, {len(counts)} different; listed the {len(ranking)} most frequent")


def whole_number(name: str, text: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
        raise SystemExit(f"{name} must be a whole number from {lowest} to {highest}, not {text!r}")
    return int(text)


def truth(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise SystemExit(f"{name} must be true or false, not {text!r}")
    return text == "true"


def count_words(source: Path, *, min_length: int, fold_case: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    try:
        with source.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if "\0" in line:
                    raise SystemExit(f"the input is not a text: line {number} holds a zero byte")
                text = unicodedata.normalize("NFC", line)
                words = WORD.findall(text.casefold() if fold_case else text)
                counts.update(word for word in words if len(word) >= min_length)
    except OSError as error:
        raise SystemExit(f"the input cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SystemExit(f"the input is not UTF-8 text: {error.reason} 0x{error.object[error.start]:02x}") from None
    return counts


def write_table(target: Path, ranking: list[tuple[str, int]], *, total: int) -> None:
    try:
        with target.open("w", encoding="utf-8", newline="\n") as table:
            table.write("word\tcount\tpercent\n")
            table.writelines(f"{word}\t{count}\t{100 * count / total:.3f}\n" for word, count in ranking)
    except OSError as error:
        raise SystemExit(f"the output cannot be written: {error.strerror}") from None


if __name__ == "__main__":
    main()
