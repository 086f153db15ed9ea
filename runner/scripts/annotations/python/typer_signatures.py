"""What the parameters of a function are to Typer: options and arguments as Click has them, by what annotates them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.scripts.annotations.python.click_calls import Declaration, ParameterType
from runner.scripts.annotations.python.evaluating import Evaluating
from runner.scripts.annotations.python.typer_calls import TyperParameter, external_name, synthetic
from runner.scripts.annotations.python.values import (
    Class,
    External,
    KnownFunction,
    MadeCall,
    Member,
    Scope,
    Unknown,
    unknown,
    written,
)

_MOST_QUOTED = 1_000  # characters of an annotation in quotes
_DEEPEST = 8  # of annotations within each other
_FILES = {"FileText": "r", "FileTextWrite": "w", "FileBinaryRead": "rb", "FileBinaryWrite": "wb"}
_CONTEXTS = ("Context", "CallbackParam")
_MANY = ("list", "List", "Sequence", "Set", "set", "Iterable")
_ASIDE = ("default", "min", "max", "clamp", "formats", "parser", "click_type", "default_factory")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class _Annotated:
    """A type: what one value is, whether there are several, and what is said of the parameter beside it."""

    of: object
    is_many: bool = False
    told: TyperParameter | None = None


class Signatures:
    """Reads the parameters of functions; ``module`` is where names stand for types."""

    def __init__(self, evaluating: Evaluating, module: ast.Module) -> None:
        self._evaluating = evaluating
        self._aliases: Mapping[str, ast.expr] = {
            target.id: statement.value
            for statement in module.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }

    def declarations(self, function: KnownFunction) -> Iterator[Declaration]:
        """The options and arguments that a function takes, in its order; Exhausted where that takes too long."""
        wanted = function.node.args
        listed = [*wanted.posonlyargs, *wanted.args]
        defaults: dict[str, ast.expr | None] = dict(
            zip(reversed([each.arg for each in listed]), reversed(wanted.defaults), strict=False)
        )
        defaults |= {each.arg: node for each, node in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)}
        for each in (*listed, *wanted.kwonlyargs):
            found = self._annotated(each.annotation, function.scope)
            if external_name(found.of) in _CONTEXTS:
                continue
            node = defaults.get(each.arg)
            default = _MISSING if node is None else self._evaluating.value(node, function.scope)
            yield _declaration(each, found, default)

    def _annotated(self, node: ast.expr | None, scope: Scope, depth: int = 0) -> _Annotated:
        if node is None:
            return _Annotated(External("str"))
        if depth > _DEEPEST:
            return _Annotated(unknown(node))
        match node:
            case ast.Constant(value=str() as text):
                return self._annotated(_quoted(text, node), scope, depth + 1)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._either([left, right], scope, depth)
            case ast.Subscript(value=head, slice=inner):
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return self._generic(external_name(self._evaluating.value(head, scope)), parts, node, scope, depth)
            case _:
                value = self._evaluating.value(node, scope)
                if isinstance(node, ast.Name) and isinstance(value, Unknown) and node.id in self._aliases:
                    return self._annotated(self._aliases[node.id], scope, depth + 1)
                is_bare = isinstance(value, External) and value.path.split(".")[-1] in _MANY
                return _Annotated(External("str"), is_many=True) if is_bare else _Annotated(value)

    def _generic(self, name: str, parts: Sequence[ast.expr], node: ast.expr, scope: Scope, depth: int) -> _Annotated:
        if not parts:
            return _Annotated(unknown(node))
        match name:
            case "Optional" | "Union":
                return self._either(parts, scope, depth)
            case "Annotated":
                found = self._annotated(parts[0], scope, depth + 1)
                told = [self._evaluating.value(each, scope) for each in parts[1:]]
                infos = [each for each in told if isinstance(each, TyperParameter)]
                return _Annotated(found.of, found.is_many, infos[-1] if infos else found.told)
            case "Literal":
                values = [self._evaluating.value(each, scope) for each in parts]
                return _Annotated(ParameterType("Choice", synthetic(node.lineno, {"choices": values})))
            case _ if name in _MANY:
                return _Annotated(self._annotated(parts[0], scope, depth + 1).of, is_many=True)
            case "tuple" | "Tuple":
                return _Annotated(tuple(self._annotated(each, scope, depth + 1).of for each in parts))
            case _:
                return _Annotated(unknown(node))

    def _either(self, parts: Sequence[ast.expr], scope: Scope, depth: int) -> _Annotated:
        kept = [each for each in parts if not (isinstance(each, ast.Constant) and each.value is None)]
        if len(kept) != 1:
            return _Annotated(unknown(parts[0]))
        return self._annotated(kept[0], scope, depth + 1)


def _quoted(text: str, node: ast.expr) -> ast.expr:
    try:
        parsed = ast.parse(text if len(text) <= _MOST_QUOTED else "", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Name(id="…", lineno=node.lineno, col_offset=0)
    ast.increment_lineno(parsed, node.lineno - 1)
    return parsed


def _declaration(parameter: ast.arg, found: _Annotated, default: object) -> Declaration:
    """What Click would be told of a parameter."""
    told = found.told
    names: Sequence[object] = told.call.arguments if told else ()
    if isinstance(default, TyperParameter):
        told = default
        names = told.call.arguments[1:]
        default = told.call.option("default", 0, _MISSING)
    given: Mapping[str, object] = told.call.options if told else {}
    is_option = told.is_option if told else default is not _MISSING
    options = {name: value for name, value in given.items() if name not in _ASIDE}
    if "default_factory" in given:
        options["default"] = Unknown(parameter.lineno, "default_factory")
    elif default is _MISSING or default is ...:
        options["required"] = True
    else:
        options |= {"default": _plain(default), "required": False}
    is_flag = is_option and found.of == External("bool") and not found.is_many
    line = told.call.line if told else parameter.lineno
    if not is_flag and given.get("count") is not True:
        options["type"] = _type(found.of, given, line)
    if found.is_many:
        options |= {"multiple": True} if is_option else {"nargs": -1}
    if isinstance(found.of, tuple):
        options["nargs"] = len(found.of)
    if is_flag and given.get("is_eager") is True and "callback" in given:
        options["expose_value"] = False
    if is_flag and names:
        options.setdefault("is_flag", True)
    flags = (names or _own_flag(parameter.arg, is_flag=is_flag)) if is_option else ()
    call = MadeCall(
        node=told.call.node if told else synthetic(line, {}).node,
        arguments=[parameter.arg, *flags],
        options=options,
        is_whole=told.call.is_whole if told else True,
    )
    return Declaration("option" if is_option else "argument", call, (), written(parameter))


def _own_flag(name: str, *, is_flag: bool) -> Sequence[str]:
    word = name.replace("_", "-").strip("-")
    return [f"--{word}/--no-{word}" if is_flag else f"--{word}"]


def _plain(default: object) -> object:
    """A default as it would be written on the command line."""
    if isinstance(default, list | tuple):
        return [_plain(each) for each in default]
    return default.value if isinstance(default, Member) else default


def _type(of: object, given: Mapping[str, object], line: int) -> object:
    if "parser" in given or "click_type" in given:
        kept = given.get("click_type")
        return kept if isinstance(kept, ParameterType) else Unknown(line, "click_type" if kept else "parser")
    bounds = {name: given[name] for name in ("min", "max", "clamp") if given.get(name) is not None}
    match of:
        case External(path="int" | "float" as path) if bounds:
            return ParameterType("IntRange" if path == "int" else "FloatRange", synthetic(line, bounds))
        case External() if external_name(of) in _FILES:
            mode = given.get("mode")
            return ParameterType("File", synthetic(line, {"mode": mode or _FILES[external_name(of)]}))
        case External() if external_name(of) == "Path":
            kept = {name: given[name] for name in ("exists", "file_okay", "dir_okay") if name in given}
            return ParameterType("Path", synthetic(line, kept))
        case External() if external_name(of) == "datetime":
            formats = {"formats": given["formats"]} if given.get("formats") is not None else {}
            return ParameterType("DateTime", synthetic(line, formats))
        case Class(is_enum=True):
            return ParameterType("Choice", synthetic(line, {"choices": [each.value for each in of.members()]}))
        case tuple():
            return tuple(_type(each, given, line) for each in of)
        case _:
            return of
