"""*Send me …*: a person who never leaves Slack gets any result, and nobody gets those of others."""

import zipfile
from io import BytesIO

import pytest

from runner.jobs import Job
from tests.support.machine.installation import texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, last_answer, press_on_job
from tests.support.slack.person import ADMIN, GENERAL, MARIA, Json, Person


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of Maria's that has ended with three results, one of them empty; its script sends none by itself."""
    started = desk.start_job(
        desk.queue(desk.write_script("quiet.sh", "{share: none}", "name - whom to greet"), name="Ada")
    )
    desk.assembly.results.make(started.id, attempt=1)
    folder = desk.assembly.results.folder(started.id)
    (folder / "<b> & plot.png").write_bytes(b"picture")
    (folder / "words.txt").write_text("words")
    (folder / "empty.txt").touch()
    ended = desk.finish(started)
    desk.deliver()
    return ended


def opened(person: Person, job: Job) -> Json:
    press_on_job(person, job, "job.send")
    return person.top_view(callback_id="job.send.view")


def labels(person: Person, typed: str = "") -> list[str]:
    found = person.options("result", "job.send.choose", typed)
    return [option["text"]["text"] for option in found["options"]]


def choose(person: Person, label: str) -> None:
    options = person.options("result", "job.send.choose")["options"]
    value = next(each["value"] for each in options if each["text"]["text"] == label)
    person.fill("result", "job.send.choose", value)
    assert person.submit() == {"ok": True, "closed": False}


def contents(person: Person, title: str) -> list[bytes | None]:
    """The content of the files in those messages that begin with this."""
    found = [each for each in person.messages(person.dm_id()) if each.get("files") and each["text"].startswith(title)]
    return [person.download(file["id"]) for message in found for file in message["files"]]


def test_any_result_is_found_by_a_part_of_its_name_and_sent_once(desk: Desk, maria: Person, job: Job) -> None:
    shown = opened(maria, job)
    assert "1 result is empty or too large to be sent." in texts(shown)
    assert labels(maria) == ["All results as one zip", "<b> & plot.png", "words.txt"]
    assert labels(maria, "PLOT") == ["<b> & plot.png"]

    choose(maria, "words.txt")
    maria.wait_for(lambda: "It is on its way" in texts(maria.top_view()), what="an answer")
    desk.deliver()
    opened(maria, job)
    choose(maria, "words.txt")
    maria.wait_for(lambda: "sent a moment ago" in texts(maria.top_view()), what="an answer")
    desk.deliver()

    assert contents(maria, f"Results of job {job.id}") == [b"words"]


def test_all_results_are_sent_as_one_archive(desk: Desk, maria: Person, job: Job) -> None:
    opened(maria, job)

    choose(maria, "All results as one zip")
    maria.wait_for(lambda: "It is on its way" in texts(maria.top_view()), what="an answer")
    desk.deliver()

    (content,) = contents(maria, f"All results of job {job.id}")
    assert content is not None
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == ["<b> & plot.png", "empty.txt", "words.txt"]


def test_results_are_sent_to_nobody_but_who_asked_for_the_job(desk: Desk, job: Job) -> None:
    desk.person(ADMIN).command(f"/jobs {job.id}")
    shown = last_answer(desk.person(ADMIN), f"Job {job.id}: ", GENERAL)
    assert "Send me" not in texts(shown)

    answer = desk.dispatch(payloads.submission(payloads.send_me(job.id), user_id=ADMIN))

    desk.settle()
    assert "are sent only to" in str(answer.body)
    desk.deliver()
    assert contents(desk.person(ADMIN), "All results") == []


def test_result_that_is_gone_is_told(desk: Desk, job: Job) -> None:
    answer = desk.dispatch(payloads.submission(payloads.send_me(job.id, key="0" * 32), user_id=MARIA))

    assert f"Job {job.id} has no such result any more." in str(answer.body)
