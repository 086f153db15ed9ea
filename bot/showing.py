"""Shows a job as it is now, to the person who asked or who has just done something with it."""

from bot.front import Front
from bot.interaction import Interaction
from bot.views import job_details
from runner.jobs import Requester


def show_job(front: Front, did: Interaction, person: Requester, number: int, *, notice: str = "") -> None:
    """Answer with everything about the job, below a notice; Refused where this person may not see it."""
    found, reader = front.service.details(person, number), front.reader(person)
    did.answer(
        job_details.spoken(found, reader, notice=notice),
        job_details.details(found, reader, notice=notice),
    )
