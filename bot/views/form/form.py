"""The modal of /runscript: choose a script, fill in its form, see that the job waits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.slack.files import SlackFile
from bot.views.form import fields, form_state, prefill, script_choice, script_summary, upload_fields
from bot.views.form.elements import Brevity
from bot.views.form.fields import FieldContext, InboxChoices
from bot.views.form.form_metadata import FormMetadata
from bot.views.form.script_choice import ScriptSearch
from bot.views.form.upload_fields import GivenFile
from bot.views.jobs import queue
from runner.jobs import Preset, Retrieval
from runner.messages.blocks import command, context, labelled, plain, rich, section, small_print
from runner.messages.reader import Reader
from runner.scripts import Script
from runner.scripts.parameters import Input
from runner.service import InboxFile, InboxUse, Outlook, UploadInstructions
from runner.system.text import clipped, slack_date, visible

FORM = "runscript.form"
_TITLE = "Run a script"
_SECTION = 3000
_HEADING = 150
_VIEW_BYTES = 250_000  # Slack: view_too_large above; escaped as JSON, which is the most it can be counted as
_TOO_MUCH = "Values too long for one form were left out: "
_MAKE_ROOM = "Remove what you need no longer: sftp with the same address and password, then rm."
_NOTHING_WAITS = Outlook(place=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the form tells besides its fields; ``initial`` is what they start with, ``failures`` lists that failed.

    The form was opened for files that lie in Slack, ``given``, or were ``brought`` to the inbox; ``uploaded`` are those
    in fields for uploads, which are drawn with ``uploads`` only.
    """

    inbox: InboxChoices
    reader: Reader
    upload: UploadInstructions
    inbox_use: InboxUse | None = None
    outlook: Outlook = _NOTHING_WAITS
    broken_count: int = 0
    initial: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    presets: Sequence[Preset] = ()
    is_favourite: bool = False
    failures: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[SlackFile] = ()
    brought: Sequence[InboxFile] = ()
    uploaded: Mapping[str, Sequence[SlackFile]] = field(default_factory=dict)
    uploads: bool = True


def choosing(circumstances: Circumstances, search: ScriptSearch | None = None) -> View:
    """The modal before a script is chosen, with what a search found, if there was one."""
    given = tuple(file.id for file in circumstances.given)
    brought = tuple(upload_fields.mark(file) for file in circumstances.brought)
    blocks = [
        *_given([*circumstances.given, *circumstances.brought]),
        *([] if search is None else script_choice.searching(search)),
        _choice(None),
        *queue.limiting(circumstances.outlook.limit),
        *_left_out(circumstances),
    ]
    return _modal(blocks, FormMetadata(given=given, brought=brought))


def filling(
    script: Script, circumstances: Circumstances, *, metadata: FormMetadata | None = None, notice: str | None = None
) -> View:
    """The modal with the script's form; the choice stays above it, so that another can be chosen.

    A form that would be larger than Slack takes is brief, then bare; where that is not enough, it starts without the
    longest values and says so.
    """
    metadata = metadata or FormMetadata(script=script.name)
    initial, lost = _starting(script, circumstances), list[str]()
    brevity = Brevity.FULL
    while True:
        told = " ".join(part for part in (notice, _TOO_MUCH + ", ".join(lost) if lost else None) if part)
        blocks = [
            *_head(script, circumstances, metadata, told),
            *_fields(script, circumstances, initial, metadata, brevity),
        ]
        view = _modal(blocks, metadata)
        if not _is_too_large(view):
            return view
        if brevity is not Brevity.BARE:
            brevity = Brevity(brevity + 1)
        elif initial:
            longest = max(initial, key=lambda name: len(json.dumps(initial[name])))
            del initial[longest]
            lost.append(visible(longest))
        else:
            return view


def trouble(words: str) -> View:
    """What the modal shows where it cannot go on."""
    blocks = [SectionBlock(text=plain(clipped(words, _SECTION)))]
    return View(type="modal", title=plain(_TITLE), close=plain("Close"), blocks=blocks)


class _Modal(View):
    """A modal that stays as it was drawn: slack_sdk takes longer to make JSON of a form than we take to draw it."""

    _written: dict[str, Any] | None = None

    def to_dict(self, *args: Any) -> dict[str, Any]:
        """As Slack takes it; made once."""
        if self._written is None:
            self._written = super().to_dict(*args)
        return self._written


def _is_too_large(view: View) -> bool:
    return len(json.dumps(view.to_dict())) > _VIEW_BYTES


def _modal(blocks: Sequence[Block], metadata: FormMetadata) -> View:
    return _Modal(
        type="modal",
        callback_id=FORM,
        title=plain(_TITLE),
        submit=plain("Run" if metadata.script else "Next"),
        close=plain("Cancel"),
        private_metadata=metadata.written(),
        blocks=blocks,
    )


def _head(script: Script, circumstances: Circumstances, metadata: FormMetadata, told: str) -> Iterator[Block]:
    if told:
        yield rich(section(clipped(told, _SECTION), bold=True))
    yield _choice(script)
    yield from script_summary.lines(script, circumstances.outlook, circumstances.reader)
    yield from prefill.choice(script, circumstances.presets, metadata.filled, is_favourite=circumstances.is_favourite)


def _choice(script: Script | None) -> InputBlock:
    return InputBlock(
        block_id=form_state.CHOICE_BLOCK,
        label=plain("Script"),
        dispatch_action=True,
        element=script_choice.choice(form_state.CHOOSE, script),
    )


def _around(circumstances: Circumstances, brevity: Brevity) -> FieldContext:
    return FieldContext(
        inbox=circumstances.inbox,
        people=circumstances.people,
        given=[upload_fields.listed(file) for file in circumstances.given],
        uploads=circumstances.uploads,
        brevity=brevity,
    )


def _starting(script: Script, circumstances: Circumstances) -> dict[str, str]:
    """What the fields start with, of what they are to start with."""
    around, initial = _around(circumstances, Brevity.FULL), circumstances.initial
    found = {each.name: fields.start(each, initial.get(each.name), around) for each in script.asked}
    return {name: value for name, value in found.items() if value is not None}


def _fields(
    script: Script, circumstances: Circumstances, initial: Mapping[str, str], metadata: FormMetadata, brevity: Brevity
) -> Iterator[Block]:
    places = form_state.places(script, initial, metadata)
    watched = _watched(script) | {each.name for each in form_state.inputs(script) if circumstances.uploads}
    if not script.asked:
        yield rich(section("This script asks for nothing; submit to run it."))
    around = _around(circumstances, brevity)
    heading: str | None = None
    for parameter in script.asked:
        heading = parameter.section or heading
        if parameter.name not in places:
            continue
        if heading is not None:
            yield HeaderBlock(text=plain(clipped(visible(heading), _HEADING)))
            heading = None
        place, start = places[parameter.name], initial.get(parameter.name)
        yield fields.draw(parameter, place, start, around, dispatches=parameter.name in watched)
        if isinstance(parameter, Input) and circumstances.uploads:
            uploaded = circumstances.uploaded.get(parameter.name, ())
            told = upload_fields.told(parameter, start, metadata.chosen_at(script, parameter), uploaded)
            yield upload_fields.field(script, parameter, told)
        if parameter.name in circumstances.failures:
            words = plain(clipped(f"⚠️ {circumstances.failures[parameter.name]}", 2000))
            yield ContextBlock(block_id=f"{form_state.FAILED}{parameter.name}", elements=[words])
    if script.asked:
        yield prefill.saving()
    if any(isinstance(parameter, Input) and parameter.name in places for parameter in script.asked):
        yield DividerBlock()
        yield from _uploads(circumstances.upload, circumstances.inbox_use)


def _given(files: Sequence[GivenFile]) -> Iterator[Block]:
    if files:
        names = ", ".join(visible(upload_fields.name_of(file)) for file in files)
        yield rich(labelled("Run a script on", clipped(names, _SECTION - 100)))


def _watched(script: Script) -> set[str]:
    """The parameters on whose values others wait."""
    return {name for parameter in script.asked for name in (*parameter.when, *getattr(parameter, "depends", ()))}


def _uploads(upload: UploadInstructions, use: InboxUse | None) -> Iterator[Block]:
    yield rich(labelled("To bring a file of your own,", "copy it into your inbox; then choose it above."))
    yield from command(Retrieval(command=upload.command, password=upload.password))
    if upload.valid_until is not None:
        yield context(f"The password is yours alone and works until {slack_date(upload.valid_until)}.")
    if use is not None:
        told = f"Your inbox holds {use}."
        yield rich(section(f"⚠️ {told} {_MAKE_ROOM}", bold=True)) if use.is_nearly_full else small_print(told)


def _left_out(circumstances: Circumstances) -> Iterator[Block]:
    if circumstances.broken_count:
        what = "1 script is" if circumstances.broken_count == 1 else f"{circumstances.broken_count} scripts are"
        yield small_print(f"{what} left out for mistakes in their comments; “scriptrunner check” names them.")
