"""Parameter types that are files: what comes from the inbox, and what goes to the job's outbox."""

import re
from collections.abc import Iterator
from typing import ClassVar

from runner.errors import InvalidValue
from runner.scripts.parameters.options import Extensions, Size, Truth
from runner.scripts.parameters.parameter import Prompting, Several
from runner.system.text import quoted, visible

MAX_FILE_NAME = 255  # bytes: NAME_MAX of Linux file systems
_RESERVED_OUTPUT = re.compile(r"job-[0-9]+\.log", re.IGNORECASE)


class Input(Several):
    """A file of the inbox: ``name`` for one that is shared, ``~/name`` for one of the requester's own.

    Only the form and the extension are checked here; whether the file is there, and of at most ``max_size`` bytes, is
    for those who know the inbox.
    """

    type: ClassVar[str] = "input"
    accept: Extensions | None = None
    max_size: Size | None = None

    def accepts(self, file_name: str) -> bool:
        """Whether a file of that name is of a type that is taken."""
        return self.accept is None or file_name.lower().endswith(self.accept)

    def _check(self, raw: str) -> str:
        name = raw.removeprefix("~/")
        if not _is_file_name(name):
            raise InvalidValue(f"must be the name of a file in the inbox, not {quoted(raw)}")
        if not self.accepts(name):
            raise InvalidValue(f"must be a file of type {' or '.join(self.accept or ())}, not {quoted(name)}")
        return raw

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.stdin and self.multiple:
            yield "stdin", "takes one file: leave out multiple"
        if self.separator is not None and "/" in self.separator:
            yield "separator", "stands in every path: choose another than /"


class Output(Prompting):
    """The name of a file that the script shall write in the job's folder.

    A leading dot or dash is refused though no path we hand out begins with it: results that ``ls`` hides or that
    ``rm *`` takes for an option help nobody.
    """

    type: ClassVar[str] = "output"
    advanced: Truth = True

    @property
    def _may_be_hidden(self) -> bool:
        return True  # a form begins with a name for every result

    def _check(self, raw: str) -> str:
        if not _is_file_name(raw):
            raise InvalidValue(f"must be a file name of at most {MAX_FILE_NAME} bytes and no path, not {quoted(raw)}")
        if visible(raw) != raw:
            raise InvalidValue(f"must not hold control characters: {quoted(raw)}")
        if raw.startswith((".", "-")):
            raise InvalidValue(f"must not begin with a dot or a dash: {quoted(raw)}")
        if _RESERVED_OUTPUT.fullmatch(raw):
            raise InvalidValue(f"must be another name: {quoted(raw)} is where the job's log goes")
        return raw


def _is_file_name(name: str) -> bool:
    return "/" not in name and name not in ("", ".", "..") and len(name.encode()) <= MAX_FILE_NAME
