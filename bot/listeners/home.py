"""App Home: draws the Home tab when somebody opens it, opens the script that is found there, says how files come."""

from contextlib import suppress

from slack_bolt import App
from slack_sdk.errors import SlackClientError

from bot.listeners.context import ListenerContext
from bot.listeners.deadlines import Shows
from bot.listeners.form.forms import Forms
from bot.slack.interaction import Interaction
from bot.views.form import form_state, greeting, script_choice
from bot.views.jobs import home
from runner.errors import ScriptRunnerError

_BRINGING = "Files are brought by uploading them in a form, by sending them to ScriptRunner under Messages, or by scp:"


def register(app: App, context: ListenerContext) -> None:
    """Add the Home tab to the app."""
    feature = _Home(context)
    app.event("app_home_opened")(context.listener(feature.opened))
    app.options(home.FIND)(context.listener(feature.list_scripts))
    app.action(home.FIND)(context.listener(feature.found, shows=Shows.MODAL))
    app.action(home.BRING)(context.listener(feature.bring, shows=Shows.MODAL))


class _Home:
    """The listeners; each finds out who is asking."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context
        self._forms = Forms(context)

    def opened(self, interaction: Interaction) -> None:
        """Draw the tab of whoever opens it."""
        if interaction.body["event"].get("tab") != "home":
            return
        self._context.homes.draw(interaction.client, self._context.person(interaction))

    def list_scripts(self, interaction: Interaction) -> None:
        """The scripts in which the typed words occur, or all."""
        person = self._context.person(interaction)
        menu = self._context.service.menus.menu(person, str(interaction.body.get("value") or ""))
        if groups := script_choice.options(menu):
            interaction.ack(option_groups=groups)
        else:
            interaction.ack(options=[])

    def found(self, interaction: Interaction) -> None:
        """Open the form of the script that was chosen in the tab's menu, and empty that: the same one may be next."""
        person = self._context.person(interaction)
        service = self._context.service
        name = form_state.meant(interaction.chosen, service.menus.menu(person).scripts)
        if name is None:
            raise ScriptRunnerError("That script cannot be run any more; choose another.")
        script = service.scripts.find(person, name, exactly=True)
        self._forms.open(interaction, person, script, initial=self._forms.defaults(person, script))
        with suppress(SlackClientError):  # the form is what was asked for
            self._context.homes.draw(interaction.client, person)

    def bring(self, interaction: Interaction) -> None:
        """How files come to the inbox of whoever asks."""
        person = self._context.person(interaction)
        instructions = self._context.service.inputs.instructions(person)
        blocks = list(greeting.bringing(instructions))
        interaction.answer(f"{_BRINGING} {instructions.command}", blocks, title="Bring files")
