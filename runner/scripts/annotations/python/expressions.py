"""Works out plain expressions: what is written down in the file, put together; nothing else is known."""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence

from runner.scripts.annotations.python.values import Class, External, Member, NotPlain, Unknown, are_plain, is_plain

MOST_ITEMS = 1_000
MOST_TEXT = 20_000  # characters of a text that is put together
_MOST_NUMBER = 2**63

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_PLACE = re.compile(r"%(?:\((?P<name>\w+)\))?[-#0 +]*\d*(?:\.\d+)?[sdrfgi]|%%")
_FIELD = re.compile(r"\{(?P<name>\w*)\}")


def joined(kind: ast.operator, left: object, right: object) -> object:
    """Two values put together by an operator; NotPlain where that is not known, or would be long."""
    match left, right:
        case str(), str() if isinstance(kind, ast.Add):
            return _short(left, right)
        case ((list() | tuple()), (list() | tuple())) if isinstance(kind, ast.Add):
            return [*left, *right][:MOST_ITEMS]
        case dict(), dict() if isinstance(kind, ast.BitOr):
            return left | right
        case str(), _ if isinstance(kind, ast.Mod):
            return percent(left, right)
        case int() | float(), int() | float() if isinstance(kind, ast.Pow):
            return _number(lambda: left**right if abs(left) < 1_000 and 0 <= right < 64 else None)
        case int() | float(), int() | float() if isinstance(kind, ast.LShift):
            return _number(lambda: int(left) << int(right) if 0 <= right < 63 else None)
        case int() | float(), int() | float() if type(kind) in _OPERATORS:
            return _number(lambda: _OPERATORS[type(kind)](left, right))
        case _:
            raise NotPlain


def percent(text: str, values: object) -> str:
    """The text with what % puts into it; NotPlain where the values are not known."""
    listed = list(values) if isinstance(values, tuple | list) else [values]
    named = values if isinstance(values, dict) else {}

    def put(found: re.Match[str]) -> str:
        if found.group() == "%%":
            return "%"
        if found["name"]:
            return shown(named.get(found["name"], Unknown(0, "")))
        return shown(listed.pop(0) if listed else Unknown(0, ""))

    return _short(_PLACE.sub(put, text))


def formatted(text: str, values: Sequence[object], named: Mapping[str, object]) -> str:
    """The text with what ``str.format`` puts into it; NotPlain where the values are not known."""
    waiting = list(values)

    def put(found: re.Match[str]) -> str:
        name = found["name"]
        if name.isdecimal():
            return shown(values[int(name)] if int(name) < len(values) else Unknown(0, ""))
        if name:
            return shown(named.get(name, Unknown(0, "")))
        return shown(waiting.pop(0) if waiting else Unknown(0, ""))

    return _short(_FIELD.sub(put, text))


def shown(value: object) -> str:
    """A value within a text; NotPlain where it is not known."""
    if is_plain(value) or are_plain(value):
        return str(value)
    raise NotPlain


def items(value: object) -> list[object] | None:
    """What an iteration over the value gives; None where that is not known."""
    match value:
        case list() | tuple():
            return list(value)
        case range():
            return list(value[:MOST_ITEMS])
        case dict() | str():
            return list(value)[:MOST_ITEMS]
        case Class(is_enum=True):
            return list(value.members())
        case _:
            return None


def listed(value: object) -> list[object]:
    """What an iteration over the value gives; NotPlain where that is not known."""
    found = items(value)
    if found is None:
        raise NotPlain
    return found


def subscript(owner: object, index: object) -> object:
    """What stands at a place of a collection; NotPlain where that is not known."""
    match owner, index:
        case list() | tuple(), int() if -len(owner) <= index < len(owner):
            return owner[index]
        case dict(), _ if is_plain(index) and index in owner:
            return owner[index]
        case Class(is_enum=True), str():
            return attribute(owner, index)
        case _:
            raise NotPlain


def function(path: str, values: Sequence[object]) -> object:
    """What a function of the language gives; NotPlain where that is not known."""
    first = values[0] if values else None
    match path:
        case "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed":
            return _collection(path, listed(first) if values else [])
        case "range" if all(isinstance(each, int) for each in values) and 1 <= len(values) <= 3:
            return _range([each for each in values if isinstance(each, int)])
        case "str" if is_plain(first):
            return str(first)
        case "int" if isinstance(first, int | float) and abs(first) < _MOST_NUMBER:
            return int(first)
        case "float" if isinstance(first, int | float):
            return float(first)
        case "len":
            return len(listed(first))
        case "enumerate":
            return [[number, each] for number, each in enumerate(listed(first))]
        case "textwrap.dedent" | "inspect.cleandoc" | "pathlib.Path" | "pathlib.PurePath" if isinstance(first, str):
            return first[:MOST_TEXT]
        case _:
            raise NotPlain


def method(owner: object, name: str, values: Sequence[object], named: Mapping[str, object]) -> object:
    """What a method of a text or a collection gives; NotPlain where that is not known."""
    first = values[0] if values else None
    match owner, name:
        case str(), "format":
            return formatted(owner, values, named)
        case str(), "split" if first is None or (isinstance(first, str) and first):
            return owner.split(first)[:MOST_ITEMS]
        case str(), "splitlines":
            return owner.splitlines()[:MOST_ITEMS]
        case str(), "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize" if not values:
            return getattr(owner, name)()
        case str(), "replace" if len(values) == 2 and all(isinstance(each, str) for each in values):
            return _short(owner.replace(str(values[0]), str(values[1])))
        case str(), "join":
            return _short(owner.join(shown(each) for each in listed(first)))
        case dict(), "keys" | "values" | "items":
            return list(getattr(owner, name)())
        case dict(), "get":
            return subscript(owner, first)
        case _:
            raise NotPlain


def attribute(owner: object, name: str) -> object:
    """What an object that is no library's holds by that name; NotPlain where that is not known."""
    match owner, name:
        case External(path=path), _:
            return External(f"{path}.{name}")
        case Member(value=value), "value" if is_plain(value):
            return value
        case Member(), "name":
            return owner.name
        case Class(is_enum=True), "__members__":
            return {each.name: each for each in owner.members()}
        case Class(), _:
            found = owner.member(name)
            return Member(owner, name, found) if owner.is_enum and is_plain(found) else found
        case _:
            raise NotPlain


def _collection(kind: str, values: list[object]) -> list[object]:
    if kind == "sorted" and all(isinstance(each, str) for each in values):
        return sorted(values, key=str)
    return values[::-1] if kind == "reversed" else values


def _range(bounds: Sequence[int]) -> range:
    try:
        return range(*bounds)
    except ValueError:
        raise NotPlain from None


def _number(work: Callable[[], float | None]) -> float:
    try:
        result = work()
    except (ArithmeticError, ValueError, TypeError):
        raise NotPlain from None
    if result is None or isinstance(result, complex) or abs(result) > _MOST_NUMBER:
        raise NotPlain
    return result


def _short(*texts: str) -> str:
    if sum(map(len, texts)) > MOST_TEXT:
        raise NotPlain
    return "".join(texts)
