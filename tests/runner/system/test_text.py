import pytest

from runner.system.text import visible


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        ("\u200b", r"\u200b"),
        ("\u2060", r"\u2060"),
        ("\ufeff", r"\ufeff"),
        ("\u061c", r"\u061c"),
        ("\u00ad", r"\xad"),
        ("\u2064", r"\u2064"),
        ("\u206a", r"\u206a"),
        ("\u180e", r"\u180e"),
        ("\u3164", r"\u3164"),
        ("\U000e0041", r"\U000e0041"),
        ("\u202e", r"\u202e"),
        ("\x1b", r"\x1b"),
    ],
)
def test_what_cannot_be_seen_is_shown(sign: str, shown: str) -> None:
    assert visible(f"a{sign}b") == f"a{shown}b"


@pytest.mark.parametrize(
    "text",
    [
        "résumé",
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f680",
        "\u2764\ufe0f",
        "한글",
    ],
)
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text
