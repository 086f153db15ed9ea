"""What every channel must do: one suite over all of them, each with a real receiver at the other end."""

import asyncio
import email
import email.policy
import json
import mailbox
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from slack_sdk import WebClient
from sqlalchemy import String

from runner.app.bootstrap import Assembly
from runner.app.config import Config
from runner.app.paths import Paths
from runner.files import File
from runner.jobs import STATE_WORDS, Ending, Event, Job, Notification, Requester, Retrieval, State, ToldValue
from runner.messages.reports import Report
from runner.notifications import Channel, Transport, Undeliverable
from runner.notifications.maildir import MaildirTransport
from runner.notifications.registry import CHANNELS
from runner.notifications.slack import SlackTransport
from runner.notifications.smtp import MailSettings, SmtpTransport
from runner.settings import Secrets
from runner.store.tables import notifications

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RECEIVERS = {"slack": "slack", "smtp": "email", "maildir": "email"}
"""Every kind of receiver there is here, with the channel that it belongs to."""

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
FINAL = [state for state in State if state.is_final]
HOSTILE = [
    "<!channel>",
    "<@U1>",
    "*bold* _i_ ~s~ `c`",
    "&lt;b&gt;",
    "<https://evil.example|click>",
    "<img src=x onerror=alert(1)>",
    "$(id); rm -rf ~ 'x\"",
    ":tada:",
    "a\r\nBcc: eve@example.org",
    "=?utf-8?q?a=0aBcc:_eve@example.org?=",
    "\u202egnp.exe",
    "\x1b[31mred\x00",
    "caf\udce9",
]
JOB = Job(
    id=4711,
    script="words/count.sh",
    title="Word count",
    values={},
    requester=Requester(user_id="U1", team_id="T1", email="ada@example.org", name="Ada"),
    state=State.SUCCEEDED,
    requested_at=NOW,
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=184),
    expires_at=NOW + timedelta(days=7),
)
REPORT = Report(
    job=JOB,
    results=(File(name="words.txt", size_bytes=4200, modified_at=NOW),),
    result_count=13,
    log_tail="reading\nboom\n",
    retrieval=Retrieval(command="scp -P 2222 4711@big.example.org:. .", password="open sesame"),
)


def registered(name: str) -> Channel:
    config = Config()
    return CHANNELS[name](config, Paths.of(config))


@dataclass(frozen=True)
class Post:
    """A channel with what reached its other end: ``seen`` is all that a person reads, ``raw`` all that was sent.

    An installation with these ``settings`` and this client for Slack sends there too.
    """

    channel: str
    transport: Transport
    seen: Callable[[], str]
    raw: Callable[[], str]
    mails: Callable[[], list[EmailMessage]]
    settings: dict[str, Any] = field(default_factory=dict)
    slack: WebClient | None = None

    def send(self, event: Event, report: Report) -> None:
        recipient = registered(self.channel).recipient(report.job.requester, Event.ENDED)
        assert recipient is not None
        self.transport.send(notification(event, self.channel, recipient), report)


def notification(event: Event, channel: str, recipient: str) -> Notification:
    return Notification(
        id=5, job_id=4711, event=event, channel=channel, recipient=recipient, attempts=0, created_at=NOW
    )


@pytest.fixture(params=RECEIVERS)
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Post:
    if request.param == "maildir":
        folder = tmp_path / "var/mail"
        return mail_post(MaildirTransport(folder), lambda: read_maildir(folder))
    made: Post = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def slack() -> Iterator[Post]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/api/chat.postMessage":
                posted.append(json.loads(sent))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"ok": True, **answers[self.path.removeprefix("/api/")]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    posted: list[dict[str, object]] = []
    answers: dict[str, dict[str, object]] = {
        "chat.postMessage": {"channel": "D1", "ts": "1.1"},
        "chat.update": {},
        "conversations.open": {"channel": {"id": "D1"}},
        "conversations.history": {"messages": posted},
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = WebClient(token="xoxb-1", base_url=f"http://127.0.0.1:{server.server_port}/api/", retry_handlers=[])
        yield Post(
            channel="slack",
            transport=SlackTransport(client),
            seen=lambda: "\n".join(texts_in(posted)),
            raw=lambda: json.dumps(posted, ensure_ascii=False),
            mails=list,
            slack=client,
        )
        server.shutdown()
        thread.join()


def texts_in(element: object) -> Iterator[str]:
    match element:
        case {"text": str(text), **others}:
            yield text
            yield from texts_in(others)
        case dict():
            yield from texts_in(list(element.values()))
        case list():
            for part in element:
                yield from texts_in(part)
        case _:
            pass


@pytest.fixture
def smtp() -> Iterator[Post]:
    class Keeping:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
            mails.append(parsed(envelope.original_content or b""))
            return "250 OK"

    mails: list[EmailMessage] = []
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(Keeping(), hostname="mail.test", loop=loop), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    settings = MailSettings(host="127.0.0.1", port=server.sockets[0].getsockname()[1], security="none")
    yield mail_post(SmtpTransport(settings), lambda: mails, mail=settings)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.close()


def parsed(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, EmailMessage, policy=email.policy.default)


def read_maildir(folder: Path) -> list[EmailMessage]:
    box = mailbox.Maildir(folder, create=False)
    return [parsed(box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118  # iterating gives messages


def mail_post(transport: Transport, mails: Callable[[], list[EmailMessage]], **settings: Any) -> Post:
    return Post(
        channel="email",
        transport=transport,
        seen=lambda: "\n".join(f"{mail['Subject']}\n{plain(mail)}" for mail in mails()),
        raw=lambda: "\n".join(f"{mail.as_string()}\n{plain(mail)}\n{page(mail)}" for mail in mails()),
        mails=mails,
        settings=settings,
    )


def plain(mail: EmailMessage) -> str:
    return body(mail, "plain")


def page(mail: EmailMessage) -> str:
    return body(mail, "html")


def body(mail: EmailMessage, subtype: str) -> str:
    found = mail.get_body((subtype,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("state", list(State))
def test_start_message_names_job_and_script(post: Post, state: State) -> None:
    post.send(Event.STARTED, replace(REPORT, job=replace(JOB, state=state)))

    goes_with_its_job = post.channel == "slack"
    now = {State.QUEUED: "waits", State.RUNNING: "started"}.get(state, STATE_WORDS[state])
    assert f"Job 4711 {now if goes_with_its_job else 'started'}: Word count" in post.seen()


@pytest.mark.parametrize("state", FINAL)
def test_end_message_says_which_results_are_missing(post: Post, state: State) -> None:
    post.send(Event.ENDED, replace(REPORT, job=replace(JOB, state=state), missing=("<!channel>.csv",)))

    words = {State.SUCCEEDED: "Missing, though the script was to write it", State.CANCELLED: "Not written when it was"}
    assert words.get(state, "Not written: ") in post.seen()
    assert "<!channel>.csv" in post.seen()


@pytest.mark.parametrize("state", FINAL)
def test_end_message_says_all_there_is_to_know(post: Post, state: State) -> None:
    post.send(Event.ENDED, replace(REPORT, job=replace(JOB, state=state)))

    seen = post.seen()
    words = {State.TIMED_OUT: "timed out"}.get(state, state.value)
    assert f"Job 4711 {words}: Word count" in seen
    for part in (
        "3 min 4 s",
        "words.txt (4.2 kB)",
        "and 12 more",
        "scp -P 2222 4711@big.example.org:. .",
        "will be deleted on 2026-03-11 10:00 UTC",
    ):
        assert part in seen


@pytest.mark.parametrize("state", FINAL)
def test_logs_last_lines_and_exit_code_are_told_where_something_went_wrong(post: Post, state: State) -> None:
    went_wrong = state in {State.FAILED, State.TIMED_OUT, State.LOST}

    post.send(Event.ENDED, replace(REPORT, job=replace(JOB, state=state, exit_code=9 if went_wrong else None)))

    assert ("boom" in post.seen()) == went_wrong
    assert ("with exit code 9" in post.seen()) == went_wrong


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_people_scripts_and_files_is_shown_as_text(post: Post, text: str) -> None:
    job = replace(
        JOB, title=text, script=text, state=State.FAILED, reason=text, requester=replace(JOB.requester, name=text)
    )
    file = File(name=text, size_bytes=1, modified_at=NOW)

    post.send(Event.ENDED, replace(REPORT, job=job, results=(file,), log_tail=text))

    raw = post.raw()
    assert not re.search(r"[\x00\x1b\x7f\u202e\u2028\udc80-\udcff]", raw)
    if post.channel == "slack":
        assert all(harmless(shown) for shown in mrkdwn_in(json.loads(raw)))
    for mail in post.mails():
        assert mail["Bcc"] is None
        assert "<img" not in page(mail)
        assert "eve" not in str(mail["To"])


@pytest.mark.parametrize("event", [each for each in Event if each is not Event.SHORTAGE])
def test_messages_say_what_was_run_by_labels(post: Post, event: Event) -> None:
    told = (
        ToldValue(label="Text to read", text="novel.txt"),
        ToldValue(label="Order", text="By letter"),
        ToldValue(label="How many", text="20", is_usual=True),
    )
    job = replace(JOB, told=told, values={"input_text": "~/novel.txt", "secret": "canary"})

    post.send(event, replace(REPORT, job=job))

    seen = post.seen()
    assert re.search(r"Text to read:? +novel\.txt", seen)
    assert re.search(r"Order:? +By letter", seen)
    assert "canary" not in post.raw()
    assert "input_text" not in post.raw()


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 3000, "line\nline", "\u202eevil\u202c"])
def test_values_of_people_are_shown_as_text(post: Post, text: str) -> None:
    told = tuple(ToldValue(label=text, text=text) for _ in range(60))

    post.send(Event.ENDED, replace(REPORT, job=replace(JOB, told=told)))

    assert not re.search(r"[\x00\x1b\x7f\u202e\u2028\udc80-\udcff]|x{300}", post.raw())
    if post.channel == "slack":
        assert all(harmless(shown) for shown in mrkdwn_in(json.loads(post.raw())))
    assert all(mail["Bcc"] is None and "<img" not in page(mail) for mail in post.mails())


def mrkdwn_in(element: object) -> Iterator[str]:
    """Every text in which Slack looks for markup."""
    match element:
        case {"type": "mrkdwn", "text": str(text)}:
            yield text
        case {"channel": _, "text": str(text), "blocks": blocks}:
            yield text
            yield from mrkdwn_in(blocks)
        case dict():
            yield from mrkdwn_in(list(element.values()))
        case list():
            for part in element:
                yield from mrkdwn_in(part)
        case _:
            pass


def harmless(shown: str) -> bool:
    """Whether there is no ``<`` but that of our own dates."""
    return "<" not in re.sub(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: ]+UTC>", "", shown)


def test_password_is_told_by_direct_message_alone(post: Post) -> None:
    post.send(Event.STARTED, REPORT)
    assert "open sesame" not in post.raw()

    post.send(Event.ENDED, REPORT)

    assert ("open sesame" in post.raw()) == (post.channel == "slack")
    assert "/jobs 4711 shows" in post.seen()


def test_message_may_be_sent_again(post: Post) -> None:
    post.send(Event.ENDED, REPORT)
    post.send(Event.ENDED, REPORT)

    assert post.seen().count("Job 4711 succeeded: Word count") >= 2


def test_job_that_was_cancelled_before_it_started_is_told_of(post: Post) -> None:
    job = replace(JOB, state=State.CANCELLED, started_at=None, reason="cancelled by Ada")

    post.send(Event.ENDED, Report(job=job))

    assert "“Word count” was cancelled: cancelled by Ada. It was not started." in post.seen()
    assert "scp" not in post.seen()


def test_recipient_is_the_requesters_own(post: Post) -> None:
    expected = {"slack": "U1", "email": "ada@example.org"}

    assert registered(post.channel).recipient(JOB.requester, Event.STARTED) == expected[post.channel]


def test_mail_goes_to_nobody_but_the_recipient(post: Post) -> None:
    if post.channel == "slack":
        return
    with pytest.raises(Undeliverable):
        post.transport.send(notification(Event.ENDED, "email", "ada@example.org, eve@example.org"), REPORT)


@dataclass
class Processes:
    """A front end and a runner on one installation, neither of which knows more of the other than its database."""

    config: Config
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.front_end = Assembly(self.config, clock=lambda: self.now)
        self.runner = Assembly(self.config, clock=lambda: self.now, uptime=lambda: self.now.timestamp())  # noqa: PLW0108  # it is replaced

    def submit(self) -> int:
        service = self.front_end.service()
        script = service.scripts.find(JOB.requester, "count.sh", exactly=True)
        return service.submit(JOB.requester, script, {}, submission="view:V1").id

    def start(self, job_id: int) -> None:
        (claimed,) = self.runner.store.jobs.claim("runner", executor="local", now=self.now, lease=HOUR)
        assert claimed.id == job_id

    def end(self, job_id: int) -> None:
        ending = Ending(state=State.SUCCEEDED, exit_code=0)
        assert self.runner.store.jobs.finish(job_id, ending, runner="runner", now=self.now, expires_at=self.now + HOUR)

    def deliver(self, slack: WebClient | None) -> None:
        """As a runner does that begins to work a while later, so that all there is to send is its own to send."""
        self.now += DAY
        self.runner.delivery(Secrets(), slack).tick(self.now)

    def owed(self) -> set[str]:
        """The channels by which a message waits."""
        return {name for name in CHANNELS if self.runner.store.outbox.due(now=self.now, channel=name, limit=1)}


@pytest.fixture
def processes(post: Post, tmp_path: Path) -> Iterator[Processes]:
    script = tmp_path / "scripts/count.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    settings = {"data": tmp_path / "var", "scripts": script.parent, **post.settings}
    both = Processes(Config.model_validate(settings))
    with closing(both.front_end), closing(both.runner):
        yield both


def test_every_registered_channel_has_a_receiver_here() -> None:
    assert set(RECEIVERS.values()) == set(CHANNELS)


def test_name_of_every_channel_fits_into_the_store() -> None:
    column = notifications.c.channel.type
    assert isinstance(column, String)
    assert column.length
    assert not [name for name in CHANNELS if not 0 < len(name) <= column.length]


def test_start_and_end_of_a_job_are_owed_by_every_channel_and_arrive(processes: Processes, post: Post) -> None:
    job_id = processes.submit()
    processes.start(job_id)
    assert processes.owed() == set(CHANNELS)
    processes.deliver(post.slack)
    processes.end(job_id)
    assert processes.owed() >= {post.channel}
    processes.deliver(post.slack)

    assert f"Job {job_id} started" in post.seen()
    assert f"Job {job_id} succeeded" in post.seen()
    assert post.channel not in processes.owed()


def test_what_a_front_end_cancels_is_owed_by_every_channel_and_arrives(processes: Processes, post: Post) -> None:
    job_id = processes.submit()

    processes.front_end.service().cancel(JOB.requester, job_id)

    assert processes.owed() == set(CHANNELS)
    processes.deliver(post.slack)
    assert "was cancelled" in post.seen()
    assert post.channel not in processes.owed()


def test_message_for_a_channel_without_its_credential_waits_for_a_runner_that_has_it(
    processes: Processes, post: Post
) -> None:
    processes.start(processes.submit())

    processes.deliver(None)

    assert processes.owed() == {"slack"}
    assert ("Job 1 started" in post.seen()) == (post.channel == "email")
    processes.deliver(post.slack)
    assert "Job 1 started" in post.seen()
