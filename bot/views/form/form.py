"""The modal of /runscript: choose a script, fill in its form, see that the job waits."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.views.form import advanced, field_list, form_state, prefill, script_choice, script_summary, upload_fields
from bot.views.form.circumstances import Circumstances
from bot.views.form.elements import Brevity
from bot.views.form.form_metadata import FormMetadata
from bot.views.form.script_choice import ScriptSearch
from bot.views.form.upload_fields import GivenFile
from bot.views.jobs import queue
from runner.messages.blocks import labelled, plain, rich, section, small_print
from runner.scripts import Script
from runner.system.text import clipped, visible

FORM = "runscript.form"
_TITLE = "Run a script"
_SECTION = 3000
_VIEW_BYTES = 250_000  # Slack: view_too_large above; escaped as JSON, which is the most it can be counted as
_TOO_MUCH = "Values too long for one form were left out: "


def choosing(circumstances: Circumstances, search: ScriptSearch | None = None) -> View:
    """The modal before a script is chosen, with what a search found, if there was one."""
    given = tuple(file.id for file in circumstances.given)
    brought = tuple(upload_fields.mark(file) for file in circumstances.brought)
    blocks = [
        *_given([*circumstances.given, *circumstances.brought]),
        *([] if search is None else script_choice.searching(search)),
        _choice(None, form_state.CHOICE_BLOCK if search is None else form_state.FOUND_BLOCK),
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
    initial, lost = circumstances.starting(script), list[str]()
    hideable = advanced.hideable(script, circumstances, initial)
    brevity = Brevity.FULL
    while True:
        told = " ".join(part for part in (notice, _TOO_MUCH + ", ".join(lost) if lost else None) if part)
        shown = replace(circumstances, initial=initial)
        blocks = [
            *_head(script, shown, metadata, told),
            *field_list.blocks(script, shown, metadata, hideable=hideable, brevity=brevity),
        ]
        view = _modal(blocks, metadata)
        if not _is_too_large(view):
            return view
        if brevity is not Brevity.BARE:
            brevity = Brevity(brevity + 1)
        elif drawn := [name for name in initial if metadata.is_open or name not in hideable]:
            longest = max(drawn, key=lambda name: len(json.dumps(initial[name])))
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


def _choice(script: Script | None, block_id: str = form_state.CHOICE_BLOCK) -> InputBlock:
    return InputBlock(
        block_id=block_id,
        label=plain("Script"),
        dispatch_action=True,
        element=script_choice.choice(form_state.CHOOSE, script),
    )


def _given(files: Sequence[GivenFile]) -> Iterator[Block]:
    if files:
        names = ", ".join(visible(upload_fields.name_of(file)) for file in files)
        yield rich(labelled("Run a script on", clipped(names, _SECTION - 100)))


def _left_out(circumstances: Circumstances) -> Iterator[Block]:
    if circumstances.broken_count:
        what = "1 script is" if circumstances.broken_count == 1 else f"{circumstances.broken_count} scripts are"
        yield small_print(f"{what} left out for mistakes in their comments; “scriptrunner check” names them.")
