"""The queue in Slack: hold, release, move, more time, pause and resume, by everybody and at every moment."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runner.jobs import Ending, Event, Job, Progress, State
from runner.messages import slack_message
from runner.system.text import slack_text
from tests.support.machine.installation import Form, texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, last_answer, press_on_job, requester
from tests.support.slack.drawn import markup, nodes
from tests.support.slack.person import ADMIN, GENERAL, MARIA, TOM, Json, Person, wait_for

_ASKED = itertools.count()
HOSTILE = "<!channel> <@U0MARIA0001> <https://evil.example|Click> *b* \u202egnp\x1b[31m\n> q"
ON_WAITING = ["job.hold", "job.release", "job.front", "job.before_all"]


@pytest.fixture(autouse=True)
def _empty_queue(desk: Desk) -> None:
    """No job waits or runs when a test begins."""
    for job in desk.assembly.store.jobs.page(limit=1_000):
        if job.state is State.QUEUED:
            desk.service.cancel(job.requester, job.id)
        elif job.state is State.RUNNING:
            ended = Ending(state=State.FAILED)
            desk.assembly.store.jobs.finish(
                job.id, ended, runner="runner", now=job.requested_at, expires_at=job.requested_at
            )


@pytest.fixture
def waiting(desk: Desk) -> Job:
    return desk.queue("greet.sh", name="Ada")


@pytest.fixture
def running(desk: Desk) -> Job:
    """A job of Maria's that can be given three hours more."""
    script = desk.write_script("long.sh", "{title: Long, timeout: 2h, more_time: 3h}")
    return desk.start_job(desk.queue(script))


def pressed(desk: Desk, action_id: str, value: object, *, user_id: str = MARIA) -> Json:
    """What is answered to whoever presses a button."""
    name = f"queue-{next(_ASKED)}"
    desk.dispatch(payloads.press(action_id, str(value), user_id=user_id, response_url=desk.answers.to(name)))
    return desk.answers.wait(name)


def said(desk: Desk, typed: str, *, user_id: str = MARIA) -> Json:
    """What is answered to whoever types something after /jobs."""
    name = f"queue-{next(_ASKED)}"
    desk.dispatch(payloads.command("/jobs", typed, user_id=user_id, response_url=desk.answers.to(name)))
    return desk.answers.wait(name)


def now(desk: Desk, job: Job) -> Job:
    found = desk.assembly.store.jobs.get(job.id)
    assert found
    return found


def buttons(answer: Json) -> dict[str, str]:
    """The words of the buttons, by what they do."""
    return {node["action_id"]: node["text"]["text"] for node in nodes(answer) if node.get("type") == "button"}


def shows(answer: Json, job: Job) -> bool:
    """Whether the job is shown anew."""
    headers = [block["text"]["text"] for block in answer["blocks"] if block["type"] == "header"]
    return len(headers) == 1 and f"Job {job.id}: " in headers[0]


@contextmanager
def paused(desk: Desk, reason: str = "the disk is replaced") -> Iterator[None]:
    try:
        assert "The queue is paused" in said(desk, f"pause {slack_text(reason)}", user_id=ADMIN)["text"]
        yield
    finally:
        assert "jobs start again" in said(desk, "resume", user_id=ADMIN)["text"]


# ---- hold and release


@pytest.mark.parametrize("user_id", [MARIA, ADMIN])
def test_job_is_held_and_released_by_requester_and_administrators(desk: Desk, waiting: Job, user_id: str) -> None:
    held = pressed(desk, "job.hold", waiting.id, user_id=user_id)

    by = now(desk, waiting).held_by
    assert by
    assert shows(held, waiting)
    assert f"Job {waiting.id} is held; it starts once it is released." in held["text"]
    assert f"Waits: held by {by} since" in held["text"]
    assert "Release" in buttons(held).values()
    assert "Hold" not in buttons(held).values()
    assert "Place in the queue" not in held["text"]

    released = pressed(desk, "job.release", waiting.id, user_id=user_id)

    assert now(desk, waiting).held_by is None
    assert shows(released, waiting)
    assert "held by" not in released["text"]
    assert "Place in the queue" in released["text"]


def test_held_job_is_marked_in_lists(desk: Desk, maria: Person, waiting: Job) -> None:
    press_on_job(maria, waiting, "job.hold")
    wait_for(lambda: now(desk, waiting).held_at, what="held")

    assert f"{waiting.id} Greet, " in said(desk, "")["text"]
    assert "queued, ✋ held" in said(desk, "")["text"]


def test_details_replace_themselves_where_only_one_person_sees_them(desk: Desk, maria: Person, waiting: Job) -> None:
    press_on_job(maria, waiting, "job.hold")

    wait_for(lambda: f"Job {waiting.id} is held" in json.dumps(maria.messages(GENERAL)[-1:]), what="the answer")
    shown = [one for one in maria.messages(GENERAL) if f"Job {waiting.id}: " in json.dumps(one)]
    assert len(shown) == 1


def test_holding_from_home_draws_the_modal_anew(desk: Desk, maria: Person, waiting: Job) -> None:
    maria.open_home()
    home = wait_for(lambda: (found := maria.home()) and f"{waiting.id} ·" in texts(found) and found, what="the job")
    block = next(each for each in home["blocks"] if (each.get("accessory") or {}).get("value") == str(waiting.id))
    maria.press(maria.in_home(), block["block_id"], "job.details")
    details = maria.top_view(callback_id="shown")
    block = next(each for each in details["blocks"] if "job.hold" in json.dumps(each))

    maria.press(maria.in_view(), block["block_id"], "job.hold")

    wait_for(lambda: f"Job {waiting.id} is held" in texts(maria.views()), what="the word")
    assert len(maria.views()) == 1


# ---- the order


def places(desk: Desk) -> list[int]:
    """The jobs that wait, in the order in which they start."""
    return [each.job.id for each in upcoming(desk) if each.job.state is State.QUEUED]


def upcoming(desk: Desk) -> Any:
    person = requester(ADMIN)
    return desk.service.queue.upcoming(person, at_most=500)


def test_own_job_moves_before_ones_others(desk: Desk, waiting: Job) -> None:
    later = desk.queue("greet.sh", name="later")
    assert places(desk).index(later.id) > places(desk).index(waiting.id)

    answer = pressed(desk, "job.front", later.id)

    assert places(desk).index(later.id) < places(desk).index(waiting.id)
    assert shows(answer, later)
    assert "comes before the others of its requester" in answer["text"]


def test_only_administrators_move_a_job_before_all(desk: Desk, waiting: Job) -> None:
    last = desk.queue("greet.sh", user_id=TOM, name="last")
    assert "job.before_all" not in buttons(said(desk, str(last.id), user_id=TOM))
    assert "job.before_all" in buttons(said(desk, str(last.id), user_id=ADMIN))
    before = now(desk, last)

    assert "Only administrators" in pressed(desk, "job.before_all", last.id, user_id=TOM)["text"]
    assert now(desk, last) == before
    assert shows(pressed(desk, "job.before_all", last.id, user_id=ADMIN), last)

    assert places(desk)[0] == last.id


@pytest.mark.parametrize("action_id", ON_WAITING)
@pytest.mark.parametrize("state", [State.RUNNING, State.SUCCEEDED, State.CANCELLED])
def test_press_that_comes_too_late_is_answered_in_words_above_the_job(
    desk: Desk, waiting: Job, action_id: str, state: State
) -> None:
    became = desk.start_job(waiting) if state is State.RUNNING else desk.end_job(waiting, state)

    answer = pressed(desk, action_id, waiting.id, user_id=ADMIN)

    assert f"Job {waiting.id} is {state}; only a job that waits can be" in answer["text"]
    assert shows(answer, waiting)
    assert not set(buttons(answer)) & set(ON_WAITING)
    assert now(desk, waiting) == became


def test_second_hold_and_a_release_of_what_is_not_held_are_told(desk: Desk, waiting: Job) -> None:
    assert f"Job {waiting.id} is not held." in pressed(desk, "job.release", waiting.id)["text"]
    pressed(desk, "job.hold", waiting.id)

    assert f"Job {waiting.id} is held already" in pressed(desk, "job.hold", waiting.id)["text"]


# ---- more time


def test_running_job_offers_time_in_steps_and_all_that_is_left(desk: Desk, running: Job) -> None:
    offered = [words for action, words in buttons(said(desk, str(running.id))).items() if "more_time" in action]

    assert offered == ["30 min more", "1 h more", "2 h more", "All that is left: 3 h"]


@pytest.mark.parametrize("user_id", [MARIA, ADMIN])
def test_time_is_added_up_to_what_the_script_allows(desk: Desk, running: Job, user_id: str) -> None:
    answer = pressed(desk, "job.more_time.3", f"{running.id} 7200", user_id=user_id)

    assert shows(answer, running)
    assert f"Job {running.id} may run 2 h longer." in answer["text"]
    assert "Time limit: 2 h, and 2 h more was added" in answer["text"]
    offered = [words for action, words in buttons(answer).items() if "more_time" in action]
    assert offered == ["30 min more", "All that is left: 1 h"]
    assert "can be given at most 1 h more" in pressed(desk, "job.more_time.3", f"{running.id} 7200")["text"]
    assert now(desk, running).more_time == timedelta(hours=2)
    answer = pressed(desk, "job.more_time.2", f"{running.id} 3600")
    assert not any("more_time" in action for action in buttons(answer))


def test_job_whose_script_allows_no_more_offers_none(desk: Desk, waiting: Job) -> None:
    desk.start_job(waiting)

    answer = pressed(desk, "job.more_time.1", f"{waiting.id} 1800")

    assert "can be given no more time" in answer["text"]
    assert not any("more_time" in action for action in buttons(answer))


@pytest.mark.parametrize("state", [State.QUEUED, State.SUCCEEDED, State.TIMED_OUT])
def test_time_for_what_does_not_run_is_refused_in_words(desk: Desk, state: State) -> None:
    job = desk.queue(desk.write_script("long.sh", "{title: Long, timeout: 2h, more_time: 3h}"))
    if state.is_final:
        desk.end_job(job, state)

    answer = pressed(desk, "job.more_time.1", f"{job.id} 1800")

    assert "only a running job can get more time" in answer["text"]
    assert shows(answer, job)
    assert now(desk, job).more_time == timedelta()


FORGED = ["", "{}", "{} ", "{} 0", "{} -1800", "{} 1e3", "{} 1800.5", "{} 1800 1800", "{} ١٨٠٠", "{} 1800\n", "x 1800"]


@pytest.mark.parametrize("value", [*FORGED, "{} " + "9" * 30, "1800 {}", "\u202e", "{} \ud800", "-{} 1800"])
def test_forged_time_is_answered_and_adds_nothing(desk: Desk, running: Job, value: str) -> None:
    answer = pressed(desk, "job.more_time.1", value.format(running.id))

    assert answer["text"]
    assert "reference" not in answer["text"]
    assert now(desk, running) == running


def test_warning_gives_time_at_a_press(desk: Desk, maria: Person, running: Job) -> None:
    report = desk.service.details(requester(MARIA), running.id).report
    desk.app.client.chat_postMessage(
        channel=MARIA,
        text=slack_message.text(Event.WARNED, report),
        blocks=slack_message.blocks(Event.WARNED, report),
    )
    message = maria.wait_for_dm(f"Job {running.id} is near its time limit")
    block = next(each for each in message["blocks"] if "job.more_time.2" in json.dumps(each))

    maria.press(maria.in_message(message), block["block_id"], "job.more_time.2")

    answer = maria.wait_for_dm(f"Job {running.id} may run 1 h longer.")
    assert shows(answer, running)
    assert now(desk, running).more_time == timedelta(hours=1)
    assert message["ts"] in [one["ts"] for one in maria.dm()]


# ---- pause and resume


@pytest.mark.parametrize("user_id", [MARIA, TOM])
def test_only_administrators_pause_and_resume(desk: Desk, user_id: str) -> None:
    assert said(desk, "pause for fun", user_id=user_id)["text"] == "Only administrators may pause the queue."
    assert desk.service.queue.paused() is None

    with paused(desk):
        assert said(desk, "resume", user_id=user_id)["text"] == "Only administrators may resume the queue."
        assert desk.service.queue.paused()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("pause", "The reason for the pause must not be empty"),
        ("PAUSE   ", "The reason for the pause must not be empty"),
        ("pause " + "x" * 301, "must be at most 300 characters long"),
        ("pause two\nlines", "must be one line of text"),
        ("resume", "The queue is not paused."),
    ],
)
def test_pause_without_a_good_reason_is_refused(desk: Desk, typed: str, told: str) -> None:
    assert told in said(desk, typed, user_id=ADMIN)["text"]
    assert desk.service.queue.paused() is None


@pytest.mark.parametrize(
    "reason", ["<!channel> *b* `c`", "<https://evil.example|Click>", "$(id); rm -rf x", "&amp;", "日本語"]
)
def test_reason_of_a_pause_is_shown_as_text(desk: Desk, waiting: Job, reason: str) -> None:
    with paused(desk, reason):
        shown = [said(desk, typed) for typed in ("", "queue", str(waiting.id))]

    for answer in shown:
        assert reason in texts(answer["blocks"])
        assert slack_text(reason) in answer["text"]
        assert not any(reason in each for each in markup(answer["blocks"]))


def test_pause_is_told_wherever_somebody_waits_for_jobs(desk: Desk, maria: Person, waiting: Job) -> None:
    with paused(desk):
        assert "The queue is paused by Ines Duarte since" in said(desk, str(waiting.id))["text"]
        assert "Expected to start" not in said(desk, str(waiting.id))["text"]
        assert "the disk is replaced" in said(desk, "")["text"]
        assert "⏸️ paused" in said(desk, "")["text"]
        assert "the disk is replaced" in said(desk, "queue")["text"]
        maria.open_home()
        wait_for(lambda: "the disk is replaced" in texts(maria.home() or {}), what="the pause on the Home tab")
        form = Form(maria, "greet")
        assert "the disk is replaced" in texts(maria.top_view())
        form.fill("Name", "Ada").submit()
        assert {": the disk is replaced", ". The job waits until jobs start again."} <= set(
            texts(maria.top_view()).split("\n")
        )

    assert "paused" not in said(desk, "")["text"]


# ---- who runs and who waits


def progressing(desk: Desk, job: Job, **said: Any) -> None:
    assert desk.assembly.store.jobs.set_progress(job.id, Progress(**said), runner="runner")


def test_queue_shows_who_runs_and_who_waits_in_order(desk: Desk, running: Job) -> None:
    progressing(desk, running, percent=42)
    first, second = desk.queue("greet.sh", name="one"), desk.queue("greet.sh", name="two")

    answer = said(desk, "queue")

    lines = answer["text"].splitlines()
    numbers = [line.split(" ·")[0].split()[-1] for line in lines if " · " in line]
    assert numbers.index(str(running.id)) < numbers.index(str(first.id)) < numbers.index(str(second.id))
    assert any(f"{running.id} · Long · " in line and " · 42 % · for " in line for line in lines)
    assert lines[0].startswith("At most: ")
    assert "job.details" in buttons(answer)
    assert texts(answer["blocks"]).count("Running: ") == 1


def test_what_scripts_of_others_say_stays_theirs(desk: Desk, running: Job) -> None:
    progressing(desk, running, percent=42, status="the secret word")

    for answer in (said(desk, "queue", user_id=TOM), said(desk, "all", user_id=TOM)):
        assert "Long" in answer["text"]
        assert "42 %" not in json.dumps(answer, ensure_ascii=False)
        assert "the secret word" not in json.dumps(answer)
    assert "42 %" in said(desk, "queue", user_id=ADMIN)["text"]


def test_queue_is_drawn_anew_in_place(desk: Desk, maria: Person) -> None:
    maria.command("/jobs queue")
    message = last_answer(maria, "The queue", GENERAL)
    block = next(each for each in message["blocks"] if "jobs.queue" in json.dumps(each))
    late = desk.queue("greet.sh", name="late")

    maria.press(maria.in_message(message, GENERAL), block["block_id"], "jobs.queue")

    wait_for(lambda: f" {late.id} · " in texts(maria.messages(GENERAL)[-1:]), what="the new job")
    assert maria.messages(GENERAL)[-1]["ts"] == message["ts"]


@pytest.mark.parametrize("others", [0, 1, 3])
def test_form_foresees_what_the_job_is_told_then(desk: Desk, running: Job, others: int) -> None:
    for _ in range(2):
        desk.start_job(desk.queue("greet.sh", user_id=TOM))
    for number in range(others):
        desk.queue("greet.sh", user_id=(TOM, MARIA)[number % 2])
    person, script = requester(), desk.script("greet.sh")
    limits = desk.service.queue.limits
    # One order for all plays: else the place is that of most plays, which differ from one forecast to the next.
    desk.service.queue.limits = replace(limits, per_person=limits.slots)

    foreseen = desk.service.queue.outlook_for(person, script).forecast

    told = desk.service.queue.outlook(desk.queue("greet.sh")).forecast
    assert foreseen
    assert told
    assert (foreseen.place, foreseen.run_count) == (told.place, told.run_count)
    assert foreseen.start


def test_nothing_is_foreseen_while_the_queue_is_paused(desk: Desk) -> None:
    script = desk.script("greet.sh")
    with paused(desk):
        assert desk.service.queue.outlook_for(requester(), script).forecast is None

    assert desk.service.queue.outlook_for(requester(), script).forecast


# ---- progress


def test_progress_is_shown_as_a_bar_and_told_as_a_number(desk: Desk, maria: Person, running: Job) -> None:
    progressing(desk, running, percent=42, status="chapter 5", label="Counting", table={"words": "1,200"})

    answer = said(desk, str(running.id))

    assert "Progress: 42 % · Counting · chapter 5" in answer["text"]
    assert "▰" * 8 + "▱" * 12 + " 42 % · Counting · chapter 5" in texts(answer["blocks"])
    assert "words: \n1,200" in texts(answer["blocks"])
    maria.open_home()
    wait_for(lambda: "42 % · Counting · chapter 5" in texts(maria.home() or {}), what="progress on the Home tab")


def test_progress_of_any_kind_is_shown_as_text_and_bounded(desk: Desk, running: Job) -> None:
    table = {f"{index}{HOSTILE}": HOSTILE * 40 for index in range(50)} | {"": "", " ": "\n"}
    progressing(desk, running, percent=10**9, status=HOSTILE * 100, label="\x00" * 5000, table=table)

    answer = said(desk, str(running.id))

    assert "evil.example|" not in json.dumps(markup(answer["blocks"]))
    assert "▰" * 20 + " 100 %" in texts(answer["blocks"])
    assert "and 42 more" in texts(answer["blocks"])
    assert "\x1b" not in texts(answer["blocks"])
    assert "<!channel>" not in answer["text"]
    assert len(json.dumps(answer)) < 30_000


def test_job_that_ended_shows_no_bar(desk: Desk, running: Job) -> None:
    progressing(desk, running, percent=42)
    desk.assembly.store.jobs.request_cancel(running.id, by="Ada", now=running.requested_at)

    assert "42 %" in said(desk, str(running.id))["text"]


# ---- help


def test_help_names_what_can_be_typed(desk: Desk) -> None:
    told = said(desk, "help")["text"]

    hint = next(
        each["usage_hint"] for each in payloads.MANIFEST["features"]["slash_commands"] if each["command"] == "/jobs"
    )
    for word in hint.strip("[]").split(" | "):
        if word not in ("help", "job number"):
            assert f"/jobs {word.replace('NUMBER', '12')}" in told
