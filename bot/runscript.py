"""/runscript: choose a script, fill in its form, submit it."""

from collections.abc import Mapping
from typing import Any

from slack_bolt import App
from slack_sdk.errors import SlackApiError

from bot.front import Front
from bot.interaction import Interaction, digest
from bot.views import fields, form, home
from bot.views.fields import UnreadableForm
from bot.views.form import Circumstances
from runner.errors import InvalidValues, ScriptRunnerError
from runner.jobs import Requester
from runner.scripts import Script
from runner.service import Submitted

HELP = """\
/runscript opens a form: choose a script, fill it in, submit it.
/runscript NAME opens the form of that script right away, such as /runscript word_count.
/jobs shows your jobs, /jobs 12 one of them with its log and results.
You get a direct message and an e-mail when a job starts and when it ends, with the command that fetches its results."""

_OVERTAKEN = frozenset({"hash_conflict", "not_found"})  # views.update: changed or closed meanwhile
_GONE = "That script cannot be run any more; choose another."
_CHANGED = "The script has changed since this form was opened: look through its fields, then submit again."


def register(app: App, front: Front) -> None:
    """Add the command, the form's choices and its submission to the app."""
    feature = _RunScript(front)
    app.command("/runscript")(front.listener(feature.command))
    app.action(home.RUN)(front.listener(feature.press))
    app.action(form.CHOOSE)(front.listener(feature.choose))
    app.options(form.CHOOSE)(front.listener(feature.list_scripts))
    for kind in ("choice", "input"):
        app.options(kind)(front.listener(feature.suggest))
    app.view(form.FORM)(front.listener(feature.submit))


class _RunScript:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def command(self, did: Interaction) -> None:
        did.ack()
        person = self._front.person(did)
        if did.text.casefold() == "help":
            did.answer(HELP)
            return
        self._open(did, person, self._front.service.script(did.text) if did.text else None)

    def press(self, did: Interaction) -> None:
        """“Run a script” on the Home tab."""
        did.ack()
        self._open(did, self._front.person(did), None)

    def choose(self, did: Interaction) -> None:
        """Draw the chosen script's form; what was typed stays where the next form has the same parameter.

        Of two choices in a row the later may be overtaken by the form of the earlier: submitting goes on from there.
        """
        did.ack()
        person = self._front.person(did)
        name = form.chosen(did.view, self._front.service.scripts())
        if name is not None and name == form.script_name(did.view):
            return
        circumstances = self._circumstances(person, typed=self._typed(did.view, person))
        new = (
            form.choosing(circumstances)
            if name is None
            else form.filling(self._front.service.script(name), circumstances)
        )
        try:
            did.client.views_update(view_id=did.view["id"], hash=did.view.get("hash"), view=new)
        except SlackApiError as error:
            if error.response.get("error") not in _OVERTAKEN:
                raise

    def list_scripts(self, did: Interaction) -> None:
        self._front.person(did)
        groups = form.options(self._front.service.scripts(str(did.body.get("value") or "")))
        if groups:
            did.ack(option_groups=groups)
        else:
            did.ack(options=[])

    def suggest(self, did: Interaction) -> None:
        """The files or choices of a field in which the typed text occurs."""
        person = self._front.person(did)
        script = self._shown(did.view)
        for parameter in script.parameters:
            if fields.block_id(script.name, parameter) == did.body.get("block_id"):
                typed = str(did.body.get("value") or "")
                did.ack(options=fields.suggestions(parameter, typed, self._front.inbox(person)))
                return
        did.ack(options=[])

    def submit(self, did: Interaction) -> None:
        """Queue the job, or show each problem under its field."""
        person = self._front.person(did)
        name = form.chosen(did.view, self._front.service.scripts())
        if name is None:
            did.ack(response_action="errors", errors=form.choice_error(_GONE))
            return
        script = self._front.service.script(name)
        if name != form.script_name(did.view):  # submitted before Slack showed the form of the script chosen
            self._redraw(did, person, script)
            return
        try:
            submitted = self._submitted(did, person, script)
        except UnreadableForm:
            self._redraw(did, person, script, notice=_CHANGED)
        except InvalidValues as error:
            did.ack(response_action="errors", errors=form.block_errors(script, error.problems))
        else:
            did.ack(response_action="update", view=form.queued(submitted, script=script, email=person.email))

    def _submitted(self, did: Interaction, person: Requester, script: Script) -> Submitted:
        """The job; the same form with the same values, delivered once more, is the same job."""
        raw = form.raw_values(did.view, script, self._front.inbox(person))
        texts = [text for name, value in raw.items() for text in (name, value or "")]
        submission = f"view:{digest([did.view['id'], *texts])}"
        return self._front.service.submit(person, script.name, raw, submission=submission)

    def _redraw(self, did: Interaction, person: Requester, script: Script, *, notice: str | None = None) -> None:
        circumstances = self._circumstances(person, typed=self._typed(did.view, person))
        did.ack(response_action="update", view=form.filling(script, circumstances, notice=notice))

    def _open(self, did: Interaction, person: Requester, script: Script | None) -> None:
        circumstances = self._circumstances(person)
        view = form.choosing(circumstances) if script is None else form.filling(script, circumstances)
        did.client.views_open(trigger_id=did.body["trigger_id"], view=view)

    def _circumstances(self, person: Requester, *, typed: Mapping[str, str] | None = None) -> Circumstances:
        return Circumstances(
            inbox=self._front.inbox(person),
            waiting=self._front.service.queue_length(),
            upload=self._front.service.upload(person),
            broken_count=len(self._front.service.broken_scripts()),
            initial=typed or {},
        )

    def _shown(self, view: Mapping[str, Any]) -> Script:
        """The script whose form the view shows."""
        name = form.script_name(view)
        if name is None:
            raise ScriptRunnerError("This form shows no script; type /runscript to open it anew.")
        return self._front.service.script(name)

    def _typed(self, view: Mapping[str, Any], person: Requester) -> dict[str, str]:
        if form.script_name(view) is None:
            return {}
        try:
            script = self._shown(view)
            return form.changed(form.raw_values(view, script, self._front.inbox(person)), script)
        except ScriptRunnerError:
            return {}  # the script changed or went meanwhile: its form cannot be read any more
