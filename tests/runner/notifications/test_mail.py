import email
import email.policy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from runner.jobs import Event, Notification, Requester, Retries, Retrieval, State
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.mail import compose
from runner.notifications.mail_settings import MailSettings

Reports = Callable[..., Report]
Notifications = Callable[..., Notification]
RETRIES = Retries(times=2, delay=timedelta(minutes=5))
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def wire(notification_factory: Notifications) -> Callable[[Report], EmailMessage]:
    """The mail as its reader gets it."""

    def read(report: Report) -> EmailMessage:
        sent = compose(notification_factory(), report, MailSettings()).as_bytes()
        return email.message_from_bytes(sent, EmailMessage, policy=email.policy.default)

    return read


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_mail_has_the_headers_of_automatic_mail(
    wire: Callable[[Report], EmailMessage], report_factory: Reports
) -> None:
    mail = wire(report_factory())

    assert dict(mail.items()) | {"Content-Type": ""} == {
        "From": "ScriptRunner <scriptrunner@localhost>",
        "To": "ada@example.org",
        "Subject": "[ScriptRunner] Job 12 succeeded: Word count",
        "Date": "Wed, 04 Mar 2026 10:00:00 +0000",
        "Message-ID": "<scriptrunner.5.1772618400@localhost>",
        "In-Reply-To": "<scriptrunner.job.12.1772618400@localhost>",
        "References": "<scriptrunner.job.12.1772618400@localhost>",
        "Auto-Submitted": "auto-generated",
        "X-ScriptRunner-Job": "12",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_message_id_stays_when_a_mail_is_sent_again(
    notification_factory: Notifications, report_factory: Reports
) -> None:
    first, again = (
        compose(notification_factory(attempts=attempts), report_factory(), MailSettings()) for attempts in (0, 7)
    )

    assert first["Message-ID"] == again["Message-ID"]


def test_mails_of_one_job_stand_in_one_thread_that_begins_with_the_start(
    notification_factory: Notifications, report_factory: Reports
) -> None:
    start, *others = (
        compose(notification_factory(id=number, event=event), report_factory(), MailSettings())
        for number, event in enumerate([Event.STARTED, Event.WARNED, Event.RETRIED, Event.ENDED])
    )
    of_another = compose(notification_factory(), report_factory(id=13), MailSettings())
    to_admins = compose(notification_factory(event=Event.SHORTAGE), report_factory(), MailSettings())

    assert (start["In-Reply-To"], start["References"]) == (None, None)
    assert {(each["In-Reply-To"], each["References"]) for each in others} == {(start["Message-ID"],) * 2}
    assert len({each["Message-ID"] for each in (start, *others)}) == 4
    assert of_another["References"] != start["Message-ID"]
    assert to_admins["References"] is None


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "2026-03-11 11:00 CET"),
        ("America/New_York", "2026-03-11 06:00 EDT"),
        ("Pacific/Kiritimati", "2026-03-12 00:00 +14"),
        ("No/Where", "2026-03-11 10:00 UTC"),
    ],
)
def test_times_are_in_the_zone_of_the_requester(
    notification_factory: Notifications, report_factory: Reports, zone: str, said: str
) -> None:
    ada = Requester(user_id="U1", team_id="T1", email="ada@example.org", name="Ada", time_zone=zone)

    mail = compose(notification_factory(), report_factory(requester=ada), MailSettings())

    assert f"will be deleted on {said}." in "\n".join(lines_of(mail))


@pytest.mark.parametrize(
    "title",
    [
        "x\r\nBcc: eve@example.org",
        "x\nBcc: eve@example.org",
        "x\u2028Bcc: eve@example.org",
        "=?utf-8?q?x=0d=0aBcc:_eve@example.org?=",
        "=?utf-8?b?eApCY2M6IGV2ZUBleGFtcGxlLm9yZw==?=",
        "==??utf-8?q?x=0aBcc:_eve@example.org?=",
        "ö" * 40 + "\r\nBcc: eve@example.org",
    ],
)
def test_title_adds_no_header(wire: Callable[[Report], EmailMessage], report_factory: Reports, title: str) -> None:
    usual = wire(report_factory())

    mail = wire(report_factory(title=title))

    assert mail.keys() == usual.keys()
    assert "\n" not in str(mail["Subject"])


@pytest.mark.parametrize(
    "title", ["Word count", "two  blanks", "x" * 90, "word " * 19, "Wörter zählen", "ends with =?"]
)
@pytest.mark.parametrize("sender", ["a@x.org", '"Doe, J" <a@x.org>', "Zoë <z@x.org>", f"{'L' * 90} <a@x.org>"])
def test_headers_are_written_as_the_library_writes_them(
    notification_factory: Notifications, report_factory: Reports, title: str, sender: str
) -> None:
    mail = compose(notification_factory(), report_factory(title=title), MailSettings(sender=sender))

    taken_apart = EmailMessage(email.policy.SMTP)
    for name, value in mail.items():
        taken_apart[name] = value

    assert headers_of(mail.as_bytes()) == headers_of(taken_apart.as_bytes())


def headers_of(sent: bytes) -> bytes:
    return sent.partition(b"\r\n\r\n")[0]


def test_no_text_ends_a_part_of_the_mail(
    wire: Callable[[Report], EmailMessage], notification_factory: Notifications, report_factory: Reports
) -> None:
    boundary = compose(notification_factory(), report_factory(), MailSettings()).get_boundary()
    log = f"--{boundary}\nContent-Type: text/html\n\n<img src=x>\n--{boundary}--\nthe end\n"

    mail = wire(report_factory(state=State.FAILED, log_tail=log))

    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    assert f"  --{boundary}--\n  the end\n" in part(mail, "plain")


def test_mail_is_ascii_in_short_lines_whatever_it_says(
    notification_factory: Notifications, report_factory: Reports
) -> None:
    log = "数える " * 500 + "\n.\nFrom here \n"
    report = report_factory(title="Wörter" * 50, state=State.FAILED, log_tail=log)

    sent = compose(notification_factory(), report, MailSettings()).as_bytes()

    assert sent.isascii()
    assert max(len(line) for line in sent.split(b"\r\n")) <= 78


def test_subject_of_any_language_arrives(wire: Callable[[Report], EmailMessage], report_factory: Reports) -> None:
    assert wire(report_factory(title="Wörter zählen 数える"))["Subject"].endswith("Wörter zählen 数える")


def test_very_long_title_is_clipped_in_the_subject(
    wire: Callable[[Report], EmailMessage], report_factory: Reports
) -> None:
    assert wire(report_factory(title="x" * 5000))["Subject"].endswith("x" * 99 + "…")


def test_commands_are_never_wrapped(wire: Callable[[Report], EmailMessage], report_factory: Reports) -> None:
    command = f"scp -P 2222 12@big.example.org:{'very/' * 300}long ."

    assert f"\n  {command}\n" in part(wire(report_factory(retrieval=Retrieval(command=command))), "plain")


def test_markup_from_people_is_shown_as_text(wire: Callable[[Report], EmailMessage], report_factory: Reports) -> None:
    eve = Requester(user_id="U2", team_id="T1", email="eve@example.org", name="<script>alert(1)</script>")

    html = part(wire(report_factory(title="<img onerror=alert(1)>", requester=eve)), "html")

    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;img onerror=alert(1)&gt;" in html


def test_page_fetches_nothing(wire: Callable[[Report], EmailMessage], report_factory: Reports) -> None:
    html = part(wire(report_factory()), "html")

    assert not any(word in html for word in ("http:", "https:", "src=", "url(", "<link", "<script"))


def test_password_is_not_in_the_mail_but_where_it_is_is(
    wire: Callable[[Report], EmailMessage], report_factory: Reports
) -> None:
    mail = wire(report_factory())

    assert "open sesame" not in mail.as_string()
    assert "/jobs 12 shows it again" in part(mail, "plain")


def test_nothing_is_said_of_a_password_where_there_is_none(
    wire: Callable[[Report], EmailMessage], report_factory: Reports
) -> None:
    mail = wire(report_factory(retrieval=Retrieval(command="scp big.example.org:/out/12/* .")))

    assert "password" not in part(mail, "plain")


def lines_of(mail: EmailMessage) -> list[str]:
    return [" ".join(line.split()) for line in part(mail, "plain").splitlines()]


def test_mail_says_what_a_job_took_of_the_machine(
    wire: Callable[[Report], EmailMessage], report_factory: Reports
) -> None:
    usage = {"peak_memory_bytes": 1_200_000_000, "cpu_time": timedelta(minutes=5)}
    limits = {"time_limit": timedelta(hours=2), "more_time": timedelta(hours=1)}

    told = lines_of(wire(report_factory(attempt=2, retry_count=1, retries=RETRIES, **usage, **limits)))

    facts = {"Peak memory 1.2 GB", "CPU time 5 min", "Attempt 2 of 3", "Time limit 2 h, and 1 h more was added"}
    assert facts <= set(told)


def test_mail_warns_before_the_time_limit_without_buttons(
    notification_factory: Notifications, report_factory: Reports
) -> None:
    times = {"time_limit": timedelta(hours=2), "grantable": timedelta(hours=1), "finished_at": None}
    report = report_factory(state=State.RUNNING, **times)

    sent = compose(notification_factory(event=Event.WARNED), report, MailSettings())

    told = lines_of(sent)
    assert sent["Subject"] == "[ScriptRunner] Job 12 is near its time limit: Word count"
    assert "Time limit 2026-03-04 12:00 UTC" in told
    assert "It can be given up to 1 h more: see /jobs 12." in " ".join(told)


def test_mail_of_a_retry_says_how_the_attempt_failed(
    notification_factory: Notifications, report_factory: Reports
) -> None:
    report = report_factory(
        state=State.FAILED, exit_code=75, attempt=1, retries=RETRIES, not_before=NOON, log_tail="no licence\n"
    )

    told = lines_of(compose(notification_factory(event=Event.RETRIED), report, MailSettings()))

    assert {"Attempt 1 of 3", "Exit code 75", "Next attempt 2026-03-04 12:00 UTC", "no licence"} <= set(told)
    assert "Attempt 1 of 3 at “Word count” failed with exit code 75. Another follows." in told


@pytest.mark.parametrize(
    "recipient", ["", "ada", "a@x.org, b@x.org", "a@x.org\nBcc: b@x.org", "<a@x.org>", "=?utf-8?q?a=0a?=@x.org"]
)
def test_recipient_must_be_one_address(
    notification_factory: Notifications, report_factory: Reports, recipient: str
) -> None:
    with pytest.raises(Undeliverable, match="is no e-mail address"):
        compose(notification_factory(recipient=recipient), report_factory(), MailSettings())


@pytest.mark.parametrize(
    "sender", ["", "nobody", "A <a@x.org>\nBcc: b@x.org", "a@x.org, b@x.org", "=?utf-8?q?=0a?= <a@x.org>"]
)
def test_sender_must_be_one_address(sender: str) -> None:
    with pytest.raises(ValidationError, match="one address"):
        MailSettings(sender=sender)


def test_subject_prefix_must_be_one_line() -> None:
    with pytest.raises(ValidationError, match="one line"):
        MailSettings(subject_prefix="[x]\nBcc: b@x.org")


def test_login_in_clear_is_refused() -> None:
    with pytest.raises(ValidationError, match="clear"):
        MailSettings(host="mail.example.org", user="ada", security="none")


def test_durations_are_written_as_people_write_them() -> None:
    assert MailSettings.model_validate({"timeout": "10s"}).timeout == timedelta(seconds=10)
