"""A type of parameter is one class, registered by its name: nothing else has to know of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.errors import InvalidValue
from runner.scripts.parameters import TYPES, Text
from runner.system.clock import system_clock
from tests.support.slack.desk import Answers, Desk, sitting
from tests.support.slack.person import MARIA, Person
from tests.support.slack.stand_in import running_workspace


class Codon(Text):
    """Three letters of RNA, in capitals."""

    type: ClassVar[str] = "codon"

    def _check(self, raw: str) -> str:
        found = raw.upper().replace("T", "U")
        if len(found) != 3 or not set(found) <= set("ACGU"):
            raise InvalidValue("must be three of the letters A, C, G and U")
        return super()._check(found)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A bot that knows of codons, with a script that asks for one."""
    (tmp_path / "scripts").mkdir()
    config = BotConfig(data=tmp_path / "var", scripts=tmp_path / "scripts")
    assembly = Assembly(config, clock=system_clock, types={**TYPES, Codon.type: Codon})
    with running_workspace() as workspace, sitting(config, assembly, workspace, Answers()) as desk:
        desk.write_script(
            "translate.sh",
            "start {type: codon, default: AUG, suggestions: [AUG, GUG]} - where to begin",
            "stop {type: codon, when: {start: AUG}, required: false} - where to end",
        )
        yield desk


@pytest.fixture
def maria(desk: Desk) -> Person:
    return desk.person(MARIA)


def test_value_of_an_added_type_goes_from_the_annotation_through_the_form_to_the_job(desk: Desk, maria: Person) -> None:
    maria.command("/runscript translate.sh stop=taa")
    maria.submit()
    desk.settle()

    (job,) = desk.jobs_of(MARIA)
    assert dict(job.values) == {"start": "AUG", "stop": "UAA"}


def test_problem_with_a_value_of_an_added_type_is_told_in_the_form(desk: Desk, maria: Person) -> None:
    maria.command("/runscript translate.sh stop=tax")

    assert "must be three of the letters A, C, G and U" in json.dumps(maria.top_view())


def test_annotation_that_misspells_an_added_type_is_told_of_it(desk: Desk) -> None:
    desk.write_script("wrong.sh", "start {type: kodon} - where to begin")

    (broken,) = desk.assembly.catalogue.broken()
    assert "codon" in str(broken.problems[0])
