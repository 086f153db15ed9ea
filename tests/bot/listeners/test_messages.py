"""Direct messages to the app: words are answered with what one can do, files land in their sender's inbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.retrieval import RetrievalSettings
from runner.system.clock import system_clock
from tests.support.machine.installation import Form
from tests.support.slack import payloads
from tests.support.slack.desk import Answers, Desk, last_answer, requester, sitting
from tests.support.slack.drawn import nodes
from tests.support.slack.person import GENERAL, GUEST, MARIA, TOM, Json, Person, Workspace, wait_for

CONTENT = b"@read\nACGT\n"


def answers_to(desk: Desk, person: Person, text: str = "", *, files: list[str] | None = None) -> list[Json]:
    """What the app has written when it has worked on a message."""
    before = len(person.dm())
    assert person.write(text, files=files or [])["ok"]
    wait_for(lambda: len(person.dm()) > before + 1, what="an answer")
    desk.settle()
    return person.dm()[before + 1 :]


def outcome_of(desk: Desk, person: Person, *files: str) -> Json:
    """What the app says in the end of files that are sent to it."""
    (first,) = answers_to(desk, person, files=list(files))

    def told() -> Json | None:
        found = next(one for one in person.dm() if one["ts"] == first["ts"])
        return None if "Taking into your inbox" in found["text"] else found

    found = wait_for(told, what="what became of the files")
    assert found
    return found


def labels(message: Json) -> list[str]:
    """What stands on the buttons of a message."""
    return [node["text"]["text"] for node in nodes(message["blocks"]) if node.get("type") == "button"]


def press(person: Person, message: Json, action_id: str) -> None:
    block = next(block for block in message["blocks"] if action_id in json.dumps(block))
    assert person.press(person.in_message(message), block["block_id"], action_id) == {"ok": True}


def inbox(desk: Desk, user_id: str = MARIA) -> dict[str, bytes]:
    folder = desk.assembly.inbox.own_folder(requester(user_id))
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture
def empty_inbox(desk: Desk) -> None:
    for path in desk.assembly.inbox.own_folder(requester()).iterdir():
        path.unlink()


@pytest.mark.parametrize("text", ["hello", "Hi!", "what can you do for me and my old and very long tables?", "…", "*"])
def test_words_are_answered_once_with_what_one_can_do(desk: Desk, maria: Person, text: str) -> None:
    (answer,) = answers_to(desk, maria, text)

    assert labels(answer) == ["Run a script", "My jobs", "Help"]
    assert "big machine" in answer["text"]
    assert "Hello Maria" in json.dumps(answer["blocks"])


def test_buttons_of_the_answer_lead_on(desk: Desk, maria: Person) -> None:
    (answer,) = answers_to(desk, maria, "hello")

    press(maria, answer, "runscript.open")
    assert maria.top_view()["submit"]["text"] == "Next"
    maria.close()
    for action_id, told in (("jobs.list.mine", "Your jobs"), ("conversation.help", "/runscript opens a form")):
        press(maria, answer, action_id)
        assert maria.wait_for_dm(told)["ephemeral"]


@pytest.mark.parametrize("text", ["help", "HELP!", "?"])
def test_help_is_the_whole_help(desk: Desk, maria: Person, text: str) -> None:
    (answer,) = answers_to(desk, maria, text)

    assert "/runscript opens a form" in answer["text"]
    assert "Send a file here" in answer["text"]


def test_script_that_is_named_is_offered(desk: Desk, maria: Person) -> None:
    (answer,) = answers_to(desk, maria, "gret")

    assert labels(answer)[0] == "Open"
    press(maria, answer, "runscript.run.0")
    assert Form(maria).fields().keys() >= {"Name"}


@pytest.mark.parametrize("text", ["<!channel> *b* & `x`", "\u202eolleh", "a" * 3500, "<@U0TOM000002> <http://x|y>"])
def test_hostile_words_are_answered_and_not_repeated_as_markup(desk: Desk, maria: Person, text: str) -> None:
    (answer,) = answers_to(desk, maria, text)

    assert "Help" in labels(answer)
    assert "<!channel>" not in answer["text"]


def test_message_in_a_thread_is_answered_there(desk: Desk, maria: Person) -> None:
    (first,) = answers_to(desk, maria, "hello")
    before = len(maria.dm())

    maria._act("messages", channel=maria.dm_id(), text="thanks", thread_ts=first["ts"])  # noqa: SLF001

    wait_for(lambda: len(maria.dm()) == before + 2, what="an answer")
    assert maria.dm()[-1]["thread_ts"] == first["ts"]


def test_event_that_slack_sends_anew_is_answered_once(desk: Desk, maria: Person) -> None:
    before = len(maria.dm())
    body = payloads.written(channel=maria.dm_id())

    for _ in range(3):
        assert desk.dispatch(body).status == 200
    desk.settle()

    assert len(maria.dm()) == before + 1


OTHERS: dict[str, Json] = {
    "an edit": {"subtype": "message_changed", "hidden": True, "message": {"user": MARIA, "text": "x"}},
    "what was taken back": {"subtype": "message_deleted", "hidden": True},
    "a bot's message": {"bot_id": "B1"},
    "another bot's message": {"subtype": "bot_message", "bot_id": "B1", "user": None},
    "a thread broadcast": {"subtype": "thread_broadcast"},
    "a channel's message": {"channel_type": "channel", "channel": GENERAL},
    "a notice": {"subtype": "channel_join"},
    "nobody's message": {"user": None},
    "an odd user": {"user": {"id": MARIA}},
    "an odd subtype": {"subtype": ["file_share"]},
    "a message of no conversation": {"channel": None, "channel_type": None},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_new_message_of_a_person_is_acknowledged_and_left_alone(
    desk: Desk, maria: Person, other: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = len(maria.dm())

    assert desk.dispatch(payloads.written(**{"channel": maria.dm_id(), **OTHERS[other]})).status == 200

    desk.settle()
    assert len(maria.dm()) == before
    assert "reference" not in caplog.text


def test_app_does_not_answer_itself(desk: Desk, maria: Person) -> None:
    answers_to(desk, maria, "hello")
    before = len(maria.dm())

    desk.settle()

    assert len(maria.dm()) == before


def test_who_may_not_use_it_is_told_why(desk: Desk) -> None:
    paul = desk.person(GUEST)

    (answer,) = answers_to(desk, paul, "", files=[paul.upload("x.txt", "x")])

    assert "Guests of this workspace cannot run scripts" in answer["text"]
    assert inbox(desk, GUEST) == {}


# ---- files


@pytest.mark.usefixtures("empty_inbox")
def test_file_lands_in_the_inbox_and_a_script_is_run_on_it(desk: Desk, maria: Person) -> None:
    desk.write_script("reads/count.sh", "{title: Count reads}", "reads {type: input, accept: [.fq]} - what")
    desk.write_script("reads/table.sh", "{title: Tables}", "table {type: input, accept: [.csv]} - what")

    answer = outcome_of(desk, maria, maria.upload("mine.fq", CONTENT))

    assert inbox(desk) == {"mine.fq": CONTENT}
    assert labels(answer) == ["Run a script on this"]
    press(maria, answer, "conversation.files")
    assert "mine.fq" in json.dumps(maria.top_view()["blocks"][0])
    offered = json.dumps(maria.options("script", "runscript.choose"))
    assert "Count reads" in offered
    assert "Tables" not in offered
    Form(maria).fill("Script", "reads/count.sh")
    maria.wait_for(lambda: "Reads" in Form(maria).fields(), what="its form")
    assert Form(maria).fields()["Reads"]["element"]["initial_option"]["value"] == "~/mine.fq"
    assert maria.submit()["ok"]
    assert desk.jobs_of()[0].values == {"reads": "~/mine.fq"}
    assert inbox(desk) == {"mine.fq": CONTENT}


@pytest.mark.usefixtures("empty_inbox")
def test_file_that_a_form_was_opened_for_is_chosen_again_after_another_source_was_looked_at(
    desk: Desk, maria: Person
) -> None:
    desk.write_script("reads/count.sh", "{title: Count reads}", "reads {type: input, accept: [.fq]} - what")
    press(maria, outcome_of(desk, maria, maria.upload("mine.fq", CONTENT)), "conversation.files")
    maria.options("script", "runscript.choose")
    Form(maria).fill("Script", "reads/count.sh")
    form = Form(maria)
    maria.wait_for(lambda: "Reads" in form.fields(), what="its form")

    form.answer_source("Reads", "upload")
    form.answer_source("Reads", "inbox")

    assert form.fields()["Reads"]["element"]["initial_option"]["value"] == "~/mine.fq"
    assert maria.submit()["ok"]
    assert desk.jobs_of()[0].values == {"reads": "~/mine.fq"}


@pytest.mark.usefixtures("empty_inbox")
def test_several_files_are_told_of_in_one_answer(desk: Desk, maria: Person) -> None:
    names = ["a b.txt", "<!channel>.txt", "../../etc/passwd", "\u202egnp.exe", ".hidden"]

    answer = outcome_of(desk, maria, *(maria.upload(name, CONTENT) for name in names))

    assert len(inbox(desk)) == len(names)
    assert labels(answer) == ["Run a script on these"]
    assert "<!channel>" not in answer["text"]
    press(maria, answer, "conversation.files")
    assert "passwd" in json.dumps(maria.top_view()["blocks"][0])


def message_with(maria: Person, *files: Any) -> Json:
    return payloads.written(channel=maria.dm_id(), files=list(files))


HELD: dict[str, tuple[Any, str]] = {
    "in another place": ({"id": "F0NONE1", "name": "x.gdoc", "size": 1, "is_external": True}, "Slack does not show"),
    "gone": ({"id": "F0NONE2", "mode": "tombstone"}, "Slack does not show"),
    "of another workspace": ({"id": "F0NONE3", "file_access": "check_file_info"}, "Slack does not show"),
}


@pytest.mark.usefixtures("empty_inbox")
@pytest.mark.parametrize("case", HELD)
def test_file_that_cannot_be_fetched_is_told_with_the_reason(desk: Desk, maria: Person, case: str) -> None:
    file, reason = HELD[case]

    desk.dispatch(message_with(maria, file))

    answer = last_answer(maria, f"❌ “{file.get('name', file['id'])}”", maria.dm_id())
    assert reason in json.dumps(answer, ensure_ascii=False)
    assert labels(answer) == []
    assert inbox(desk) == {}


@pytest.mark.parametrize("files", [[None], [7, {}], {"id": "F1"}, "F1", [{"id": None}]])
def test_files_of_an_unknown_kind_get_an_answer(desk: Desk, maria: Person, files: Any) -> None:
    before = len(maria.dm())

    desk.dispatch(payloads.written(channel=maria.dm_id(), files=files))

    desk.settle()
    assert [one["text"] for one in maria.dm()[before:]] == ["Slack tells nothing of that file: send it once more."]


@pytest.mark.parametrize(
    "value", ["", "inbox", "slack", "inbox ", "x F1", "slack " + " ".join("F1" for _ in range(11)), "inbox \u202e"]
)
def test_button_without_its_files_is_told_so(desk: Desk, maria: Person, value: str) -> None:
    url = desk.answers.to(f"files-{len(value)}")

    desk.dispatch(payloads.press("conversation.files", value, response_url=url))

    assert "file" in desk.answers.wait(f"files-{len(value)}")["text"]
    assert not maria.views()


@pytest.mark.usefixtures("empty_inbox")
def test_button_finds_nothing_in_the_inbox_of_another(desk: Desk, maria: Person) -> None:
    answer = outcome_of(desk, maria, maria.upload("mine.fq", CONTENT))
    value = next(node["value"] for node in nodes(answer["blocks"]) if node.get("action_id") == "conversation.files")
    url = desk.answers.to("another")

    desk.dispatch(payloads.press("conversation.files", value, user_id=TOM, response_url=url))

    assert "not in your inbox any more" in desk.answers.wait("another")["text"]


def test_file_larger_than_may_be_is_told_with_what_may(
    tmp_path: Path, stand_in: Workspace, answers: Answers, maria: Person
) -> None:
    (tmp_path / "scripts").mkdir()
    config = BotConfig(
        data=tmp_path / "var", scripts=tmp_path / "scripts", retrieval=RetrievalSettings(max_upload_size=5)
    )
    with sitting(config, Assembly(config, clock=system_clock), stand_in, answers) as desk:
        ids = [maria.upload(name, content) for name, content in (("huge.bin", CONTENT), ("tiny.bin", b"x"))]
        maria.write("look", GENERAL, files=ids)
        desk.dispatch(message_with(maria, *maria.messages(GENERAL)[-1]["files"]))

        told = last_answer(maria, "tiny.bin (1 B)\\n“huge.bin”", maria.dm_id())["text"]
        assert "“huge.bin”: must be a file of at most 5 B; “huge.bin” has 11 B" in told
        assert inbox(desk) == {"tiny.bin": b"x"}
