"""What programs write for a terminal is shown as one would have left it."""

import time

import pytest

from runner.system.terminal import rendered

BAR = "".join(f"\r{done:3}%|{'█' * (done // 10):10}|" for done in range(101))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain\n\nlines\n", "plain\n\nlines\n"),
        ("of Windows\r\nlines\r\n", "of Windows\nlines\n"),
        (f"begin\n{BAR}\nend", "begin\n100%|██████████|\nend"),
        ("a longer line\rshort", "shortger line"),
        ("a longer line\r\x1b[Kshort", "short"),
        ("a longer line\x1b[2K\rshort", "short"),
        ("wrong\b\b\b\b\bright", "right"),
        ("50%\b\b\b51%", "51%"),
        ("\x1b[1;31mERROR\x1b[0m: \x1b[38;5;12mno\x1b[39m such file", "ERROR: no such file"),
        ("\x1b]0;a title\x07words", "words"),
        ("\x1b]0;a title\x1b\\words", "words"),
        ("\x1b]8;;https://a.example/\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1bPq#0;2;0;0;0\x1b\\words", "words"),
        ("\x1b(B\x1b7\x1b8\x1b=words\x1bM", "words"),
        ("\x9b1mwords\x9b0m", "words"),
        ("\x1b[?25lwords\x1b[?25h", "words"),
        ("pull a: 1%\npull b: 1%\n\x1b[2Apull a: 9%\n\x1b[1Bdone", "pull a: 9%\npull b: 1%\ndone"),
        ("one\ntwo\n\x1b[2A\x1b[Jnew", "new"),
        ("one\ntwo\x1b[1F\x1b[2Know", "now\ntwo"),
        ("name\x1b[20Gvalue", "name               value"),
        ("ab\x1b[3Dc\x1b[1Cd", "cbd"),
        ("rang\x07 the bell\x00", "rang the bell"),
        ("cut \x1b[1;3", "cut "),
        ("cut \x1b", "cut "),
        ("tab\tkept é 漢 🎉", "tab\tkept é 漢 🎉"),
        ("over the top\x1b[99999999999999999999Ax", "over the topx"),
        ("page\x0cnext", "page\nnext"),
    ],
)
def test_lines_are_as_a_terminal_would_have_left_them(written: str, shown: str) -> None:
    assert rendered(written).replace(" \n", "\n") == shown


@pytest.mark.parametrize(
    "piece",
    [
        "\x1b[999C.\n",
        "\x1b[9999999G.",
        "\x1b[1A",
        "\x1b]0;",
        "\x1b[" + "1;" * 30,
        "\r.\x1b[K",
        "\b",
        "\x1b[1K.",
        "\x9b",
    ],
)
def test_whatever_is_written_takes_little_time_and_room(piece: str) -> None:
    text = piece * (65_536 // len(piece))
    began = time.process_time()

    shown = rendered(text)

    assert time.process_time() - began < 2
    assert len(shown) < 10_000_000
