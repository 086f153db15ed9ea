"""Files that are to be deleted: one reminder, whose buttons keep them longer or delete them, and then go."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from runner.app.reminders import Reminders
from runner.jobs import Job
from runner.notifications.delivery import Delivery, DeliverySettings
from runner.notifications.slack import SlackTransport
from runner.system.clock import system_clock
from tests.support.machine.settled import settle_messages
from tests.support.slack import payloads
from tests.support.slack.desk import Desk
from tests.support.slack.person import MARIA, Json, Person

LATER = timedelta(days=6.5)
KEEP, DELETE, DETAILS = "Keep a week longer", "Delete now", "Details"
Deliver = Callable[[], None]


@pytest.fixture
def deliver(desk: Desk) -> Iterator[Deliver]:
    """Send what is owed to Slack."""
    settle_messages(desk.assembly.store, now=system_clock())
    reporter = desk.service._reporter  # noqa: SLF001  # as the runner has it
    delivery = Delivery(
        desk.assembly.store.outbox.of("runner"),
        {"slack": SlackTransport(desk.app.client)},
        reporter.message_report,
        clock=system_clock,
        settings=DeliverySettings(),
    )
    yield lambda: delivery.tick(system_clock())
    settle_messages(desk.assembly.store, now=system_clock())


@pytest.fixture
def job(desk: Desk, deliver: Deliver) -> Job:
    """A job of Maria's with a result, of which she was told."""
    job = desk.end_job(desk.queue("greet.sh", name="Maria"))
    results = desk.assembly.results
    results.make(job.id, attempt=1)
    (results.folder(job.id) / "greeting.txt").write_text("Hello")
    settle_messages(desk.assembly.store, now=system_clock())
    return job


def remind(desk: Desk, job: Job) -> None:
    """Owe the reminder about this job, and none about what other tests left."""
    others = [each.id for each in desk.jobs_of() if each.id != job.id]
    desk.assembly.store.expiry.pass_over(others, now=system_clock())
    reminders = desk.assembly.reminders()
    assert isinstance(reminders, Reminders)
    assert replace(reminders, runner="runner", clock=lambda: system_clock() + LATER).remind() > 0


def reminder(maria: Person, job: Job) -> Json:
    return next(one for one in reversed(maria.dm()) if f"Job {job.id} " in one["text"] and "🗑️" in one["text"])


def buttons(message: Json) -> list[str]:
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


def press(maria: Person, message: Json, action_id: str) -> None:
    block = next(each for each in message["blocks"] if f'"{action_id}"' in json.dumps(each))
    assert maria.press(maria.in_message(message), block["block_id"], action_id) == {"ok": True}


def test_reminder_keeps_files_a_week_longer_at_a_press_and_has_no_buttons_then(
    desk: Desk, maria: Person, job: Job, deliver: Deliver
) -> None:
    remind(desk, job)
    deliver()
    message = reminder(maria, job)
    assert message.get("thread_ts") in (None, message["ts"])
    assert buttons(message) == [KEEP, DELETE, DETAILS]

    press(maria, message, "job.keep")

    maria.wait_for_dm(f"Job {job.id} is kept 7 d longer.")
    deliver()
    changed = reminder(maria, job)
    assert (changed["ts"], buttons(changed)) == (message["ts"], [DETAILS])
    assert f"Job {job.id} is kept longer: " in changed["text"]


def test_reminder_deletes_files_at_a_press_and_says_that_they_are_gone(
    desk: Desk, maria: Person, job: Job, deliver: Deliver
) -> None:
    remind(desk, job)
    deliver()
    message = reminder(maria, job)

    press(maria, message, "job.delete")

    answer = maria.wait_for_dm(f"The files of job {job.id} are deleted.")
    assert KEEP not in buttons(answer)
    assert DELETE not in buttons(answer)
    deliver()
    assert buttons(reminder(maria, job)) == [DETAILS]
    assert f"Job {job.id} has no files any more: " in reminder(maria, job)["text"]
    assert not desk.assembly.results.exists(job.id)


def test_old_button_says_what_became_of_the_files(desk: Desk, maria: Person, job: Job) -> None:
    for number, words in enumerate(["is kept 7 d longer", "is kept longer already", "is kept longer already"]):
        assert words in said(desk, "job.keep", f"{job.id} 0", number)
    assert f"The files of job {job.id} are deleted." in said(desk, "job.delete", f"{job.id}", 3)
    assert f"The files of job {job.id} are deleted already." in said(desk, "job.delete", f"{job.id}", 4)
    assert f"The files of job {job.id} are deleted already." in said(desk, "job.keep", f"{job.id} 604800", 5)


@pytest.mark.parametrize("value", ["{}", "{} ", "{} x", "{} -1", "{} 0 0", "x 0", "{} " + "9" * 30, "{} ٣"])
def test_forged_button_is_answered_and_keeps_nothing(desk: Desk, job: Job, value: str) -> None:
    answer = said(desk, "job.keep", value.format(job.id), abs(hash(value)))

    assert answer
    assert "reference" not in answer
    assert desk.assembly.store.jobs.get(job.id) == job


def said(desk: Desk, act: str, value: str, number: int) -> str:
    name = f"{act}-{number}"
    desk.dispatch(payloads.press(act, value, user_id=MARIA, response_url=desk.answers.to(name)))
    return str(desk.answers.wait(name)["text"])
