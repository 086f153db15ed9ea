import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from runner.executors import EndedBy, Order
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings
from runner.supervision import fork_server as server_program
from tests.support.slack.person import wait_for

RUN_MASKED = """
import os, select, sys
from datetime import timedelta
from pathlib import Path
from runner.executors import Order
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings

folder = Path(sys.argv[1])
order = Order(
    job_id=1, attempt=1, argv=[os.path.realpath("/bin/sh"), "-c", "echo a secret; exit 3"],
    folder=folder, records=folder, log=folder / "log", environment={}, timeout=None, grace=timedelta(seconds=1),
    masked=["secret"],
    copies=folder,
)
attempt = LocalExecutor(LocalSettings()).start(order)
select.select([attempt], [], [], 10)
print(attempt.outcome().exit_code, (folder / "log").read_text())
"""


@pytest.fixture
def executor() -> LocalExecutor:
    return LocalExecutor(LocalSettings())


@pytest.fixture
def orders(tmp_path: Path) -> Callable[[], Order]:
    """Orders for a script that exits at once, each in folders of its own."""

    def numbered() -> Iterator[Order]:
        for number in range(1, 1000):
            folder, records = tmp_path / f"outbox-{number}", tmp_path / f"records-{number}"
            folder.mkdir()
            records.mkdir()
            yield Order(
                job_id=number,
                attempt=1,
                argv=[os.path.realpath("/bin/sh"), "-c", "echo ran >> proof"],
                folder=folder,
                records=records,
                log=folder / "log",
                environment={},
                timeout=None,
                grace=timedelta(seconds=1),
                copies=tmp_path / "copies",
            )

    source = numbered()
    return lambda: next(source)


def run(executor: LocalExecutor, order: Order) -> EndedBy:
    attempt = executor.start(order)
    assert select.select([attempt], [], [], 10)[0]
    return attempt.outcome().ended_by


def children(parent: int | None = None) -> set[int]:
    pid = parent or os.getpid()
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_server_that_was_killed_is_started_again(executor: LocalExecutor, orders: Callable[[], Order]) -> None:
    before = children()
    run(executor, orders())
    (server,) = children() - before
    os.kill(server, signal.SIGKILL)
    order = orders()

    ends = [run(executor, order), run(executor, orders())]

    assert set(ends) <= {EndedBy.NEVER_BEGAN, EndedBy.ITSELF}
    assert ends[-1] is EndedBy.ITSELF
    assert (order.folder / "proof").exists() == (ends[0] is EndedBy.ITSELF)


def test_server_ends_with_its_executor_and_leaves_no_zombie(orders: Callable[[], Order]) -> None:
    before = children()
    executor = LocalExecutor(LocalSettings())
    for _ in range(5):
        run(executor, orders())
    (server,) = children() - before
    wait_for(lambda: "Z" not in {state(pid) for pid in children(server)}, what="no zombies")

    del executor

    assert children() == before


def test_order_of_megabytes_arrives_whole(executor: LocalExecutor, orders: Callable[[], Order], tmp_path: Path) -> None:
    order = orders()
    words = ["x" * 100_000] * 15
    big = [*order.argv[:2], 'printf "%s" "$@" | wc -c > size', "sh", *words]

    assert run(executor, Order(**{name: getattr(order, name) for name in Order.__slots__} | {"argv": big})) is (
        EndedBy.ITSELF
    )

    assert (order.folder / "size").read_text().strip() == "1500000"


def test_installed_one_works_wherever_it_is_started_and_takes_nothing_from_there(tmp_path: Path) -> None:
    packages, here = tmp_path / "site-packages", tmp_path / "here"
    ours = Path(server_program.__file__).parents[1]
    shutil.copytree(ours, packages / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    (here / "runner/supervision").mkdir(parents=True)
    for decoy in ("json.py", "select.py", "runner/__init__.py", "runner/supervision/masking.py", "sitecustomize.py"):
        (here / decoy).write_text("raise SystemExit('the wrong one')")

    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN_MASKED, str(tmp_path)],
        cwd=here,
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("3 a [hidden]\n\n", "")


def test_server_imports_the_standard_library_and_its_package_alone() -> None:
    ours, theirs = socket.socketpair()
    ours.close()

    with theirs:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-X", "importtime", server_program.__file__],
            stdin=theirs.fileno(),
            env={},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    imported = set(re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE)) - {"package"}
    of_house = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in of_house if not name.startswith("runner.supervision")} == {"runner"}
    assert not imported & {"asyncio", "logging", "subprocess", "pathlib", "dataclasses", "inspect", "typing_extensions"}
