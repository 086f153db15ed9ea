"""The executors there are, and those that one runner has; no process but a runner imports them."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.executors.local import LocalExecutor
from runner.executors.protocol import Attempt, EndedBy, Executor, Order, Outcome
from runner.executors.settings import ExecutorSettings
from runner.jobs import Job

_log = logging.getLogger(__name__)
_BEFORE_NAMES = "local"  # what began the jobs whose rows say nothing: there was no other when they began

ExecutorRegistry = Mapping[str, Callable[[Any], Executor]]
"""Makes each executor from the group of its settings, by its name: at most 32 letters, kept while jobs remember it."""

EXECUTORS: ExecutorRegistry = {"local": LocalExecutor}


class Executors:
    """The executors of one runner: the one of the name ``chosen`` starts jobs, and each finds those it started.

    Each other one is made when there is first something to find. Raises what making the chosen one raises.
    """

    def __init__(self, settings: ExecutorSettings, *, chosen: str, registry: ExecutorRegistry = EXECUTORS) -> None:
        self.chosen = chosen
        self._settings = settings
        self._registry = registry
        self._made = {chosen: registry[chosen](getattr(settings, chosen))}

    def holds_memory(self) -> bool:
        """Whether jobs that are started now are held to their memory as a whole."""
        return self._made[self.chosen].holds_memory()

    def start(self, order: Order) -> Attempt:
        """Have the chosen one start an attempt; raises as it does."""
        return self._made[self.chosen].start(order)

    def find(self, job: Job, *, records: Path) -> Attempt | Outcome:
        """Have the executor find the job's attempt that started it, whichever is chosen now; raises as it does.

        Where there is none of that name any more, what became of the attempt is unknown: it may run there still, and
        no other executor may take it for one that never began.
        """
        name = job.executor or _BEFORE_NAMES
        if name in self._registry:
            return self._named(name).find(records=records, attempt=job.attempt)
        known = ", ".join(self._registry)
        _log.error("job %d was started by the executor %s, which there is not; known: %s", job.id, name, known)
        return Outcome(ended_by=EndedBy.UNKNOWN, error=f"it was started by “{name}”, which this runner does not know")

    def _named(self, name: str) -> Executor:
        if name not in self._made:
            self._made[name] = self._registry[name](getattr(self._settings, name))
        return self._made[name]
