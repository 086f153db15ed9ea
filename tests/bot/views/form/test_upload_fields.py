"""The second field of an input, for files that are uploaded in the form: what counts, and what the form says of it."""

from datetime import UTC
from typing import Any

import pytest

from bot.slack.files import SlackFile
from bot.views.form import form, form_state, upload_fields
from bot.views.form.fields import InboxChoices, UnreadableForm
from bot.views.form.form import Circumstances
from bot.views.form.form_metadata import FormMetadata, read_metadata
from runner.messages.reader import Reader
from runner.scripts import Script, ScriptOptions
from runner.scripts.parameters import TYPES, Input
from runner.scripts.script import script
from runner.service import UploadInstructions
from runner.system.clock import system_clock
from tests.support.slack.drawn import Json, checked_input, checked_view, submitted


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


@pytest.mark.parametrize(
    ("chosen", "chosen_at", "uploaded_at", "counts"),
    [
        (None, 0, 100, "slack:Fnew.fq"),
        ("old.fq", 0, 100, "slack:Fnew.fq"),
        ("old.fq", 99.9, 100, "slack:Fnew.fq"),
        ("old.fq", 100.9, 100, "slack:Fnew.fq"),
        ("old.fq", 101.0, 100, "old.fq"),
        ("~/old.fq", 200, 100, "~/old.fq"),
    ],
)
def test_of_a_chosen_and_an_uploaded_file_the_newest_counts(
    chosen: str | None, chosen_at: float, uploaded_at: int, counts: str
) -> None:
    assert upload_fields.together(reads(), chosen, chosen_at, [file(created=uploaded_at)]) == counts


@pytest.mark.parametrize("chosen", [None, "old.fq"])
def test_without_an_upload_what_was_chosen_counts(chosen: str | None) -> None:
    assert upload_fields.together(reads(), chosen, 0, []) == chosen


def test_of_an_input_for_several_files_all_count() -> None:
    several = reads(multiple=True)

    assert upload_fields.together(several, "a\n~/b", 200, [file("c"), file("d")]) == "a\n~/b\nslack:Fc\nslack:Fd"
    assert upload_fields.told(several, "a", 200, [file("c")]) == ""


def test_form_says_which_file_counts() -> None:
    assert upload_fields.told(reads(), "~/old.fq", 0, [file()]) == (
        "“new.fq”, which you uploaded last, is used, not “old.fq”."
    )
    assert (
        upload_fields.told(reads(), "old.fq", 200, [file()]) == "“old.fq”, which you chose last, is used, not “new.fq”."
    )
    assert upload_fields.told(reads(), None, 0, [file()]) == ""
    assert upload_fields.told(reads(), "old.fq", 0, []) == ""


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


def test_neither_field_of_an_input_is_required_by_slack_for_one_of_them_will_do() -> None:
    view = checked_view(form.filling(of(reads()), circumstances()))
    blocks = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}

    assert [block["optional"] for name, block in blocks.items() if "reads" in name] == [True, True]


def test_without_uploads_there_is_the_menu_alone() -> None:
    view = checked_view(form.filling(of(reads()), circumstances(uploads=False)))

    kinds = [block["element"]["type"] for block in view["blocks"] if block["type"] == "input"]
    assert "file_input" not in kinds
    assert [block.get("optional", False) for block in view["blocks"] if "reads" in block.get("block_id", "")] == [False]


def test_uploaded_files_come_back_and_leave_the_values_alone() -> None:
    made = of(reads())
    view = submitted(form.filling(made, circumstances()))
    given = {"id": "F1", "name": "a.fq", "size": 7, "created": 5, "url_private_download": "https://files.slack.com/x"}
    view["state"]["values"][upload_fields.block_id(made, reads())] = {
        "upload": {"type": "file_input", "files": [given]}
    }

    assert form_state.raw_values(view, made, InboxChoices(files=[], now=system_clock())) == {"reads": None}
    assert form_state.is_whole(view, made, {"reads": None})
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
        block["element"].get("initial_option") for block in view["blocks"] if "reads" in block.get("block_id", "")
    ]
    assert options[0]["text"]["text"] == "new.fq"
    assert "12.0 kB" in options[0]["description"]["text"]


def test_choice_among_scripts_says_for_which_file_and_remembers_it() -> None:
    view = checked_view(form.choosing(circumstances(given=[file("<!channel>.fq")])))

    assert "Run a script on" in str(view["blocks"][0])
    assert "<!channel>.fq" in str(view["blocks"][0])
    assert read_metadata(view) == FormMetadata(given=("F<!channel>.fq",))


def test_memory_of_the_largest_form_is_what_slack_takes() -> None:
    inputs = [reads(name=f"{'n' * 60}{number}") for number in range(43)]
    metadata = FormMetadata(script="s" * 150, filled=10**6, given=tuple(f"F{'0' * 11}{number}" for number in range(10)))
    metadata = metadata.choosing(of(*inputs), inputs, 1_764_000_000.123456)

    assert len(metadata.written()) <= 3000
    assert read_metadata({"private_metadata": metadata.written()}) == metadata


def test_form_says_that_one_of_the_two_is_required_though_slack_calls_both_optional() -> None:
    hints = [
        upload_fields.field(of(each), each).hint for each in (reads(), reads(required=False), reads(multiple=True))
    ]

    assert [hint and hint.text for hint in hints] == [
        "One of the two is required. What you do last counts.",
        "What you do last counts.",
        "One of the two is required. All that is chosen and uploaded is taken.",
    ]
