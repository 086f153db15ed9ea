"""What a list of jobs was asked for, as its menus show it and its buttons keep it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from slack_sdk.models.blocks import (
    ExternalDataSelectElement,
    InteractiveElement,
    Option,
    OptionGroup,
    StaticSelectElement,
    UserSelectElement,
)

from bot.views.form.elements import option_value
from runner.errors import ScriptRunnerError
from runner.jobs import STATE_SIGNS, STATE_WORDS, UNFINISHED, JobFilter, State
from runner.messages.blocks import plain
from runner.messages.reader import Reader
from runner.messages.texts import short
from runner.service import PAGE_SIZE

PERSON, STATE, SCRIPT, SINCE = MENUS = ("jobs.list.person", "jobs.list.state", "jobs.list.script", "jobs.list.since")
MINE, EVERYBODY = "mine", "all"
LARGE = 25
ANY = "any"
ENDED, GOING_ON = "ended", "unfinished"
_SETS = {ENDED: frozenset(State) - UNFINISHED, GOING_ON: UNFINISHED}
_BLOCK = "jobs.list "
_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_PLACE = re.compile(r"(?:[<>][1-9][0-9]{0,17})?")
_DAYS = {"Today": 0, "Since yesterday": 1, "Last 7 days": 7, "Last 30 days": 30}
_OPTION = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAsked:
    """Whose jobs: MINE, EVERYBODY's or those of a user id; in which state or states, of which script, since when.

    ``place`` is ``<12`` for those before job 12, ``>12`` for the next ones after it. The script is written as in an
    option's value.
    """

    whose: str = MINE
    state: str = ""
    script: str = ""
    since: date | None = None
    place: str = ""
    size: int = PAGE_SIZE

    def written(self) -> str:
        """As the value of a button, and within the id of a block (255 characters)."""
        since = "" if self.since is None else self.since.isoformat()
        return "|".join([self.whose, self.place, self.state, since, str(self.size), self.script])

    @property
    def is_mine(self) -> bool:
        """Whether it is about the reader's own jobs."""
        return self.whose == MINE

    @property
    def before(self) -> int | None:
        """Below which number the jobs are to be."""
        return int(self.place[1:]) if self.place.startswith("<") else None

    @property
    def after(self) -> int | None:
        """Above which number."""
        return int(self.place[1:]) if self.place.startswith(">") else None

    def filter(self, zone: tzinfo, script: str | None) -> JobFilter:
        """As the service takes it, for a reader in that zone; the script by its name."""
        user_id = self.whose if _USER_ID.fullmatch(self.whose) else None
        since = None if self.since is None else datetime.combine(self.since, time(), tzinfo=zone)
        states = _states(self.state)
        return JobFilter(user_id=user_id, script=script, states=states, since=since)

    def words(self) -> list[str]:
        """The filters besides whose jobs they are, for people."""
        state = {ENDED: "ended", GOING_ON: "not ended"}.get(self.state) or (
            STATE_WORDS[State(self.state)] if self.state else ""
        )
        since = "" if self.since is None else f"since {self.since.isoformat()}"
        return [each for each in (state, short(self.script, 100), since) if each]


def read(value: str) -> ListAsked:
    """What a button or a block's id says; ScriptRunnerError where it is none of ours."""
    whose, *rest = value.removeprefix(_BLOCK).split("|", 5)
    if len(rest) != 5:
        older = re.fullmatch(r"(mine|all) [0-9]{1,31}", value)
        if older:
            return ListAsked(whose=older[1])
        raise _unknown()
    place, state, since, size, script = rest
    try:
        day = date.fromisoformat(since) if since else None
    except ValueError as error:
        raise _unknown() from error
    is_whose = whose in (MINE, EVERYBODY) or _USER_ID.fullmatch(whose)
    is_state = not state or state in _SETS or state in list(State)
    if not (is_whose and is_state and _PLACE.fullmatch(place) and size in (str(PAGE_SIZE), str(LARGE))):
        raise _unknown()
    return ListAsked(whose=whose, state=state, script=script, since=day, place=place, size=int(size))


def changed(asked: ListAsked, menu: str, chosen: str) -> ListAsked:
    """What is asked for once that was chosen in a menu: from the newest on. ScriptRunnerError as ``read``."""
    anew = replace(asked, place="")
    value = "" if chosen == ANY else chosen
    match menu:
        case "jobs.list.person":
            anew = replace(anew, whose=value or MINE)
        case "jobs.list.state":
            anew = replace(anew, state=value)
        case "jobs.list.script":
            anew = replace(anew, script=value)
        case _:
            try:
                anew = replace(anew, since=date.fromisoformat(value) if value else None)
            except ValueError as error:
                raise _unknown() from error
    return read(anew.written())


def block_id(asked: ListAsked) -> str:
    """The id of the block with the menus, which keeps what is shown: a message that vanishes comes back without it."""
    return f"{_BLOCK}{asked.written()}"


def menus(asked: ListAsked, reader: Reader) -> Iterator[InteractiveElement]:
    """What the list can be narrowed to."""
    person = asked.whose if _USER_ID.fullmatch(asked.whose) else None
    yield UserSelectElement(action_id=PERSON, placeholder=plain("Whose"), initial_user=person)
    states = [
        _option("Any state", ANY),
        *(_option(f"{STATE_SIGNS[state]} {STATE_WORDS[state].capitalize()}", state.value) for state in State),
        _option("Not ended", GOING_ON),
        _option("Ended", ENDED),
    ]
    yield StaticSelectElement(
        action_id=STATE, placeholder=plain("State"), options=states, initial_option=_chosen(states, asked.state)
    )
    yield ExternalDataSelectElement(
        action_id=SCRIPT,
        placeholder=plain("Script"),
        min_query_length=0,
        initial_option=_option(short(asked.script, _OPTION), asked.script) if asked.script else None,
    )
    days = list(_days(asked, reader.now.astimezone(reader.zone).date()))
    since = "" if asked.since is None else asked.since.isoformat()
    yield StaticSelectElement(
        action_id=SINCE, placeholder=plain("Since"), options=days, initial_option=_chosen(days, since)
    )


def scripts(found: Sequence[OptionGroup], words: str) -> list[OptionGroup]:
    """The scripts to choose from, and all of them together where nothing is looked for."""
    every = OptionGroup(label=plain("All"), options=[_option("All scripts", ANY)])
    return list(found) if words.strip() else [every, *found][:100]


def script_value(name: str) -> str:
    """A script's name as it is kept here."""
    return option_value(name)


def _states(state: str) -> frozenset[State] | None:
    return _SETS.get(state) or (frozenset({State(state)}) if state else None)


def _days(asked: ListAsked, today: date) -> Iterator[Option]:
    yield _option("Any time", ANY)
    known = {today - timedelta(days=days): words for words, days in _DAYS.items()}
    if asked.since is not None and asked.since not in known:
        yield _option(f"Since {asked.since.isoformat()}", asked.since.isoformat())
    yield from (_option(words, day.isoformat()) for day, words in known.items())


def _chosen(options: Sequence[Option], value: str) -> Option | None:
    return next((each for each in options if each.value == value), None)


def _option(words: str, value: str) -> Option:
    return Option(text=plain(words), value=value)


def _unknown() -> ScriptRunnerError:
    return ScriptRunnerError("That does not say which jobs to list; /jobs lists them.")
