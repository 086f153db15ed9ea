import email
import email.policy
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from runner.errors import ConfigError
from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.protocol import ChannelDown, DeliveryFailed
from runner.notifications.smtp import MailSettings, SmtpTransport

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

Send = Callable[..., None]


@pytest.fixture
def send(notification_factory: Callable[..., Notification], report_factory: Callable[..., Report]) -> Send:
    """Send one mail by a channel with these settings, in clear unless they say otherwise."""

    def send_one(port: int, *, password: str | None = None, recipient: str | None = None, **settings: Any) -> None:
        chosen = MailSettings.model_validate({"host": "127.0.0.1", "port": port, "security": "none"} | settings)
        notification = notification_factory(**({"recipient": recipient} if recipient else {}))
        SmtpTransport(chosen, password=password).send(notification, report_factory())

    return send_one


def test_mail_arrives_over_starttls_after_login(serve_mail: Any, certificate: Any, only_ada: Any, send: Send) -> None:
    server = serve_mail(
        tls_context=certificate.context(), require_starttls=True, auth_required=True, authenticator=only_ada
    )

    send(server.port, security="starttls", ca_file=certificate.file, user="ada", password="s3cret")

    (envelope,) = server.mails
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("scriptrunner@localhost", ["ada@example.org"])
    assert mail["Subject"] == "[ScriptRunner] Job 12 succeeded: Word count"
    assert server.was_encrypted == [True]


def test_mail_arrives_over_tls_from_the_start(serve_mail: Any, certificate: Any, send: Send) -> None:
    server = serve_mail(encrypted=certificate.context())

    send(server.port, security="tls", ca_file=certificate.file)

    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_that_nobody_vouches_for_is_refused(
    serve_mail: Any, certificate: Any, send: Send, security: str
) -> None:
    context = certificate.context()
    server = serve_mail(**({"encrypted": context} if security == "tls" else {"tls_context": context}))

    with pytest.raises(DeliveryFailed, match="certificate verify failed"):
        send(server.port, security=security)

    assert server.mails == []


def test_server_without_starttls_gets_nothing_in_clear(serve_mail: Any, send: Send) -> None:
    server = serve_mail()

    with pytest.raises(DeliveryFailed, match="STARTTLS"):
        send(server.port, security="starttls")

    assert server.mails == []


def test_refused_login_is_tried_again_and_keeps_the_password_to_itself(
    serve_mail: Any, certificate: Any, only_ada: Callable[..., AuthResult], send: Send
) -> None:
    server = serve_mail(tls_context=certificate.context(), auth_required=True, authenticator=only_ada)

    with pytest.raises(DeliveryFailed, match="login: 535") as failure:
        send(server.port, security="starttls", ca_file=certificate.file, user="ada", password="canary")

    assert "canary" not in f"{failure.value!r} {failure.value.__cause__!r}"


@pytest.mark.parametrize("moment", ["on_sender", "on_recipient", "on_data"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("421 4.3.2 closing down", DeliveryFailed),
        ("451 4.3.0 try again later", DeliveryFailed),
        ("452 4.2.2 mailbox is full", DeliveryFailed),
        ("530 5.7.0 authentication required", DeliveryFailed),
        ("550 5.1.1 no such user", Undeliverable),
        ("552 5.3.4 the message is too large", Undeliverable),
        ("553 5.7.1 this sender is not yours", Undeliverable),
        ("554 5.7.1 rejected as spam", Undeliverable),
        ("554 5.7.1 relay access denied", Undeliverable),
        ("555 5.5.4 unknown parameter", Undeliverable),
    ],
)
def test_refusal_is_for_now_or_for_good_at_every_step(
    serve_mail: Any, send: Send, moment: str, answer: str, expected: type[Exception]
) -> None:
    server = serve_mail()
    setattr(server, moment, answer)

    with pytest.raises(expected, match=f": {answer}$"):
        send(server.port)


@pytest.mark.parametrize("answer", ["421 4.3.2 closing down", "451 4.3.0 try again later", "530 5.7.0 log in first"])
def test_what_refuses_the_sender_for_now_would_refuse_every_mail(serve_mail: Any, send: Send, answer: str) -> None:
    server = serve_mail()
    server.on_sender = answer

    with pytest.raises(ChannelDown):
        send(server.port)


def test_answer_of_several_lines_is_read_as_one_sentence(serve_mail: Any, send: Send) -> None:
    server = serve_mail()
    server.on_recipient = "550-5.1.1 The account does not exist.\r\n550-5.1.1 Look for\r\n550 5.1.1 typing errors."

    with pytest.raises(Undeliverable, match=r"550 5\.1\.1 The account does not exist\. Look for typing errors\.$"):
        send(server.port)


@dataclass
class Dialogue:
    """A server that greets and answers by heart, a line for each command, and keeps what it was told."""

    port: int
    told: list[str] = field(default_factory=list)


@pytest.fixture
def answering() -> Iterator[Callable[..., Dialogue]]:
    """Start a server with a greeting and answers by the first word of the command; all others are taken."""
    servers: list[socketserver.TCPServer] = []

    def serve(greeting: str = "220 mail.test", **answers: str) -> Dialogue:
        class Answering(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(f"{greeting}\r\n".encode())
                for line in self.rfile:
                    words = line.decode().strip()
                    dialogue.told.append(words)
                    verb = words.partition(" ")[0].upper()
                    answer = answers.get(verb, "354 go on" if verb == "DATA" else "250 OK")
                    self.wfile.write(f"{answer}\r\n".encode())
                    if answer.startswith(("421", "221")):
                        return

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering)
        server.daemon_threads = True
        servers.append(server)
        dialogue = Dialogue(port=server.server_address[1])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return dialogue

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"greeting": "554 5.3.2 no mail here today"}, "554 5.3.2 no mail here today"),
        ({"greeting": "421 4.3.2 too many connections"}, "421 4.3.2 too many connections"),
        ({"EHLO": "550 5.7.1 who are you", "HELO": "550 5.7.1 who are you"}, "550 5.7.1 who are you"),
        ({"EHLO": "250-mail.test\r\n250 STARTTLS", "STARTTLS": "502 5.5.1 out of order"}, "502 5.5.1 out of order"),
    ],
)
def test_what_refuses_everybody_before_there_is_a_mail_is_tried_again(
    answering: Callable[..., Dialogue], send: Send, answers: dict[str, str], said: str
) -> None:
    server = answering(**answers)

    with pytest.raises(ChannelDown, match=f": {said}$"):
        send(server.port, **({"security": "starttls"} if "STARTTLS" in answers else {}))


def test_check_goes_as_far_as_the_recipient_and_sends_nothing(serve_mail: Any) -> None:
    server = serve_mail()

    transport(server.port).check("root@example.org")

    assert server.recipients == ["root@example.org"]
    assert server.mails == []


@pytest.mark.parametrize("moment", ["on_sender", "on_recipient"])
def test_check_says_in_words_who_is_refused(serve_mail: Any, moment: str) -> None:
    server = serve_mail()
    setattr(server, moment, "553 5.7.1 not yours")

    with pytest.raises(Undeliverable, match=r"^The mail server refuses the mail: 553 5\.7\.1 not yours$"):
        transport(server.port).check("root@example.org")


def test_check_takes_its_envelope_back(answering: Callable[..., Dialogue]) -> None:
    server = answering(QUIT="221 bye")

    transport(server.port).check("root@example.org")

    verbs = [line.partition(" ")[0].upper() for line in server.told]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "QUIT"]


def transport(port: int) -> SmtpTransport:
    return SmtpTransport(MailSettings(host="127.0.0.1", port=port, security="none"))


@pytest.mark.parametrize("recipient", ["jörg@example.org", "ada@bücher.example", "用户@例子.example"])
def test_address_beyond_ascii_is_written_as_it_is_where_the_server_takes_it(
    serve_mail: Any, send: Send, recipient: str
) -> None:
    server = serve_mail(enable_SMTPUTF8=True)

    send(server.port, recipient=recipient)

    (envelope,) = server.mails
    assert envelope.rcpt_tos == [recipient]
    assert f"To: {recipient}\r\n".encode() in envelope.content
    assert "SMTPUTF8" in envelope.mail_options


def test_address_beyond_ascii_is_undeliverable_where_the_server_does_not(serve_mail: Any, send: Send) -> None:
    server = serve_mail(enable_SMTPUTF8=False)

    with pytest.raises(Undeliverable, match=r"“jörg@example\.org” has other letters .* does not offer SMTPUTF8"):
        send(server.port, recipient="jörg@example.org")
    assert server.mails == []


def test_control_characters_of_the_servers_answer_are_shown_as_escapes(serve_mail: Any, send: Send) -> None:
    server = serve_mail()
    server.on_recipient = "550 no\x1b[2Jbody"

    with pytest.raises(Undeliverable) as failure:
        send(server.port)

    assert str(failure.value).endswith("no\\x1b[2Jbody")


def test_server_that_is_not_there_is_tried_again(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    with pytest.raises(DeliveryFailed, match="refused"):
        send(port)


def test_server_that_never_answers_is_left_after_the_timeout(send: Send) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(DeliveryFailed, match="timed out"),
    ):
        send(silent.getsockname()[1], timeout="0.1s")


def test_user_without_password_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigError, match="no password"):
        SmtpTransport(MailSettings(host="mail.example.org", user="ada"))


def test_certificates_that_cannot_be_read_are_a_mistake_in_the_settings(tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")

    with pytest.raises(ConfigError, match=r"ca\.pem") as failure:
        SmtpTransport(MailSettings(host="mail.example.org", ca_file=tmp_path / "ca.pem"))

    assert isinstance(failure.value.__cause__, ssl.SSLError)


def test_password_is_hidden_in_the_channels_repr() -> None:
    channel = SmtpTransport(MailSettings(host="mail.example.org", user="ada"), password="canary")

    assert "canary" not in repr(channel)
