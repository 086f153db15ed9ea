"""What can be wrong with a file's annotations, in words fit to be shown."""

from dataclasses import dataclass

from runner.system.text import quoted, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file; ``line`` is None where it is the file as a whole. Fit to be shown.

    It may stand for several that are not told, and says so.
    """

    line: int | None = None
    found: str | None = None
    message: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None
    stands_for: int = 1

    def __str__(self) -> str:
        """``found “…”: message; allowed: …; did you mean “…”?``."""
        words = f"found {quoted(self.found)}: {self.message}" if self.found is not None else self.message
        if self.allowed:
            words += f"; allowed: {', '.join(self.allowed)}"
        return visible(words + (f"; did you mean {quoted(self.suggestion)}?" if self.suggestion else ""))
