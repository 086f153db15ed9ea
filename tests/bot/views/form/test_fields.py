"""Fields both ways: what is drawn and filled in comes back as exactly that value, or is refused in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.models.blocks import InputBlock, Option

from bot.views.form import elements, fields
from bot.views.form.fields import FieldContext, InboxChoices, UnreadableForm
from bot.workspace.blockkit import check
from bot.workspace.state import view_state
from runner.files import InboxFile
from runner.scripts.parameters import TYPES, AnyParameter
from runner.system.text import visible
from tests.support.scripts.hostile import LINES
from tests.support.slack.drawn import Json, checked_input

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SCRIPT = "text/word_count.py"


def inbox(*references: str) -> InboxChoices:
    files = [InboxFile(reference=each, size_bytes=4200, modified_at=NOW - timedelta(hours=3)) for each in references]
    return InboxChoices(files=files, now=NOW)


def choices(count: int) -> list[str]:
    return [f"choice {number}" for number in range(count)]


def parameter(kind: str, **options: Any) -> AnyParameter:
    needed = {"choices": ["small", "large"]} if kind == "choice" and "choices_from" not in options else {}
    written: Json = {"name": "value", "description": "what it is", **needed, **options}
    return TYPES[kind].model_validate(written)


PEOPLE = {"ada@example.com": "U0ADA000001", "bob@example.com": "U0BOB000001"}
ADDRESSES = {user_id: email for email, user_id in PEOPLE.items()}


def draw(
    wanted: AnyParameter, initial: str | None, files: InboxChoices, *, brevity: elements.Brevity = elements.Brevity.FULL
) -> InputBlock:
    around = FieldContext(inbox=files, people=PEOPLE, brevity=brevity)
    return fields.draw(wanted, fields.block_id(SCRIPT, wanted), initial, around)


def suggested(wanted: AnyParameter, typed: str, files: InboxChoices) -> list[Option]:
    elsewhere = [elements.MenuEntry(value="big-1", label="big-1")] if getattr(wanted, "choices_from", None) else []
    listed = elements.written_choices(wanted) or elsewhere
    found, _ = fields.suggestions(wanted, typed, listed, files)
    return [elements.option(each) for each in found]


def read(wanted: AnyParameter, state: Any, files: InboxChoices) -> str | None:
    """What comes back, members by their addresses as the bot knows them."""
    raw = fields.read(wanted, state, files)
    return "\n".join(ADDRESSES[each] for each in raw.split("\n")) if raw and wanted.type == "user" else raw


def filled_in(drawn: Json, value: str | None, files: InboxChoices, wanted: AnyParameter) -> Json:
    """The block's part of the state after a person entered the value, as Slack keeps it."""
    element = drawn["element"]
    offered = {
        option.value: option.to_dict()
        for typed in ("", value or "")
        for option in suggested(wanted, typed.removeprefix("~/"), files)
    }
    content: Any = value
    items = [] if value is None else wanted.items(value)
    match element["type"]:
        case "checkboxes" if wanted.type == "boolean":
            content = ["true"] if value == "true" else []
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            content = items
            offered |= {each.value: each.to_dict() for item in items for each in suggested(wanted, item, files)}
        case "external_select" | "static_select" | "radio_buttons" if value is not None:
            content = elements.option_value(value) if wanted.type == "input" else value
        case "users_select":
            content = PEOPLE[items[0]]
        case "multi_users_select":
            content = [PEOPLE[item] for item in items]
        case "datetimepicker" if value is not None:
            content = int(datetime.fromisoformat(value).timestamp())
        case _:
            pass
    return {element["action_id"]: view_state.entered(element, content, offered)}


LONG_NAMES = ["a" * length for length in (75, 76, 150, 151, 255)]
STRANGE_NAMES = [
    *LONG_NAMES,
    "$(id).txt",
    "-rf",
    "a'b\".txt",
    "\u202egnp.exe",
    "a\tb",
    "日本.txt",
    "<!channel>",
    "sha256:x",
]
VALUES: dict[str, list[tuple[Json, str]]] = {
    "text": [({}, line) for line in [*LINES, "<!channel>", "<@U0MARIA0001>", "*bold* :smile: &amp;"]],
    "integer": [
        ({"suggestions": ["1", "2"]}, "7"),
        ({}, "0"),
        ({}, "-12"),
        ({}, str(2**63 - 1)),
        ({"min": -5, "max": 5}, "5"),
        ({"min": -5}, "-5"),
    ],
    "number": [
        ({}, "0.5"),
        ({}, "-3"),
        ({}, "1.50"),
        ({"min": "1e-5", "max": "1e5"}, "0.00001"),
        ({"min": ".5"}, "1"),
        ({"multiple": True}, "1.5\n2"),
    ],
    "boolean": [({}, "true"), ({}, "false"), ({"required": False}, "false")],
    "date": [({}, "2024-02-29"), ({"min": "2020-01-01", "max": "2030-12-31"}, "2025-06-07"), ({}, "0001-01-01")],
    "choice": [
        *[
            ({"choices": choices(count), "multiple": True, "required": required}, f"choice 0\nchoice {count - 1}")
            for count in (2, 10, 11, 100, 101)
            for required in (True, False)
        ],
        ({"choices": {"s": "Small", "l": "Large"}}, "l"),
        ({"choices_from": {"command": ["hosts"]}}, "big-1"),
        *[({"choices": choices(count)}, f"choice {count - 1}") for count in (1, 2, 10, 11, 100, 101, 5_000)],
        *[({"choices": choices(count), "required": False}, "choice 0") for count in (1, 10, 11, 100, 101)],
        *[
            ({"choices": [text, f"{text[:149]}!"]}, text)
            for text in [*LONG_NAMES[:3], "<!channel>", "\u202eabc", "sha256:"]
        ],
    ],
    "input": [({}, prefix + name) for name in STRANGE_NAMES for prefix in ("", "~/")],
    "multiline": [({}, "a\nb"), ({}, " a "), ({"max_length": 5}, "abcde")],
    "time": [({}, "00:00"), ({"min": "08:00", "max": "18:00"}, "18:00")],
    "datetime": [({}, "2026-03-04T10:00Z"), ({"min": "2026-01-01T00:00Z"}, "2286-11-20T17:46Z")],
    "email": [({}, "ada@example.com"), ({"multiple": True}, "ada@example.com\nbob@example.com")],
    "url": [({}, "https://example.com/a?b=c#d"), ({"suggestions": ["https://a.example/"]}, "ftp://b.example/x")],
    "ip": [({}, "10.0.0.1"), ({"version": "6"}, "2001:db8::1")],
    "user": [({}, "ada@example.com"), ({"multiple": True}, "ada@example.com\nbob@example.com")],
    "output": [({}, name) for name in ["out.tsv", "日本.txt", "$(id)", "<!channel>", "a" * 255, "*"]],
}
ROUND_TRIPS = [
    pytest.param(kind, options, value, id=f"{kind}-{number}")
    for kind, cases in VALUES.items()
    for number, (options, value) in enumerate(cases)
]


def test_every_type_is_tried_here() -> None:
    assert VALUES.keys() == TYPES.keys()


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_field_that_starts_empty(kind: str) -> None:
    wanted = parameter(kind)

    drawn = checked_input(draw(wanted, None, inbox("a.txt")))

    entry = view_state.initial([drawn])[drawn["block_id"]]
    assert read(wanted, entry, inbox("a.txt")) == ("false" if kind == "boolean" else None)


@pytest.mark.parametrize(("kind", "options", "value"), ROUND_TRIPS)
def test_what_is_filled_in_comes_back_as_it_was(kind: str, options: Json, value: str) -> None:
    wanted, files = parameter(kind, **options), inbox("other.txt", value)
    drawn = checked_input(draw(wanted, None, files))

    raw = read(wanted, filled_in(drawn, value, files, wanted), files)

    assert raw == value
    assert wanted.parse(raw) == value


@pytest.mark.parametrize(("kind", "options", "value"), ROUND_TRIPS)
def test_what_a_form_starts_with_comes_back_as_it_was(kind: str, options: Json, value: str) -> None:
    wanted, files = parameter(kind, **options), inbox("other.txt", value)

    drawn = checked_input(draw(wanted, value, files))

    assert read(wanted, view_state.initial([drawn])[drawn["block_id"]], files) == value


@pytest.mark.parametrize("brevity", [elements.Brevity.BRIEF, elements.Brevity.BARE])
@pytest.mark.parametrize(("kind", "options", "value"), ROUND_TRIPS)
def test_brief_field_gives_the_same(kind: str, options: Json, value: str, brevity: elements.Brevity) -> None:
    wanted, files = parameter(kind, **options, label="l" * 150), inbox("other.txt", value)

    drawn = checked_input(draw(wanted, value, files, brevity=brevity))

    assert read(wanted, view_state.initial([drawn])[drawn["block_id"]], files) == value
    assert read(wanted, filled_in(drawn, value, files, wanted), files) == value


@pytest.mark.parametrize(
    ("written", "shown"), [("1e5", "100000"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("1e-7", "0.0000001")]
)
def test_number_starts_in_digits_whatever_way_it_is_written(written: str, shown: str) -> None:
    drawn = checked_input(draw(parameter("number", min="-1e6", max="1e6"), written, inbox()))

    assert drawn["element"]["initial_value"] == shown
    assert drawn["element"]["min_value"] == "-1000000"


def test_number_that_nobody_could_type_in_full_is_left_out() -> None:
    drawn = checked_input(draw(parameter("number", max="1e300"), "1e299", inbox()))

    assert "initial_value" not in drawn["element"]
    assert "max_value" not in drawn["element"]


@pytest.mark.parametrize(
    ("kind", "initial"),
    [
        ("text", "two\nlines"),
        ("integer", "many"),
        ("number", "1e"),
        ("date", "2026-02-30"),
        ("choice", "gone"),
        ("boolean", "yes"),
        ("input", "not-there.txt"),
        ("input", "~/a.txt"),
        ("output", "../up"),
    ],
)
def test_start_that_is_no_value_is_left_out(kind: str, initial: str) -> None:
    drawn = checked_input(draw(parameter(kind), initial, inbox("a.txt")))

    assert not [key for key in drawn["element"] if key.startswith("initial")]


@pytest.mark.parametrize("text", ["\u202egnp.exe", "tab", "l" * 150])
def test_labels_and_hints_of_any_length_are_shown_honestly(text: str) -> None:
    wanted = parameter("integer", label=text, description=(text * 2000)[:2000], min=1, max=5)

    drawn = checked_input(draw(wanted, None, inbox()))

    assert drawn["label"]["text"] == visible(text)
    assert "\u202e" not in drawn["hint"]["text"]
    assert drawn["hint"]["text"].endswith("(1 to 5)")


@pytest.mark.parametrize(("count", "required", "drawn_as"), [
    (10, True, "radio_buttons"),
    (10, False, "static_select"),
    (11, True, "static_select"),
    (100, True, "static_select"),
    (101, True, "external_select"),
])  # fmt: skip
def test_choices_are_drawn_by_their_number(count: int, required: bool, drawn_as: str) -> None:
    wanted = parameter("choice", choices=choices(count), required=required)

    drawn = checked_input(draw(wanted, None, inbox()))

    assert drawn["element"]["type"] == drawn_as


def test_suggestions_are_what_slack_takes_in_one_answer() -> None:
    many = [f"{'n' * 200}{number}.txt" for number in range(150)]
    asked = [
        suggested(parameter("choice", choices=choices(5_000)), "choice", inbox()),
        suggested(parameter("input"), "N", inbox(*STRANGE_NAMES, *many)),
    ]

    for options in asked:
        assert 0 < len(options) <= 100
        assert check.check_options({"options": [option.to_dict() for option in options]}) == []


def test_suggestions_hold_what_was_typed_in_any_case() -> None:
    found = suggested(parameter("choice", choices=["Straße", "Weg"]), "STRASSE", inbox())

    assert [option.value for option in found] == ["Straße"]


@pytest.mark.parametrize("typed", ["1", "choice 7"])
def test_what_was_typed_exactly_is_among_the_first_hundred_suggestions(typed: str) -> None:
    many = parameter("choice", choices=[*[f"9{number}1" for number in range(500)], *choices(500), "1"])

    found = suggested(many, typed, inbox())

    assert [option.value for option in found][:2] in (["1", "901"], ["choice 7", "choice 70"])


def test_suggestions_that_begin_with_what_was_typed_come_before_others() -> None:
    found = suggested(parameter("choice", choices={"b": "Alphabet", "c": "bet", "d": "beta"}), "BET", inbox())

    assert [option.value for option in found] == ["c", "d", "b"]


@pytest.mark.parametrize("typed", ["sha256:" + "0f" * 32, "sha256:x", "x" * 150])
@pytest.mark.parametrize("multiple", [True, False])
def test_text_typed_into_a_menu_comes_back_exactly(typed: str, *, multiple: bool) -> None:
    wanted = parameter("text", suggestions=["latest"], multiple=multiple)
    drawn = checked_input(draw(wanted, None, inbox()))

    assert suggested(wanted, typed, inbox())[0].description
    assert read(wanted, filled_in(drawn, typed, inbox(), wanted), inbox()) == typed


def test_text_too_long_for_a_menu_is_not_offered_cut() -> None:
    assert suggested(parameter("text", suggestions=["latest"]), "x" * 151, inbox()) == []


def test_inputs_offer_the_files_that_they_take() -> None:
    files = inbox("a.csv", "b.TSV", "~/c.tsv", "d.tsv.gz", "two\nlines.csv")

    one = suggested(parameter("input", accept=[".csv", "tsv"]), "", files)
    several = suggested(parameter("input", accept=[".csv", "tsv"], multiple=True), "", files)

    assert [option.value for option in one] == ["a.csv", "b.TSV", "~/c.tsv", "two\nlines.csv"]
    assert [option.value for option in several] == ["a.csv", "b.TSV", "~/c.tsv"]


@pytest.mark.parametrize(
    ("label", "text", "description"),
    [
        ("l" * 75, "l" * 75, None),
        ("l" * 74 + "mn", "l" * 74 + "…", "…mn"),
        ("a" * 74 + "b" * 75, "a" * 74 + "…", "…" + "b" * 73 + "…"),
        ("a" * 74 + "b" * 74, "a" * 74 + "…", "…" + "b" * 74),
        ("\u202e" * 30, "\\u202e" * 12 + "\\u…", "…202e" + "\\u202e" * 11 + "\\u2…"),
    ],
)
def test_label_too_long_for_a_menu_goes_on_below(label: str, text: str, description: str | None) -> None:
    drawn = elements.option(elements.MenuEntry(value="v", label=label)).to_dict()

    assert drawn["text"]["text"] == text
    assert drawn.get("description", {}).get("text") == description


def test_choice_of_150_characters_is_its_own_value() -> None:
    (drawn,) = suggested(parameter("choice", choices=["v" * 150]), "", inbox())

    assert drawn.value == "v" * 150


@pytest.mark.parametrize("kind", ["choice", "input", "text"])
def test_menu_of_several_takes_no_more_than_it_could_start_with(kind: str) -> None:
    options: Json = {"suggestions": ["a"]} if kind == "text" else {}
    many = parameter(kind, multiple=True, **options | ({"choices": choices(101)} if kind == "choice" else {}))

    assert checked_input(draw(many, None, inbox()))["element"]["max_selected_items"] == 100


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("text", {"pattern": "[a-z]+", "pattern_hint": "small letters"}, "(small letters)"),
        ("multiline", {"pattern": "[a-z]+", "pattern_hint": "small letters"}, "(small letters)"),
        ("email", {"pattern": ".*@example.com", "pattern_hint": "one of ours"}, "(one of ours)"),
        ("url", {"pattern": "https.*", "pattern_hint": "a secure one"}, "(a secure one)"),
        ("integer", {"step": 5, "min": 10}, "(at least 10) (in steps of 5)"),
        ("number", {"max": "0.5"}, "(at most 0.5)"),
        ("time", {"min": "08:00", "max": "18:00"}, "(08:00 to 18:00)"),
        ("datetime", {"min": "2026-01-01T00:00+01:00"}, "(at least 2025-12-31T23:00Z)"),
        ("input", {"accept": "csv", "max_size": "2M"}, "(.csv, at most 2.0 MB)"),
        ("text", {"multiple": True}, "(one a line)"),
        ("text", {"multiple": True, "suggestions": ["a"]}, "what it is"),
    ],
)
def test_hint_says_what_is_allowed(kind: str, options: Json, told: str) -> None:
    drawn = checked_input(draw(parameter(kind, **options), None, inbox()))

    assert drawn["hint"]["text"].endswith(told)


@pytest.mark.parametrize("count", [3, 20, 101])
def test_several_values_start_in_their_own_order(count: int) -> None:
    wanted = parameter("choice", choices=choices(count), multiple=True)
    drawn = checked_input(draw(wanted, "choice 2\nchoice 0", inbox()))

    assert read(wanted, view_state.initial([drawn])[drawn["block_id"]], inbox()) == "choice 2\nchoice 0"


def test_several_files_start_in_their_own_order() -> None:
    wanted, files = parameter("input", multiple=True), inbox("a.txt", "b.txt", "c.txt")
    drawn = checked_input(draw(wanted, "c.txt\na.txt", files))

    assert read(wanted, view_state.initial([drawn])[drawn["block_id"]], files) == "c.txt\na.txt"


def test_file_that_is_gone_is_left_for_the_check_of_values() -> None:
    option = {"text": {"type": "plain_text", "text": "x"}, "value": "gone.txt"}

    raw = read(parameter("input"), {"input": {"type": "external_select", "selected_option": option}}, inbox())

    assert raw == "gone.txt"


def forged(element_type: str) -> list[Any]:
    """What never comes back from a field of that type."""
    contents: list[Any] = [None, 1, True, "x", [], {}, [1], ["x"], {"value": 1}, {"value": None}, [{"value": []}], [{}]]
    keys = ("value", "selected_option", "selected_options", "selected_date")
    entries = [{"type": element_type, key: content} for key in keys for content in contents]
    kinds: list[Any] = ["users_select", "file_input", "", None, 7, [], {}]
    others = [{"type": kind} for kind in kinds]
    return [*contents, *others, *entries]


@pytest.mark.parametrize("kind", TYPES)
def test_forged_state_is_a_value_or_an_unreadable_form(kind: str) -> None:
    wanted = parameter(kind)
    element = checked_input(draw(wanted, None, inbox()))["element"]
    for entry in forged(element["type"]):
        for state in (entry, {kind: entry}, {kind: entry, "other": entry}, {"other": entry}):
            try:
                raw = read(wanted, state, inbox())
            except UnreadableForm:
                continue
            assert raw is None or isinstance(raw, str)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("text", {"integer": {"type": "number_input", "value": "5"}}),
        ("text", {"text": {"type": "datepicker", "selected_date": "2026-01-01"}}),
        ("text", {"text": {"type": "plain_text_input", "value": 5}}),
        ("text", {"text": {"type": "plain_text_input", "value": "a"}, "more": {}}),
        ("date", {"date": {"type": "plain_text_input", "value": "2026-01-01"}}),
        ("date", {"date": {"type": "datepicker", "selected_date": 20260101}}),
        ("choice", {"choice": {"type": "radio_buttons", "selected_option": "small"}}),
        ("choice", {"choice": {"type": "radio_buttons", "selected_option": {"value": None}}}),
        ("boolean", {"boolean": {"type": "checkboxes", "selected_options": [{"value": "true"}, {"value": "true"}]}}),
        ("boolean", {"boolean": {"type": "checkboxes", "selected_options": [{"value": "false"}]}}),
        ("boolean", {"boolean": {"type": "checkboxes", "selected_options": "true"}}),
        ("boolean", {}),
        ("input", {"input": {"type": "external_select", "selected_option": {"value": ["a.txt"]}}}),
    ],
)
def test_state_of_another_element_is_refused(kind: str, state: Json) -> None:
    with pytest.raises(UnreadableForm):
        read(parameter(kind), state, inbox("a.txt"))


def test_fields_of_two_scripts_are_never_mixed_up() -> None:
    assert fields.block_id("a", parameter("text")) != fields.block_id("b", parameter("text"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "100 of 500: type to find the others"),
        ("1", "100 of 176 that match: type to find the others"),
        ("499", ""),
    ],
)
def test_suggestions_say_where_there_are_more_than_they_show(typed: str, told: str) -> None:
    many = parameter("choice", choices=[str(number) for number in range(500)])

    found, words = fields.suggestions(many, typed, elements.written_choices(many), inbox())

    assert (words, len(found)) == (told, 100 if told else 1)
