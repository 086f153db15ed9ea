"""/runscript: choose a script, fill in its form, submit it."""

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.answers import answer
from bot.front import Front
from bot.views import fields, form, home
from bot.views.form import Circumstances
from runner.errors import InvalidValues, ScriptRunnerError
from runner.jobs import Requester
from runner.scripts import Script

HELP = """\
/runscript opens a form: choose a script, fill it in, submit it.
/runscript NAME opens the form of that script right away, such as /runscript word_count.
/jobs shows your jobs, /jobs 12 one of them with its log and results.
You get a direct message and an e-mail when a job starts and when it ends, with the command that fetches its results."""


def register(app: App, front: Front) -> None:
    """Add the command, the form's choices and its submission to the app."""
    feature = _RunScript(front)
    app.command("/runscript")(feature.command)
    app.action(home.RUN)(feature.open)
    app.action(form.CHOOSE)(feature.choose)
    app.options(form.CHOOSE)(feature.list_scripts)
    for kind in ("choice", "input"):
        app.options(kind)(feature.suggest)
    app.view(form.FORM)(feature.submit)


class _RunScript:
    """The listeners; each acknowledges first and finds out who is asking."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        person = self._front.person(client, body)
        name = body.get("text", "").strip()
        if name.casefold() == "help":
            answer(body, client=client, respond=respond, text=HELP)
            return
        script = self._front.service.script(name) if name else None
        self._open(client, body, person, script)

    def open(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        self._open(client, body, self._front.person(client, body), None)

    def choose(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Draw the chosen script's form; what was typed stays where the next form has the same parameter."""
        ack()
        view = body["view"]
        person = self._front.person(client, body)
        name = form.chosen(view, self._front.service.scripts())
        script = None if name is None else self._front.service.script(name)
        if script is not None and script.name == form.script_name(view):
            return
        circumstances = self._circumstances(person, typed=self._typed(view, person))
        new = form.choosing(circumstances) if script is None else form.filling(script, circumstances)
        client.views_update(view_id=view["id"], hash=view.get("hash"), view=new)

    def list_scripts(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        self._front.person(client, body)
        ack(option_groups=form.options(self._front.service.scripts(str(body.get("value") or ""))))

    def suggest(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """The files or choices of a field in which the typed text occurs."""
        person = self._front.person(client, body)
        script = self._shown(body["view"])
        for parameter in script.parameters:
            if fields.block_id(script.name, parameter) == body.get("block_id"):
                typed = str(body.get("value") or "")
                ack(options=fields.suggestions(parameter, typed, self._front.inbox(person)))
                return
        ack(options=[])

    def submit(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Queue the job, or show each problem under its field."""
        view = body["view"]
        person = self._front.person(client, body)
        if form.script_name(view) is None:
            self._go_on(ack, view, person)
            return
        script = self._shown(view)
        try:
            raw = form.raw_values(view, script, self._front.inbox(person))
            submitted = self._front.service.submit(person, script.name, raw, submission=f"view:{view['id']}")
        except InvalidValues as error:
            ack(response_action="errors", errors=form.block_errors(script, error.problems))
        else:
            ack(response_action="update", view=form.queued(submitted, script=script, email=person.email))

    def _go_on(self, ack: Ack, view: Mapping[str, Any], person: Requester) -> None:
        """“Next” was pressed before Slack showed the form of the script chosen."""
        name = form.chosen(view, self._front.service.scripts())
        if name is None:
            raise ScriptRunnerError("Choose a script first.")
        script = self._front.service.script(name)
        ack(response_action="update", view=form.filling(script, self._circumstances(person)))

    def _open(self, client: WebClient, body: Mapping[str, Any], person: Requester, script: Script | None) -> None:
        circumstances = self._circumstances(person)
        view = form.choosing(circumstances) if script is None else form.filling(script, circumstances)
        client.views_open(trigger_id=body["trigger_id"], view=view)

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
            raw = form.raw_values(view, self._shown(view), self._front.inbox(person))
        except ScriptRunnerError:
            return {}  # the script changed or went meanwhile: its form cannot be read any more
        return {name: value for name, value in raw.items() if value is not None}
