"""The fields of a script's form in their order: what everybody fills in, *More*, and what is behind it."""

from collections.abc import Collection, Iterator, Sequence

from slack_sdk.models.blocks import Block, ContextBlock, DividerBlock, HeaderBlock

from bot.views.form import advanced, fields, form_state, prefill, sources, upload_fields
from bot.views.form.circumstances import Circumstances
from bot.views.form.elements import Brevity
from bot.views.form.form_metadata import FormMetadata
from bot.views.form.sources import InputSource
from bot.views.jobs import sharing
from runner.jobs import Retrieval
from runner.messages.blocks import command, context, labelled, plain, rich, section, small_print
from runner.scripts import Script
from runner.scripts.parameters import AnyParameter, Input
from runner.service import InboxUse, UploadInstructions
from runner.system.text import clipped, slack_date, visible

_HEADING = 150
_FAILURE = 2000
_MAKE_ROOM = "Remove what you need no longer: sftp with the same address and password, then rm."


def blocks(
    script: Script,
    circumstances: Circumstances,
    metadata: FormMetadata,
    *,
    hideable: Collection[str],
    brevity: Brevity,
) -> Iterator[Block]:
    """The fields with what they start with, and how files are brought where there are inputs among them.

    Those that are ``hideable`` are left out unless the form is open.
    """
    if not script.asked:
        yield rich(section("This script asks for nothing; submit to run it."))
        yield from sharing.fields()
        return
    form = _Form(script, circumstances, metadata, brevity)
    shown = {parameter.name: parameter for parameter in script.asked if parameter.name in form.places}
    hidden = frozenset[str]() if metadata.is_open else shown.keys() & hideable
    yield from form.drawn([each for each in shown.values() if not each.advanced])
    if shown.keys() & hideable:
        yield advanced.button(script, is_open=metadata.is_open)
    yield from form.drawn([each for each in shown.values() if each.advanced and each.name not in hidden])
    yield prefill.saving()
    yield from sharing.fields()
    if any(isinstance(parameter, Input) and name not in hidden for name, parameter in shown.items()):
        yield DividerBlock()
        yield from _inbox(circumstances.upload, circumstances.inbox_use)


class _Form:
    """What the fields of one form are drawn with."""

    def __init__(
        self,
        script: Script,
        circumstances: Circumstances,
        metadata: FormMetadata,
        brevity: Brevity,
    ) -> None:
        self.places = form_state.places(script, circumstances.initial, metadata)
        self._script = script
        self._circumstances = circumstances
        self._initial = circumstances.initial
        self._metadata = metadata
        self._around = circumstances.around(brevity)
        self._watched = {name for each in script.asked for name in (*each.when, *getattr(each, "depends", ()))}
        self._sections = _sections(script)
        self._headings = {each.name: each.section for each in script.asked if each.section}

    def drawn(self, parameters: Sequence[AnyParameter]) -> Iterator[Block]:
        """The fields of these parameters, each section's heading above the first of them all that belongs there."""
        for parameter in parameters:
            if heading := self._headings.pop(self._sections[parameter.name], None):
                yield HeaderBlock(text=plain(clipped(visible(heading), _HEADING)))
            yield from self._fields(parameter)
            if parameter.name in self._circumstances.failures:
                words = plain(clipped(f"⚠️ {self._circumstances.failures[parameter.name]}", _FAILURE))
                yield ContextBlock(block_id=f"{form_state.FAILED}{parameter.name}", elements=[words])

    def _fields(self, parameter: AnyParameter) -> Iterator[Block]:
        source = InputSource.INBOX
        if isinstance(parameter, Input) and self._circumstances.uploads:
            source, is_asked = self._source(parameter)
            if is_asked:
                yield sources.question(self._script, parameter, self._metadata, source)
        if source.has_menu:
            place, start = self.places[parameter.name], self._initial.get(parameter.name)
            yield fields.draw(parameter, place, start, self._around, dispatches=parameter.name in self._watched)
        if isinstance(parameter, Input) and source.has_upload:
            yield upload_fields.field(self._script, parameter, self._around.brevity, is_second=source.has_menu)

    def _source(self, parameter: Input) -> tuple[InputSource, bool]:
        """Where the file comes from, and whether that is asked: where nothing can be chosen it can only be uploaded."""
        if parameter.name not in self._initial and not fields.offers(parameter, self._around):
            return InputSource.UPLOAD, False
        return self._circumstances.sources.get(parameter.name, InputSource.INBOX), True


def _sections(script: Script) -> dict[str, str]:
    """By parameter the one with which its section begins, "" for none."""
    found, first = dict[str, str](), ""
    for parameter in script.asked:
        first = parameter.name if parameter.section else first
        found[parameter.name] = first
    return found


def _inbox(upload: UploadInstructions, use: InboxUse | None) -> Iterator[Block]:
    yield rich(labelled("To bring a file of your own,", "copy it into your inbox; then choose it above."))
    yield from command(Retrieval(command=upload.command, password=upload.password))
    if upload.valid_until is not None:
        yield context(f"The password is yours alone and works until {slack_date(upload.valid_until)}.")
    if use is not None:
        told = f"Your inbox holds {use}."
        yield rich(section(f"⚠️ {told} {_MAKE_ROOM}", bold=True)) if use.is_nearly_full else small_print(told)
