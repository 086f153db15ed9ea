"""What a form remembers of itself, in the view's ``private_metadata``: never a value that somebody typed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.views.fields import UnreadableForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The script whose form is shown, and how often it was filled in anew; ``preset`` names what it was filled with."""

    script: str | None = None
    filled: int = 0
    preset: str = ""

    def written(self) -> str:
        """As Slack keeps it."""
        return json.dumps({"script": self.script, "filled": self.filled, "preset": self.preset})


def recall(view: Mapping[str, object]) -> Memory:
    """What a view remembers; UnreadableForm where the view was not made by us."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
        script, filled, preset = found["script"], found.get("filled", 0), found.get("preset", "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableForm("This form cannot be read; type /runscript to open it anew.") from error
    return Memory(
        script=script if isinstance(script, str) else None,
        filled=filled if isinstance(filled, int) else 0,
        preset=preset if isinstance(preset, str) else "",
    )
