"""What a person wants to be told, by which ways and when: a modal from the Home tab."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import time

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    CheckboxesElement,
    InputBlock,
    Option,
    TimePickerElement,
)
from slack_sdk.models.views import View

from runner.errors import InvalidValues
from runner.jobs import Preferences, QuietHours, Requester, Topic
from runner.messages.blocks import bullets, plain, rich, section, small_print
from runner.system.text import visible

SETTINGS = "preferences.open"
SETTINGS_VIEW = "preferences.view"
START, END = "quiet.start", "quiet.end"
"""The blocks of the fields for quiet hours."""

_CHANNEL, _CHOSEN = "channel.", "chosen"
_LABELS = {"slack": "Direct messages", "email": "E-mails"}
_TOPICS = {
    Topic.STARTS: "Starts: a job waits or has started",
    Topic.ENDS: "Ends: a job has succeeded or was cancelled",
    Topic.FAILURES: "Failures: a job or an attempt failed, ran out of time or was lost",
    Topic.REMINDERS: "Reminders: time runs out, files are to be deleted, and whatever else",
}
_SILENT = (
    "⚠️ You would not be told at all when a job of yours fails, runs out of time or is lost. "
    "Press Save once more if you want that, or tick Failures."
)
_IS_SILENT = "⚠️ You are not told at all when a job of yours fails, runs out of time or is lost."
_QUIET = "In quiet hours you are told nothing; what came then is told in one message when they end."

_UNTOLD = "You will not be told when it starts or ends: that is what you chose in Settings, on the Home tab."
_ENDS = {
    frozenset({Topic.ENDS, Topic.FAILURES}): "when it ends",
    frozenset({Topic.ENDS}): "when it succeeds",
    frozenset({Topic.FAILURES}): "if it fails",
}


def settings_button() -> ButtonElement:
    """Opens the modal."""
    return ButtonElement(text=plain("Settings"), action_id=SETTINGS)


def view(person: Requester, preferences: Preferences, channels: Sequence[str], *, asks: bool = False) -> View:
    """What the person is told by these channels; where it ``asks``, whether they are to hear of no failure."""
    return View(
        type="modal",
        callback_id=SETTINGS_VIEW,
        title=plain("Settings"),
        submit=plain("Save"),
        close=plain("Cancel"),
        private_metadata=json.dumps({"asks": asks}),
        blocks=list(_blocks(person, preferences, channels, asks=asks)),
    )


def saved(preferences: Preferences, channels: Sequence[str]) -> View:
    """Says what holds from now on."""
    lines = spoken(preferences, channels).split("\n")
    return View(type="modal", title=plain("Settings"), close=plain("Close"), blocks=[rich(*map(section, lines))])


def spoken(preferences: Preferences, channels: Sequence[str]) -> str:
    """What holds from now on, a line for each channel."""
    return "\n".join(_lines(preferences, channels))


def telling(person: Requester, preferences: Preferences, channels: Sequence[str]) -> Block:
    """Of which moments of a new job the person is told, by which of these channels."""
    ways = {"slack": "by direct message from ScriptRunner", "email": f"by e-mail to {visible(person.email)}"}
    moments = {name: _moments(preferences, name) for name in channels}
    lines = [f"{ways.get(name, f'by {name}')} {told}" for name, told in moments.items() if told]
    return rich(section("You will be told:"), bullets(map(section, lines))) if lines else rich(section(_UNTOLD))


def chosen(shown: Mapping[str, object], channels: Sequence[str]) -> Preferences:
    """What was chosen in a view about these channels; InvalidValues by block where only one end of quiet hours was."""
    start, end = _time(shown, START), _time(shown, END)
    if (start is None) != (end is None):
        raise InvalidValues({END if end is None else START: "Quiet hours need both ends; empty both to have none."})
    if start is not None and start == end:
        raise InvalidValues({END: "Quiet hours that begin and end at the same time would never end."})
    return Preferences(
        topics={name: frozenset(_ticked(shown, name)) for name in channels},
        quiet=None if start is None or end is None else QuietHours(start=start, end=end),
    )


def asks(shown: Mapping[str, object]) -> bool:
    """Whether a view asks whether the person is to hear of no failure."""
    try:
        return json.loads(str(shown["private_metadata"]))["asks"] is True
    except (LookupError, TypeError, ValueError):
        return False


def _blocks(person: Requester, preferences: Preferences, channels: Sequence[str], *, asks: bool) -> Iterator[Block]:
    if asks or preferences.is_silent(Topic.FAILURES, channels):
        yield rich(section(_SILENT if asks else _IS_SILENT, bold=True))
    for name in channels:
        ticked = [_option(topic) for topic in Topic if preferences.tells(topic, name)]
        yield InputBlock(
            block_id=f"{_CHANNEL}{name}",
            label=plain(f"{_label(name)} tell me of"),
            optional=True,
            element=CheckboxesElement(
                action_id=_CHOSEN, options=[_option(topic) for topic in Topic], initial_options=ticked or None
            ),
        )
    quiet = preferences.quiet
    yield _clock("Quiet hours begin at", START, quiet.start if quiet else None)
    yield _clock("Quiet hours end at", END, quiet.end if quiet else None)
    yield small_print(f"{_QUIET} Times are in your time zone in Slack, {visible(person.time_zone)}.")


def _clock(label: str, block: str, start: time | None) -> InputBlock:
    return InputBlock(
        block_id=block,
        label=plain(label),
        optional=True,
        element=TimePickerElement(action_id=_CHOSEN, initial_time=None if start is None else f"{start:%H:%M}"),
    )


def _option(topic: Topic) -> Option:
    name, _, what = _TOPICS[topic].partition(": ")
    return Option(value=topic, text=plain(name), description=plain(what))


def _moments(preferences: Preferences, channel: str) -> str:
    ends = frozenset(topic for topic in (Topic.ENDS, Topic.FAILURES) if preferences.tells(topic, channel))
    starts = ["when it starts"] if preferences.tells(Topic.STARTS, channel) else []
    return " and ".join([*starts, *([_ENDS[ends]] if ends else [])])


def _label(channel: str) -> str:
    return _LABELS.get(channel, channel)


def _lines(preferences: Preferences, channels: Sequence[str]) -> Iterator[str]:
    for name in channels:
        told = [topic.value for topic in Topic if preferences.tells(topic, name)]
        yield f"{_label(name)} tell you of {', '.join(told) or 'nothing'}."
    if preferences.quiet is not None:
        yield f"Your quiet hours are from {preferences.quiet.start:%H:%M} to {preferences.quiet.end:%H:%M}."
    if preferences.is_silent(Topic.FAILURES, channels):
        yield _IS_SILENT


def _ticked(shown: Mapping[str, object], channel: str) -> Iterator[Topic]:
    found = _entered(shown, f"{_CHANNEL}{channel}", "selected_options")
    for option in found if isinstance(found, list) else []:
        value = option.get("value") if isinstance(option, Mapping) else None
        if value in list(Topic):
            yield Topic(str(value))


def _time(shown: Mapping[str, object], block: str) -> time | None:
    """A time of day; None where there is none, or what stands there is none."""
    written = _entered(shown, block, "selected_time")
    try:
        return time.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _entered(shown: Mapping[str, object], block: str, key: str) -> object:
    found: object = shown
    for name in ("state", "values", block, _CHOSEN, key):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
