"""Share…: whom a job is shared with, and that they can be told."""

from collections.abc import Callable, Sequence

from slack_bolt import App

from bot.listeners.context import ListenerContext, job_id
from bot.listeners.deadlines import Shows
from bot.slack.conversations import channel_name
from bot.slack.interaction import Interaction
from bot.views.jobs import sharing
from runner.errors import Refused
from runner.jobs import Requester, Watcher
from runner.messages.blocks import SHARE

_NO_MEMBER = "{} cannot be told: only members of this workspace with an e-mail address can, no bots and no guests."


def register(app: App, context: ListenerContext) -> None:
    """Add the button and its modal to the app."""
    feature = _Sharing(context)
    app.action(SHARE)(context.listener(feature.open, shows=Shows.MODAL))
    app.view(sharing.SHARE_VIEW)(context.listener(feature.share))


def chosen_watchers(context: ListenerContext, interaction: Interaction) -> tuple[list[Watcher], dict[str, str]]:
    """Who was chosen in the fields of a view; why some of them cannot be told anything, by the ids of the blocks."""
    found, errors = sharing.chosen(interaction.view), dict[str, str]()

    def person(user_id: str) -> Watcher:
        try:
            recipient = context.identities.requester(interaction.client, user_id)
        except Refused as error:
            raise Refused(_NO_MEMBER.format(user_id)) from error
        return Watcher(recipient=recipient, with_results=found.with_results)

    def channel(channel_id: str) -> Watcher:
        name = channel_name(interaction.client, channel_id)
        recipient = Requester(user_id=channel_id, team_id="", email="", name=name)
        return Watcher(recipient=recipient, is_conversation=True, with_results=found.with_results)

    people = _each(found.people, person, sharing.PEOPLE, errors)
    channels = _each(found.channels, channel, sharing.CHANNELS, errors)
    return [*people, *channels], errors


def _each(ids: Sequence[str], find: Callable[[str], Watcher], block: str, errors: dict[str, str]) -> list[Watcher]:
    """Who these are; what is wrong with some of them goes to the errors."""
    found, problems = [], []
    for each in dict.fromkeys(ids):
        try:
            found.append(find(each))
        except Refused as error:
            problems.append(str(error))
    if problems:
        errors[block] = " ".join(problems)
    return found


class _Sharing:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def open(self, interaction: Interaction) -> None:
        """Ask whom the job is to be shared with."""
        person = self._context.person(interaction)
        job, watchers = self._context.service.watching.of(person, job_id(interaction.pressed))
        interaction.show(sharing.view(job, watchers))

    def share(self, interaction: Interaction) -> None:
        """Share the job with those who were chosen, and with nobody else."""
        person = self._context.person(interaction)
        number = sharing.job_of(interaction.view)
        self._context.service.watching.of(person, number)  # nobody is looked up for those who may not
        watchers, errors = chosen_watchers(self._context, interaction)
        if errors:
            interaction.ack(response_action="errors", errors=errors)
            return
        job, _ = self._context.service.watching.share(person, number, watchers)
        words = sharing.spoken(job, watchers)
        interaction.ack(response_action="update", view=sharing.shared(job, watchers), words=words)
