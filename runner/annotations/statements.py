"""What annotations state, whatever dialect they are written in: options of the script, parameters, or a mistake."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner import flow_mappings


@dataclass(frozen=True, slots=True)
class Entry:
    """One option with the line it stands on; the value is text, or a list or mapping of such."""

    value: object
    line: int

    def found(self, option: str) -> str:
        """The option as it was written, for people."""
        return f"{option}: {flow_mappings.written(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsStated:
    """Options of the script itself."""

    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterStated:
    """A parameter with its options; a dialect that knows no type leaves ``type`` out."""

    line: int
    name: str
    description: str
    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A line that states nothing because it cannot be understood."""

    line: int
    found: str
    message: str


Statement = OptionsStated | ParameterStated | Mistake
