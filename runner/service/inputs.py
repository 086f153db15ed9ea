"""The files that people bring and choose as inputs."""

from collections.abc import Callable, Mapping, Sequence

from runner.errors import InvalidValue, ScriptRunnerError
from runner.files import OWN, Arrival, Inbox, InboxFile, InboxListing, InboxUse, file_name
from runner.jobs import Requester
from runner.retrieval import UploadInstructions
from runner.scripts import Script
from runner.scripts.parameters import Input
from runner.system.text import quoted, size


class InputService:
    """What a front end may ask about the inbox; ``instructions`` tells how files come there by ``scp``."""

    def __init__(
        self, *, inbox: Inbox, instructions: Callable[[Requester], UploadInstructions], max_upload_bytes: int
    ) -> None:
        self._inbox = inbox
        self._instructions = instructions
        self._max_upload_bytes = max_upload_bytes

    def files(self, person: Requester, words: str = "") -> InboxListing:
        """The files with these words in their names that this person can choose as inputs, newest first."""
        return self._inbox.files(person, words)

    def find(self, person: Requester, is_meant: Callable[[str], bool]) -> InboxFile | None:
        """A file that this person can choose, by a mark of how it is referred to."""
        return self._inbox.find(person, is_meant)

    def instructions(self, person: Requester) -> UploadInstructions:
        """How this person brings files into the inbox."""
        self._inbox.own_folder(person)
        return self._instructions(person)

    def use(self, person: Requester) -> InboxUse | None:
        """What this person's own inbox folder holds of what it may; None where that cannot be seen."""
        return self._inbox.use(person)

    def bring(self, person: Requester, name: str, size_bytes: int) -> Arrival:
        """Begin to bring a file of so many bytes into this person's inbox; InvalidValue where it is too large."""
        _check_size(name, size_bytes, at_most=self._max_upload_bytes)
        return self._inbox.bring(person, name, size_bytes)

    def expected_reference(self, name: str) -> str:
        """How a file that is going to be brought is referred to, as long as its name is free."""
        return OWN + file_name(name)

    def problems(
        self, person: Requester, script: Script, values: Mapping[str, str], arriving: Mapping[str, int]
    ) -> dict[str, str]:
        """What is wrong with the files among the values, by parameter.

        Files that are still ``arriving`` are not looked for; their sizes in bytes are given by reference.
        """
        problems = {}
        for parameter, reference in _chosen(script, values):
            try:
                self._check(person, parameter, reference, arriving)
            except ScriptRunnerError as error:
                problems[parameter.name] = str(error)
        return self._lacking_room(person, script, values, arriving) | problems

    def _lacking_room(
        self, person: Requester, script: Script, values: Mapping[str, str], arriving: Mapping[str, int]
    ) -> dict[str, str]:
        """That those files that arrive have no room, told of the first of them."""
        try:
            self._inbox.check_room(person, arriving.values())
        except ScriptRunnerError as error:
            first = next(parameter for parameter, reference in _chosen(script, values) if reference in arriving)
            return {first.name: str(error)}
        return {}

    def _check(self, person: Requester, parameter: Input, reference: str, arriving: Mapping[str, int]) -> None:
        name = reference.removeprefix(OWN)
        if reference in arriving:
            size_bytes = arriving[reference]
            _check_size(name, size_bytes, at_most=self._max_upload_bytes)
        else:
            size_bytes = self._inbox.file(person, reference).size_bytes
        if parameter.max_size is not None:
            _check_size(name, size_bytes, at_most=parameter.max_size)


def references(script: Script, values: Mapping[str, str]) -> Sequence[str]:
    """How the files among the values are referred to."""
    return [reference for _, reference in _chosen(script, values)]


def _check_size(name: str, size_bytes: int, *, at_most: int) -> None:
    if size_bytes > at_most:
        raise InvalidValue(f"must be a file of at most {size(at_most)}; {quoted(name)} has {size(size_bytes)}")


def _chosen(script: Script, values: Mapping[str, str]) -> list[tuple[Input, str]]:
    """The inbox files among the values, each with its parameter."""
    inputs = [each for each in script.parameters if isinstance(each, Input) and each.name in values]
    return [(parameter, item) for parameter in inputs for item in parameter.items(values[parameter.name])]
