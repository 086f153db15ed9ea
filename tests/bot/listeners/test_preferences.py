"""Settings: what a person is told, by which ways and when."""

from datetime import time

import pytest

from runner.jobs import Preferences, QuietHours, Topic
from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Desk, requester
from tests.support.slack.person import TOM, Json, Person

ALL = ["starts", "ends", "failures", "reminders"]


@pytest.fixture
def settings(desk: Desk, maria: Person) -> Json:
    return opened(desk, maria)


def opened(desk: Desk, maria: Person) -> Json:
    """The modal, opened from the Home tab."""
    maria.open_home()
    desk.settle()

    def is_pressed() -> bool:
        """Drawn anew, the tab has other blocks."""
        blocks = (maria.home() or {"blocks": []})["blocks"]
        block = next((each["block_id"] for each in blocks if "preferences.open" in str(each)), "")
        return bool(maria.press(maria.in_home(), block, "preferences.open")["ok"])

    maria.wait_for(is_pressed, what="the button pressed")
    return maria.top_view(callback_id="preferences.view")


def tick(person: Person, channel: str, *topics: str) -> None:
    person.fill(f"channel.{channel}", "chosen", list(topics))


def test_who_chose_nothing_sees_what_is_usual(desk: Desk) -> None:
    shown = opened(desk, desk.person(TOM))["state"]["values"]

    assert [each["value"] for each in shown["channel.email"]["chosen"]["selected_options"]] == ALL


def test_what_a_person_chose_is_kept_and_shown_again(desk: Desk, maria: Person, settings: Json) -> None:
    tick(maria, "slack", "ends", "failures")
    tick(maria, "email", "failures")
    maria.fill("quiet.start", "chosen", "22:00")
    maria.fill("quiet.end", "chosen", "07:00")
    assert maria.submit() == {"ok": True, "closed": False}

    kept = desk.assembly.store.preferences.of(maria.id)

    assert "E-mails tell you of failures." in texts(maria.top_view())
    assert kept is not None
    assert kept.topics == {
        "slack": frozenset({Topic.ENDS, Topic.FAILURES}),
        "email": frozenset({Topic.FAILURES}),
    }
    assert kept.quiet == QuietHours(start=time(22), end=time(7))
    assert kept.time_zone not in (None, "")


def test_who_would_hear_of_no_failure_is_told_so_and_asked_once_more(desk: Desk, maria: Person, settings: Json) -> None:
    before = desk.assembly.store.preferences.of(maria.id)
    tick(maria, "slack", "ends")
    tick(maria, "email")

    assert maria.submit() == {"ok": True, "closed": False}
    asked, between = maria.top_view(), desk.assembly.store.preferences.of(maria.id)
    maria.submit()

    assert "You would not be told at all when a job of yours fails" in texts(asked)
    assert between == before
    assert "You are not told at all when a job of yours fails" in texts(maria.top_view())
    kept = desk.assembly.service().preferences.of(requester(maria.id))
    assert kept.is_silent(Topic.FAILURES, ["slack", "email"])


@pytest.mark.parametrize(("start", "end"), [("22:00", None), (None, "07:00"), ("22:00", "22:00")])
def test_quiet_hours_that_have_one_end_or_none_are_refused(
    desk: Desk, maria: Person, settings: Json, start: str | None, end: str | None
) -> None:
    before = desk.assembly.store.preferences.of(maria.id)
    tick(maria, "slack", *ALL)
    maria.fill("quiet.start", "chosen", start)
    maria.fill("quiet.end", "chosen", end)

    answer = maria.submit()

    assert "uiet hours" in str(answer["errors"])
    assert desk.assembly.store.preferences.of(maria.id) == before


@pytest.mark.parametrize(
    ("slack", "email", "told"),
    [
        (
            ALL,
            ALL,
            ["by direct message from ScriptRunner when it starts and when it ends", "by e-mail to {} when it s"],
        ),
        (
            ["starts"],
            ["failures"],
            ["by direct message from ScriptRunner when it starts", "by e-mail to {} if it fails"],
        ),
        (["ends"], ["reminders"], ["by direct message from ScriptRunner when it succeeds"]),
        ([], [], ["You will not be told when it starts or ends"]),
    ],
)
def test_the_answer_to_a_form_says_what_its_requester_chose_to_be_told(
    desk: Desk, maria: Person, slack: list[str], email: list[str], told: list[str]
) -> None:
    topics = {"slack": frozenset(map(Topic, slack)), "email": frozenset(map(Topic, email))}
    desk.assembly.service().preferences.save(requester(maria.id), Preferences(topics=topics))
    desk.script("greet.sh")

    Form(maria, "greet.sh").submit()

    shown = texts(maria.top_view())
    assert all(each.format("maria@example.com") in shown for each in told)
    assert ("by e-mail" in shown) == any("by e-mail" in each for each in told)
