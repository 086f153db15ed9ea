"""What the features with forms share: drawing a script's form for a person, and reading what was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.listeners.context import Front
from bot.slack.files import SlackFile
from bot.slack.interaction import Interaction, digest
from bot.views.form import form, form_state, upload_fields
from bot.views.form.form import Circumstances
from bot.views.form.form_metadata import Memory, recall
from bot.views.form.script_summary import Outlook
from runner.errors import InvalidValues, Refused
from runner.jobs import Requester
from runner.scripts import Script, defaults
from runner.scripts.parameters import Input, User

_MOST_LOOKED_UP = 20  # members found by their address for one form: each is a call


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in: raw values and uploaded files by parameter, and problems with what cannot be a value."""

    raw: Mapping[str, str | None]
    uploaded: Mapping[str, Sequence[SlackFile]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def together(self, script: Script, memory: Memory) -> dict[str, str | None]:
        """The raw values with uploaded files in them, as far as these count."""
        raw = dict(self.raw)
        for parameter in script.asked:
            if isinstance(parameter, Input) and (files := self.uploaded.get(parameter.name)):
                moment = memory.chosen_at(script, parameter)
                raw[parameter.name] = upload_fields.together(parameter, raw.get(parameter.name), moment, files)
        return raw


@dataclass(frozen=True, slots=True)
class Forms:
    """Draws and reads forms for one front."""

    front: Front

    def defaults(self, person: Requester, script: Script) -> dict[str, str]:
        """What this person's form of the script starts with."""
        return defaults.defaults(script, person, self.front.clock())

    def circumstances(
        self,
        did: Interaction,
        person: Requester,
        script: Script | None = None,
        *,
        initial: Mapping[str, str] | None = None,
    ) -> Circumstances:
        """What a form tells, as things are now."""
        service = self.front.service
        start = {} if script is None else self.defaults(person, script) if initial is None else initial
        return Circumstances(
            inbox=self.front.inbox(person),
            outlook=self._outlook(person, script),
            upload=service.upload(person),
            broken_count=0 if script else len(service.broken_scripts()),
            initial=start,
            people={} if script is None else self._people(did, person, script, start),
            presets=() if script is None else service.presets(person, script),
            given=self.given(did),
            uploads=self.front.uploads,
        )

    def _outlook(self, person: Requester, script: Script | None) -> Outlook:
        service, reader = self.front.service, self.front.reader(person)
        if script is None:
            return Outlook(reader=reader, waiting=service.queue_length())
        foreseen = service.foreseen(person, script)
        return Outlook(
            reader=reader,
            waiting=service.queue.jobs_before(person, script) if foreseen is None else foreseen.place - 1,
            expected=service.expected(script),
            forecast=foreseen,
            pause=service.queue.paused(),
        )

    def given(self, did: Interaction) -> Sequence[SlackFile]:
        """The files that the form was opened for."""
        found = recall(did.view).given if did.view.get("callback_id") == form.FORM else ()
        return [self.front.files.find(did.client, file_id) for file_id in found]

    def open(
        self,
        did: Interaction,
        person: Requester,
        script: Script,
        *,
        initial: Mapping[str, str],
        problems: Sequence[str] = (),
    ) -> None:
        """Show the script's form, filled in, with what could not be filled in above it."""
        circumstances = self.circumstances(did, person, script, initial=initial)
        did.show(form.filling(script, circumstances, notice=" ".join(problems) or None))

    def unfit(self, person: Requester, script: Script, values: Mapping[str, str]) -> dict[str, str]:
        """What is wrong with values that a form is to be filled in with, by parameter, as sentences."""
        try:
            self.front.service.checked(person, script, values)
        except InvalidValues as error:
            return {name: f"{name}: {problem.removesuffix('.')}." for name, problem in error.problems.items()}
        return {}

    def filled(self, did: Interaction, person: Requester, script: Script) -> Filled:
        """What stands in the form; UnreadableForm where the view is no form of the script."""
        raw = form_state.raw_values(did.view, script, self.front.inbox(person))
        problems: dict[str, str] = {}
        for parameter in script.asked:
            chosen = raw.get(parameter.name)
            if isinstance(parameter, User) and chosen:
                raw[parameter.name] = self._addresses(did, chosen, parameter.name, problems)
        uploaded = upload_fields.entered(did.view, script)
        self.front.files.remember(file for files in uploaded.values() for file in files)
        return Filled(raw=raw, uploaded=uploaded, problems=problems)

    def submission(self, did: Interaction, raw: Mapping[str, str | None]) -> str:
        """What tells this submission from others: the same form with the same values, once more, is the same job."""
        texts = [text for name, value in raw.items() for text in (name, value or "")]
        return f"view:{digest([did.view['id'], *texts])}"

    def _addresses(self, did: Interaction, chosen: str, name: str, problems: dict[str, str]) -> str:
        try:
            people = [self.front.identities.requester(did.client, user_id) for user_id in chosen.split("\n")]
        except Refused:
            problems[name] = "must be members of this workspace with an e-mail address: no bots, guests or others"
            return ""
        return "\n".join(person.email for person in people)

    def _people(
        self, did: Interaction, person: Requester, script: Script, initial: Mapping[str, str]
    ) -> dict[str, str]:
        wanted = {
            email
            for parameter in script.asked
            if isinstance(parameter, User) and parameter.name in initial
            for email in parameter.items(initial[parameter.name])
        }
        others = sorted(wanted - {person.email})[:_MOST_LOOKED_UP]
        return {person.email: person.user_id} | self.front.identities.user_ids(did.client, others)
