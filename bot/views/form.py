"""The modal of /runscript: choose a script, fill in its form, see that the job waits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    ExternalDataSelectElement,
    HeaderBlock,
    InputBlock,
    Option,
    OptionGroup,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.views import fields
from bot.views.fields import Inbox
from runner.blocks import bullets, command, context, labelled, plain, rich, section, small_print
from runner.errors import ScriptRunnerError
from runner.parameters import Boolean, Input
from runner.reports import Retrieval
from runner.scripts import Script
from runner.service import Submitted, Upload
from runner.wording import clipped, slack_date, span, visible

FORM = "runscript.form"
CHOOSE = "runscript.choose"
_CHOICE_BLOCK = "script"
_TITLE = "Run a script"
_SECTION = 3000
_OPTION = 75
_VIEW_BYTES = 250_000  # Slack: view_too_large above; escaped as JSON, which is the most it can be counted as


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the form tells besides its fields."""

    inbox: Inbox
    waiting: int
    upload: Upload
    broken_count: int = 0
    initial: Mapping[str, str] = field(default_factory=dict)


def choosing(circumstances: Circumstances) -> View:
    """The modal before a script is chosen."""
    return _modal([_choice(None), *_left_out(circumstances)], script=None)


def filling(script: Script, circumstances: Circumstances, *, notice: str | None = None) -> View:
    """The modal with the script's form; the choice stays above it, so that another can be chosen.

    ScriptRunnerError for a form that is larger than Slack takes, even with short hints and choices that are looked up.
    """
    head: list[Block] = [rich(section(notice, bold=True))] if notice else []
    head += [_choice(script), *_about(script, circumstances)]
    for is_brief in (False, True):
        view = _modal([*head, *_fields(script, circumstances, is_brief=is_brief)], script=script)
        if len(json.dumps(view.to_dict())) <= _VIEW_BYTES:
            return view
    raise ScriptRunnerError(
        f"The form of “{visible(script.title)}” is larger than Slack takes; its defaults must be shortened."
    )


def queued(submitted: Submitted, *, script: Script, email: str) -> View:
    """What the modal shows once the job waits."""
    job = submitted.job
    place = {0: "It starts right now.", 1: "It is next in the queue."}.get(
        submitted.place, f"It is number {submitted.place} in the queue."
    )
    blocks: list[Block] = [
        HeaderBlock(text=plain(f"Job {job.id} queued")),
        rich(section(f"{visible(script.title)}. {place}")),
        rich(
            section("You will be told when it starts and when it ends:"),
            bullets([section("by direct message from ScriptRunner"), section(f"by e-mail to {visible(email)}")]),
        ),
        small_print(f"/jobs {job.id} shows it at any time."),
    ]
    return View(type="modal", title=plain(_TITLE), close=plain("Close"), blocks=blocks)


def trouble(words: str) -> View:
    """What the modal shows where it cannot go on."""
    blocks = [SectionBlock(text=plain(clipped(words, _SECTION)))]
    return View(type="modal", title=plain(_TITLE), close=plain("Close"), blocks=blocks)


def options(scripts: Sequence[Script]) -> list[OptionGroup]:
    """The scripts as the choice lists them, by folder; at most as many as Slack takes in one answer."""
    groups: dict[str, list[Option]] = {}
    for script in scripts[: fields.MOST_OPTIONS]:
        groups.setdefault(script.group, []).append(_option(script))
    return [
        OptionGroup(label=plain(clipped(visible(group) or "Scripts", _OPTION)), options=options)
        for group, options in groups.items()
    ]


def chosen(view: Mapping[str, object], scripts: Sequence[Script]) -> str | None:
    """The name of the script chosen in a view's state."""
    found: object = _state(view)
    for key in (_CHOICE_BLOCK, CHOOSE, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return fields.chosen_text(str(found), [script.name for script in scripts])


def script_name(view: Mapping[str, object]) -> str | None:
    """The script whose form a view shows; UnreadableForm where the view was not made by us."""
    try:
        name = json.loads(str(view.get("private_metadata") or "{}"))["script"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise fields.UnreadableForm("This form cannot be read; type /runscript to open it anew.") from error
    return name if isinstance(name, str) else None


def raw_values(view: Mapping[str, object], script: Script, inbox: Inbox) -> dict[str, str | None]:
    """What was filled in, by parameter; UnreadableForm where the view is not the form that is drawn for the script."""
    state = _state(view)
    drawn = {fields.block_id(script.name, parameter): parameter for parameter in script.parameters}
    if _input_blocks(view) != [_CHOICE_BLOCK, *drawn] or not state.keys() <= {_CHOICE_BLOCK, *drawn}:
        raise fields.UnreadableForm("The script has changed since this form was opened; open it anew.")
    return {
        parameter.name: fields.read(parameter, state[block_id], inbox) if block_id in state else None
        for block_id, parameter in drawn.items()
    }


def changed(raw: Mapping[str, str | None], script: Script) -> dict[str, str]:
    """What a person filled in: the values other than those that the form started with."""
    untouched = {
        parameter.name: parameter.default or ("false" if isinstance(parameter, Boolean) else None)
        for parameter in script.parameters
    }
    return {name: value for name, value in raw.items() if value is not None and value != untouched[name]}


def block_errors(script: Script, problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by parameter as Slack wants them: by the id of the field's block."""
    blocks = {parameter.name: fields.block_id(script.name, parameter) for parameter in script.parameters}
    errors = {blocks[name]: _as_sentence(problem) for name, problem in problems.items() if name in blocks}
    if others := [f"{visible(name)}: {problem}" for name, problem in problems.items() if name not in blocks]:
        errors[_CHOICE_BLOCK] = _as_sentence("; ".join(others))
    return errors


def choice_error(problem: str) -> dict[str, str]:
    """A problem with the choice of the script, as Slack wants it."""
    return {_CHOICE_BLOCK: problem}


def _modal(blocks: Sequence[Block], *, script: Script | None) -> View:
    return View(
        type="modal",
        callback_id=FORM,
        title=plain(_TITLE),
        submit=plain("Run" if script else "Next"),
        close=plain("Cancel"),
        private_metadata=json.dumps({"script": script.name if script else None}),
        blocks=blocks,
    )


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
    description = clipped(visible(script.description), _OPTION)
    return Option(
        text=plain(clipped(visible(script.title), _OPTION)),
        value=fields.option_value(script.name),
        description=plain(description) if description else None,
    )


def _about(script: Script, circumstances: Circumstances) -> Iterator[Block]:
    if script.description:
        yield rich(section(clipped(visible(script.description), _SECTION)))
    facts = [visible(script.name)]
    if script.timeout is not None:
        facts.append(f"stopped after {span(script.timeout)}")
    facts.append({0: "no job waits", 1: "1 job waits"}.get(circumstances.waiting, f"{circumstances.waiting} jobs wait"))
    yield small_print(" · ".join(facts))


def _fields(script: Script, circumstances: Circumstances, *, is_brief: bool) -> Iterator[Block]:
    if not script.parameters:
        yield rich(section("This script asks for nothing; submit to run it."))
    for parameter in script.parameters:
        initial = circumstances.initial.get(parameter.name, parameter.default)
        yield fields.draw(script.name, parameter, initial, circumstances.inbox, is_brief=is_brief)
    if any(isinstance(parameter, Input) for parameter in script.parameters):
        yield DividerBlock()
        yield from _bringing(circumstances.upload)


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


def _input_blocks(view: Mapping[str, object]) -> list[object]:
    blocks = view.get("blocks")
    every = blocks if isinstance(blocks, list) else []
    return [block.get("block_id") for block in every if isinstance(block, Mapping) and block.get("type") == "input"]


def _as_sentence(problem: str) -> str:
    return f"{problem[:1].upper()}{problem[1:]}".removesuffix(".") + "."
