"""The settings of the executors; all processes read them, and the executors themselves are left to runners."""

from runner.settings import Settings


class LocalSettings(Settings):
    """Jobs on this machine."""

    control_groups: bool = True
    """Whether each job gets a control group of its own (cgroup v2) where the runner may make some: true or false.

    Without one it is held together by who descends from whom, and limited process by process.
    """


class ExecutorSettings(Settings):
    """What each executor is told, by the name that chooses it."""

    local: LocalSettings = LocalSettings()
