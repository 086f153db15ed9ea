"""Commands, forms and buttons against a real service: what is registered, what is odd, and what goes wrong."""

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from slack_bolt import BoltRequest, BoltResponse

from bot.listeners.turns import MOST_OF_ONE
from bot.views.jobs import list_filters
from runner.jobs import State
from runner.scripts.parameters import TYPES
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, last_answer
from tests.support.slack.drawn import nodes
from tests.support.slack.person import GENERAL, MARIA, Json, Person, wait_for

NOT_A_NUMBER = "That is not a job's number; /jobs lists them."


def is_heard(desk: Desk, body: Json) -> bool:
    request, response = BoltRequest(mode="socket_mode", body=body), BoltResponse(status=200)
    return any(listener.matches(req=request, resp=response) for listener in desk.app._listeners)  # noqa: SLF001


def test_every_command_and_event_of_the_manifest_is_registered(desk: Desk) -> None:
    commands = [each["command"] for each in payloads.MANIFEST["features"]["slash_commands"]]
    events = payloads.MANIFEST["settings"]["event_subscriptions"]["bot_events"]

    assert commands
    assert all(is_heard(desk, payloads.command(each)) for each in commands)
    assert all(is_heard(desk, payloads.EVENTS[each]()) for each in events)


def test_every_listener_is_for_something_the_manifest_asks_slack_to_send(desk: Desk) -> None:
    form = {"type": "modal", "callback_id": "runscript.form"}
    every = payloads.every_act(form, 1).values()  # its commands and events are those of the manifest

    assert all(is_heard(desk, body) for body in every)
    assert len(desk.app._listeners) == len(every)  # noqa: SLF001
    assert payloads.MANIFEST["settings"]["interactivity"]["is_enabled"] is True


CONDITIONS = {"boolean": "true", "choice": "s", "date": "2026-03-04", "datetime": "2026-03-04T10:00Z"} | {
    "email": "ada@example.com",
    "integer": "1",
    "ip": "10.0.0.1",
    "multiline": "x",
    "number": "1",
    "text": "x",
    "time": "10:00",
    "url": "https://example.com/",
    "user": "ada@example.com",
    "input": "x",
    "output": "x",
}
"""A value of each type on which another field can wait."""


def test_every_element_that_acts_is_listened_to(desk: Desk, maria: Person) -> None:
    assert CONDITIONS.keys() == TYPES.keys()
    for _ in range(9):
        desk.queue("greet.sh", name="Ada")
    waiting = desk.queue("greet.sh", name="Ada")
    shown = [answered(maria, text, text) for text in ("/jobs", f"/jobs {waiting.id}")]
    options = {"choice": ", choices: {s: Small, l: Large}", "output": ", advanced: false"}
    (desk.assembly.inbox.folder / "reads.fq").write_text("a")
    watched = [f"{kind} {{type: {kind}{options.get(kind, '')}}} - any" for kind in TYPES]
    waits = [f"{{when: {{{kind}: {json.dumps(value)}}}}} - any" for kind, value in CONDITIONS.items()]
    desk.write_script(
        "acts.sh",
        "{examples: {One: {text: x}}}",
        "list {type: choice, choices_from: {file: x}} - any",
        *watched,
        "width {type: integer, default: 80, advanced: true} - any",
        *(f"after_{number} {each}" for number, each in enumerate(waits)),
    )
    maria.command("/runscript acts2")
    search = maria.top_view()
    maria.close()
    maria.command("/runscript acts")
    form = maria.top_view()

    drawn = [*shown, opened_home(maria), search, form]

    buttons = {element["action_id"] for kind, element in acting(drawn) if kind == "button"}
    assert {"job.details", "jobs.list.older", "runscript.open", "runscript.star", "runscript.advanced"} <= buttons
    assert "home.bring" in buttons
    assert all(is_heard(desk, payloads.press(action)) for action in buttons)
    dispatching = {element["action_id"] for kind, element in acting(drawn) if kind != "button"}
    menus = {"home.find", "runscript.choose", "runscript.fill", "runscript.search", "runscript.source"}
    assert dispatching == {*menus, *list_filters.MENUS, *TYPES}
    assert all(is_heard(desk, payloads.press(action, view=form)) for action in dispatching)
    looked_up = {
        node["action_id"] for node in nodes(form["blocks"]) if str(node.get("type")).endswith("external_select")
    }
    assert looked_up == {"runscript.choose", "choice", "input"}
    assert all(is_heard(desk, payloads.suggestion(action, view=form)) for action in looked_up)


def acting(drawn: list[Json]) -> Iterator[tuple[str, Json]]:
    """The elements whose use Slack tells us of at once, with their types: buttons, menus, fields that dispatch."""
    for block in nodes(drawn):
        if block.get("type") == "input":
            elements = [block["element"]] if block.get("dispatch_action") else []
        else:
            elements = [*block.get("elements", []), block.get("accessory")]
        yield from ((each["type"], each) for each in elements if isinstance(each, dict) and "action_id" in each)


def answered(person: Person, typed: str, text: str) -> Json:
    """The one message that comes back when a person types something."""
    before = len(person.messages(GENERAL))
    assert person.command(typed) == {"ok": True}
    wait_for(lambda: len(person.messages(GENERAL)) > before, what=f"an answer to {text}")
    message: Json = person.messages(GENERAL)[-1]
    assert message["ephemeral"]
    return message


def opened_home(person: Person) -> Json:
    """The Home tab as it is drawn when a person opens it now."""
    before = person.home()
    person.open_home()
    home = wait_for(lambda: person.home() != before and person.home(), what="a Home tab drawn anew")
    assert home
    return home


@pytest.mark.parametrize(
    "typed",
    [
        "-1",
        "0",
        "99999999999999999999",
        "١٢",
        "12 34",
        "##3",
        "1e3",
        "1.0",
        "+1",
        "0x10",
        "one",
        "\u202e1",
        "1" * 3000,
    ],
)
def test_garbage_is_no_number_of_a_job(maria: Person, typed: str) -> None:
    message = answered(maria, f"/jobs {typed}", typed)

    assert message["text"].startswith("That is not a job's number, and /jobs does not know “")
    assert [block["type"] for block in message["blocks"]] == ["rich_text"]


@pytest.mark.parametrize("typed", ["{}", "#{}", "  {}  "])
def test_job_is_found_by_its_number(desk: Desk, maria: Person, typed: str) -> None:
    job = desk.queue("greet.sh", name="Ada")

    assert f"Job {job.id}, Greet: queued" in answered(maria, f"/jobs {typed.format(job.id)}", typed)["text"]


@pytest.mark.parametrize("number", [999_999, 2**31, 2**63 - 1, 10**18 - 1])
def test_number_of_no_job_is_told_so(maria: Person, number: int) -> None:
    told = answered(maria, f"/jobs {number}", str(number))["text"]

    not_known = f"That is not a job's number, and /jobs does not know “{number}”."
    assert told.startswith((f"There is no job {number} that you may see.", not_known))


@pytest.mark.parametrize("typed", ["ALL", "Mine", "help", "HELP"])
def test_words_count_in_any_case(maria: Person, typed: str) -> None:
    assert answered(maria, f"/jobs {typed}", typed)["text"][:4] != "That"


@pytest.mark.parametrize(
    ("typed", "told", "searched"),
    [
        ("greeet", "There is no script “greeet”. Did you mean “greet.sh”", "greeet"),
        ("\u202eteerg", r"There is no script “\u202eteerg”.", r"\u202eteerg"),
        ("<!channel> & *b*", "There is no script “<!channel> & *b*”.", "<!channel> & *b*"),
        ("x" * 3000, f"There is no script “{'x' * 150}”. What you typed behind the name is too long", "x" * 150),
        ("../../etc/passwd", "There is no script “../../etc/passwd”.", "../../etc/passwd"),
    ],
)
def test_odd_name_of_a_script_opens_the_search_with_it_as_text(
    maria: Person, typed: str, told: str, searched: str
) -> None:
    assert maria.command(f"/runscript {typed}") == {"ok": True}

    blocks = maria.top_view()["blocks"]
    assert said(blocks[0]).startswith(told)
    assert blocks[1]["element"]["initial_value"] == searched
    assert len([block for block in blocks if block["type"] == "input"]) == 2


def test_broken_script_names_its_first_problem(desk: Desk, maria: Person) -> None:
    desk.write_script("broken.sh", "name {type: integr} - a number", "name - twice")

    told = answered(maria, "/runscript broken", "broken")["text"]

    assert "“broken.sh” is broken" in told
    assert "line 2: found “integr”" in told
    assert "(and 1 more)" in told


def said(block: Json) -> str:
    """The words of a block of rich text."""
    return "".join(str(node["text"]) for node in nodes(block) if node.get("type") == "text")


def picks(view: Json) -> dict[str, Json]:
    """The buttons of found scripts in a view, by what stands beside each."""
    return {block["text"]["text"]: block for block in view["blocks"] if block["type"] == "section"}


def test_name_that_two_scripts_share_is_asked_for_with_a_button_for_each(desk: Desk, maria: Person) -> None:
    for folder in ("one", "two"):
        desk.write_script(f"{folder}/same.sh")

    maria.command("/runscript same")

    view = maria.top_view()
    assert "“one/same.sh” or “two/same.sh”" in said(view["blocks"][0])
    assert list(picks(view)) == ["Same · one/same.sh", "Same · two/same.sh"]


def test_near_miss_is_opened_by_its_button_with_the_values_that_were_typed(desk: Desk, maria: Person) -> None:
    maria.command('/runscript greeet name="Ada Lovelace" color=red')
    view = maria.top_view()
    (block,) = picks(view).values()

    assert maria.press(maria.in_view(), block["block_id"], "runscript.pick.0") == {"ok": True}

    drawn = wait_for(lambda: maria.views() and maria.views()[-1]["hash"] != view["hash"] and maria.views()[-1])
    assert drawn["id"] == view["id"]
    assert field_of(drawn, "Name")["element"]["initial_value"] == "Ada Lovelace"
    assert "color" in said(drawn["blocks"][0])
    assert maria.values()["script"]["runscript.choose"]["selected_option"]["value"] == "greet.sh"
    assert maria.submit() == {"ok": True, "closed": False}
    assert desk.jobs_of()[0].values == {"name": "Ada Lovelace"}


def test_script_is_chosen_in_the_menu_below_the_search(desk: Desk, maria: Person) -> None:
    maria.command("/runscript unheard-of")
    view = maria.top_view()
    block_id = next(block["block_id"] for block in view["blocks"] if block.get("label", {}).get("text") == "Script")
    assert "greet.sh" in json.dumps(maria.options(block_id, "runscript.choose", "greet"))

    maria.fill(block_id, "runscript.choose", "greet.sh")

    wait_for(lambda: maria.views()[-1]["hash"] != view["hash"], what="its form")
    assert maria.values()["script"]["runscript.choose"]["selected_option"]["value"] == "greet.sh"
    assert maria.submit() == {"ok": True, "closed": False}
    assert desk.jobs_of()[0].script == "greet.sh"


def test_other_words_can_be_searched_for_in_the_form(desk: Desk, maria: Person) -> None:
    maria.command("/runscript unheard-of")
    view = maria.top_view()
    assert picks(view) == {}

    maria.fill("search", "runscript.search", "GREE", enter=True)

    drawn = wait_for(lambda: maria.views() and maria.views()[-1]["hash"] != view["hash"] and maria.views()[-1])
    assert list(picks(drawn)) == ["Greet · greet.sh"]


@pytest.mark.parametrize(
    "value",
    [
        *("", "greet.sh", "7", "null", "[]", '{"script": 7}', "[" * 1500),
        *('{"script": "greet.sh", "words": true}', '{"script": "greet.sh", "typed": {}}'),
        '{"script": "greet.sh", "words": -1}',
    ],
)
def test_button_that_names_no_script_is_told_so(desk: Desk, form: Json, value: str) -> None:
    url = desk.answers.to(f"pick-{len(value)}-{value[:20]!a}".replace(" ", "").replace("/", ""))

    desk.dispatch(payloads.press("runscript.run.0", value, response_url=url))

    assert "names no script" in desk.answers.wait(url.rpartition("/")[2])["text"]


# ---- forms


@pytest.fixture
def form(maria: Person) -> Json:
    """The form of greet.sh before Maria."""
    maria.command("/runscript greet")
    return maria.top_view(callback_id="runscript.form")


def field_of(view: Json, label: str) -> Json:
    found: Json = next(
        block for block in view["blocks"] if block["type"] == "input" and block["label"]["text"] == label
    )
    return found


def type_into(person: Person, label: str, text: str) -> None:
    block = field_of(person.top_view(), label)
    assert person.fill(block["block_id"], block["element"]["action_id"], text)["ok"]


def test_script_that_changes_while_its_form_is_open_is_drawn_anew(desk: Desk, maria: Person) -> None:
    name = desk.write_script("changing.sh", "first - one", "second {required: false} - two")
    maria.command("/runscript changing")
    type_into(maria, "First", "typed before")
    desk.write_script(name, "first - one", "third {required: false} - three")

    assert maria.submit() == {"ok": True, "closed": False}

    view = maria.top_view()
    assert "The script has changed" in json.dumps(view["blocks"][0])
    assert view["state"]["values"][field_of(view, "First")["block_id"]]["text"]["value"] == "typed before"
    assert maria.submit() == {"ok": True, "closed": False}
    assert desk.jobs_of()[0].values == {"first": "typed before"}


def test_script_that_is_gone_is_told_under_the_choice(desk: Desk, maria: Person) -> None:
    name = desk.write_script("passing.sh", "first - one")
    maria.command("/runscript passing")
    type_into(maria, "First", "x")
    (desk.scripts / name).unlink()

    assert maria.submit()["errors"] == {"script": "That script cannot be run any more; choose another."}


def test_submitting_before_the_form_of_another_choice_appears_goes_on_to_it(
    desk: Desk, maria: Person, form: Json
) -> None:
    before = desk.job_count()
    other = next(
        option
        for group in maria.options("script", "runscript.choose", "nothing")["option_groups"]
        for option in group["options"]
    )
    values = form["state"]["values"] | {
        "script": {"runscript.choose": {"type": "external_select", "selected_option": other}}
    }

    response = desk.dispatch(payloads.submission(form | {"state": {"values": values}}))

    answer = json.loads(response.body)
    assert answer["response_action"] == "update"
    assert json.loads(answer["view"]["private_metadata"])["script"] == "nothing.sh"
    assert desk.job_count() == before


@pytest.mark.parametrize("error", ["hash_conflict", "not_found"])
def test_choice_that_another_overtook_is_no_error(
    desk: Desk, maria: Person, form: Json, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    maria.options("script", "runscript.choose", "nothing")
    desk.workspace.fail("views.update", error)

    assert maria.fill("script", "runscript.choose", "nothing.sh")["ok"]

    desk.settle()
    assert len(maria.views()) == 1
    assert "reference" not in caplog.text
    assert maria.submit()["ok"]
    assert json.loads(maria.top_view()["private_metadata"])["script"] == "nothing.sh"


def test_choice_that_fails_is_told_above_the_form(desk: Desk, maria: Person, form: Json) -> None:
    type_into(maria, "Name", "typed before")
    maria.options("script", "runscript.choose", "nothing")
    desk.workspace.fail("views.update", "internal_error")

    maria.fill("script", "runscript.choose", "nothing.sh")

    told = wait_for(lambda: maria.views()[1:], what="a modal above")[0]
    assert re.search(r"reference [0-9a-f]{8}", json.dumps(told))
    maria.close()
    assert "typed before" in json.dumps(maria.top_view()["state"])


@pytest.mark.parametrize(
    "metadata", ["not JSON", "[]", "x" * 3000, "[" * 3000, '{"script": "gone.sh"}', '{"script": 7}']
)
def test_metadata_that_is_not_ours_is_answered_in_words(desk: Desk, form: Json, metadata: str) -> None:
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(form | {"private_metadata": metadata}))

    assert json.loads(response.body)["response_action"] in {"push", "update"}
    assert "reference" not in response.body
    assert desk.job_count() == before


def test_type_ahead_of_a_script_that_is_gone_offers_nothing(desk: Desk, form: Json) -> None:
    view = form | {"private_metadata": '{"script": "gone.sh"}'}

    assert json.loads(desk.dispatch(payloads.suggestion("input", view=view)).body) == {"options": []}


def test_type_ahead_of_a_large_catalogue_can_be_shown(desk: Desk, maria: Person, form: Json) -> None:
    for number in range(130):
        desk.write_script(f"many/script-{number:03}.sh", f"{{title: 'Many <b> {number}'}}")

    found = maria.options("script", "runscript.choose", "many")

    assert found["ok"]
    assert sum(len(group["options"]) for group in found["option_groups"]) == 100
    assert maria.options("script", "runscript.choose", "many 129")["option_groups"][0]["options"][0]["value"].endswith(
        "129.sh"
    )


def test_problem_stands_under_its_field(desk: Desk, maria: Person) -> None:
    file = desk.assembly.inbox.folder / "reads.fq"
    file.write_text("a")
    desk.write_script("file.sh", "input - any", "output {advanced: false} - any", "times {type: integer} - any")
    maria.command("/runscript file")
    view = maria.top_view()
    type_into(maria, "Output", "")

    errors = maria.submit()["errors"]

    assert errors.keys() == {field_of(view, label)["block_id"] for label in ("Input", "Output", "Times")}
    field = field_of(view, "Input")
    maria.options(field["block_id"], "input", "reads")
    type_into(maria, "Input", "reads.fq")
    type_into(maria, "Output", "a/b")
    type_into(maria, "Times", "7")
    file.unlink()
    errors = maria.submit()["errors"]
    assert errors.keys() == {field_of(view, label)["block_id"] for label in ("Input", "Output")}
    assert "is not in the inbox any more" in errors[field["block_id"]]


# ---- Slack's own errors


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"])
def test_form_that_opens_too_late_is_told_in_plain_words(desk: Desk, maria: Person, error: str) -> None:
    desk.workspace.fail("views.open", error)

    assert "please try again" in answered(maria, "/runscript greet", error)["text"]


def test_without_a_trigger_the_answer_comes_by_direct_message(desk: Desk, maria: Person) -> None:
    block = next(block for block in opened_home(maria)["blocks"] if block["type"] == "actions")
    desk.workspace.fail("views.open", "expired_trigger_id", times=2)

    assert maria.press(maria.in_home(), block["block_id"], "runscript.open") == {"ok": True}

    assert "please try again" in maria.wait_for_dm("Slack waits three seconds")["text"]


def test_rate_limit_is_waited_for_once_then_told(desk: Desk, maria: Person) -> None:
    desk.workspace.fail("views.open", "ratelimited", retry_after=0)
    maria.command("/runscript greet")
    maria.top_view(callback_id="runscript.form")
    maria.close(everything=True)

    desk.workspace.fail("views.open", "ratelimited", times=2, retry_after=0)

    assert "slower" in answered(maria, "/runscript greet", "ratelimited")["text"]


def test_home_tab_that_is_off_is_a_line_in_the_log(desk: Desk, maria: Person, caplog: pytest.LogCaptureFixture) -> None:
    desk.workspace.fail("views.publish", "not_enabled", times=2)

    maria.open_home()

    wait_for(lambda: "The Home tab is turned off" in caplog.text, what="the line")
    desk.settle()
    assert "Traceback" not in caplog.text


def test_home_tab_that_fails_shows_why(desk: Desk, maria: Person) -> None:
    desk.workspace.fail("views.publish", "internal_error")

    maria.open_home()

    wait_for(lambda: "reference" in json.dumps(maria.home()), what="the reference")


@pytest.mark.parametrize("tab", ["messages", None, 7])
def test_other_tabs_are_none_of_ours(desk: Desk, tab: Any, caplog: pytest.LogCaptureFixture) -> None:
    desk.dispatch(payloads.home_opened(tab=tab))

    desk.settle()
    assert not caplog.records


@pytest.mark.parametrize("status", [400, 404, 500])
def test_answer_that_slack_refuses_is_given_by_direct_message(
    desk: Desk, maria: Person, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    desk.answers.status = status
    try:
        desk.dispatch(payloads.command("/jobs", "help", response_url=desk.answers.to("refused")))
        desk.settle()
    finally:
        desk.answers.status = 200

    reference = re.search(r"reference ([0-9a-f]{8})", caplog.text)
    assert reference
    assert maria.wait_for_dm(reference[1])
    assert f"Slack took no answer: {status}" in caplog.text


def pressed(person: Person, source: Json, drawn: Json, action_id: str) -> None:
    """Press the first element with that id among what is drawn."""
    block = next(block for block in drawn["blocks"] if action_id in json.dumps(block))
    assert person.press(source, block["block_id"], action_id) == {"ok": True}


def test_answers_on_the_home_tab_share_one_modal(desk: Desk, maria: Person) -> None:
    job = desk.queue("greet.sh", name="Ada")
    pressed(maria, maria.in_home(), opened_home(maria), "job.details")
    shown = maria.top_view(callback_id="shown")
    assert f"Job {job.id}" in json.dumps(shown)

    pressed(maria, maria.in_view(), shown, "job.cancel")

    wait_for(lambda: f"Job {job.id} is cancelled" in json.dumps(maria.views()), what="the word")
    assert len(maria.views()) == 1
    pressed(maria, maria.in_view(), maria.top_view(), "job.details")
    wait_for(lambda: "Requester:" in json.dumps(maria.views()), what="the details")
    assert len(maria.views()) == 1


def test_press_on_what_only_one_person_sees_replaces_it(desk: Desk, maria: Person) -> None:
    for _ in range(9):
        desk.queue("greet.sh", name="Ada")
    first = answered(maria, "/jobs", "/jobs")

    pressed(maria, maria.in_message(first, GENERAL), first, "jobs.list.older")

    wait_for(lambda: "9 to " in json.dumps(maria.messages(GENERAL)[-1:]), what="the next page")
    assert maria.messages(GENERAL)[-1]["ts"] == first["ts"]


# ---- what goes wrong on our side


@pytest.mark.parametrize("body", [payloads.command("/runscript", "greet"), payloads.command("/jobs")])
def test_error_is_told_with_the_reference_that_the_log_has(
    desk: Desk, caplog: pytest.LogCaptureFixture, body: Json
) -> None:
    name = f"error-in{body['command'].replace('/', '-')}"
    if body["command"] == "/jobs":
        desk.workspace.fail("users.info", "internal_error")
        body = body | {"user_id": "U0INES00004"}
    body = {key: value for key, value in body.items() if key != "trigger_id"}

    desk.dispatch(body | {"response_url": desk.answers.to(name)})

    told = desk.answers.wait(name)["text"]
    reference = re.fullmatch(r"Something went wrong on our side\. Tell .* the reference ([0-9a-f]{8})\.", told)
    assert reference
    desk.settle()
    logged = [record for record in caplog.records if reference[1] in record.getMessage()]
    assert [record.levelname for record in logged] == ["ERROR"]
    assert logged[0].exc_info


def test_scripts_folder_that_is_gone_is_told_in_plain_words(desk: Desk, maria: Person, form: Json) -> None:
    away = desk.scripts.rename(desk.scripts.with_name("away"))
    try:
        told = answered(maria, "/runscript greet", "greet")["text"]
        choosing = maria.options("script", "runscript.choose", "greet")
        submitting = maria.submit()
        trouble = maria.top_view()
    finally:
        away.rename(desk.scripts)

    assert "scripts" in told
    assert "reference" not in told
    assert choosing == {"ok": True, "options": []}
    assert submitting["ok"]
    assert "scripts" in json.dumps(trouble["blocks"])
    maria.close()
    assert maria.submit()["ok"]
    assert desk.jobs_of()[0].state is State.QUEUED


# ---- whatever Slack, or somebody in its place, sends

ODD: list[Any] = [
    None,
    7,
    -1.5,
    True,
    "",
    "x",
    "\u202e\x00",
    [],
    [[]],
    {},
    {"id": "x"},
    "9" * 100_000,
    [1] * 1000,
]
MUTATIONS_OF_EACH = 60


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a payload."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def mutated(body: Json, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Json:
    changed = copy.deepcopy(body)
    parent: Any = changed
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return changed


def replace_by(odd: Any, parent: Any, key: Any) -> None:
    parent[key] = odd


def mutations(body: Json, chance: random.Random) -> Iterator[Json]:
    """The payload with a value taken out, or another in its place; those near the top first."""
    ways = sorted(places(body), key=len)
    near = [path for path in ways if len(path) <= 2]
    for path in [*near, *chance.sample(ways, min(len(ways), MUTATIONS_OF_EACH - len(near)))]:
        yield mutated(body, path, lambda parent, key: parent.pop(key))
        yield mutated(body, path, partial(replace_by, chance.choice(ODD)))


def read_by_bolt(bodies: Iterator[Json]) -> Iterator[BoltRequest]:
    """Those that are not refused before they reach us."""
    for body in bodies:
        with suppress(TypeError, AttributeError, KeyError):
            yield BoltRequest(mode="socket_mode", body=body)


@pytest.mark.parametrize("act", payloads.every_act({}, 1))
def test_malformed_payload_is_survived(
    desk: Desk, maria: Person, form: Json, caplog: pytest.LogCaptureFixture, act: str
) -> None:
    job = desk.queue("greet.sh", name="Ada")
    body = payloads.every_act(form, job.id, response_url=desk.answers.to("fuzz"))[act]
    chance = random.Random(act)  # noqa: S311  # the same every time

    with ThreadPoolExecutor(MOST_OF_ONE) as at_once:  # some wait for a modal that Slack never opens
        answers = list(at_once.map(desk.app.dispatch, read_by_bolt(mutations(body, chance))))

    assert {answer.status for answer in answers} <= {200, 404, 500}
    desk.settle()
    assert "Failed to run listener" not in caplog.text
    assert f"Job {job.id}" in answered(maria, f"/jobs {job.id}", act)["text"]


@pytest.mark.parametrize("text", ["half a \ud800 character", "two\nlines", "a\0b", "x" * 3001])
def test_text_that_no_script_takes_is_refused_under_its_field(desk: Desk, form: Json, text: str) -> None:
    before = desk.job_count()
    block = field_of(form, "Name")
    values = form["state"]["values"] | {block["block_id"]: {"text": {"type": "plain_text_input", "value": text}}}

    response = desk.dispatch(payloads.submission(form | {"state": {"values": values}}))

    assert json.loads(response.body)["errors"].keys() == {block["block_id"]}
    assert desk.job_count() == before


@pytest.mark.parametrize("action", ["unknown", "", "x" * 255, "job.details.more", "runscript.form", "\u202e", "*"])
def test_unknown_action_is_left_alone(desk: Desk, action: str) -> None:
    before = desk.job_count()

    assert desk.dispatch(payloads.press(action, "1")).status == 404

    assert desk.job_count() == before


@pytest.mark.parametrize(
    "value", ["", "0", "-1", "1 2 3", "x" * 2000, "99999999999999999999", "mine", "all all", "\u202e1", "\ud800"]
)
@pytest.mark.parametrize(
    "action",
    [
        *("job.details", "job.cancel", "job.again", "job.edit", "jobs.list.all"),
        *("job.hold", "job.release", "job.front", "job.before_all"),
    ],
)
def test_button_with_a_forged_value_is_answered(desk: Desk, action: str, value: str) -> None:
    name = f"forged-{action}-{value.encode(errors='replace').hex()[:100]}"

    desk.dispatch(payloads.press(action, value, response_url=desk.answers.to(name)))

    told = "That does not say which jobs to list; /jobs lists them." if action == "jobs.list.all" else NOT_A_NUMBER
    assert desk.answers.wait(name)["text"] == told


def test_page_out_of_range_is_the_nearest(desk: Desk) -> None:
    desk.queue("greet.sh", name="Ada")

    desk.dispatch(payloads.press("jobs.list.older", f"mine {10**17}", response_url=desk.answers.to("far")))

    assert "Greet" in desk.answers.wait("far")["text"]
    assert desk.jobs_of(MARIA)


def test_slack_that_asks_to_wait_for_long_is_not_waited_for(desk: Desk, maria: Person) -> None:
    desk.workspace.fail("views.open", "ratelimited", retry_after=3600)

    maria.command("/runscript greet.sh")

    last_answer(maria, "Slack asks us to go slower; please try again in a minute.", GENERAL)
