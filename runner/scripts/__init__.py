"""Scripts as their annotations describe them: found, read, listed, checked, and turned into what is run."""

from runner.scripts.catalogue import BrokenScript, BrokenScriptAsked, Catalogue
from runner.scripts.choices import ChoiceLists, ChoicesUnavailable, ListedChoice
from runner.scripts.invocation import invocation
from runner.scripts.readings import ReadingPatience
from runner.scripts.script import Script, ScriptOptions
from runner.scripts.told_values import in_words, told_values

__all__ = [
    "BrokenScript",
    "BrokenScriptAsked",
    "Catalogue",
    "ChoiceLists",
    "ChoicesUnavailable",
    "ListedChoice",
    "ReadingPatience",
    "Script",
    "ScriptOptions",
    "annotations",
    "authoring",
    "defaults",
    "digests",
    "exposure",
    "in_words",
    "invocation",
    "parameters",
    "told_values",
]
