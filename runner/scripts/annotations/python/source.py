"""Which files are Python's, and their syntax trees; nothing of them is ever imported or run."""

import ast
import re
import warnings

_PYTHON = re.compile(r"\ufeff?#!.*(?:python|pypy|\buv\s+run\b)")
_SOME_KIB = 250  # what is shorter was not cut: files are read to at most 256 KiB


class NotRead(Exception):
    """The source cannot be parsed; ``line`` is where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def is_python(text: str) -> bool:
    """Whether the first line has Python run the file; without such a line nothing could start it."""
    return _PYTHON.match(text[:200]) is not None


def tree(text: str) -> ast.Module:
    """The syntax tree of a source; NotRead where this Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the source: \d in a text, 1is 2
            return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        if len(text.encode()) >= _SOME_KIB * 1024:
            raise NotRead(1, "is longer than the 256 KiB of a file that are read") from error
        raise NotRead(error.lineno or 1, f"is no Python 3.11 that can be read: {error.msg}") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise NotRead(1, "is no Python that can be read: nested too deep, or with a NUL in it") from error
