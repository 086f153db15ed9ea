from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from runner.files import File
from runner.jobs import Event, State
from runner.messages import texts
from runner.messages.reports import Report
from runner.system.text import visible

Reports = Callable[..., Report]


def test_short_log_is_shown_whole() -> None:
    assert texts.last_lines("one\ntwo\n\n", length=100) == "one\ntwo"


def test_long_log_is_cut_at_a_line_break() -> None:
    assert texts.last_lines("first\nsecond\nthird\n", length=14) == "second\nthird"


def test_lines_that_just_fit_are_kept() -> None:
    assert texts.last_lines("first\nsecond\nthird\n", length=12) == "second\nthird"


def test_of_a_line_longer_than_allowed_the_end_is_shown() -> None:
    assert texts.last_lines("first\n" + "x" * 50, length=10) == "…" + "x" * 9


def test_progress_bars_are_shown_as_a_terminal_leaves_them() -> None:
    assert texts.last_lines("1 %\r50 %\r100 %\r\ndone\r\n", length=100) == "100 %\ndone"


def test_colours_of_a_log_are_left_out_and_what_turns_the_direction_is_shown_as_an_escape() -> None:
    assert texts.last_lines("\x1b[31mred\u202e", length=100) == "red\\u202e"


def test_bytes_that_are_no_utf8_are_shown_as_escapes() -> None:
    assert visible(b"caf\xe9".decode(errors="surrogateescape")).encode() == b"caf\\udce9"


def test_ten_results_are_named_and_the_rest_is_counted(report_factory: Reports) -> None:
    files = tuple(File(name=f"{n}.txt", size_bytes=n, modified_at=datetime(2026, 1, 1, tzinfo=UTC)) for n in range(15))

    shown = texts.results(report_factory(results=files, result_count=22))

    assert shown == [*(f"{n}.txt ({n} B)" for n in range(10)), "and 12 more"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.SUCCEEDED, "“Word count” succeeded."),
        (State.FAILED, "“Word count” failed with exit code 3: no such file."),
        (State.CANCELLED, "“Word count” was cancelled with exit code 3: no such file."),
        (State.TIMED_OUT, "“Word count” timed out with exit code 3: no such file."),
        (State.LOST, "“Word count” was lost with exit code 3: no such file."),
    ],
)
def test_every_end_is_said_in_a_sentence(report_factory: Reports, state: State, said: str) -> None:
    parts = {} if state is State.SUCCEEDED else {"reason": "no such file.", "exit_code": 3}

    assert texts.sentence(Event.ENDED, report_factory(state=state, **parts).job) == said


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.CANCELLED])
def test_log_is_not_shown_where_nothing_went_wrong(report_factory: Reports, state: State) -> None:
    assert texts.log(Event.ENDED, report_factory(state=state, log_tail="noise")) == ""


def test_job_that_never_started_took_no_time(report_factory: Reports) -> None:
    assert texts.took(report_factory(state=State.CANCELLED, started_at=None).job) == "It was not started."
