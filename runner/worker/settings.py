"""What the settings say of running jobs."""

from datetime import timedelta

from pydantic import Field

from runner.scheduling import Limits, WaitingLimits
from runner.scripts.parameters.options import MAX_CPUS
from runner.settings import Duration, Settings, Size

MAX_WAITING = 10_000
"""The most that a limit of waiting jobs can be: those are counted whenever one is asked for."""


class JobSettings(Settings):
    """What every job is given: where it runs, how many at once, in which order, how long, and which environment."""

    executor: str = "local"
    """Where jobs run: local, this machine. Those that run when this is changed stay where they were started."""
    slots: int = Field(default=2, ge=1, le=1000)
    """How many jobs run at once, from 1 to 1000."""
    per_person: int | None = Field(default=None, ge=1, le=1000)
    """How many jobs of one person run at once, from 1 to 1000.

    null: all but a quarter of the slots, and but one at least, so that whoever comes next finds one free; of a single
    slot that one.
    """
    waiting_per_person: int | None = Field(default=100, ge=1, le=MAX_WAITING)
    """How many jobs of one person may wait, held ones included, from 1 to 10000; null: not limited.

    It holds for administrators too. A job that is attempted anew is always taken back.
    """
    waiting_per_script: int | None = Field(default=1000, ge=1, le=MAX_WAITING)
    """How many jobs of one script may wait, half of them of one person, from 1 to 10000; null: not limited."""
    cpus: int | None = Field(default=None, ge=1, le=MAX_CPUS)
    """How many CPUs the running jobs may ask for in all, from 1 to 4096; null: not limited.

    A script asks for them with "cpus: 4"; one that does not say counts for 1.
    """
    memory: Size | None = None
    """How much memory the running jobs may ask for in all, such as 64G; null: not limited.

    A script asks for it with "memory: 4G"; one that does not say counts for nothing.
    """
    ageing: Duration = timedelta(hours=1)
    """How long a job waits until that counts as much as one step of "priority", which scripts have from -10 to 10."""
    patience: Duration = timedelta(minutes=30)
    """How long smaller jobs may overtake the one whose turn it is while it does not fit; then its room is kept free."""
    timeout: Duration = timedelta(days=1)
    """How long a job may run where its script does not say."""
    grace: Duration = timedelta(seconds=10)
    """How long a job that is stopped may tidy up before it is killed, where its script does not say."""
    max_log: Size = 1_000_000_000
    """How large a job's log may grow, such as 1G; a job that writes more is stopped, and its log is cut there."""
    lease: Duration = timedelta(minutes=1)
    """How long a runner may not be heard of before another one on the same database takes its jobs to be lost."""
    environment: tuple[str, ...] = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    """The variables of the runner's environment that jobs get."""

    @property
    def limits(self) -> Limits:
        """How much may run at once."""
        return Limits(
            slots=self.slots,
            per_person=self._per_person,
            cpus=self.cpus,
            memory_bytes=self.memory,
            ageing=self.ageing,
            patience=self.patience,
        )

    @property
    def waiting_limits(self) -> WaitingLimits:
        """How many may wait."""
        return WaitingLimits(per_person=self.waiting_per_person, per_script=self.waiting_per_script)

    @property
    def _per_person(self) -> int:
        if self.per_person is not None:
            return self.per_person
        return max(1, self.slots - max(1, self.slots // 4))
