"""What a form remembers of itself, in the view's ``private_metadata``: never a value that somebody typed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.views.form.fields import UnreadableForm


@dataclass(frozen=True, slots=True, kw_only=True)
class FormMetadata:
    """The script whose form is shown, and how often it was filled in anew.

    ``given`` are Slack's ids of the files that the form was opened for, ``brought`` are marks of those among them that
    lie in the inbox. One that ``is_open`` shows its advanced fields.
    """

    script: str | None = None
    filled: int = 0
    given: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()
    is_open: bool = False

    def filled_anew(self) -> "FormMetadata":
        """What is remembered of a form whose fields begin anew."""
        return replace(self, filled=self.filled + 1)

    def written(self) -> str:
        """As Slack keeps it."""
        files = {"given": self.given, "brought": self.brought}
        every = {"script": self.script, "filled": self.filled, **files, "open": self.is_open}
        return json.dumps({name: value for name, value in every.items() if value or name == "script"})


def read_metadata(view: Mapping[str, object]) -> FormMetadata:
    """What a view remembers; UnreadableForm where the view was not made by us."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
        script, filled = found["script"], found.get("filled", 0)
        given, brought = (tuple(str(each) for each in found.get(key, ())) for key in ("given", "brought"))
        is_open = found.get("open") is True
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableForm("This form cannot be read; type /runscript to open it anew.") from error
    return FormMetadata(
        script=script if isinstance(script, str) else None,
        filled=filled if isinstance(filled, int) else 0,
        given=given,
        brought=brought,
        is_open=is_open,
    )
