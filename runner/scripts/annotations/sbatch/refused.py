"""What sbatch takes and this machine cannot do yet: the script is refused, lest it do something else than it says."""

import re

_RANGE = re.compile(r"(?P<first>[0-9]{1,7})(?:-(?P<last>[0-9]{1,7})(?::(?P<step>[0-9]{1,7}))?)?")
_DEPENDENCY = "waits for other jobs, which is not done here: take the line out, and run it once they have ended"


def refusal(name: str, value: str) -> str | None:
    """Why an option that sbatch would take is refused; None where it is not."""
    if name == "dependency":
        return _DEPENDENCY
    if name != "array":
        return None
    count = _count(value)
    jobs = "1 job" if count == 1 else f"{count:,} jobs" if count else "several jobs"
    return (
        f"asks for {jobs} at once, and here a request is one job: take the line out, and let a parameter with"
        " env: SLURM_ARRAY_TASK_ID ask which one it is"
    )


def _count(indexes: str) -> int:
    """How many jobs an array is, such as ``1-10``, ``1,3,5-9:2`` or ``0-15%4``; 0 where that cannot be told."""
    total = 0
    for part in indexes.partition("%")[0].split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None:
            return 0
        last, step = int(found["last"] or found["first"]), int(found["step"] or 1)
        total += len(range(int(found["first"]), last + 1, step or 1))
    return total
