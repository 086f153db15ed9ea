"""Flow mappings are read as PyYAML reads them, the usual ones without it."""

import random
from typing import Any

import pytest
import yaml

from runner.scripts.annotations import yaml_flow
from runner.scripts.annotations.yaml_flow import Flaw

REFUSED = "right YAML, or none that begins and ends, that is refused all the same"
_PIECES = [
    *("{", "}", "[", "]", "'", '"', "\\", ":", ": ", ",", ", ", " ", "  ", "-", "- ", "--a", "a", "b1", "\t"),
    *("&", "*", "!", "%", "@", "?", "? ", "|", ">", "#", " #", "<<", "é", "\U0001f600", "~", "---", "=", "`"),
    *("''", '""', "'a'", '"b"', "a:b", "x:", "http://x", "a, b: c", "{c: d}", "[e, f]", ":c", "[:", "?a", "-a", "a b"),
    *("'it''s'", '"\\"q"', '"\\x41"', '"\\UFFFFFFFF"', "a'b", 'a"b', "a#b", "a&b", "\xa0"),
    *("\x00", "\x1b", "\ufffd", "\ud800", "x:'", "k: v", ", l: m"),
]


def read(text: str) -> dict[str, object]:
    pairs, _ = yaml_flow.read(text, 0)
    return {key: value for key, (value, _) in pairs.items()}


def outcome(text: str) -> tuple[object, str]:
    """What is read, and the part of the text that it was read from; None for what is no YAML to us."""
    try:
        pairs, rest = yaml_flow.read(text, 0)
    except Flaw as flaw:
        return None if flaw.message.startswith("is no YAML flow mapping") else REFUSED, str(flaw.found)
    mapping = text[: text.rindex(rest)] if rest else text
    return {key: value for key, (value, _) in pairs.items()}, mapping.rstrip()


def by_pyyaml(text: str) -> Any:
    """What PyYAML makes of a text where every scalar is text; None where it refuses it."""
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # makes nothing but texts, lists and mappings
    except (yaml.YAMLError, ValueError, OverflowError):
        return None


def made_up(dice: random.Random) -> str:
    body = "".join(dice.choices(_PIECES, k=dice.randint(1, 12)))
    return dice.choice(["{%s}", "{k: %s, l: m}", "{k: [%s], l: m}", "{k: {%s}}", "{k: '%s'}"]) % body


def test_any_mapping_is_read_as_pyyaml_reads_it() -> None:
    dice = random.Random(7)  # noqa: S311  # not a secret
    read_count = 0

    for _ in range(20_000):
        text = made_up(dice)
        found, mapping = outcome(text)
        if found is None:
            assert by_pyyaml(mapping) is None, text
        elif found is not REFUSED:
            read_count += 1
            assert found == by_pyyaml(mapping), text

    assert read_count > 2_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: b}", {"a": "b"}),
        ("{ a : b , c: d }", {"a": "b", "c": "d"}),
        ("{a: it's, b: 'it''s', c: \"it's\"}", {"a": "it's", "b": "it's", "c": "it's"}),
        ("{a: [b, 'c, d', \"e]\"], f: {g: h}}", {"a": ["b", "c, d", "e]"], "f": {"g": "h"}}),
        ("{a: --long-flag, b: -1, c: 09:30}", {"a": "--long-flag", "b": "-1", "c": "09:30"}),
        ("{a: https://example.com/x, b: a  b}", {"a": "https://example.com/x", "b": "a  b"}),
        ("{größe: ä, 名: 前}", {"größe": "ä", "名": "前"}),
        ('{a: "\\u00e9\\n", b: "", c: , d}', {"a": "é\n", "b": "", "c": "", "d": ""}),
        ("{a: b,}", {"a": "b"}),
        ("{}", {}),
    ],
)  # fmt: skip
def test_usual_and_unusual_mappings_are_read(text: str, expected: dict[str, object]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("value", ["b", "'b, c'", "[b, c]", "{b: c}", '"b\\n"', "'b?'"])
def test_each_key_has_its_place_in_the_text(value: str) -> None:
    text = f"name {{first: {value}, 'second': {value} , third: x}} - rest"

    pairs, rest = yaml_flow.read(text, 5)

    assert {key: text[place : place + 3] for key, (_, place) in pairs.items()} == {
        "first": "fir", "second": "'se", "third": "thi"
    }  # fmt: skip
    assert rest == "- rest"


@pytest.mark.parametrize("text", ["{a:'}, b: c'}", "{a: b:'} c'}", "{a: [b:']}, c: [d']}"])
def test_what_a_quote_inside_a_word_seems_to_hide_is_not_left_out(text: str) -> None:
    with pytest.raises(Flaw, match="quote values that hold any of"):
        read(text)


@pytest.mark.parametrize("length", [999, 1_001, 1_030])
def test_keys_of_any_length_are_read_as_pyyaml_reads_them(length: int) -> None:
    text = f"{{{'k' * length}: v}}"
    expected = by_pyyaml(text)

    if expected is None:
        with pytest.raises(Flaw, match="is no YAML flow mapping"):
            read(text)
    else:
        assert read(text) == expected
