"""Which job is next, and when: pure, told of all that it depends on."""

from runner.scheduling.forecast import Forecast, Range, Scene
from runner.scheduling.limits import Limits, Running, excess
from runner.scheduling.scheduler import Scheduler, Turn, Waiting, front, moved_at

__all__ = [
    "Forecast",
    "Limits",
    "Range",
    "Running",
    "Scene",
    "Scheduler",
    "Turn",
    "Waiting",
    "excess",
    "forecast",
    "front",
    "moved_at",
]
