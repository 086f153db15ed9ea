"""How Slurm's own sbatch reads a script: ``--test-only -vv`` tells what it found, without any Slurm running."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIGURATION = """ClusterName=none
SlurmctldHost=localhost
SlurmctldPort=1
AuthType=auth/none
MessageTimeout=1
NodeName=localhost CPUs=4
PartitionName=main Nodes=localhost Default=YES
"""
_TOLD = re.compile(r"sbatch: (?P<name>[a-z-]+) +: (?P<value>.*)")
_TIME = re.compile(r"(?:(?P<days>\d+)-)?(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+)")
_UNITS = {"": 2**20, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What sbatch read; ``seconds`` and ``memory`` (bytes) are None where there is no limit or none was asked for."""

    seconds: int | None
    cpus: int | None
    memory: int | None
    title: str | None
    comment: str | None


def read(folder: Path, text: str) -> Told | None:
    """What sbatch says of a script; None where it refuses it."""
    (folder / "slurm.conf").write_text(_CONFIGURATION)
    script = folder / "job.sh"
    script.write_text(text)
    done = subprocess.run(
        ["sbatch", "--test-only", "-vv", script],
        env={**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "LC_ALL": "C"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "end of defined options" not in done.stderr:
        return None
    found = {told["name"]: told["value"] for line in done.stderr.splitlines() if (told := _TOLD.fullmatch(line))}
    tasks = found.get("ntasks") or found.get("ntasks-per-node")
    cpus = int(tasks or 1) * int(found.get("cpus-per-task", 1))
    memory = found.get("mem") or found.get("mem-per-cpu")
    return Told(
        seconds=_seconds(found.get("time")),
        cpus=cpus if tasks or "cpus-per-task" in found else None,
        memory=_bytes(memory, times=1 if "mem" in found else cpus),
        title=found.get("job-name") or None,
        comment=found.get("comment") or None,
    )


def _seconds(told: str | None) -> int | None:
    found = _TIME.fullmatch(told or "")
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def _bytes(told: str | None, *, times: int) -> int | None:
    found = re.fullmatch(r"(\d+)([KMGT]?)", told or "")
    return int(found[1]) * _UNITS[found[2]] * times or None if found else None
