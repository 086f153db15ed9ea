"""What argc sees of a script: its tags, each with the comment lines below it, and the functions that it defines.

After argc's src/parser.rs: both begin at the beginning of a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from runner.scripts.annotations.lines import numbered

BUILT = "# ARGC-BUILD {"
"""What stands before the parser that ``argc --argc-build`` puts into a script."""

_CALLS = ("--argc-eval", "--argc-run", "argc -e ")
_TAG = re.compile(r"#+\s*@(?P<name>[A-Za-z0-9_.:@-]+)(?P<body>.*)")
_COMMENT = re.compile(r"#+[ \t]?(?!\s*@)(?P<text>.*)")
_NAME = r"(?P<name>[^\s\"'`()\[\]{}<>$&\\;|]+)"
_FUNCTION = re.compile(rf"function[ \t]+{_NAME}")
_FUNCTION_WITHOUT_WORD = re.compile(rf"{_NAME}[ \t]*\([ \t]*\)")


@dataclass(slots=True, kw_only=True)
class Block:
    """A tag with the comment lines right below it, which go on with its description."""

    line: int
    name: str
    body: str
    more: list[str] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The tag's own line."""
        return f"@{self.name} {self.body}".strip()

    def described(self, beginning: str) -> str:
        """The description that begins like this, in one line."""
        return " ".join(" ".join([beginning, *self.more]).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """The line where the shell is told a function."""

    line: int
    name: str


def read(text: str, marker: str) -> Iterator[Block | Function]:
    """The tags and functions of a file that calls argc, in their order; nothing elsewhere.

    Lines with the marker of our own dialect, or of Slurm's, are no part of a description.
    """
    if not _has_argc(text):
        return
    current: Block | None = None
    for number, line in numbered(text):
        if line.startswith("#"):
            tag = _TAG.fullmatch(line)
            comment = None if tag or marker in line or line.startswith(("#SBATCH", "#!")) else _COMMENT.fullmatch(line)
            if comment and current:
                current.more.append(comment["text"])
                continue
        else:
            tag = None
        if current:
            yield current
        current = Block(line=number, name=tag["name"], body=tag["body"].strip()) if tag else None
        if function := _FUNCTION.match(line) or _FUNCTION_WITHOUT_WORD.match(line):
            yield Function(line=number, name=function["name"])
    if current:
        yield current


def _has_argc(text: str) -> bool:
    """Whether argc parses the command line: the script calls it, or argc has built its parser into the script."""
    if "argc" not in text and BUILT not in text:
        return False
    return any(
        (line.startswith(BUILT) or any(call in line for call in _CALLS))
        and (not line.lstrip().startswith("#") or line.startswith((BUILT, "#!")))
        for _, line in numbered(text)
    )
