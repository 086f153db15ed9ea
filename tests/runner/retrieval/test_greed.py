"""What one person who has logged in can take from the others: never all of anything, however they ask for it."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.packet import String, UInt32

from tests.support.slack.person import wait_for

MEGABYTE = 1024 * 1024
OPEN, CLOSE, READ, OPENDIR, READDIR, REALPATH = 3, 4, 5, 11, 12, 16
STATUS, HANDLE, DATA, NAME = 101, 102, 103, 104
CHANNEL_OPEN = 90


async def connect(port: int, user: str = "job-12") -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1", port, username=user, password="right", known_hosts=None, config=None, client_keys=None
    )


class RawSftp:
    """Says to a server whatever one likes, in packets of its protocol."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes], reader: asyncssh.SSHReader[bytes]) -> None:
        self._writer = writer
        self._reader = reader

    def send(self, *parts: bytes | int) -> None:
        """A packet of numbers as they are on the wire, and strings; the first number has one byte."""
        kind, *rest = parts
        assert isinstance(kind, int)
        body = bytes([kind])
        for part in rest:
            body += struct.pack(">I", part) if isinstance(part, int) else struct.pack(">I", len(part)) + part
        self.send_raw(struct.pack(">I", len(body)) + body)

    def send_raw(self, packet: bytes) -> None:
        self._writer.write(packet)

    async def flush(self) -> None:
        await self._writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """The next packet's kind, and what follows the request's number."""
        (length,) = struct.unpack(">I", await self._reader.readexactly(4))
        packet = await self._reader.readexactly(length)
        return packet[0], packet[5:]

    async def handle(self, kind: int, path: bytes) -> bytes:
        self.send(kind, 1, path, *([1, 0] if kind == OPEN else []))
        answered, rest = await self.answer()
        assert answered == HANDLE, rest
        return rest[4:]


@asynccontextmanager
async def raw_sftp(connection: asyncssh.SSHClientConnection, *, window: int = 2 * MEGABYTE) -> AsyncIterator[RawSftp]:
    writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None, window=window)
    sftp = RawSftp(writer, reader)
    sftp.send(1, 3)
    await sftp.answer()
    yield sftp


def most_memory(pid: int) -> int:
    """The most memory that the process ever had, in bytes (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def ticks_of(pid: int) -> int:
    """The processor time of the process so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def quiet(pid: int) -> None:
    """Wait until the process has done nothing for some moments, which is all it would do with what it was asked."""
    ticks, unchanged = -1, 0
    async with asyncio.timeout(100):
        while unchanged < 10:
            await asyncio.sleep(0.05)
            now = ticks_of(pid)
            unchanged = unchanged + 1 if now == ticks else 0
            ticks = now


async def is_served(site: Any, user: str) -> bool:
    async with asyncio.timeout(60):
        connection = await connect(site.port, user)
        async with connection, connection.start_sftp_client() as sftp:
            names = await sftp.listdir(".")
    return bool(names)


@pytest.fixture
def other(site: Any, outbox: Path) -> str:
    """Somebody else's user name."""
    site.add("job-99", "right", outbox)
    return "job-99"


@pytest.mark.parametrize("window", [32 * 1024, 2**31 - 1])
def test_reader_that_never_reads_takes_no_memory_for_what_it_asked_for(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any], window: int
) -> None:
    with (outbox / "big").open("wb") as file:
        file.truncate(512 * MEGABYTE)

    async def ask_for_much() -> None:
        async with AsyncExitStack() as stack:
            connection = await connect(site.port)
            stack.callback(connection.abort)
            sftp = await stack.enter_async_context(raw_sftp(connection, window=window))
            handle = await sftp.handle(OPEN, b"big")
            before = most_memory(site.server.pid)
            connection._transport.pause_reading()  # type: ignore[union-attr]  # noqa: SLF001  # nothing is read from now on
            for number in range(2_000):
                sftp.send(READ, number, handle, 0, (number % 2_000) * 256 * 1024, 256 * 1024)
            await sftp.flush()
            await quiet(site.server.pid)
            assert await is_served(site, other)
            assert most_memory(site.server.pid) - before < 60 * MEGABYTE

    asyncio_run(ask_for_much())


def test_connection_that_leaves_refusals_unread_is_dropped(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(most_unsent_bytes=50_000)
    site.add("job-12", "right", site.here)

    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little is unread on the way
    narrow.connect(("127.0.0.1", site.port))

    async def ask_in_vain() -> None:
        connection = await asyncssh.connect(
            sock=narrow, username="job-12", password="right", known_hosts=None, config=None, client_keys=None
        )
        for _ in range(10):
            await connection.start_sftp_client()
        connection._transport.pause_reading()  # type: ignore[union-attr]  # noqa: SLF001  # nothing is read from now on
        async with asyncio.timeout(100):
            while not connection.is_closed():
                for number in range(1_000):
                    connection.send_packet(CHANNEL_OPEN, String("session"), *map(UInt32, (number, 2**21, 32768)))
                await asyncio.sleep(0.01)
        assert await is_served(site, "job-12")

    asyncio_run(ask_in_vain())


def test_who_asks_and_reads_gets_all_of_it_however_much_is_asked_for_at_once(
    site: Any, outbox: Path, asyncio_run: Callable[..., Any]
) -> None:
    (outbox / "big").write_bytes(bytes(range(256)) * 1024 * 64)

    async def ask() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            handle = await sftp.handle(OPEN, b"big")
            for number in range(64):
                sftp.send(READ, number, handle, 0, number * 256 * 1024, 2**31)
            for _ in range(64):
                kind, rest = await sftp.answer()
                assert (kind, len(rest)) == (DATA, 4 + 256 * 1024)

    asyncio_run(ask())


def test_folders_are_not_opened_by_the_thousand_and_can_be_again_once_closed(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    async def open_many() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            for _ in range(2):
                handles, refused = [], 0
                for number in range(1_000):
                    sftp.send(OPENDIR, number, b".")
                    kind, rest = await sftp.answer()
                    refused += kind == STATUS
                    handles += [rest[4:]] if kind == HANDLE else []
                assert (len(handles), refused) == (64, 936)
                for handle in handles:
                    sftp.send(CLOSE, 1, handle)
                    await sftp.answer()
        assert await is_served(site, other)

    asyncio_run(open_many())


def test_listing_that_was_let_go_of_half_way_gives_back_what_it_took(
    site: Any, outbox: Path, asyncio_run: Callable[..., Any]
) -> None:
    for number in range(300):
        (outbox / f"file-{number}").touch()

    async def begin_many() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            for _ in range(100):
                handle = await sftp.handle(OPENDIR, b".")
                sftp.send(READDIR, 1, handle)
                assert (await sftp.answer())[0] == NAME
                sftp.send(CLOSE, 1, handle)
                assert (await sftp.answer())[0] == STATUS

    asyncio_run(begin_many())


def test_one_person_s_files_over_many_connections_leave_handles_to_others(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    (outbox / "a.txt").write_text("a")
    opened = 0

    async def open_many() -> None:
        nonlocal opened
        async with AsyncExitStack() as stack:
            for _ in range(8):
                connection = await stack.enter_async_context(await connect(site.port))
                sftp = await stack.enter_async_context(connection.start_sftp_client())
                with suppress(asyncssh.SFTPFailure):
                    for _ in range(64):
                        await sftp.open("a.txt", "rb")
                        opened += 1
            connection = await stack.enter_async_context(await connect(site.port, other))
            sftp = await stack.enter_async_context(connection.start_sftp_client())
            async with sftp.open("a.txt", "rb") as file:
                content: str | bytes = await file.read()  # asyncssh says str, whatever the mode
            assert content == b"a"

    asyncio_run(open_many())
    assert opened == 256


def test_person_with_many_jobs_leaves_room_for_other_people(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    for number in range(20, 30):
        site.add(f"job-{number}", "right", outbox, owner="U0GREEDY")

    async def crowd() -> None:
        async with AsyncExitStack() as stack:
            taken = 0
            for number in range(100):
                with suppress(asyncssh.Error, OSError):
                    await stack.enter_async_context(await connect(site.port, f"job-{20 + number % 10}"))
                    taken += 1
            assert taken == 16
            assert await is_served(site, other)

    asyncio_run(crowd())


def test_packet_said_to_be_longer_than_any_ends_its_session_alone(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    async def boast() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            sftp.send_raw(struct.pack(">I", 2**32 - 1) + b"\3" * 100_000)
            with pytest.raises(asyncio.IncompleteReadError):
                await sftp.answer()
            async with raw_sftp(connection) as another:
                assert await another.handle(OPENDIR, b".")
        assert await is_served(site, other)

    asyncio_run(boast())


def test_path_of_megabytes_is_the_name_of_no_file(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    async def ask() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            for kind in (REALPATH, OPENDIR, 7, 17):  # LSTAT, STAT
                sftp.send(kind, 1, b"/a" * MEGABYTE)
                answered, rest = await sftp.answer()
                if kind == OPENDIR:
                    sftp.send(READDIR, 2, rest[4:])
                    answered, rest = await sftp.answer()
                assert (answered, struct.unpack(">I", rest[:4])[0]) == (STATUS, asyncssh.FX_NO_SUCH_FILE)

    asyncio_run(ask())


@pytest.mark.parametrize("offset", [2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_read_beyond_all_files_is_answered(
    site: Any, outbox: Path, asyncio_run: Callable[..., Any], offset: int
) -> None:
    (outbox / "a.txt").write_text("a")

    async def ask() -> None:
        connection = await connect(site.port)
        async with connection, raw_sftp(connection) as sftp:
            handle = await sftp.handle(OPEN, b"a.txt")
            sftp.send(READ, 1, handle, offset >> 32, offset & (2**32 - 1), 2**32 - 1)
            assert (await sftp.answer())[0] == STATUS
            sftp.send(READ, 1, handle, 0, 0, 2**32 - 1)
            assert (await sftp.answer())[1][4:] == b"a"

    asyncio_run(ask())


@pytest.mark.parametrize("pattern", ["/".join(["**"] * 12), "/".join(["*", ".."] * 24), "*" * 100_000])
def test_pattern_that_would_be_tried_for_ever_is_refused_and_nobody_is_held_up(
    site: Any, outbox: Path, other: str, pattern: str, asyncio_run: Callable[..., Any]
) -> None:
    for number in range(12):
        (outbox / f"{number}" / "a" / "b").mkdir(parents=True)

    async def ask() -> None:
        async with await connect(site.port) as connection:
            process = await connection.create_process(f"scp -f -r '{pattern}'")
            with suppress(BrokenPipeError):  # answered already
                process.stdin.write("\0" * 100)
            done = await process.wait(timeout=60)
            assert "A pattern is matched" in str(done.stderr)
        assert await is_served(site, other)

    asyncio_run(ask())


def test_variables_that_a_client_sets_are_not_kept(
    site: Any, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    async def set_many() -> None:
        async with await connect(site.port) as connection:
            await connection.run("true", env={"FIRST": "1"})
            before = most_memory(site.server.pid)
            await connection.run("true", env={f"V{number}": "x" * 30_000 for number in range(3_000)})
            assert most_memory(site.server.pid) - before < 40 * MEGABYTE
        assert await is_served(site, other)

    asyncio_run(set_many())


def test_doing_the_same_again_and_again_does_not_fill_the_log(
    site: Any, inbox: Path, asyncio_run: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    inbox.mkdir(parents=True)
    (inbox / "a").write_text("a")

    async def rename() -> None:
        async with await connect(site.port, "in-U0ALICE") as connection, connection.start_sftp_client() as sftp:
            for _ in range(500):
                await sftp.rename("a", "b")
                await sftp.rename("b", "a")

    asyncio_run(rename())
    site.server.stop()

    lines = [message for message in caplog.messages if "renamed" in message]
    assert 50 <= len(lines) <= 300
    left_out = [int(each.rpartition(" ")[2]) for each in caplog.messages if "lines left out" in each]
    assert len(lines) + sum(left_out) == 1_000


def test_uploads_that_trickle_keep_nobody_else_out(
    site: Any, inbox: Path, outbox: Path, other: str, asyncio_run: Callable[..., Any]
) -> None:
    async def trickle() -> None:
        async with AsyncExitStack() as stack:
            for number in range(16):
                connection = await connect(site.port, "in-U0ALICE")
                stack.callback(connection.abort)
                sftp = await stack.enter_async_context(connection.start_sftp_client())
                file = await sftp.open(f"slow-{number}", "wb")
                await file.write(b"a")
            with pytest.raises(asyncssh.DisconnectError):
                await connect(site.port, "in-U0ALICE")
            assert await is_served(site, other)

    asyncio_run(trickle())
    wait_for(lambda: not list(inbox.iterdir()), what="swept")


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-slow\r\n", b"SSH-2.0-slow\r\n\0\0\1\0\6\x14", b"SSH-2.0-" + b"x" * 200]
)
def test_key_exchange_that_is_never_finished_ends_by_the_time_for_logging_in(
    site_factory: Callable[..., Any], said: bytes
) -> None:
    site = site_factory(login_timeout="2s")
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as slow:
        slow.sendall(said)
        with suppress(ConnectionResetError):
            while slow.recv(4096):
                pass
    assert site.server.answers


def test_half_open_logins_end_by_the_time_for_logging_in(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(login_timeout="2s")

    class Hesitating(asyncssh.SSHClient):
        """Goes as far as being asked for the password."""

        async def password_auth_requested(self) -> str:
            await asyncio.sleep(600)
            return ""

    async def hesitate() -> None:
        with pytest.raises((asyncssh.Error, OSError)):
            await asyncssh.connect(
                "127.0.0.1",
                site.port,
                username="job-12",
                known_hosts=None,
                config=None,
                client_keys=None,
                client_factory=Hesitating,
            )

    asyncio_run(hesitate())
    assert site.server.answers
    assert os.path.exists(f"/proc/{site.server.pid}")  # noqa: PTH110
