"""One whole installation for all tests of a file, and a mail server that takes what it sends."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page

from tests.support.machine.installation import SIGNING_KEY, Installation
from tests.support.machine.letterbox import Letterbox
from tests.support.page.chromium import browsing, visiting
from tests.support.slack.person import MARIA, TOM, Person


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Letterbox]:
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, letterbox: Letterbox) -> Iterator[Installation]:
    """ScriptRunner with the sample scripts and their secret, sending its mails to the letterbox."""
    mail = {"host": "127.0.0.1", "port": letterbox.port, "security": "none"}
    running = Installation(
        tmp_path_factory.mktemp("installation"),
        settings={"mail": mail},
        environment={"SCRIPTRUNNER_SECRET_SIGNING_KEY": SIGNING_KEY},
    ).start()
    yield running
    assert running.stop() == 0, running.log


@pytest.fixture
def maria(installation: Installation) -> Iterator[Person]:
    yield from _at_a_clean_desk(installation, MARIA)


@pytest.fixture
def tom(installation: Installation) -> Iterator[Person]:
    yield from _at_a_clean_desk(installation, TOM)


def _at_a_clean_desk(installation: Installation, user_id: str) -> Iterator[Person]:
    person = installation.person(user_id)
    yield person
    if person.views():
        person.close(everything=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """The installation's page; modals that are left open are closed in the end."""
    with visiting(browser, installation.url) as opened:
        yield opened
    for person in map(installation.person, (MARIA, TOM)):
        if person.views():  # the workspace keeps open what a page left open
            person.close(everything=True)
