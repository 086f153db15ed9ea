"""What the features with forms share: drawing a script's form for a person, and reading what was filled in."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from slack_sdk.models.views import View

from bot.listeners.context import ListenerContext
from bot.listeners.form import typed_values
from bot.listeners.form.typed_values import Typed
from bot.slack.files import SlackFile
from bot.slack.interaction import Interaction, digest
from bot.views.form import form, form_state, upload_fields
from bot.views.form.circumstances import Circumstances
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.views.form.normalized import alike, normalized
from bot.views.form.sources import InputSource
from bot.views.form.upload_fields import GivenFile
from runner.errors import InvalidValues, Refused, ScriptRunnerError
from runner.jobs import Requester
from runner.scripts import Script, defaults
from runner.scripts.parameters import Choice, Input, User
from runner.service import InboxFile, Outlook
from runner.system.text import ended

_MOST_LOOKED_UP = 20  # members found by their address for one form: each is a call


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in: raw values and uploaded files by parameter, and problems with what cannot be a value.

    The raw values have the defaults of advanced parameters that were not shown. ``sources`` are where files come from.
    """

    raw: Mapping[str, str | None]
    sources: Mapping[str, InputSource] = field(default_factory=dict)
    uploaded: Mapping[str, Sequence[SlackFile]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def together(self, script: Script) -> dict[str, str | None]:
        """The raw values with uploaded files in them."""
        raw = dict(self.raw)
        for parameter in script.asked:
            if isinstance(parameter, Input) and (files := self.uploaded.get(parameter.name)):
                raw[parameter.name] = upload_fields.together(parameter, raw.get(parameter.name), files)
        return raw


@dataclass(frozen=True, slots=True)
class Forms:
    """Draws and reads forms for one front."""

    context: ListenerContext

    def defaults(self, person: Requester, script: Script) -> dict[str, str]:
        """What this person's form of the script starts with."""
        return defaults.defaults(script, person, self.context.clock())

    def circumstances(
        self,
        interaction: Interaction,
        person: Requester,
        script: Script | None = None,
        *,
        initial: Mapping[str, str] | None = None,
    ) -> Circumstances:
        """What a form tells, as things are now."""
        service = self.context.service
        found = Circumstances(
            inbox=self.context.inbox(person),
            reader=self.context.reader(person),
            upload=service.inputs.instructions(person),
            inbox_use=service.inputs.use(person),
            given=self.given(interaction),
            brought=self.brought(interaction, person),
            uploads=self.context.uploads,
        )
        if script is None:
            return replace(
                found,
                broken_count=len(service.scripts.broken(person)),
                outlook=Outlook(place=1, limit=service.queue.near_limit(person)),
            )
        defaults = self.defaults(person, script)
        start = defaults if initial is None else initial
        return replace(
            found,
            outlook=service.queue.outlook_for(person, script),
            initial=start,
            defaults=defaults,
            people=self._people(interaction, person, script, start),
            presets=service.scripts.presets(person, script),
            is_favourite=service.menus.is_favourite(person, script),
        )

    def given(self, interaction: Interaction) -> Sequence[SlackFile]:
        """The files that the form was opened for."""
        found = read_metadata(interaction.view).given if interaction.view.get("callback_id") == form.FORM else ()
        return [self.context.files.find(interaction.client, file_id) for file_id in found]

    def brought(self, interaction: Interaction, person: Requester) -> Sequence[InboxFile]:
        """The files of the inbox that the form was opened for, as far as they are there still."""
        of_form = interaction.view.get("callback_id") == form.FORM
        return self.with_marks(person, read_metadata(interaction.view).brought if of_form else ())

    def files(self, interaction: Interaction, person: Requester) -> list[GivenFile]:
        """All files that the form was opened for."""
        return [*self.given(interaction), *self.brought(interaction, person)]

    def with_marks(self, person: Requester, marks: Sequence[str]) -> Sequence[InboxFile]:
        """The files of this person's inbox that these marks stand for, as far as they are there still."""
        found = [self.context.service.inputs.find(person, partial(_has_mark, each)) for each in marks]
        return [file for file in found if file is not None]

    def open(
        self,
        interaction: Interaction,
        person: Requester,
        script: Script,
        *,
        initial: Mapping[str, str],
        problems: Sequence[str] = (),
    ) -> None:
        """Show the script's form, filled in, with what could not be filled in above it."""
        interaction.show(self.filling(interaction, person, script, initial=initial, problems=problems))

    def filling(  # noqa: PLR0913  # what a form is made of
        self,
        interaction: Interaction,
        person: Requester,
        script: Script,
        *,
        initial: Mapping[str, str],
        problems: Sequence[str] = (),
        metadata: FormMetadata | None = None,
    ) -> View:
        """The script's form, filled in; with all of its fields, and problems above them, where there are any."""
        circumstances = self.circumstances(interaction, person, script, initial=initial)
        metadata = metadata or FormMetadata(script=script.name)
        metadata = replace(metadata, is_open=metadata.is_open or bool(problems))
        return form.filling(script, circumstances, metadata=metadata, notice=" ".join(problems) or None)

    def typed(
        self, interaction: Interaction, person: Requester, script: Script, typed: Typed
    ) -> tuple[dict[str, str], list[str]]:
        """What the form starts with beside what was typed after a command, and what of that cannot be filled in."""
        values, problems = typed_values.fitted(
            script,
            typed,
            lambda user_id: self.context.identities.requester(interaction.client, user_id).email,
        )
        start_with = self.defaults(person, script) | values
        initial = {name: value for name, value in start_with.items() if value}
        unfit = self.unfit(person, script, initial)
        if meant := self.meant(person, script, initial, values.keys() & unfit):
            initial |= meant
            unfit = self.unfit(person, script, initial)
        return initial, problems + [unfit[name] for name in values if name in unfit]

    def unfit(self, person: Requester, script: Script, values: Mapping[str, str]) -> dict[str, str]:
        """What is wrong with values that a form is to be filled in with, by parameter, as sentences."""
        try:
            self.context.service.checked(person, script, values)
        except InvalidValues as error:
            return {name: f"{name}: {ended(problem)}" for name, problem in error.problems.items()}
        return {}

    def meant(
        self, person: Requester, script: Script, values: Mapping[str, str], refused: Collection[str]
    ) -> dict[str, str]:
        """Which listed choices are surely meant by values that are refused, by parameter; labels are understood."""
        found = {}
        for parameter in script.asked:
            if not isinstance(parameter, Choice) or parameter.name not in refused or parameter.choices is not None:
                continue
            with suppress(ScriptRunnerError):  # that they cannot be listed is what is told already
                listed = self.context.service.scripts.choices(person, script, parameter, values)
                labels = {each.value: each.label for each in listed}
                items = parameter.items(values[parameter.name])
                found[parameter.name] = "\n".join(
                    item if item in labels else next(alike(item, labels), item) for item in items
                )
        return found

    def filled(self, interaction: Interaction, person: Requester, script: Script) -> Filled:
        """What stands in the form; UnreadableForm where the view is no form of the script."""
        drawn = form_state.raw_values(interaction.view, script, self.context.inbox(person))
        raw = form_state.with_hidden(interaction.view, script, drawn, self.defaults(person, script))
        problems: dict[str, str] = {}
        for parameter in script.asked:
            chosen = raw.get(parameter.name)
            if isinstance(parameter, User) and chosen:
                raw[parameter.name] = self._addresses(interaction, chosen, parameter.name, problems)
            elif chosen:
                raw[parameter.name] = normalized(parameter, chosen)
        uploaded = upload_fields.entered(interaction.view, script)
        self.context.files.remember(file for files in uploaded.values() for file in files)
        sources = form_state.sources(interaction.view, script)
        return Filled(raw=raw, sources=sources, uploaded=uploaded, problems=problems)

    def submission(self, interaction: Interaction, raw: Mapping[str, str | None]) -> str:
        """What tells this submission from others: the same form with the same values, once more, is the same job."""
        texts = [text for name, value in raw.items() for text in (name, value or "")]
        return f"view:{digest([interaction.view['id'], *texts])}"

    def _addresses(self, interaction: Interaction, chosen: str, name: str, problems: dict[str, str]) -> str:
        try:
            people = [self.context.identities.requester(interaction.client, user_id) for user_id in chosen.split("\n")]
        except Refused:
            problems[name] = "must be members of this workspace with an e-mail address: no bots, guests or others"
            return ""
        return "\n".join(person.email for person in people)

    def _people(
        self, interaction: Interaction, person: Requester, script: Script, initial: Mapping[str, str]
    ) -> dict[str, str]:
        wanted = {
            email
            for parameter in script.asked
            if isinstance(parameter, User) and parameter.name in initial
            for email in parameter.items(initial[parameter.name])
        }
        others = sorted(wanted - {person.email})[:_MOST_LOOKED_UP]
        return {person.email: person.user_id} | self.context.identities.user_ids(interaction.client, others)


def _has_mark(mark: str, reference: str) -> bool:
    return upload_fields.mark_of(reference) == mark
