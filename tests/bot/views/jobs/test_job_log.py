"""What the log of a job is shown as: a view that Slack takes, whatever was written, with the way to all of it."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.views.jobs import job_log
from runner.errors import ScriptRunnerError
from runner.files import LogFile, LogPages
from runner.jobs import Job, Requester, State
from runner.service import JobLog, LogPage, LogPlace, LogSearch, LogTurn
from tests.support.slack.drawn import Json, checked_view, nodes

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOSTILE = "<!channel> <@U0MARIA0001> <https://evil.example|Click> *b* `c` ```d``` &amp; \u202egnp\x1b[31m\x07\x00 \t> q"
LOGS = {
    "hostile": HOSTILE.encode() * 3 + b"\n" + HOSTILE.encode() + b"\n",
    "one blank line": b"\n",
    "blank lines": b" \n" * 500,
    "blank lines, then long ones": b"\n" * 30 + b"x" * 5000 + b"\n\n\n" + b"y" * 5000,
    "emoji": ("👩\u200d💻" * 5000 + "\n").encode() * 50,
    "control characters": b"\x01" * 5000 + b"\n" + b"\x7f" * 5000,
    "lines of another kind": ("😀" * 600 + "\x0b").encode() * 20,
    "noise": random.Random(3).randbytes(100_000),  # noqa: S311
}


def job(state: State = State.RUNNING, **more: Any) -> Job:
    values: Json = {
        "script": "a.sh",
        "title": HOSTILE * 9,
        "values": {},
        "requester": Requester(user_id="U0MARIA0001", team_id="T1", email="m@example.com", name="Maria"),
        "requested_at": NOW,
        "started_at": NOW,
        "finished_at": NOW if state.is_final else None,
    }
    return Job(id=10**18 - 1, state=state, **values | more)


def page(*lines: str, start: int = 0, end: int = 100, size_bytes: int = 100) -> LogPage:
    return LogPage(lines=lines, start=start, end=end, size_bytes=size_bytes)


def shown(found: JobLog, **more: Any) -> Json:
    """The view as JSON, checked as Slack checks it."""
    drawn = checked_view(job_log.view(found, **more))
    assert len(json.dumps(drawn)) < 250_000
    assert not [node for node in nodes(drawn) if node.get("type") == "mrkdwn"]
    return drawn


def buttons(drawn: Json) -> dict[str, str | None]:
    """What the buttons ask for, by their words."""
    return {node["text"]["text"]: node.get("value") for node in nodes(drawn) if node.get("type") == "button"}


def words(drawn: Json) -> str:
    return "\n".join(str(node["text"]) for node in nodes(drawn["blocks"]) if isinstance(node.get("text"), str))


@pytest.mark.parametrize("word", ["", "e" * 100, "\U0010ffff" * 100])
@pytest.mark.parametrize("content", LOGS.values(), ids=LOGS)
def test_every_page_of_every_log_is_a_view_that_slack_takes(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with path.open("rb") as file:
        pages = LogPages(LogFile(file.fileno()), word=word)
        found = [pages.last()]
        while found[-1].start:
            found.append(pages.before(found[-1].start))
    for each in found:
        drawn = shown(JobLog(job=job(), page=each, word=word), notice="done")
        assert job_log.opened(drawn) == job_log.OpenLog(job_id=job().id, start=each.start, word=word)
        texts = [node["text"] for node in nodes(drawn) if isinstance(node.get("text"), str)]
        assert max(len(text.encode("utf-16-le")) // 2 for text in texts) <= 3000
        assert all(text.strip() for text in texts)


def test_text_of_a_log_is_shown_as_it_is() -> None:
    drawn = shown(JobLog(job=job(), page=page("<!channel> *b* ```c``` &amp;", "x")))

    boxes = [node for node in nodes(drawn) if node.get("type") == "rich_text_preformatted"]
    assert [box["elements"][0]["text"] for box in boxes] == ["<!channel> *b* ```c``` &amp;\nx"]


def test_buttons_lead_to_all_pages_but_the_one_that_is_shown() -> None:
    send = {"Send log": None}
    whole = buttons(shown(JobLog(job=job(), page=page("x"))))
    middle = buttons(shown(JobLog(job=job(), page=page("x", start=20, end=50))))
    last = buttons(shown(JobLog(job=job(), page=page("x", start=20))))
    ended = buttons(shown(JobLog(job=job(State.FAILED), page=page("x", start=20))))

    assert whole == {"Refresh": "last 0"} | send
    assert (
        middle == {"First page": "from 0", "◀ Older": "before 20", "Newer ▶": "from 50", "Last page": "last 0"} | send
    )
    assert last == {"First page": "from 0", "◀ Older": "before 20", "Refresh": "last 0"} | send
    assert ended == {"First page": "from 0", "◀ Older": "before 20"} | send
    assert buttons(shown(JobLog(job=job(State.FAILED), page=page("x")))) == send


def test_what_a_button_asks_for_is_read_back() -> None:
    open_log = job_log.OpenLog(job_id=12, start=20, word="w")

    assert job_log.asked("before 20", open_log) == LogPlace(turn=LogTurn.BEFORE, offset=20, word="w", shown_from=20)
    for forged in ("", "before", "before x", "beside 3", "before 3 4", "last -", "from " + "9" * 5000):
        with pytest.raises(ScriptRunnerError):
            job_log.asked(forged, open_log)


@pytest.mark.parametrize("metadata", ["", "{}", "[]", "null", '{"job": "x"}', '{"job": 1, "start": null, "word": ""}'])
def test_view_that_is_no_log_is_told(metadata: str) -> None:
    with pytest.raises(ScriptRunnerError):
        job_log.opened({"private_metadata": metadata})
    with pytest.raises(ScriptRunnerError):
        job_log.opened({})


def test_lines_with_the_word_are_marked() -> None:
    drawn = shown(JobLog(job=job(), page=page("an ERROR", "fine"), word="error"))

    assert "▶ an ERROR\n  fine" in words(drawn)


def searched(
    turn: LogTurn = LogTurn.EARLIER, *, is_found: bool = False, is_over: bool = True, reached: int = 0, **more: Any
) -> Json:
    search = LogSearch(turn=turn, is_found=is_found, is_over=is_over, reached=reached)
    return shown(JobLog(job=job(), page=page("x", **{"start": 20, "end": 50} | more), word="error", search=search))


def test_matches_before_and_after_the_page_are_a_press_away() -> None:
    found = buttons(searched(is_found=True))

    assert (found["◀ Earlier match"], found["Later match ▶"]) == ("earlier 20", "later 50")


def test_word_that_is_nowhere_is_told_so() -> None:
    assert "“error” is not in the log." in words(searched(start=0, end=100))
    assert "“error” is nowhere earlier in the log." in words(searched())
    assert "“error” is nowhere later in the log." in words(searched(LogTurn.LATER, reached=100))
    assert "◀ Earlier match" not in buttons(searched())
    assert "Later match ▶" not in buttons(searched(LogTurn.LATER, reached=100))


def test_search_that_is_not_over_says_what_is_left_and_goes_on_where_it_stopped() -> None:
    earlier, later = searched(is_over=False, reached=15), searched(LogTurn.LATER, is_over=False, reached=60)

    assert "“error” was not found so far: 15 B of the log are not searched yet." in words(earlier)
    assert "“error” was not found so far: 40 B of the log are not searched yet." in words(later)
    assert (buttons(earlier)["Search on"], buttons(later)["Search on"]) == ("earlier 15", "later 60")


def test_while_a_word_is_looked_for_the_page_stays() -> None:
    before = shown(JobLog(job=job(), page=page("x", "y", start=20), word="old"))

    drawn = checked_view(job_log.searching(before, "<error>", external_id="answer-1"))

    assert "Looking for “<error>”" in words(drawn)
    assert "x\n  y" in words(drawn)
    assert not buttons(drawn)
    assert drawn["private_metadata"] == before["private_metadata"]


def test_log_in_which_nothing_stands_says_so() -> None:
    nothing = page(end=0, size_bytes=0)

    assert "It has written nothing so far." in words(shown(JobLog(job=job(), page=nothing)))
    assert "It has written nothing." in words(shown(JobLog(job=job(State.SUCCEEDED), page=nothing)))
    assert "Nothing that can be seen is on this page" in words(shown(JobLog(job=job(), page=page("", " "))))


def test_typed_word_is_read_from_what_slack_sends_back() -> None:
    state = {"values": {"find": {"word": {"type": "plain_text_input", "value": " error "}}}}

    assert job_log.typed_word({"state": state}) == "error"
    assert job_log.typed_word({"state": {"values": {"find": {"word": {"value": None}}}}}) == ""
    assert job_log.typed_word({}) == ""
