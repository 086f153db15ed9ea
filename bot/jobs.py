"""/jobs: list jobs, show one, cancel it, run it again."""

from slack_bolt import App
from slack_sdk.models.blocks import ActionsBlock

from bot.forms import Forms
from bot.front import Front, job_id
from bot.interaction import Interaction
from bot.views import job_list, review
from runner.blocks import AGAIN, CANCEL, DETAILS, EDIT, details_button, rich, section
from runner.jobs import Job, Requester
from runner.texts import title
from runner.wording import STATE_WORDS, outcome, visible

HELP = """\
/jobs lists your jobs, newest first; /jobs all lists everybody's.
/jobs 12 shows job 12 with its values, the log's last lines, its results and the command that fetches them."""


def register(app: App, front: Front) -> None:
    """Add the command and the buttons of jobs to the app."""
    feature = _Jobs(front)
    app.command("/jobs")(front.listener(feature.command))
    for button in job_list.BUTTONS:
        app.action(button)(front.listener(feature.turn_page))
    app.action(DETAILS)(front.listener(feature.details))
    app.action(CANCEL)(front.listener(feature.cancel))
    app.action(AGAIN)(front.listener(feature.run_again))
    app.action(EDIT)(front.listener(feature.edit))


class _Jobs:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def command(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        match did.text.casefold():
            case "help":
                did.answer(HELP)
            case "" | "mine":
                self._list(did, person, mine=True, number=1)
            case "all":
                self._list(did, person, mine=False, number=1)
            case written:
                self._show(did, person, job_id(written))

    def turn_page(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        whose, _, number = did.pressed.partition(" ")
        self._list(did, person, mine=whose != "all", number=job_id(number))

    def details(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        self._show(did, person, job_id(did.pressed))

    def cancel(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        job = self._front.service.cancel(person, job_id(did.pressed))
        became = STATE_WORDS[job.state] if job.state.is_final else "being stopped"
        self._say(did, job, f"Job {job.id} is {became}.")

    def run_again(self, did: Interaction) -> None:
        """Show a job's values once more; submitting that runs them."""
        did.ack()
        person = self._front.person(did)
        number = job_id(did.pressed)
        name, values = self._front.service.values_of(person, number)
        script = self._front.service.script(name, exactly=True)
        did.show(review.asking(script, values, remembered={"job": number}))

    def edit(self, did: Interaction) -> None:
        """Open the form of a job's script, filled in with its values; what no longer fits is named."""
        did.ack()
        person = self._front.person(did)
        name, values = self._front.service.values_of(person, job_id(did.pressed))
        script = self._front.service.script(name, exactly=True)
        forms = Forms(self._front)
        problems = list(forms.unfit(person, script, values).values())
        forms.open(did, person, script, initial=values, problems=problems)

    def _list(self, did: Interaction, person: Requester, *, mine: bool, number: int) -> None:
        found = self._front.service.jobs(person, mine=mine, number=number)
        did.answer(job_list.spoken(found), job_list.page(found, mine=mine, now=self._front.clock()))

    def _show(self, did: Interaction, person: Requester, number: int) -> None:
        found = self._front.service.details(person, number)
        job = found.report.job
        text = f"Job {job.id}, {title(job)}: {visible(outcome(job))}"
        did.answer(text, job_list.details(found, now=self._front.clock()))

    def _say(self, did: Interaction, job: Job, words: str) -> None:
        did.answer(words, [rich(section(words)), ActionsBlock(elements=[details_button(job)])])
