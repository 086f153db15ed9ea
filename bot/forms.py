"""What the features with forms share: drawing a script's form for a person, and reading what was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.front import Front
from bot.interaction import Interaction, digest
from bot.views import form
from bot.views.form import Circumstances
from bot.views.memory import Memory
from runner import openings
from runner.errors import Refused
from runner.jobs import Requester
from runner.parameters import User
from runner.scripts import Script

_MOST_LOOKED_UP = 20  # members found by their address for one form: each is a call


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in: raw values by parameter, and problems with what could not be made a value."""

    raw: Mapping[str, str | None]
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forms:
    """Draws and reads forms for one front."""

    front: Front

    def defaults(self, person: Requester, script: Script) -> dict[str, str]:
        """What this person's form of the script starts with."""
        return openings.defaults(script, person, self.front.clock())

    def circumstances(
        self,
        did: Interaction,
        person: Requester,
        script: Script | None = None,
        *,
        initial: Mapping[str, str] | None = None,
        failures: Mapping[str, str] | None = None,
    ) -> Circumstances:
        """What a form tells, as things are now."""
        service = self.front.service
        start = {} if script is None else self.defaults(person, script) if initial is None else initial
        return Circumstances(
            inbox=self.front.inbox(person),
            waiting=service.queue_length(),
            upload=service.upload(person),
            broken_count=0 if script else len(service.broken_scripts()),
            initial=start,
            people={} if script is None else self._people(did, person, script, start),
            presets=() if script is None else service.presets(person, script),
            expected=None if script is None else service.expected(script),
            failures=failures or {},
        )

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

    def filled(self, did: Interaction, person: Requester, script: Script) -> Filled:
        """What stands in the form; UnreadableForm where the view is no form of the script."""
        raw = form.raw_values(did.view, script, self.front.inbox(person))
        problems: dict[str, str] = {}
        for parameter in script.asked:
            chosen = raw.get(parameter.name)
            if isinstance(parameter, User) and chosen:
                raw[parameter.name] = self._addresses(did, chosen, parameter.name, problems)
        return Filled(raw=raw, problems=problems)

    def typed(self, did: Interaction, person: Requester, script: Script) -> dict[str, str]:
        """What a redrawn form of the same script starts with."""
        raw = self.filled(did, person, script).raw
        return form.kept(did.view, script, raw, self.defaults(person, script))

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


def remembering(script: Script, filled: int, preset: str = "") -> Memory:
    """The memory of a form of the script that was filled in so many times."""
    return Memory(script=script.name, filled=filled, preset=preset)
