"""What argc refuses about the parameters of a command beside one another, before it looks at any argument.

After its src/command/names_checker.rs, src/command/share_data.rs and tests/fail.rs.
"""

from collections.abc import Iterator, Mapping, Sequence

from runner.scripts.annotations.argc.grammar import Tag
from runner.scripts.annotations.statements import Mistake
from runner.system.text import quoted


def refused(tags: Sequence[Tag], functions: Mapping[str, int]) -> Iterator[Mistake]:
    """The mistakes for which every job of the script would end at once; ``functions`` are those that there are."""
    taken: dict[tuple[str, str], int] = {}
    for tag in tags:
        for message in (*_taken(tag, taken), *_missing(tag, functions), *_contrary(tag)):
            yield Mistake(line=tag.line, found=tag.written, message=f"{message}; argc refuses every job")


def _taken(tag: Tag, taken: dict[tuple[str, str], int]) -> Iterator[str]:
    kind = "flag" if tag.flag else tag.kind
    for name in (tag.flag, tag.short) if tag.flag else (tag.name,):
        if name and (line := taken.setdefault((kind, name), tag.line)) != tag.line:
            yield f"has {quoted(name)}, which is taken in line {line} already"


def _missing(tag: Tag, functions: Mapping[str, int]) -> Iterator[str]:
    for name in (tag.values.choices_function, tag.values.default_function):
        if name and name not in functions:
            yield f"names {quoted(name)}, which is no function of the script"


def _contrary(tag: Tag) -> Iterator[str]:
    if len(tag.notations) > 1 and (tag.takes_suffix or tag.delimiter):
        other = f"the separator {tag.delimiter}" if tag.delimiter else "a name that goes on"
        yield f"takes {len(tag.notations)} values at once, which does not go with {other}"
