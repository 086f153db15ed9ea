"""What all components' settings share: strict keys, and durations and sizes as people write them."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    field_validator,
    model_validator,
)

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?\s*(?:min|[smhdw])\s*)+")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]?)B?")
_STEPS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_LARGEST = 10**15
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(min|[smhdw])")


class Settings(BaseModel):
    """A group of settings that a component owns; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _with_all_groups(cls, written: object) -> object:
        """Read a group that is left out or empty like ``{}``: its default paths start from the file's folder too."""
        if not isinstance(written, dict):
            return written
        groups = [name for name, field in cls.model_fields.items() if isinstance(field.default, Settings)]
        return {name: {} for name in groups} | {
            key: {} if key in groups and value is None else value for key, value in written.items()
        }

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, written: object, info: ValidationInfo) -> object:
        """Python takes true for 1, and YAML takes ``yes`` for true."""
        kind = cls.model_fields[info.field_name].annotation if info.field_name else None
        if isinstance(written, bool) and int in (kind, *get_args(kind)):
            raise ValueError("a number, not true or false")
        return written


def parse_duration(written: object) -> timedelta:
    """Read ``90s``, ``10m``, ``2h30m``, ``7d`` or ``1w``; ValueError for anything else, nothing and over ten years."""
    if isinstance(written, timedelta):
        return written
    text = str(written).strip()
    if not _DURATION.fullmatch(text):
        raise ValueError("a number with a unit: s, m, h, d or w, such as 90s, 2h30m or 7d")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if not 0 < seconds <= 10 * 365 * 86400:
        raise ValueError("more than nothing and at most ten years")
    return timedelta(seconds=seconds)


def parse_size(written: object) -> int:
    """Read ``500k``, ``20M`` or ``2G`` as bytes, in steps of 1,000; ValueError for anything else and for nothing."""
    found = _SIZE.fullmatch(str(written).strip())
    size_bytes = float(found[1]) * _STEPS[found[2].upper()] if found else 0
    if not 1 <= size_bytes <= _LARGEST:
        raise ValueError("a size of at least one byte and at most 1000T, such as 500k, 20M or 2G")
    return int(size_bytes)


Size = Annotated[int, BeforeValidator(parse_size)]
"""A number of bytes, written as such or with k, M, G or T, in steps of 1,000."""

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A span of time, written as a number with a unit: s, m, h, d or w."""


def _from_settings_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path.cwd())
    return Path(os.path.normpath(folder / path.expanduser()))


Location = Annotated[Path, AfterValidator(_from_settings_folder)]
"""A path; a relative one starts from the folder of the settings file, which the validation's context names."""
