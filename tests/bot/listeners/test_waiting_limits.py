"""Who has as many jobs waiting as may is told in the form before it is filled in, near that, and when it is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.jobs import Ending, Job, State
from runner.system.clock import system_clock
from tests.support.machine.installation import Form, texts
from tests.support.slack import payloads
from tests.support.slack.desk import Answers, Desk, press_on_job, sitting
from tests.support.slack.person import MARIA, TOM, Json, Person, Workspace

MOST = 3
NEAR = "You have 2 jobs waiting, and at most 3 of one person may wait"
FULL = (
    "You have 3 jobs waiting, and at most 3 of one person may wait (jobs.waiting_per_person). Cancel one that you no "
    "longer need, or submit again once one has started; /jobs lists yours."
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, stand_in: Workspace, answers: Answers) -> Iterator[Desk]:
    """A connected bot, with room for three waiting jobs of each person."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "scripts").mkdir()
    config = BotConfig.model_validate(
        {"data": folder / "var", "scripts": folder / "scripts", "jobs": {"waiting_per_person": MOST}}
    )
    with sitting(config, Assembly(config, clock=system_clock), stand_in, answers) as made:
        made.write_script("greet.sh", "{title: Greet}", "name {required: false} - whom to greet")
        made.write_script("ask.sh", "{title: Ask, confirm: Really?}", "name {required: false} - whom to greet")
        made.write_script("read.sh", "{title: Read}", "reads {type: input} - what to read")
        yield made


def wait(desk: Desk, count: int, user_id: str = MARIA) -> list[Job]:
    return [desk.queue("greet.sh", user_id=user_id) for _ in range(count)]


def refused(form: Form) -> Any:
    answer = form.person.submit()
    return answer.get("errors")


def test_form_says_nothing_of_limits_while_there_is_room(desk: Desk, maria: Person) -> None:
    wait(desk, 1)

    Form(maria, "greet")

    assert "may wait" not in texts(maria.top_view())


def test_form_says_so_before_it_is_filled_in_where_little_is_left(desk: Desk, maria: Person) -> None:
    wait(desk, 2)

    form = Form(maria, "greet")

    assert NEAR in texts(maria.top_view())
    form.submit()
    assert FULL in texts(maria.top_view()), "the answer tells that this was the last one for now"


@pytest.mark.parametrize("typed", ["greet", "greet name=Ada", ""])
def test_form_says_so_before_it_is_filled_in_where_nothing_is_left(desk: Desk, maria: Person, typed: str) -> None:
    wait(desk, 3)

    Form(maria, typed)

    assert FULL in texts(maria.top_view())


@pytest.mark.parametrize("typed", ["greet", "greet name=Ada", "ask"])
def test_refusal_stands_in_the_form_and_what_was_typed_stays(desk: Desk, maria: Person, typed: str) -> None:
    form = Form(maria, typed).fill("Name", "Grace")
    jobs = wait(desk, 3)

    assert refused(form) == {"script": FULL}

    assert form.content("Name") == "Grace"
    assert len(maria.views()) == 1
    desk.service.cancel(jobs[0].requester, jobs[0].id)
    assert maria.submit()["ok"]


def test_preset_is_no_way_around_it_and_is_not_kept_of_what_is_refused(desk: Desk, maria: Person) -> None:
    form = Form(maria, "greet").fill("Save these values as", "mine")
    wait(desk, 3)

    assert refused(form) == {"script": FULL}

    who = desk.jobs_of()[0].requester
    assert "mine" not in [each.name for each in desk.service.scripts.presets(who, desk.script("greet.sh"))]


def test_file_is_not_fetched_for_a_job_that_is_refused(desk: Desk, maria: Person) -> None:
    form = Form(maria, "read").upload("Reads", maria.upload("mine.txt", b"a"))
    wait(desk, 3)

    assert refused(form) == {"script": FULL}

    assert desk.service.inputs.files(desk.jobs_of()[0].requester).count == 0


def test_button_that_runs_a_job_again_tells_and_refuses(desk: Desk, maria: Person) -> None:
    job, *_ = wait(desk, 3)
    press_on_job(maria, job, "job.again")
    assert FULL in texts(maria.top_view(callback_id="runscript.review"))
    before = desk.job_count()

    maria.submit()

    assert "Run it with these values?" not in texts(maria.top_view()), "the answer takes the question's place"
    assert FULL in texts(maria.top_view())
    assert desk.job_count() == before
    desk.service.cancel(job.requester, job.id)


def test_button_that_edits_a_job_tells_too(desk: Desk, maria: Person) -> None:
    job, *_ = wait(desk, 3)

    press_on_job(maria, job, "job.edit")

    assert FULL in texts(maria.top_view(callback_id="runscript.form"))


def test_question_that_was_asked_before_is_refused_when_it_is_answered(desk: Desk, maria: Person) -> None:
    Form(maria, "ask")
    maria.submit()
    maria.top_view(callback_id="runscript.review")
    wait(desk, 3)
    before = desk.job_count()

    maria.submit()

    assert FULL in texts(maria.top_view())
    assert desk.job_count() == before


def test_submission_that_slack_delivers_again_is_the_job_it_was_though_no_more_are_taken(
    desk: Desk, maria: Person
) -> None:
    wait(desk, 2)
    Form(maria, "greet")
    view = maria.top_view()
    body = payloads.submission(view)
    first = json.loads(desk.dispatch(body).body)
    number = desk.jobs_of()[0].id

    again = json.loads(desk.dispatch(body).body)

    assert [texts(each["view"]) for each in (first, again)] == [texts(first["view"])] * 2
    assert f"Job {number} queued" in texts(again["view"])
    assert desk.jobs_of()[0].id == number


def test_other_people_submit_as_before(desk: Desk, maria: Person, tom: Person) -> None:
    wait(desk, 3)

    form = Form(tom, "greet")

    assert "may wait" not in texts(tom.top_view())
    number = form.submit()
    assert desk.jobs_of(TOM)[0].id == number


def test_details_say_what_a_job_waits_for(desk: Desk, maria: Person) -> None:
    first, second = wait(desk, 2)
    desk.start_job(first)

    maria.command(f"/jobs {second.id}")

    details = desk.service.details(second.requester, second.id)
    assert details.outlook.obstacle == "1 job runs of its requester, and 1 of one person may at once"
    assert shown(maria, second).count(details.outlook.obstacle) == 1
    ended(desk, first)


def test_form_and_what_follows_it_say_of_whom_so_many_run_as_its_reader_would(desk: Desk, maria: Person) -> None:
    (first,) = wait(desk, 1)
    desk.start_job(first)
    words = "of yours run"

    form = Form(maria, "greet")
    assert words in texts(maria.top_view())

    form.submit()
    assert words in texts(maria.top_view())
    ended(desk, first)


def ended(desk: Desk, job: Job) -> None:
    """So that it counts for nobody who comes after."""
    now = system_clock()
    ending = Ending(state=State.CANCELLED)
    desk.assembly.store.jobs.finish(job.id, ending, runner="runner", now=now, expires_at=now)


def shown(person: Person, job: Job) -> str:
    """What /jobs N has shown, waited for."""

    def found() -> Json | None:
        messages = [each for each in person.messages("general") if f"Job {job.id}: " in json.dumps(each)]
        return messages[-1] if messages else None

    message = person.wait_for(found, what="the job's details")
    assert message
    return texts(message["blocks"])
