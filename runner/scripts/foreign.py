"""Folders that came with programs and packages: what is executable there is theirs, and no script of this catalogue."""

from collections.abc import Collection

_NAMES = frozenset(
    {"node_modules", "bower_components", "__pycache__", "site-packages", "dist-packages"}
    | {"CVS", "RCS", "SCCS", "_darcs"}
    | {"__MACOSX", "@eaDir", "lost+found", "System Volume Information", "$RECYCLE.BIN"}
)
_ENDINGS = (".dist-info", ".egg-info", ".egg")
_BY_NAME = {"venv": "an environment of Python", "virtualenv": "an environment of Python"}
_BY_CONTENT = {
    frozenset({"pyvenv.cfg"}): "an environment of Python",
    frozenset({"conda-meta"}): "an environment of conda",
    frozenset({"HEAD", "objects", "refs"}): "a repository of Git",
}


def is_foreign(name: str, content: Collection[str]) -> bool:
    """Whether a folder of that name with these names in it is passed over; hidden ones are, whatever they hold."""
    return name.startswith(".") or name in _NAMES or name.endswith(_ENDINGS) or taken_for(name, content) is not None


def taken_for(name: str, content: Collection[str]) -> str | None:
    """What a folder is taken for whose name does not say it for sure; None where that is plain, or it is none."""
    names = frozenset(content)
    by_content = next((words for marks, words in _BY_CONTENT.items() if marks <= names), None)
    return by_content or _BY_NAME.get(name)
