import asyncio
import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.support.slack.person import wait_for


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def silent(port: int, source: str) -> socket.socket:
    """A connection that the server has begun to serve, and that says nothing."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
    assert connection.recv(20, socket.MSG_WAITALL) == b"SSH-2.0-ScriptRunner"
    return connection


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@pytest.mark.parametrize("sources", [["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"], ["127.0.0.1"]])
def test_who_knows_the_password_gets_in_while_500_connections_are_held_open_in_silence(
    site: Any, outbox: Path, closing: ExitStack, sources: list[str]
) -> None:
    (outbox / "result.txt").write_text("right")
    for number in range(500):
        closing.enter_context(silent(site.port, sources[number % len(sources)]))

    done = site.scp("job-12@127.0.0.1:result.txt", ".", password="right")

    assert done.returncode == 0, done.stderr
    assert (site.here / "home" / "result.txt").read_text() == "right"


def test_dropped_connections_are_counted_in_the_log_without_a_line_for_each(
    site_factory: Callable[..., Any], closing: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site = site_factory(max_startups=4)
    for _ in range(50):
        closing.enter_context(silent(site.port, "127.0.0.2"))

    site.server.stop()

    told = [re.fullmatch(r"connections dropped .*: (\d+)", message) for message in caplog.messages]
    assert sum(int(each[1]) for each in told if each) == 48
    assert len(caplog.messages) < 10


def test_an_address_holds_half_of_the_connections_that_have_not_logged_in(
    site_factory: Callable[..., Any], closing: ExitStack
) -> None:
    site = site_factory(max_startups=8)
    other = closing.enter_context(silent(site.port, "127.0.0.3"))
    greedy = [closing.enter_context(silent(site.port, "127.0.0.2")) for _ in range(20)]

    wait_for(lambda: sum(map(is_open, greedy)) == 4)
    assert is_open(other)


def test_nothing_is_left_of_a_flood_that_is_over(site: Any) -> None:
    closing = ExitStack()
    for _ in range(200):
        closing.enter_context(silent(site.port, "127.0.0.2"))
    assert open_connections(site.port) > 0

    closing.close()

    wait_for(lambda: open_connections(site.port) == 0)


def open_connections(port: int) -> int:
    """How many connections the server has not closed yet, of those that people have closed or not (proc(5))."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established, close_wait = "01", "08"
    return sum(row[1].endswith(f":{port:04X}") and row[3] in (established, close_wait) for row in rows)


def test_a_connection_has_ten_sessions_at_once(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    async def opened_again(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
        async with asyncio.timeout(10):
            while True:
                with suppress(asyncssh.ChannelOpenError):
                    return await connection.start_sftp_client()

    async def open_many() -> None:
        async with asyncssh.connect(
            "127.0.0.1", site.port, username="job-12", password="right", known_hosts=None, config=None, client_keys=None
        ) as connection:
            opened = await asyncio.gather(*(connection.start_sftp_client() for _ in range(10)))
            with pytest.raises(asyncssh.ChannelOpenError, match="At most 10 sessions"):
                await connection.start_sftp_client()
            opened[0].exit()
            assert await (await opened_again(connection)).listdir(".") == [".", ".."]

    asyncio_run(open_many())


def test_one_user_cannot_take_all_connections(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    site.add("job-13", "right", outbox)

    async def log_in(user: str) -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            "127.0.0.1", site.port, username=user, password="right", known_hosts=None, config=None, client_keys=None
        )

    async def crowd() -> None:
        taken = [await log_in("job-12") for _ in range(16)]
        with pytest.raises(asyncssh.DisconnectError, match="Too many connections"):
            await log_in("job-12")
        async with await log_in("job-13"):
            for each in taken:
                each.abort()

    asyncio_run(crowd())
