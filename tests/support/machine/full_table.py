"""A program that fills the table of processes of the PID namespace it is started in, and runs jobs meanwhile.

It prints what became of each. In another namespace it would fill the whole machine's table.
"""

import os
import select
import signal
import sys
from datetime import timedelta
from pathlib import Path

from runner.executors import Attempt, Order, Outcome
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings
from tests.support.machine.attempts import is_running
from tests.support.slack.person import wait_for

MOST_PROCESSES = 350  # no less than 301 (proc_sys_kernel(5))
STORM = f"""#!{sys.executable} -IS
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except BlockingIOError:
        pass  # there is room for no more, until there is
"""


def main() -> None:
    assert os.getpid() == 1, "only in a namespace of its own"
    Path("/proc/sys/kernel/pid_max").write_text(str(MOST_PROCESSES))
    top = Path(sys.argv[1])
    executor = LocalExecutor(LocalSettings(control_groups=False))
    storm = executor.start(order(top, 1, STORM))
    wait_until_full()
    tell(executor, order(top, 2))
    killed = idle_supervisors(top)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in killed))
    tell(executor, order(top, 3))
    storm.stop()
    print(outcome(storm).ended_by)
    tell(executor, order(top, 4))


def order(top: Path, number: int, text: str = "#!/bin/sh\nexit 3\n") -> Order:
    folder, script = top / str(number), top / f"script-{number}"
    folder.mkdir()
    script.write_text(text)
    script.chmod(0o755)
    return Order(
        job_id=number,
        attempt=1,
        argv=[str(script)],
        folder=folder,
        records=folder,
        log=folder / "log",
        environment={"PATH": "/usr/bin:/bin"},
        timeout=None,
        grace=timedelta(seconds=0.5),
        copies=top / "copies",
    )


def wait_until_full() -> None:
    while True:
        try:
            os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        except OSError:
            return


def idle_supervisors(top: Path) -> list[int]:
    """All but the one of the first job."""
    named = [path.parent for path in Path("/proc").glob("[0-9]*/comm") if path.read_text() == "sr-supervisor\n"]
    busy = (top / "1/attempt-1.state").read_text()
    return [int(path.name) for path in named if f'"supervisor": {path.name},' not in busy]


def tell(executor: LocalExecutor, given: Order) -> None:
    try:
        found = outcome(executor.start(given))
    except OSError as error:
        print(error.strerror)
    else:
        print(found.ended_by, found.exit_code, found.error)


def outcome(attempt: Attempt) -> Outcome:
    select.select([attempt], [], [])
    return attempt.outcome()


if __name__ == "__main__":
    main()
