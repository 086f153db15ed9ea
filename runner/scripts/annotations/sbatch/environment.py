"""The variables that a script finds when sbatch starts it, as far as its directives say what they are.

What Slurm 22.05 sets in a job on one node, each only where it sets it; what a job has of its own is set when it starts.
"""

from collections.abc import Mapping

_ONE_NODE = {
    "SLURM_NNODES": "1",
    "SLURM_JOB_NUM_NODES": "1",
    "SLURM_NODEID": "0",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_GTIDS": "0",
}
_MEGABYTE = 2**20


def variables(read: Mapping[str, int | str]) -> dict[str, str]:
    """The variables beside these options, whose values are numbers, bytes or text."""
    tasks = read.get("ntasks") or read.get("ntasks-per-node")
    found: dict[str, int | str | None] = {
        "SLURM_JOB_NAME": read.get("job-name"),
        "SLURM_CPUS_PER_TASK": read.get("cpus-per-task"),
        "SLURM_NTASKS": tasks,
        "SLURM_NPROCS": tasks,
        "SLURM_NTASKS_PER_NODE": read.get("ntasks-per-node"),
        "SLURM_TASKS_PER_NODE": tasks or 1,
        "SLURM_MEM_PER_NODE": int(read.get("mem", 0)) // _MEGABYTE,
        "SLURM_MEM_PER_CPU": int(read.get("mem-per-cpu", 0)) // _MEGABYTE,
    }
    return _ONE_NODE | {name: str(value) for name, value in found.items() if value}
