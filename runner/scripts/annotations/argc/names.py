"""Names of ours for argc's parameters, which may hold other signs and be the same for another kind."""

import re
from collections import Counter
from collections.abc import Iterable

from runner.scripts.annotations.argc.grammar import Tag


class Names:
    """Gives each tag a name of its own, also beside those of the commands around: these are ``outer``."""

    def __init__(self, outer: Iterable[str] = ()) -> None:
        self.taken = set(outer)
        self._given: dict[tuple[int, int], str] = {}
        self._counts: Counter[str] = Counter()

    def of(self, tag: Tag, part: int = 1) -> str:
        """The name of a tag, or of another value that it takes at once; the same whenever it is asked for."""
        if (tag.line, part) not in self._given:
            name = self._free(_own(tag) if part == 1 else f"{_own(tag)}_{part}", tag.kind)
            self.taken.add(name)
            self._given[tag.line, part] = name
        return self._given[tag.line, part]

    def _free(self, name: str, kind: str) -> str:
        base = f"{name}_{kind}"
        while name in self.taken:
            self._counts[base] += 1
            name = base if self._counts[base] == 1 else f"{base}_{self._counts[base]}"
        return name


def _own(tag: Tag) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", tag.name)
    return name if re.match(r"[A-Za-z]", name) else f"{tag.kind}_{name}"
