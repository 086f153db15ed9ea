"""Every executor, and orders for it in a folder of their own."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.executors import Executor, Order
from runner.executors.registry import EXECUTORS
from tests.support.machine.attempts import LONG, SECOND, MakeOrder, made, pids


@pytest.fixture(params=EXECUTORS)
def executor_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def executor(executor_name: str) -> Executor:
    return made(executor_name)


@pytest.fixture
def order_factory(tmp_path: Path) -> Iterator[MakeOrder]:
    """An order to run a script of this text with these arguments; what it started is killed in the end."""

    def make(text: str | bytes = LONG, *arguments: str, **parts: Any) -> Order:
        path = tmp_path / "script"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o755)
        for folder in ("outbox", "records"):
            (tmp_path / folder).mkdir(mode=0o700, exist_ok=True)
        order = Order(
            job_id=12,
            attempt=1,
            argv=[str(path), *arguments],
            folder=tmp_path / "outbox",
            records=tmp_path / "records",
            log=tmp_path / "outbox" / "job-12.log",
            environment={"PATH": "/usr/bin:/bin"},
            timeout=None,
            grace=SECOND * 5,
            copies=tmp_path / "copies",
        )
        return replace(order, **parts)

    yield make
    for pid in pids(tmp_path / "outbox" / "pids") + pids(tmp_path / "outbox" / "pid"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def local() -> Executor:
    return made("local")
