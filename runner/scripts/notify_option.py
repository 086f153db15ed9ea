"""What the option ``notify`` of a script may hold: whom it has told how its jobs end."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from runner.jobs import NotifyRule, State
from runner.system.text import nearest, quoted

MAX_RULES = 10
_OWNER = "owner"
_NAME = re.compile(r"#?(?=[^#]*[\w])[\w-]{1,80}")  # docs of conversations.create: 80 characters, - and _ among them
_ID = re.compile(r"[CG][A-Z0-9]{8,30}")
_PERSON = re.compile(r"[UW][A-Z0-9]{8,30}")
_ADDRESS = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")
_IN_BRACKETS = re.compile(rf".*<({_ADDRESS.pattern})>")
_SHAPE = "must be owner, or {channel: '#assembly', on: [failed]}, or a list of these"
_ENDS: Mapping[str, frozenset[State]] = {
    "succeeded": frozenset({State.SUCCEEDED}),
    "failed": frozenset({State.FAILED, State.TIMED_OUT, State.LOST}),
    "cancelled": frozenset({State.CANCELLED}),
    "timed_out": frozenset({State.TIMED_OUT}),
    "lost": frozenset({State.LOST}),
}
"""The words of ``on``; what failed has no end that anybody wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Whom a script has told at which ends: a channel by its name with a # or its id; None is the script's owner."""

    channel: str | None
    on: frozenset[State]


def rule(notify: Notify, owner: str | None) -> NotifyRule | None:
    """Whom that means, as the script says it now; None for an owner who cannot be told anything."""
    if notify.channel is not None:
        return NotifyRule(to=notify.channel, is_conversation=True, on=notify.on)
    address = owner_address(owner)
    return None if address is None else NotifyRule(to=address, on=notify.on)


def owner_address(owner: str | None) -> str | None:
    """The e-mail address, or the id in Slack, in what an option says of the owner; None where there is none."""
    words = (owner or "").strip()
    if _ADDRESS.fullmatch(words) or _PERSON.fullmatch(words):
        return words
    found = _IN_BRACKETS.fullmatch(words)
    return found[1] if found else None


def in_vain(rules: Collection[Notify], owner: str | None) -> str | None:
    """What is wrong with the rules beside the owner that the script names, if anything."""
    if all(each.channel is not None for each in rules) or owner_address(owner) is not None:
        return None
    if owner is None:
        return "has the owner told, and there is no option owner"
    return f"has the owner told, and {quoted(owner)} has neither an e-mail address nor an id in Slack"


def _rules(written: object) -> tuple[Notify, ...]:
    listed = list(written) if isinstance(written, list | tuple) else [written]
    if not 1 <= len(listed) <= MAX_RULES:
        raise ValueError(f"{_SHAPE}, of {MAX_RULES} at most")
    return tuple(_rule(each) for each in listed)


def _rule(written: object) -> Notify:
    if written == _OWNER:
        return Notify(channel=None, on=_on(None))
    match written:
        case {"channel": channel, **rest} if rest.keys() <= {"on"}:
            return Notify(channel=_channel(channel), on=_on(rest.get("on")))
        case {"owner": "true" | True, **rest} if rest.keys() <= {"on"}:
            return Notify(channel=None, on=_on(rest.get("on")))
        case _:
            raise ValueError(_SHAPE)


def _channel(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if _ID.fullmatch(text):
        return text
    if not _NAME.fullmatch(text) or text != text.lower():
        raise ValueError(f"{_SHAPE}: a channel's name has small letters, digits, - and _, in quotes with its #")
    return text if text.startswith("#") else f"#{text}"


def _on(written: object) -> frozenset[State]:
    if written is None:
        return frozenset().union(*_ENDS.values())
    words = list(written) if isinstance(written, list | tuple) else [written]
    if not words:
        raise ValueError(f"{_SHAPE}: on lists ends of jobs")
    return frozenset().union(*(_end(word) for word in words))


def _end(word: object) -> Collection[State]:
    if not isinstance(word, str) or word not in _ENDS:
        near = nearest(str(word), _ENDS)
        hint = f"; did you mean {quoted(near[0])}?" if near else ""
        raise ValueError(f"{_SHAPE}: on knows no {quoted(str(word))}, only {', '.join(_ENDS)}{hint}")
    return _ENDS[word]


def described(notify: Notify) -> Iterator[str]:
    """Whom it means and when, in words: ``#assembly when it failed``."""
    yield "its owner" if notify.channel is None else notify.channel
    if notify.on != _on(None):
        told = [word for word in _ENDS if _ENDS[word] <= notify.on]
        told = [word for word in told if not any(_ENDS[word] < _ENDS[other] for other in told)]
        yield f"when it {' or '.join(word.replace('_', ' ') for word in told)}"


NotifyRules = Annotated[tuple[Notify, ...], BeforeValidator(_rules)]
