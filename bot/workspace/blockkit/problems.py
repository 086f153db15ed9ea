"""What is wrong with Block Kit JSON, in the three shapes in which Slack says so."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockProblem:
    """One broken rule and the JSON pointer to where it is broken."""

    code: str
    message: str
    pointer: str
    field: str | None = None
    constraint: dict[str, Any] | None = None

    def as_line(self) -> str:
        """As the Web API lists it."""
        return f"{self.message} [json-pointer:{self.pointer}]"

    def as_issue(self) -> dict[str, Any]:
        """As blocks.validate lists it."""
        issue: dict[str, Any] = {"code": self.code, "message": self.message, "pointer": self.pointer}
        if self.field:
            issue["field"] = self.field
        if self.constraint:
            issue["constraint"] = self.constraint
        return issue


def failed(message: str, pointer: str, constraint: str, expected: Any) -> BlockProblem:
    """A value that breaks a constraint, with what is allowed."""
    detail = {"type": constraint} if expected is None else {"type": constraint, "expected": expected}
    return BlockProblem(code="failed_constraint", message=message, pointer=pointer, constraint=detail)


def missing(name: str, pointer: str) -> BlockProblem:
    """An object without a field that it must have."""
    return BlockProblem(code="missing_field", message=f"missing required field: {name}", pointer=pointer, field=name)


def wrong_type(wanted: str, pointer: str) -> BlockProblem:
    """A value of the wrong JSON type."""
    return BlockProblem(code="invalid_type", message=f"must provide {wanted}", pointer=pointer)
