"""Follows a source the way it would run, without running it: which calls are made, and with what."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from runner.scripts.annotations.python import expressions
from runner.scripts.annotations.python.evaluating import Evaluating, Returned
from runner.scripts.annotations.python.library import Library
from runner.scripts.annotations.python.values import (
    Class,
    External,
    KnownFunction,
    NotPlain,
    Scope,
    Unknown,
    is_plain,
    unknown,
)

_MOST_ROUNDS = 200
_STARRED = (
    "ArgumentParser",
    "FileType",
    "BooleanOptionalAction",
    "SUPPRESS",
    "REMAINDER",
    "ONE_OR_MORE",
    "ZERO_OR_MORE",
)


class Following(Evaluating):
    """One walk through a source; ``uncertain`` says why what is called now may not be called, or not just once."""

    def __init__(self, module: ast.Module, library: Library) -> None:
        super().__init__(library)
        self._module = module
        self.uncertain: list[str] = []
        self.scope = Scope(names={"__name__": "__main__", "__doc__": ast.get_docstring(module)})
        self._statements: Mapping[type[ast.stmt], Callable[..., None]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._assign_annotated,
            ast.AugAssign: self._assign_more,
            ast.Return: self._return,
            ast.FunctionDef: self._define,
            ast.AsyncFunctionDef: self._define,
            ast.ClassDef: self._define_class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: lambda node, scope: scope.elsewhere.update(node.names),
            ast.Nonlocal: lambda node, scope: scope.elsewhere.update(node.names),
            ast.If: self._if,
            ast.For: self._loop,
            ast.AsyncFor: self._loop,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.Match: self._match,
        }

    def run(self) -> None:
        """Follow the module as a program; Exhausted where that takes too long, and what the library raises."""
        self.block(self._module.body, self.scope)

    def functions(self, name: str) -> Iterator[KnownFunction]:
        """The functions of the module that nobody was seen to call, first those that use the name."""
        held = list(self.scope.names.values())
        held += [each for value in held if isinstance(value, Class) for each in value.scope.names.values()]
        found = [each for each in held if isinstance(each, KnownFunction)]
        for each in sorted(found, key=lambda function: not _names(function.node, name)):
            if each.node not in self.followed:
                yield each

    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow some statements; Exhausted, Returned and what the library raises."""
        for statement in statements:
            self.step()
            self._statements.get(type(statement), self._others_of)(statement, scope)

    def _others_of(self, node: ast.stmt, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope)

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)

    def _assign_annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value, scope), scope)

    def _assign_more(self, node: ast.AugAssign, scope: Scope) -> None:
        before, more = self.value(node.target, scope), self.value(node.value, scope)
        try:
            value = expressions.joined(node.op, before, more)
        except NotPlain:
            value = Unknown(node.lineno, "…")
        self.bind(node.target, value, scope)

    def _return(self, node: ast.Return, scope: Scope) -> None:
        value = self.value(node.value, scope)
        if not self.uncertain:
            raise Returned(value)
        scope.names["return"] = value

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        decorators = tuple(self.value(each, scope) for each in node.decorator_list)
        scope.bind(node.name, self.decorated(KnownFunction(node, scope, decorators)))

    def _define_class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope(around=scope)
        scope.bind(node.name, Class(node, inner, tuple(self.value(each, scope) for each in node.bases)))
        self.block(node.body, inner)

    def _if(self, node: ast.If, scope: Scope) -> None:
        is_true = self.truth(node.test, scope)
        if is_true is None:
            self._uncertainly(f"only under a condition in line {node.lineno}", [node.body, node.orelse], scope)
        else:
            self.block(node.body if is_true else node.orelse, scope)

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        items = expressions.items(self.value(node.iter, scope))
        if items is None or len(items) > _MOST_ROUNDS:
            self.bind(node.target, unknown(node.iter), scope)
            self._uncertainly(f"in the loop of line {node.lineno}", [node.body], scope)
            return
        for each in items:
            self.bind(node.target, each, scope)
            self.block(node.body, scope)

    def _while(self, node: ast.While, scope: Scope) -> None:
        self.value(node.test, scope)
        self._uncertainly(f"in the loop of line {node.lineno}", [node.body], scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for manager in node.items:
            value = self.value(manager.context_expr, scope)
            if manager.optional_vars is not None:
                self.bind(manager.optional_vars, value, scope)
        self.block(node.body, scope)

    def _try(self, node: ast.Try, scope: Scope) -> None:
        self.block([*node.body, *node.orelse], scope)
        reason = f"only where something fails in line {node.lineno}"
        self._uncertainly(reason, [each.body for each in node.handlers], Scope(around=scope))
        self.block(node.finalbody, scope)

    def _match(self, node: ast.Match, scope: Scope) -> None:
        self.value(node.subject, scope)
        self._uncertainly(f"only in a case of line {node.lineno}", [each.body for each in node.cases], scope)

    def _uncertainly(self, reason: str, blocks: Sequence[Sequence[ast.stmt]], scope: Scope) -> None:
        before = dict(scope.names)
        self.uncertain.append(reason)
        try:
            for block in blocks:
                self.block(block, scope)
        finally:
            self.uncertain.pop()
            for name, value in before.items():
                now = scope.names[name]
                if (is_plain(now) or is_plain(value)) and now != value:
                    scope.names[name] = Unknown(1, name)

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.split(".")[0]
            scope.bind(alias.asname or path, External(path))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            names = _STARRED if alias.name == "*" and node.module == "argparse" else (alias.name,)
            for name in names:
                path = f"{'.' * node.level}{node.module or ''}.{name}"
                scope.bind(alias.asname or name, External(path))


def _names(node: ast.AST, name: str) -> bool:
    """Whether something of that name is used in it."""
    return any(name in (getattr(each, "id", None), getattr(each, "attr", None)) for each in ast.walk(node))
