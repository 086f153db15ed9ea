"""Secrets are hidden wherever output is cut, and nothing else is changed."""

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence

import pytest

from runner.supervision.masking import HIDDEN, Masking

CHUNK_BYTES = 65_536

FAMILIES = [
    [b"ab"],
    [b"aa"],
    [b"aab"],
    [b"aaab"],
    [b"abab"],
    [b"ab", b"ba"],
    [b"ab", b"abab"],
    [b"ab", b"bbaa"],
    [b"a", b"bab"],
    [b"aba", b"bab", b"abb"],
    [b"abba", b"bb"],
    [b"ab", b"ab"],
]
"""Secrets that overlap themselves and each other, begin alike, are parts of each other, or are given twice."""


def expected(content: bytes, texts: Sequence[bytes]) -> bytes:
    """Each stretch of the whole content that overlapping occurrences make, replaced."""
    occurrences = sorted(
        (start, start + len(text)) for text in texts for start in range(len(content)) if content.startswith(text, start)
    )
    stretches: list[tuple[int, int]] = []
    for start, stop in occurrences:
        if stretches and start < stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stop, stretches[-1][1]))
        else:
            stretches.append((start, stop))
    shown, done = b"", 0
    for start, stop in stretches:
        shown += content[done:start] + HIDDEN
        done = stop
    return shown + content[done:]


def through(chunks: Iterable[bytes], texts: Sequence[bytes]) -> bytes:
    masking = Masking(texts)
    return b"".join([*map(masking.hide, chunks), masking.rest()])


def every_cut(content: bytes) -> Iterator[list[bytes]]:
    """All the ways to cut the content into chunks."""
    for cuts in itertools.product((False, True), repeat=len(content) - 1):
        places = [0, *(place for place, is_cut in enumerate(cuts, start=1) if is_cut), len(content)]
        yield [content[start:stop] for start, stop in itertools.pairwise(places)]


@pytest.mark.parametrize("texts", FAMILIES)
def test_short_output_is_masked_alike_however_it_is_cut(texts: Sequence[bytes]) -> None:
    for letters in itertools.product(b"ab", repeat=7):
        content = bytes(letters)
        wanted = expected(content, texts)
        for chunks in every_cut(content):
            assert through(chunks, texts) == wanted, (chunks, texts)


def test_long_output_of_any_bytes_is_masked_alike_however_it_is_cut(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # not a secret
    for _ in range(300):
        alphabet = dice.choice([b"ab", b"abc", bytes(range(256)), b"\x00\xff\n", "é日".encode()])
        texts = [drawn(dice, alphabet, dice.randint(1, 12)) for _ in range(dice.randint(1, 4))]
        parts = [dice.choice([*texts, drawn(dice, alphabet, dice.randint(0, 9))]) for _ in range(60)]
        content = b"".join(parts)
        cuts = sorted(dice.choices(range(len(content) + 1), k=dice.randint(0, 80)))
        chunks = [content[start:stop] for start, stop in itertools.pairwise([0, *cuts, len(content)])]

        assert through(chunks, texts) == expected(content, texts), f"{texts} in {chunks}"


def drawn(dice: random.Random, alphabet: bytes, length: int) -> bytes:
    return bytes(dice.choices(alphabet, k=length))


@pytest.mark.parametrize(
    ("content", "texts", "shown"),
    [
        (b"aaaab", [b"aaab"], b"a[hidden]"),
        (b"token=hunter2\n", [b"hunter2"], b"token=[hidden]\n"),
        (b"hunter2hunter2", [b"hunter2"], b"[hidden][hidden]"),
        (b"hunter2222", [b"hunter2", b"hunter22"], b"[hidden]22"),
        (b"abcabcab", [b"abcab"], b"[hidden]"),
        (b"one-two-three", [b"two", b"one-two-three"], b"[hidden]"),
        (b"-----BEGIN-----\nMIIE\n-----END-----\n", [b"-----BEGIN-----\nMIIE\n-----END-----"], b"[hidden]\n"),
        (b"\xff\x00hunter2\x00\xfe", [b"hunter2"], b"\xff\x00[hidden]\x00\xfe"),
        (b"hunter", [b"hunter2"], b"hunter"),
        (b"", [b"hunter2"], b""),
    ],
)
def test_what_is_hidden_is_one_word_for_each_stretch(content: bytes, texts: list[bytes], shown: bytes) -> None:
    assert {through(chunks, texts) for chunks in ([content], [bytes([one]) for one in content])} == {shown}


def test_nothing_but_a_possible_beginning_is_kept_back() -> None:
    steps = [
        (b"hello\n", b"hello\n"),
        (b"", b""),
        (b"password: hunt", b"password: "),
        (b"ing", b"hunting"),
        (b"hunter", b""),
        (b"2", HIDDEN),
        (b"nd", b""),
        (b".", b"nd."),
        (b"2nd secre", b""),
    ]
    masking = Masking([b"hunter2", b"2nd secret"])

    assert [(chunk, masking.hide(chunk)) for chunk, _ in steps] == steps
    assert masking.rest() == b"2nd secre"


def test_secret_longer_than_a_chunk_is_hidden() -> None:
    secret = bytes(range(1, 251)) * (3 * CHUNK_BYTES // 250)
    content = b"before " + secret + b" between " + secret[:-1] + b" after"
    chunks = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)]

    assert through(chunks, [secret]) == b"before [hidden] between " + secret[:-1] + b" after"


def test_output_that_might_everywhere_be_the_secret_takes_no_longer_than_other_output() -> None:
    chunks = [b"a" * CHUNK_BYTES] * 2_000  # hours, where every occurrence is looked at by itself

    assert through(chunks, [b"a" * 3_000]) == HIDDEN
