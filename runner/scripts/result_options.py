"""What the options of an annotation may hold that are about results: which are sent, and what a message shows."""

from typing import Annotated

from pydantic import BeforeValidator

from runner.system.text import check_line

_MAX_PATTERNS = 20
_LENGTH = 200
_SHAPE = "must be none, all, or names and patterns such as [report.html, '*.png']"
_ALL = "*"


def _shared(written: object) -> tuple[str, ...]:
    """None of them as an empty tuple; what is shared in any case is one pattern."""
    if written == "none":
        return ()
    if written == "all":
        return (_ALL,)
    patterns = written if isinstance(written, list | tuple) else [written]
    if not 1 <= len(patterns) <= _MAX_PATTERNS:
        raise ValueError(f"{_SHAPE}, at most {_MAX_PATTERNS} of them")
    return tuple(_path(each, _SHAPE) for each in patterns)


def _shown(written: object) -> str:
    return _path(written, "must be stdout, or the name of a result")


def _path(written: object, shape: str) -> str:
    """A path, or a pattern of paths, below the job's folder."""
    if not isinstance(written, str):
        raise ValueError(shape)  # noqa: TRY004  # pydantic's own
    checked = check_line(written, at_most=_LENGTH)
    if any(part in ("", ".", "..") for part in checked.split("/")):
        raise ValueError(f"{shape}: a path below the job's own folder, without . and ..")
    return checked


Shared = Annotated[tuple[str, ...], BeforeValidator(_shared)]
Shown = Annotated[str, BeforeValidator(_shown)]
