"""What a preset is: values that a person's form of a script can be filled in with; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

MAX_PRESETS = 25
"""The most presets with a name that one person can have of one script."""

MAX_NAME = 60  # characters
LAST = ""
"""The name of the last values used: “as last time”."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Values that a person used last, where ``name`` is LAST, or keeps under a name.

    ``values`` maps parameter names to text, as in a job; ``saved_at`` is aware, in UTC.
    """

    name: str
    values: Mapping[str, str]
    saved_at: datetime
