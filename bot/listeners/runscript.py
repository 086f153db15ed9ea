"""/runscript: choose a script, fill in its form, submit it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from slack_bolt import App

from bot.listeners.context import Front
from bot.listeners.form import typed_values
from bot.listeners.form.forms import Filled, Forms
from bot.listeners.form.submission import Submitting
from bot.listeners.form.view_updates import Redraws
from bot.slack.files import described
from bot.slack.interaction import Interaction
from bot.views.form import confirmation, elements, fields, form, form_state, prefill, upload_fields
from bot.views.form.fields import UnreadableForm
from bot.views.form.form_metadata import Memory, recall
from bot.views.jobs import home
from runner.errors import InvalidValues, ScriptRunnerError, UnknownScript
from runner.jobs import Requester
from runner.scripts import ChoicesUnavailable, Script
from runner.scripts.parameters import TYPES, AnyParameter, Choice, Input, Suggesting

HELP = """\
/runscript opens a form: choose a script, fill it in, submit it.
/runscript NAME opens the form of that script right away, such as /runscript word_count.
/runscript NAME KEY=VALUE KEY="TWO WORDS" opens it filled in.
/jobs shows your jobs, /jobs 12 one of them with its log and results.
You get a direct message and an e-mail when a job starts and when it ends, with the command that fetches its results."""

ON_FILES = "runscript.on_files"
"""The message shortcut of the manifest."""

_MOST_FILES = 10  # as many as Slack's field for files takes
_NO_FILE = "This message has no file that a script could be run on."
_FIELDS = re.compile(rf"^({'|'.join(TYPES)})$")
_GONE = "That script cannot be run any more; choose another."
_CHANGED = "The script has changed since this form was opened: look through its fields, then submit again."
_OTHERS = "Other fields belong to what you chose: look through them, then submit again."


def register(app: App, front: Front) -> None:
    """Add the command, the form's choices and its submission to the app."""
    feature = _RunScript(front)
    app.command("/runscript")(front.listener(feature.command))
    app.shortcut({"type": "message_action", "callback_id": ON_FILES})(front.listener(feature.run_on_files))
    app.action(home.RUN)(front.listener(feature.press))
    app.action(form_state.CHOOSE)(front.listener(feature.choose))
    app.action(prefill.FILL)(front.listener(feature.fill))
    app.options(form_state.CHOOSE)(front.listener(feature.list_scripts))
    app.action(_FIELDS)(front.listener(feature.change))
    app.options(_FIELDS)(front.listener(feature.suggest))
    app.view(form.FORM)(front.listener(feature.submit))
    app.view(confirmation.REVIEW)(front.listener(feature.confirm))


class _RunScript:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._forms = Forms(front)
        self._redraws = Redraws()
        self._submitting = Submitting(front, self._forms)

    def command(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        if did.text.casefold() == "help":
            did.answer(HELP)
            return
        words = typed_values.read(did.text)
        if not words.name:
            did.show(form.choosing(self._forms.circumstances(did, person)))
            return
        script = self._front.service.script(words.name)
        values, problems = typed_values.fitted(script, words)
        initial = self._forms.defaults(person, script) | values
        unfit = self._forms.unfit(person, script, initial)
        problems += [unfit[name] for name in values if name in unfit]
        self._forms.open(did, person, script, initial=initial, problems=problems)

    def press(self, did: Interaction) -> None:
        """“Run a script” on the Home tab."""
        did.ack()
        did.show(form.choosing(self._forms.circumstances(did, self._front.person(did))))

    def choose(self, did: Interaction) -> None:
        """Draw the chosen script's form; what was typed stays where the next form has the same parameter."""
        did.ack()
        person = self._front.person(did)
        name = form_state.chosen(did.view, self._front.service.scripts())
        if name is not None and name == recall(did.view).script:
            return
        try:
            script = self._front.service.script(name or "", exactly=True)
        except UnknownScript:
            self._redraws.redraw(did, lambda: form.choosing(self._forms.circumstances(did, person)))
            return
        circumstances = self._forms.circumstances(did, person, script, initial=self._start(did, person, script))
        self._redraws.redraw(did, lambda: form.filling(script, circumstances, memory=self._memory(did, script)))

    def change(self, did: Interaction) -> None:
        """Draw the form anew after a change on which other fields wait."""
        did.ack()
        person = self._front.person(did)
        script = self._shown(did)
        name = fields.named(script.name, did.block_id)
        chosen = [each for each in script.asked if each.name == name and isinstance(each, Input)]
        self._redraw_in_place(did, person, script, memory=recall(did.view).choosing(script, chosen, did.acted_seconds))

    def fill(self, did: Interaction) -> None:
        """Fill the form in with what was chosen in the menu above it, or delete that preset."""
        did.ack()
        person = self._front.person(did)
        script = self._shown(did)
        preset = prefill.forgotten(did.chosen)
        if preset is not None:
            self._front.service.forget_preset(person, script, preset)
            self._redraw_in_place(did, person, script)
            return
        values = prefill.values(did.chosen, script, self._front.service.presets(person, script))
        if values is None:
            self._redraw_in_place(did, person, script)
            return
        circumstances = self._forms.circumstances(did, person, script, initial=values)
        inputs = [each for each in script.asked if isinstance(each, Input) and each.name in values]
        memory = recall(did.view).filled_anew().choosing(script, inputs, did.acted_seconds)
        unfit = self._forms.unfit(person, script, values)
        notice = " ".join(problem for name, problem in unfit.items() if name in values)
        self._redraws.redraw(did, lambda: form.filling(script, circumstances, memory=memory, notice=notice))

    def list_scripts(self, did: Interaction) -> None:
        self._front.person(did)
        found = self._front.service.scripts(str(did.body.get("value") or ""))
        given = self._forms.given(did)
        groups = form.options([script for script in found if upload_fields.takes_any(script, given)])
        if groups:
            did.ack(option_groups=groups)
        else:
            did.ack(options=[])

    def suggest(self, did: Interaction) -> None:
        """The files or choices of a field in which the typed text occurs; a list that fails is told in the form."""
        person = self._front.person(did)
        script = self._shown(did)
        name = fields.named(script.name, did.block_id)
        parameter = next((each for each in script.asked if each.name == name), None)
        if parameter is None:
            did.ack(options=[])
            return
        try:
            listed = self._listed(did, person, script, parameter)
        except ChoicesUnavailable as error:
            did.ack(options=[])
            self._redraw_in_place(did, person, script, failures={parameter.name: str(error)})
            return
        typed_in = str(did.body.get("value") or "")
        found = fields.suggestions(parameter, typed_in, listed, self._front.inbox(person))
        did.ack(options=[elements.option(each) for each in found])
        if parameter.name in form_state.failed(did.view):
            self._redraw_in_place(did, person, script)

    def submit(self, did: Interaction) -> None:
        """Take the form, draw it anew where other fields belong to it now, or show each problem under its field."""
        person = self._front.person(did)
        name = form_state.chosen(did.view, self._front.service.scripts())
        try:
            script = self._front.service.script(name or "", exactly=True)
        except UnknownScript:
            did.ack(response_action="errors", errors=form_state.choice_error(_GONE))
            return
        if name != recall(did.view).script:  # submitted before Slack showed the form of the script chosen
            self._draw_again(did, person, script, self._start(did, person, script))
            return
        try:
            self._take(did, person, script, self._forms.filled(did, person, script))
        except UnreadableForm:
            self._draw_again(did, person, script, self._forms.defaults(person, script), notice=_CHANGED)
        except InvalidValues as error:
            did.ack(response_action="errors", errors=form_state.block_errors(did.view, script, error.problems))

    def confirm(self, did: Interaction) -> None:
        """Run what was looked through once more."""
        self._submitting.confirm(did, self._front.person(did))

    def run_on_files(self, did: Interaction) -> None:
        """“Run script on this file” on a message: choose among the scripts that take it."""
        did.ack()
        person = self._front.person(did)
        message = did.body.get("message")
        found = message.get("files") if isinstance(message, Mapping) else None
        described_files = [described(each) for each in found] if isinstance(found, list) else []
        files = [file for file in described_files if file is not None][:_MOST_FILES]
        if not files:
            did.answer(_NO_FILE)
            return
        self._front.files.remember(files)
        did.show(form.choosing(replace(self._forms.circumstances(did, person), given=files)))

    def _take(self, did: Interaction, person: Requester, script: Script, filled: Filled) -> None:
        if form_state.is_whole(did.view, script, filled.raw):
            self._submitting.take(did, person, script, filled)
            return
        initial = form_state.kept(did.view, script, filled.raw, self._forms.defaults(person, script))
        self._draw_again(did, person, script, initial, notice=_OTHERS)

    def _start(self, did: Interaction, person: Requester, script: Script) -> dict[str, str]:
        """What the form of another script begins with."""
        given = upload_fields.assigned(script, self._forms.given(did))
        return self._forms.defaults(person, script) | self._typed_before(did, person) | given

    def _draw_again(
        self, did: Interaction, person: Requester, script: Script, initial: Mapping[str, str], *, notice: str = ""
    ) -> None:
        circumstances = self._forms.circumstances(did, person, script, initial=initial)
        view = form.filling(script, circumstances, memory=self._memory(did, script), notice=notice)
        did.ack(response_action="update", view=view)

    def _memory(self, did: Interaction, script: Script) -> Memory:
        """What the view remembers, as far as the script is the same."""
        found = recall(did.view)
        return found if found.script == script.name else Memory(script=script.name, given=found.given)

    def _redraw_in_place(
        self,
        did: Interaction,
        person: Requester,
        script: Script,
        *,
        failures: Mapping[str, str] | None = None,
        memory: Memory | None = None,
    ) -> None:
        filled = self._forms.filled(did, person, script)
        initial = form_state.kept(did.view, script, filled.raw, self._forms.defaults(person, script))
        found = self._forms.circumstances(did, person, script, initial=initial)
        circumstances = replace(found, failures=failures or {}, uploaded=filled.uploaded)
        self._redraws.redraw(did, lambda: form.filling(script, circumstances, memory=memory or recall(did.view)))

    def _listed(
        self, did: Interaction, person: Requester, script: Script, parameter: AnyParameter
    ) -> list[elements.Listed]:
        if isinstance(parameter, Input):
            return [upload_fields.listed(file) for file in self._forms.given(did)]
        if not isinstance(parameter, Choice | Suggesting):
            return []
        raw = self._forms.filled(did, person, script).raw if parameter.depends else {}
        found = self._front.service.choices(script, parameter, raw)
        return [elements.Listed(value=each.value, label=each.label) for each in found]

    def _shown(self, did: Interaction) -> Script:
        """The script whose form the view shows."""
        name = recall(did.view).script
        if name is None:
            raise ScriptRunnerError("This form shows no script; type /runscript to open it anew.")
        return self._front.service.script(name, exactly=True)

    def _typed_before(self, did: Interaction, person: Requester) -> dict[str, str]:
        """What was typed into the form of another script."""
        if recall(did.view).script is None:
            return {}
        try:
            script = self._shown(did)
            raw = self._forms.filled(did, person, script).raw
        except ScriptRunnerError:
            return {}  # the script changed or went meanwhile: its form cannot be read any more
        return form_state.changed(raw, script, self._forms.defaults(person, script))
