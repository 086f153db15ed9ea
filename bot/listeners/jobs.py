"""/jobs: list jobs, show one, cancel it, run it again."""

from slack_bolt import App
from slack_sdk.models.blocks import ActionsBlock

from bot.listeners.context import Front, job_id, show_job
from bot.listeners.form.forms import Forms
from bot.listeners.queue import HELP as HELP_OF_QUEUE
from bot.listeners.queue import Queue
from bot.slack.interaction import Interaction
from bot.views.form import confirmation
from bot.views.jobs import job_list
from runner.jobs import STATE_WORDS, Job, Requester
from runner.messages.blocks import AGAIN, CANCEL, DETAILS, EDIT, details_button, rich, section

HELP = f"""\
/jobs lists your jobs, newest first; /jobs all lists everybody's.
/jobs 12 shows job 12 with its values, the log's last lines, its results and the command that fetches them.
{HELP_OF_QUEUE}"""


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
        self._queue = Queue(front)

    def command(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        word, _, rest = did.text.partition(" ")
        if word.casefold() == "pause":
            self._queue.pause(did, person, rest.strip())
            return
        match did.text.casefold():
            case "queue":
                self._queue.show(did, person)
            case "resume":
                self._queue.resume(did, person)
            case "help":
                did.answer(HELP)
            case "" | "mine":
                self._list(did, person, mine=True, number=1)
            case "all":
                self._list(did, person, mine=False, number=1)
            case written:
                show_job(self._front, did, person, job_id(written))

    def turn_page(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        whose, _, number = did.pressed.partition(" ")
        self._list(did, person, mine=whose != "all", number=job_id(number))

    def details(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        show_job(self._front, did, person, job_id(did.pressed))

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
        did.show(confirmation.asking(script, values, remembered={"job": number}))

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
        pause, reader = self._front.service.queue.paused(), self._front.reader(person)
        did.answer(
            job_list.spoken(found, reader=reader, pause=pause),
            job_list.page(found, mine=mine, reader=reader, pause=pause),
        )

    def _say(self, did: Interaction, job: Job, words: str) -> None:
        did.answer(words, [rich(section(words)), ActionsBlock(elements=[details_button(job)])])
