"""/runscript: choose a script, fill in its form, submit it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from slack_bolt import App
from slack_sdk.models.blocks import OptionGroup

from bot.listeners.context import ListenerContext
from bot.listeners.deadlines import Shows
from bot.listeners.form import typed_values
from bot.listeners.form.forms import Filled, Forms
from bot.listeners.form.submission import Submission
from bot.listeners.form.uploads import Uploads
from bot.listeners.form.view_updates import ViewUpdates
from bot.listeners.script_choice import ScriptChoice
from bot.slack.files import described
from bot.slack.interaction import Interaction
from bot.slack.typed_text import plain_dashes, plain_text
from bot.views.form import (
    advanced,
    confirmation,
    elements,
    fields,
    form,
    form_state,
    prefill,
    script_choice,
    sources,
    upload_fields,
)
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import UnreadableForm
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.views.jobs import home
from runner.errors import InvalidValues, QueueFull, ScriptRunnerError, UnknownScript
from runner.jobs import Requester
from runner.scripts import BrokenScriptAsked, ChoicesUnavailable, Script
from runner.scripts.parameters import AnyParameter, Choice, Input, Suggesting
from runner.system.text import ended, visible

HELP = """\
/runscript opens a form: choose a script, fill it in, submit it.
/runscript NAME opens the form of that script right away, such as /runscript word_count.
/runscript NAME KEY=VALUE KEY="TWO WORDS" opens it filled in; --KEY VALUE and KEY: VALUE do so too.
/jobs shows your jobs, /jobs 12 one of them with its log and results.
You get a direct message and an e-mail when a job starts and when it ends, with the command that fetches its results."""

_ASKS_HELP = frozenset({"help", "help!", "help.", "?", "-h", "--help", "-help", "/?"})
ON_FILES = "runscript.on_files"
"""The message shortcut of the manifest."""

_MOST_FILES = 10  # as many as Slack's field for files takes
_NO_FILE = "This message has no file that a script could be run on."
_GONE = "That script cannot be run any more; choose another."
_CHANGED = "The script has changed since this form was opened: look through its fields, then submit again."
_LISTED_LATE = "The list took longer than Slack waits for it; it is there now: open the field once more."
_OTHERS = "Other fields belong to what you chose: look through them, then submit again."


def register(app: App, context: ListenerContext, uploads: Uploads) -> None:
    """Add the command, the form's choices and its submission to the app; ``uploads`` bring the files of forms."""
    feature = _RunScript(context, uploads)
    fields_of_parameters = re.compile(rf"^({'|'.join(context.service.scripts.types)})$")
    app.command("/runscript")(context.listener(feature.command, shows=Shows.MODAL))
    app.shortcut({"type": "message_action", "callback_id": ON_FILES})(
        context.listener(feature.run_on_files, shows=Shows.MODAL)
    )
    app.action(home.RUN)(context.listener(feature.press, shows=Shows.MODAL))
    app.action(form_state.CHOOSE)(context.listener(feature.choose))
    app.action(advanced.SHOW)(context.listener(feature.show_more))
    app.action(sources.CHOOSE)(context.listener(feature.change))
    app.action(prefill.FILL)(context.listener(feature.fill))
    app.options(form_state.CHOOSE)(context.listener(feature.list_scripts))
    app.action(fields_of_parameters)(context.listener(feature.change))
    app.options(fields_of_parameters)(context.listener(feature.suggest))
    feature.choice.register(app)
    app.action(prefill.STAR)(context.listener(feature.star))
    app.view(form.FORM)(context.listener(feature.submit))
    app.view(confirmation.REVIEW)(context.listener(feature.confirm))


class _RunScript:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext, uploads: Uploads) -> None:
        self._context = context
        self._forms = Forms(context)
        self._view_updates = ViewUpdates(context.monotonic)
        self._submission = Submission(context, self._forms, uploads)
        self.choice = ScriptChoice(context, self._forms, self._view_updates)

    def command(self, interaction: Interaction) -> None:
        person = self._context.person(interaction)
        if plain_dashes(plain_text(interaction.text)).casefold() in _ASKS_HELP:
            interaction.answer(HELP)
            return
        typed = typed_values.read(interaction.text)
        names = typed.name_words()
        try:
            script, start, end = self._context.service.scripts.find_in(person, names)
        except BrokenScriptAsked:
            raise
        except UnknownScript as error:
            self.choice.offer(interaction, person, error, names)
            return
        initial, problems = self._forms.typed(interaction, person, script, typed.without(start, end))
        self._forms.open(interaction, person, script, initial=initial, problems=problems)

    def press(self, interaction: Interaction) -> None:
        """“Run a script” on the Home tab."""
        interaction.show(form.choosing(self._forms.circumstances(interaction, self._context.person(interaction))))

    def choose(self, interaction: Interaction) -> None:
        """Draw the chosen script's form; what was typed stays where the next form has the same parameter."""
        person = self._context.person(interaction)
        name = self._chosen(interaction, person)
        if name is not None and name == read_metadata(interaction.view).script:
            return
        try:
            script = self._context.service.scripts.find(person, name or "", exactly=True)
        except UnknownScript:
            self._view_updates.update(
                interaction, lambda: form.choosing(self._forms.circumstances(interaction, person))
            )
            return
        circumstances = self._forms.circumstances(
            interaction, person, script, initial=self._start(interaction, person, script)
        )
        self._view_updates.update(
            interaction, lambda: form.filling(script, circumstances, metadata=self._memory(interaction, script))
        )

    def change(self, interaction: Interaction) -> None:
        """Draw the form anew after a change on which other fields wait."""
        person = self._context.person(interaction)
        self._redraw_in_place(interaction, person, self._shown(interaction, person))

    def show_more(self, interaction: Interaction) -> None:
        """“More” and “Less”: draw the form with its advanced fields or without those that nobody changed."""
        person = self._context.person(interaction)
        metadata = replace(read_metadata(interaction.view), is_open=advanced.shows(interaction.pressed))
        self._redraw_in_place(interaction, person, self._shown(interaction, person), metadata=metadata)

    def fill(self, interaction: Interaction) -> None:
        """Fill the form in with what was chosen in the menu above it, or delete that preset."""
        person = self._context.person(interaction)
        script = self._shown(interaction, person)
        preset = prefill.forgotten(interaction.chosen)
        if preset is not None:
            self._context.service.scripts.forget_preset(person, script, preset)
            self._redraw_in_place(interaction, person, script)
            return
        values = prefill.values(interaction.chosen, script, self._context.service.scripts.presets(person, script))
        if values is None:
            self._redraw_in_place(interaction, person, script)
            return
        circumstances = self._forms.circumstances(interaction, person, script, initial=values)
        unfit = self._forms.unfit(person, script, values)
        notice = " ".join(problem for name, problem in unfit.items() if name in values)
        metadata = read_metadata(interaction.view).filled_anew()
        metadata = replace(metadata, is_open=metadata.is_open or bool(notice))
        self._view_updates.update(
            interaction, lambda: form.filling(script, circumstances, metadata=metadata, notice=notice)
        )

    def star(self, interaction: Interaction) -> None:
        """Put the form's script among the person's favourites, or take it away from them."""
        person = self._context.person(interaction)
        script = self._shown(interaction, person)
        match interaction.pressed:
            case prefill.FAVOURITE:
                self._context.service.menus.add_favourite(person, script)
            case prefill.NO_FAVOURITE:
                self._context.service.menus.remove_favourite(person, script)
            case _:
                raise ScriptRunnerError("That button is none of this form's; type /runscript to open it anew.")
        self._redraw_in_place(interaction, person, script)

    def list_scripts(self, interaction: Interaction) -> None:
        """The scripts in which the typed words occur, or all; those that take a file that the form was opened for."""
        person = self._context.person(interaction)
        menu = self._context.service.menus.menu(person, str(interaction.body.get("value") or ""))
        files = self._forms.files(interaction, person)
        groups = script_choice.options(menu, lambda script: upload_fields.takes_any(script, files))
        if groups:
            interaction.ack(option_groups=groups)
        else:
            interaction.ack(options=[])

    def suggest(self, interaction: Interaction) -> None:
        """The files or choices of a field in which the typed text occurs; a list that fails is told in the form."""
        person = self._context.person(interaction)
        script = self._shown(interaction, person)
        name = fields.named(script.name, interaction.block_id)
        parameter = next((each for each in script.asked if each.name == name), None)
        if parameter is None:
            interaction.ack(options=[])
            return
        try:
            listed = self._listed(interaction, person, script, parameter)
        except ChoicesUnavailable as error:
            interaction.ack(options=[])
            self._redraw_in_place(interaction, person, script, failures={parameter.name: str(error)})
            return
        typed_in = str(interaction.body.get("value") or "")
        words = typed_in if isinstance(parameter, Input) else ""
        found, told = fields.suggestions(parameter, typed_in, listed, self._context.inbox(person, words))
        options = [elements.option(each) for each in found]
        if told and options:
            interaction.ack(option_groups=[OptionGroup(label=told, options=options)])
        else:
            interaction.ack(options=options)
        if interaction.ack.is_late:
            self._redraw_in_place(interaction, person, script, failures={parameter.name: _LISTED_LATE})
        elif parameter.name in form_state.failed(interaction.view):
            self._redraw_in_place(interaction, person, script)

    def submit(self, interaction: Interaction) -> None:
        """Take the form, draw it anew where other fields belong to it now, or show each problem under its field."""
        person = self._context.person(interaction)
        name = self._chosen(interaction, person)
        try:
            script = self._context.service.scripts.find(person, name or "", exactly=True)
        except UnknownScript:
            interaction.ack(response_action="errors", errors=form_state.choice_error(interaction.view, _GONE))
            return
        if name != read_metadata(interaction.view).script:  # submitted before Slack showed the form of the one chosen
            start = self._start(interaction, person, script)
            found = self._forms.circumstances(interaction, person, script, initial=start)
            self._draw_again(interaction, script, found)
            return
        try:
            self._take(interaction, person, script, self._forms.filled(interaction, person, script))
        except UnreadableForm:
            found = self._forms.circumstances(interaction, person, script)
            self._draw_again(interaction, script, found, notice=_CHANGED)
        except QueueFull as error:
            interaction.ack(response_action="errors", errors=form_state.choice_error(interaction.view, str(error)))

    def confirm(self, interaction: Interaction) -> None:
        """Run what was looked through once more."""
        self._submission.confirm(interaction, self._context.person(interaction))

    def run_on_files(self, interaction: Interaction) -> None:
        """“Run script on this file” on a message: choose among the scripts that take it."""
        person = self._context.person(interaction)
        message = interaction.body.get("message")
        found = message.get("files") if isinstance(message, Mapping) else None
        described_files = [described(each) for each in found] if isinstance(found, list) else []
        files = [file for file in described_files if file is not None][:_MOST_FILES]
        if not files:
            interaction.answer(_NO_FILE)
            return
        self._context.files.remember(files)
        interaction.show(form.choosing(replace(self._forms.circumstances(interaction, person), given=files)))

    def _take(self, interaction: Interaction, person: Requester, script: Script, filled: Filled) -> None:
        if not form_state.is_whole(interaction.view, script, filled.raw):
            found = self._filled_circumstances(interaction, person, script, filled)
            self._draw_again(interaction, script, found, notice=_OTHERS)
            return
        try:
            self._submission.take(interaction, person, script, filled)
        except InvalidValues as error:
            if not form_state.hides(interaction.view, script, error.problems):
                found_errors = form_state.block_errors(interaction.view, script, error.problems)
                interaction.ack(response_action="errors", errors=found_errors)
                return
            told = " ".join(f"{visible(name)}: {ended(problem)}" for name, problem in error.problems.items())
            found = self._filled_circumstances(interaction, person, script, filled)
            is_open = replace(read_metadata(interaction.view), is_open=True)
            self._draw_again(interaction, script, found, notice=told, metadata=is_open)

    def _start(self, interaction: Interaction, person: Requester, script: Script) -> dict[str, str]:
        """What the form of another script begins with."""
        return self._untouched(interaction, person, script) | self._typed_before(interaction, person)

    def _untouched(self, interaction: Interaction, person: Requester, script: Script) -> dict[str, str]:
        """What fields begin with that nobody has filled in: the files that the form was opened for, and defaults."""
        files = self._forms.files(interaction, person)
        return self._forms.defaults(person, script) | upload_fields.assigned(script, files)

    def _draw_again(
        self,
        interaction: Interaction,
        script: Script,
        circumstances: Circumstances,
        *,
        notice: str = "",
        metadata: FormMetadata | None = None,
    ) -> None:
        """Answer a form with itself, or with that of another script."""
        memory = metadata or self._memory(interaction, script)
        view = form.filling(script, circumstances, metadata=memory, notice=notice)
        interaction.ack(response_action="update", view=view)

    def _filled_circumstances(
        self, interaction: Interaction, person: Requester, script: Script, filled: Filled
    ) -> Circumstances:
        """What a form is drawn anew with after this was filled in."""
        untouched = self._untouched(interaction, person, script)
        initial = form_state.kept(interaction.view, script, filled.raw, untouched)
        found = self._forms.circumstances(interaction, person, script, initial=initial)
        return replace(found, uploaded=filled.uploaded, sources=filled.sources)

    def _memory(self, interaction: Interaction, script: Script) -> FormMetadata:
        """What the view remembers, as far as the script is the same."""
        found = read_metadata(interaction.view)
        return (
            found
            if found.script == script.name
            else replace(FormMetadata(script=script.name), given=found.given, brought=found.brought)
        )

    def _redraw_in_place(
        self,
        interaction: Interaction,
        person: Requester,
        script: Script,
        *,
        failures: Mapping[str, str] | None = None,
        metadata: FormMetadata | None = None,
    ) -> None:
        filled = self._forms.filled(interaction, person, script)
        found = self._filled_circumstances(interaction, person, script, filled)
        circumstances = replace(found, failures=failures or {})
        self._view_updates.update(
            interaction,
            lambda: form.filling(script, circumstances, metadata=metadata or read_metadata(interaction.view)),
        )

    def _listed(
        self, interaction: Interaction, person: Requester, script: Script, parameter: AnyParameter
    ) -> list[elements.MenuEntry]:
        if isinstance(parameter, Input):
            return [upload_fields.listed(file) for file in self._forms.given(interaction)]
        if not isinstance(parameter, Choice | Suggesting):
            return []
        raw = self._forms.filled(interaction, person, script).raw if parameter.depends else {}
        found = self._context.service.scripts.choices(person, script, parameter, raw)
        return [elements.MenuEntry(value=each.value, label=each.label) for each in found]

    def _chosen(self, interaction: Interaction, person: Requester) -> str | None:
        """The name of the script that is chosen; only where it is not the one shown all of them are looked through."""
        shown = read_metadata(interaction.view).script
        if shown is not None and form_state.is_chosen(interaction.view, shown):
            return shown
        return form_state.chosen(interaction.view, self._context.service.scripts.listed(person))

    def _shown(self, interaction: Interaction, person: Requester) -> Script:
        """The script whose form the view shows."""
        name = read_metadata(interaction.view).script
        if name is None:
            raise ScriptRunnerError("This form shows no script; type /runscript to open it anew.")
        return self._context.service.scripts.find(person, name, exactly=True)

    def _typed_before(self, interaction: Interaction, person: Requester) -> dict[str, str]:
        """What was typed into the form of another script."""
        if read_metadata(interaction.view).script is None:
            return {}
        try:
            script = self._shown(interaction, person)
            raw = self._forms.filled(interaction, person, script).raw
        except ScriptRunnerError:
            return {}  # the script changed or went meanwhile: its form cannot be read any more
        return form_state.changed(raw, script, self._forms.defaults(person, script))
