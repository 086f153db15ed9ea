"""Run again, and edit and run again, wherever a job is shown, and when its script is no longer what it was."""

import json
from typing import Any

import pytest
from slack_sdk.models.blocks import ActionsBlock

from runner.jobs import Job
from runner.messages.blocks import again_button, details_button, edit_button
from tests.support.machine.installation import Form, texts
from tests.support.scripts.hostile import LINES
from tests.support.slack.desk import Desk, press_on_job
from tests.support.slack.drawn import markup
from tests.support.slack.person import TOM, Json, Person, wait_for

CAKE = ("{title: Cake}", "flour {type: choice, choices: [wheat, rye]} - any", "eggs {type: integer} - any")


@pytest.fixture
def cake(desk: Desk) -> Job:
    """A job whose script each test can change."""
    return desk.queue(desk.write_script("cake.sh", *CAKE), flour="rye", eggs="3")


def in_dm(desk: Desk, person: Person, job: Job) -> Json:
    """A direct message of the app with a job's buttons."""
    buttons = ActionsBlock(block_id="b", elements=[details_button(job), again_button(job), edit_button(job)])
    posted = desk.app.client.chat_postMessage(channel=person.id, text=f"job {job.id}", blocks=[buttons])
    return {"ts": str(posted["ts"])}


def press(desk: Desk, person: Person, job: Job, action_id: str, place: str) -> None:
    """Press a button of the job in its details after /jobs, in a direct message, or in its details above Home."""
    if place == "/jobs":
        press_on_job(person, job, action_id)
        return
    if place == "message":
        assert person.press(person.in_message(in_dm(desk, person, job)), "b", action_id)["ok"]
        return
    open_from_home(person, job)
    details = person.top_view(callback_id="shown")
    block = next(block for block in details["blocks"] if action_id in json.dumps(block))
    assert person.press(person.in_view(), block["block_id"], action_id)["ok"]


def open_from_home(person: Person, job: Job) -> None:
    person.open_home()
    home = wait_for(lambda: (found := person.home()) and f"{job.id} ·" in texts(found) and found, what="the job")
    block = next(block for block in home["blocks"] if (block.get("accessory") or {}).get("value") == str(job.id))
    assert person.press(person.in_home(), block["block_id"], "job.details")["ok"]


PLACES = ["/jobs", "message", "Home"]


@pytest.mark.parametrize("place", PLACES)
def test_job_is_run_again_from_wherever_it_is_shown(desk: Desk, maria: Person, cake: Job, place: str) -> None:
    before = desk.job_count()
    press(desk, maria, cake, "job.again", place)
    review = maria.top_view(callback_id="runscript.review")
    assert texts(review["blocks"]).splitlines()[1:] == ["Flour: ", "rye", "Eggs: ", "3"]
    assert desk.job_count() == before

    assert maria.submit() == {"ok": True, "closed": False}

    assert f"Job {desk.jobs_of()[0].id} queued" in texts(maria.top_view())
    assert desk.job_count() == before + 1
    assert (desk.jobs_of()[0].script, desk.jobs_of()[0].values) == (cake.script, cake.values)


@pytest.mark.parametrize("place", PLACES)
def test_job_is_edited_and_run_again_from_wherever_it_is_shown(
    desk: Desk, maria: Person, cake: Job, place: str
) -> None:
    press(desk, maria, cake, "job.edit", place)
    form = Form(maria)
    assert [form.content(label) for label in form.labels()] == ["rye", "3"]

    form.fill("Eggs", "4").submit()

    assert desk.jobs_of()[0].values == {"flour": "rye", "eggs": "4"}


@pytest.mark.parametrize("place", PLACES)
def test_question_of_a_script_can_be_answered_above_whatever_lies_below(
    desk: Desk, maria: Person, cake: Job, place: str
) -> None:
    desk.write_script("cake.sh", *CAKE, "{confirm: 'Bake it?'}")
    press(desk, maria, cake, "job.edit", place)
    Form(maria)
    assert maria.submit() == {"ok": True, "closed": False}
    assert "Bake it?" in texts(maria.top_view(callback_id="runscript.review"))

    assert maria.submit() == {"ok": True, "closed": False}

    assert f"Job {desk.jobs_of()[0].id} queued" in texts(maria.top_view())


@pytest.mark.parametrize("place", PLACES)
def test_trouble_with_a_question_can_be_told_above_whatever_lies_below(
    desk: Desk, maria: Person, cake: Job, place: str
) -> None:
    desk.write_script("cake.sh", *CAKE, "{confirm: 'Bake it?'}")
    press(desk, maria, cake, "job.edit", place)
    form = Form(maria)
    maria.submit()
    maria.top_view(callback_id="runscript.review")
    (desk.scripts / "cake.sh").unlink()

    assert maria.submit() == {"ok": True, "closed": False}

    assert "There is no script “cake.sh”" in texts(maria.top_view())
    maria.close()
    assert form.content("Eggs") == "3"


@pytest.mark.parametrize("line", [line for line in LINES if len(line) < 3000])
def test_values_of_any_kind_are_shown_as_text_and_run_again_as_they_were(desk: Desk, maria: Person, line: str) -> None:
    name = desk.write_script("word.sh", "word - any")
    job = desk.queue(name, word=line)
    press_on_job(maria, job, "job.again")
    review = maria.top_view(callback_id="runscript.review")
    assert markup(review["blocks"]) == []
    maria.submit()
    press_on_job(maria, job, "job.edit")

    Form(maria).submit()

    assert [each.values["word"] for each in desk.jobs_of()[:3]] == [line] * 3


# ---- the script is not what it was


def edited(desk: Desk, maria: Person, job: Job) -> tuple[Form, str]:
    """The form of a job, and what is told above it."""
    press_on_job(maria, job, "job.edit")
    form = Form(maria)
    told = maria.top_view()["blocks"][0]
    return form, texts(told) if told["type"] == "rich_text" else ""


def test_form_of_a_script_that_is_what_it_was_tells_of_no_problem(desk: Desk, maria: Person, cake: Job) -> None:
    assert edited(desk, maria, cake)[1] == ""


def test_parameter_that_is_gone_is_named_and_the_rest_can_be_run(desk: Desk, maria: Person, cake: Job) -> None:
    desk.write_script("cake.sh", *CAKE[:2])

    form, told = edited(desk, maria, cake)

    assert told == "eggs: is not a parameter of this script."
    assert form.labels() == ["Flour"]
    form.submit()
    assert desk.jobs_of()[0].values == {"flour": "rye"}


def test_parameter_that_is_new_and_required_is_named_and_asked_for(desk: Desk, maria: Person, cake: Job) -> None:
    desk.write_script("cake.sh", *CAKE, "sugar - any", "salt {required: false, default: much} - any")

    form, told = edited(desk, maria, cake)

    assert told == "sugar: is required."
    assert [form.content(label) for label in form.labels()] == ["rye", "3", None, None]
    assert form.refused().keys() == {"Sugar"}
    form.fill("Sugar", "brown").submit()
    assert desk.jobs_of()[0].values == {"flour": "rye", "eggs": "3", "sugar": "brown"}


def test_value_that_is_not_allowed_any_more_is_named_and_left_out(desk: Desk, maria: Person, cake: Job) -> None:
    desk.write_script("cake.sh", "flour {type: choice, choices: [wheat, oat]} - any", "eggs {type: integer} - any")

    form, told = edited(desk, maria, cake)

    assert told == "flour: must be one of wheat, oat, not “rye”."
    assert [form.content(label) for label in form.labels()] == [None, "3"]


CHANGES: dict[str, tuple[tuple[str, ...], str]] = {
    "a parameter gone": (CAKE[:2], "eggs: is not a parameter of this script"),
    "a new one required": ((*CAKE, "sugar - any"), "sugar: is required"),
    "a choice gone": (("flour {type: choice, choices: [oat]} - any", CAKE[2]), "flour: must be one of oat, not “rye”"),
    "a secret": ((CAKE[1], "eggs {secret: EGGS, env: EGGS} - any"), "eggs: comes from the server's secrets"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("when", ["before the question", "after the question"])
def test_values_that_fit_no_longer_are_not_run_again(
    desk: Desk, maria: Person, cake: Job, change: str, when: str
) -> None:
    annotations, told = CHANGES[change]
    before = desk.job_count()
    if when == "before the question":
        desk.write_script("cake.sh", *annotations)
    press_on_job(maria, cake, "job.again")
    maria.top_view(callback_id="runscript.review")
    desk.write_script("cake.sh", *annotations)

    assert maria.submit() == {"ok": True, "closed": False}

    assert told in texts(maria.top_view())
    assert desk.job_count() == before


@pytest.mark.parametrize("action_id", ["job.again", "job.edit"])
@pytest.mark.parametrize("is_broken", [True, False])
def test_script_that_cannot_be_run_any_more_is_told_in_words(
    desk: Desk, maria: Person, cake: Job, action_id: str, *, is_broken: bool
) -> None:
    if is_broken:
        desk.write_script("cake.sh", "eggs {type: integr} - any")
    else:
        (desk.scripts / "cake.sh").unlink()
    seen = len(maria.messages("general"))

    press_on_job(maria, cake, action_id)

    wanted = "“cake.sh” is broken" if is_broken else "There is no script “cake.sh”"
    found = wait_for(lambda: [one for one in maria.messages("general")[seen:] if wanted in one["text"]], what=wanted)
    assert found[-1]["ephemeral"]
    assert maria.views() == []


def test_namesake_of_a_script_that_is_gone_is_not_run_in_its_place(desk: Desk, maria: Person, cake: Job) -> None:
    (desk.scripts / "cake.sh").unlink()
    desk.write_script("other/cake.sh", *CAKE)
    before = desk.job_count()

    press_on_job(maria, cake, "job.again")

    desk.settle()
    assert maria.views() == []
    assert desk.job_count() == before


def test_hidden_script_is_run_again(desk: Desk, maria: Person, cake: Job) -> None:
    desk.write_script("cake.sh", *CAKE, "{hidden: true}")

    form, _ = edited(desk, maria, cake)
    form.submit()
    press_on_job(maria, cake, "job.again")
    maria.top_view(callback_id="runscript.review")
    maria.submit()

    assert [job.values for job in desk.jobs_of()[:2]] == [cake.values] * 2


# ---- who may


@pytest.mark.parametrize("action_id", ["job.again", "job.edit"])
def test_another_person_who_may_not_see_the_job_gets_nothing_of_it(
    desk: Desk, maria: Person, tom: Person, cake: Job, action_id: str
) -> None:
    message = in_dm(desk, tom, cake)
    seen: list[Any] = tom.dm()

    assert tom.press(tom.in_message(message), "b", action_id) == {"ok": True}

    answer = wait_for(lambda: tom.dm()[len(seen) :], what="an answer")[0]
    assert answer["text"] == f"There is no job {cake.id} that you may see."
    assert tom.views() == []
    assert [job for job in desk.jobs_of(TOM) if job.script == cake.script] == []
