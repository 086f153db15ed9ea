"""The reference of the annotation language names all there is, and its examples are read as they stand."""

import re
from pathlib import Path

import pytest

from runner.scripts import ScriptOptions
from runner.scripts.annotations import read
from runner.scripts.annotations.argc import KINDS
from runner.scripts.annotations.sbatch import READERS
from runner.scripts.parameters import TYPES

TEXT = (Path(__file__).parents[4] / "docs/annotations.md").read_text()
EXAMPLES = re.findall(r"^```annotations\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMON = set.intersection(*(set(kind.options()) for kind in TYPES.values()))


def rows(section: str) -> dict[str, list[str]]:
    """The cells behind the first of each row of a section's tables, by the words in that first cell."""
    (body,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in body.splitlines() if line.startswith("|")]
    return {name: cells[1:] for cells in lines for name in words(cells[0])}


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_option_of_a_script_has_its_row_and_there_is_no_other() -> None:
    assert list(rows("The script itself")) == list(ScriptOptions.model_fields)


def test_every_type_has_its_row_with_just_its_own_options() -> None:
    documented = {name: sorted(words(cells[0])) for name, cells in rows("Types").items()}

    assert documented == {name: sorted(set(kind.options()) - COMMON) for name, kind in TYPES.items()}


def test_every_option_of_every_type_has_its_row_and_there_is_no_other() -> None:
    own = {option for kind in TYPES.values() for option in kind.options()} - COMMON

    assert set(rows("Options of every type")) == COMMON
    assert set(rows("Options of some types")) == own


def test_every_row_about_an_option_says_what_it_does_what_is_allowed_and_what_holds_without() -> None:
    for section in ("The script itself", "Options of every type", "Options of some types"):
        assert all(len(cells) == 3 and all(cell.strip() for cell in cells) for cells in rows(section).values())


def test_every_option_of_slurm_and_every_tag_of_argc_that_counts_has_its_row() -> None:
    slurm = {name.removeprefix("--") for name in rows("Slurm's lines") if name.startswith("--")}

    assert slurm == set(READERS)
    assert {f"@{kind}" for kind in KINDS} <= set(rows("argc's tags"))


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_is_read_without_problems(example: str) -> None:
    found = read(example)

    assert found.problems == ()
    assert found.parameters


def test_the_examples_use_every_type_and_every_option() -> None:
    used = [(each.type, each.model_fields_set) for text in EXAMPLES for each in read(text).parameters]
    own = {option for kind in TYPES.values() for option in kind.options()} - {"type"}

    assert {kind for kind, _ in used} == set(TYPES)
    assert own - {option for _, options in used for option in options} == set()


def test_links_within_the_document_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }

    assert not [target for target in re.findall(r"\]\(#([^)]+)\)", TEXT) if target not in headings]
