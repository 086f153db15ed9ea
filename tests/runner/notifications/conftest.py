"""Reports to tell about, and real servers on loopback that receive what is told."""

import asyncio
import ipaddress
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from runner.files import File
from runner.jobs import Event, Job, Notification, Requester, Retrieval, State
from runner.messages.reports import Report

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ADA = Requester(user_id="U1", team_id="T1", email="ada@example.org", name="Ada")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def report_factory() -> Callable[..., Report]:
    """A report of an ended job; named parts of the job or the report replace the usual ones."""

    def make(**parts: Any) -> Report:
        of_report = {name: parts.pop(name) for name in Report.__dataclass_fields__ if name in parts}
        job: dict[str, Any] = {
            "id": 12,
            "script": "wc.sh",
            "title": "Word count",
            "values": {},
            "requester": ADA,
            "state": State.SUCCEEDED,
            "requested_at": NOW,
            "started_at": NOW,
            "finished_at": NOW + timedelta(seconds=184),
            "expires_at": NOW + timedelta(days=7),
        }
        usual: dict[str, Any] = {
            "results": (File(name="words.txt", size_bytes=4200, modified_at=NOW),),
            "result_count": 1,
            "retrieval": Retrieval(command="scp -P 2222 12@big.example.org:. .", password="open sesame"),
        }
        return Report(job=Job(**(job | parts)), **(usual | of_report))

    return make


@pytest.fixture
def notification_factory() -> Callable[..., Notification]:
    def make(**parts: Any) -> Notification:
        usual: dict[str, Any] = {
            "id": 5,
            "job_id": 12,
            "event": Event.ENDED,
            "channel": "email",
            "recipient": ADA.email,
            "attempts": 0,
            "created_at": NOW,
        }
        return Notification(**(usual | parts))

    return make


@dataclass
class SlackServer:
    """Answers posts like Slack: ``answers`` first, in order (None: drops the connection), then ok; has no history."""

    url: str
    answers: deque[tuple[int, dict[str, str], str] | None] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, code: str) -> None:
        self.answers.append((200, {}, json.dumps({"ok": False, "error": code})))


@pytest.fixture
def slack_server() -> Iterator[SlackServer]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            usual: tuple[int, dict[str, str], str] = (200, {}, json.dumps({"ok": True, "channel": "D1", "ts": "1.1"}))
            if self.path.endswith("/chat.postMessage"):
                state.requests.append(json.loads(body))
                answer = state.answers.popleft() if state.answers else usual
            else:
                answer = (200, {}, json.dumps({"ok": True, "channel": {"id": "D1"}, "messages": []}))
            if answer is None:
                self.close_connection = True
                return
            status, headers, text = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        state = SlackServer(url=f"http://127.0.0.1:{server.server_port}/api/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that nobody but its own file vouches for."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(file=folder / "certificate.pem", key=folder / "key.pem")
    made.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@dataclass
class MailServer:
    """Takes mail into ``mails``; ``on_sender``, ``on_recipient`` and ``on_data`` are answers that refuse it.

    ``refused`` holds such answers by the address that is refused, ``recipients`` whom it was asked about.
    """

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    on_sender: str | None = None
    on_recipient: str | None = None
    on_data: str | None = None
    refused: dict[str, str] = field(default_factory=dict)
    recipients: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_sender is not None:
            return self.on_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.on_recipient is not None:
            return self.on_recipient
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # same
        if self.on_data is not None:
            return self.on_data
        self.mails.append(envelope)
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


ServeMail = Callable[..., MailServer]


@pytest.fixture
def serve_mail() -> Iterator[ServeMail]:
    """Start a mail server; ``encrypted`` makes it speak TLS from the start, the rest goes to aiosmtpd's SMTP."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[asyncio.Server] = []

    def serve(*, encrypted: ssl.SSLContext | None = None, **options: Any) -> MailServer:
        state = MailServer()
        starting = loop.create_server(
            lambda: SMTP(state, hostname="mail.test", loop=loop, **options), "127.0.0.1", 0, ssl=encrypted
        )
        servers.append(asyncio.run_coroutine_threadsafe(starting, loop).result(10))
        state.port = servers[-1].sockets[0].getsockname()[1]
        return state

    yield serve
    asyncio.run_coroutine_threadsafe(_close(servers), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def only_ada() -> Callable[..., AuthResult]:
    """An authenticator for aiosmtpd: user ada, password s3cret."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=login == LoginPassword(b"ada", b"s3cret"), handled=False)

    return authenticate
