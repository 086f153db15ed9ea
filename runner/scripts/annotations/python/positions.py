"""How argparse and its like fill positions from the left, and what of it a form can be sure of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from runner.scripts.annotations.python.arguments import MANY, Argument, Note, Unfit


@dataclass(slots=True)
class Positions:
    """The positions that a form can fill, with options that keep each value in its own place."""

    kept: list[Argument] = field(default_factory=list)
    options: dict[str, dict[str, object]] = field(default_factory=dict)
    left_out: list[Unfit] = field(default_factory=list)


def placed(arguments: Sequence[Argument]) -> Positions:
    """The positions in their order.

    What may be left out takes what stands next, so that each needs those before it; what takes any number takes all
    but what those behind it cannot do without.
    """
    found = Positions()
    before: str | None = None
    open_ended: str | None = None
    for index, each in enumerate(arguments):
        if open_ended and each.number in ("?", "*"):
            reason = f"never gets a value: “{open_ended}” before it takes all there are"
            found.left_out.append(Unfit(line=each.line, written=each.written, reason=reason))
            continue
        one = each
        options: dict[str, object] = {}
        if each.number == "+" and open_ended:
            note = Note("nargs='+'", f"gets one value: “{open_ended}” before it takes the others")
            one = replace(each, number=1, notes=(*each.notes, note))
        elif each.number == "?" and any(later.number == "+" for later in arguments[index:]):
            one = replace(each, number=1, is_required=True)
        elif each.number in ("?", "*"):
            options = {"needs": [before]} if before else {}
            options |= {"omit": True} if each.number == "?" else {}
            before = each.name if each.number == "?" else before
        open_ended = each.name if each.number in MANY else open_ended
        found.kept.append(one)
        found.options[one.name] = options
    return found


def ordered(arguments: Sequence[Argument], *, goes_on: bool) -> tuple[list[Argument], Mapping[str, str]]:
    """The arguments as the form has them, and the headings by the names of those that stand first below them.

    Those without a heading come first, as in a usage message, unless a position would lose its place; where a word goes
    on behind, flags come before positions.
    """
    if goes_on:
        arguments = sorted(arguments, key=lambda each: each.flag is None)
    headings = list(dict.fromkeys(each.section for each in arguments if each.section))
    grouped = sorted(arguments, key=lambda each: headings.index(each.section) + 1 if each.section else 0)
    if [each.name for each in grouped if not each.flag] != [each.name for each in arguments if not each.flag]:
        return list(arguments), {}
    first: dict[str, str] = {}
    for each in grouped:
        if each.section and each.section not in first.values():
            first[each.name] = each.section
    return grouped, first
