"""The SSH server tells that it turns, also by way of the threads that look people up; and not where these hang."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from socket import create_connection

import asyncssh
import pytest

from runner.retrieval import Account
from runner.retrieval.server import SshServer
from runner.retrieval.settings import RetrievalSettings
from runner.system.heartbeat import Heartbeat
from tests.support.machine.loops import Loops, wait_for_beat
from tests.support.slack.person import wait_for


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def start(tmp_path: Path, gate: threading.Event) -> Iterator[Callable[[], tuple[int, Heartbeat]]]:
    """Starts a server that looks nobody up before the gate opens; its port and its heartbeat."""
    with ExitStack() as stopping:

        def begin() -> tuple[int, Heartbeat]:
            def look_up(_: str) -> Account | None:
                gate.wait(100)
                return None

            loops = Loops()
            settings = RetrievalSettings(port=0, max_connections=64)
            server = SshServer(settings, tmp_path / "host_key", look_up, watchdog=loops)
            server.start()
            stopping.callback(server.stop)
            return server.port, wait_for(lambda: loops.named.get("the SSH server"), what="watched")

        yield begin


def test_server_turns_before_and_after_the_first_connection(start: Callable[[], tuple[int, Heartbeat]]) -> None:
    port, heartbeat = start()
    wait_for_beat(heartbeat)

    with create_connection(("127.0.0.1", port)) as connection:
        assert connection.recv(4) == b"SSH-"
        wait_for_beat(heartbeat)
        wait_for_beat(heartbeat)


def test_server_whose_threads_all_hang_does_not_turn(
    start: Callable[[], tuple[int, Heartbeat]], gate: threading.Event, asyncio_run: Callable[..., object]
) -> None:
    port, heartbeat = start()

    async def log_in_many_times() -> None:
        async def log_in(number: int) -> None:
            await asyncssh.connect(
                "127.0.0.1", port, username=f"job-{number}", password="wrong", known_hosts=None, config=None
            )

        tasks = [asyncio.create_task(log_in(number)) for number in range(40)]
        # It beats every five seconds.
        await asyncio.to_thread(wait_for, lambda: heartbeat.silence > timedelta(seconds=12), 60, what="silent")
        gate.set()
        await asyncio.wait(tasks)

    asyncio_run(log_in_many_times())
    wait_for_beat(heartbeat)
