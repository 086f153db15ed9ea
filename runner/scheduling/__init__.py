"""Which job is next, and when: pure, told of all that it depends on."""

from runner.scheduling.forecast import Forecast, Range, Scene
from runner.scheduling.limits import Limits, Load, Reported, Running, excess
from runner.scheduling.obstacles import obstacle
from runner.scheduling.scheduler import Scheduler, Turn, Waiting, front, moved_at
from runner.scheduling.waiting_limits import NearLimit, WaitingCounts, WaitingLimits, near_limit

__all__ = [
    "Forecast",
    "Limits",
    "Load",
    "NearLimit",
    "Range",
    "Reported",
    "Running",
    "Scene",
    "Scheduler",
    "Turn",
    "Waiting",
    "WaitingCounts",
    "WaitingLimits",
    "excess",
    "forecast",
    "front",
    "moved_at",
    "near_limit",
    "obstacle",
]
