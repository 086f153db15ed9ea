"""The ways in which the stand-in says no."""

from typing import Any


class RefusedError(Exception):
    """A request is refused with one of Slack's error names; `details` go into the answer beside it."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def as_answer(self) -> dict[str, Any]:
        """The JSON that Slack would answer."""
        return {"ok": False, "error": self.error, **self.details}


class InvalidArgumentsError(RefusedError):
    """Arguments are missing or of the wrong form; each message is one of Slack's, without `[ERROR]`."""

    def __init__(self, *messages: str) -> None:
        listed = [f"[ERROR] {message}" for message in messages]
        super().__init__("invalid_arguments", response_metadata={"messages": listed})


class BadValueError(Exception):
    """What a person entered does not fit the field; the message is for that person."""


class StateError(Exception):
    """The state file cannot be used; the message names what is wrong and what helps."""


class ManifestError(Exception):
    """The manifest cannot be used; the message names what is wrong."""
