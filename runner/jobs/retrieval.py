"""How the requester of a job gets its results."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """The command that fetches a job's results and, for the built-in server, the password it asks for."""

    command: str
    password: str | None = field(default=None, repr=False)
