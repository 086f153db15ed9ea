"""Works out what expressions stand for, following the calls in them into the functions of the file."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from runner.scripts.annotations.python import expressions
from runner.scripts.annotations.python.library import Library
from runner.scripts.annotations.python.values import (
    Bound,
    Class,
    External,
    Instance,
    KnownFunction,
    MadeCall,
    NotPlain,
    Scope,
    Unknown,
    is_plain,
    unknown,
)

MOST_STEPS = 60_000
_DEEPEST = 60  # of expressions within each other, through calls too
_MOST_CALLS = 20  # within each other
_NO_CALL = ast.Call(func=ast.Name(id="decorator"), args=[], keywords=[], lineno=1, col_offset=0)


class Exhausted(Exception):
    """There is more to follow than anybody waits for."""


class Returned(Exception):
    """A function that is followed has come to its end, with this value."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Evaluating(ABC):
    """What is known of a source by name, and how its expressions are worked out."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._steps = 0
        self._depth = 0
        self._running: list[ast.AST] = []
        self.followed: set[ast.AST] = set()
        self._kinds: Mapping[type[ast.expr], Callable[..., object]] = {
            ast.Constant: lambda node, _: node.value,
            ast.Name: lambda node, scope: self.named(node.id, scope),
            ast.Attribute: lambda node, scope: self._attribute(self.value(node.value, scope), node.attr),
            ast.Call: self._call,
            ast.Tuple: lambda node, scope: tuple(self._listed(node.elts, scope)),
            ast.List: lambda node, scope: self._listed(node.elts, scope),
            ast.Set: lambda node, scope: self._listed(node.elts, scope),
            ast.Dict: self._dict,
            ast.BinOp: self._joined,
            ast.UnaryOp: self._signed,
            ast.JoinedStr: lambda node, scope: "".join(self._part(part, scope) for part in node.values),
            ast.IfExp: self._either,
            ast.ListComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.Subscript: self._subscript,
            ast.Lambda: KnownFunction,
            ast.NamedExpr: self._assigned,
            ast.Await: lambda node, scope: self.value(node.value, scope),
            ast.Starred: lambda node, scope: self.value(node.value, scope),
        }

    @abstractmethod
    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow some statements; Exhausted, Returned and what the library raises."""

    def step(self) -> None:
        """Count one more thing that is followed; Exhausted where that are too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Exhausted

    def value(self, node: ast.expr | None, scope: Scope) -> object:
        """What an expression stands for, following all calls in it; Exhausted and what the library raises."""
        if node is None:
            return None
        self.step()
        if self._depth > _DEEPEST:
            return unknown(node)
        self._depth += 1
        try:
            worked_out = self._kinds.get(type(node), self._others)
            return worked_out(node, scope)
        except NotPlain:
            return unknown(node)
        finally:
            self._depth -= 1

    def named(self, name: str, scope: Scope) -> object:
        """What a name stands for: what nothing in the file is called by is something outside of it."""
        try:
            return scope.found(name)
        except KeyError:
            return External(name)

    def truth(self, node: ast.expr, scope: Scope) -> bool | None:
        """Whether a condition holds; None where that is not known."""
        match node:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as kind], comparators=[right]):
                values = self.value(left, scope), self.value(right, scope)
                if all(is_plain(each) for each in values):
                    return (values[0] == values[1]) == isinstance(kind, ast.Eq)
                return None
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                is_true = self.truth(operand, scope)
                return None if is_true is None else not is_true
            case _:
                value = self.value(node, scope)
                return bool(value) if is_plain(value) else None

    def decorated(self, function: KnownFunction) -> object:
        """What a function is by its name, once its decorators have been told of it, the nearest first."""
        made: object = function
        for mark in reversed(function.decorators):
            try:
                made = self._marked(mark, made)
            except NotPlain:
                continue
        return made

    def _marked(self, mark: object, made: object) -> object:
        """What a decorator gives; NotPlain where it is nothing but another function."""
        if not isinstance(mark, KnownFunction):
            return self._library.asked(mark, "__call__", MadeCall(node=_NO_CALL, arguments=[made], options={}))
        given = self.inlined(mark, [made], {})
        if given is None or isinstance(given, KnownFunction | Unknown):
            raise NotPlain
        return given

    def inlined(
        self, function: KnownFunction, arguments: Sequence[object], options: Mapping[str, object], owner: object = None
    ) -> object:
        """What a function of the file gives; NotPlain where it is being followed already."""
        node = function.node
        self.followed.add(node)
        if node in self._running or len(self._running) > _MOST_CALLS:
            raise NotPlain
        scope = Scope(around=function.scope)
        self._bind_parameters(function, [*([owner] if owner is not None else []), *arguments], options, scope)
        self._running.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body, scope)
            self.block(node.body, scope)
        except Returned as returned:
            return returned.value
        finally:
            self._running.pop()
        return scope.names.get("return")

    def bind(self, target: ast.expr, value: object, scope: Scope) -> None:
        """Let a target of an assignment stand for the value."""
        match target:
            case ast.Name(id=name):
                scope.bind(name, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                listed = expressions.items(value)
                is_fit = listed is not None and len(listed) == len(elements)
                for number, element in enumerate(elements):
                    each = listed[number] if listed is not None and is_fit else Unknown(target.lineno, "…")
                    self.bind(element, each, scope)
            case ast.Attribute(value=node, attr=name):
                owner = self.value(node, scope)
                if isinstance(owner, Instance):
                    owner.attributes[name] = value
            case ast.Subscript(value=node, slice=index):
                owner, key = self.value(node, scope), self.value(index, scope)
                if isinstance(owner, dict) and is_plain(key):
                    owner[key] = value
            case _:
                pass

    def _others(self, node: ast.expr, scope: Scope) -> object:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope)
        raise NotPlain

    def _attribute(self, owner: object, name: str) -> object:
        try:
            return self._library.held(owner, name)
        except NotPlain:
            pass
        match owner:
            case Instance(attributes=attributes) if name in attributes:
                return attributes[name]
            case Instance(of=kind):
                found = kind.member(name)
                return Bound(owner, name) if isinstance(found, KnownFunction) else found
            case str() | list() | dict() | tuple():
                return Bound(owner, name)
            case _:
                return expressions.attribute(owner, name)

    def _listed(self, elements: Sequence[ast.expr], scope: Scope) -> list[object]:
        found: list[object] = []
        for element in elements[: expressions.MOST_ITEMS]:
            value = self.value(element, scope)
            found += expressions.listed(value) if isinstance(element, ast.Starred) else [value]
        return found

    def _dict(self, node: ast.Dict, scope: Scope) -> object:
        found: dict[object, object] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.value(value_node, scope)
            if key_node is None and isinstance(value, dict):
                found |= value
                continue
            key = self.value(key_node, scope)
            if key_node is None or not is_plain(key):
                raise NotPlain
            found[key] = value
        return found

    def _joined(self, node: ast.BinOp, scope: Scope) -> object:
        return expressions.joined(node.op, self.value(node.left, scope), self.value(node.right, scope))

    def _signed(self, node: ast.UnaryOp, scope: Scope) -> object:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.USub):
            return expressions.joined(ast.Sub(), 0, value)
        if isinstance(node.op, ast.Not) and is_plain(value):
            return not value
        raise NotPlain

    def _part(self, part: ast.expr, scope: Scope) -> str:
        if isinstance(part, ast.FormattedValue) and part.format_spec is None:
            part = part.value
        return expressions.shown(self.value(part, scope))

    def _either(self, node: ast.IfExp, scope: Scope) -> object:
        is_true = self.truth(node.test, scope)
        if is_true is None:
            raise NotPlain
        return self.value(node.body if is_true else node.orelse, scope)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> object:
        (first, *others) = node.generators
        listed = expressions.listed(self.value(first.iter, scope))
        if others or first.ifs:
            raise NotPlain
        found: list[object] = []
        for each in listed:
            inner = Scope(around=scope)
            self.bind(first.target, each, inner)
            found.append(self.value(node.elt, inner))
        return found

    def _subscript(self, node: ast.Subscript, scope: Scope) -> object:
        return expressions.subscript(self.value(node.value, scope), self.value(node.slice, scope))

    def _assigned(self, node: ast.NamedExpr, scope: Scope) -> object:
        found = self.value(node.value, scope)
        self.bind(node.target, found, scope)
        return found

    def _call(self, node: ast.Call, scope: Scope) -> object:
        called = self.value(node.func, scope)
        call = self._with_arguments(node, scope)
        match called:
            case External(path=path):
                return self._external(path, call)
            case KnownFunction():
                return self.inlined(called, call.arguments, call.options)
            case Class():
                return self._made(called, call)
            case Bound(owner=Instance() as owner, name=name):
                return self._method(owner, name, call)
            case Bound(owner=list() as owner, name="append") if call.arguments:
                owner.append(call.arguments[0])
                return None
            case Bound(owner=owner, name=name):
                try:
                    return self._library.asked(owner, name, call)
                except NotPlain:
                    return expressions.method(owner, name, call.arguments, call.options)
            case _:
                return self._library.asked(called, "__call__", call)

    def _with_arguments(self, node: ast.Call, scope: Scope) -> MadeCall:
        is_whole = True
        arguments: list[object] = []
        for each in node.args:
            value = self.value(each, scope)
            listed = expressions.items(value) if isinstance(each, ast.Starred) else [value]
            is_whole &= listed is not None
            arguments += listed or []
        options: dict[str, object] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict):
                options |= {str(key): each for key, each in value.items()}
            else:
                is_whole = False
        return MadeCall(node=node, arguments=arguments, options=options, is_whole=is_whole)

    def _external(self, path: str, call: MadeCall) -> object:
        try:
            return self._library.called(path, call)
        except NotPlain:
            if path == "dict" and not call.arguments:
                return dict(call.options)
            return expressions.function(path, call.arguments)

    def _method(self, owner: Instance, name: str, call: MadeCall) -> object:
        member = owner.of.member(name)
        if not isinstance(member, KnownFunction):
            raise NotPlain
        is_free = External("staticmethod") in member.decorators
        return self.inlined(member, call.arguments, call.options, None if is_free else owner)

    def _made(self, of: Class, call: MadeCall) -> object:
        try:
            made = self._library.derived(of, call)
        except NotPlain:
            made = Instance(of)
        try:
            beginning = of.member("__init__")
        except NotPlain:
            return made
        if isinstance(beginning, KnownFunction):
            self.inlined(beginning, call.arguments, call.options, made)
        return made

    def _bind_parameters(
        self, function: KnownFunction, arguments: Sequence[object], options: Mapping[str, object], scope: Scope
    ) -> None:
        wanted = function.node.args
        names = [each.arg for each in (*wanted.posonlyargs, *wanted.args)]
        given = dict(zip(names, arguments, strict=False)) | dict(options)
        defaults = dict(zip(reversed(names), reversed(wanted.defaults), strict=False))
        for each, default in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True):
            names.append(each.arg)
            defaults |= {each.arg: default} if default is not None else {}
        for name in names:
            if name in given:
                scope.names[name] = given[name]
            elif name in defaults:
                scope.names[name] = self.value(defaults[name], function.scope)
            else:
                scope.names[name] = Unknown(function.node.lineno, name)
        for rest in (wanted.vararg, wanted.kwarg):
            if rest is not None:
                scope.names[rest.arg] = Unknown(function.node.lineno, rest.arg)
