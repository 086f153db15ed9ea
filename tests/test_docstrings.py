"""Public functions that raise say what, and every docstring stands by itself."""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOO_WIDE = {"object", "BaseException", "Exception"}
"""Whoever says that these are raised has said nothing."""

ROOT_ERROR = "ScriptRunnerError"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Chain = tuple[Definition, ...]
"""A class or function behind those that it is defined in."""


@cache
def modules() -> dict[str, ast.Module]:
    """The product's modules by their paths."""
    paths = sorted(path for room in ("bot", "runner") for path in (ROOT / room).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def chains(node: ast.AST, around: Chain = ()) -> Iterator[Chain]:
    """All classes and functions below a node."""
    for child in ast.iter_child_nodes(node):
        inside = (*around, child) if isinstance(child, Definition) else around
        if inside is not around:
            yield inside
        yield from chains(child, inside)


def is_public(chain: Chain) -> bool:
    """Whether others call the function; ``__init__`` and its like are called by all who use the class."""
    *around, function = chain
    is_named = not function.name.startswith("_") or function.name.endswith("__")
    return is_named and all(isinstance(each, ast.ClassDef) and not each.name.startswith("_") for each in around)


def body(function: ast.AST) -> Iterator[ast.AST]:
    """All that stands in a function, without the functions and classes that it defines."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, Definition | ast.Lambda):
            yield child
            yield from body(child)


def names(expression: ast.AST | None) -> list[str]:
    """What an expression names: ``Refused`` in ``errors.Refused("why")``."""
    match expression:
        case ast.Call(func=called):
            return names(called)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name]
        case ast.Tuple(elts=several):
            return [name for each in several for name in names(each)]
        case _:
            return []


def raised(function: Function) -> set[str]:
    """What a function raises; of what it caught and raises again, what it caught."""
    handlers = [node for node in body(function) if isinstance(node, ast.ExceptHandler)]
    handler_of = {id(node): handler for handler in handlers for node in body(handler)}
    found: set[str] = set()
    for node in body(function):
        if isinstance(node, ast.Raise):
            handler = handler_of.get(id(node))
            is_caught = handler is not None and (node.exc is None or names(node.exc) == [handler.name])
            found.update(names(handler.type if handler is not None and is_caught else node.exc))
    return found


@cache
def origins() -> dict[str, list[str]]:
    """Of each class of ours what it derives from, and of each function what it returns: some make errors."""
    found: dict[str, list[str]] = {}
    for module in modules().values():
        for *_, each in chains(module):
            wider = each.bases if isinstance(each, ast.ClassDef) else [each.returns]
            found.setdefault(each.name, []).extend(name for base in wider for name in names(base))
    return found


def words_for(name: str) -> set[str]:
    """The names that say what is raised: the error's own, and those that it derives from."""
    known = getattr(builtins, name, None)
    if isinstance(known, type):
        return {each.__name__ for each in known.__mro__} - TOO_WIDE
    return {name}.union(*map(words_for, origins().get(name, [])))


def untold(module: ast.Module) -> list[str]:
    """Public functions with the errors that neither their docstring nor their class's names."""
    found = []
    for chain in chains(module):
        if isinstance(chain[-1], Function) and is_public(chain):
            said = " ".join(ast.get_docstring(each) or "" for each in chain[-2:])
            errors = [name for name in raised(chain[-1]) if name not in TOO_WIDE]
            lacking = [name for name in errors if not any(re.search(rf"\b{word}\b", said) for word in words_for(name))]
            found += [f"{'.'.join(each.name for each in chain)}: {name}" for name in sorted(lacking)]
    return found


def errors() -> dict[str, str]:
    """Public errors with what they derive from; the stand-in for Slack, which shares nothing with us, has its own."""
    return {
        each.name: base
        for path, module in modules().items()
        for each in module.body
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_") and not path.startswith("bot/workspace/")
        for base in names(each.bases[0] if each.bases else None)
        if is_error(base)
    }


def is_error(name: str) -> bool:
    known = getattr(builtins, name, None)
    if isinstance(known, type):
        return issubclass(known, BaseException)
    return any(map(is_error, origins().get(name, [])))


def drawn(text: str) -> Iterator[tuple[str, str]]:
    """Every name that a tree of lines and branches holds, with the one that it branches off."""
    above: dict[int, str] = {}
    for line in text.splitlines():
        if branch := re.match(r"([ │]*[├└]── |    (?=\w))(\w+)", line):
            column = branch.start(2)
            yield from ((branch[2], parent) for at, parent in above.items() if at == column - 4)
            above[column] = branch[2]


def docstrings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Every docstring with its line: of the module, its classes and functions, and of what is assigned above one."""
    for node in ast.walk(module):
        statements: list[ast.stmt] = getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []
        first = statements[:1] if isinstance(node, ast.Module | Definition) else []
        below = [after for before, after in pairwise(statements) if isinstance(before, ast.Assign | ast.AnnAssign)]
        for each in (*first, *below):
            match each:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield each.lineno, text
                case _:
                    continue


def test_public_functions_that_raise_say_what() -> None:
    assert [f"{path}: {each}" for path, module in modules().items() for each in untold(module)] == []


def test_no_docstring_can_be_read_only_below_another() -> None:
    found = [
        f"{path}:{line}"
        for path, module in modules().items()
        for line, text in docstrings(module)
        if text.strip().startswith("The same")
    ]

    assert found == []


def test_errors_are_drawn_as_they_derive_from_each_other() -> None:
    said = ast.get_docstring(modules()["runner/errors.py"]) or ""

    assert dict(drawn(said)) == {name: base for name, base in errors().items() if ROOT_ERROR in words_for(base)}
    assert set(errors()) <= set(re.findall(r"\w+", said)), "the others stand below the tree"


@pytest.mark.parametrize(
    ("code", "lacking"),
    [
        ("def f():\n  'Acts.'\n  raise KeyError", ["f: KeyError"]),
        ("def f():\n  'Acts; KeyError where there is none.'\n  raise KeyError", []),
        ("def f():\n  'Acts; LookupError where there is none.'\n  raise errors.KeyError('x') from None", []),
        ("def f():\n  'Acts; an Exception where it fails.'\n  raise OSError", ["f: OSError"]),
        ("def f():\n  'Acts.'\n  try: g()\n  except (KeyError, OSError): raise", ["f: KeyError", "f: OSError"]),
        ("def f():\n  'Acts.'\n  try: g()\n  except OSError as error:\n    raise error", ["f: OSError"]),
        ("def f():\n  'Acts.'\n  try: g()\n  except BaseException: raise", []),
        ("def f():\n  'Acts.'\n  raise missing_scope('x')", ["f: missing_scope"]),
        ("def f():\n  'Acts; RefusedError without it.'\n  raise missing_scope('x')", []),
        ("class A:\n  'ValueError for a bad one.'\n  def __init__(self): raise ValueError", []),
        ("class A:\n  def f(self): raise ValueError", ["A.f: ValueError"]),
        ("class _A:\n  def f(self): raise ValueError", []),
        ("def f():\n  def g(): raise ValueError", []),
        ("def _f(): raise ValueError", []),
    ],
)
def test_check_finds_what_is_not_told(code: str, lacking: list[str]) -> None:
    assert untold(ast.parse(code)) == lacking
