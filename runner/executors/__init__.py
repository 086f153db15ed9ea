"""Where jobs run: one protocol, one module for each place.

The places themselves, and the registry of them in ``registry``, bring what starts processes: runners alone import them.
"""

from runner.executors.protocol import Attempt, EndedBy, Executor, NotSeen, Order, Outcome
from runner.executors.settings import ExecutorSettings

__all__ = [
    "Attempt",
    "EndedBy",
    "Executor",
    "ExecutorSettings",
    "NotSeen",
    "Order",
    "Outcome",
    "attempt_records",
    "registry",
    "writers",
]
