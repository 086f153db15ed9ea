"""Files from Slack: uploaded in a form, or hanging on a message on which a script is run."""

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.listeners.context import SLOW, ListenerContext
from bot.listeners.form.uploads import Uploads
from bot.listeners.open_homes import OpenHomes
from bot.slack.files import SlackFiles
from bot.slack.identity import HomeWorkspace, Identities
from bot.slack.settings import SlackSettings
from runner.errors import ScriptRunnerError
from runner.jobs import Job
from runner.system.calls import RunningCalls
from runner.system.clock import system_clock
from tests.support.machine.installation import Form, texts
from tests.support.scripts.hostile import LINES
from tests.support.slack.desk import Desk, requester
from tests.support.slack.person import GENERAL, MARIA, TOM, Json, Person, wait_for

SHORTCUT = "runscript.on_files"
CONTENT = bytes(range(256)) * 100


@pytest.fixture
def script(desk: Desk) -> str:
    return desk.write_script(
        "count.sh", "{title: Count}", "reads {type: input, accept: [.fq], max_size: 100k} - what to count"
    )


@pytest.fixture
def form(maria: Person, script: str) -> Form:
    return Form(maria, script)


@pytest.fixture(autouse=True)
def downloads_go_well_again(desk: Desk) -> Iterator[None]:
    yield
    desk.workspace.fail_downloads("error", times=0)


def queued(person: Person, seconds: float = 15) -> Json:
    """The modal that says that the job is queued, waited for."""

    def found() -> Json | None:
        views = person.views()
        return views[-1] if views and re.search(r"Job \d+ queued", texts(views[-1])) else None

    view = person.wait_for(found, seconds, what="queued")
    assert view
    return view


def told(person: Person, words: str) -> Json:
    """The modal on top once it says these words."""
    found = person.wait_for(lambda: words in texts(person.top_view()) and person.top_view(), 15, what=words)
    assert isinstance(found, dict)
    return found


def newest_job(desk: Desk, person: Person) -> Job:
    return desk.jobs_of(person.id)[0]


def inbox(desk: Desk, person: Person) -> Path:
    return desk.assembly.inbox.folder / person.id


def in_inbox(desk: Desk, job: Job, name: str = "reads") -> bytes:
    return desk.assembly.inbox.path(job.requester, job.values[name]).read_bytes()


def test_uploaded_file_is_the_input_byte_for_byte(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("mine.fq", CONTENT))

    assert maria.submit()["ok"]

    queued(maria)
    job = newest_job(desk, maria)
    assert job.values["reads"].startswith("~/mine")
    assert in_inbox(desk, job) == CONTENT


def test_modal_tells_meanwhile_and_lies_above_the_form(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("slow.fq", CONTENT))
    desk.workspace.fail_downloads("slow", seconds=4)

    maria.submit()

    assert len(maria.views()) == 2
    assert "slow.fq" in texts(maria.top_view())
    told(maria, "of 25.6 kB")
    assert queued(maria)["clear_on_close"] is True


def test_same_upload_submitted_twice_is_one_job_and_one_file(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("once.fq", CONTENT))
    view = maria.top_view()
    before = desk.job_count()
    body: Json = {
        "type": "view_submission",
        "user": {"id": maria.id},
        "view": view,
        "team": {"id": view["team_id"]},
        "trigger_id": "1.2.x",
    }

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(desk.dispatch, [body, body]))

    wait_for(lambda: desk.job_count() > before, what="queued")
    wait_for(lambda: "Job" in json.dumps(maria.dm()[-1:]), what="told")
    assert desk.job_count() == before + 1
    assert [path.name for path in inbox(desk, maria).glob("once*")] == ["once.fq"]


def test_file_that_is_too_large_is_refused_under_its_field_before_it_is_fetched(
    desk: Desk, maria: Person, form: Form
) -> None:
    form.upload("Reads", maria.upload("<!channel>.FQ", b"x" * 100_001))
    before = [entry for entry in desk.workspace.log() if entry["kind"] == "files.info"]

    assert form.refused() == {"Reads": "Must be a file of at most 100.0 kB; “<!channel>.FQ” has 100.0 kB."}
    assert [entry for entry in desk.workspace.log() if entry["kind"] == "files.info"] == before


def test_file_of_another_type_is_refused_though_slack_let_it_pass(desk: Desk, maria: Person, form: Form) -> None:
    desk.write_script("count.sh", "{title: Count}", "reads {type: input, accept: [.tar.fq]} - what to count")
    form.upload("Reads", maria.upload("mine.fq", CONTENT))

    assert form.refused() == {"Reads": "Must be a file of type .tar.fq, not “mine.fq”."}


def test_required_input_with_neither_is_refused_by_slack_under_its_field(form: Form) -> None:
    assert form.refused() == {"Reads": "Please complete this required field."}


def test_the_field_that_is_shown_counts_and_others_keep_what_was_typed(desk: Desk, maria: Person) -> None:
    (desk.assembly.inbox.folder / "shared.fq").write_text("shared")
    desk.write_script("tell.sh", "reads {type: input} - what to count", "note - a word")
    form = Form(maria, "tell.sh")
    form.choose("Reads", "shared.fq")
    form.fill("Note", "typed")

    form.upload("Reads", maria.upload("uploaded.fq", b"uploaded"))

    assert form.labels() == ["Reads", "Note"]
    assert form.content("Note") == "typed"
    maria.submit()
    queued(maria)
    job = newest_job(desk, maria)
    assert (in_inbox(desk, job), job.values["note"]) == (b"uploaded", "typed")


def test_one_may_go_back_to_the_inbox(desk: Desk, maria: Person) -> None:
    (desk.assembly.inbox.folder / "shared.fq").write_text("shared")
    desk.write_script("back.sh", "reads {type: input, required: false} - what to count")
    form = Form(maria, "back.sh")
    form.upload("Reads", maria.upload("uploaded.fq", b"uploaded"))

    form.answer_source("Reads", "inbox")
    form.choose("Reads", "shared.fq")
    form.submit()

    assert newest_job(desk, maria).values == {"reads": "shared.fq"}


def test_several_files_are_all_taken(desk: Desk, maria: Person) -> None:
    desk.write_script("merge.sh", "reads {type: input, multiple: true} - what to merge")
    (desk.assembly.inbox.folder / "shared.fq").write_text("shared")
    form = Form(maria, "merge.sh")
    form.fill("Reads", [form.offered("Reads", "shared.fq")[0]])
    form.answer_source("Reads", "both")
    form.fill("… and upload: Reads", [maria.upload("a.fq", b"a"), maria.upload("a.fq", b"b")])

    maria.submit()

    queued(maria)
    job = newest_job(desk, maria)
    paths = [desk.assembly.inbox.path(job.requester, each) for each in job.values["reads"].split("\n")]
    assert [path.read_bytes() for path in paths] == [b"shared", b"a", b"b"]


def test_other_mistakes_are_told_before_anything_is_fetched(desk: Desk, maria: Person) -> None:
    desk.write_script("both.sh", "reads {type: input} - a file", "times {type: integer, max: 5} - how often")
    form = Form(maria, "both.sh")
    form.upload("Reads", maria.upload("x.fq", b"x"))
    form.fill("Times", "6")

    answer = maria.submit()

    assert not answer["ok"]
    assert list(inbox(desk, maria).glob("x.fq")) == []


@pytest.mark.parametrize("fault", ["error", "cut"])
def test_trouble_at_slack_is_tried_again(desk: Desk, maria: Person, form: Form, fault: str) -> None:
    form.upload("Reads", maria.upload("again.fq", CONTENT))
    desk.workspace.fail_downloads(fault, times=1)

    maria.submit()

    queued(maria)
    assert in_inbox(desk, newest_job(desk, maria)) == CONTENT


def test_trouble_that_lasts_is_told_and_the_form_is_still_there(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("never.fq", CONTENT))
    desk.workspace.fail_downloads("error", times=20)
    before = desk.job_count()

    maria.submit()

    told(maria, "“never.fq” could not be fetched from Slack: it answered 500.")
    assert desk.job_count() == before
    assert list(inbox(desk, maria).glob(".*")) == []
    maria.close()
    desk.workspace.fail_downloads("error", times=0)
    assert maria.values()[form.fields()["Reads"]["block_id"]]["upload"]["files"][0]["name"] == "never.fq"
    maria.submit()
    queued(maria)


def test_file_that_was_deleted_meanwhile_is_told(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("gone.fq", CONTENT))
    desk.workspace.fail("files.info", "file_deleted")

    maria.submit()

    told(maria, "Slack does not show ScriptRunner that file")


def test_end_is_written_where_slack_does_not_take_it_for_the_modal(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("written.fq", CONTENT))
    desk.workspace.fail("views.update", "internal_error", times=5)

    maria.submit()

    maria.wait_for(lambda: any("written" in str(each.values) for each in desk.jobs_of()), 15, what="queued")
    maria.wait_for_dm(f"Job {newest_job(desk, maria).id} is queued: Count.")
    desk.workspace.fail("views.update", "internal_error", times=0)


def test_who_closes_the_modal_is_told_by_direct_message(desk: Desk, maria: Person, form: Form) -> None:
    form.upload("Reads", maria.upload("patience.fq", CONTENT))
    desk.workspace.fail_downloads("slow", seconds=4)
    maria.submit()

    maria.close(everything=True)

    job = maria.wait_for(lambda: next((each for each in desk.jobs_of() if "patience" in str(each.values)), None), 15)
    maria.wait_for_dm(f"Job {job.id} is queued: Count.")


def test_script_that_asks_once_more_does_so_when_the_file_is_there(desk: Desk, maria: Person) -> None:
    desk.write_script("careful.sh", "{confirm: 'Really?'}", "reads {type: input} - a file")
    Form(maria, "careful.sh").upload("Reads", maria.upload("careful.fq", CONTENT))
    before = desk.job_count()

    maria.submit()

    assert "careful.fq" in texts(told(maria, "Really?"))
    assert desk.job_count() == before
    assert maria.submit()["ok"]
    assert in_inbox(desk, newest_job(desk, maria)) == CONTENT


@pytest.mark.parametrize("name", [f"{line}.fq" for line in LINES if "/" not in line and len(line) < 200])
def test_file_of_any_name_arrives(desk: Desk, maria: Person, form: Form, name: str) -> None:
    form.upload("Reads", maria.upload(name, name.encode()))

    maria.submit()

    queued(maria)
    assert in_inbox(desk, newest_job(desk, maria)) == name.encode()


def test_form_forged_with_the_file_of_another_is_refused(desk: Desk, maria: Person, form: Form) -> None:
    desk.person(TOM).upload("toms.fq", b"secret")
    block = form.fields()["Reads"]
    view = json.loads(json.dumps(maria.top_view()))
    option = {"text": {"type": "plain_text", "text": "x"}, "value": "slack:F0000000001"}
    view["state"]["values"][block["block_id"]] = {"input": {"type": "external_select", "selected_option": option}}
    before = desk.job_count()

    response = desk.dispatch(
        {"type": "view_submission", "user": {"id": maria.id}, "view": view, "team": {"id": view["team_id"]}}
    )

    assert json.loads(response.body)["response_action"] == "errors"
    assert desk.job_count() == before


# ---- the message shortcut


def message_with(person: Person, *files: tuple[str, bytes]) -> Json:
    ids = [person.upload(name, content) for name, content in files]
    answer = person.write("look at this", GENERAL, files=ids)
    assert answer["ok"], answer
    return person.messages(GENERAL)[-1]


def test_script_is_run_on_the_file_of_a_message(desk: Desk, maria: Person, script: str) -> None:
    desk.write_script("tables.sh", "{title: Tables}", "table {type: input, accept: [.csv]} - a table")
    message = message_with(maria, ("theirs.fq", CONTENT))

    assert maria.run_shortcut(SHORTCUT, message, GENERAL)["ok"]

    form = Form(maria)
    assert "theirs.fq" in texts(maria.top_view()["blocks"][0])
    offered = maria.options("script", "runscript.choose")["option_groups"]
    titles = [option["text"]["text"] for group in offered for option in group["options"]]
    assert "Count" in titles
    assert "Tables" not in titles, "it takes no such file"
    assert "Nothing" not in titles, "it takes no file at all"
    form.fill("Script", script)
    form.person.wait_for(lambda: "Reads" in Form(maria).fields(), what="its form")
    assert Form(maria).fields()["Reads"]["element"]["initial_option"]["text"]["text"] == "theirs.fq"
    maria.submit()
    queued(maria)
    assert in_inbox(desk, newest_job(desk, maria)) == CONTENT


def test_another_file_can_be_chosen_in_its_place(desk: Desk, maria: Person, script: str) -> None:
    (desk.assembly.inbox.folder / "other.fq").write_text("other")
    maria.run_shortcut(SHORTCUT, message_with(maria, ("theirs.fq", CONTENT)), GENERAL)
    Form(maria).fill("Script", script) if maria.options("script", "runscript.choose") else None
    form = Form(maria)
    maria.wait_for(lambda: "Reads" in form.fields(), what="its form")

    assert form.offered("Reads", "theirs")[0].startswith("slack:F")
    form.choose("Reads", "other.fq").submit()

    assert newest_job(desk, maria).values == {"reads": "other.fq"}


def test_message_without_a_file_is_told_so(maria: Person) -> None:
    maria.write("no file", GENERAL)

    assert maria.run_shortcut(SHORTCUT, maria.messages(GENERAL)[-1], GENERAL)["ok"]

    maria.wait_for(lambda: "no file that a script could be run on" in str(maria.messages(GENERAL)[-1:]), what="told")
    assert maria.views() == []


@pytest.mark.parametrize("message", [None, 7, {}, {"files": None}, {"files": [None, 7, {"id": None}]}, {"files": {}}])
def test_odd_message_gets_an_answer(desk: Desk, maria: Person, message: Any) -> None:
    body = {
        "type": "message_action",
        "callback_id": SHORTCUT,
        "trigger_id": "1.2.x",
        "user": {"id": maria.id},
        "team": {"id": "T0WORKSHOP1"},
        "response_url": desk.answers.to("odd"),
        "message": message,
    }

    assert desk.dispatch(body).status == 200
    assert "no file" in desk.answers.wait("odd")["text"]


def test_one_person_s_uploads_leave_room_for_those_of_others(desk: Desk) -> None:
    context = ListenerContext(
        service=desk.service,
        identities=Identities(HomeWorkspace(team_id="T1"), SlackSettings(), monotonic=time.monotonic),
        clock=system_clock,
        monotonic=time.monotonic,
        files=SlackFiles(time.monotonic),
        calls=RunningCalls(SLOW),
        homes=OpenHomes(desk.service, clock=system_clock, monotonic=time.monotonic),
    )
    uploads, begun, arrived = Uploads(context), threading.Semaphore(0), threading.Event()

    def bring() -> None:
        begun.release()
        arrived.wait(60)

    def are_taken_again() -> bool:
        with suppress(ScriptRunnerError):
            uploads.start(requester(MARIA), lambda: None)
            return True
        return False

    for _ in range(4):
        uploads.start(requester(MARIA), bring)
    with pytest.raises(ScriptRunnerError, match="Files of 4 forms or messages of yours are being brought now"):
        uploads.start(requester(MARIA), bring)
    for number in range(12):
        uploads.start(requester(f"U0{number // 4}"), bring)
    with pytest.raises(ScriptRunnerError, match="Many files are being brought right now"):
        uploads.start(requester(TOM), bring)

    assert all(begun.acquire(timeout=60) for _ in range(16))
    arrived.set()
    wait_for(are_taken_again, what="room for more")
