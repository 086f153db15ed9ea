"""/runscript: choose a script, fill in its form, submit it."""

import re
from collections.abc import Mapping

from slack_bolt import App

from bot import typed
from bot.asked_once_more import AskedOnceMore, Pending
from bot.forms import Filled, Forms, remembering
from bot.front import Front
from bot.interaction import Interaction
from bot.redraws import Redraws
from bot.views import elements, fields, filling_in, form, home, review
from bot.views.fields import UnreadableForm
from bot.views.memory import recall
from runner.choice_lists import ChoicesUnavailable
from runner.errors import InvalidValues, ScriptRunnerError, UnknownScript
from runner.jobs import Requester
from runner.parameters import TYPES, AnyParameter, Choice, Suggesting
from runner.scripts import Script
from runner.service import Submitted

HELP = """\
/runscript opens a form: choose a script, fill it in, submit it.
/runscript NAME opens the form of that script right away, such as /runscript word_count.
/runscript NAME KEY=VALUE KEY="TWO WORDS" opens it filled in.
/jobs shows your jobs, /jobs 12 one of them with its log and results.
You get a direct message and an e-mail when a job starts and when it ends, with the command that fetches its results."""

_FIELDS = re.compile(rf"^({'|'.join(TYPES)})$")
_GONE = "That script cannot be run any more; choose another."
_CHANGED = "The script has changed since this form was opened: look through its fields, then submit again."
_OTHERS = "Other fields belong to what you chose: look through them, then submit again."


def register(app: App, front: Front) -> None:
    """Add the command, the form's choices and its submission to the app."""
    feature = _RunScript(front)
    app.command("/runscript")(front.listener(feature.command))
    app.action(home.RUN)(front.listener(feature.press))
    app.action(form.CHOOSE)(front.listener(feature.choose))
    app.action(filling_in.FILL)(front.listener(feature.fill))
    app.options(form.CHOOSE)(front.listener(feature.list_scripts))
    app.action(_FIELDS)(front.listener(feature.change))
    app.options(_FIELDS)(front.listener(feature.suggest))
    app.view(form.FORM)(front.listener(feature.submit))
    app.view(review.REVIEW)(front.listener(feature.confirm))


class _RunScript:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._forms = Forms(front)
        self._redraws = Redraws()
        self._pending = AskedOnceMore(front.clock)

    def command(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        if did.text.casefold() == "help":
            did.answer(HELP)
            return
        words = typed.read(did.text)
        if not words.name:
            did.show(form.choosing(self._forms.circumstances(did, person)))
            return
        script = self._front.service.script(words.name)
        values, problems = typed.fitted(script, words)
        initial = self._forms.defaults(person, script) | values
        self._forms.open(did, person, script, initial=initial, problems=problems)

    def press(self, did: Interaction) -> None:
        """“Run a script” on the Home tab."""
        did.ack()
        did.show(form.choosing(self._forms.circumstances(did, self._front.person(did))))

    def choose(self, did: Interaction) -> None:
        """Draw the chosen script's form; what was typed stays where the next form has the same parameter."""
        did.ack()
        person = self._front.person(did)
        name = form.chosen(did.view, self._front.service.scripts())
        if name is not None and name == recall(did.view).script:
            return
        try:
            script = self._front.service.script(name or "", exactly=True)
        except UnknownScript:
            self._redraws.redraw(did, lambda: form.choosing(self._forms.circumstances(did, person)))
            return
        initial = self._forms.defaults(person, script) | self._typed_before(did, person)
        circumstances = self._forms.circumstances(did, person, script, initial=initial)
        self._redraws.redraw(did, lambda: form.filling(script, circumstances))

    def change(self, did: Interaction) -> None:
        """Draw the form anew after a change on which other fields wait."""
        did.ack()
        person = self._front.person(did)
        self._redraw_in_place(did, person, self._shown(did))

    def fill(self, did: Interaction) -> None:
        """Fill the form in with what was chosen in the menu above it, or delete that preset."""
        did.ack()
        person = self._front.person(did)
        script = self._shown(did)
        preset = filling_in.forgotten(did.chosen)
        if preset is not None:
            self._front.service.forget_preset(person, script, preset)
            self._redraw_in_place(did, person, script)
            return
        values = filling_in.values(did.chosen, script, self._front.service.presets(person, script))
        if values is None:
            self._redraw_in_place(did, person, script)
            return
        circumstances = self._forms.circumstances(did, person, script, initial=values)
        memory = remembering(script, recall(did.view).filled + 1)
        self._redraws.redraw(did, lambda: form.filling(script, circumstances, memory=memory))

    def list_scripts(self, did: Interaction) -> None:
        self._front.person(did)
        groups = form.options(self._front.service.scripts(str(did.body.get("value") or "")))
        if groups:
            did.ack(option_groups=groups)
        else:
            did.ack(options=[])

    def suggest(self, did: Interaction) -> None:
        """The files or choices of a field in which the typed text occurs; a list that fails is told in the form."""
        person = self._front.person(did)
        script = self._shown(did)
        name = fields.named(script.name, str(did.body.get("block_id") or ""))
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

    def submit(self, did: Interaction) -> None:
        """Queue the job, ask once more where the script wants it, or show each problem under its field."""
        person = self._front.person(did)
        name = form.chosen(did.view, self._front.service.scripts())
        try:
            script = self._front.service.script(name or "", exactly=True)
        except UnknownScript:
            did.ack(response_action="errors", errors=form.choice_error(_GONE))
            return
        if name != recall(did.view).script:  # submitted before Slack showed the form of the script chosen
            initial = self._forms.defaults(person, script) | self._typed_before(did, person)
            self._draw_again(did, person, script, initial)
            return
        try:
            self._take(did, person, script, self._forms.filled(did, person, script))
        except UnreadableForm:
            self._draw_again(did, person, script, self._forms.defaults(person, script), notice=_CHANGED)
        except InvalidValues as error:
            did.ack(response_action="errors", errors=form.block_errors(did.view, script, error.problems))

    def confirm(self, did: Interaction) -> None:
        """Run what was looked through once more."""
        person = self._front.person(did)
        kept = review.remembered(did.view)
        job_id = kept.get("job")
        if isinstance(job_id, int):
            submitted = self._front.service.run_again(person, job_id, submission=f"view:{did.view['id']}")
        else:
            pending = self._pending.find(str(kept.get("pending")), person.user_id)
            submitted = self._submitted(person, pending)
        script = self._front.service.script(submitted.job.script, exactly=True)
        did.ack(response_action="update", view=form.queued(submitted, script=script, email=person.email))

    def _take(self, did: Interaction, person: Requester, script: Script, filled: Filled) -> None:
        if filled.problems:
            raise InvalidValues(filled.problems)
        if not form.is_whole(did.view, script, filled.raw):
            initial = form.kept(did.view, script, filled.raw, self._forms.defaults(person, script))
            self._draw_again(did, person, script, initial, notice=_OTHERS)
            return
        values = self._front.service.checked(person, script, filled.raw)
        pending = Pending(
            user_id=person.user_id,
            script=script.name,
            values=values,
            submission=self._forms.submission(did, filled.raw),
            preset=filling_in.saved_name(did.view),
        )
        if script.confirm:
            remembered = {"pending": self._pending.keep(pending)}
            did.ack(response_action="push", view=review.asking(script, values, remembered=remembered))
            return
        submitted = self._submitted(person, pending)
        did.ack(response_action="update", view=form.queued(submitted, script=script, email=person.email))

    def _submitted(self, person: Requester, pending: Pending) -> Submitted:
        service = self._front.service
        if pending.preset:
            service.save_preset(person, service.script(pending.script, exactly=True), pending.preset, pending.values)
        return service.submit(person, pending.script, pending.values, submission=pending.submission)

    def _draw_again(
        self, did: Interaction, person: Requester, script: Script, initial: Mapping[str, str], *, notice: str = ""
    ) -> None:
        circumstances = self._forms.circumstances(did, person, script, initial=initial)
        filled = recall(did.view).filled if recall(did.view).script == script.name else 0
        view = form.filling(script, circumstances, memory=remembering(script, filled), notice=notice)
        did.ack(response_action="update", view=view)

    def _redraw_in_place(
        self, did: Interaction, person: Requester, script: Script, *, failures: Mapping[str, str] | None = None
    ) -> None:
        initial = self._forms.typed(did, person, script)
        circumstances = self._forms.circumstances(did, person, script, initial=initial, failures=failures)
        self._redraws.redraw(did, lambda: form.filling(script, circumstances, memory=recall(did.view)))

    def _listed(
        self, did: Interaction, person: Requester, script: Script, parameter: AnyParameter
    ) -> list[elements.Listed]:
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
        return form.changed(raw, script, self._forms.defaults(person, script))
