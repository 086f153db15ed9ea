import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.jobs import Event, Notification, Retries, Retrieval, State
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.protocol import DeliveryFailed
from runner.notifications.slack import SlackTransport

Send = Callable[..., None]
Reports = Callable[..., Report]


@pytest.fixture
def send(slack_server: Any, notification_factory: Callable[..., Notification], report_factory: Reports) -> Send:
    client = WebClient(token="xoxb-1", base_url=slack_server.url, retry_handlers=[])

    def send_one(event: Event = Event.ENDED, **report: Any) -> None:
        notification = notification_factory(event=event, channel="slack", recipient="U1")
        SlackTransport(client).send(notification, report_factory(**report))

    return send_one


def texts_in(element: object) -> Iterator[str]:
    """Every text object and rich text element, however deep."""
    match element:
        case {"text": str(text)}:
            yield text
        case dict():
            for part in element.values():
                yield from texts_in(part)
        case list():
            for part in element:
                yield from texts_in(part)
        case _:
            pass


def buttons(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {button["action_id"]: button for button in message["blocks"][-1]["elements"]}


def test_message_goes_to_the_person_without_markup_or_previews(slack_server: Any, send: Send) -> None:
    send()

    (message,) = slack_server.requests
    assert message["channel"] == "U1"
    assert (message["mrkdwn"], message["unfurl_links"], message["unfurl_media"]) == (False, False, False)


def test_start_message_offers_details_log_and_cancel(slack_server: Any, send: Send) -> None:
    send(Event.STARTED, state=State.RUNNING, finished_at=None)

    (message,) = slack_server.requests
    assert message["text"].startswith("▶️ Job 12 started: Word count")
    assert [button["value"] for button in buttons(message).values()] == ["12"] * 4
    assert buttons(message)["job.cancel"]["style"] == "danger"
    assert buttons(message)["job.cancel"]["confirm"]["confirm"]["text"] == "Cancel the job"


RUNNING = {
    "state": State.RUNNING,
    "finished_at": None,
    "time_limit": timedelta(hours=2),
    "grantable": timedelta(hours=3),
    "more_time": timedelta(hours=1),
}


def test_warning_says_when_the_job_is_stopped_and_offers_more_time(slack_server: Any, send: Send) -> None:
    send(Event.WARNED, **RUNNING)

    (message,) = slack_server.requests
    more, others = message["blocks"][-2:]
    assert [(each["text"]["text"], each["value"]) for each in more["elements"]] == [
        ("30 min more", "12 1800"),
        ("1 h more", "12 3600"),
        ("All that is left: 2 h", "12 7200"),
    ]
    assert len({each["action_id"] for each in more["elements"]}) == 3
    assert [each["action_id"] for each in others["elements"]] == ["job.details", "job.log", "job.cancel"]
    assert message["text"].split("\n") == [
        "⏳ Job 12 is near its time limit: Word count",
        (
            "“Word count” has used most of its time and will be stopped at its limit of 3 h."
            " It can be given up to 2 h more: see /jobs 12."
        ),
        "It will be stopped on 2026-03-04 13:00 UTC.",
    ]


@pytest.mark.parametrize(
    "parts", [{"grantable": timedelta(hours=1)}, {"grantable": timedelta()}, {"state": State.SUCCEEDED}]
)
def test_warning_offers_no_time_that_cannot_be_given(slack_server: Any, send: Send, parts: dict[str, Any]) -> None:
    send(Event.WARNED, **RUNNING | parts)

    assert "more_time" not in json.dumps(slack_server.requests[0])


def test_end_message_says_what_the_job_took(slack_server: Any, send: Send) -> None:
    usage = {"peak_memory_bytes": 1_200_000_000, "cpu_time": timedelta(minutes=5)}

    send(state=State.FAILED, reason="it needed more than 1.0 GB of memory", attempt=3, retry_count=2, **usage)

    (message,) = slack_server.requests
    told = (
        "“Word count” failed: it needed more than 1.0 GB of memory. It took 3 attempts."
        " The last took 3 min 4 s. Peak memory 1.2 GB, CPU time 5 min."
    )
    assert told in list(texts_in(message["blocks"]))
    assert told in message["text"]


def test_message_of_a_retry_counts_the_attempts(slack_server: Any, send: Send) -> None:
    retries = Retries(times=2, delay=timedelta(minutes=5))

    send(Event.RETRIED, state=State.FAILED, exit_code=75, attempt=1, retries=retries, log_tail="no licence\n")

    (message,) = slack_server.requests
    told = "Attempt 1 of 3 at “Word count” failed with exit code 75. Another follows."
    assert told in list(texts_in(message["blocks"]))
    assert told in message["text"]
    assert "no licence" in message["text"]
    assert list(buttons(message)) == ["job.details", "job.log", "job.cancel"]


def test_late_start_message_shows_that_the_job_has_ended(slack_server: Any, send: Send) -> None:
    send(Event.STARTED, state=State.SUCCEEDED)

    (message,) = slack_server.requests
    assert message["text"].startswith("✅ Job 12 succeeded: Word count")
    assert list(buttons(message)) == ["job.details", "job.log", "job.share", "job.again", "job.edit"]


def test_end_message_says_all_there_is_to_know(slack_server: Any, send: Send) -> None:
    send(state=State.FAILED, exit_code=3, reason="no such file", log_tail="line 1\nline 2\n", result_count=13)

    assert list(texts_in(slack_server.requests[0]["blocks"][:-1])) == [
        "❌ Job 12 failed: Word count",
        "“Word count” failed with exit code 3: no such file. It took 3 min 4 s.",
        "Results: 13",
        "words.txt (4.2 kB)",
        "and 12 more",
        "Paste this into a terminal to fetch the log and what it had written:",
        "scp -P 2222 12@big.example.org:. .",
        "Password:",
        "open sesame",
        "The log's last lines:",
        "line 1\nline 2",
        "The files of this job will be deleted <!date^1773223200^{date_short_pretty} {time}|2026-03-11 10:00 UTC>",
    ]


def test_end_message_offers_to_run_again(slack_server: Any, send: Send) -> None:
    send()

    assert list(buttons(slack_server.requests[0])) == ["job.details", "job.send", "job.again", "job.edit"]


def test_text_is_complete_but_for_the_password(slack_server: Any, send: Send) -> None:
    send(state=State.FAILED, log_tail="line 1\nline 2\n")

    assert slack_server.requests[0]["text"].split("\n") == [
        "❌ Job 12 failed: Word count",
        "“Word count” failed. It took 3 min 4 s.",
        "Results: words.txt (4.2 kB)",
        "Paste this into a terminal to fetch the log and what it had written: scp -P 2222 12@big.example.org:. .",
        "/jobs 12 shows the password.",
        "The files of this job will be deleted on 2026-03-11 10:00 UTC.",
        "The log's last lines:",
        "line 1",
        "line 2",
    ]


def test_nothing_is_said_of_a_password_where_there_is_none(slack_server: Any, send: Send) -> None:
    send(retrieval=Retrieval(command="scp big.example.org:/out/12/* ."))

    assert "assword" not in json.dumps(slack_server.requests[0])


def test_job_without_results_gets_no_command(slack_server: Any, send: Send) -> None:
    send(state=State.CANCELLED, started_at=None, results=(), result_count=0, retrieval=None)

    assert "terminal" not in json.dumps(slack_server.requests[0])


def test_longest_texts_stay_within_slacks_limits(slack_server: Any, send: Send) -> None:
    send(
        title="&" * 500,
        state=State.FAILED,
        reason="<" * 5000,
        log_tail="&" * 9000,
        retrieval=Retrieval(command="scp " + "x" * 2900),
    )

    (message,) = slack_server.requests
    assert len(message["text"]) <= 4000
    assert max(len(text) for text in texts_in(message["blocks"])) <= 3000


@pytest.mark.parametrize("code", ["user_not_found", "channel_not_found", "user_disabled", "restricted_action"])
def test_person_who_cannot_be_reached_is_given_up(slack_server: Any, send: Send, code: str) -> None:
    slack_server.refuse(code)

    with pytest.raises(Undeliverable, match=code):
        send()


@pytest.mark.parametrize(
    "code",
    ["invalid_auth", "token_revoked", "account_inactive", "missing_scope", "messages_tab_disabled", "fatal_error"],
)
def test_what_the_owner_or_slack_can_mend_is_tried_again(slack_server: Any, send: Send, code: str) -> None:
    slack_server.refuse(code)

    with pytest.raises(DeliveryFailed, match=code):
        send()


@pytest.mark.parametrize(
    ("written", "read"), [("30", timedelta(seconds=30)), ("9" * 30, timedelta(days=1)), ("x", None)]
)
def test_slack_says_how_long_to_wait(slack_server: Any, send: Send, written: str, read: timedelta | None) -> None:
    slack_server.answers.append((429, {"Retry-After": written}, '{"ok":false,"error":"ratelimited"}'))

    with pytest.raises(DeliveryFailed, match="ratelimited") as failure:
        send()

    assert failure.value.retry_after == read


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, "<html>oops</html>"),
        (503, {}, '{"ok":false,"error":"service_unavailable"}'),
        (200, {}, "<html>captive portal</html>"),
        (200, {}, "{half"),
        (200, {}, ""),
        (502, {"Content-Type": "text/html; charset=no-such"}, "oops"),
        None,
    ],
)
def test_server_in_trouble_is_tried_again(slack_server: Any, send: Send, answer: Any) -> None:
    slack_server.answers.append(answer)

    with pytest.raises(DeliveryFailed) as failure:
        send()

    assert failure.value.retry_after is None


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
def test_message_whose_blocks_are_refused_goes_out_as_text(slack_server: Any, send: Send, code: str) -> None:
    slack_server.refuse(code)

    send()

    _, second = slack_server.requests
    assert "blocks" not in second
    assert second["text"].startswith("✅ Job 12 succeeded")


def test_password_is_neither_in_errors_nor_in_the_log(
    slack_server: Any, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    for code in ("invalid_blocks", "fatal_error"):
        slack_server.refuse(code)

    with caplog.at_level("INFO"), pytest.raises(DeliveryFailed) as failure:
        send()

    assert "open sesame" not in f"{caplog.text} {failure.value!r} {failure.value.__cause__!r}"
