"""Draws scripts that an annotation can describe, with values that a person could fill in."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from runner.scripts.parameters import TYPES
from tests.support.scripts.hostile import LINES

Json = dict[str, Any]

PEOPLE = {f"{name}@example.com": f"U0{name.upper()}" for name in ("ada", "bob", "cleo")}
FILES = ("a.txt", "~/a.txt", "B.TXT", "$(id).txt", "日本.txt", "a.tar.gz", "~/<!channel>", "-rf", "x" * 251 + ".txt")

_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffd\ufffe\uffff")
_HOSTILE = [line for line in LINES if len(line) < 80 and line.isprintable()] + ["\u202eabc", "\u200b-", "&amp; <b>"]


def lines(most: int, least: int = 1) -> SearchStrategy[str]:
    """Lines of text with something to be seen in them, some of them hostile."""
    fitting = [line for line in _HOSTILE if least <= len(line) <= most]
    # few long ones, made by repetition: what matters is that they are long
    drawn = st.text(_LETTERS, min_size=least, max_size=min(most, max(least, 12)))
    long = st.builds(lambda text, more: (text * most)[: max(least, most - more)], drawn, st.integers(0, 2))
    kinds = [drawn, drawn, long, *([st.sampled_from(fitting)] if fitting else [])]
    return st.one_of(kinds).filter(lambda text: bool(text.strip()))


@dataclass
class Drawn:
    """One parameter: the options of its annotation, and what is filled in; None for nothing."""

    name: str
    kind: str
    description: str
    options: Json = field(default_factory=dict)
    values: Sequence[str] = ()
    chosen: str | None = None

    @property
    def is_asked(self) -> bool:
        return not self.options.keys() & {"secret", "constant"}


@dataclass
class DrawnScript:
    """A script's own options, and its parameters."""

    options: Json
    parameters: list[Drawn]

    @property
    def annotations(self) -> str:
        """The lines that say all this."""
        about = [f"##~~ {flow({option: value})}" for option, value in self.options.items()]
        each = [
            f"##~~ {one.name} {flow({'type': one.kind, **one.options})} - {one.description}" for one in self.parameters
        ]
        return "\n".join([*about, *each])


def flow(value: object) -> str:
    """Some JSON as YAML's flow style writes it, all text in quotes where it needs them."""
    match value:
        case str() if value and set(value) <= set(string.ascii_letters + string.digits + "_/"):
            return value
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{flow(key)}: {flow(each)}' for key, each in value.items())}}}"
        case _:
            return flow(str(value).lower())


@st.composite
def scripts(draw: DrawFn) -> DrawnScript:
    """Whole scripts: their parameters fit together, and so do the values."""
    names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True)
    found = draw(st.lists(names, max_size=8, unique_by=lambda name: name.casefold().replace("-", "_")))
    parameters: list[Drawn] = []
    for number, name in enumerate(found):
        one = draw(_parameters(name))
        _give_way(draw, one, number, parameters)
        if one.is_asked:
            _put_in_place(draw, one)
            _relate(draw, one, [each for each in parameters if each.is_asked])
            _omit(draw, one, parameters)
        parameters.append(one)
    return DrawnScript(draw(_script_options(parameters)), parameters)


def values_of(script: DrawnScript) -> dict[str, str]:
    """What is filled in, by parameter."""
    return {each.name: each.chosen for each in script.parameters if each.is_asked and each.chosen is not None}


@st.composite
def _parameters(draw: DrawFn, name: str) -> Drawn:
    kind = draw(st.sampled_from(list(TYPES)))
    description = " ".join(draw(lines(2000)).split()) or "x"
    one = Drawn(name, kind, description)
    own = {
        "text": _text, "multiline": _text, "email": _text, "url": _text, "integer": _number, "number": _number,
        "boolean": _boolean, "choice": _choice, "date": _dated, "time": _dated, "datetime": _dated, "ip": _ip,
        "user": _user, "input": _input, "output": _output,
    }  # fmt: skip
    own[kind](draw, one)
    return one


def _text(draw: DrawFn, one: Drawn) -> None:
    special = draw(st.sampled_from(["", "", "secret", "constant"])) if one.kind == "text" else ""
    if special:
        one.options[special] = "API_KEY" if special == "secret" else draw(lines(3000))
        return
    is_menu = one.kind != "multiline" and draw(st.booleans())
    most = 150 if is_menu else 3000
    some: SearchStrategy[str] = lines(most, 3)
    if one.kind == "email":
        some = st.from_regex(
            r"[a-z0-9.!#$%&'*+/=?^_`{|}~][a-z0-9.!#$%&'*+/=?^_`{|}~-]{0,19}@[a-z]{1,9}(\.[a-z]{2,5}){1,2}",
            fullmatch=True,
        )
    elif one.kind == "url":
        some = st.from_regex(
            r"https?://[a-z]{1,9}(\.[a-z]{2,9})?(:80)?(/[A-Za-z0-9$'();,*&=%~-]{0,9})?", fullmatch=True
        )
    elif one.kind == "multiline":
        some = st.builds(lambda first, second: f"{first[:1499]}\n{second[:1499]}", some, some)
    if draw(st.booleans()):
        one.options |= {"min_length": 3, "max_length": most}
    if draw(st.booleans()):
        one.options |= {"pattern": "(?s).*", "pattern_hint": draw(lines(150))}
    _several(draw, one, some, is_menu=is_menu)


def _number(draw: DrawFn, one: Drawn) -> None:
    low, step = draw(st.integers(-1000, 1000)), draw(st.integers(1, 50))
    is_menu = draw(st.booleans())
    written = st.builds(lambda times: str(low + times * step), st.integers(0, 100))
    if one.kind == "number":
        written = st.builds(str.__add__, written, st.sampled_from(["", ".0", "e0", "."] if is_menu else ["", ".00"]))
    if draw(st.booleans()):
        one.options |= {"min": low, "step": step}
    if draw(st.booleans()):
        one.options |= {"max": low + 100 * step}
    _several(draw, one, written, is_menu=is_menu)


def _boolean(draw: DrawFn, one: Drawn) -> None:
    if draw(st.booleans()):
        one.options["values"] = draw(st.lists(lines(150), min_size=2, max_size=2, unique=True))
    one.values = ("true", "false")


def _choice(draw: DrawFn, one: Drawn) -> None:
    if draw(st.booleans()):
        one.options["choices_from"] = {"file": "hosts"}
        _several(draw, one, lines(150), is_menu=True)
        return
    few = draw(st.lists(lines(150).filter(lambda text: "|" not in text), min_size=1, max_size=4, unique=True))
    count = draw(st.sampled_from([0, 0, 7, 11, 97, 120]))
    every = list(dict.fromkeys([*few, *(f"{number}c" for number in range(count))]))
    labels = {value: draw(lines(150)) if value in few else "" for value in every}
    one.options["choices"] = labels if draw(st.booleans()) else every
    _several(draw, one, st.sampled_from(every), is_menu=True)


def _dated(draw: DrawFn, one: Drawn) -> None:
    first = datetime(2002, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 10**8)))
    moments = sorted(first + timedelta(minutes=draw(st.integers(0, 1000))) for _ in range(3))
    form = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%MZ"}[one.kind]
    written = sorted(moment.strftime(form) for moment in moments)
    if draw(st.booleans()):
        one.options |= {"min": written[0], "max": written[2]}
    if draw(st.booleans()):
        one.options["format"] = draw(st.sampled_from({"date": ["%d.%m.%y"], "time": ["%H%M"]}.get(one.kind, ["%Y%j"])))
    if one.kind != "datetime" and draw(st.booleans()):
        one.options["placeholder"] = draw(lines(150))
    one.values = written


def _ip(draw: DrawFn, one: Drawn) -> None:
    addresses = {"4": st.ip_addresses(v=4).map(str), "6": st.ip_addresses(v=6).map(str)}
    version = draw(st.sampled_from(["4", "6"]))
    if draw(st.booleans()):
        one.options["version"] = version
    _several(draw, one, addresses[version], is_menu=draw(st.booleans()))


def _user(draw: DrawFn, one: Drawn) -> None:
    _several(draw, one, st.sampled_from(list(PEOPLE)), is_menu=False)


def _input(draw: DrawFn, one: Drawn) -> None:
    files: tuple[str, ...] = FILES
    if draw(st.booleans()):
        one.options["accept"] = [".txt", "tar.gz"]
        files = tuple(name for name in FILES if name.lower().endswith((".txt", ".tar.gz")))
    if draw(st.booleans()):
        one.options["max_size"] = "20M"
    _several(draw, one, st.sampled_from(files), is_menu=False)


def _output(draw: DrawFn, one: Drawn) -> None:
    ending = draw(st.sampled_from([".txt", " $(id)", "<!channel>", "日本", ";id", "é" * 100]))
    one.values = (f"{one.name}{ending}",)
    if draw(st.booleans()):
        one.options["placeholder"] = draw(lines(150))


def _several(draw: DrawFn, one: Drawn, some: SearchStrategy[str], *, is_menu: bool) -> None:
    """Values of a type that may take several, one a line, and suggestions where they are a menu."""
    if draw(st.booleans()):
        one.options["placeholder"] = draw(lines(150))
    if one.kind != "multiline" and draw(st.booleans()):
        one.options["multiple"] = True
        if draw(st.booleans()):
            one.options["separator"] = "|"
            some = some.filter(lambda text: "|" not in text)
    count = 3 if one.options.get("multiple") else 1
    if count > 1 and not is_menu:  # so that all fit into one field
        some = some.map(lambda text: text[:900]).filter(lambda text: bool(text.strip()))
    items = list(dict.fromkeys(draw(st.lists(some, min_size=count, max_size=count))))
    one.values = ("\n".join(items), items[0]) if one.options.get("multiple") else tuple(items)
    if is_menu and one.kind != "choice":
        if draw(st.booleans()):
            one.options["suggestions_from"] = {"command": ["./list", "a b"], "cache": "5m"}
        else:
            one.options["suggestions"] = draw(st.sampled_from([items[:1], {items[0]: draw(lines(150))}]))


def _give_way(draw: DrawFn, one: Drawn, number: int, before: Sequence[Drawn]) -> None:
    """How it reaches the script, by a way that is free."""
    ways: list[Json] = [{"env": f"E{number}"}]
    if "secret" not in one.options:
        ways += [{"flag": f"--f{number}"}, {"flag": f"-{string.ascii_letters[number]}"}]
        if one.kind != "boolean":
            ways += [{"flag": f"+f{number}", "flag_style": "separate"}]
        is_list = _is_open_list(one)
        if not (is_list and any(_is_open_list(other) and _is_positional(other) for other in before)):
            ways.append({})
    if not any("stdin" in other.options for other in before) and not (
        one.kind == "input" and "multiple" in one.options
    ):
        ways.append({"stdin": True})
    way = draw(st.sampled_from(ways))
    if "flag" in way:
        one.options.pop("values", None)
    one.options |= way


def _is_open_list(one: Drawn) -> bool:
    return one.options.get("multiple") is True and "separator" not in one.options


def _is_positional(one: Drawn) -> bool:
    return not one.options.keys() & {"flag", "env", "stdin"}


def _put_in_place(draw: DrawFn, one: Drawn) -> None:
    """Label, heading, default and what is filled in."""
    if draw(st.booleans()):
        one.options["label"] = draw(lines(150))
    if draw(st.booleans()):
        one.options["section"] = draw(lines(150))
    if draw(st.booleans()):
        value = draw(st.sampled_from(list(one.values)))
        one.options["default"] = value.split("\n") if one.options.get("multiple") else value
    is_optional = draw(st.booleans())
    if is_optional:
        one.options["required"] = False
    nothing = [None] if is_optional and one.kind != "boolean" else []
    one.chosen = draw(st.sampled_from([*one.values, *nothing]))


def _relate(draw: DrawFn, one: Drawn, before: Sequence[Drawn]) -> None:
    """Conditions, and what must or must not be filled in beside it; all of it comes before."""
    if bool(before) and draw(st.booleans()):
        other = draw(st.sampled_from(list(before)))
        possible = [item for value in other.values for item in _items(other, value)]
        wanted = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=2, unique=True))
        one.options["when"] = {other.name: wanted if len(wanted) > 1 else wanted[0]}
    has_list = one.options.keys() & {"choices_from", "suggestions_from"}
    depended = [each.name for each in before if each.kind != "input"]
    if has_list and depended:
        one.options["depends"] = draw(st.lists(st.sampled_from(depended), min_size=1, max_size=2, unique=True))
    always = [each.name for each in before if _is_always_given(each)]
    if bool(always) and draw(st.booleans()):
        one.options["needs"] = draw(st.lists(st.sampled_from(always), min_size=1, max_size=2, unique=True))
    never = [each.name for each in before if each.chosen is None]
    if bool(never) and draw(st.booleans()):
        one.options["conflicts"] = draw(st.sampled_from(never))


def _omit(draw: DrawFn, one: Drawn, before: Sequence[Drawn]) -> None:
    may_move = not any(_is_open_list(each) and _is_positional(each) for each in [*before, one])
    if _is_positional(one) and one.options.get("required") is False and may_move and draw(st.booleans()):
        one.options["omit"] = True


def _items(one: Drawn, value: str) -> list[str]:
    return value.split("\n") if one.options.get("multiple") else [value]


def _is_always_given(one: Drawn) -> bool:
    return one.kind != "boolean" and "required" not in one.options and "when" not in one.options


@st.composite
def _script_options(draw: DrawFn, parameters: Sequence[Drawn]) -> Json:
    asked = [each for each in parameters if each.is_asked]
    example = {
        each.name: each.values[0].split("\n") if "multiple" in each.options else each.values[0] for each in asked
    }
    possible: Mapping[str, SearchStrategy[Any]] = {
        "title": lines(75),
        "description": lines(2000),
        "group": lines(75),
        "hidden": st.booleans(),
        "confirm": st.one_of(st.booleans(), lines(300).filter(lambda text: len(text) > 5)),
        "owner": lines(100),
        "docs": st.sampled_from(["https://example.com/a?b=c&d=e", "http://x.example/#y"]),
        "timeout": st.sampled_from(["90s", "2h30m", "10d"]),
        "grace": st.just("5s"),
        "cpus": st.integers(1, 4096),
        "memory": st.sampled_from(["500k", "16G"]),
        "examples": st.dictionaries(lines(60), st.just(example), min_size=1, max_size=3),
    }
    chosen = draw(st.lists(st.sampled_from(list(possible)), unique=True))
    return {option: draw(possible[option]) for option in chosen}
