"""Who may do what: every listener the app has, tried by every kind of person."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from runner.jobs import Job, State
from runner.messages.blocks import (
    again_button,
    before_all_button,
    cancel_button,
    delete_button,
    details_button,
    edit_button,
    front_button,
    hold_button,
    keep_button,
    log_button,
    more_time_buttons,
    release_button,
    send_button,
    share_button,
)
from tests.support.machine.installation import Form, texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, last_answer, press_on_job, requester
from tests.support.slack.person import (
    ADMIN,
    BOT,
    DEACTIVATED,
    EXTERNAL,
    GENERAL,
    GUEST,
    MACHINE,
    MARIA,
    NO_EMAIL,
    TOM,
    UNCONFIRMED,
    Json,
    Person,
)

REFUSED = {
    GUEST: "Guests",
    EXTERNAL: "another workspace",
    NO_EMAIL: "e-mail address",
    UNCONFIRMED: "not confirmed",
    DEACTIVATED: "deactivated",
    BOT: "Bots",
    "USLACKBOT": "Bots",
    "U0NOBODY": "nothing of your account",
}
CAN_BE_WRITTEN_TO = {GUEST, NO_EMAIL, UNCONFIRMED}
IN_A_VIEW = {"job.log.send", "job.log.turn.older", "runscript.open", "runscript.choose", "runscript.fill", "choice"} | {
    "home.find",
    "message.im",
    "runscript.advanced",
    "runscript.source",
    "runscript.star",
    "preferences.open",
    "runscript.search",
    "runscript.pick.0",
    "runscript.run.0",
}


def more_time_button(job: Job) -> ButtonElement:
    return more_time_buttons(job, timedelta(hours=1))[0]


def keep_a_week_button(job: Job) -> ButtonElement:
    return keep_button(job, timedelta(days=7))


BUTTONS_OF_A_JOB = [
    details_button,
    log_button,
    share_button,
    send_button,
    cancel_button,
    delete_button,
    keep_a_week_button,
    again_button,
    edit_button,
    hold_button,
    release_button,
    front_button,
    before_all_button,
    more_time_button,
]
ON_A_JOB = [
    "job.details",
    "job.log",
    "job.share",
    "job.send",
    "job.cancel",
    "job.delete",
    "job.keep",
    "job.again",
    "job.edit",
    "job.hold",
    "job.release",
    "job.front",
    "job.before_all",
    "job.more_time.1",
    "/jobs",
]


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of Maria's that waits."""
    return desk.queue("greet.sh", name="the secret word")


@pytest.fixture
def form(desk: Desk, maria: Person) -> Json:
    """A form that Maria has open."""
    maria.command("/runscript greet")
    return maria.top_view(callback_id="runscript.form")


def acts_by_listener(desk: Desk, acts: Any) -> Iterator[tuple[str, Json]]:
    """What there is to do, one act for each listener that the app has registered."""
    response = BoltResponse(status=200)
    for listener in desk.app._listeners:  # noqa: SLF001  # Bolt tells nowhere else what it listens to
        name, body = next(
            (name, body)
            for name, body in acts.items()
            if listener.matches(req=BoltRequest(mode="socket_mode", body=body), resp=response)
        )
        yield name, body


def test_there_is_an_act_for_every_listener_and_a_listener_for_every_act(desk: Desk, form: Json, job: Job) -> None:
    acts = payloads.every_act(form, job.id)

    assert sorted(name for name, _ in acts_by_listener(desk, acts)) == sorted(acts)


@pytest.mark.parametrize("user_id", REFUSED)
def test_who_may_not_does_nothing_and_is_told_why(desk: Desk, form: Json, job: Job, user_id: str) -> None:
    before = desk.job_count()
    acts = payloads.every_act(form, job.id, user_id=user_id, response_url=desk.answers.to(f"refused-{user_id}"))
    heard = 0
    for name, body in acts_by_listener(desk, acts):
        response = desk.dispatch(body)
        desk.settle()

        answered = desk.answers.at(f"refused-{user_id}")[heard:]
        heard += len(answered)
        told = json.dumps([answered, response.body, written_to(desk, user_id, name)])
        assert (REFUSED[user_id] in told) is (name not in silent(user_id)), (name, told)
        assert str(job.id) not in json.dumps([answered, response.body]), name

    assert desk.job_count() == before
    assert desk.assembly.store.jobs.get(job.id) == job
    if user_id in CAN_BE_WRITTEN_TO:
        assert not desk.person(user_id).views()


def silent(user_id: str) -> set[str]:
    """Where nobody can be told anything: a type-ahead, and a view of somebody who has none."""
    type_aheads = {
        f"options of {name}"
        for name in ("runscript.choose", "input", "jobs.list.script", "home.find", "job.send.choose")
    }
    if user_id in CAN_BE_WRITTEN_TO:
        return type_aheads
    elsewhere = {"app_home_opened"} if user_id in {"USLACKBOT", "U0NOBODY"} else set()
    return type_aheads | elsewhere | IN_A_VIEW


def written_to(desk: Desk, user_id: str, act: str) -> Any:
    """What the person sees besides the answer: a direct message, or the Home tab."""
    if act == "app_home_opened" and user_id not in {"USLACKBOT", "U0NOBODY"}:
        return desk.person(user_id).home()
    if act in IN_A_VIEW and user_id in CAN_BE_WRITTEN_TO:
        return desk.person(user_id).dm()
    return None


@pytest.mark.parametrize("act", ON_A_JOB)
@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.SUCCEEDED])
def test_job_of_another_person_is_answered_like_one_that_is_not_there(desk: Desk, act: str, state: State) -> None:
    theirs = in_state(desk, desk.queue("greet.sh"), state)
    before = desk.job_count()
    heard = [said_to(desk, act, number, TOM) for number in (theirs.id, 999_999)]

    assert heard[0] == heard[1]
    assert "There is no job" in heard[0]
    assert desk.job_count() == before
    assert desk.assembly.store.jobs.get(theirs.id) == theirs


def in_state(desk: Desk, job: Job, state: State) -> Job:
    if state is State.QUEUED:
        return job
    return desk.start_job(job) if state is State.RUNNING else desk.end_job(job, state)


def said_to(desk: Desk, act: str, number: int, user_id: str) -> str:
    """The answer to an act on a job, with its number left out."""
    name = f"{act}-{number}-{user_id}".replace("/", "")
    url = desk.answers.to(name)
    body = (
        payloads.command(act, str(number), user_id=user_id, response_url=url)
        if act.startswith("/")
        else payloads.press(act, value_of(act, number), user_id=user_id, response_url=url)
    )
    desk.dispatch(body)
    return json.dumps(desk.answers.wait(name), ensure_ascii=False).replace(str(number), "N")


def value_of(act: str, number: int) -> str:
    more = " 1800" if act.startswith("job.more_time") else " 0" if act == "job.keep" else ""
    return f"{number}{more}"


@pytest.mark.parametrize("user_id", [MARIA, ADMIN])
def test_requester_and_administrators_see_and_cancel_a_job(desk: Desk, job: Job, user_id: str) -> None:
    assert "the secret word" in said_to(desk, "job.details", job.id, user_id)
    assert "cancelled" in said_to(desk, "job.cancel", job.id, user_id)

    cancelled = desk.assembly.store.jobs.get(job.id)
    assert cancelled
    assert cancelled.state is State.CANCELLED


def reviewed(person: Person, job: Job) -> Json:
    """The question whether to run a job again, before the person who pressed that button."""
    press_on_job(person, job, "job.again")
    return person.top_view(callback_id="runscript.review")


def test_run_again_asks_first_and_is_the_job_of_the_one_who_clicked(desk: Desk, job: Job, ines: Person) -> None:
    before = desk.job_count()

    review = reviewed(ines, job)

    assert "the secret word" in texts(review)
    assert desk.job_count() == before
    assert ines.submit() == {"ok": True, "closed": False}
    again = desk.jobs_of(ADMIN)[0]
    assert again.values == job.values
    assert again.requester.email == "ines@example.com"


def test_edit_and_run_again_is_the_job_of_the_one_who_clicked(desk: Desk, job: Job, ines: Person) -> None:
    press_on_job(ines, job, "job.edit")
    form = Form(ines)
    assert form.content("Name") == "the secret word"

    number = form.fill("Name", "another word").submit()

    again = desk.jobs_of(ADMIN)[0]
    assert (again.id, again.values) == (number, {"name": "another word"})
    assert again.requester.email == "ines@example.com"


@pytest.fixture
def with_a_file(desk: Desk) -> Job:
    """A job of Maria's with a file that only she can choose."""
    (desk.assembly.inbox.own_folder(requester()) / "mine.txt").write_text("only Maria's")
    return desk.queue("group/copy.sh", input="~/mine.txt", output="o", times="1")


def test_file_of_another_person_is_not_run_again_with_their_job(desk: Desk, with_a_file: Job, ines: Person) -> None:
    reviewed(ines, with_a_file)
    before = desk.job_count()

    assert ines.submit() == {"ok": True, "closed": False}

    assert "is not in your own inbox folder" in texts(ines.top_view())
    assert desk.job_count() == before


def test_file_of_another_person_is_named_and_left_out_where_their_job_is_edited(
    desk: Desk, with_a_file: Job, ines: Person
) -> None:
    before = desk.job_count()
    press_on_job(ines, with_a_file, "job.edit")

    form = Form(ines)

    assert "input: “mine.txt” is not in your own inbox folder" in texts(ines.top_view())
    assert (form.content("Input"), form.content("Output"), form.content("Times")) == (None, "o", "1")
    assert form.refused().keys() == {"Input"}
    assert desk.job_count() == before


def test_file_of_ones_own_with_the_same_name_is_the_one_that_is_run(desk: Desk, with_a_file: Job, ines: Person) -> None:
    own = desk.assembly.inbox.own_folder(requester(ADMIN)) / "mine.txt"
    own.write_text("of Ines")
    reviewed(ines, with_a_file)

    ines.submit()

    own.unlink()
    again = desk.jobs_of(ADMIN)[0]
    assert (again.script, again.values["input"]) == (with_a_file.script, "~/mine.txt")
    assert again.requester.user_id == ADMIN


def test_list_of_all_hides_values_and_reasons_of_others(desk: Desk, job: Job, tom: Person) -> None:
    tom.command("/jobs all")

    shown = json.dumps(last_answer(tom, "All jobs", GENERAL))

    assert f" {job.id} " in shown
    assert "the secret word" not in shown


@pytest.mark.parametrize("button", BUTTONS_OF_A_JOB)
def test_buttons_in_a_shared_channel_ask_who_presses_them(desk: Desk, job: Job, button: Any) -> None:
    posted = desk.app.client.chat_postMessage(
        channel=MACHINE, text=f"job {job.id}", blocks=[ActionsBlock(block_id="b", elements=[button(job)])]
    )
    before = desk.job_count()
    for user_id, reason in ((TOM, "There is no job"), (GUEST, "Guests"), (NO_EMAIL, "e-mail address")):
        assert reason in answer_to_press(desk.person(user_id), posted["ts"], button(job).action_id)
    assert desk.job_count() == before
    assert desk.assembly.store.jobs.get(job.id) == job


def answer_to_press(person: Person, ts: str, action_id: str) -> str:
    """What a person alone is answered who presses a button of a message in the shared channel; no modal opens."""
    seen = len(person.messages(MACHINE))
    assert person.press(person.in_message({"ts": ts}, MACHINE), "b", action_id) == {"ok": True}
    answered = person.wait_for(lambda: person.messages(MACHINE)[seen:], what="an answer")[0]
    assert answered["ephemeral"]
    assert not person.views()
    return str(answered["text"])


@pytest.mark.parametrize("button", BUTTONS_OF_A_JOB)
def test_person_from_elsewhere_presses_in_vain(desk: Desk, job: Job, button: Any) -> None:
    sam = desk.person(EXTERNAL)
    block = ActionsBlock(block_id="b", elements=[button(job)])
    posted = desk.app.client.chat_postMessage(channel=MACHINE, text="x", blocks=[block])
    before = desk.job_count()

    assert "another workspace" in answer_to_press(sam, posted["ts"], button(job).action_id)

    assert desk.job_count() == before
    assert desk.assembly.store.jobs.get(job.id) == job


def delivered_at_once(desk: Desk, body: Json, times: int = 4) -> list[BoltResponse]:
    """The same payload, several times at the same moment."""
    found: list[BoltResponse] = []
    threads = [threading.Thread(target=lambda: found.append(desk.dispatch(body))) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.settle()
    return found


def test_review_submitted_twice_queues_once(desk: Desk, job: Job, maria: Person) -> None:
    body = payloads.submission(reviewed(maria, job))
    before = desk.job_count()

    responses = delivered_at_once(desk, body)

    assert desk.job_count() == before + 1
    assert {json.loads(response.body)["response_action"] for response in responses} == {"update"}


def test_two_reviews_queue_twice(desk: Desk, job: Job, maria: Person) -> None:
    before = desk.job_count()

    for _ in range(2):
        reviewed(maria, job)
        assert maria.submit() == {"ok": True, "closed": False}
        maria.close()

    assert desk.job_count() == before + 2


def test_review_submitted_by_another_who_may_see_the_job_is_another_job(desk: Desk, job: Job, maria: Person) -> None:
    body = payloads.submission(reviewed(maria, job))
    before = desk.job_count()

    for user_id in (MARIA, ADMIN):
        desk.dispatch(body | {"user": {"id": user_id}})

    assert desk.job_count() == before + 2
    assert desk.jobs_of(ADMIN)[0].values == job.values


def test_review_submitted_by_another_who_may_not_see_the_job_is_refused(desk: Desk, job: Job, maria: Person) -> None:
    review = reviewed(maria, job)
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(review, user_id=TOM))

    answer = json.loads(response.body)
    assert answer["response_action"] == "update"
    assert f"There is no job {job.id} that you may see." in texts(answer["view"])
    assert desk.job_count() == before


def filled(form: Json, name: str) -> Json:
    """The view with its one field filled in."""
    block = next(block for block in form["blocks"] if block["type"] == "input" and block["block_id"] != "script")
    entry = {"type": "plain_text_input", "value": name}
    values = form["state"]["values"] | {block["block_id"]: {block["element"]["action_id"]: entry}}
    return form | {"state": {"values": values}}


def test_submission_delivered_twice_queues_once(desk: Desk, form: Json) -> None:
    before = desk.job_count()

    responses = delivered_at_once(desk, payloads.submission(filled(form, "Ada")))

    assert desk.job_count() == before + 1
    assert {json.loads(response.body)["response_action"] for response in responses} == {"update"}


def test_submission_with_other_values_is_another_job(desk: Desk, form: Json) -> None:
    for name in ("Ada", "Grace"):
        desk.dispatch(payloads.submission(filled(form, name)))

    assert [job.values for job in desk.jobs_of()[:2]] == [{"name": "Grace"}, {"name": "Ada"}]


def test_submission_of_a_view_by_another_person_is_theirs(desk: Desk, form: Json) -> None:
    desk.dispatch(payloads.submission(filled(form, "Tom's"), user_id=TOM))

    assert desk.jobs_of(TOM)[0].values == {"name": "Tom's"}
    assert desk.jobs_of(TOM)[0].requester.email == "tom@example.com"
