"""The log of a job, opened in Slack, read page by page and searched."""

import json

import pytest

from runner.jobs import Job
from tests.support.machine.installation import texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, press_on_job
from tests.support.slack.person import MARIA, TOM, Json, Person

LINES = [f"line {number}" for number in range(1, 201)]


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of Maria's that runs and has written 200 lines."""
    started = desk.start_job(desk.queue("greet.sh", name="Ada"))
    desk.assembly.results.make(started.id, attempt=1)
    write(desk, started, "\n".join(LINES) + "\n")
    return started


def write(desk: Desk, job: Job, text: str) -> None:
    with desk.assembly.results.log(job.id).open("a") as log:
        log.write(text)


def opened(person: Person, job: Job) -> Json:
    press_on_job(person, job, "job.log")
    return shown(person, "line 200")


def shown(person: Person, text: str) -> Json:
    """The open log once it shows the text."""

    def found() -> Json | None:
        views = [view for view in person.views() if view.get("callback_id") == "job.log.view"]
        return views[-1] if views and text in texts(views[-1]) and "Looking for" not in texts(views[-1]) else None

    view = person.wait_for(found, what=f"a log with {text!r}")
    assert view
    return view


def press(person: Person, words: str) -> None:
    view = person.top_view(callback_id="job.log.view")
    block, action = next(
        (block["block_id"], element["action_id"])
        for block in view["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "button" and element["text"]["text"] == words
    )
    assert person.press(person.in_view(), block, action) == {"ok": True}


def find(person: Person, word: str) -> None:
    person.fill("find", "word", word)
    assert person.submit() == {"ok": True, "closed": False}


def test_log_opens_with_its_end_and_is_read_back_and_forth(desk: Desk, maria: Person, job: Job) -> None:
    last = opened(maria, job)
    assert "line 141\n" in texts(last)
    assert "line 140\n" not in texts(last)

    press(maria, "◀ Older")
    shown(maria, "line 140")
    press(maria, "First page")
    shown(maria, "line 1\nline 2")
    press(maria, "Newer ▶")
    shown(maria, "line 61\n")
    press(maria, "Last page")
    shown(maria, "line 200")
    write(desk, job, "line 201\n")
    press(maria, "Refresh")
    shown(maria, "line 201")


def test_word_is_found_on_earlier_and_later_pages_and_told_where_there_is_none(
    desk: Desk, maria: Person, job: Job
) -> None:
    opened(maria, job)

    find(maria, "LINE 1")
    shown(maria, "▶ line 199")
    find(maria, "line 20")
    shown(maria, "▶ line 200")
    press(maria, "◀ Earlier match")
    earlier = shown(maria, "▶ line 20\n")
    assert "▶ line 2\n" not in texts(earlier)
    press(maria, "Later match ▶")
    shown(maria, "▶ line 200")
    find(maria, "no such word")
    assert "line 200" in texts(shown(maria, "“no such word” is nowhere earlier in the log."))


def test_log_that_is_deleted_while_it_is_open_is_told(desk: Desk, maria: Person, job: Job) -> None:
    opened(maria, job)
    desk.assembly.results.remove(str(job.id))

    press(maria, "◀ Older")

    maria.wait_for(lambda: f"Job {job.id} has written no log so far." in texts(maria.views()), what="the reason")


def test_job_that_waits_is_told_to_have_no_log(desk: Desk) -> None:
    waiting = desk.queue("greet.sh", name="Ada")

    desk.dispatch(payloads.press("job.log", str(waiting.id), response_url=desk.answers.to("no-log")))

    assert desk.answers.wait("no-log")["text"] == f"Job {waiting.id} has not started yet: it has no log."


@pytest.mark.parametrize("user_id", [TOM, "U0NOBODY"])
def test_open_log_of_another_person_s_job_shows_nothing_of_it(desk: Desk, job: Job, user_id: str) -> None:
    found = desk.dispatch(payloads.submission(payloads.open_log(job.id, word="line"), user_id=user_id))

    assert json.loads(found.body)["response_action"] in {"push", "update"}
    assert "line 1" not in str(found.body)
    desk.settle()
    assert "line 1" not in json.dumps(desk.person(TOM).dm())


def test_word_is_looked_for_after_slack_was_answered(desk: Desk, maria: Person, job: Job) -> None:
    view = opened(maria, job)
    typed = {**payloads.open_log(job.id, word="line 7"), "blocks": view["blocks"], "title": view["title"]}

    answer = json.loads(desk.dispatch(payloads.submission(typed, user_id=MARIA)).body)

    assert answer["response_action"] == "update"
    assert "Looking for “line 7” …" in texts(answer["view"])
    assert "line 200" in texts(answer["view"])
