"""The mail server is away, refuses or breaks off: other mail goes out, and what does not is shown with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.machine.command import Command, slack
from tests.support.machine.installation import Form, texts
from tests.support.machine.letterbox import Letterbox
from tests.support.slack.person import GENERAL, MARIA, TOM, Json, Person, wait_for
from tests.support.slack.stand_in import SECRETS

ADDRESSES = {MARIA: "maria@example.com", TOM: "tom@example.com"}


class Picky(Letterbox):
    """One that answers some recipients, and some contents, in its own way."""

    def __init__(self) -> None:
        super().__init__()
        self.to_recipient: dict[str, str] = {}
        self.to_content: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        answer = self.to_recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        return self.to_content.get(recipient) or await super().handle_DATA(server, session, envelope)

    def subjects(self, recipient: str) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails if mail["To"] == recipient]


@pytest.fixture
def letterbox() -> Iterator[Picky]:
    box = Picky()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def command(tmp_path: Path, letterbox: Picky) -> Command:
    command = Command(tmp_path, dict(SECRETS))
    command.write(
        delivery={"poll": "1s", "back_off": ["1s"]},
        mail={"host": "127.0.0.1", "port": letterbox.port, "security": "none", "sender": "a@example.org"},
    )
    command.script("quick.sh", "#!/bin/sh\n")
    return command


def shown(person: Person, job: int) -> Json:
    """What /jobs with the number shows now, to the person alone."""

    def seen() -> list[Json]:
        return [one for one in person.messages(GENERAL) if f"Job {job}:" in texts(one)]

    before = len(seen())
    person.command(f"/jobs {job}")
    return wait_for(lambda: seen()[before:], 20, what="details")[-1]


def doctor(command: Command) -> str:
    """What doctor says about messages."""
    said = command.run("doctor", "--config", str(command.config)).stdout
    return "\n".join(line for line in said.splitlines() if "messages:" in line)


def asked(person: Person) -> int:
    """The number of a job, asked for with the form and through."""
    job = Form(person, "quick.sh").submit()
    person.close(everything=True)
    person.wait_for_dm(f"Job {job} succeeded", 30)
    return job


@dataclass(frozen=True)
class Refusal:
    """What the server answers, and what people are told of it."""

    answer: str
    became: str
    reason: str


NEVER = Refusal("550 5.1.1 no such user", "was given up: ", "The mail server refuses the mail: 550 5.1.1 no such user")
LATER = Refusal(
    "452 4.2.2 mailbox is full",
    "is tried again: ",
    "The mail server does not take the mail now: 452 4.2.2 mailbox is full",
)


@pytest.mark.parametrize("place", ["to_recipient", "to_content"])
@pytest.mark.parametrize("refusal", [NEVER, LATER])
def test_address_that_is_refused_is_shown_in_slack_and_by_doctor_and_stops_no_other(
    command: Command, letterbox: Picky, tmp_path: Path, place: str, refusal: Refusal
) -> None:
    getattr(letterbox, place)[ADDRESSES[MARIA]] = refusal.answer
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            maria, tom = workspace.person(MARIA), workspace.person(TOM)
            job, other = asked(maria), asked(tom)

            wait_for(lambda: len(letterbox.subjects(ADDRESSES[TOM])) == 2, 30, what="the other's mails")
            told = wait_for(lambda: refusal.reason in texts(found := shown(maria, job)) and found, 20, what="shown")
            assert refusal.became in texts(told["blocks"])
            assert refusal.reason in told["text"], "it is heard, too"
            assert f"of job {job} by email {refusal.became}{refusal.reason}" in doctor(command)
            assert "message by email" not in texts(shown(tom, other))
            assert f"of job {other} " not in doctor(command)
    assert letterbox.subjects(ADDRESSES[MARIA]) == []


def test_mail_that_was_refused_for_now_comes_in_order_later(command: Command, letterbox: Picky, tmp_path: Path) -> None:
    letterbox.to_recipient[ADDRESSES[MARIA]] = "451 4.7.1 come back later"
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            maria = workspace.person(MARIA)
            jobs = [asked(maria), asked(maria)]
            for job in jobs:
                wait_for(lambda: "451 4.7.1 come back later" in texts(shown(maria, job)), 20, what="shown")  # noqa: B023  # asked at once

            letterbox.to_recipient.clear()

            wait_for(lambda: len(letterbox.subjects(ADDRESSES[MARIA])) >= 4, 30, what="mailed")
            wait_for(lambda: "ok" in doctor(command), 30, what="all well")
            for job in jobs:
                words = [
                    each.split()[3].rstrip(":")
                    for each in letterbox.subjects(ADDRESSES[MARIA])
                    if f"Job {job} " in each
                ]
                assert words == ["started", "succeeded"]
                assert "message by email" not in texts(shown(maria, job))
