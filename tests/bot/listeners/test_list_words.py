"""/jobs narrowed by words and by menus: whose, in which state, of which script, since when."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.listeners import list_words
from bot.views.jobs import list_filters
from bot.views.jobs.list_filters import ListAsked
from runner.errors import ScriptRunnerError
from runner.jobs import State
from runner.scripts import Script
from tests.support.slack.desk import Desk, last_answer, requester
from tests.support.slack.person import GENERAL, MARIA, TOM, Json, Person, wait_for

TODAY = date(2026, 11, 26)
"""A Thursday."""


def read(desk: Desk, words: str) -> ListAsked:
    def find(rest: Sequence[str]) -> tuple[Script, int, int]:
        return desk.service.scripts.find_in(requester(), rest)

    return list_words.read(words, find_script=find, today=TODAY)


SINCE = {
    "today": 0,
    "yesterday": 1,
    "monday": 3,
    "last Mon": 3,
    "thursday": 0,
    "Fri.": 6,
    "2026-11-01": 25,
    "1.11.2026": 25,
    "7d": 7,
    "2 weeks": 14,
    "3 days ago": 3,
    "last week": 7,
    "this week": 3,
}


@pytest.mark.parametrize("written", SINCE)
def test_days_are_understood_however_they_are_written(written: str) -> None:
    assert list_words.day_of(written, TODAY) == TODAY - timedelta(days=SINCE[written])


@pytest.mark.parametrize("written", ["", "soon", "2026-13-01", "0d", "99999d", "12", "day", "1/2/2026"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert list_words.day_of(written, TODAY) is None


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("failed", ListAsked(state="failed")),
        ("failed greet since monday", ListAsked(state="failed", script="greet.sh", since=date(2026, 11, 23))),
        (
            "running of <@U0TOM000002|tom b> since 2026-11-01",
            ListAsked(state="running", whose=TOM, since=date(2026, 11, 1)),
        ),
        ("all timed out since 2 weeks", ListAsked(whose="all", state="timed_out", since=date(2026, 11, 12))),
        ("show me all the ended jobs of group/copy.sh", ListAsked(whose="all", state="ended", script="group/copy.sh")),
        ("Since Yesterday, FAILED.", ListAsked(state="failed", since=date(2026, 11, 25))),
        ("everybody", ListAsked(whose="all")),
        ("greet", ListAsked(script="greet.sh")),
        ("my jobs from monday", ListAsked(since=date(2026, 11, 23))),
    ],
)
def test_words_say_which_jobs_are_meant(desk: Desk, words: str, asked: ListAsked) -> None:
    assert read(desk, words.replace("U0TOM000002", TOM)) == asked


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("faild", "does not know “faild”. Did you mean “/jobs failed”?"),
        ("failed gret", "does not know “gret”. Did you mean “/jobs greet.sh”?"),
        ("failed greet nonsense", "does not know “nonsense”."),
        ("since", "Nothing behind “since” is no day that /jobs knows"),
        ("failed since whenever", "“whenever” is no day that /jobs knows; it takes today, yesterday, monday,"),
        ("of @somebody", "Slack did not say who “@somebody” is"),
    ],
)
def test_word_that_is_not_known_is_named_with_what_is_allowed(desk: Desk, words: str, told: str) -> None:
    with pytest.raises(ScriptRunnerError) as error:
        read(desk, words)

    assert told in str(error.value)


def heading(person: Person, words: str) -> tuple[str, Json]:
    before = len(person.messages(GENERAL))
    assert person.command(f"/jobs {words}") == {"ok": True}
    wait_for(lambda: len(person.messages(GENERAL)) > before, what=f"an answer to {words}")
    message = person.messages(GENERAL)[-1]
    return message["blocks"][0]["text"]["text"], message


def choose(person: Person, action_id: str, value: str, shown: str) -> str:
    """What is said once something was chosen in a menu of the newest list, and its heading has these words."""
    message = last_answer(person, "jobs.list ", GENERAL)
    block = next(each for each in message["blocks"] if each.get("block_id", "").startswith("jobs.list "))
    source = person.in_message(message, GENERAL)
    if action_id == list_filters.SCRIPT:
        assert value in json.dumps(person.options(block["block_id"], action_id, "greet", source=source))
    assert person.press(source, block["block_id"], action_id, value) == {"ok": True}

    def is_shown() -> bool:
        return shown in person.messages(GENERAL)[-1]["blocks"][0]["text"]["text"]

    wait_for(is_shown, what=f"a list of {shown}")
    return str(person.messages(GENERAL)[-1]["text"])


def test_list_is_narrowed_by_its_menus_one_after_the_other(desk: Desk, maria: Person) -> None:
    failed = desk.end_job(desk.queue("greet.sh"), State.FAILED)
    desk.end_job(desk.queue("nothing.sh"), State.FAILED)
    desk.end_job(desk.queue("greet.sh"))
    others = desk.queue("greet.sh", user_id=TOM)
    heading(maria, "")

    choose(maria, list_filters.STATE, "failed", "Your jobs · failed (")
    text = choose(maria, list_filters.SCRIPT, "greet.sh", "Your jobs · failed · greet.sh (")

    assert f"{failed.id} Greet" in text
    assert "nothing.sh" not in text
    choose(maria, list_filters.STATE, "any", "Your jobs · greet.sh (")
    assert f"{others.id} Greet" in choose(maria, list_filters.PERSON, TOM, "Jobs of ")
    choose(maria, list_filters.SINCE, datetime.now(UTC).date().isoformat(), "since ")


def test_mentioned_person_s_jobs_are_listed(desk: Desk, maria: Person) -> None:
    other = desk.queue("greet.sh", user_id=TOM)
    desk.queue("greet.sh", user_id=MARIA)

    told, message = heading(maria, f"of <@{TOM}> since {datetime.now(UTC):%Y-%m-%d}")

    assert told.startswith("Jobs of ")
    assert f"{other.id} Greet" in message["text"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "mine",
        "mine|||",
        "x||||8|",
        "mine|12|||8|",
        "mine||nonsense||8|",
        "mine|||2026-99-01|8|",
        "mine||||9|",
        "U||||8|",
    ],
)
def test_forged_value_says_which_jobs_are_meant_no_more(value: str) -> None:
    with pytest.raises(ScriptRunnerError, match="does not say which jobs to list"):
        list_filters.read(value)


def test_button_of_an_older_version_leads_to_the_newest() -> None:
    assert list_filters.read("all 3") == ListAsked(whose="all")
