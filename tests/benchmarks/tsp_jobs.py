"""Queues a job of task-spooler's, as its users do: by its program."""

import os
import subprocess

from tests.benchmarks.feeding import feed

if __name__ == "__main__":
    command = [os.environ["BENCH_TSP"], os.environ["BENCH_SCRIPT"]]
    feed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
