"""What a form remembers of itself, in the view's ``private_metadata``: never a value that somebody typed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.views.form.fields import UnreadableForm
from runner.scripts import Script
from runner.scripts.parameters import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class FormMetadata:
    """The script whose form is shown, and how often it was filled in anew.

    ``given`` are Slack's ids of the files that the form was opened for, ``brought`` are marks of those among them that
    lie in the inbox. ``chosen`` says when a file was chosen last,
    in seconds, by the place of its parameter in the script.
    """

    script: str | None = None
    filled: int = 0
    given: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()
    chosen: Mapping[int, float] = field(default_factory=dict)

    def chosen_at(self, script: Script, parameter: Parameter) -> float:
        """When a file was chosen last for the parameter, in seconds; 0 where that is not known."""
        return self.chosen.get(_place(script, parameter), 0.0)

    def choosing(self, script: Script, parameters: Iterable[Parameter], moment: float) -> "FormMetadata":
        """What is remembered after files were chosen for the parameters at that moment."""
        return replace(self, chosen={**self.chosen, **{_place(script, each): moment for each in parameters}})

    def filled_anew(self) -> "FormMetadata":
        """What is remembered of a form whose fields begin anew."""
        return replace(self, filled=self.filled + 1)

    def written(self) -> str:
        """As Slack keeps it."""
        files = {"given": self.given, "brought": self.brought}
        every = {"script": self.script, "filled": self.filled, **files, "chosen": dict(self.chosen)}
        return json.dumps({name: value for name, value in every.items() if value or name == "script"})


def read_metadata(view: Mapping[str, object]) -> FormMetadata:
    """What a view remembers; UnreadableForm where the view was not made by us."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
        script, filled = found["script"], found.get("filled", 0)
        given, brought = (tuple(str(each) for each in found.get(key, ())) for key in ("given", "brought"))
        chosen = {int(place): float(moment) for place, moment in found.get("chosen", {}).items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableForm("This form cannot be read; type /runscript to open it anew.") from error
    return FormMetadata(
        script=script if isinstance(script, str) else None,
        filled=filled if isinstance(filled, int) else 0,
        given=given,
        brought=brought,
        chosen=chosen,
    )


def _place(script: Script, parameter: Parameter) -> int:
    return [each.name for each in script.parameters].index(parameter.name)
