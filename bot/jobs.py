"""/jobs: list jobs, show one, cancel it, run it again."""

from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from slack_sdk.models.blocks import ActionsBlock

from bot.answers import answer
from bot.front import Front, job_id, press_id, pressed
from bot.views import job_list
from runner.blocks import AGAIN, CANCEL, DETAILS, details_button, rich, section
from runner.texts import one_line, title
from runner.wording import STATE_WORDS, outcome

HELP = """\
/jobs lists your jobs, newest first; /jobs all lists everybody's.
/jobs 12 shows job 12 with its values, the log's last lines, its results and the command that fetches them."""


def register(app: App, front: Front) -> None:
    """Add the command and the buttons of jobs to the app."""
    feature = _Jobs(front)
    app.command("/jobs")(feature.command)
    for button in ("mine", "all", "newer", "older"):
        app.action(f"{job_list.LIST}.{button}")(feature.turn_page)
    app.action(DETAILS)(feature.details)
    app.action(CANCEL)(feature.cancel)
    app.action(AGAIN)(feature.run_again)


class _Jobs:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        match body.get("text", "").strip().casefold():
            case "help":
                answer(body, client=client, respond=respond, text=HELP)
            case "" | "mine":
                self._list(body, client, respond, (True, 1))
            case "all":
                self._list(body, client, respond, (False, 1))
            case written:
                self._show(body, client, respond, job_id(written))

    def turn_page(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        whose, _, number = pressed(body).partition(" ")
        self._list(body, client, respond, (whose != "all", job_id(number)))

    def details(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        self._show(body, client, respond, job_id(pressed(body)))

    def cancel(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        person = self._front.person(client, body)
        job = self._front.service.cancel(person, job_id(pressed(body)))
        words = (
            f"Job {job.id} is {STATE_WORDS[job.state]}." if job.state.is_final else f"Job {job.id} is being stopped."
        )
        buttons = ActionsBlock(elements=[details_button(job)])
        answer(body, client=client, respond=respond, text=words, blocks=[rich(section(words)), buttons])

    def run_again(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        person = self._front.person(client, body)
        submitted = self._front.service.run_again(person, job_id(pressed(body)), submission=press_id(body))
        job = submitted.job
        place = f"number {submitted.place} in the queue" if submitted.place else "starting right now"
        words = f"Job {job.id} queued: {title(job)}, {place}."
        buttons = ActionsBlock(elements=[details_button(job)])
        answer(body, client=client, respond=respond, text=words, blocks=[rich(section(words)), buttons])

    def _list(self, body: dict[str, Any], client: WebClient, respond: Respond, place: tuple[bool, int]) -> None:
        mine, number = place
        person = self._front.person(client, body)
        found = self._front.service.jobs(person, mine=mine, number=number)
        blocks = job_list.page(found, mine=mine, now=self._front.clock())
        answer(body, client=client, respond=respond, text=job_list.spoken(found), blocks=blocks)

    def _show(self, body: dict[str, Any], client: WebClient, respond: Respond, number: int) -> None:
        person = self._front.person(client, body)
        found = self._front.service.details(person, number)
        blocks = job_list.details(found, now=self._front.clock())
        job = found.report.job
        text = f"Job {job.id}, {title(job)}: {one_line(outcome(job))}"
        answer(body, client=client, respond=respond, text=text, blocks=blocks)
