"""Which type of parameter a value is, by what it is made into and by what it is called."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.scripts.annotations.python import expressions
from runner.scripts.annotations.python.arguments import Kind, Note
from runner.scripts.annotations.python.values import Class, External, KnownFunction, Member, Unknown
from runner.scripts.parameters.options import MAX_CHOICE, MAX_CHOICES

_PATHS = ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.path.abspath", "os.path.expanduser")
_KNOWN = {
    "int": Kind(type="integer"),
    "float": Kind(type="number"),
    "decimal.Decimal": Kind(type="number"),
    "datetime.date.fromisoformat": Kind(type="date"),
    "ipaddress.ip_address": Kind(type="ip"),
    "ipaddress.IPv4Address": Kind(type="ip", options={"version": "4"}),
    "ipaddress.IPv6Address": Kind(type="ip", options={"version": "6"}),
    "open": Kind(type="input"),
}
_SOURCE = re.compile(r"(?:in|input|infile|inputs|source|src|from)")
_TARGET = re.compile(r"(?:out|output|outfile|outputs|dest|destination|target|save|result|results|to)")
_FOLDER = re.compile(r"(?:dir|dirs|directory|directories|folder|folders|outdir|indir)")
_FILE = r"(?:[-_.]?(?:file|path|filename|filepath|fn|fname)s?)?[0-9]*"


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that is opened as soon as it is named; ``mode`` is that of ``open``, None where it is not known."""

    mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """What the names of files begin with."""

    input: str
    output: str


def kind(
    made_into: object, choices: object, names: Sequence[str], prefixes: Prefixes, *, is_path: bool = False
) -> Kind:
    """The type of a value that is made into something, out of some choices, and called by some names."""
    if choices is not None:
        return _chosen(made_into, choices)
    match made_into:
        case None | External(path="str"):
            return _named(names, prefixes, is_path=is_path)
        case External(path=path) if path in _PATHS:
            return _named(names, prefixes, is_path=True)
        case External(path=path) if path in _KNOWN:
            return _KNOWN[path]
        case External(path="bool"):
            note = Note("type=bool", "takes any text for true, so the form offers just that")
            return Kind(type="choice", options={"choices": ["True"]}, notes=(note,))
        case OpenedFile(mode=str() as mode):
            return Kind(type="input") if mode.startswith("r") and "+" not in mode else Kind(type="output")
        case Class(is_enum=True):
            return _offered(made_into, [each.value for each in made_into.members()])
        case _:
            return _text(made_into)


def _chosen(made_into: object, choices: object) -> Kind:
    if isinstance(choices, range) and made_into == External("int"):
        return _range(choices)
    listed = expressions.items(choices)
    if not listed:
        written = choices.written if isinstance(choices, Unknown) else "choices"
        note = Note(f"choices={written}", "are known only while the script runs: the form does not offer them")
        found = _KNOWN.get(made_into.path, Kind()) if isinstance(made_into, External) else Kind()
        return Kind(type=found.type, options=found.options, notes=(note,), takes_texts_only=True)
    return _offered(made_into, listed)


def _range(choices: range) -> Kind:
    if not choices:
        return Kind(notes=(Note("choices", "are none at all"),))
    options: dict[str, object] = {"min": str(min(choices)), "max": str(max(choices))}
    if abs(choices.step) != 1 and len(choices) > 1:
        options["step"] = str(abs(choices.step))
    return Kind(type="integer", options=options)


def _offered(made_into: object, listed: Iterable[object]) -> Kind:
    values = [each.value if isinstance(each, Member) else each for each in listed]
    is_text = isinstance(made_into, KnownFunction | Unknown | Class) or made_into in (None, External("str"))
    are_fit = all(isinstance(each, str) if is_text else isinstance(each, str | int | float) for each in values)
    texts = list(dict.fromkeys(str(each) for each in values if each != "")) if are_fit else []
    if 1 <= len(texts) <= MAX_CHOICES and all(_is_choice(text) for text in texts):
        return Kind(type="choice", options={"choices": texts})
    note = Note("choices", "cannot be offered as they are: a line of text is asked for")
    return Kind(notes=(note,), takes_texts_only=True)


def _is_choice(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= MAX_CHOICE


def _named(names: Sequence[str], prefixes: Prefixes, *, is_path: bool) -> Kind:
    for name in (name.lower() for name in names):
        words = [word for word in re.split(r"[^a-z]+", name) if word]
        is_folder = any(_FOLDER.fullmatch(word) for word in words)
        if re.fullmatch(rf"(?:in|infile|{re.escape(prefixes.input.lower())}){_FILE}", name):
            return Kind(type="input")
        if re.fullmatch(rf"(?:out|outfile|outdir|{re.escape(prefixes.output.lower())}){_FILE}(?:[-_]?dir)?", name):
            return Kind(type="output")
        if is_path and any(_TARGET.fullmatch(word) for word in words):
            return Kind(type="output")
        if is_path and not is_folder and any(_SOURCE.fullmatch(word) for word in words):
            return Kind(type="input")
    return Kind()


def _text(made_into: object) -> Kind:
    match made_into:
        case Unknown(written=written):
            words = written
        case KnownFunction(node=node):
            words = getattr(node, "name", "a lambda")
        case External(path=path):
            words = path
        case _:
            words = "…"
    note = Note(f"type={words}", "is known only while the script runs: a line of text is asked for")
    return Kind(notes=(note,), takes_texts_only=True)
