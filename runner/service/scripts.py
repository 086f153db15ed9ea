"""Scripts as the person who asks may see them: which there are, what they offer to choose, and their presets."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future

from runner.jobs import Preset, Requester
from runner.scripts import BrokenScript, Catalogue, ChoiceLists, ListedChoice, Script
from runner.scripts.parameters import Choice, Suggesting
from runner.service.permissions import Permissions
from runner.store import PresetStore


class ScriptService:
    """What a front end may ask about scripts, each time for the person who asks.

    A script that is not for them is not there: UnknownScript, and in no list.
    """

    def __init__(
        self,
        *,
        permissions: Permissions,
        catalogue: Catalogue,
        choice_lists: ChoiceLists,
        presets: PresetStore,
    ) -> None:
        self._permissions = permissions
        self._catalogue = catalogue
        self._choice_lists = choice_lists
        self._presets = presets

    @property
    def types(self) -> Collection[str]:
        """The names of the types of parameters there are."""
        return self._catalogue.types

    def read_all(self) -> int:
        """Read the whole folder, so that nobody's form has to wait for it; how many scripts can be run.

        ScriptRunnerError where it cannot be read, or takes long.
        """
        return len(self._catalogue.scripts())

    def listed(self, person: Requester, words: str = "", *, first: Sequence[str] = ()) -> tuple[Script, ...]:
        """The scripts that are listed: all that can be run, or those in which all words occur; hidden ones are not.

        Of those that hold the words alike, the names that come ``first`` do.
        """
        found = self._catalogue.search(words, first=first) if words.strip() else self._catalogue.scripts()
        may_see = self._permissions.may_see_script
        return tuple(script for script in found if not script.hidden and may_see(person, script.name))

    def check(self, person: Requester, script: Script) -> None:
        """UnknownScript where a script that was found is not there for this person."""
        self._permissions.check_script(person, script)

    def find(self, person: Requester, name: str, *, exactly: bool = False) -> Script:
        """The script that a person means by a name, or by a part of it; UnknownScript with the nearest names."""
        return self._catalogue.script(
            name, exactly=exactly, among=lambda each: self._permissions.may_see_script(person, each)
        )

    def find_in(self, person: Requester, words: Sequence[str | None]) -> tuple[Script, int, int]:
        """The script that the first words to name one name, and from where to where they stand; UnknownScript for none.

        None stands for what is no part of a name.
        """
        return self._catalogue.script_in(words, among=lambda each: self._permissions.may_see_script(person, each))

    def broken(self, person: Requester) -> Sequence[BrokenScript]:
        """Those that cannot be run, with what is wrong."""
        return [each for each in self._catalogue.broken() if self._permissions.may_see_script(person, each.name)]

    def choices(
        self, person: Requester, script: Script, parameter: Choice | Suggesting, raw: Mapping[str, str | None]
    ) -> Sequence[ListedChoice]:
        """All that can be chosen for a parameter beside the other values; ChoicesUnavailable where that fails."""
        self._permissions.check_script(person, script)
        return self._choice_lists.listed(script, parameter, raw)

    def examined(
        self, person: Requester, script: Script, raw: Mapping[str, str | None]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The values that are good in themselves, and problems by parameter, those with listed choices among them."""
        self._permissions.check_script(person, script)
        values, problems = script.examined(raw)
        return values, self._choice_lists.check(script, values) | problems

    def digest(self, script: Script) -> Future[str]:
        """The SHA-256 of the script's file, once it is computed; UnknownScript where the file is gone again."""
        return self._catalogue.digest(script.name)

    def presets(self, person: Requester, script: Script) -> Sequence[Preset]:
        """What this person's form of the script can be filled in with: the last values first."""
        self._permissions.check_script(person, script)
        return self._presets.of(person.user_id, script.name)

    def forget_preset(self, person: Requester, script: Script, name: str) -> None:
        """Forget values kept under a name; one that is gone already is no mistake."""
        self._permissions.check_script(person, script)
        self._presets.remove(person.user_id, script.name, name)
