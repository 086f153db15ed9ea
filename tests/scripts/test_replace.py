"""text/replace.py: several rules in one go."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import InvalidValue
from runner.scripts import Catalogue
from tests.support.scripts.sampled import ALICE, ODD_NAMES, PLAY, SCRIPTS, Run, refused, succeeded

NAME = "text/replace.py"
File = Callable[..., Path]


@pytest.fixture
def rewrite(run: Run, outbox: Path, file: File) -> Callable[..., str]:
    """Runs the script on a text with rules, and options before them; the text that comes of it."""

    def rewrite(text: str, *arguments: str) -> str:
        options = [each for each in arguments if each.startswith("--")]
        succeeded(run(NAME, *options, file(text), outbox / "new.txt", *arguments[len(options) :], locale="C"))
        return (outbox / "new.txt").read_bytes().decode()

    return rewrite


@pytest.mark.parametrize("source", [ALICE, PLAY], ids=lambda path: path.stem)
@pytest.mark.parametrize("word", ["the", "I", "Rabbit-Hole", "it's"])
def test_one_word_is_replaced_as_a_plain_substitution_does(source: Path, word: str, run: Run, outbox: Path) -> None:
    text = source.read_bytes().decode("ascii")
    expected, count = re.subn(rf"(?<!\w){word}(?!\w)", "<>", text)

    log = succeeded(run(NAME, source, outbox / "new.txt", f"{word} => <>"))

    assert (outbox / "new.txt").read_bytes().decode() == expected
    assert log == f"{count} times: {word} => <>\n"


def test_what_one_rule_has_written_no_other_changes(rewrite: Callable[..., str]) -> None:
    assert rewrite("a b a\n", "a => b", "b => a") == "b a b\n"


def test_where_several_rules_fit_the_first_does(rewrite: Callable[..., str]) -> None:
    text = "New York, York, New\n"
    assert rewrite(text, "New York => NYC", "New => Old", "York => Duke") == "NYC, Duke, Old\n"
    assert rewrite(text, "New => Old", "New York => NYC") == "Old York, York, Old\n"


@pytest.mark.parametrize(
    ("arguments", "text", "expected"),
    [
        (["--mode=words", "cat => dog"], "cat concat cat's category", "dog concat dog's category"),
        (["--mode=words", "C++ => Rust"], "C++, C+++ and (C++)", "Rust, Rust+ and (Rust)"),
        (["--mode=words", "é => e"], "é été", "e été"),
        (["--mode=text", "cat => dog"], "concat", "condog"),
        (["--mode=text", "a.b => x"], "a.b acb", "x acb"),
        (["--mode=text", r"\d => \1"], r"\d 1", r"\1 1"),
        (["--mode=text", "gone =>"], "all gone now", "all  now"),
        (["--mode=text", "gone => "], "all gone now", "all  now"),
        (["--mode=text", "a => b => c"], "a => b", "b => c => b"),
        (["--mode=text", "x =>  y"], "x", " y"),
        (["--mode=regex", r"(\w+), (\w+) => \2 \1"], "Carroll, Lewis", "Lewis Carroll"),
        (["--mode=regex", r"(?P<a>\d+) => <\g<a>>"], "1 22", "<1> <22>"),
        (["--mode=regex", "x* => -"], "axxb", "a-b"),
        (["--mode=regex", "(?=a)|b => -"], "ab", "a-"),
        (["--mode=regex", "^ => > "], "a", "a"),
        (["--mode=regex", "a$ => b"], "aa", "ab"),
        (["--ignore-case", "ÉTÉ => summer"], "été Été", "summer summer"),
    ],
)
def test_text_words_and_expressions_are_replaced(
    arguments: list[str], text: str, expected: str, rewrite: Callable[..., str]
) -> None:
    assert rewrite(f"{text}\r\n{text}", *arguments) == f"{expected}\r\n{expected}"


def test_line_ends_and_a_byte_order_mark_stay(rewrite: Callable[..., str]) -> None:
    assert rewrite("\ufeffa\r\na\na\ra\u2028a", "--mode=regex", "^a$ => b") == "\ufeffb\r\nb\nb\ra\u2028a"


def test_each_rule_tells_how_often_it_did(run: Run, outbox: Path, file: File) -> None:
    log = succeeded(run(NAME, file("a b a"), outbox / "new.txt", "a => x", "b => y", "c => z"))
    assert log == "2 times: a => x\n1 times: b => y\n0 times: c => z\n"


@pytest.mark.parametrize("odd_name", ODD_NAMES)
def test_any_file_name_is_fine(odd_name: str, run: Run, outbox: Path, file: File) -> None:
    succeeded(run(NAME, "--", file("a", odd_name), outbox / odd_name, "a => b"))
    assert (outbox / odd_name).read_text() == "b"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: "),
        ([ALICE, "new.txt"], "usage: "),
        ([ALICE, "new.txt", "a -> b"], "a rule must be OLD => NEW, not 'a -> b'"),
        ([ALICE, "new.txt", " => b"], "a rule must be OLD => NEW"),
        ([ALICE, "new.txt", ""], "a rule must be OLD => NEW"),
        (["--mode=regex", ALICE, "new.txt", "a( => b"], "is not understood: missing )"),
        (["--mode=regex", ALICE, "new.txt", r"a => \1"], "is not understood: invalid group reference"),
        (["--mode=regex", ALICE, "new.txt", r"a => \g<b>"], "is not understood: unknown group name"),
        (["--mode=sed", ALICE, "new.txt", "a => b"], "--mode"),
        ([ALICE, "no/such/folder", "a => b"], "No such file or directory"),
        (["missing.txt", "new.txt", "a => b"], "No such file or directory"),
        (["/", "new.txt", "a => b"], "Is a directory"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str | Path], message: str, run: Run, outbox: Path) -> None:
    assert message in refused(run(NAME, *arguments))
    assert list(outbox.iterdir()) == []


@pytest.mark.parametrize("content", [b"a\xff", b"a\0b", bytes(range(256))])
def test_what_is_no_text_is_refused(content: bytes, run: Run, outbox: Path, file: File) -> None:
    assert re.search("not a text|not UTF-8 text", refused(run(NAME, file(content), outbox / "new.txt", "a => b")))
    assert list(outbox.iterdir()) == []


@pytest.mark.parametrize(("rule", "is_good"), [("a => b", True), ("a =>", True), ("a => ", True), ("a->b", False)])
def test_the_form_takes_just_the_rules_that_the_script_takes(rule: str, is_good: bool) -> None:
    rules = Catalogue(SCRIPTS).script(NAME).parameters[-1]

    if is_good:
        assert rules.parse(rule) == rule
    else:
        with pytest.raises(InvalidValue, match="must be OLD => NEW"):
            rules.parse(rule)
