"""`make chaos`: the long storm; CHAOS_SEED, CHAOS_JOBS and CHAOS_KILLS choose another one."""

import os
import random
import shutil
import tempfile
import time
from pathlib import Path

from tests.chaos.site import Site
from tests.chaos.storm import Storm
from tests.chaos.verdict import check, check_stopped
from tests.support.machine.command import slack


def main() -> None:
    """Let it rage, assert what must hold, print the figures."""
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))  # noqa: S311  # no secret
    jobs, kills = int(os.environ.get("CHAOS_JOBS", "520")), int(os.environ.get("CHAOS_KILLS", "310"))
    print(f"CHAOS_SEED={seed} CHAOS_JOBS={jobs} CHAOS_KILLS={kills}", flush=True)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    print(f"Where something does not hold, all stays as it was in {folder}", flush=True)
    with slack(folder) as workspace, Site(folder, workspace) as site:
        storm = Storm(site, seed=seed, jobs=jobs, kills=kills)
        storm.rage()
        figures = check(storm)
        check_stopped(storm)
    shutil.rmtree(folder)
    for name, number in (figures | {"seconds": round(time.monotonic() - began)}).items():
        print(f"{name:<36} {number:7}")


if __name__ == "__main__":
    main()
