"""A bot for all tests of a file: a real service over a folder of its own, and the stand-in in place of Slack."""

from collections.abc import Iterator

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.service import AccessSettings
from runner.system.clock import system_clock
from tests.support.slack.desk import Answers, Desk, sitting, taking_answers
from tests.support.slack.person import ADMIN, MARIA, TOM, Person, Workspace
from tests.support.slack.stand_in import running_workspace


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Workspace]:
    with running_workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    with taking_answers() as answers:
        yield answers


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, stand_in: Workspace, answers: Answers) -> Iterator[Desk]:
    """A connected bot with three scripts; Ines administrates."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "scripts").mkdir()
    emails = {person["id"]: f"{person['name'].split('.')[0]}@example.com" for person in stand_in.people()}
    config = BotConfig(
        data=folder / "var", scripts=folder / "scripts", access=AccessSettings(admins=(emails[ADMIN].upper(),))
    )
    with sitting(config, Assembly(config, clock=system_clock), stand_in, answers) as made:
        made.write_script("greet.sh", "{title: Greet}", "name {required: false} - whom to greet")
        made.write_script(
            "group/copy.sh", "input - what to copy", "output - the copy", "times {type: integer} - how often"
        )
        made.write_script("nothing.sh")
        yield made


@pytest.fixture
def maria(desk: Desk) -> Iterator[Person]:
    yield from _at_a_clean_desk(desk, MARIA)


@pytest.fixture
def tom(desk: Desk) -> Iterator[Person]:
    yield from _at_a_clean_desk(desk, TOM)


@pytest.fixture
def ines(desk: Desk) -> Iterator[Person]:
    """The administrator."""
    yield from _at_a_clean_desk(desk, ADMIN)


def _at_a_clean_desk(desk: Desk, user_id: str) -> Iterator[Person]:
    person = desk.person(user_id)
    yield person
    desk.settle()
    if person.views():
        person.close(everything=True)
    desk.empty_queue()
