"""What huey runs, in the Python that has huey; as a program it queues that."""

import os
import subprocess

from feeding import feed
from huey import SqliteHuey

queue = SqliteHuey(filename=f"{os.environ['BENCH_FOLDER']}/huey.db")


@queue.task()
def run(script: str) -> None:
    """Run a script."""
    subprocess.run([script], check=True)


if __name__ == "__main__":
    import huey_jobs  # by this name the workers know it

    feed(lambda: huey_jobs.run(os.environ["BENCH_SCRIPT"]))
