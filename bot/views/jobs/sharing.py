"""Whom a job is shared with: the fields for it, and a modal around them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ConversationFilter,
    ConversationMultiSelectElement,
    InputBlock,
    Option,
    UserMultiSelectElement,
)
from slack_sdk.models.views import View

from runner.errors import ScriptRunnerError
from runner.jobs import STATE_SIGNS, STATE_WORDS, Job, Watcher
from runner.messages.blocks import plain, rich, section, small_print
from runner.messages.texts import title
from runner.service import MOST_WATCHERS
from runner.system.text import clipped, visible

SHARE_VIEW = "job.share.view"
PEOPLE, CHANNELS, RESULTS = "share.people", "share.channels", "share.results"
BLOCKS = frozenset({PEOPLE, CHANNELS, RESULTS})
"""The blocks of the fields."""

_CHOSEN = "chosen"
_TITLE = 24
_WHAT = "They see how it ended, what was run, the names of its results and, where it failed, the log's last lines."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The ids of the people and the channels that a job is to be shared with, and whether they get its results too."""

    people: Sequence[str]
    channels: Sequence[str]
    with_results: bool


def view(job: Job, watchers: Sequence[Watcher]) -> View:
    """Asks whom a job is to be shared with."""
    head = f"{STATE_SIGNS[job.state]} Job {job.id}, {STATE_WORDS[job.state]}: {title(job, length=100)}"
    return View(
        type="modal",
        callback_id=SHARE_VIEW,
        title=plain(clipped(f"Share job {job.id}", _TITLE)),
        submit=plain("Share"),
        close=plain("Cancel"),
        private_metadata=json.dumps({"job": job.id}),
        blocks=[rich(section(head, bold=True)), *fields(watchers), small_print(_WHAT)],
    )


def shared(job: Job, watchers: Sequence[Watcher]) -> View:
    """Says whom a job is shared with now."""
    return View(
        type="modal",
        title=plain(clipped(f"Share job {job.id}", _TITLE)),
        close=plain("Close"),
        blocks=[rich(section(spoken(job, watchers)))],
    )


def spoken(job: Job, watchers: Sequence[Watcher]) -> str:
    """Whom a job is shared with now, in words."""
    if not watchers:
        return f"Job {job.id} is shared with nobody."
    names = ", ".join(visible(each.recipient.name) for each in watchers)
    verb = "is" if len(watchers) == 1 else "are"
    when = "how it ended" if job.state.is_final else "when it ends"
    return clipped(f"Job {job.id} is shared: {names} {verb} told {when}.", 2900)


def fields(watchers: Sequence[Watcher] = ()) -> Iterator[Block]:
    """The fields, which start with these."""
    people = [each.recipient.user_id for each in watchers if not each.is_conversation]
    channels = [each.recipient.user_id for each in watchers if each.is_conversation]
    yield InputBlock(
        block_id=PEOPLE,
        label=plain("Tell people when it has ended"),
        optional=True,
        element=UserMultiSelectElement(
            action_id=_CHOSEN,
            placeholder=plain("Choose people"),
            initial_users=people or None,
            max_selected_items=MOST_WATCHERS,
        ),
    )
    yield InputBlock(
        block_id=CHANNELS,
        label=plain("Tell channels when it has ended"),
        hint=plain("Those that ScriptRunner is in; /invite @ScriptRunner brings it into a channel."),
        optional=True,
        element=ConversationMultiSelectElement(
            action_id=_CHOSEN,
            placeholder=plain("Choose channels"),
            initial_conversations=channels or None,
            max_selected_items=MOST_WATCHERS,
            filter=ConversationFilter(include=["public", "private"], exclude_bot_users=True),
        ),
    )
    with_results = Option(value="results", text=plain("With its results, as far as you get them in Slack"))
    yield InputBlock(
        block_id=RESULTS,
        label=plain("What they get"),
        optional=True,
        element=CheckboxesElement(
            action_id=_CHOSEN,
            options=[with_results],
            initial_options=[with_results] if any(each.with_results for each in watchers) else None,
        ),
    )


def chosen(shown: Mapping[str, object]) -> Chosen:
    """What was chosen in the fields of a view."""
    return Chosen(
        people=_ids(shown, PEOPLE, "selected_users"),
        channels=_ids(shown, CHANNELS, "selected_conversations"),
        with_results=bool(_entered(shown, RESULTS, "selected_options")),
    )


def job_of(shown: Mapping[str, object]) -> int:
    """The number of the job that a view asks about; ScriptRunnerError where it asks about none."""
    try:
        return int(json.loads(str(shown["private_metadata"]))["job"])
    except (LookupError, TypeError, ValueError) as error:
        raise ScriptRunnerError("This asks about no job any more; open it anew from the job.") from error


def _ids(shown: Mapping[str, object], block: str, key: str) -> Sequence[str]:
    found = _entered(shown, block, key)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _entered(shown: Mapping[str, object], block: str, key: str) -> object:
    found: object = shown
    for name in ("state", "values", block, _CHOSEN, key):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
