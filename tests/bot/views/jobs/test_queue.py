"""What is drawn of the queue, progress and attempts, whatever they hold: blocks that Slack takes, text as text."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.views.form import script_summary
from bot.views.form.submitted import queued
from bot.views.jobs import home, job_details, job_list, queue
from bot.views.jobs.list_filters import ListAsked
from runner.jobs import AttemptRecord, Event, Job, Pause, Progress, Requester, Retries, State, Step, Trouble, Usage
from runner.messages import progress
from runner.messages.blocks import rich, section
from runner.messages.reader import Reader
from runner.messages.reports import Report
from runner.scheduling import Forecast, Limits, Range
from runner.scripts import Script
from runner.service import Details, JobPage, Outlook, Upcoming
from runner.system.text import Moment
from tests.support.slack.at_home import at_home
from tests.support.slack.drawn import checked_message, checked_view, markup, nodes

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
READER = Reader(now=NOW, zone=ZoneInfo("Europe/Berlin"))
TELLING = rich(section("You will be told."))
HOSTILE = "<!channel> <@U0MARIA0001> <https://evil.example|Click> *b* `c` &amp; \u202egnp\x1b[31m\n> q"
TEXTS = [HOSTILE, "t", " ", "é" * 3000, "👩‍💻" * 1000, "\x00" * 3000, "a\n" * 1500]
MINUTE = timedelta(minutes=1)
SCRIPT = Script(name="wc.sh", path=Path("/scripts/wc.sh"), title="Word count", group="", parameters=())


def job(state: State = State.QUEUED, *, text: str = "t", **more: Any) -> Job:
    values: dict[str, Any] = {
        "id": 12,
        "script": "wc.sh",
        "title": text,
        "values": {},
        "requester": Requester(user_id="U1", team_id="T1", email="ada@example.com", name=text),
        "requested_at": NOW - 20 * MINUTE,
        "started_at": None if state is State.QUEUED else NOW - 10 * MINUTE,
        "finished_at": NOW if state.is_final else None,
    }
    return Job(state=state, **values | more)


def details(one: Job, **more: Any) -> Details:
    expected = {name: more.pop(name) for name in ("paused", "forecast", "obstacle") if name in more}
    outlook = Outlook(place=more.pop("place", 0), **expected)
    usual: dict[str, Any] = {"report": Report(job=one), "outlook": outlook, "troubles": (), "may_cancel": True}
    return Details(**usual | more)


def facts(found: Details) -> dict[str, str]:
    """What is told of a job, by label."""
    lines = job_details.spoken(found, READER).splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def expected(start: Range | None, end: Range, *, run_count: int = 3, place: int = 2) -> Forecast:
    return Forecast(place=place, start=start, end=end, run_count=run_count)


def between(first: float, last: float | None) -> Range:
    """A range, in minutes from now."""
    return Range(earliest=NOW + first * MINUTE, latest=None if last is None else NOW + last * MINUTE)


# ---- moments


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (between(5, 20), "11:05 to 11:20"),
        (between(5, 5.5), "about 11:05"),
        (between(5, None), "not before 11:05"),
        (between(0, 20), "by 11:20"),
        (between(-3, 0.01), "right away"),
        (between(-3, 0.5), "within a minute"),
        (between(0.5, None), ""),
        (between(60, 13 * 60), "12:00 to 5 Mar 00:00"),
        (between(12 * 60, 14 * 60), "23:00 to 5 Mar 01:00"),
        (between(14 * 60, 15 * 60), "5 Mar 01:00 to 5 Mar 02:00"),
        (between(0, 365 * 24 * 60), "by 4 Mar 2027 11:00"),
    ],
)
def test_what_is_not_known_exactly_is_told_as_a_range_in_the_readers_zone(found: Range, told: str) -> None:
    assert READER.spoken(READER.between(found)) == told


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/St_Johns", "UTC"])
def test_moment_is_told_in_the_readers_zone(zone: str) -> None:
    told = Reader(now=NOW, zone=ZoneInfo(zone)).spoken([Moment(NOW)])

    assert told == f"{NOW.astimezone(ZoneInfo(zone)):%H:%M}"


# ---- one job


def test_waiting_job_tells_its_place_and_when_it_starts_and_ends() -> None:
    foreseen = expected(between(5, 20), between(30, 60))

    told = facts(details(job(), place=2, forecast=foreseen))

    assert told["Job 12, t"] == "queued"
    assert told["Place in the queue"] == "2"
    assert told["Expected to start"] == "11:05 to 11:20"
    assert told["Expected to end"] == "11:30 to 12:00 (as 3 runs say)"


@pytest.mark.parametrize(
    ("run_count", "told"), [(0, "it has not run before"), (1, "as it ran once before"), (30, "as 30 runs say")]
)
def test_end_says_what_it_is_based_on(run_count: int, told: str) -> None:
    foreseen = expected(None, between(5, 20), run_count=run_count)

    assert facts(details(job(State.RUNNING), forecast=foreseen))["Expected to end"] == f"11:05 to 11:20 ({told})"


def test_end_that_follows_from_what_the_script_says_is_told_as_that() -> None:
    foreseen = replace(expected(None, between(5, 20), run_count=0), is_reported=True)

    told = facts(details(job(State.RUNNING), forecast=foreseen))["Expected to end"]
    assert told == "11:05 to 11:20 (as it says itself)"


def test_of_a_script_that_never_ran_no_end_is_guessed() -> None:
    foreseen = expected(None, between(0.1, None), run_count=0)

    told = facts(details(job(State.RUNNING), forecast=foreseen))["Expected to end"]
    assert told == "not known yet: it has not run before"


def test_of_what_waits_for_a_script_that_never_ran_no_moment_is_guessed() -> None:
    foreseen = expected(between(0.1, None), between(0.2, None))

    told = facts(details(job(), place=1, forecast=foreseen))

    words = "not known yet: what comes first has not run before"
    assert (told["Expected to start"], told["Expected to end"]) == (words, words)


@pytest.mark.parametrize(
    ("one", "outlook", "words"),
    [
        (job(), {"place": 1, "obstacle": "2 jobs run, and 2 may at once"}, "2 jobs run, and 2 may at once"),
        (job(), {"place": 3}, "2 jobs come first"),
        (job(), {"place": 2}, "1 job comes first"),
        (
            job(held_at=NOW, held_by="Ada"),
            {"place": 0},
            "held by Ada since 11:00: it does not start until it is released",
        ),
        (job(not_before=NOW + MINUTE), {"place": 1}, "the next attempt starts after 11:01"),
    ],
)
def test_job_tells_why_it_waits(one: Job, outlook: dict[str, Any], words: str) -> None:
    assert facts(details(one, **outlook))["Waits"] == words
    answer = json.dumps(checked_view(queued(one, Outlook(**outlook), reader=READER, telling=TELLING)))
    assert words.partition(" 11:")[0].removesuffix(" since") in answer
    assert "right away" not in answer


def test_job_that_nothing_keeps_waits_for_nothing() -> None:
    assert "Waits" not in facts(details(job(), place=1))


def test_job_that_waits_for_its_next_attempt_tells_when_and_what_became_of_the_others() -> None:
    usage = Usage(peak_memory_bytes=1_200_000_000, cpu_time=timedelta(minutes=3))
    first = AttemptRecord(
        number=1,
        started_at=NOW - 10 * MINUTE,
        finished_at=NOW - 5 * MINUTE,
        state=State.FAILED,
        reason="no licence",
        exit_code=75,
        usage=usage,
    )
    retries = Retries(times=2, delay=5 * MINUTE)
    waits = job(attempt=1, retry_count=1, retries=retries, not_before=NOW + 5 * MINUTE)

    told = facts(details(waits, attempts=(first,)))

    assert told["Waits"] == "the next attempt starts after 11:05"
    assert told["Attempts so far"] == "1 of 3"
    assert told["Attempt 1"] == (
        "started 10:50, failed with exit code 75, after 5 min, peak memory 1.2 GB, CPU time 3 min, no licence"
    )


def test_running_job_tells_its_limit_and_when_it_is_stopped() -> None:
    long = job(State.RUNNING, time_limit=60 * MINUTE, more_time=30 * MINUTE, grantable=60 * MINUTE)

    told = facts(details(long))

    assert told["Time limit"] == "1 h, and 30 min more was added"
    assert told["Stopped at the latest"] == "12:20"


def test_ended_job_tells_what_it_took_and_that_its_script_changed() -> None:
    ended = job(State.SUCCEEDED, peak_memory_bytes=3_000_000, cpu_time=timedelta(seconds=4), script_changed=True)

    told = facts(details(ended))

    assert (told["Peak memory"], told["CPU time"]) == ("3.0 MB", "4 s")
    assert told["Changed"].startswith("the script was changed after the job was asked for")
    assert "Time limit" not in told
    assert "Attempt" not in told


def test_messages_that_could_not_be_delivered_are_told_with_their_reason() -> None:
    parts: dict[str, Any] = {"job_id": 12, "event": Event.ENDED, "error": "550 no such user"}
    lost = Trouble(channel="email", attempts=1, is_given_up=True, **parts)
    put_off = Trouble(channel="slack", attempts=1, is_given_up=False, **parts)
    again = Trouble(channel="slack", attempts=3, is_given_up=False, **parts)
    found = details(job(State.SUCCEEDED), troubles=(lost, put_off, again))
    lines = [
        "The ended message by email was given up: 550 no such user",
        "The ended message by slack failed once and is tried again: 550 no such user",
        "The ended message by slack failed 3 times and is tried again: 550 no such user",
    ]

    drawn = json.dumps([block.to_dict() for block in job_details.details(found, READER)])

    assert job_details.spoken(found, READER).splitlines()[-3:] == lines
    assert all(line in drawn for line in lines)


def everything(state: State, text: str) -> Details:
    """A job of which as much as possible is to be told, and most of it is the given text."""
    tries = tuple(
        AttemptRecord(
            number=number,
            started_at=NOW,
            finished_at=NOW,
            state=State.FAILED,
            reason=text,
            exit_code=255,
            usage=Usage(peak_memory_bytes=10**18, cpu_time=timedelta(days=999)),
        )
        for number in range(1, 40)
    )
    one = job(
        state,
        text=text,
        reason=text,
        held_by=text,
        held_at=NOW,
        not_before=NOW,
        cancel_requested_at=NOW,
        cancel_requested_by=text,
        attempt=39,
        retry_count=10,
        retries=Retries(times=10, delay=MINUTE),
        script_changed=True,
        time_limit=timedelta(days=400),
        more_time=timedelta(days=400),
        grantable=timedelta(days=900),
        progress=Progress(
            percent=-7,
            status=text,
            label=text,
            table=dict.fromkeys([text, *map(str, range(99))], text),
            steps=(Step(title=text[:100] or "x", details=text[:200]),) * 30,
        ),
        values={f"p{index}": text for index in range(90)},
        peak_memory_bytes=10**18,
        cpu_time=timedelta(days=999),
    )
    trouble = Trouble(job_id=12, event=Event.WARNED, channel="slack", attempts=9, error=text, is_given_up=True)
    return details(
        one,
        attempts=tries,
        place=10**9,
        forecast=expected(between(5, 20), between(30, None)),
        paused=Pause(reason=text, paused_by=text, paused_at=NOW),
        may_rearrange=True,
        may_move_before_all=True,
        grantable=timedelta(days=900),
        troubles=(trouble,) * 9,
        report=Report(job=one, log_tail=text * 20),
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("text", TEXTS)
def test_details_with_everything_can_be_shown(state: State, text: str) -> None:
    found = everything(state, text)

    sent = checked_message(job_details.details(found, READER, notice=f"Job 12 is held. {text}"[:3000]))

    assert len(sent) <= 50
    assert not any("evil.example" in each for each in markup(sent))
    ids = [node["action_id"] for node in nodes(sent) if "action_id" in node]
    assert len(ids) == len(set(ids))
    spoken = job_details.spoken(found, READER)
    assert "\x1b" not in spoken
    assert "\u202e" not in spoken
    assert len(spoken) < 10_000


# ---- progress


@pytest.mark.parametrize(("percent", "full", "told"), [(-5, 0, 0), (0, 0, 0), (4, 0, 4), (50, 10, 50), (999, 20, 100)])
def test_bar_is_as_long_whatever_the_number_is(percent: int, full: int, told: int) -> None:
    running = job(State.RUNNING, progress=Progress(percent=percent))

    assert progress.line(running) == "▰" * full + "▱" * (20 - full) + f" {told} %"
    assert progress.words(running) == f"{told} %"


def test_progress_without_a_number_has_no_bar() -> None:
    assert progress.line(job(State.RUNNING, progress=Progress(status="reading"))) == "reading"


@pytest.mark.parametrize("said", [None, Progress(), Progress(label="", status="  ", table={})])
def test_script_that_says_nothing_has_no_progress(said: Progress | None) -> None:
    running = job(State.RUNNING, progress=said)

    assert progress.line(running) == ""
    assert "Progress" not in facts(details(running))


# ---- lists, Home and the queue


@pytest.mark.parametrize(
    ("one", "is_paused", "mark"),
    [
        (job(held_at=NOW, held_by="Ada"), True, "✋ held"),
        (job(), True, "⏸️ paused"),
        (job(not_before=NOW), False, "🔁 tried again"),
        (job(State.RUNNING, progress=Progress(percent=7)), True, "7 %"),
    ],
)
def test_line_of_a_job_says_what_is_with_it(one: Job, is_paused: bool, mark: str) -> None:
    line = next(job_list.line(one, now=NOW, is_paused=is_paused)).to_dict()["text"]["text"]

    assert line.split(" · ")[4] == mark


def test_lists_and_home_tell_what_keeps_a_job() -> None:
    words = "1 job runs of its script, and 1 of it may at once"
    page = JobPage(jobs=(job(),), job_count=1, obstacles={12: words})
    upcoming = [Upcoming(job=job(), place=1, forecast=None, obstacle=words)]

    told: dict[str, Any] = {"pause": None, "limits": Limits(), "waiting_count": 1, "reader": READER}
    shown = [
        json.dumps(checked_message(job_list.page(page, asked=ListAsked(), reader=READER))),
        job_list.spoken(page, asked=ListAsked(), reader=READER),
        json.dumps(checked_view(home.home(at_home(job(), obstacles={12: words}), READER, name="Ada"))),
        json.dumps(checked_message(queue.page(upcoming, **told))),
        queue.spoken(upcoming, **told),
    ]
    assert [each.count(words) for each in shown] == [1] * 5


def test_form_tells_what_would_keep_a_job() -> None:
    foreseen = expected(between(0.1, None), between(0.2, None), place=1)
    outlook = Outlook(place=1, forecast=foreseen, obstacle="2 jobs run, and 2 may at once")

    drawn = [each.to_dict() for each in script_summary.lines(SCRIPT, outlook, READER)]

    told = "".join(node["text"] for node in nodes(drawn) if node.get("type") == "text")
    assert told == (
        "A job would wait: 2 jobs run, and 2 may at once. "
        "Expected to start: not known yet: what comes first has not run before"
    )


@pytest.mark.parametrize("state", State)
def test_job_with_nothing_special_has_no_mark(state: State) -> None:
    assert list(queue.marks(job(state, progress=None), is_paused=False)) == []


@pytest.mark.parametrize("text", TEXTS)
def test_queue_of_any_jobs_can_be_shown(text: str) -> None:
    shown = [
        Upcoming(job=job(state, text=text, progress=Progress(percent=3, status=text)), place=7, forecast=foreseen)
        for state, foreseen in (
            (State.RUNNING, expected(None, between(5, None), place=0)),
            (State.RUNNING, None),
            (State.QUEUED, expected(between(5, 9), between(20, 30))),
            (State.QUEUED, None),
        )
    ] * 20
    limits = Limits(slots=2, per_person=1, cpus=8, memory_bytes=32 * 10**9)
    told: dict[str, Any] = {"limits": limits, "waiting_count": 10**6, "reader": READER}
    told["pause"] = Pause(reason=text, paused_by=text, paused_at=NOW)

    sent = checked_message(queue.page(shown, **told))

    assert len(sent) <= 50
    assert all(re.fullmatch(r"(ends|starts|not before|by|to| |<!date[^>]+>)*", each) for each in markup(sent))
    assert "At most: 2 jobs at once, 1 of one person, 8 CPUs, 32.0 GB of memory" in queue.spoken(shown, **told)
    page = JobPage(jobs=tuple(each.job for each in shown[:8]), job_count=8)
    contents = replace(at_home(), unfinished=shown[:12], paused=told["pause"])
    assert checked_view(home.home(contents, READER, name=text))["type"] == "home"
    assert len(checked_message(job_list.page(page, asked=ListAsked(), reader=READER, pause=told["pause"]))) <= 50


def test_empty_queue_can_be_shown() -> None:
    told: dict[str, Any] = {"pause": None, "limits": Limits(), "waiting_count": 0, "reader": READER}

    assert "Waiting: 0" in queue.spoken([], **told)
    checked_message(queue.page([], **told))


# ---- before and after asking for a job


def test_form_tells_the_place_and_start_that_are_foreseen() -> None:
    foreseen = expected(between(5, 20), between(30, 60), place=4)

    drawn = [each.to_dict() for each in script_summary.lines(SCRIPT, Outlook(place=4, forecast=foreseen), READER)]

    assert "number 4 in the queue" in json.dumps(drawn)
    assert "Expected to start: " in json.dumps(drawn)
    dates = [node["timestamp"] for node in nodes(drawn) if node.get("type") == "date"]
    assert dates == [int((NOW + minutes * MINUTE).timestamp()) for minutes in (5, 20)]


@pytest.mark.parametrize("text", TEXTS)
def test_form_and_answer_tell_of_a_pause(text: str) -> None:
    pause = Pause(reason=text, paused_by=text, paused_at=NOW)

    drawn = [each.to_dict() for each in script_summary.lines(SCRIPT, Outlook(place=4, paused=pause), READER)]
    view = checked_view(queued(job(), Outlook(place=3, paused=pause), reader=READER, telling=TELLING))

    assert "You can submit all the same" in json.dumps(drawn)
    assert "The job waits until jobs start again" in json.dumps(view)
    assert markup([drawn, view]) == []


def test_answer_tells_when_the_job_is_expected_to_start_and_end() -> None:
    foreseen = expected(between(5, 20), between(30, 60))

    view = queued(job(), Outlook(place=2, forecast=foreseen), reader=READER, telling=TELLING)

    dates = [node["timestamp"] for node in nodes(checked_view(view)) if node.get("type") == "date"]
    assert dates == [int((NOW + minutes * MINUTE).timestamp()) for minutes in (5, 20, 30, 60)]
    assert "It is number 2 in the queue." in json.dumps(checked_view(view))
    assert "(as 3 runs say)" in json.dumps(checked_view(view))
