"""Which jobs a person wants to be listed, in words: ``failed word_count of @ada since monday``."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bot.slack.typed_text import MARK, plain_text, plain_word
from bot.views.form.normalized import normalized
from bot.views.jobs.list_filters import ENDED, EVERYBODY, GOING_ON, MINE, ListAsked, script_value
from runner.errors import ScriptRunnerError, UnknownScript
from runner.jobs import State
from runner.scripts import Script
from runner.scripts.parameters import Date
from runner.settings import parse_duration
from runner.system.text import nearest, quoted

_STATES = {
    **dict.fromkeys(("queued", "waiting", "waits"), State.QUEUED.value),
    **dict.fromkeys(("running", "runs", "active"), State.RUNNING.value),
    **dict.fromkeys(("succeeded", "successful", "done", "ok", "success"), State.SUCCEEDED.value),
    **dict.fromkeys(("failed", "failures", "failing", "failure"), State.FAILED.value),
    **dict.fromkeys(("cancelled", "canceled", "stopped"), State.CANCELLED.value),
    **dict.fromkeys(("timed_out", "timeout", "timed-out", "timedout"), State.TIMED_OUT.value),
    "lost": State.LOST.value,
    **dict.fromkeys(("ended", "finished", "over"), ENDED),
    **dict.fromkeys(("unfinished", "open", "pending"), GOING_ON),
}
_WHOSE = {
    **dict.fromkeys(("mine", "my", "me", "i"), MINE),
    **dict.fromkeys(("all", "everybody", "everyone", "everything", "everybody's", "anybody"), EVERYBODY),
}
_FILLING = frozenset(
    ("jobs", "/jobs", "job", "list", "ls", "show", "the", "only", "and", "please", "that", "with", "in", "")
)
_OF, _SINCE = frozenset(("of", "by", "from", "for")), frozenset(("since", "after", "from"))
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MEMBER = re.compile(r"@([UW][A-Z0-9]{1,30})")
_AMOUNT = re.compile(r"([0-9]{1,4}) ?(d|w|h|days?|weeks?|hours?)")
_TAKES = (
    "It takes mine, all or of @somebody, a state (queued, running, succeeded, failed, cancelled, timed_out, lost, "
    "ended), a script, and since with a day."
)
_DAY = Date(name="since", description="a day")
_MOST_WORDS = 40
FindScript = Callable[[Sequence[str]], tuple[Script, int, int]]


def read(text: str, *, find_script: FindScript, today: date) -> ListAsked:
    """What is asked for; ``find_script`` finds the one that the first words name which name any.

    ScriptRunnerError names the word that is not understood, with what is allowed and the nearest right one.
    """
    tokens = MARK.sub(_member, text).split()[:_MOST_WORDS]
    return _Reading(tokens=tokens, today=today).read(find_script)


@dataclass(slots=True)
class _Reading:
    """The words, taken one after the other; those that are left over name a script."""

    tokens: list[str]
    today: date
    asked: ListAsked = field(default_factory=ListAsked)

    def read(self, find_script: FindScript) -> ListAsked:
        rest: list[str] = []
        place = 0
        while place < len(self.tokens):
            taken = self._take(place)
            if not taken:
                rest.append(self.tokens[place])
            place += taken or 1
        if rest:
            self._take_script(rest, find_script)
        return self.asked

    def _take(self, place: int) -> int:
        """How many of the words from there on say something that is known."""
        token = plain_text(self.tokens[place])
        word = plain_word(token)
        if token.startswith("@"):
            self._take_person(token)
        elif word in _SINCE and (taken := self._take_since(place + 1, is_certain=word != "from")):
            return 1 + taken
        elif word == "timed" and plain_word(self._token(place + 1)) == "out":
            self.asked = replace(self.asked, state=State.TIMED_OUT.value)
            return 2
        elif word in _STATES:
            self.asked = replace(self.asked, state=_STATES[word])
        elif word in _WHOSE:
            self.asked = replace(self.asked, whose=_WHOSE[word])
        elif word not in _FILLING and word not in _OF:
            return 0
        return 1

    def _take_person(self, token: str) -> None:
        found = _MEMBER.fullmatch(token)
        if found is None:
            raise ScriptRunnerError(
                f"Slack did not say who {quoted(token)} is; the list's menu “Whose” knows everybody."
            )
        self.asked = replace(self.asked, whose=found[1])

    def _take_since(self, place: int, *, is_certain: bool) -> int:
        for count in (3, 2, 1):
            words = [plain_text(each) for each in self.tokens[place : place + count]]
            if len(words) == count and (day := day_of(" ".join(words), self.today)) is not None:
                self.asked = replace(self.asked, since=day)
                return count
        if is_certain:
            wrong = quoted(self._token(place)) if self._token(place) else "Nothing behind “since”"
            raise ScriptRunnerError(
                f"{wrong} is no day that /jobs knows; it takes today, yesterday, monday, 2026-11-01, 7d or 2 weeks."
            )
        return 0

    def _take_script(self, rest: list[str], find_script: FindScript) -> None:
        try:
            script, start, end = find_script(rest)
        except UnknownScript as error:
            raise ScriptRunnerError(_not_known(rest[0], error.nearest)) from error
        if left := [*rest[:start], *rest[end:]]:
            raise ScriptRunnerError(_not_known(left[0], ()))
        self.asked = replace(self.asked, script=script_value(script.name))

    def _token(self, place: int) -> str:
        return self.tokens[place] if place < len(self.tokens) else ""


def day_of(words: str, today: date) -> date | None:
    """The day that words mean, seen from today: a weekday is the latest of that name. None where they mean none."""
    word = plain_word(words).removeprefix("last ").removeprefix("the ")
    if word in ("today", "yesterday"):
        return today - timedelta(days=word == "yesterday")
    if word in ("week", "this week"):
        return today - timedelta(days=7 if word == "week" else today.weekday())
    for number, name in enumerate(_WEEKDAYS):
        if word in (name, name[:3]):
            return today - timedelta(days=(today.weekday() - number) % 7)
    if found := _AMOUNT.fullmatch(word.removesuffix(" ago")):
        with suppress(ValueError, OverflowError):
            return today - parse_duration(f"{found[1]}{found[2][0]}")
    with suppress(ValueError):
        return date.fromisoformat(normalized(_DAY, words))
    return None


def _member(found: re.Match[str]) -> str:
    """A mention as one word: its label may hold several."""
    return f" {found['target']} " if _MEMBER.fullmatch(found["target"]) else found.group()


def _not_known(word: str, near_scripts: Sequence[str]) -> str:
    known = [*_STATES, *_WHOSE, "queue", "help", "pause", "resume", "cancel", "hold", "release", "since"]
    near = nearest(plain_word(word), known) or list(near_scripts[:1])
    hint = f" Did you mean {quoted(f'/jobs {near[0]}')}?" if near else ""
    return f"That is not a job's number, and /jobs does not know {quoted(word)}.{hint} {_TAKES}"
