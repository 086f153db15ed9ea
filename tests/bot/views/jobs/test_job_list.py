"""What /jobs and the Home tab show of jobs, whatever their texts hold: blocks that Slack takes, and text as text."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.views.jobs import home, job_details, job_list, list_filters
from bot.views.jobs.list_filters import LARGE, ListAsked, script_value
from runner.files import File
from runner.jobs import Event, Job, Requester, Retrieval, State, ToldValue, Trouble
from runner.messages.reader import Reader
from runner.messages.reports import Report
from runner.service import PAGE_SIZE, Details, JobPage, Outlook
from tests.support.slack.at_home import at_home
from tests.support.slack.drawn import Json, checked_message, checked_view, markup, nodes

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
READER = Reader(now=NOW, zone=UTC)
HOSTILE = "<!channel> <@U0MARIA0001> <https://evil.example|Click> *b* `c` ~s~ :smile: &amp; \u202egnp\x1b[31m\n> q"
DATE = r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>"
WORDS = r"Requested|started|ended|·|The files will be deleted|The files are deleted; the row goes"


def job(state: State = State.SUCCEEDED, *, text: str = HOSTILE, number: int = 2**31 - 1, **more: Any) -> Job:
    """A job whose every text is the given one."""
    values: Json = {
        "script": text,
        "title": text,
        "values": {},
        "told": tuple(ToldValue(label=text, text=text) for _ in range(90)),
        "requester": Requester(user_id="U0MARIA0001", team_id="T1", email=f"{text}@example.com", name=text),
        "requested_at": NOW - timedelta(days=400),
        "reason": text,
        "exit_code": 255 if state is State.FAILED else None,
        "started_at": None if state is State.QUEUED else NOW - timedelta(days=399),
        "finished_at": NOW - timedelta(hours=1) if state.is_final else None,
        "expires_at": NOW + timedelta(days=7) if state.is_final else None,
    }
    return Job(id=number, state=state, **values | more)


def found(one: Job, *, text: str = HOSTILE, results: int = 50, **more: Any) -> Details:
    """Its details, with as much of everything as there can be."""
    files = tuple(File(name=f"{index}{text}", size_bytes=10**index, modified_at=NOW) for index in range(results))
    report = Report(
        job=one,
        results=files,
        result_count=results and 10_000,
        log_tail=f"\x1b[31m{text}\x1b[0m\n" * (16_384 // (len(text) + 10)),
        retrieval=Retrieval(command=f"scp -r {text} .", password=text),
        is_kept=True,
    )
    troubles = [
        Trouble(
            job_id=one.id, event=event, channel=channel, attempts=9, error=text * 50, is_given_up=event is Event.ENDED
        )
        for event in Event
        for channel in ("slack", "email", "more")
    ]
    values: Json = {
        "report": report,
        "outlook": Outlook(place=12),
        "troubles": tuple(troubles),
        "may_cancel": not one.state.is_final,
    }
    return Details(**values | more)


def page(*jobs: Job, has_newer: bool = True, has_older: bool = True) -> JobPage:
    return JobPage(jobs=jobs, job_count=10**9, place=9, has_newer=has_newer, has_older=has_older)


def is_our_own(text: str) -> bool:
    """Whether a text in markup holds nothing but our words and dates."""
    return not re.sub(rf"{DATE}|{WORDS}", "", text).strip()


TEXTS = [HOSTILE, "t", "é" * 3000, "👩‍💻" * 1000, "\x00" * 3000, "a\n" * 1500]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("text", TEXTS)
def test_details_of_any_job_can_be_shown(state: State, text: str) -> None:
    sent = checked_message(job_details.details(found(job(state, text=text), text=text), READER))

    assert len(sent) <= 50
    assert all(is_our_own(each) for each in markup(sent)), markup(sent)


def test_details_of_a_job_without_anything_can_be_shown() -> None:
    bare = job(text="t", told=(), reason=None, expires_at=None)
    details = found(bare, report=Report(job=bare), troubles=())

    checked_message(job_details.details(details, READER))


def test_details_of_a_job_being_cancelled_say_by_whom() -> None:
    stopping = job(State.RUNNING, cancel_requested_at=NOW, cancel_requested_by=HOSTILE)

    assert "asked for by" in json.dumps(checked_message(job_details.details(found(stopping), READER)))


@pytest.mark.parametrize("text", ["\r", "\r\n", "\n", " ", "\t \n", "\x1b"])
def test_log_of_white_space_is_no_empty_text(text: str) -> None:
    one = job(text="t")
    report = replace(found(one, text="t").report, log_tail=text * 10)

    checked_message(job_details.details(found(one, text="t", report=report), READER))


def test_last_lines_of_a_log_are_kept() -> None:
    one = job(State.FAILED)
    log = "".join(f"\x1b[3{number % 8}mline {number}\x1b[0m of the log\n" for number in range(600))
    report = replace(found(one).report, log_tail=log)

    shown = json.dumps(checked_message(job_details.details(found(one, report=report), READER)))

    assert "line 599" in shown
    assert "\\u001b" not in shown


@pytest.mark.parametrize("mine", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_page_of_any_jobs_can_be_shown(mine: bool, text: str) -> None:
    jobs = [job(list(State)[number % len(State)], text=text, number=number + 1) for number in range(PAGE_SIZE)]

    sent = checked_message(job_list.page(page(*jobs), asked=ListAsked(whose="mine" if mine else "all"), reader=READER))

    assert len(sent) <= 50
    assert all(is_our_own(each) for each in markup(sent)), markup(sent)
    assert checked_view(home.home(at_home(*jobs), READER, name=text))["type"] == "home"


def test_row_says_what_was_run() -> None:
    told = (ToldValue(label="Text", text="novel.txt"), ToldValue(label="Top", text="20", is_usual=True))
    jobs = page(job(text="t", told=told))

    sent = json.dumps(job_list.page(jobs, asked=ListAsked(), reader=READER), default=lambda block: block.to_dict())

    assert '"Text: novel.txt"' in sent
    assert "Text: novel.txt" in job_list.spoken(jobs, asked=ListAsked(), reader=READER)


def test_empty_page_can_be_shown() -> None:
    nobodys = page(has_newer=False, has_older=False)

    checked_message(job_list.page(nobodys, asked=ListAsked(), reader=READER))
    checked_view(home.home(at_home(), READER, name="Ada"))
    assert job_list.spoken(nobodys, asked=ListAsked(), reader=READER)


@pytest.mark.parametrize("text", TEXTS)
def test_reason_of_a_closed_home_tab_can_be_shown(text: str) -> None:
    assert markup(checked_view(home.closed(text))) == []


@pytest.mark.parametrize("has_newer", [False, True])
@pytest.mark.parametrize("has_older", [False, True])
def test_page_leads_to_those_beside_it(*, has_newer: bool, has_older: bool) -> None:
    found = page(job(), has_newer=has_newer, has_older=has_older)

    sent = checked_message(job_list.page(found, asked=ListAsked(), reader=READER))

    buttons = {node["text"]["text"] for node in nodes(sent) if node.get("type") == "button"}
    leading = {"Mine", "All", "Details", "25 a page"}
    assert buttons == leading | ({"◀ Newer"} if has_newer else set()) | ({"Older ▶"} if has_older else set())


@pytest.mark.parametrize("text", TEXTS)
def test_long_page_of_any_jobs_is_no_more_than_slack_takes(text: str) -> None:
    jobs = [job(list(State)[number % len(State)], text=text, number=number + 1) for number in range(LARGE)]
    script = script_value("x" * 3000)
    asked = ListAsked(whose="U0MARIA0001", state="failed", script=script, since=NOW.date(), place="<123", size=LARGE)

    sent = checked_message(job_list.page(page(*jobs), asked=asked, reader=READER, pause=None))

    assert len(sent) <= 50
    assert list_filters.read(list_filters.block_id(asked)) == asked


def test_menus_show_what_is_listed() -> None:
    asked = ListAsked(whose="U0MARIA0001", state="failed", script="a.sh", since=date(2026, 3, 1))

    sent = checked_message(job_list.page(page(job(text="t")), asked=asked, reader=READER))

    menus = [node for node in nodes(sent) if node.get("type", "").endswith("_select")]
    chosen = [each.get("initial_user") or each["initial_option"]["text"]["text"] for each in menus if len(each) > 3]
    assert chosen == ["U0MARIA0001", "❌ Failed", "a.sh", "Since 2026-03-01"]
    assert sent[0]["text"]["text"] == "Jobs of t · failed · a.sh · since 2026-03-01 (1,000,000,000)"


@pytest.mark.parametrize("state", State)
def test_job_that_goes_on_can_be_cancelled_and_refreshed_and_the_results_of_one_that_has_ended_deleted(
    state: State,
) -> None:
    sent = checked_message(job_details.details(found(job(state)), READER))

    buttons = {node["text"]["text"] for node in nodes(sent) if node.get("type") == "button"}
    assert buttons == {"Log", "Share…", "Run again", "Edit and run again", "My jobs"} | (
        {"Delete now"} if state.is_final else {"Cancel", "Refresh"}
    )


def test_button_asks_first_where_pressing_it_cannot_be_taken_back() -> None:
    sent = checked_message(job_details.details(found(job(State.RUNNING)), READER))

    asking = {node["text"]["text"] for node in nodes(sent) if node.get("type") == "button" and "confirm" in node}
    assert asking == {"Cancel"}  # to run again is asked in a modal of its own


@pytest.mark.parametrize("mine", [True, False])
def test_requester_stands_in_every_list(*, mine: bool) -> None:
    line = job_list.page(page(job(text="word")), asked=ListAsked(whose="mine" if mine else "all"), reader=READER)[
        1
    ].to_dict()["text"]["text"]

    assert "word · word" in line


def test_page_is_spoken_on_honest_lines() -> None:
    spoken = job_list.spoken(page(job(), job(State.QUEUED)), asked=ListAsked(), reader=READER)

    assert len(spoken.split("\n")) == 2
    assert "\x1b" not in spoken
    assert "\u202e" not in spoken


def test_long_command_is_shown_whole() -> None:
    command = f"scp {'d' * 2900} ."
    one = job()
    report = replace(found(one).report, retrieval=Retrieval(command=command))

    assert command in json.dumps(checked_message(job_details.details(found(one, report=report), READER)))
