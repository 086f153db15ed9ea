#!/usr/bin/env python3
##~~ {title: Search and replace, description: "Replaces words and phrases of a text, all of them in one go",
##~~   timeout: 30m, examples: {
##~~     British to American: {mode: words, rules: [colour => color, grey => gray, centre => center]},
##~~     Two names exchanged: {mode: words, rules: [Alice => the Rabbit, the Rabbit => Alice]}}}
##~~ mode {type: choice, flag: --mode, label: What is searched for, default: words,
##~~   choices: {text: The text as it stands, words: Whole words only, regex: Regular expressions of Python}} - with a
##~~   regular expression, \1 in what takes its place stands for its first group
##~~ ignore_case {type: boolean, flag: --ignore-case, label: Ignore upper and lower case} - finds "Alice" and "ALICE"
##~~ input {type: input, label: Text} - in UTF-8
##~~ output {type: output, label: Result, default: replaced.txt} - the whole text, with the same line ends
##~~ rules {type: text, label: Rules, multiple: true, pattern: '.*\S =>( .*)?', pattern_hint: OLD => NEW,
##~~   placeholder: colour => color} - where several fit, the first does; NEW may be empty
"""Replaces by several rules at once, line by line: what one rule has written, no other changes."""

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MARK = "\ufeff"


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--mode", choices=["text", "words", "regex"], default="words")
    parser.add_argument("--ignore-case", action="store_true")
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("rules", nargs="+", metavar="OLD => NEW")
    arguments = parser.parse_args()
    rules = [Rule(text, arguments.mode, ignores_case=arguments.ignore_case) for text in arguments.rules]
    try:
        with arguments.input.open(encoding="utf-8", newline="") as lines:
            content = "".join(rewritten(lines, rules))
        arguments.output.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise SystemExit(f"a file cannot be read or written: {error}") from None
    except UnicodeDecodeError as error:
        raise SystemExit(f"the input is not UTF-8 text: {error.reason} 0x{error.object[error.start]:02x}") from None
    for rule in rules:
        print(f"{rule.count} times: {rule.text}")


class Rule:
    """What is looked for and what takes its place, and how often it did."""

    def __init__(self, text: str, mode: str, *, ignores_case: bool) -> None:
        old, arrow, new = f"{text} ".partition(" => ")
        if not arrow or not old.strip():
            raise SystemExit(f"a rule must be OLD => NEW, not {text!r}")
        self.text = text
        self.count = 0
        self.new = new.removesuffix(" ") if mode == "regex" else new.removesuffix(" ").replace("\\", "\\\\")
        source = old if mode == "regex" else re.escape(old)
        if mode == "words":
            source = rf"(?<!\w){source}(?!\w)"  # not \b: a phrase may begin or end with a sign
        try:
            self.pattern = re.compile(source, re.IGNORECASE if ignores_case else 0)
            self.pattern.sub(self.new, "")  # the groups in what takes its place are there
        except (re.error, OverflowError, RecursionError, IndexError) as error:
            raise SystemExit(f"the rule {text!r} is not understood: {error}") from None

    def find(self, line: str, begin: int) -> re.Match[str] | None:
        """The first place from there on, of one character at least."""
        found = self.pattern.search(line, begin)
        while found is not None and found.start() == found.end():
            found = self.pattern.search(line, found.end() + 1) if found.end() < len(line) else None
        return found


def rewritten(lines: Iterable[str], rules: list[Rule]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise SystemExit(f"the input is not a text: line {number} holds a zero byte")
        mark = MARK if number == 1 and line.startswith(MARK) else ""
        text = line.removeprefix(mark).rstrip("\r\n")
        yield f"{mark}{replaced(text, rules)}{line[len(mark) + len(text) :]}"


def replaced(line: str, rules: list[Rule]) -> str:
    """The line with the leftmost place of any rule replaced, then the next one behind it, and so on."""
    pieces: list[str] = []
    done = 0
    places = [(rule, rule.find(line, 0)) for rule in rules]
    while found := [(place.start(), rule, place) for rule, place in places if place is not None]:
        start, rule, place = min(found, key=lambda each: each[0])
        pieces += [line[done:start], place.expand(rule.new)]
        rule.count += 1
        done = place.end()
        places = [(other, at if at is None or at.start() >= done else other.find(line, done)) for other, at in places]
    return "".join([*pieces, line[done:]])


if __name__ == "__main__":
    main()
