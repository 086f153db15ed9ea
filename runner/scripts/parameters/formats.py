"""The form in which a day, a time or a moment reaches a script that wants another than ours."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from runner.system.text import check_line

MAX_FORMAT = 50
_DIRECTIVE = re.compile(r"%.?")
_DAY = ("%Y", "%y", "%m", "%d", "%j")
_TIME = ("%H", "%M", "%S")


def _reader(*directives: str) -> BeforeValidator:
    """Takes a text with some of these directives of strftime(3) in it."""

    def read(written: object) -> str:
        text = check_line(written, at_most=MAX_FORMAT)
        used = set(_DIRECTIVE.findall(text)) - {"%%"}
        if strange := sorted(used - set(directives)):
            raise ValueError(f"knows no {strange[0]} here, only {' '.join(directives)} and %% for a percent sign")
        if not used:
            raise ValueError(f"must hold some of {' '.join(directives)}")
        return text

    return BeforeValidator(read)


DayFormat = Annotated[str, _reader(*_DAY)]
TimeFormat = Annotated[str, _reader(*_TIME)]
MomentFormat = Annotated[str, _reader(*_DAY, *_TIME)]


def formatted(moment: datetime, form: str) -> str:
    """The moment in that form, the same in every locale; years have four digits."""
    parts = {
        "%Y": f"{moment.year:04}",
        "%y": f"{moment.year % 100:02}",
        "%m": f"{moment.month:02}",
        "%d": f"{moment.day:02}",
        "%j": f"{moment.timetuple().tm_yday:03}",
        "%H": f"{moment.hour:02}",
        "%M": f"{moment.minute:02}",
        "%S": f"{moment.second:02}",
        "%%": "%",
    }
    return _DIRECTIVE.sub(lambda found: parts[found.group()], form)
