"""The field in which files are uploaded: when a form has it, and what comes of it."""

from datetime import UTC
from typing import Any

import pytest

from bot.slack.files import SlackFile
from bot.views.form import form, form_state, sources, upload_fields
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import InboxChoices, UnreadableForm
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.views.form.sources import InputSource
from runner.files import InboxFile
from runner.messages.reader import Reader
from runner.scripts import Script, ScriptOptions
from runner.scripts.parameters import TYPES, Input
from runner.scripts.script import script
from runner.service import UploadInstructions
from runner.system.clock import system_clock
from tests.support.slack.drawn import Json, as_json, checked_input, checked_view, submitted


def reads(**options: Any) -> Input:
    made = TYPES["input"].model_validate({"name": "reads", "description": "", **options})
    assert isinstance(made, Input)
    return made


def of(*parameters: Input) -> Script:
    return script(name="a.sh", path=__file__, options=ScriptOptions(), parameters=parameters)  # type: ignore[arg-type]


def file(name: str = "new.fq", created: int = 100, **changed: Any) -> SlackFile:
    usual: dict[str, Any] = {"id": f"F{name}", "name": name, "size_bytes": 12_000, "created": created, "url": ""}
    return SlackFile(**(usual | changed))


def circumstances(**changed: Any) -> Circumstances:
    usual: dict[str, Any] = {
        "inbox": InboxChoices(files=[], now=system_clock()),
        "reader": Reader(now=system_clock(), zone=UTC),
        "upload": UploadInstructions(command="scp"),
    }
    return Circumstances(**(usual | changed))


@pytest.mark.parametrize("chosen", [None, "old.fq"])
def test_what_is_uploaded_is_the_value_of_an_input_for_one_file(chosen: str | None) -> None:
    assert upload_fields.together(reads(), chosen, [file("new.fq")]) == "slack:Fnew.fq"
    assert upload_fields.together(reads(), chosen, []) == chosen


def test_of_an_input_for_several_files_all_count() -> None:
    several = reads(multiple=True)

    assert upload_fields.together(several, "a\n~/b", [file("c"), file("d")]) == "a\n~/b\nslack:Fc\nslack:Fd"
    assert upload_fields.together(several, None, []) is None


@pytest.mark.parametrize(
    ("options", "types", "most"),
    [
        ({}, None, 1),
        ({"accept": [".csv", ".tar.gz", "tsv.gz"]}, ["csv", "gz"], 1),
        ({"multiple": True}, None, 10),
    ],
)
def test_field_takes_what_the_input_takes(options: Json, types: list[str] | None, most: int) -> None:
    element = checked_input(upload_fields.field(of(reads()), reads(**options)))["element"]

    assert (element.get("filetypes"), element["max_files"]) == (types, most)


def drawn(made: Script, around: Circumstances) -> list[tuple[str, str, bool]]:
    """The fields for files in a form, by label, kind and whether Slack calls them optional."""
    view = checked_view(form.filling(made, around))
    kinds = ("radio_buttons", "file_input", "external_select", "multi_external_select")
    return [
        (block["label"]["text"], block["element"]["type"], block.get("optional", False))
        for block in view["blocks"][1:]
        if block["type"] == "input" and block["element"]["type"] in kinds
    ]


def stocked(name: str) -> InboxChoices:
    now = system_clock()
    return InboxChoices(files=[InboxFile(reference=name, size_bytes=7, modified_at=now)], now=now)


STOCKED = {"inbox": stocked("old.fq")}
ASKS = ("Reads: inbox or upload?", "radio_buttons", False)


@pytest.mark.parametrize("required", [True, False])
def test_where_there_is_nothing_to_choose_the_file_is_uploaded(required: bool) -> None:
    made = of(reads(required=required))

    assert drawn(made, circumstances()) == [("Reads", "file_input", not required)]
    others = circumstances(inbox=stocked("old.csv"))
    assert drawn(of(reads(accept=[".fq"])), others) == [("Reads", "file_input", False)]


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("source", "kind"), [(None, "external_select"), ("inbox", "external_select"), ("upload", "file_input")]
)
def test_otherwise_a_form_asks_first_and_what_it_shows_then_is_as_required_as_the_input(
    required: bool, source: str | None, kind: str
) -> None:
    answers = {} if source is None else {"reads": InputSource(source)}

    found = drawn(of(reads(required=required)), circumstances(**STOCKED, sources=answers))

    assert found == [ASKS, ("Reads", kind, not required)]


def test_several_files_may_come_from_both() -> None:
    around = circumstances(**STOCKED, sources={"reads": InputSource.BOTH})

    assert drawn(of(reads(multiple=True)), around) == [
        ASKS,
        ("Reads", "multi_external_select", False),
        ("… and upload: Reads", "file_input", False),
    ]


def test_without_uploads_there_is_the_menu_alone() -> None:
    view = checked_view(form.filling(of(reads()), circumstances(uploads=False)))

    kinds = [block["element"]["type"] for block in view["blocks"] if block["type"] == "input"]
    assert "file_input" not in kinds
    assert [block.get("optional", False) for block in view["blocks"] if "reads" in block.get("block_id", "")] == [False]


def test_uploaded_files_come_back_and_leave_the_values_alone() -> None:
    made = of(reads())
    view = submitted(form.filling(made, circumstances()))
    assert form_state.is_whole(view, made, {})
    given = {"id": "F1", "name": "a.fq", "size": 7, "created": 5, "url_private_download": "https://files.slack.com/x"}
    view["state"]["values"][upload_fields.block_id(made, reads())] = {
        "upload": {"type": "file_input", "files": [given]}
    }

    assert form_state.raw_values(view, made, InboxChoices(files=[], now=system_clock())) == {}
    assert form_state.is_whole(view, made, {})
    assert [each.id for each in upload_fields.entered(view, made)["reads"]] == ["F1"]
    assert form_state.block_errors(view, made, {"reads": "must be a file of type .csv"}) == {
        upload_fields.block_id(made, reads()): "Must be a file of type .csv."
    }


@pytest.mark.parametrize("files", [[None], ["F1"], [{}], [{"id": 7}]])
def test_files_of_another_form_are_an_unreadable_form(files: list[Any]) -> None:
    made = of(reads())
    view = {"state": {"values": {upload_fields.block_id(made, reads()): {"upload": {"files": files}}}}}

    with pytest.raises(UnreadableForm):
        upload_fields.entered(view, made)


@pytest.mark.parametrize("element", [None, 7, [], {}, {"files": None}, {"files": 7}, {"files": {}}])
def test_without_files_there_are_none(element: Any) -> None:
    made = of(reads())

    assert (
        upload_fields.entered({"state": {"values": {upload_fields.block_id(made, reads()): {"upload": element}}}}, made)
        == {}
    )


def test_files_of_a_message_go_to_the_inputs_that_take_them() -> None:
    table, text = reads(name="table", accept=[".csv"]), reads(name="text")
    others = reads(name="others", multiple=True)
    files = [file("a.txt"), file("b.csv"), file("c.txt"), file("d.txt")]

    assert upload_fields.assigned(of(table, text, others), files) == {
        "table": "slack:Fb.csv",
        "text": "slack:Fa.txt",
        "others": "slack:Fc.txt\nslack:Fd.txt",
    }
    assert upload_fields.takes_any(of(table), files)
    assert not upload_fields.takes_any(of(table), files[:1])
    assert not upload_fields.takes_any(of(), files)
    assert upload_fields.takes_any(of(), [])


def test_form_begins_with_the_file_it_was_opened_for() -> None:
    made = of(reads())
    start = circumstances(given=[file()], initial={"reads": "slack:Fnew.fq"})
    view = checked_view(form.filling(made, start, metadata=FormMetadata(script=made.name, given=("Fnew.fq",))))

    assert form_state.raw_values(submitted(form.filling(made, start)), made, start.inbox) == {"reads": "slack:Fnew.fq"}
    assert read_metadata(view).given == ("Fnew.fq",)
    options = [
        block["element"].get("initial_option")
        for block in view["blocks"]
        if block.get("block_id", "").endswith(".reads") and block["element"]["type"] == "external_select"
    ]
    assert options[0]["text"]["text"] == "new.fq"
    assert "12.0 kB" in options[0]["description"]["text"]


def test_choice_among_scripts_says_for_which_file_and_remembers_it() -> None:
    view = checked_view(form.choosing(circumstances(given=[file("<!channel>.fq")])))

    assert "Run a script on" in str(view["blocks"][0])
    assert "<!channel>.fq" in str(view["blocks"][0])
    assert read_metadata(view) == FormMetadata(given=("F<!channel>.fq",))


def test_memory_of_the_largest_form_is_what_slack_takes() -> None:
    given = tuple(f"F{'0' * 11}{number}" for number in range(10))
    metadata = FormMetadata(script="s" * 150, filled=10**6, given=given, is_open=True)
    assert len(metadata.written()) <= 3000
    assert read_metadata({"private_metadata": metadata.written()}) == metadata


# ---- forms that were drawn before they asked where a file comes from, and answers that are none


def old_view(made: Script, parameter: Input, *, chosen: str | None = None, uploads: bool = False) -> Json:
    """A form with both fields and no question."""
    asked = submitted(form.filling(made, circumstances(**STOCKED)))
    blocks = [block for block in asked["blocks"] if not sources.is_question(made, block.get("block_id", ""))]
    upload = {"type": "input", "block_id": upload_fields.block_id(made, parameter)}
    values = {name: state for name, state in asked["state"]["values"].items() if not sources.is_question(made, name)}
    menu = next(name for name in values if name.endswith(f".{parameter.name}"))
    kind = "multi_external_select" if parameter.multiple else "external_select"
    option = {"value": chosen}
    chosen_state = {"selected_options": [option]} if parameter.multiple else {"selected_option": option}
    values[menu] = {"input": {"type": kind, **(chosen_state if chosen else {})}}
    files = [{"id": "F1", "name": "a.fq", "size": 7, "created": 5, "url_private_download": "https://x"}]
    values[upload["block_id"]] = {"upload": {"type": "file_input", "files": files if uploads else []}}
    return asked | {"blocks": [*blocks, upload], "state": {"values": values}}


@pytest.mark.parametrize(
    ("multiple", "chosen", "uploads", "is_whole", "source"),
    [
        (False, None, False, True, InputSource.INBOX),
        (False, "old.fq", False, True, InputSource.INBOX),
        (False, None, True, True, InputSource.UPLOAD),
        (False, "old.fq", True, False, InputSource.UPLOAD),
        (True, "old.fq", True, True, InputSource.BOTH),
        (True, "old.fq", False, True, InputSource.INBOX),
    ],
)
def test_form_that_was_drawn_before_it_asked_is_taken_where_it_is_clear(
    multiple: bool, chosen: str | None, uploads: bool, is_whole: bool, source: InputSource
) -> None:
    parameter = reads(multiple=multiple)
    made = of(parameter)
    view = old_view(made, parameter, chosen=chosen, uploads=uploads)

    raw = form_state.raw_values(view, made, STOCKED["inbox"])

    assert raw == {"reads": chosen}
    assert form_state.is_whole(view, made, raw) is is_whole
    assert form_state.sources(view, made) == {"reads": source}


@pytest.mark.parametrize("answer", [None, {}, {"value": "elsewhere"}, {"value": "both"}, {"value": None}, "inbox", 7])
def test_answer_that_is_none_is_an_unreadable_form(answer: Any) -> None:
    made = of(reads())
    view = submitted(form.filling(made, circumstances(**STOCKED)))
    place = next(name for name in view["state"]["values"] if sources.is_question(made, name))
    view["state"]["values"][place] = {sources.CHOOSE: {"type": "radio_buttons", "selected_option": answer}}

    with pytest.raises(UnreadableForm):
        form_state.sources(view, made)


def test_answer_for_which_the_form_was_not_drawn_yet_is_not_whole() -> None:
    made = of(reads())
    view = submitted(form.filling(made, circumstances(**STOCKED)))
    place = next(name for name in view["state"]["values"] if sources.is_question(made, name))
    assert form_state.is_whole(view, made, {"reads": None})

    view["state"]["values"][place] = {sources.CHOOSE: {"selected_option": {"value": "upload"}}}

    assert not form_state.is_whole(view, made, {"reads": None})


def test_form_that_is_filled_in_anew_asks_in_another_place() -> None:
    made, around = of(reads()), circumstances(**STOCKED)

    places = [
        {
            block["block_id"]
            for block in as_json(form.filling(made, around, metadata=metadata))["blocks"]
            if sources.is_question(made, block.get("block_id", ""))
        }
        for metadata in (FormMetadata(script=made.name), FormMetadata(script=made.name, filled=1))
    ]

    assert [len(each) for each in places] == [1, 1]
    assert places[0] != places[1]
