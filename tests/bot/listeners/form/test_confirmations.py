"""The question of a script before it runs: every value is shown, and saying yes is one job of whoever is asked."""

import json
import threading
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient

from bot.app.factory import make_app
from bot.listeners.form.confirmations import Confirmations, PendingForm
from bot.slack.settings import SlackSettings
from runner.errors import ScriptRunnerError
from runner.system.clock import system_clock
from tests.support.machine.alive import alive
from tests.support.machine.installation import Form, texts
from tests.support.scripts.hostile import LINES
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, requester
from tests.support.slack.drawn import markup
from tests.support.slack.person import MARIA, TOM, Json, Person

LAUNCH = (
    "{title: Launch, confirm: 'Launch it now? <!channel>'}",
    "rocket {label: Which rocket} - any",
    "crew {multiple: true, required: false} - any",
    "dry {type: boolean} - any",
    "key {secret: LAUNCH_KEY, env: KEY} - any",
)
WAITED = "This question has waited too long. Go back to the form and submit it once more."


@pytest.fixture
def form(desk: Desk, maria: Person) -> Form:
    desk.write_script("launch.sh", *LAUNCH)
    return Form(maria, "launch").fill("Which rocket", "Saturn V").fill("Crew", "Ada\nGrace")


@pytest.fixture
def review(form: Form) -> Json:
    """The question before Maria."""
    assert form.person.submit() == {"ok": True, "closed": False}
    return form.person.top_view(callback_id="runscript.review")


def test_every_value_is_shown_before_anything_is_queued(desk: Desk, maria: Person, form: Form) -> None:
    before = desk.job_count()
    maria.submit()

    review = maria.top_view(callback_id="runscript.review")

    lines = texts(review["blocks"]).splitlines()
    assert lines[0] == "Launch. Launch it now? <!channel>"
    assert lines[1:5] == ["Which rocket: ", "Saturn V", "Crew: ", "Ada, Grace"]
    assert "the server's secret LAUNCH_KEY" in lines
    assert markup(review["blocks"]) == []
    assert (review["submit"]["text"], review["close"]["text"]) == ("Run", "Back")
    assert desk.job_count() == before


def test_yes_queues_the_job(desk: Desk, maria: Person, review: Json) -> None:
    before = desk.job_count()

    assert maria.submit() == {"ok": True, "closed": False}

    assert f"Job {desk.jobs_of()[0].id} queued" in texts(maria.top_view())
    assert desk.job_count() == before + 1
    assert desk.jobs_of()[0].values == {"rocket": "Saturn V", "crew": "Ada\nGrace", "dry": "false"}


def test_closing_what_says_that_the_job_waits_closes_the_form_too(maria: Person, review: Json) -> None:
    maria.submit()

    maria.close()

    assert maria.views() == []


def test_back_leads_to_the_form_as_it_was(desk: Desk, maria: Person, form: Form, review: Json) -> None:
    before = desk.job_count()

    maria.close()

    assert (form.content("Which rocket"), form.content("Crew")) == ("Saturn V", "Ada\nGrace")
    assert desk.job_count() == before
    form.fill("Which rocket", "Ariane")
    maria.submit()
    assert "Ariane" in texts(maria.top_view(callback_id="runscript.review"))
    maria.submit()
    assert desk.jobs_of()[0].values["rocket"] == "Ariane"
    assert desk.job_count() == before + 1


def test_wrong_values_are_told_before_anything_is_asked(maria: Person, form: Form) -> None:
    form.fill("Which rocket", None)

    assert form.refused().keys() == {"Which rocket"}
    assert len(maria.views()) == 1


def test_values_are_not_in_what_slack_keeps_of_the_question(review: Json) -> None:
    assert "Saturn" not in review["private_metadata"]
    assert len(review["private_metadata"]) < 100


@pytest.mark.parametrize("line", [*LINES, "<!channel>", "<https://evil.example|Click>"])
def test_value_of_any_kind_is_shown_as_text_and_run_as_it_was_typed(desk: Desk, maria: Person, line: str) -> None:
    desk.write_script("launch.sh", *LAUNCH)
    Form(maria, "launch").fill("Which rocket", line)

    maria.submit()

    review = maria.top_view(callback_id="runscript.review")
    assert markup(review["blocks"]) == []
    assert not any(sign in texts(review["blocks"]) for sign in "\x1b\x07\u202e")
    maria.submit()
    assert desk.jobs_of()[0].values["rocket"] == line


def test_question_of_many_long_values_can_be_shown(desk: Desk, maria: Person) -> None:
    fields = [f"word{number} {{label: '{number}', default: '{'é' * 60}'}} - any" for number in range(80)]
    desk.write_script("much.sh", "{confirm: true}", *fields)
    Form(maria, "much")

    assert maria.submit() == {"ok": True, "closed": False}

    review = maria.top_view(callback_id="runscript.review")
    assert texts(review["blocks"]).startswith("Much. Run it with these values?")
    assert texts(review["blocks"]).count("é" * 60) == 80


def test_script_without_values_asks_too(desk: Desk, maria: Person) -> None:
    desk.write_script("alone.sh", "{confirm: true}")
    Form(maria, "alone")

    maria.submit()

    assert "It asks for no values." in texts(maria.top_view(callback_id="runscript.review"))


# ---- said yes twice, too late, by another, to another bot


def test_yes_delivered_several_times_is_one_job(desk: Desk, review: Json) -> None:
    before = desk.job_count()
    body = payloads.submission(review)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(json.loads(desk.dispatch(body).body))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer["response_action"] for answer in answers} == {"update"}
    assert desk.job_count() == before + 1


def test_form_and_question_submitted_twice_are_one_job(desk: Desk, maria: Person, form: Form) -> None:
    before = desk.job_count()
    view = maria.top_view()
    reviews = [json.loads(desk.dispatch(payloads.submission(view)).body)["view"] for _ in range(2)]

    for number, review in enumerate(reviews):
        desk.dispatch(payloads.submission({"id": f"V{number}", "hash": "1.x", **review}))

    assert desk.job_count() == before + 1


def test_yes_of_another_person_is_refused(desk: Desk, maria: Person, form: Form, review: Json) -> None:
    before = desk.job_count()

    answer = json.loads(desk.dispatch(payloads.submission(review, user_id=TOM)).body)

    assert WAITED in texts(answer["view"])
    assert desk.job_count() == before
    maria.submit()
    assert desk.jobs_of(MARIA)[0].values["rocket"] == "Saturn V"


FORGED = [
    *("", "{}", "[]", "7", '{"pending": "guessed"}', '{"pending": 7}', '{"pending": null}', "x" * 3000, "[" * 3000),
    *('{"job": "1"}', '{"job": 999999}', '{"job": -1}', '{"job": 1e400}'),
]


@pytest.mark.parametrize("metadata", FORGED)
def test_forged_question_is_refused_in_words(
    desk: Desk, review: Json, metadata: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(review | {"private_metadata": metadata}))

    answer = json.loads(response.body)
    assert answer["response_action"] == "update"
    assert texts(answer["view"])
    assert "reference" not in response.body
    assert not caplog.records
    assert desk.job_count() == before


class Monotonic:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def another_bot(desk: Desk, monotonic: Monotonic) -> App:
    """The bot as it is after a restart, on the same database."""
    client = WebClient(token=desk.app.client.token, base_url=desk.workspace.api_url)
    return make_app(desk.service, client, settings=SlackSettings(), clock=system_clock, monotonic=monotonic)


def answered(app: App, body: Json) -> Json:
    found: Json = json.loads(app.dispatch(BoltRequest(mode="socket_mode", body=body)).body)
    return found


@pytest.mark.parametrize(("minutes", "is_late"), [(59, False), (61, True)])
def test_question_waits_for_an_hour(desk: Desk, maria: Person, form: Form, minutes: int, *, is_late: bool) -> None:
    monotonic = Monotonic()
    app = another_bot(desk, monotonic)
    review = answered(app, payloads.submission(maria.top_view()))["view"]
    before = desk.job_count()
    monotonic.now += minutes * 60

    answer = answered(app, payloads.submission({"id": "V1", **review}))

    assert (WAITED in texts(answer["view"])) is is_late
    assert desk.job_count() == before + (not is_late)


def test_question_of_a_bot_that_was_restarted_is_refused_and_the_form_is_there_still(
    desk: Desk, maria: Person, form: Form, review: Json
) -> None:
    app = another_bot(desk, Monotonic())
    before = desk.job_count()

    answer = answered(app, payloads.submission(review))

    assert answer["response_action"] == "update"
    assert WAITED in texts(answer["view"])
    assert desk.job_count() == before
    maria.close()
    assert form.content("Which rocket") == "Saturn V"
    again = answered(app, payloads.submission(maria.top_view()))["view"]
    answered(app, payloads.submission({"id": "V2", **again}))
    assert desk.job_count() == before + 1


def test_values_that_fit_no_longer_when_yes_is_said_are_refused(desk: Desk, maria: Person, review: Json) -> None:
    desk.write_script("launch.sh", *LAUNCH, "pad - any")
    before = desk.job_count()

    maria.submit()

    assert "pad: is required" in texts(maria.top_view())
    assert desk.job_count() == before


def test_preset_is_saved_only_with_yes(desk: Desk, maria: Person, form: Form) -> None:
    form.fill("Save these values as", "Moon")
    maria.submit()
    maria.top_view(callback_id="runscript.review")
    script = desk.script("launch.sh")
    assert "Moon" not in [preset.name for preset in desk.service.scripts.presets(requester(), script)]

    maria.submit()

    assert "Moon" in [preset.name for preset in desk.service.scripts.presets(requester(), script)]


def pending_of(user_id: str, raw: str = "b") -> PendingForm:
    return PendingForm(user_id=user_id, script="a.sh", raw={"a": raw}, submission="x")


def test_a_bounded_number_of_questions_of_a_person_waits_and_keeps_out_nobody_else_s() -> None:
    asked = Confirmations(Monotonic())
    of_tom = asked.keep(pending_of(TOM))
    names = [asked.keep(pending_of(MARIA)) for _ in range(10_000)]

    assert len(set(names)) == len(names)
    assert {asked.find(name, MARIA).user_id for name in names[-25:]} == {MARIA}
    with pytest.raises(ScriptRunnerError, match="waited too long"):
        asked.find(names[-26], MARIA)
    assert asked.find(of_tom, TOM).user_id == TOM


@pytest.mark.parametrize(("length", "most"), [(1, 1_000), (200_000, 99)])
def test_questions_of_all_take_a_bounded_amount_of_memory(length: int, most: int) -> None:
    asked = Confirmations(Monotonic())
    text = "x" * length
    people = [f"U{number}" for number in range(5_000)]
    before = alive(PendingForm)

    names = [asked.keep(pending_of(user_id, text)) for user_id in people]

    assert alive(PendingForm) - before == most
    assert asked.find(names[-most], people[-most]).user_id == people[-most]
    with pytest.raises(ScriptRunnerError, match="waited too long"):
        asked.find(names[-most - 1], people[-most - 1])
