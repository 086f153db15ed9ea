"""The modal of /runscript for any script: always one that Slack takes, and never read for what it is not."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.views.form import fields, form, form_state, script_choice
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import InboxChoices, UnreadableForm
from bot.views.form.form_metadata import read_metadata
from bot.views.form.submitted import queued
from bot.workspace.blockkit import check
from runner.files import InboxFile
from runner.jobs import Job, Requester, State
from runner.messages.blocks import rich, section
from runner.messages.reader import Reader
from runner.scripts import Script
from runner.scripts.parameters import TYPES, AnyParameter
from runner.service import Outlook, ScriptMenu, UploadInstructions
from tests.support.slack.drawn import Json, as_json, checked_view, markup, submitted

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOSTILE = "<!channel> *b* `c` \u202egnp &amp; :smile:"
INBOX = InboxChoices(files=[InboxFile(reference="~/a.txt", size_bytes=1, modified_at=NOW)], now=NOW)
UPLOAD = UploadInstructions(command="scp FILE people@host:", password="secret", valid_until=NOW + timedelta(days=1))
READER = Reader(now=NOW, zone=UTC)
TELLING = rich(section("You will be told."))
OUTLOOK = Outlook(place=4)
CIRCUMSTANCES = Circumstances(inbox=INBOX, reader=READER, outlook=OUTLOOK, upload=UPLOAD, broken_count=2)


def parameter(kind: str, number: int = 0, **options: Any) -> AnyParameter:
    needed = {"choices": ["small", "large"]} if kind == "choice" else {}
    written: Json = {"name": f"{kind}{number}", "description": "what it is", **needed, **options}
    return TYPES[kind].model_validate(written)


def script(*parameters: AnyParameter, name: str = "group/a.sh", **more: Any) -> Script:
    made: Json = {"group": name.rpartition("/")[0], "title": "A script", **more}
    return Script(name=name, path=Path("/scripts") / name, parameters=parameters, **made)


EVERY_TYPE = tuple(parameter(kind) for kind in TYPES)
LONGEST = {"label": "l" * 150, "description": "d" * 2000}
WIDEST = {"label": "👩" * 150, "description": "👩" * 2000, "placeholder": "👩" * 150}  # 12 bytes each as JSON
SCRIPTS = {
    "no parameters": script(),
    "one of each type": script(*EVERY_TYPE),
    "83 parameters": script(*(parameter("text", number) for number in range(83))),
    "41 inputs": script(*(parameter("input", number) for number in range(41))),
    "83 of the longest": script(*(parameter("text", number, **LONGEST) for number in range(83))),
    "83 of the widest": script(*(parameter("text", number, **WIDEST) for number in range(83))),
    "27 of the widest inputs in sections": script(
        *(parameter("input", number, section="👩" * 150, **WIDEST) for number in range(27))
    ),
    "83 menus": script(
        *(parameter("choice", n, choices=[f"{i}{'c' * 145}" for i in range(100)]) for n in range(83)),
    ),
    "longest title": script(parameter("text"), title="t" * 75, description="d" * 2000, timeout=timedelta(days=400)),
    "longest name": script(parameter("text"), name="g" * 80 + "/" + "n" * 69),
    "name of many bytes": script(parameter("text"), name="👩" * 150),
    "hostile": script(parameter("text", label=HOSTILE), name=HOSTILE, title=HOSTILE, description=HOSTILE * 30),
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("notice", [None, "The script has changed."])
def test_form_of_any_script_is_one_that_slack_takes(name: str, notice: str | None) -> None:
    sent = checked_view(form.filling(SCRIPTS[name], CIRCUMSTANCES, notice=notice))

    assert len(json.dumps(sent)) <= 250_000
    assert len(sent["private_metadata"]) <= 3000
    parameters = SCRIPTS[name].parameters
    around = 5 if parameters else 4  # the choice of the script, the name of a preset, whom to tell what
    uploads = sum(parameter.type == "input" for parameter in parameters)
    assert [block["type"] for block in sent["blocks"]].count("input") == len(parameters) + uploads + around


@pytest.mark.parametrize(
    ("count", "options", "hint", "label"),
    [
        (83, {"label": "l" * 150, "description": "d" * 1000}, 1000, 150),
        (83, LONGEST, 2000, 150),
        (83, {"description": "é" * 2000}, 150, 6),
        (40, WIDEST, 150, 150),
        (83, WIDEST, 0, 75),
    ],
)
def test_form_leaves_out_no_more_than_it_must(count: int, options: Json, hint: int, label: int) -> None:
    wide = script(*(parameter("text", number, **options) for number in range(10, 10 + count)))

    drawn = [
        block
        for block in checked_view(form.filling(wide, CIRCUMSTANCES))["blocks"]
        if fields.named(wide.name, block.get("block_id", "")) is not None
    ]

    assert {len(block["hint"]["text"]) if "hint" in block else 0 for block in drawn} == {hint}
    assert {len(block["label"]["text"]) for block in drawn} == {label}
    assert all(("placeholder" in block["element"]) == (hint > 0 and "placeholder" in options) for block in drawn)


def test_form_too_large_even_when_brief_starts_without_its_longest_values_and_says_so() -> None:
    huge = script(*(parameter("text", number) for number in range(83)))
    initial = {each.name: "é" * 3000 for each in huge.parameters} | {"text7": "short"}

    sent = checked_view(form.filling(huge, replace(CIRCUMSTANCES, initial=initial)))

    started = [block["element"].get("initial_value") for block in sent["blocks"] if block["type"] == "input"]
    assert len(json.dumps(sent)) <= 250_000
    assert "short" in started
    assert 10 < started.count("é" * 3000) < 83
    assert "Values too long for one form were left out: text" in json.dumps(sent)


@pytest.mark.parametrize("name", SCRIPTS)
def test_form_comes_back_as_the_script_that_it_shows(name: str) -> None:
    view = submitted(form.filling(SCRIPTS[name], CIRCUMSTANCES))

    assert read_metadata(view).script == SCRIPTS[name].name
    assert form_state.chosen(view, [script(), SCRIPTS[name]]) == SCRIPTS[name].name
    assert form_state.raw_values(view, SCRIPTS[name], INBOX).keys() == {each.name for each in SCRIPTS[name].parameters}


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        ("text", {}, 83),
        ("text", {"section": "S"}, 41),
        ("input", {}, 41),
        ("input", {"section": "S"}, 27),
        ("text", {"suggestions_from": {"file": "hosts"}}, 41),
    ],
)
def test_fullest_form_has_no_more_blocks_than_slack_takes(kind: str, options: Json, count: int) -> None:
    full = script(
        *(parameter(kind, number, **options) for number in range(count)),
        description="d",
        docs="https://example.com",
        owner="Ada",
        examples={"One": {}},
    )
    failures = {each.name: "cannot be listed" for each in full.parameters if "suggestions_from" in options}

    sent = checked_view(form.filling(full, replace(CIRCUMSTANCES, failures=failures), notice="Look through it."))

    assert 90 <= len(sent["blocks"]) <= 100


def untouched(shown: Script, circumstances: Circumstances) -> tuple[Json, dict[str, str | None]]:
    """A form that was not touched, as it comes back, with what is read of it."""
    view = submitted(form.filling(shown, circumstances))
    checked_view(form.filling(shown, circumstances))
    return view, form_state.raw_values(view, shown, INBOX)


@pytest.mark.parametrize(
    ("other", "initial"),
    [
        (parameter("boolean"), {}),
        (parameter("boolean"), {"boolean0": "true"}),
        (parameter("number"), {"number0": "1e2"}),
        (parameter("integer"), {"integer0": "+5"}),
        (parameter("datetime"), {"datetime0": "2026-03-04T10:00+02:00"}),
        (parameter("text", multiple=True), {"text0": "a\n\nb"}),
        (parameter("text", multiple=True), {"text0": "\n".join(["x" * 2000] * 2)}),
        (parameter("user"), {"user0": "gone@example.com"}),
        (parameter("choice", choices=["a"], required=False), {"choice0": "gone"}),
        (parameter("text", when={"kind": ("b",)}), {"text0": "of a field that is hidden"}),
    ],
)
def test_form_that_is_left_as_it_is_has_the_fields_that_belong_to_it(
    other: AnyParameter, initial: dict[str, str]
) -> None:
    kind = parameter("choice", choices=["a", "b"]).model_copy(update={"name": "kind"})
    dependent = parameter("choice", 9, choices=None, choices_from={"file": "hosts"}, depends=[other.name])
    shown = script(kind, other, dependent)

    view, raw = untouched(shown, replace(CIRCUMSTANCES, initial={"kind": "a"} | initial))

    assert form_state.is_whole(view, shown, raw)


def test_input_that_is_not_there_leaves_hidden_what_waits_for_it() -> None:
    shown = script(parameter("input"), parameter("text", when={"input0": ("gone.txt",)}))

    view, raw = untouched(shown, replace(CIRCUMSTANCES, initial={"input0": "gone.txt"}))

    assert raw == {"input0": None}
    assert form_state.is_whole(view, shown, raw)


def test_field_whose_choices_depend_on_one_that_goes_starts_empty() -> None:
    kind = parameter("choice", choices=["a", "b"]).model_copy(update={"name": "kind"})
    region = parameter("text", 1, when={"kind": ("a",)})
    host = parameter("choice", 2, choices=None, choices_from={"file": "hosts"}, depends=["text1"])
    shown = script(kind, region, host)
    view, raw = untouched(shown, replace(CIRCUMSTANCES, initial={"kind": "a", "text1": "eu", "choice2": "eu-1"}))
    assert form_state.kept(view, shown, raw, {}) == {"kind": "a", "text1": "eu", "choice2": "eu-1"}

    kept = form_state.kept(view, shown, raw | {"kind": "b"}, {})

    assert kept == {"kind": "b"}


@pytest.mark.parametrize(
    ("kind", "headings"), [("a", ["First", "Third"]), ("b", ["First", "Second", "Third"]), ("c", ["Second", "Third"])]
)
def test_heading_stands_above_the_first_field_of_its_section_that_is_shown(kind: str, headings: list[str]) -> None:
    shown = script(
        parameter("text", 1, section="First", when={"kind": ("a",)}),
        parameter("text", 2, when={"kind": ("a", "b")}),
        parameter("text", 3, section="Second", when={"kind": ("b",)}),
        parameter("text", 4, when={"kind": ("b", "c")}),
        parameter("choice", choices=["a", "b", "c"], section="Third").model_copy(update={"name": "kind"}),
    )

    blocks = checked_view(form.filling(shown, replace(CIRCUMSTANCES, initial={"kind": kind})))["blocks"]

    assert [block["text"]["text"] for block in blocks if block["type"] == "header"] == headings


def test_only_our_own_words_are_markup() -> None:
    sent = checked_view(form.filling(script(*EVERY_TYPE, title=HOSTILE, description=HOSTILE), CIRCUMSTANCES))

    assert [text[:53] for text in markup(sent)] == ["The password is yours alone and works until <!date^17"]


def test_choosing_tells_of_scripts_left_out() -> None:
    sent = checked_view(form.choosing(CIRCUMSTANCES))

    assert "2 scripts are left out" in json.dumps(sent)
    assert read_metadata(submitted(form.choosing(CIRCUMSTANCES))).script is None


@pytest.mark.parametrize("group", ["", "g" * 100, HOSTILE])
def test_scripts_are_offered_as_slack_takes_them(group: str) -> None:
    scripts = [
        script(
            name=f"{group}/{number}", group=group if number % 2 else f"{number}", title=HOSTILE, description="d" * 2000
        )
        for number in range(250)
    ]

    groups = as_json([each.to_dict() for each in script_choice.options(ScriptMenu(others=scripts))])

    assert check.check_options({"option_groups": groups}) == []
    assert sum(len(each["options"]) for each in groups) == 100


def test_menu_of_a_thousand_scripts_begins_with_ones_own_and_says_how_many_are_left() -> None:
    every = [script(name=f"{number}.sh", title=f"Script {number}") for number in range(1000)]
    menu = ScriptMenu(favourites=every[:2], used=every[2:5], others=every[5:])

    groups = as_json([each.to_dict() for each in script_choice.options(menu)])

    labels = [each["label"]["text"] for each in groups]
    assert labels == ["★ Favourites", "You use these", "Scripts · type to find 900 more"]
    assert [len(each["options"]) for each in groups] == [2, 3, 95]
    assert check.check_options({"option_groups": groups}) == []


def test_menu_for_a_file_that_no_script_takes_lists_all() -> None:
    menu = ScriptMenu(others=[script(name="a.sh")])

    assert script_choice.options(menu, lambda _: False) == script_choice.options(menu)
    assert script_choice.options(ScriptMenu(), lambda _: False) == []


@pytest.mark.parametrize("words", ["short", "w" * 10_000, HOSTILE])
def test_trouble_of_any_length_can_be_shown(words: str) -> None:
    assert markup(checked_view(form.trouble(words))) == []


@pytest.mark.parametrize("place", [0, 1, 2, 10_000])
def test_queued_job_is_told_with_its_place(place: int) -> None:
    person = Requester(user_id="U1", team_id="T1", email="<!here>@example.com", name=HOSTILE)
    job = Job(id=2**31, script="a", title=HOSTILE, values={}, requester=person, state=State.QUEUED, requested_at=NOW)

    sent = checked_view(queued(job, Outlook(place=place), reader=READER, telling=TELLING))

    assert markup(sent) == []
    assert "submit" not in sent


BLOCK = {"type": "input", "block_id": "strange", "element": {"type": "plain_text_input", "action_id": "text"}}


def forgeries() -> dict[str, Json]:
    """Views that are not the form of the script, made from the one that is."""
    real = submitted(form.filling(script(*EVERY_TYPE), CIRCUMSTANCES))
    first = fields.block_id("group/a.sh", EVERY_TYPE[0])
    state = real["state"]["values"]
    blocks = real["blocks"]
    inputs = [block for block in blocks if block["type"] == "input"]
    return {
        "a field more in the state": real | {"state": {"values": state | {"strange": {"text": {"value": "x"}}}}},
        "a field of another script": real | {"state": {"values": state | {f"0123456789ab.{EVERY_TYPE[0].name}": {}}}},
        "a field more in the blocks": real | {"blocks": [*blocks, BLOCK]},
        "a field twice": real | {"blocks": [*blocks, inputs[1]]},
        "a field that is a list": real | {"state": {"values": state | {first: [1]}}},
        "a field that is null": real | {"state": {"values": state | {first: None}}},
        "blocks that are no list": real | {"blocks": "x"},
        "blocks that are no objects": real | {"blocks": [1, None, []]},
        "nothing": {},
    }


def test_view_with_other_fields_than_belong_beside_its_values_is_not_whole() -> None:
    real = submitted(form.filling(script(*EVERY_TYPE), CIRCUMSTANCES))
    inputs = [block for block in real["blocks"] if block["type"] == "input"]
    other = real | {"blocks": [inputs[0], *inputs[2:]]}

    assert form_state.is_whole(real, script(*EVERY_TYPE), form_state.raw_values(real, script(*EVERY_TYPE), INBOX))
    assert not form_state.is_whole(other, script(*EVERY_TYPE), dict.fromkeys([each.name for each in EVERY_TYPE]))


@pytest.mark.parametrize("name", forgeries())
def test_view_that_is_not_the_form_is_refused(name: str) -> None:
    with pytest.raises(UnreadableForm):
        form_state.raw_values(forgeries()[name], script(*EVERY_TYPE), INBOX)


@pytest.mark.parametrize("state", [None, 1, "x", [], {}, {"values": None}, {"values": []}, {"values": {}}])
def test_state_that_is_missing_is_a_form_left_empty(state: object) -> None:
    view = submitted(form.filling(script(*EVERY_TYPE), CIRCUMSTANCES)) | {"state": state}

    assert set(form_state.raw_values(view, script(*EVERY_TYPE), INBOX).values()) == {None}


@pytest.mark.parametrize(
    "metadata",
    ["not JSON", "[]", "7", "null", '"a"', "{}", "x" * 3000, "[" * 3000, "{" * 3000, "9" * 5000, ["list"], {"a": 1}],
)
def test_metadata_that_is_not_ours_is_an_unreadable_form(metadata: object) -> None:
    with pytest.raises(UnreadableForm, match="/runscript"):
        read_metadata({"private_metadata": metadata})


@pytest.mark.parametrize("name", [None, 7, ["a"], {"a": 1}])
def test_metadata_without_a_name_is_a_form_without_a_script(name: object) -> None:
    assert read_metadata({"private_metadata": json.dumps({"script": name})}).script is None


@pytest.mark.parametrize(
    "block",
    [
        None,
        1,
        "x",
        [],
        {form_state.CHOOSE: None},
        {form_state.CHOOSE: {"selected_option": None}},
        {form_state.CHOOSE: {"selected_option": "x"}},
    ]
    + [{form_state.CHOOSE: {"selected_option": {"value": value}}} for value in (None, 7, ["group/a.sh"])],
)
def test_choice_that_is_none_of_the_scripts_is_none(block: object) -> None:
    assert form_state.chosen({"state": {"values": {"script": block}}}, [script()]) is None


def test_problems_stand_under_fields_that_are_in_the_view() -> None:
    shown = script(*EVERY_TYPE)
    view = submitted(form.filling(shown, CIRCUMSTANCES))
    problems = {parameter.name: "is required" for parameter in EVERY_TYPE} | {
        "new": "is required",
        "\u202eold": "is odd",
    }

    errors = form_state.block_errors(view, shown, problems)

    assert errors.keys() <= {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    assert errors.pop("script") == r"New: is required; \u202eold: is odd."
    assert set(errors.values()) == {"Is required."}
    assert len(errors) == len(EVERY_TYPE)
