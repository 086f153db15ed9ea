"""Flow mappings are read with their right values, every scalar as text, by libyaml and where it is missing."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.scripts.annotations import yaml_flow
from runner.scripts.annotations.yaml_flow import MAX_DEPTH, Flaw

ROOT = Path(__file__).parents[4]
RIGHT: list[tuple[str, dict[str, object]]] = [
    ("{a: b}", {"a": "b"}),
    ("{ a : b , c: d }", {"a": "b", "c": "d"}),
    ("{a: it's, b: 'it''s', c: \"it's\"}", {"a": "it's", "b": "it's", "c": "it's"}),
    ("{a: [b, 'c, d', \"e]\"], f: {g: h}}", {"a": ["b", "c, d", "e]"], "f": {"g": "h"}}),
    ("{a: --long-flag, b: -1, c: 09:30}", {"a": "--long-flag", "b": "-1", "c": "09:30"}),
    ("{a: https://example.com/x, b: a  b}", {"a": "https://example.com/x", "b": "a  b"}),
    ("{größe: ä, 名: 前, \U0001f600: \U0001f4be}", {"größe": "ä", "名": "前", "\U0001f600": "\U0001f4be"}),
    ('{a: "\\u00e9\\n\\U0001f600", b: "", c: , d}', {"a": "é\n\U0001f600", "b": "", "c": "", "d": ""}),
    ('{a: "b\\\\", c: "\\"}", \'d\': e}', {"a": "b\\", "c": '"}', "d": "e"}),
    ("{a: b,}", {"a": "b"}),
    ("{}", {}),
    ("{a: yes, b: 0x10, c: 2024-01-01, d: ~}", {"a": "yes", "b": "0x10", "c": "2024-01-01", "d": "~"}),
    ("{a: '[:\"\\UFFFFFFFF\"', b: c}", {"a": '[:"\\UFFFFFFFF"', "b": "c"}),
    ("{a: ['[:\"\\UFFFFFFFF\"'], '[:\"\\UFFFFFFFF\"': d}", {"a": ['[:"\\UFFFFFFFF"'], '[:"\\UFFFFFFFF"': "d"}),
]  # fmt: skip
WRONG = ['{a: "\\UFFFFFFFF"}', '{a: [:"\\UFFFFFFFF"]}', "{a: \x07}", "{a: b: c}", "{a: [b}]", "{a: @b}", "{a: 'b'c}"]
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


@pytest.mark.parametrize(("text", "expected"), RIGHT)
def test_mapping_is_read_with_its_right_values(text: str, expected: dict[str, object]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(Flaw, match="is no YAML flow mapping"):
        read(text)


WITHOUT_LIBYAML = """
import json, sys
sys.modules["yaml._yaml"] = None
import yaml
from runner.scripts.annotations import yaml_flow

def outcome(text):
    try:
        return {key: value for key, (value, _) in yaml_flow.read(text, 0)[0].items()}
    except yaml_flow.Flaw as flaw:
        return flaw.message
json.dump([yaml.__with_libyaml__, *map(outcome, json.load(sys.stdin))], sys.stdout)
"""


def test_all_is_read_and_refused_alike_where_libyaml_is_missing() -> None:
    texts = json.dumps([*(text for text, _ in RIGHT), *WRONG])

    command = [sys.executable, "-c", WITHOUT_LIBYAML]
    ran = subprocess.run(command, input=texts, cwd=ROOT, capture_output=True, text=True, check=True)

    with_libyaml, *found = json.loads(ran.stdout)
    assert with_libyaml is False
    assert found[: len(RIGHT)] == [expected for _, expected in RIGHT]
    assert [outcome[:23] for outcome in found[len(RIGHT) :]] == ["is no YAML flow mapping"] * len(WRONG)


def made_up(dice: random.Random, depth: int = 1) -> Any:
    """A text of any characters that give trouble, or a list or mapping of such as deep as is allowed."""
    kind = dice.choice(["text", "text", "list", "mapping"]) if depth < MAX_DEPTH else "text"
    if kind == "list":
        return [made_up(dice, depth + 1) for _ in range(dice.randint(0, 3))]
    if kind == "mapping":
        return {made_up(dice, MAX_DEPTH): made_up(dice, depth + 1) for _ in range(dice.randint(0, 3))}
    return "".join(dice.choices("ab {}[]:,'\"#\\&*!|>%@`-?~\xe9名\U0001f600", k=dice.randint(0, 9)))


def spelt(value: Any, dice: random.Random) -> str:
    """The value in YAML, its texts in either kind of quotes."""
    gap = " " * dice.randint(0, 2)
    if isinstance(value, list):
        return f"[{gap}{f'{gap},'.join(spelt(each, dice) for each in value)}{gap}]"
    if isinstance(value, dict):
        pairs = (f"{spelt(key, dice)}{gap}: {gap}{spelt(each, dice)}" for key, each in value.items())
        return f"{{{gap}{f'{gap}, '.join(pairs)}{gap}}}"
    doubled = value.replace("'", "''")
    return dice.choice([f"'{doubled}'", json.dumps(value, ensure_ascii=False)])


def test_any_value_that_is_written_in_quotes_is_read_as_it_was(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # not a secret

    for _ in range(3_000):
        expected = {made_up(dice, MAX_DEPTH): made_up(dice) for _ in range(dice.randint(0, 4))}
        description = f"- {made_up(dice, MAX_DEPTH)}x"
        text = f"name {spelt(expected, dice)} {description}"

        pairs, rest = yaml_flow.read(text, 5)

        assert ({key: value for key, (value, _) in pairs.items()}, rest) == (expected, description), text
        assert all(text[place] in "'\"" for _, place in pairs.values()), text


def test_what_pyyamls_own_parser_reads_too_it_reads_alike(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # not a secret
    read_count = 0

    for _ in range(8_000):
        body = "".join(dice.choices(_PIECES, k=dice.randint(1, 12)))
        form = dice.choice(["{%s}", "{k: %s, l: m}", "{k: [%s], l: m}", "{k: {%s}}", "{k: '%s'}"])
        text = form % body
        try:
            pairs, rest = yaml_flow.read(text, 0)
            second = yaml.load(text.removesuffix(rest), Loader=yaml.BaseLoader)  # noqa: S506  # makes texts alone
        except (Flaw, yaml.YAMLError, ValueError, OverflowError):
            continue
        read_count += 1
        assert {key: value for key, (value, _) in pairs.items()} == second, text

    assert read_count > 1_000


@pytest.mark.parametrize("value", ["b", "'b, c'", "[b, c]", "{b: c}", '"b\\n"', "'b?'", "\U0001f600 é", "'名'"])
def test_each_key_has_its_place_in_the_text(value: str) -> None:
    text = f"name {{first: {value}, 'second': {value} , third: x}} - rest"

    pairs, rest = yaml_flow.read(text, 5)

    assert {key: text[place : place + 3] for key, (_, place) in pairs.items()} == {
        "first": "fir", "second": "'se", "third": "thi"
    }  # fmt: skip
    assert rest == "- rest"


@pytest.mark.parametrize("start", ["", "é\U0001f600 "])
def test_flaw_has_its_place_in_the_text(start: str) -> None:
    text = f"{start}{{名: \U0001f600, b: !x c}} - rest"

    with pytest.raises(Flaw) as caught:
        yaml_flow.read(text, len(start))

    assert text[caught.value.index :].startswith("!x c")


@pytest.mark.parametrize("text", ["{a:'}, b: c'}", "{a: b:'} c'}", "{a: [b:']}, c: [d']}"])
def test_what_a_quote_inside_a_word_seems_to_hide_is_not_left_out(text: str) -> None:
    with pytest.raises(Flaw, match="quote values that hold any of"):
        read(text)


@pytest.mark.parametrize("length", [999, 1_001])
def test_long_key_is_read(length: int) -> None:
    assert read(f"{{{'k' * length}: v}}") == {"k" * length: "v"}


def test_key_that_is_longer_than_yaml_allows_is_refused() -> None:
    with pytest.raises(Flaw, match="is no YAML flow mapping"):
        read(f"{{{'k' * 1_030}: v}}")
