"""How people call scripts: the strictest way that finds one, and among other words the most of them."""

from pathlib import Path

import pytest

from runner.scripts import Script
from runner.scripts.naming import ScriptNames


def a_script(file_name: str, *command: str, title: str = "") -> Script:
    name = " ".join([file_name, *command])
    return Script(name=name, group="", path=Path("/scripts") / file_name, title=title or name, command=command)


PROJECT = [a_script("tools/project.sh", *command) for command in (("build",), ("build", "all"), ("test",))]
OTHERS = [a_script("project.sh"), a_script("word_count.py", title="Counting"), a_script("c++.sh"), a_script("c.sh")]
NAMES = ScriptNames([*PROJECT, *OTHERS])


@pytest.mark.parametrize(
    ("words", "name", "place"),
    [
        ("project build", "tools/project.sh build", (0, 2)),
        ("project build all", "tools/project.sh build all", (0, 3)),
        ("project build everything", "tools/project.sh build", (0, 2)),
        ("project.sh test", "tools/project.sh test", (0, 2)),
        ("tools/project.sh build", "tools/project.sh build", (0, 2)),
        ("tools/project build", "tools/project.sh build", (0, 2)),
        ("TOOLS/Project Build", "tools/project.sh build", (0, 2)),
        ("project-build", "tools/project.sh build", (0, 1)),
        ("project", "project.sh", (0, 1)),
        ("project bild", "project.sh", (0, 1)),
        ("word count x", "word_count.py", (0, 2)),
        ("run word_count", "word_count.py", (1, 2)),
        ("counting", "word_count.py", (0, 1)),
        ("c", "c.sh", (0, 1)),
        ("c++", "c++.sh", (0, 1)),
    ],
)
def test_most_words_that_name_a_script_are_its_name(words: str, name: str, place: tuple[int, int]) -> None:
    found = NAMES.first_in(words.split())

    assert found is not None
    assert ([each.name for each in found[0]], found[1:]) == ([name], place)


def test_what_is_no_part_of_a_name_ends_it() -> None:
    found = NAMES.first_in(["project", None, "build"])

    assert found is not None
    assert found[0][0].name == "project.sh"


@pytest.mark.parametrize("words", ["", "...", "nothing here", "\u200b", "x" * 100_000, "y " * 50_000])
def test_words_that_name_nothing_find_nothing(words: str) -> None:
    assert NAMES.first_in(words.split(" ")) is None
