"""What comes back of a form: the script chosen, raw values, the fields that were drawn, and where problems belong."""

from collections.abc import Mapping, Sequence

from bot.views.form import elements, fields, prefill, upload_fields
from bot.views.form import sources as input_sources
from bot.views.form.fields import InboxChoices, UnreadableForm
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.views.form.sources import InputSource
from bot.views.jobs import sharing
from runner.scripts import Script
from runner.scripts.parameters import Boolean, Input
from runner.system.text import ended, visible

CHOOSE = "runscript.choose"
CHOICE_BLOCK = "script"
FOUND_BLOCK = "script.found"
"""The menu of scripts below a search: elsewhere, for Slack keeps a menu as it was left, and a found script is another.
"""

FAILED = "failed."
"""Before the name of a parameter, where the form tells that its choices cannot be listed."""


def chosen(view: Mapping[str, object], scripts: Sequence[Script]) -> str | None:
    """The name of the script chosen in a view's state, if any."""
    found = _choice(view)
    return found and (meant(found, scripts) or found)


def meant(value: str, scripts: Sequence[Script]) -> str | None:
    """The name of the one of these scripts that an entry of the menu stands for, if any."""
    return fields.chosen_text(value, [script.name for script in scripts])


def is_chosen(view: Mapping[str, object], name: str) -> bool:
    """Whether the script of that name is the one chosen."""
    return _choice(view) == elements.option_value(name)


def raw_values(view: Mapping[str, object], script: Script, inbox: InboxChoices) -> dict[str, str | None]:
    """What was filled in, by parameter; UnreadableForm where the view is not a form that is drawn for the script."""
    state, parameters = _state(view), {parameter.name: parameter for parameter in script.asked}
    choice, *drawn = _input_blocks(view) or [""]
    names = {block_id: fields.named(script.name, block_id) for block_id in drawn if not _is_other(script, block_id)}
    is_known = all(name in parameters for name in names.values()) and len(set(names.values())) == len(names)
    is_known = is_known and len(set(drawn)) == len(drawn)
    entered = [block_id for block_id in state if not block_id.startswith(prefill.MENU)]
    is_known = is_known and all(each == CHOICE_BLOCK or each in names or _is_other(script, each) for each in entered)
    if choice != CHOICE_BLOCK or not is_known:
        raise UnreadableForm("The script has changed since this form was opened; open it anew.")
    return {
        name: fields.read(parameters[name], state[block_id], inbox) if block_id in state else None
        for block_id, name in names.items()
        if name is not None
    }


def with_hidden(
    view: Mapping[str, object], script: Script, raw: Mapping[str, str | None], defaults: Mapping[str, str]
) -> dict[str, str | None]:
    """What was filled in, and the defaults of the advanced parameters that the view does not show."""
    shown = _shown(view, script)
    lacking = [each.name for each in script.asked if each.advanced and each.name not in shown]
    hidden = {name: defaults[name] for name in lacking if name in defaults}
    belonging = {each.name for each in script.shown({**raw, **hidden})}
    return {**raw, **{name: value for name, value in hidden.items() if name in belonging}}


def hides(view: Mapping[str, object], script: Script, problems: Mapping[str, str]) -> bool:
    """Whether a problem is with an advanced parameter that the view does not show."""
    shown = _shown(view, script)
    return any(each.advanced and each.name in problems and each.name not in shown for each in script.asked)


def is_whole(view: Mapping[str, object], script: Script, raw: Mapping[str, str | None]) -> bool:
    """Whether the view has just the fields that belong beside these values; advanced ones may be left out."""
    where, drawn = places(script, raw, read_metadata(view)), _input_blocks(view)
    shown, uploading = _shown(view, script), {each.name: each for each in inputs(script)}
    may_lack = {each.name for each in script.asked if each.advanced} - shown
    may_lack |= {name for name, each in uploading.items() if upload_fields.block_id(script, each) in drawn}
    found = {block_id for block_id in drawn[1:] if not _is_other(script, block_id)}
    is_asked_right = all(_is_asked_right(view, script, uploading[name], raw) for name in shown & uploading.keys())
    expected = {place for name, place in where.items() if place in drawn or name not in may_lack}
    return found == expected and shown <= where.keys() and is_asked_right


def sources(view: Mapping[str, object], script: Script) -> dict[str, InputSource]:
    """Where files come from, by the inputs that the view shows; UnreadableForm for an answer that is none.

    A view that does not ask is as it was drawn. One that has both fields all the same was drawn before it was asked.
    """
    drawn, uploaded, found = _input_blocks(view), upload_fields.entered(view, script), dict[str, InputSource]()
    menus = {fields.named(script.name, block_id) for block_id in drawn}
    for each in inputs(script):
        has_upload = upload_fields.block_id(script, each) in drawn
        if answer := input_sources.answered(_state(view), script, each):
            found[each.name] = answer
        elif has_upload:
            found[each.name] = InputSource.UPLOAD
            if each.name in menus:
                filled = InputSource.BOTH if each.multiple else InputSource.UPLOAD
                found[each.name] = filled if each.name in uploaded else InputSource.INBOX
        elif each.name in menus:
            found[each.name] = InputSource.INBOX
    return found


def kept(
    view: Mapping[str, object], script: Script, raw: Mapping[str, str | None], defaults: Mapping[str, str]
) -> dict[str, str]:
    """What the form is to start with when it is drawn anew: what was typed, and defaults for the fields that appear.

    A field whose choices depend on a value that was changed starts empty.
    """
    where, drawn = places(script, raw, read_metadata(view)), _input_blocks(view)
    shown = {fields.named(script.name, block_id) for block_id in drawn}
    typed = {name: value for name, value in raw.items() if value and where.get(name) in drawn}
    return {name: value for name, value in defaults.items() if name not in shown} | typed


def changed(raw: Mapping[str, str | None], script: Script, defaults: Mapping[str, str]) -> dict[str, str]:
    """What a person filled in: the values other than those that the form started with."""
    untouched = {
        parameter.name: defaults.get(parameter.name) or ("false" if isinstance(parameter, Boolean) else None)
        for parameter in script.asked
    }
    return {name: value for name, value in raw.items() if value is not None and value != untouched[name]}


def block_errors(view: Mapping[str, object], script: Script, problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by parameter as Slack wants them: by the id of the field's block."""
    drawn = _input_blocks(view)
    blocks = {fields.named(script.name, block_id): block_id for block_id in drawn}
    uploaded = upload_fields.entered(view, script)
    for each in inputs(script):
        place = upload_fields.block_id(script, each)
        if place in drawn and (each.name in uploaded or each.name not in blocks):
            blocks[each.name] = place
    errors = {blocks[name]: _as_sentence(problem) for name, problem in problems.items() if name in blocks}
    if others := [f"{visible(name)}: {problem}" for name, problem in problems.items() if name not in blocks]:
        errors[CHOICE_BLOCK] = _as_sentence("; ".join(others))
    return errors


def failed(view: Mapping[str, object]) -> set[str]:
    """The parameters of which the view tells that their choices cannot be listed."""
    found = [block_id for block_id in _block_ids(view, "context") if block_id.startswith(FAILED)]
    return {block_id.removeprefix(FAILED) for block_id in found}


def choice_error(view: Mapping[str, object], problem: str) -> dict[str, str]:
    """A problem with the choice of the script, as Slack wants it."""
    return {FOUND_BLOCK if FOUND_BLOCK in _input_blocks(view) else CHOICE_BLOCK: problem}


def places(script: Script, raw: Mapping[str, str | None], metadata: FormMetadata) -> dict[str, str]:
    """Where the fields are that belong beside these values, by parameter and in order: advanced ones last.

    A field is elsewhere once it was filled in for the person, or what its choices depend on changed.
    """
    shown = sorted(script.shown(raw), key=lambda each: each.advanced)
    given = {parameter.name: raw.get(parameter.name) or "" for parameter in shown}
    filled = [str(metadata.filled)] if metadata.filled else []
    found = {}
    for parameter in shown:
        depended = [f"{name}={given.get(name, '')}" for name in getattr(parameter, "depends", ())]
        changed = [fields.digest("\0".join(depended))] if depended else []
        found[parameter.name] = fields.block_id(script.name, parameter, "-".join(filled + changed))
    return found


def inputs(script: Script) -> list[Input]:
    """The parameters of a script that ask for files."""
    return [each for each in script.asked if isinstance(each, Input)]


def _choice(view: Mapping[str, object]) -> str | None:
    """The value of the option that is chosen in the menu of scripts."""
    state = _state(view)
    found: object = state.get(CHOICE_BLOCK) or state.get(FOUND_BLOCK)
    for key in (CHOOSE, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _is_asked_right(
    view: Mapping[str, object], script: Script, parameter: Input, raw: Mapping[str, str | None]
) -> bool:
    """Whether the view has the fields for an input that belong to where its file comes from."""
    drawn = _input_blocks(view)
    has_menu = parameter.name in {fields.named(script.name, block_id) for block_id in drawn}
    has_upload = upload_fields.block_id(script, parameter) in drawn
    answer = input_sources.answered(_state(view), script, parameter)
    if answer is not None:
        return (has_menu, has_upload) == (answer.has_menu, answer.has_upload)
    are_both_filled = bool(raw.get(parameter.name)) and parameter.name in upload_fields.entered(view, script)
    return parameter.multiple or not are_both_filled


def _shown(view: Mapping[str, object], script: Script) -> set[str]:
    """The names of the parameters that the view has a field for."""
    drawn = _input_blocks(view)
    found = {fields.named(script.name, block_id) for block_id in drawn}
    uploading = {each.name for each in inputs(script) if upload_fields.block_id(script, each) in drawn}
    return {name for name in found if name is not None} | uploading


def _is_other(script: Script, block_id: str) -> bool:
    """Whether a field holds no value by itself."""
    uploads = (upload_fields.block_id(script, each) for each in inputs(script))
    is_ours = block_id in {prefill.SAVE, *sharing.BLOCKS}
    return is_ours or input_sources.is_question(script, block_id) or block_id in uploads


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
    return ended(f"{problem[:1].upper()}{problem[1:]}")
