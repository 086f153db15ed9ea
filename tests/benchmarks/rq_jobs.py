"""What rq runs, in the Python that has rq; as a program it queues that, or works with the argument ``work``."""

import os
import subprocess
import sys

from redis import Redis
from rq import Queue, Worker

from tests.benchmarks.feeding import feed


def run(script: str) -> None:
    """Run a script."""
    subprocess.run([script], check=True)


if __name__ == "__main__":
    queue = Queue(connection=Redis(unix_socket_path=f"{os.environ['BENCH_FOLDER']}/redis.sock"))
    if sys.argv[1:] == ["work"]:
        Worker([queue], connection=queue.connection).work()
    else:
        feed(lambda: queue.enqueue("rq_jobs.run", os.environ["BENCH_SCRIPT"]))
