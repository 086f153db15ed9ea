"""What huey runs, in the Python that has huey; as a program it queues that."""

import os
import subprocess

from huey import SqliteHuey

from tests.benchmarks.feeding import feed

queue = SqliteHuey(filename=f"{os.environ['BENCH_FOLDER']}/huey.db")


@queue.task()  # type: ignore[untyped-decorator]  # huey brings no types, and is not always there
def run(script: str) -> None:
    """Run a script."""
    subprocess.run([script], check=True)


if __name__ == "__main__":
    from tests.benchmarks import huey_jobs

    feed(lambda: huey_jobs.run(os.environ["BENCH_SCRIPT"]))
