"""What never comes to an end is told to whoever waits for it, in words, and so is what comes of it after all."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.listeners.deadlines import ListenerDeadlines
from runner.scripts import ReadingPatience
from tests.support.machine.installation import Form
from tests.support.slack.desk import Answers, Desk, last_answer
from tests.support.slack.person import GENERAL, Json, Person, Workspace, wait_for
from tests.support.slack.slow_desk import SlowDesk, sitting_slowly

SHORT, LONG = timedelta(seconds=0.2), timedelta(minutes=1)
HANGS = "This takes very long and is not done yet"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, stand_in: Workspace, answers: Answers) -> Iterator[SlowDesk]:
    deadlines = ListenerDeadlines(placeholder=SHORT, reply=SHORT, told=2 * SHORT)
    reading = ReadingPatience(known=LONG, unknown=LONG, stale=LONG)
    with sitting_slowly(
        tmp_path_factory.mktemp("desk"), stand_in, answers, deadlines=deadlines, reading=reading
    ) as slow:
        slow.desk.write_script("greet.sh", "{title: Greet}", "name {required: false} - whom to greet")
        yield slow


@pytest.fixture
def desk(slow: SlowDesk) -> Desk:
    return slow.desk


def shows(person: Person, words: str) -> Json:
    """The modal on top once it holds the words."""

    def found() -> Json | None:
        views = person.views()
        return views[-1] if views and words in str(views[-1]) else None

    return wait_for(found, 20, what=f"a modal with {words!r}")


def test_form_that_hangs_is_told_and_drawn_after_all(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    desk.script("greet.sh")
    with slow.slack.holding("users.info"):
        maria.command("/runscript greet.sh")
        told = shows(maria, HANGS)

    assert shows(maria, "whom to greet")["id"] == told["id"]


def test_submission_that_hangs_is_told_and_then_what_came_of_it(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    Form(maria, "greet.sh")
    before = desk.job_count()
    with slow.slack.holding("users.info"):
        assert maria.submit() == {"ok": True, "closed": False}
        shows(maria, HANGS)

    shows(maria, "when it starts and when it ends")
    assert desk.job_count() == before + 1


def test_submission_that_hangs_is_told_to_who_has_closed_the_form(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    Form(maria, "greet.sh")
    with slow.slack.holding("users.info"):
        maria.submit()
        maria.close(everything=True)
        maria.wait_for_dm(HANGS, 20)

    maria.wait_for_dm("is queued: Greet.", 20)


def test_answer_that_hangs_is_told_in_the_channel(slow: SlowDesk, maria: Person) -> None:
    with slow.slack.holding("users.info"):
        maria.command("/jobs")

        last_answer(maria, HANGS, GENERAL)

    last_answer(maria, "Your jobs (", GENERAL)


def test_field_whose_change_hangs_is_told(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    Form(maria, "greet.sh")
    with slow.slack.holding("users.info"):
        maria.press(maria.in_view(), "script", "runscript.choose", "greet.sh")

        maria.wait_for(lambda: HANGS in str(maria.views()) or HANGS in str(maria.dm()), 20, what="told")
