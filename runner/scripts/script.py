"""What a script is: its parameters and options, and the check of a whole set of values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from runner.errors import InvalidValue, InvalidValues
from runner.jobs import JobOptions, Retries
from runner.scripts.notify_option import Notify, NotifyRules, described, rule
from runner.scripts.parameters import EMAIL, AnyParameter, Boolean, Output, Text, is_asked
from runner.scripts.parameters.options import (
    Cpus,
    Description,
    Duration,
    Examples,
    Owner,
    Question,
    Size,
    Truth,
    WebAddress,
)
from runner.scripts.queue_options import Concurrency, Priority, RetryRule
from runner.scripts.result_options import Shared, Shown
from runner.system.text import check_line, clipped, quoted, readable, visible

_MOST_OF_A_LINE = 60
MAX_TITLE = 75  # characters: Slack's limit on the text of an option in a menu
_Title = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_TITLE))]


class ScriptOptions(BaseModel):
    """What an annotation may say about the script itself; the fields are the options."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: _Title | None = None
    description: Description = ""
    group: _Title | None = None
    hidden: Truth = False
    confirm: Question = ""
    examples: Examples = {}  # pydantic copies it
    owner: Owner | None = None
    docs: WebAddress | None = None
    timeout: Duration | None = None
    grace: Duration | None = None
    more_time: Duration | None = None
    cpus: Cpus | None = None
    memory: Size | None = None
    priority: Priority = 0
    concurrency: Concurrency | None = None
    retries: RetryRule | None = None
    live_log: Truth = False
    terminal: Truth = False
    notify: NotifyRules = ()
    share: Shared | None = None
    show: Shown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An executable file with its parsed annotations, or one subcommand of such a file.

    ``name`` is the path below the scripts folder, with the words of the ``command`` behind it where there is one, and
    ``group`` the folder there ("" at the top) or what the annotations say. ``timeout`` and ``grace`` are None where the
    script leaves them to the executor. ``confirm`` is the question to be asked before it runs, if any; ``examples`` are
    values by name; ``memory`` is in bytes. ``more_time`` is how much may be added to the time limit of a job in all,
    ``concurrency`` how many jobs of the script may run at once, ``live_log`` whether a job's message shows the last
    lines of its log while it runs, ``terminal`` whether it prints to one, ``notify`` who is told how its jobs end
    beside their requesters. ``share`` are patterns of the results that are sent, None where that is left to the
    settings, ``show`` what the message of the end shows. ``environment`` are variables of every job, ``unused`` what
    its lines say that has no effect here, fit to be shown.
    """

    name: str
    group: str
    path: Path
    title: str
    command: tuple[str, ...] = ()
    description: str = ""
    hidden: bool = False
    confirm: str = ""
    examples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    owner: str | None = None
    docs: str | None = None
    timeout: timedelta | None = None
    grace: timedelta | None = None
    more_time: timedelta | None = None
    cpus: int | None = None
    memory: int | None = None
    priority: int = 0
    concurrency: int | None = None
    retries: Retries | None = None
    live_log: bool = False
    terminal: bool = False
    notify: tuple[Notify, ...] = ()
    share: tuple[str, ...] | None = None
    show: str | None = None
    parameters: tuple[AnyParameter, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[AnyParameter, ...]:
        """The parameters whose values people give: all but secrets and constants."""
        return tuple(parameter for parameter in self.parameters if is_asked(parameter))

    def job_options(self, *, time_limit: timedelta) -> JobOptions:
        """What holds for a job that is requested now; ``time_limit`` is that of scripts that say none."""
        return JobOptions(
            priority=self.priority,
            concurrency=self.concurrency,
            cpus=self.cpus or 1,
            memory_bytes=self.memory,
            time_limit=self.timeout or time_limit,
            grantable=self.more_time or timedelta(),
            retries=self.retries,
            live_log=self.live_log,
            notify=tuple(filter(None, (rule(each, self.owner) for each in self.notify))),
            share=self.share,
            show=self.show,
        )

    @property
    def whom_it_tells(self) -> list[str]:
        """Who besides their requester is told how its jobs end, in words: ``#assembly when it failed``."""
        return [" ".join(described(each)) for each in self.notify]

    def without_effect(self, *, most: int) -> str:
        """What its lines say that has no effect here, for people, so many at most by name; empty where all has."""
        told = [clipped(each, _MOST_OF_A_LINE) for each in self.unused[:most]]
        more = len(self.unused) - len(told)
        return ", ".join(told) + (f" and {more:,} more" if more else "")

    @property
    def secrets(self) -> dict[str, str]:
        """The names of the server's secrets, by the parameters that take them."""
        return {each.name: each.secret for each in self.parameters if isinstance(each, Text) and each.secret}

    @property
    def constants(self) -> dict[str, str]:
        """The values that are always the same, by parameter; EMAIL stands for that of whoever asks for a job."""
        return {each.name: each.constant for each in self.parameters if isinstance(each, Text) and each.constant}

    def for_requester(self, email: str) -> "Script":
        """The script with the constants worked out that stand for whoever asks for a job."""
        if EMAIL not in self.constants.values():
            return self
        return replace(self, parameters=tuple(_worked_out(each, email) for each in self.parameters))

    def used(self, raw: Mapping[str, str | None]) -> tuple[AnyParameter, ...]:
        """The parameters that the script is given beside these values: those whose conditions are met."""
        met = _Conditions(self.parameters, raw)
        return tuple(parameter for parameter in self.parameters if met.hold_for(parameter))

    def shown(self, raw: Mapping[str, str | None]) -> tuple[AnyParameter, ...]:
        """The parameters that are asked for beside these values."""
        return tuple(parameter for parameter in self.used(raw) if is_asked(parameter))

    def parse(self, raw: Mapping[str, str | None]) -> dict[str, str]:
        """The checked values in the order of the parameters; InvalidValues with all that is wrong."""
        values, problems = self.examined(raw)
        if problems:
            raise InvalidValues(problems)
        return values

    def examined(self, raw: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
        """The values that are good in themselves, in the order of the parameters, and problems by parameter.

        An optional parameter left empty is absent, and so is one whose conditions are not met, whatever was given. A
        boolean is never missing: nothing ticked is ``false``.
        """
        problems = {visible(name): problem for name, problem in self._strangers(raw)}
        values: dict[str, str] = {}
        for parameter in self.shown(raw):
            try:
                value = _parsed(parameter, raw.get(parameter.name))
            except InvalidValue as error:
                problems[parameter.name] = str(error)
            else:
                if value is not None:
                    values[parameter.name] = value
        return values, problems | self._outputs_of_one_name(values) | dict(self._unfit_together(raw, values, problems))

    def _strangers(self, raw: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
        declared = {parameter.name for parameter in self.parameters}
        for name in raw:
            if name not in declared:
                yield name, "is not a parameter of this script"
            elif name in self.secrets:
                yield name, "comes from the server's secrets; nobody gives it"
            elif name in self.constants:
                yield name, f"is always {quoted(self.constants[name])}; nobody gives it"

    def _unfit_together(
        self, raw: Mapping[str, str | None], values: Mapping[str, str], problems: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        labels = {parameter.name: quoted(parameter.label) for parameter in self.parameters}
        given = {each.name for each in self.parameters if each.is_given(values.get(each.name))}
        for parameter in self.shown(raw):
            if parameter.name not in given:
                if message := _lacking(parameter, given | problems.keys(), labels):
                    yield parameter.name, message
                continue
            lacking = [labels[name] for name in parameter.needs if name not in given and name not in problems]
            beside = [labels[name] for name in parameter.conflicts if name in given]
            if lacking:
                yield parameter.name, f"needs {' and '.join(lacking)} too"
            elif beside:
                yield parameter.name, f"does not go with {' and '.join(beside)}: leave one of them empty"

    def _outputs_of_one_name(self, values: Mapping[str, str]) -> dict[str, str]:
        taken: set[str] = set()
        problems: dict[str, str] = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if isinstance(parameter, Output) and value is not None:
                if value in taken:
                    problems[parameter.name] = f"must differ from the other outputs: {quoted(value)} is taken"
                taken.add(value)
        return problems


def _lacking(parameter: AnyParameter, given: Collection[str], labels: Mapping[str, str]) -> str | None:
    """What is wrong where a parameter is not given, nor any of those that may stand in its place."""
    if not parameter.unless or any(name in given for name in parameter.unless):
        return None
    return f"must be filled in, or {' or '.join(labels[name] for name in parameter.unless)}"


def script(
    *,
    name: str,
    path: Path,
    options: ScriptOptions,
    parameters: tuple[AnyParameter, ...],
    command: tuple[str, ...] = (),
) -> Script:
    """A script as its file, whose name that is, and its annotations describe it."""
    folder, _, file_name = name.rpartition("/")
    given = dict(options)
    given["group"] = options.group or folder
    given["title"] = _titled(options.title or default_title(file_name), command)
    return Script(name=full_name(name, command), path=path, command=command, parameters=parameters, **given)


def full_name(file_name: str, command: tuple[str, ...]) -> str:
    """The name of a script: that of its file, and behind it the words of its subcommand, if it is one."""
    return " ".join([file_name, *command])


def default_title(file_name: str) -> str:
    """The title of a script that gives none: its file's name without extension, made readable."""
    return _fitting(readable(Path(file_name).stem))


def _titled(title: str, command: tuple[str, ...]) -> str:
    return _fitting(f"{title}: {' '.join(command)}") if command else title


def _fitting(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…"


def _worked_out(parameter: AnyParameter, email: str) -> AnyParameter:
    if isinstance(parameter, Text) and parameter.constant == EMAIL:
        return parameter.model_copy(update={"constant": email})
    return parameter


class _Conditions:
    """Which parameters' conditions are met; annotations with conditions in a circle are refused when they are read."""

    def __init__(self, parameters: tuple[AnyParameter, ...], raw: Mapping[str, str | None]) -> None:
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._raw = raw
        self._known: dict[str, bool] = {}

    def hold_for(self, parameter: AnyParameter) -> bool:
        if parameter.name not in self._known:
            self._known[parameter.name] = all(
                self._is_any(self._parameters[other], wanted) for other, wanted in parameter.when.items()
            )
        return self._known[parameter.name]

    def _is_any(self, other: AnyParameter, wanted: tuple[str, ...]) -> bool:
        if not self.hold_for(other):
            return False
        try:
            value = _parsed(other, self._raw.get(other.name))
        except InvalidValue:
            return False
        return value is not None and other.is_any(value, wanted)


def _parsed(parameter: AnyParameter, raw: str | None) -> str | None:
    if raw:
        return parameter.parse(raw)
    if isinstance(parameter, Boolean):
        return "false"
    if parameter.required:
        raise InvalidValue("is required")
    return None
