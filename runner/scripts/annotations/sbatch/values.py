"""The values of sbatch's options that mean something on one machine, in the forms that sbatch(1) lists."""

import re
from collections.abc import Callable, Mapping

from runner.scripts.parameters.options import MAX_DESCRIPTION
from runner.scripts.script import MAX_TITLE
from runner.system.text import clipped

_FIELDS = r"[0-9]{1,9}(?::[0-9]{1,9}){0,2}"
_TIME = re.compile(rf"(?P<days>[0-9]{{1,6}})-(?P<hours>{_FIELDS})?|(?P<minutes>{_FIELDS})")
_NO_LIMIT = ("-1", "infinite", "unlimited")
_SIZE = re.compile(r"(?P<amount>[0-9]{1,15})(?:(?P<unit>[kmgt])b?)?", re.IGNORECASE)
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def _seconds(written: str) -> int:
    """A time limit, in whole minutes as Slurm keeps it; 0 for none."""
    if written.lower() in _NO_LIMIT:
        return 0
    found = _TIME.fullmatch(written)
    if found is None:
        raise ValueError(
            "must be minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes or"
            " days-hours:minutes:seconds"
        )
    fields = [int(field) for field in (found["hours"] or found["minutes"] or "0").split(":")]
    if found["minutes"] and len(fields) < 3:
        fields = [0, *fields]
    hours, minutes, seconds = (*fields, 0, 0)[:3]
    total = 86_400 * int(found["days"] or 0) + 3_600 * hours + 60 * minutes + seconds
    return total + -total % 60


def _count(written: str) -> int:
    if not re.fullmatch(r"\+?[0-9]{1,9}", written) or int(written) == 0:
        raise ValueError("must be a whole number above 0")
    return int(written)


def _bytes(written: str) -> int:
    """A size, in whole megabytes as Slurm keeps it."""
    found = _SIZE.fullmatch(written)
    if found is None:
        raise ValueError("must be a whole number of megabytes, or one with K, M, G or T")
    size_bytes = int(found["amount"]) * _UNITS[(found["unit"] or "m").lower()]
    return size_bytes + -size_bytes % _UNITS["m"]


def _line(at_most: int) -> Callable[[str], str]:
    def read(written: str) -> str:
        return clipped(" ".join(written.split()), at_most)

    return read


READERS: Mapping[str, Callable[[str], int | str]] = {
    "time": _seconds,
    "cpus-per-task": _count,
    "ntasks": _count,
    "ntasks-per-node": _count,
    "mem": _bytes,
    "mem-per-cpu": _bytes,
    "job-name": _line(MAX_TITLE),
    "comment": _line(MAX_DESCRIPTION),
}
"""Readers by the long names of options; ValueError with what is allowed."""
