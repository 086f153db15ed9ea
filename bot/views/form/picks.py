"""Buttons that open the form of one script, with what was typed beside its name."""

import json
from dataclasses import dataclass

from slack_sdk.models.blocks import ButtonElement

from runner.errors import ScriptRunnerError
from runner.messages.blocks import plain
from runner.system.text import clipped, visible

PICK = "runscript.pick"
"""What the ids of those begin with that change the form they stand in."""

RUN = "runscript.run"
"""What the ids of those begin with that open a form."""

_MOST = 2000  # blockkit-limits: button value
_LABEL = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptPick:
    """The script that is picked, and a text typed after a command, whose first words were meant as its name."""

    script: str
    typed: str = ""
    name_words: int = 0

    def written(self) -> str:
        """As a button's value; a text that is too long for one is left out."""
        every = {"script": self.script, "typed": self.typed, "words": self.name_words}
        found = json.dumps({name: value for name, value in every.items() if value}, ensure_ascii=False)
        return found if len(found) <= _MOST else ScriptPick(script=self.script).written()


def read_pick(value: str) -> ScriptPick:
    """What a button's value says; ScriptRunnerError where it is none of ours."""
    try:
        found = json.loads(value)
        script, typed, words = found["script"], found.get("typed", ""), found.get("words", 0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ScriptRunnerError("That button names no script; /runscript shows all of them.") from error
    is_known = isinstance(script, str) and isinstance(typed, str) and type(words) is int and words >= 0
    if not is_known:
        raise ScriptRunnerError("That button names no script; /runscript shows all of them.")
    return ScriptPick(script=script, typed=typed, name_words=words)


def button(action_id: str, number: int, pick: ScriptPick, *, title: str, words: str) -> ButtonElement:
    """The button of that number among its like, with words on it and a script's title for those who hear it."""
    return ButtonElement(
        text=plain(clipped(visible(words), _LABEL)),
        action_id=f"{action_id}.{number}",
        value=pick.written(),
        accessibility_label=clipped(f"Run {visible(title)}", _LABEL),
    )
