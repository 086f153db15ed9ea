"""What Slack sees of scripts' secrets: their names where values are shown once more, and never a value or a field."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.views.form import fields
from runner.errors import InvalidValues
from runner.jobs import Job
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, last_answer
from tests.support.slack.person import GENERAL, Json, Person

CANARY = "hunter2-canary"


@pytest.fixture
def asks(desk: Desk) -> Iterator[str]:
    """A script with a secret that is always given, and one for wet runs."""
    name = desk.write_script(
        "asks.sh",
        "{title: Asks, confirm: 'Sure?', examples: {dry: {mode: dry}}}",
        "mode {type: choice, choices: [dry, wet]} - how",
        "token {secret: API_TOKEN, env: TOKEN} - for the service",
        "key {secret: WET_KEY, stdin: true, when: {mode: wet}} - for wet runs",
    )
    yield name
    (desk.scripts / name).unlink()


@pytest.fixture
def job(desk: Desk, asks: str) -> Job:
    return desk.end_job(desk.queue(asks, mode="dry"))


def opened(person: Person, typed: str = "mode=dry") -> Json:
    person.command(f"/runscript asks {typed}")
    return person.top_view(callback_id="runscript.form")


def values_of_review(person: Person) -> list[str]:
    """The lines of the question before a run."""
    view = person.top_view(callback_id="runscript.review")
    lists = [element for block in view["blocks"] for element in block.get("elements", ())]
    items = [item for element in lists if element["type"] == "rich_text_list" for item in element["elements"]]
    return ["".join(part["text"] for part in item["elements"]) for item in items]


def test_form_has_no_field_for_a_secret(maria: Person, asks: str) -> None:
    view = opened(maria)

    labels = [block["label"]["text"] for block in view["blocks"] if block["type"] == "input"]
    assert "Mode" in labels
    assert not {"Token", "Key"} & set(labels)


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("dry", ["Mode: dry", "Token: the server's secret API_TOKEN"]),
        ("wet", ["Mode: wet", "Token: the server's secret API_TOKEN", "Key: the server's secret WET_KEY"]),
    ],
)
def test_question_before_a_run_names_the_secrets_that_are_used(
    maria: Person, asks: str, mode: str, shown: list[str]
) -> None:
    opened(maria, f"mode={mode}")

    assert maria.submit()["ok"]

    assert values_of_review(maria) == shown


def test_values_that_are_kept_and_shown_hold_no_secret(desk: Desk, maria: Person, job: Job) -> None:
    maria.command(f"/jobs {job.id}")
    details = last_answer(maria, f"Job {job.id}", GENERAL)
    maria.press(maria.in_message(details, GENERAL), button(details, "job.again"), "job.again", str(job.id))
    again = values_of_review(maria)
    presets = desk.service.scripts.presets(job.requester, desk.script(job.script))

    assert dict(job.values) == {"mode": "dry"}
    assert [dict(preset.values) for preset in presets] == [{"mode": "dry"}]
    assert again == ["Mode: dry", "Token: the server's secret API_TOKEN"]
    assert "API_TOKEN" not in json.dumps(details)


def button(message: Json, action_id: str) -> str:
    """The block of a message that holds the button."""
    holding = (
        block
        for block in message["blocks"]
        if any(each.get("action_id") == action_id for each in block.get("elements", ()))
    )
    return str(next(holding)["block_id"])


def test_secret_typed_after_the_command_is_no_parameter_and_not_repeated(maria: Person, asks: str) -> None:
    view = opened(maria, f"mode=dry token={CANARY} KEY={CANARY}")

    assert "“token” is no parameter of this script." in json.dumps(view, ensure_ascii=False)
    assert CANARY not in json.dumps(view)


def test_form_with_a_forged_field_for_a_secret_queues_nothing(desk: Desk, maria: Person, asks: str) -> None:
    before, view = desk.job_count(), opened(maria)
    (parameter,) = [each for each in desk.script(asks).parameters if each.name == "token"]
    forged: Any = copy.deepcopy(view)
    place = fields.block_id(asks, parameter)
    element = {"type": "plain_text_input", "action_id": "text"}
    field = {"type": "input", "block_id": place, "label": {"type": "plain_text", "text": "x"}, "element": element}
    forged["blocks"].append(field)
    forged["state"]["values"][place] = {"text": {"type": "plain_text_input", "value": CANARY}}

    for body in (forged, forged | {"blocks": view["blocks"]}):
        answer = desk.dispatch(payloads.submission(body)).body
        assert json.loads(answer)["response_action"] == "update"
        assert "The script has changed" in answer
        assert CANARY not in answer
    assert desk.job_count() == before


@pytest.mark.parametrize("name", ["token", "key"])
def test_value_for_a_secret_is_refused_by_the_service(desk: Desk, asks: str, name: str) -> None:
    before = desk.job_count()

    with pytest.raises(InvalidValues) as refused:
        desk.queue(asks, mode="wet", **{name: CANARY})

    assert refused.value.problems == {name: "comes from the server's secrets; nobody gives it"}
    assert CANARY not in str(refused.value)
    assert desk.job_count() == before
