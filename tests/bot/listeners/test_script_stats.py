"""``/jobs stats``: figures at once, and a picture that a process of its own draws."""

import json
from datetime import timedelta

import pytest

from bot.listeners import script_stats
from runner.errors import ScriptRunnerError
from runner.jobs import State
from tests.support.slack.desk import Desk, last_answer
from tests.support.slack.person import GENERAL, Person, wait_for


def test_picture_comes_as_a_direct_message_beside_its_figures(desk: Desk, maria: Person) -> None:
    for state in (State.SUCCEEDED, State.FAILED, State.SUCCEEDED):
        desk.end_job(desk.queue("greet.sh"), state, after=timedelta(minutes=3))

    maria.command("/jobs stats greet")

    answer = last_answer(maria, "Greet: 3 runs", GENERAL)
    assert "Ended: 2 succeeded, 1 failed." in answer["text"]
    assert "Took 3 min in the middle" in answer["text"]
    message = wait_for(lambda: next((one for one in maria.dm() if one.get("files")), None), 60, what="the picture")
    [file] = message["files"]
    assert file["name"] == "greet-runs.png"
    assert "Four charts over time" in json.dumps(file)


def test_picture_that_slack_does_not_take_is_told(desk: Desk, maria: Person) -> None:
    desk.end_job(desk.queue(desk.write_script("other.sh", "{title: Other}", "name {required: false} - a name")))
    desk.workspace.fail("files.completeUploadExternal", "storage_limit_reached")

    maria.command("/jobs stats other")

    assert maria.wait_for_dm("The picture cannot be shown: Slack takes no file now: storage_limit_reached.", 60)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("stats gret", "Did you mean “greet.sh”?"),
        ("stats", "Say which script, such as “/jobs stats word_count”."),
        ("stats nothing", "No job of nothing that you may see has ended yet."),
        ("Statistics: nothing.sh", "No job of "),
    ],
)
def test_script_that_has_no_figures_is_answered_in_words(desk: Desk, maria: Person, typed: str, told: str) -> None:
    maria.command(f"/jobs {typed}")

    assert last_answer(maria, told.replace("nothing that", "Nothing that"), GENERAL)


@pytest.mark.parametrize(
    ("order", "seconds", "told"), [("{}", 60, "it could not be drawn"), ("{}", 0.001, "it took too long to draw")]
)
def test_picture_that_cannot_be_drawn_is_told(order: str, seconds: float, told: str) -> None:
    with pytest.raises(ScriptRunnerError, match=told):
        script_stats.draw(order, patience=timedelta(seconds=seconds))
