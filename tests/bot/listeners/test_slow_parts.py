"""What takes longer than Slack waits is answered first, and drawn once it is there: nobody else is held up by it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.listeners.deadlines import ListenerDeadlines
from bot.listeners.turns import MOST_OF_ONE, MOST_WAITING
from runner.jobs import Job
from runner.scripts import ReadingPatience
from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Answers, Desk
from tests.support.slack.person import GENERAL, MARIA, Json, Person, Workspace, wait_for
from tests.support.slack.slow_desk import SlowDesk, sitting_slowly

LOADING = "⏳ One moment"
CHECKING = "⏳ Checking"
SHORT, LONG = timedelta(seconds=0.2), timedelta(minutes=1)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, stand_in: Workspace, answers: Answers) -> Iterator[SlowDesk]:
    deadlines = ListenerDeadlines(placeholder=SHORT, reply=SHORT, told=LONG)
    reading = ReadingPatience(known=SHORT, unknown=LONG, stale=LONG)
    folder = tmp_path_factory.mktemp("desk")
    with sitting_slowly(folder, stand_in, answers, deadlines=deadlines, reading=reading) as slow:
        slow.desk.write_script("greet.sh", "{title: Greet}", "name {required: false} - whom to greet")
        slow.desk.write_script("ask.sh", "{title: Ask, confirm: Really?}", "name {required: false} - whom to greet")
        slow.desk.write_script("count.sh", "{title: Count}", "times {type: integer, label: Times} - how often")
        slow.desk.write_script("copy.sh", "input {type: input} - what to copy")
        slow.desk.write_script("slow.sh", "{title: Slow}", "name {type: gated} - any")
        yield slow


@pytest.fixture
def desk(slow: SlowDesk) -> Desk:
    return slow.desk


@pytest.fixture
def job(desk: Desk) -> Job:
    return desk.queue("greet.sh", name="Ada")


def press_in_home(person: Person, action_id: str) -> Json:
    home = person.home()
    assert home
    block = next(each for each in home["blocks"] if action_id in str(each))
    return person.press(person.in_home(), block["block_id"], action_id)


def in_message(desk: Desk, person: Person, job: Job, action_id: str) -> Callable[[], Json]:
    button = {
        "type": "button",
        "action_id": action_id,
        "value": str(job.id),
        "text": {"type": "plain_text", "text": "x"},
    }
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    posted = desk.app.client.chat_postMessage(channel=person.id, text="a job", blocks=blocks)
    message = {"ts": str(posted["ts"])}
    return lambda: person.press(person.in_message(message), "b", action_id)


def with_file(desk: Desk, person: Person) -> Callable[[], Json]:
    person.write("look", GENERAL, files=[person.upload("mine.txt", "content")])
    message = person.messages(GENERAL)[-1]
    return lambda: person.run_shortcut("runscript.on_files", message, GENERAL)


def from_home(desk: Desk, person: Person, job: Job, action_id: str) -> Callable[[], Json]:
    person.open_home()
    wait_for(lambda: f"'{job.id}'" in str(person.home()), what="the job on the Home tab")
    return lambda: press_in_home(person, action_id)


def from_details(desk: Desk, person: Person, job: Job, action_id: str) -> Callable[[], Json]:
    from_home(desk, person, job, "job.details")()
    view = person.top_view(callback_id="shown")
    desk.settle()
    block = next(each for each in view["blocks"] if action_id in str(each))
    return lambda: person.press(person.in_view(), block["block_id"], action_id)


Way = Callable[[Desk, Person, Job], Callable[[], Json]]
WAYS: dict[str, tuple[Way, str]] = {
    "/runscript": (lambda _, person, __: lambda: person.command("/runscript"), "Run a script"),
    "/runscript NAME": (lambda _, person, __: lambda: person.command("/runscript greet.sh"), "whom to greet"),
    "/runscript WRONG": (lambda _, person, __: lambda: person.command("/runscript gret.sh"), "greet.sh"),
    "/runscript help": (lambda _, person, __: lambda: person.command("/runscript help"), "opens a form"),
    "Run script on this file": (lambda desk, person, _: with_file(desk, person), "mine.txt"),
    "Home, run a script": (lambda desk, person, job: from_home(desk, person, job, "runscript.open"), "Run a script"),
    "Home, details": (lambda desk, person, job: from_home(desk, person, job, "job.details"), "Job "),
    "message, run again": (lambda desk, person, job: in_message(desk, person, job, "job.again"), "Ada"),
    "message, edit and run": (lambda desk, person, job: in_message(desk, person, job, "job.edit"), "whom to greet"),
    "details, run again": (lambda desk, person, job: from_details(desk, person, job, "job.again"), "Ada"),
    "details, edit and run": (lambda desk, person, job: from_details(desk, person, job, "job.edit"), "whom to greet"),
    "a job that is not there": (
        lambda desk, person, job: in_message(desk, person, replace(job, id=999_999), "job.again"),
        "no job",
    ),
}


def shows(person: Person, words: str) -> Json:
    """The modal on top once it holds the words."""

    def found() -> Json | None:
        views = person.views()
        return views[-1] if views and words in str(views[-1]) else None

    return wait_for(found, 20, what=f"a modal with {words!r}")


@pytest.mark.parametrize("way", WAYS)
def test_modal_opens_before_slack_has_said_who_asks_and_shows_what_was_asked_for_then(
    slow: SlowDesk, desk: Desk, maria: Person, job: Job, way: str
) -> None:
    make, words = WAYS[way]
    act = make(desk, maria, job)
    below = len(maria.views())
    with slow.slack.holding("users.info"):
        assert act()["ok"]
        waiting = shows(maria, LOADING)

    shown = shows(maria, words)

    assert shown["id"] == waiting["id"]
    assert len(maria.views()) == below + 1
    assert LOADING not in str(maria.views())


def test_what_is_ready_at_once_is_opened_by_one_call(desk: Desk, maria: Person, stand_in: Workspace) -> None:
    maria.command("/runscript greet.sh")
    shows(maria, "whom to greet")
    desk.settle()

    calls = [entry["kind"] for entry in stand_in.log() if entry["kind"].startswith("views.")]
    assert calls[-1] == "views.open"


def test_modal_that_is_closed_while_it_loads_stays_closed(
    slow: SlowDesk, desk: Desk, maria: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with slow.slack.holding("users.info"):
        maria.command("/runscript greet.sh")
        shows(maria, LOADING)
        maria.close()
    desk.settle()

    assert maria.views() == []
    assert not caplog.records


def test_form_is_opened_where_slack_does_not_open_the_placeholder(
    slow: SlowDesk, desk: Desk, maria: Person, stand_in: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.fail("views.open", "internal_error")
    with slow.slack.holding("users.info"):
        maria.command("/runscript greet.sh")
        wait_for(lambda: "no placeholder was shown" in caplog.text, what="logged")

    shows(maria, "whom to greet")


def test_folder_that_cannot_be_read_now_is_drawn_as_it_was(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    assert desk.script("slow.sh").title == "Slow"
    with slow.disk.hanging():
        desk.write_script("slow.sh", "{title: Slower}", "name {type: gated} - any")
        maria.command("/runscript greet.sh")

        shows(maria, "whom to greet")
        assert texts(maria.options("script", "runscript.choose", "slo"))
    maria.close()

    wait_for(lambda: "Slower" in str(desk.script("slow.sh")), what="read anew")


@pytest.mark.parametrize("name", ["greet.sh", "ask.sh"])
def test_submission_is_answered_first_and_queued_then(slow: SlowDesk, desk: Desk, maria: Person, name: str) -> None:
    Form(maria, name).fill("Name", "Ada")
    before = desk.job_count()
    with slow.slack.holding("users.info"):
        assert maria.submit() == {"ok": True, "closed": False}
        shows(maria, CHECKING)
    if name == "ask.sh":
        shows(maria, "Really?")
        with slow.slack.holding("users.info"):
            assert maria.submit() == {"ok": True, "closed": False}
            shows(maria, CHECKING)

    shows(maria, "queued")
    assert desk.job_count() == before + 1
    maria.close()
    assert maria.views() == []


def test_mistakes_found_late_are_told_above_the_form_which_keeps_what_was_typed(
    slow: SlowDesk, desk: Desk, maria: Person
) -> None:
    desk.write_script("inside.sh", "ref {pattern: 'a+', label: Reference} - any")
    form = Form(maria, "inside.sh").fill("Reference", "bbb")
    before = desk.job_count()
    with slow.slack.holding("users.info"):
        maria.submit()
        shows(maria, CHECKING)

    shows(maria, "Reference: Must match the pattern")

    assert "Nothing was queued" in texts(maria.top_view())
    maria.close()
    assert form.content("Reference") == "bbb"
    form.fill("Reference", "aaa").submit()
    assert desk.job_count() == before + 1


def test_who_has_closed_the_modal_is_told_by_direct_message(slow: SlowDesk, desk: Desk, maria: Person) -> None:
    Form(maria, "greet.sh")
    with slow.slack.holding("users.info"):
        maria.submit()
        shows(maria, CHECKING)
        maria.close(everything=True)

    maria.wait_for_dm("is queued: Greet.", 20)

    assert f"Job {desk.jobs_of()[0].id} is queued" in maria.dm()[-1]["text"]


def test_job_that_waits_for_the_database_is_queued_once_and_told(desk: Desk, maria: Person) -> None:
    Form(maria, "greet.sh")
    before = desk.job_count()
    with closing(sqlite3.connect(desk.assembly.paths.data / "scriptrunner.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert maria.submit() == {"ok": True, "closed": False}
        shows(maria, CHECKING)
        other.execute("ROLLBACK")

    shows(maria, "queued")
    assert desk.job_count() == before + 1


def test_list_that_takes_long_is_answered_with_nothing_and_told_in_the_form_once_it_is_there(
    desk: Desk, maria: Person
) -> None:
    os.mkfifo(desk.scripts / "hosts")
    listing = desk.scripts / "list"
    listing.write_text("#!/bin/sh\nread host < hosts && echo $host\n")
    listing.chmod(0o755)
    desk.write_script("hosts.sh", "host {type: choice, choices_from: {command: [./list]}, label: Host} - any")
    form = Form(maria, "hosts.sh")
    block = form.field("Host")
    with (desk.scripts / "hosts").open("r+b", buffering=0) as pipe:
        found = maria.options(block["block_id"], block["element"]["action_id"])
        pipe.write(b"alpha\n")

        assert found["options"] == []
        shows(maria, "it is there now: open the field once more")
    found = maria.options(block["block_id"], block["element"]["action_id"])
    assert [each["value"] for each in found["options"]] == ["alpha"]


def test_one_person_s_many_slow_things_keep_nobody_else_waiting(
    slow: SlowDesk, desk: Desk, maria: Person, tom: Person
) -> None:
    with slow.slack.holding("users.info", MARIA), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: maria.command("/jobs"), range(60)))

        tom.command("/runscript greet.sh")

        shows(tom, "whom to greet")
        refused = [each for each in maria.messages(GENERAL) if "still being worked on" in each["text"]]
        assert all(answer["ok"] for answer in answers)
        assert len(refused) == 60 - MOST_OF_ONE - MOST_WAITING
