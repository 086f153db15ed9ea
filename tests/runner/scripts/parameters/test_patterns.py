"""Patterns of authors: what they mean, what is refused, and that no pattern and no text hold anybody up."""

import random
import time
from itertools import product

import pytest
from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts.annotations import read
from runner.scripts.parameters import Text, patterns
from runner.scripts.parameters.options import mistakes

pytestmark = pytest.mark.timeout(30)

ENDLESS = [
    ("(a+)+b", "a" * 40),
    ("([A-Za-z]+ ?)+", "a" * 27 + "!"),
    ("(a|aa)+$", "a" * 2_999 + "!"),
    ("(.*)*x", "é" * 3_000),
]
"""Patterns with texts on which an engine that tries every way never ends."""


def takes(pattern: str, value: str) -> bool:
    try:
        return Text(name="p", description="d", pattern=pattern).parse(value) == value
    except InvalidValue:
        return False


def refusal(pattern: str) -> str:
    with pytest.raises(ValidationError) as caught:
        Text(name="p", description="d", pattern=pattern)
    ((option, message),) = mistakes(caught.value)
    assert option == "pattern"
    return message


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_value_on_which_others_never_end_is_answered(pattern: str, text: str) -> None:
    assert takes(pattern, text) is False


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
@pytest.mark.parametrize(
    "annotation",
    [
        "##~~ p {{pattern: '{pattern}', default: '{text}'}} - x",
        "##~~ p {{pattern: '{pattern}', suggestions: ['{text}']}} - x",
        "##~~ {{examples: {{E: {{p: '{text}'}}}}}}\n##~~ p {{pattern: '{pattern}'}} - x",
        "##~~ p {{pattern: '{pattern}'}} - x\n##~~ q {{when: {{p: '{text}'}}}} - x",
    ],
    ids=["default", "suggestion", "example", "condition"],
)
def test_annotation_on_which_others_never_end_is_read(pattern: str, text: str, annotation: str) -> None:
    lines = annotation.format(pattern=pattern, text=text[-140:])

    (problem,) = read(lines).problems

    assert "must match the pattern" in problem.message or "which must match" in problem.message


@pytest.mark.parametrize(
    "pattern", ["(a?){0,1000}b", "(.{0,30}){0,30}x", "(?:(?:.*.*.*.*.*){0,9}){0,90}x", "(a|b)*a(a|b){500}"]
)
def test_largest_patterns_answer_for_the_longest_value(pattern: str) -> None:
    assert takes(pattern, "ab" * 1_499 + "!") is False


def test_thousand_values_are_not_matched_where_they_are_too_long_together() -> None:
    several = Text(name="p", description="d", pattern="(?:(?:.*.*.*.*.*){0,9}){0,90}x", multiple=True)

    with pytest.raises(InvalidValue, match="at most 100,000 bytes together"):
        several.parse("\n".join(["a" * 2_999] * 1_000))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)a", "RE2 has no look-around"),
        ("(?!a)b", "RE2 has no look-around"),
        ("(?<=a)b", "RE2 has no look-around"),
        ("(?<!a)b", "RE2 has no look-around"),
        (r"(a)\1", "RE2 has no back-references"),
        ("(?P<n>a)(?P=n)", "RE2 has no back-references"),
        ("(a)?(?(1)b|c)", "RE2 has no conditional groups"),
        ("(a++)+", "RE2 has no possessive repeats"),
        ("a{2}+", "RE2 has no possessive repeats"),
        ("(?>a)", "RE2 has no possessive repeats and atomic groups"),
        (r"a\Z", r"RE2 writes \z"),
        (r"\u00e9", r"RE2 writes \x{e9}"),
        ("(?x) a", "RE2 has the flags i, m, s and U"),
        ("a{1001}", "at most 1,000 times"),
        ("((a{100}){100}){100}", "at most 1,000 times"),
        ("a{,3}", "where {,3} is no repeat"),
        ("a{99999999999}", "where {99999999999} is no repeat"),
        (r"\pL{1,1000}", "pattern too large"),
        ("(", "missing ): ("),
        ("[a", "missing ]: [a"),
        (r"\é", "invalid escape sequence: \\é"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    message = refusal(pattern)

    assert (message.startswith("must be a regular expression of RE2"), reason in message) == (True, True), message


@pytest.mark.parametrize(
    ("pattern", "taken", "refused"),
    [
        (r"\d", "7", "٣"),
        (r"\w+", "az_09", "é"),
        (r"[\pL\pN_]+", "éß٣", "-"),
        (r"\p{Greek}+", "λόγος", "logos"),
        (r"\s", " ", "\u00a0"),
        (r"a\b.c", "a-c", "abc"),
        ("(?i)straße", "STRAßE", "STRASSE"),
        ("(?i:é)b", "Éb", "ÉB"),
        ("^a$", "a", "ab"),
        (r"\Aa\z", "a", "ab"),
        ("(?P<n>a)b", "ab", "a"),
        ("a{0,3}b", "aab", "aaaab"),
        (r"\x{e9}", "é", "e"),
        ("[[a]", "[", "b"),
        ("[[:alpha:]]", "a", "é"),
        ("[{,3}]", ",", "a"),
        (r"a\{,3\}", "a{,3}", "aaa"),
        ("{name}", "{name}", "name"),
        ("abc|x", "x", "abcd"),
        (".", "é", "éé"),
    ],
)
def test_pattern_means_what_the_reference_says(pattern: str, taken: str, refused: str) -> None:
    assert (takes(pattern, taken), takes(pattern, refused)) == (True, False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{pattern: 'a^b'}", "no text fits it"),
        ("{pattern: '[^\\s\\S]'}", "no text fits it"),
        ("{pattern: 'a$b|c\\Ad'}", "no text fits it"),
        ("{pattern: '^$'}", "no text fits it"),
        ("{pattern: 'x{0}'}", "no text fits it"),
        ("{pattern: 'a\\n+'}", "no text fits it"),
        ("{pattern: '[a-z]{4}', min_length: 5}", "none of 5 to 3,000 characters fits it"),
        ("{pattern: '[a-z]{10,}', max_length: 9}", "none of 1 to 9 characters fits it"),
        ("{pattern: '(ab)*', min_length: 3, max_length: 3}", "none of 3 to 3 characters fits it"),
        ("{pattern: 'a{151}', suggestions: [a]}", "none of 1 to 150 characters fits it"),
        ("{type: multiline, pattern: 'a^b'}", "no text fits it"),
        ("{type: email, pattern: '[a-z]+'}", "each holds “@”"),
        ("{type: url, pattern: '\\w+'}", "each holds “://”"),
    ],
)
def test_pattern_that_no_value_could_match_is_refused(line: str, words: str) -> None:
    (problem, *_) = read(f"##~~ a {line} - x").problems

    assert f"can match no value: {words}" in problem.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{type: email, multiple: true, separator: '@'}", "is in every value"),
        ("{type: url, multiple: true, separator: '/'}", "is in every value"),
        ("{type: user, multiple: true, separator: '@'}", "is in every value"),
        ("{type: ip, version: '4', multiple: true, separator: '.'}", "is in every value"),
    ],
)
def test_separator_that_every_value_holds_is_refused(line: str, words: str) -> None:
    (problem, *_) = read(f"##~~ a {line} - x").problems

    assert words in problem.message


@pytest.mark.parametrize(
    "line",
    [
        "{pattern: '^a$'}",
        "{pattern: '[^\\d]{3}|x', min_length: 3}",
        "{pattern: '(?i)(?P<n>ab)*?', min_length: 4, max_length: 4}",
        "{pattern: '[[:alpha:]]\\pL\\p{Greek}\\x{e9}\\x41\\Q^$\\E', min_length: 7}",
        "{pattern: '(?m)a$\\n^b', type: multiline}",
        "{type: multiline, pattern: 'a\\nb'}",
        "{pattern: '\\ba\\b'}",
        "{type: email, pattern: '.*@example[.]org'}",
        "{type: url, pattern: 'https://.+'}",
        "{type: url, pattern: '\\Qhttps://\\E.+'}",
    ],
)
def test_pattern_that_some_value_matches_is_taken(line: str) -> None:
    assert read(f"##~~ a {line} - x").problems == ()


def test_lengths_are_never_fewer_than_those_of_what_matches() -> None:
    texts = ["".join(letters) for length in range(5) for letters in product("ab.", repeat=length)]
    dice = random.Random(1)  # noqa: S311  # no secret

    for _ in range(500):
        pattern = _pattern(dice)
        found = patterns.lengths(pattern, is_one_line=True)
        assert not [text for text in texts if patterns.matches(pattern, text) and not found >> len(text) & 1], pattern


def _pattern(dice: random.Random, depth: int = 0) -> str:
    if depth == 4 or dice.random() < 0.35:
        return dice.choice(
            ["a", "b", "[ab]", ".", "^", "$", "[^ab]", r"\n", r"[^\s\S]", r"\w", r"\x61", r"\Qa.\E", r"\pL"]
        )
    one, other = _pattern(dice, depth + 1), _pattern(dice, depth + 1)
    repeat = dice.choice(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])
    return dice.choice([f"{one}{other}", f"(?:{one}|{other})", f"(?:{one}){repeat}"])


@pytest.mark.parametrize(
    "pattern", ["(aa|bbbbb)*" * 40, "(?:(?:aa)*|b{7}){9}" * 20, "[^a]{0,900}" * 40, f"{'(' * 200}a{')' * 200}"]
)
def test_lengths_take_little_work(pattern: str) -> None:
    before = time.process_time()

    assert patterns.lengths(pattern, is_one_line=True) >> 1 & 1

    assert time.process_time() - before < 2
