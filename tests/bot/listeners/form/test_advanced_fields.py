"""*More* and *Less*: what lies behind them, that nothing of it is lost, and that mistakes there are seen."""

import json
from typing import Any

import pytest

from runner.jobs import Job
from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Desk
from tests.support.slack.person import Json, Person

LINES = (
    "{title: Plot}",
    "name - what it is called",
    "width {type: integer, max: 500, default: 80, advanced: true} - of the picture",
    "mode {type: choice, choices: [quick, full], default: quick, advanced: true, section: How} - how thorough",
    "rounds {type: integer, when: {mode: full}, default: 3} - how often",
    "picture {type: output} - the result",
)


@pytest.fixture
def form(desk: Desk, maria: Person) -> Form:
    desk.write_script("plot.sh", *LINES)
    return Form(maria, "plot.sh name=x")


def newest_job(desk: Desk, person: Person) -> Job:
    return desk.jobs_of(person.id)[0]


def test_a_form_begins_without_them_and_their_defaults_count(desk: Desk, maria: Person, form: Form) -> None:
    assert form.labels() == ["Name"]

    form.submit()

    assert newest_job(desk, maria).values == {"name": "x", "width": "80", "mode": "quick", "picture": "picture"}


def test_more_shows_them_below_and_less_takes_them_away(maria: Person, form: Form) -> None:
    form.fill("Name", "typed")
    form.press_more()
    assert form.labels() == ["Name", "Width", "Mode", "Picture"]
    assert "How" in texts(maria.top_view())
    assert (form.content("Name"), form.content("Picture")) == ("typed", "picture")

    form.press_more()

    assert form.labels() == ["Name"]
    assert form.content("Name") == "typed"


def test_what_was_changed_stays_to_be_seen(desk: Desk, maria: Person, form: Form) -> None:
    form.press_more()
    form.fill("Width", "120")

    form.press_more()

    assert form.labels() == ["Name", "Width"]
    form.submit()
    assert newest_job(desk, maria).values["width"] == "120"


def test_conditions_on_hidden_fields_go_by_what_these_hold(desk: Desk, maria: Person, form: Form) -> None:
    form.fill("Mode", "full")

    form.press_more()

    assert form.labels() == ["Name", "Rounds", "Mode"]
    form.submit()
    assert newest_job(desk, maria).values["rounds"] == "3"


def test_a_mistake_behind_more_opens_it(desk: Desk, maria: Person, form: Form) -> None:
    desk.write_script("plot.sh", *LINES[:2], "width {type: integer, max: 50, default: 50, advanced: true} - x")
    desk.write_script("plot.sh", *LINES, "table {type: output, default: picture} - another of that name")

    answer = maria.submit()

    assert answer["ok"], answer
    assert form.labels() == ["Name", "Width", "Mode", "Picture", "Table"]
    assert "table: Must differ" in texts(maria.top_view()) or "must differ" in texts(maria.top_view())
    form.fill("Table", "other")
    form.submit()
    assert newest_job(desk, maria).values["table"] == "other"


def test_words_that_do_not_fit_open_it(desk: Desk, maria: Person) -> None:
    desk.write_script("plot.sh", *LINES)

    assert Form(maria, "plot.sh width=900").labels() == ["Name", "Width", "Mode", "Picture"]


def test_words_that_fit_are_seen(desk: Desk, maria: Person) -> None:
    desk.write_script("plot.sh", *LINES)

    form = Form(maria, "plot.sh width=90")

    assert form.labels() == ["Name", "Width"]
    assert form.content("Width") == "90"


def test_a_form_drawn_before_the_script_had_them_is_taken(desk: Desk, maria: Person) -> None:
    desk.write_script("plot.sh", "picture {type: output, advanced: false} - x", "name - y")
    form = Form(maria, "plot.sh name=x")
    desk.write_script("plot.sh", "picture {type: output} - x", "name - y")

    form.fill("Picture", "mine.png").submit()

    assert newest_job(desk, maria).values == {"picture": "mine.png", "name": "x"}


@pytest.mark.parametrize("value", [None, "", "show me", 7, ["show"], {"a": 1}])
def test_button_of_no_form_of_ours_does_no_harm(desk: Desk, maria: Person, form: Form, value: Any) -> None:
    view = maria.top_view()
    pressed: Json = {"type": "button", "action_id": "runscript.advanced", "block_id": "x", "value": value}
    body = {"type": "block_actions", "user": {"id": maria.id}, "view": view, "actions": [pressed], "trigger_id": "1.2"}

    desk.dispatch(body | {"team": {"id": view["team_id"]}, "container": {"type": "view"}})

    assert "Traceback" not in json.dumps(maria.dm()[-1:])
    assert form.labels() == ["Name"]
