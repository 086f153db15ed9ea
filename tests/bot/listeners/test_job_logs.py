"""The log of a job, opened in Slack, read page by page and searched."""

import json
import os
import threading
from datetime import timedelta

import pytest

from runner.jobs import Ending, Job, State
from runner.system.clock import system_clock
from tests.support.machine.installation import texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, press_on_job
from tests.support.slack.person import MARIA, TOM, Json, Person

LINES = [f"line {number}" for number in range(1, 201)]


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of Maria's that runs and has written 200 lines."""
    return begun(desk, MARIA)


def begun(desk: Desk, user_id: str) -> Job:
    started = desk.start_job(desk.queue("greet.sh", user_id=user_id, name="Ada"))
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


def files_of(person: Person) -> list[tuple[str, str]]:
    """The files among a person's messages from the app: their names and the words above them."""
    return [
        (file["name"], message["text"])
        for message in person.messages(person.dm_id())
        for file in message.get("files") or ()
    ]


def logs_of(person: Person, job: Job) -> list[str]:
    """What was written above the logs of the job that were sent."""
    return [text for name, text in files_of(person) if name == f"job-{job.id}.log"]


def test_log_is_sent_as_it_is_into_the_conversation_of_who_asks(desk: Desk, maria: Person, job: Job) -> None:
    write(desk, job, "\x1b[31mred\x1b[0m\r\n")
    content = desk.assembly.results.log(job.id).read_bytes()
    opened(maria, job)

    press(maria, "Send log")

    shown(maria, "The log is on its way: it comes as a direct message.")
    desk.deliver()
    assert logs_of(maria, job) == [f"Log of job {job.id}: {job.title}"]
    (file,) = [file for message in maria.messages(maria.dm_id()) for file in message.get("files") or ()][-1:]
    assert maria.download(file["id"]) == content


def test_log_that_is_asked_for_many_times_at_once_is_sent_once(desk: Desk, maria: Person, job: Job) -> None:
    body = payloads.press("job.log.send", user_id=MARIA, view=payloads.open_log(job.id))
    threads = [threading.Thread(target=desk.dispatch, args=(body,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.settle()
    desk.deliver()
    opened(maria, job)
    press(maria, "Send log")

    shown(maria, "The log was sent a moment ago")
    assert len(logs_of(maria, job)) == 1
    write(desk, job, "more\n")
    press(maria, "Send log")
    shown(maria, "The log is on its way")
    desk.deliver()
    assert len(logs_of(maria, job)) == 2


def test_log_that_cannot_be_sent_is_told_with_the_reason_and_sent_when_asked_for_again(
    desk: Desk, maria: Person, job: Job
) -> None:
    desk.workspace.fail("files.getUploadURLExternal", "storage_limit_reached")
    opened(maria, job)

    press(maria, "Send log")
    shown(maria, "The log is on its way")
    desk.deliver()
    desk.deliver()

    maria.wait_for_dm("the log: the workspace has no room for files left")
    assert not logs_of(maria, job)
    press(maria, "Send log")
    desk.settle()
    desk.deliver()
    assert logs_of(maria, job)


def test_log_that_is_too_large_is_told_with_the_command_once_the_job_has_ended(
    desk: Desk, maria: Person, job: Job
) -> None:
    os.truncate(desk.assembly.results.log(job.id), 5 * 1024**3)
    press_on_job(maria, job, "job.log")
    shown(maria, "of 5.4 GB")

    press(maria, "Send log")
    told = maria.wait_for(lambda: told_above(maria), what="how else to get it")
    assert f"The log of job {job.id} takes 5.4 GB; up to 20.0 MB are sent to Slack." in told
    assert "once the job has ended" in told
    maria.close()
    end(desk, job)
    press(maria, "Send log")

    told = maria.wait_for(lambda: told_above(maria), what="the command")
    assert "Fetch it with the results." in told
    assert "scp " in told
    assert not logs_of(maria, job)


def told_above(person: Person) -> str:
    """What is told in a modal above the log; empty where there is none."""
    views = person.views()
    return texts(views[-1]) if views and views[-1].get("callback_id") == "shown" else ""


def end(desk: Desk, job: Job) -> None:
    now = system_clock()
    ending = Ending(state=State.SUCCEEDED)
    desk.assembly.store.jobs.finish(job.id, ending, runner="runner", now=now, expires_at=now + timedelta(days=7))


def test_log_of_another_person_s_job_is_not_sent(desk: Desk, tom: Person, job: Job) -> None:
    desk.dispatch(payloads.press("job.log.send", user_id=TOM, view=payloads.open_log(job.id)))

    tom.wait_for_dm(f"There is no job {job.id} that you may see.")
    assert not logs_of(tom, job)


def test_log_lies_above_the_job_where_that_was_opened_from_the_home_tab(desk: Desk) -> None:
    tom, job = desk.person(TOM), begun(desk, TOM)
    tom.open_home()
    home = tom.wait_for(lambda: f" {job.id} " in texts(tom.home()) and tom.home(), what="the job in the Home tab")
    details = next(
        (block["block_id"], block["accessory"]["action_id"])
        for block in home["blocks"]
        if (block.get("accessory") or {}).get("value") == str(job.id)
    )
    tom.press(tom.in_home(), *details)
    view = tom.top_view(callback_id="shown")
    block = next(block["block_id"] for block in view["blocks"] if '"job.log"' in json.dumps(block))

    tom.press(tom.in_view(), block, "job.log")

    assert "line 200" in texts(shown(tom, "line 200"))
    assert [each["callback_id"] for each in tom.views()] == ["shown", "job.log.view"]
