"""The modal of /runscript: choose a script, fill in its form, see that the job waits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    ExternalDataSelectElement,
    HeaderBlock,
    InputBlock,
    Option,
    OptionGroup,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.slack_files import SlackFile
from bot.views import about, elements, fields, filling_in, uploads
from bot.views.about import Outlook
from bot.views.elements import Brevity, Listed
from bot.views.fields import Inbox, Surroundings, UnreadableForm
from bot.views.memory import Memory, recall
from runner.blocks import command, context, labelled, plain, rich, section, small_print
from runner.parameters import Boolean, Input
from runner.presets import Preset
from runner.reports import Retrieval
from runner.scripts import Script
from runner.service import Upload
from runner.wording import clipped, slack_date, visible

FORM = "runscript.form"
CHOOSE = "runscript.choose"
_CHOICE_BLOCK = "script"
_FAILED = "failed."
_TITLE = "Run a script"
_SECTION = 3000
_OPTION = 75
_HEADING = 150
_VIEW_BYTES = 250_000  # Slack: view_too_large above; escaped as JSON, which is the most it can be counted as
_TOO_MUCH = "Values too long for one form were left out: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the form tells besides its fields; ``initial`` is what they start with, ``failures`` lists that failed.

    ``given`` are files besides those of the inbox; ``uploaded`` are those in fields for uploads, which are drawn with
    ``uploads`` only.
    """

    inbox: Inbox
    outlook: Outlook
    upload: Upload
    broken_count: int = 0
    initial: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    presets: Sequence[Preset] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[SlackFile] = ()
    uploaded: Mapping[str, Sequence[SlackFile]] = field(default_factory=dict)
    uploads: bool = True


def choosing(circumstances: Circumstances) -> View:
    """The modal before a script is chosen."""
    given = tuple(file.id for file in circumstances.given)
    blocks = [*_given(circumstances.given), _choice(None), *_left_out(circumstances)]
    return _modal(blocks, Memory(given=given))


def filling(
    script: Script, circumstances: Circumstances, *, memory: Memory | None = None, notice: str | None = None
) -> View:
    """The modal with the script's form; the choice stays above it, so that another can be chosen.

    A form that would be larger than Slack takes is brief, then bare; where that is not enough, it starts without the
    longest values and says so.
    """
    memory = memory or Memory(script=script.name)
    initial, lost = _starting(script, circumstances), list[str]()
    brevity = Brevity.FULL
    while True:
        told = " ".join(part for part in (notice, _TOO_MUCH + ", ".join(lost) if lost else None) if part)
        blocks = [
            *_head(script, circumstances, memory, told),
            *_fields(script, circumstances, initial, memory, brevity),
        ]
        view = _modal(blocks, memory)
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


def options(scripts: Sequence[Script]) -> list[OptionGroup]:
    """The scripts as the choice lists them, by folder; at most as many as Slack takes in one answer."""
    groups: dict[str, list[Option]] = {}
    for script in scripts[: elements.MOST_OPTIONS]:
        groups.setdefault(script.group, []).append(_option(script))
    return [
        OptionGroup(label=plain(clipped(visible(group) or "Scripts", _OPTION)), options=options)
        for group, options in groups.items()
    ]


def chosen(view: Mapping[str, object], scripts: Sequence[Script]) -> str | None:
    """The name of the script chosen in a view's state, if any."""
    found: object = _state(view)
    for key in (_CHOICE_BLOCK, CHOOSE, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, str):
        return None
    return fields.chosen_text(found, [script.name for script in scripts]) or found


def raw_values(view: Mapping[str, object], script: Script, inbox: Inbox) -> dict[str, str | None]:
    """What was filled in, by parameter; UnreadableForm where the view is not a form that is drawn for the script."""
    state, parameters = _state(view), {parameter.name: parameter for parameter in script.asked}
    choice, *drawn = _input_blocks(view) or [""]
    others = _others(script)
    names = {block_id: fields.named(script.name, block_id) for block_id in drawn if block_id not in others}
    is_known = all(name in parameters for name in names.values()) and len(set(names.values())) == len(names)
    is_known = is_known and len(set(drawn)) == len(drawn)
    entered = {block_id for block_id in state if not block_id.startswith(filling_in.MENU)}
    if choice != _CHOICE_BLOCK or not is_known or not entered <= {_CHOICE_BLOCK, *others, *names}:
        raise UnreadableForm("The script has changed since this form was opened; open it anew.")
    return {
        name: fields.read(parameters[name], state[block_id], inbox) if block_id in state else None
        for block_id, name in names.items()
        if name is not None
    }


def is_whole(view: Mapping[str, object], script: Script, raw: Mapping[str, str | None]) -> bool:
    """Whether the view has just the fields that belong beside these values."""
    expected, others = list(_places(script, raw, recall(view)).values()), _others(script)
    return [each for each in _input_blocks(view)[1:] if each not in others] == expected


def kept(
    view: Mapping[str, object], script: Script, raw: Mapping[str, str | None], defaults: Mapping[str, str]
) -> dict[str, str]:
    """What the form is to start with when it is drawn anew: what was typed, and defaults for the fields that appear.

    A field whose choices depend on a value that was changed starts empty.
    """
    places, drawn = _places(script, raw, recall(view)), set(_input_blocks(view))
    typed = {name: value for name, value in raw.items() if value is not None and places.get(name) in drawn}
    return {name: value for name, value in defaults.items() if name not in raw} | typed


def changed(raw: Mapping[str, str | None], script: Script, defaults: Mapping[str, str]) -> dict[str, str]:
    """What a person filled in: the values other than those that the form started with."""
    untouched = {
        parameter.name: defaults.get(parameter.name) or ("false" if isinstance(parameter, Boolean) else None)
        for parameter in script.asked
    }
    return {name: value for name, value in raw.items() if value is not None and value != untouched[name]}


def block_errors(view: Mapping[str, object], script: Script, problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by parameter as Slack wants them: by the id of the field's block."""
    blocks = {fields.named(script.name, block_id): block_id for block_id in _input_blocks(view)}
    uploaded = uploads.entered(view, script)
    blocks |= {each.name: uploads.block_id(script, each) for each in _inputs(script) if each.name in uploaded}
    errors = {blocks[name]: _as_sentence(problem) for name, problem in problems.items() if name in blocks}
    if others := [f"{visible(name)}: {problem}" for name, problem in problems.items() if name not in blocks]:
        errors[_CHOICE_BLOCK] = _as_sentence("; ".join(others))
    return errors


def failed(view: Mapping[str, object]) -> set[str]:
    """The parameters of which the view tells that their choices cannot be listed."""
    found = [block_id for block_id in _block_ids(view, "context") if block_id.startswith(_FAILED)]
    return {block_id.removeprefix(_FAILED) for block_id in found}


def choice_error(problem: str) -> dict[str, str]:
    """A problem with the choice of the script, as Slack wants it."""
    return {_CHOICE_BLOCK: problem}


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


def _modal(blocks: Sequence[Block], memory: Memory) -> View:
    return _Modal(
        type="modal",
        callback_id=FORM,
        title=plain(_TITLE),
        submit=plain("Run" if memory.script else "Next"),
        close=plain("Cancel"),
        private_metadata=memory.written(),
        blocks=blocks,
    )


def _head(script: Script, circumstances: Circumstances, memory: Memory, told: str) -> Iterator[Block]:
    if told:
        yield rich(section(clipped(told, _SECTION), bold=True))
    yield _choice(script)
    yield from about.lines(script, circumstances.outlook)
    yield from filling_in.choice(script, circumstances.presets, memory.filled)


def _choice(script: Script | None) -> InputBlock:
    return InputBlock(
        block_id=_CHOICE_BLOCK,
        label=plain("Script"),
        dispatch_action=True,
        element=ExternalDataSelectElement(
            action_id=CHOOSE,
            min_query_length=0,
            placeholder=plain("Type to search"),
            initial_option=_option(script) if script else None,
        ),
    )


def _option(script: Script) -> Option:
    value = elements.option_value(script.name)
    return elements.option(Listed(value=value, label=script.title, description=script.description))


def _around(circumstances: Circumstances, brevity: Brevity) -> Surroundings:
    return Surroundings(
        inbox=circumstances.inbox,
        people=circumstances.people,
        given=[uploads.listed(file) for file in circumstances.given],
        uploads=circumstances.uploads,
        brevity=brevity,
    )


def _starting(script: Script, circumstances: Circumstances) -> dict[str, str]:
    """What the fields start with, of what they are to start with."""
    around, initial = _around(circumstances, Brevity.FULL), circumstances.initial
    found = {each.name: fields.start(each, initial.get(each.name), around) for each in script.asked}
    return {name: value for name, value in found.items() if value is not None}


def _fields(
    script: Script, circumstances: Circumstances, initial: Mapping[str, str], memory: Memory, brevity: Brevity
) -> Iterator[Block]:
    places = _places(script, initial, memory)
    watched = _watched(script) | {each.name for each in _inputs(script) if circumstances.uploads}
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
            told = uploads.told(parameter, start, memory.chosen_at(script, parameter), uploaded)
            yield uploads.field(script, parameter, told)
        if parameter.name in circumstances.failures:
            words = plain(clipped(f"⚠️ {circumstances.failures[parameter.name]}", 2000))
            yield ContextBlock(block_id=f"{_FAILED}{parameter.name}", elements=[words])
    if script.asked:
        yield filling_in.saving()
    if any(isinstance(parameter, Input) and parameter.name in places for parameter in script.asked):
        yield DividerBlock()
        yield from _bringing(circumstances.upload)


def _given(files: Sequence[SlackFile]) -> Iterator[Block]:
    if files:
        names = ", ".join(visible(file.name) for file in files)
        yield rich(labelled("Run a script on", clipped(names, _SECTION - 100)))


def _inputs(script: Script) -> list[Input]:
    return [each for each in script.asked if isinstance(each, Input)]


def _others(script: Script) -> set[str]:
    """The fields that hold no value by themselves."""
    return {filling_in.SAVE, *(uploads.block_id(script, each) for each in _inputs(script))}


def _watched(script: Script) -> set[str]:
    """The parameters on whose values others wait."""
    return {name for parameter in script.asked for name in (*parameter.when, *getattr(parameter, "depends", ()))}


def _places(script: Script, raw: Mapping[str, str | None], memory: Memory) -> dict[str, str]:
    """Where the fields are that belong beside these values, by parameter and in order.

    A field is elsewhere once it was filled in for the person, or what its choices depend on changed.
    """
    shown = script.shown(raw)
    given = {parameter.name: raw.get(parameter.name) or "" for parameter in shown}
    filled = [str(memory.filled)] if memory.filled else []
    found = {}
    for parameter in shown:
        depended = [f"{name}={given.get(name, '')}" for name in getattr(parameter, "depends", ())]
        changed = [fields.digest("\0".join(depended))] if depended else []
        found[parameter.name] = fields.block_id(script.name, parameter, "-".join(filled + changed))
    return found


def _bringing(upload: Upload) -> Iterator[Block]:
    yield rich(labelled("To bring a file of your own,", "copy it into your inbox; then choose it above."))
    yield from command(Retrieval(command=upload.command, password=upload.password))
    if upload.valid_until is not None:
        yield context(f"The password is yours alone and works until {slack_date(upload.valid_until)}.")


def _left_out(circumstances: Circumstances) -> Iterator[Block]:
    if circumstances.broken_count:
        what = "1 script is" if circumstances.broken_count == 1 else f"{circumstances.broken_count} scripts are"
        yield small_print(f"{what} left out for mistakes in their comments; “scriptrunner check” names them.")


def _state(view: Mapping[str, object]) -> Mapping[str, object]:
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    return values if isinstance(values, Mapping) else {}


def _input_blocks(view: Mapping[str, object]) -> list[str]:
    return _block_ids(view, "input")


def _block_ids(view: Mapping[str, object], kind: str) -> list[str]:
    blocks = view.get("blocks")
    every = blocks if isinstance(blocks, list) else []
    return [str(block.get("block_id")) for block in every if isinstance(block, Mapping) and block.get("type") == kind]


def _as_sentence(problem: str) -> str:
    return f"{problem[:1].upper()}{problem[1:]}".removesuffix(".") + "."
