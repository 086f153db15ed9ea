"""Where jobs run: one protocol, one module for each place."""

from runner.executors.local import LocalExecutor
from runner.executors.protocol import Attempt, EndedBy, Executor, NotSeen, Order, Outcome

__all__ = ["EXECUTORS", "Attempt", "EndedBy", "Executor", "LocalExecutor", "NotSeen", "Order", "Outcome"]

EXECUTORS: dict[str, type[Executor]] = {"local": LocalExecutor}
"""Every executor by the name it has in the settings."""
