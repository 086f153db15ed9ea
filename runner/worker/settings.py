"""What the settings say of running jobs."""

from datetime import timedelta

from pydantic import Field

from runner.scheduling import Limits
from runner.scripts.parameters.options import MAX_CPUS
from runner.settings import Duration, Settings, Size


class JobSettings(Settings):
    """What every job is given: how many at once, in which order, how long, and which variables of the environment."""

    slots: int = Field(default=2, ge=1, le=1000)
    per_person: int | None = Field(default=None, ge=1, le=1000)
    cpus: int | None = Field(default=None, ge=1, le=MAX_CPUS)
    memory: Size | None = None
    ageing: Duration = timedelta(hours=1)
    patience: Duration = timedelta(minutes=30)
    timeout: Duration = timedelta(days=1)
    grace: Duration = timedelta(seconds=10)
    max_log: Size = 1_000_000_000
    lease: Duration = timedelta(minutes=1)
    environment: tuple[str, ...] = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")

    @property
    def limits(self) -> Limits:
        """How much may run at once."""
        return Limits(
            slots=self.slots,
            per_person=self.per_person,
            cpus=self.cpus,
            memory_bytes=self.memory,
            ageing=self.ageing,
            patience=self.patience,
        )
