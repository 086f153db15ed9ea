"""Finds what is imported past the faces of rooms: a room is a folder of the product, its face is its ``__all__``.

Rooms within rooms have faces too. The tests of a room count as part of it.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HOUSES = ("bot", "runner")


@dataclass(frozen=True, slots=True)
class Import:
    """A module that asks for something of the product, by its whole name."""

    importer: str
    wanted: str

    def enters(self) -> Iterator[tuple[str, str]]:
        """Each folder below a house that this import goes into from outside, and what it takes there."""
        steps = self.wanted.split(".")
        home = self.importer.removeprefix("tests.") + "."
        for depth in range(2, len(steps)):
            room = ".".join(steps[:depth])
            if not home.startswith(f"{room}."):
                yield room, steps[depth]


def imports(modules: Mapping[str, ast.Module]) -> Iterator[Import]:
    """All that these modules import of the product."""
    for importer, tree in modules.items():
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=str(origin)):
                    wanted = [f"{origin}.{each.name}" for each in node.names]
                case ast.Import():
                    wanted = [each.name for each in node.names]
                case _:
                    continue
            yield from (Import(importer, each) for each in wanted if each.split(".")[0] in HOUSES)


def face(tree: ast.Module) -> list[str] | None:
    """The names in a room's ``__all__``; None where it has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def rooms(modules: Mapping[str, ast.Module]) -> Mapping[str, ast.Module]:
    """The folders among these modules, without the houses themselves."""
    parents = {name.rpartition(".")[0] for name in modules}
    return {name: modules[name] for name in sorted(parents & modules.keys()) if name not in HOUSES}


def intrusions(modules: Mapping[str, ast.Module]) -> list[str]:
    """Who imports what past which face."""
    faces = {name: face(tree) or [] for name, tree in rooms(modules).items()}
    return sorted(
        f"{each.importer} imports {each.wanted}: {room} does not offer {name}"
        for each in imports(modules)
        for room, name in each.enters()
        if room in faces and name not in faces[room]
    )


def offered_in_vain(modules: Mapping[str, ast.Module]) -> list[str]:
    """What rooms offer and nobody outside them takes."""
    taken = {entry for each in imports(modules) for entry in each.enters()}
    offered = {(room, name) for room, tree in rooms(modules).items() for name in face(tree) or ()}
    return sorted(f"{room}.{name}" for room, name in offered - taken)
