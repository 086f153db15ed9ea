"""What a job finds in its environment where its script has Slurm's lines: as far as Slurm would set it on one node."""

import socket
from pathlib import Path

from runner.jobs import Job
from runner.scripts import Script


def variables(script: Script, job: Job, folder: Path) -> dict[str, str]:
    """The variables that the script's lines ask for and those that are the job's own; none for other scripts.

    It was submitted, as Slurm has it, from its ``folder``, where it runs.
    """
    if not script.environment:
        return {}
    host = socket.gethostname().partition(".")[0]
    cpus = str(job.cpus)
    return {
        "SLURM_JOB_NAME": script.path.name,
        "SLURM_JOB_ID": str(job.id),
        "SLURM_JOBID": str(job.id),
        "SLURM_SUBMIT_DIR": str(folder),
        "SLURM_SUBMIT_HOST": host,
        "SLURMD_NODENAME": host,
        "SLURM_JOB_NODELIST": host,
        "SLURM_NODELIST": host,
        "SLURM_CPUS_ON_NODE": cpus,
        "SLURM_JOB_CPUS_PER_NODE": cpus,
        **script.environment,
    }
