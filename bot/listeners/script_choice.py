"""A script that is not named exactly: it is searched for in the form, and found ones are opened by their buttons."""

import re
from collections.abc import Sequence

from slack_bolt import App

from bot.listeners.context import ListenerContext
from bot.listeners.deadlines import Shows
from bot.listeners.form import typed_values
from bot.listeners.form.forms import Forms
from bot.listeners.form.view_updates import ViewUpdates
from bot.slack.interaction import Interaction
from bot.views.form import form, picks, script_choice, upload_fields
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.views.form.picks import ScriptPick
from bot.views.form.script_choice import LONGEST_SEARCH, MOST_FOUND, ScriptSearch
from runner.errors import UnknownScript
from runner.jobs import Requester
from runner.scripts import Script
from runner.system.text import quoted

_LONGEST_TYPED = 1_500  # characters that a button holds besides a script's name
_TOO_LONG = "What you typed behind the name is too long to be kept: type it in the form."
_IN_PLACE = re.compile(rf"^{re.escape(picks.PICK)}\.[0-9]$")
_ANEW = re.compile(rf"^{re.escape(picks.RUN)}\.[0-9]{{1,2}}$")


class ScriptChoice:
    """The listeners; each finds out who is asking. ``view_updates`` draws the forms of all of /runscript."""

    def __init__(self, context: ListenerContext, forms: Forms, view_updates: ViewUpdates) -> None:
        self._context = context
        self._forms = forms
        self._view_updates = view_updates

    def register(self, app: App) -> None:
        """Add the search and the buttons of scripts to the app."""
        app.action(script_choice.SEARCH)(self._context.listener(self.search))
        app.action(_IN_PLACE)(self._context.listener(self.pick))
        app.action(_ANEW)(self._context.listener(self.open, shows=Shows.MODAL))

    def offer(
        self, interaction: Interaction, person: Requester, error: UnknownScript, names: Sequence[str | None]
    ) -> None:
        """Open the choice of scripts; where words were typed that name none, with these searched for."""
        circumstances = self._forms.circumstances(interaction, person)
        asked = list(names[: (*names, None).index(None)])
        if not asked:
            interaction.show(form.choosing(circumstances))
            return
        words = " ".join(word for word in asked if word is not None)
        typed = interaction.text if len(interaction.text) <= _LONGEST_TYPED else ""
        notice = str(error) if typed else f"{error} {_TOO_LONG}"

        def pick(script: Script) -> ScriptPick:
            return ScriptPick(script=script.name, typed=typed, name_words=len(asked))

        near = self._context.service.menus.near(person, words, at_most=MOST_FOUND)
        interaction.show(form.choosing(circumstances, ScriptSearch(words=words, notice=notice, found=near, pick=pick)))

    def search(self, interaction: Interaction) -> None:
        """Show what the words find that were typed into the form's search."""
        person = self._context.person(interaction)
        words = interaction.pressed[:LONGEST_SEARCH]
        found = self._context.service.menus.near(person, words, at_most=MOST_FOUND)
        said = f"These may be what you mean by {quoted(words)}:" if found else f"Nothing is like {quoted(words)}."
        notice = said if words.strip() else "Type what the script is called, or what it does."
        circumstances = self._forms.circumstances(interaction, person)
        search = ScriptSearch(words=words, notice=notice, found=found)
        self._view_updates.update(interaction, lambda: form.choosing(circumstances, search))

    def pick(self, interaction: Interaction) -> None:
        """Draw the form of a script that was found, in place of what found it."""
        person = self._context.person(interaction)
        script, initial, problems = self._picked(interaction, person)
        seen = read_metadata(interaction.view)
        metadata = FormMetadata(script=script.name, given=seen.given, brought=seen.brought)
        view = self._forms.filling(interaction, person, script, initial=initial, problems=problems, metadata=metadata)
        self._view_updates.update(interaction, lambda: view)

    def open(self, interaction: Interaction) -> None:
        """Open the form of the script that a button names."""
        person = self._context.person(interaction)
        script, initial, problems = self._picked(interaction, person)
        self._forms.open(interaction, person, script, initial=initial, problems=problems)

    def _picked(self, interaction: Interaction, person: Requester) -> tuple[Script, dict[str, str], list[str]]:
        """The script that a button names, with what its form starts with, and what of that cannot be filled in."""
        found = picks.read_pick(interaction.pressed)
        script = self._context.service.scripts.find(person, found.script, exactly=True)
        typed = typed_values.read(found.typed).without(0, found.name_words)
        initial, problems = self._forms.typed(interaction, person, script, typed)
        files = self._forms.files(interaction, person)
        return script, initial | upload_fields.assigned(script, files), problems
