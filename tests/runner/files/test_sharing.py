"""Which results are sent, and what is said of the others."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from runner.files import File, SharingSettings, share, sharing_order

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = SharingSettings(max_files=3, max_file_size=100, max_size=150)


def shared(
    files: dict[str, int], patterns: Sequence[str] | None = None, outputs: Sequence[str] = ()
) -> tuple[list[str], dict[str, str]]:
    found = [File(name=name, size_bytes=length, modified_at=NOW) for name, length in files.items()]
    found.sort(key=sharing_order(patterns, outputs, SETTINGS))
    became = share(found, patterns, SETTINGS)
    return [file.name for file in became.sent], dict(became.kept_back)


def test_all_that_fit_are_sent_by_name_and_the_declared_outputs_first() -> None:
    assert shared({"b": 1, "a": 1, "z.out": 1}, outputs=["z.out"]) == (["z.out", "a", "b"], {})


def test_each_that_is_not_sent_has_its_reason() -> None:
    sent, reasons = shared({"a": 60, "b": 60, "big": 101, "empty": 0, "c": 60, "d": 10, "e": 1})

    assert sent == ["a", "b", "d"]
    assert reasons == {
        "c": "at most 150 B are sent in all",
        "e": "at most 3 are sent",
        "big": "it is larger than 100 B",
        "empty": "it is empty",
    }


@pytest.mark.parametrize(
    ("patterns", "sent"),
    [
        (["*.png"], ["a.png", "deep/b.png"]),
        (["deep/*", "a.png"], ["deep/b.png", "a.png"]),
        (["[x].txt"], ["[x].txt"]),
        (["*"], ["[x].txt", "a.png", "deep/b.png"]),
        (["other"], []),
        ([], []),
    ],
)
def test_patterns_say_which_and_in_which_order(patterns: list[str], sent: list[str]) -> None:
    assert shared({"a.png": 1, "deep/b.png": 1, "[x].txt": 1}, patterns)[0] == sent


def test_what_can_be_sent_is_considered_before_what_cannot() -> None:
    names = {f"{number:03}": 0 for number in range(60)} | {"z": 1}
    files = [File(name=name, size_bytes=length, modified_at=NOW) for name, length in names.items()]

    assert min(files, key=sharing_order(None, (), SETTINGS)).name == "z"
