"""Finds the tests that assert nothing, neither themselves nor by what they call."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tests.support.house.sources import Function, functions

_RAISING = {"pytest.raises", "pytest.warns"}
_FIXTURE = "pytest.fixture"

Place = tuple[str, str]
"""A module, and a name in it. Methods and fixtures stand under the module "", for callers reach them by name alone."""


def idle_tests(modules: Mapping[str, ast.Module]) -> list[str]:
    """The tests among these modules (by name) that assert nothing, as ``module.test``.

    A function asserts that contains an ``assert``, raises AssertionError, uses ``pytest.raises`` or ``warns`` or an
    expectation of Playwright, or calls one of these modules that does: found by its name, never by its type.
    """
    asserting = _asserting(_Module(name, tree) for name, tree in modules.items())
    return [f"{place[0]}.{place[1]}" for place, asserts in asserting.items() if _is_test(place) and not asserts]


def _is_test(place: Place) -> bool:
    return bool(place[0]) and place[1].startswith("test_")


def _asserting(modules: Iterable["_Module"]) -> Mapping[Place, bool]:
    """Of each place whether it asserts: where several methods have one name, whether all of them do."""
    functions_at: dict[Place, list[Function]] = defaultdict(list)
    calls: dict[Function, set[Place]] = {}
    for module in modules:
        for place, function in module.functions():
            functions_at[place].append(function)
            calls[function] = module.called(function)
    asserting = {function for function in calls if _asserts_itself(function)}
    found: set[Place] = set()
    while more := {place for place, alternatives in functions_at.items() if asserting.issuperset(alternatives)} - found:
        found |= more
        asserting |= {function for function, called in calls.items() if called & more}
    return {place: place in found for place in functions_at}


def _asserts_itself(function: Function) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and (ast.unparse(node.func) in _RAISING or _is_expectation(node)))
        or (isinstance(node, ast.Raise) and node.exc is not None and "AssertionError" in ast.unparse(node.exc))
        for node in ast.walk(function)
    )


def _is_expectation(call: ast.Call) -> bool:
    """Whether this is ``expect(…).to_…()``: Playwright's way to assert."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="expect")), attr=name):
            return name.startswith(("to_", "not_to_"))
        case _:
            return False


class _Module:
    """One module's functions, and what the names in it stand for."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name = name
        self._tree = tree
        self._imported: dict[str, Place] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                self._imported |= {each.asname or each.name: (node.module, each.name) for each in node.names}

    def functions(self) -> Iterator[tuple[Place, Function]]:
        methods = {
            id(function)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.ClassDef)
            for function in functions(node)
        }
        for function in functions(self._tree):
            is_fixture = any(ast.unparse(each).startswith(_FIXTURE) for each in function.decorator_list)
            anywhere = (id(function) in methods and not function.name.startswith("test_")) or is_fixture
            yield ("" if anywhere else self._name, function.name), function

    def called(self, function: Function) -> set[Place]:
        """All places that the calls in this function may mean."""
        arguments = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
        found: set[Place] = set()
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in arguments:
                    found.add(("", name))
                case ast.Call(func=ast.Name(id=name)):
                    found.add(self._imported.get(name, (self._name, name)))
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if owner in self._imported:
                    found.add((".".join(self._imported[owner]), name))
                case ast.Call(func=ast.Attribute(attr=name)):
                    found.add(("", name))
                case _:
                    continue
        return found
