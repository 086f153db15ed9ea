"""argc's dialect: the comment tags of a script that has argc parse its command line (github.com/sigoden/argc)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from runner.scripts.annotations import argc_grammar
from runner.scripts.annotations.argc_grammar import NotArgc, Tag
from runner.scripts.annotations.argc_mapping import ArgcContext, parameters
from runner.scripts.annotations.lines import numbered
from runner.scripts.annotations.statements import Dialect, Entry, Mistake, OptionsStated, Statement, Unused
from runner.scripts.parameters.options import MAX_DESCRIPTION, MAX_OWNER
from runner.system.text import clipped

_BUILT = "# ARGC-BUILD {"
_CALLS = ("--argc-eval", "--argc-run", "argc -e ")
_TAG = re.compile(r"#+\s*@(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?:\s+(?P<body>.*))?")
_COMMENT = re.compile(r"#+[ \t]?(?!\s*@)(?P<text>.*)")
_SUBCOMMANDS = (
    "one script is one form, and each subcommand would be another: write a small script for each that calls this one,"
    " or describe the parameters of one in lines of ScriptRunner's own"
)


def statements(text: str, *, marker: str, input_prefix: str, output_prefix: str) -> Iterator[Statement]:
    """What the tags state, in a file that calls argc; elsewhere such lines are comments like any other."""
    tags: list[Tag] = []
    signs = "-"
    for block in _blocks(text, marker):
        if block.name in argc_grammar.KINDS:
            try:
                tags.append(_tag(block))
            except NotArgc:
                yield Mistake(line=block.line, found=block.written, message=f"is no @{block.name} that argc can read")
        elif block.name == "cmd":
            yield Mistake(line=block.line, found=block.written, message=_SUBCOMMANDS)
            return
        else:
            signs += _symbol(block)
            yield _option(block)
    signs += "+" if any(tag.flag.startswith("+") for tag in tags) and "+" not in signs else ""
    around = ArgcContext(
        signs=signs,
        first_position=next((tag.name for tag in tags if tag.kind == "arg"), ""),
        is_built=_BUILT in text,
        input_prefix=input_prefix,
        output_prefix=output_prefix,
    )
    yield from parameters(tags, around)


def unused(text: str, *, marker: str) -> Iterator[Statement]:
    """The tags of a file whose parameters are described otherwise."""
    for block in _blocks(text, marker):
        yield Unused(line=block.line, found=block.written, reason=f"the parameters in lines {marker} count instead")


@dataclass(slots=True, kw_only=True)
class _Block:
    """A tag with the comment lines right below it, which go on with its description."""

    line: int
    name: str
    body: str
    more: list[str] = field(default_factory=list)

    @property
    def written(self) -> str:
        return f"@{self.name} {self.body}".strip()

    def described(self, beginning: str) -> str:
        return " ".join(" ".join([beginning, *self.more]).split())


def _blocks(text: str, marker: str) -> Iterator[_Block]:
    if not _has_argc(text):
        return
    current: _Block | None = None
    for number, line in numbered(text):
        tag = _TAG.fullmatch(line)
        comment = None if tag or marker in line or line.startswith(("#SBATCH", "#!")) else _COMMENT.fullmatch(line)
        if comment and current:
            current.more.append(comment["text"])
            continue
        if current:
            yield current
        current = _Block(line=number, name=tag["name"], body=(tag["body"] or "").strip()) if tag else None
    if current:
        yield current


def _has_argc(text: str) -> bool:
    """Whether argc parses the command line: the script calls it, or argc has built its parser into the script."""
    if "argc" not in text and _BUILT not in text:
        return False
    return any(
        (line.startswith(_BUILT) or any(call in line for call in _CALLS))
        and (not line.lstrip().startswith("#") or line.startswith((_BUILT, "#!")))
        for _, line in numbered(text)
    )


def _tag(block: _Block) -> Tag:
    tag = argc_grammar.parsed(block.name, block.line, block.body)
    return replace(tag, description=block.described(tag.description))


def _symbol(block: _Block) -> str:
    """The sign that ``@meta symbol`` gives a meaning at the beginning of an argument."""
    found = re.match(r"symbol\s+([@+])", block.body) if block.name == "meta" else None
    return found[1] if found else ""


def _option(block: _Block) -> Statement:
    """What a tag that is no parameter says of the script itself."""
    key, _, value = block.body.partition(" ")
    if block.name == "describe" and block.described(block.body):
        return _stated(block, "description", clipped(block.described(block.body), MAX_DESCRIPTION))
    if block.name == "author" and block.body:
        return _stated(block, "owner", clipped(block.body, MAX_OWNER))
    if block.name == "meta" and key == "author" and value.strip():
        return _stated(block, "owner", clipped(value.strip(), MAX_OWNER))
    known = block.name in ("describe", "meta", "version", "author", "alias")
    reason = "says nothing that a form needs" if known else "is no tag of argc that is known"
    return Unused(line=block.line, found=block.written, reason=reason)


def _stated(block: _Block, option: str, value: str) -> OptionsStated:
    return OptionsStated(entries={option: Entry(value, block.line, block.written, Dialect.ARGC)})
