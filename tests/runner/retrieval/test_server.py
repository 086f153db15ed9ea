import asyncio
import gc
import logging
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from runner.errors import ConfigError, ScriptRunnerError
from runner.retrieval import Account, RetrievalSettings
from runner.retrieval.server import SshServer
from tests.support.machine.installation import free_port

RIGHT = "right"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "host_key"


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def start(key_file: Path, accounts: Callable[[str], Account | None] = lambda _: None) -> SshServer:
    server = SshServer(RetrievalSettings(port=0), key_file, accounts)
    server.start()
    return server


async def connect(port: int, *, user: str = "job-12", password: str = RIGHT) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1", port, username=user, password=password, known_hosts=None, config=None, client_keys=None
    )


async def seconds_until_refused(port: int, user: str) -> float:
    began = time.monotonic()
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(port, user=user, password="wrong")
    return time.monotonic() - began


def test_the_host_key_is_private_made_once_and_different_elsewhere(key_file: Path, no_umask: None) -> None:
    elsewhere = key_file.with_name("other")
    for path in (key_file, key_file, elsewhere):
        start(path).stop()
    first, second = key_file.read_bytes(), elsewhere.read_bytes()
    assert first != second
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    start(key_file).stop()
    assert key_file.read_bytes() == first


def test_a_host_key_that_others_can_read_keeps_the_server_from_starting(key_file: Path) -> None:
    start(key_file).stop()
    key_file.chmod(0o640)
    with pytest.raises(ConfigError, match="mode 0640"):
        start(key_file)


def test_a_host_key_file_that_holds_no_key_is_said_so(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.touch(0o600)
    with pytest.raises(ConfigError, match="holds no SSH key"):
        start(key_file)


@pytest.mark.parametrize("lost", [1, 20, 40, 200])
def test_a_host_key_file_that_holds_a_part_of_a_key_is_said_so(key_file: Path, lost: int) -> None:
    start(key_file).stop()
    lines = key_file.read_text().splitlines()
    key_file.write_text("\n".join([lines[0], "".join(lines[1:-1])[:-lost], lines[-1]]))

    with pytest.raises(ConfigError, match="holds no SSH key"):
        start(key_file)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
def test_a_host_key_of_one_s_own_is_taken(
    key_file: Path, kind: str, form: str, asyncio_run: Callable[..., Any]
) -> None:
    key = asyncssh.generate_private_key(kind, comment="ours")
    key_file.parent.mkdir()
    key_file.touch(0o600)
    key_file.write_bytes(key.export_private_key(form))
    server = start(key_file)

    try:
        found = asyncio_run(asyncssh.get_server_host_key("127.0.0.1", server.port, config=None))
    finally:
        server.stop()
    assert found.public_data == key.public_data


def test_people_who_connected_before_find_the_same_key_after_a_restart(site: Any, outbox: Path) -> None:
    (outbox / "a").write_text("a")
    assert site.scp("job-12@127.0.0.1:a", ".", password="right").returncode == 0
    site.server.stop()
    site.server = SshServer(RetrievalSettings(port=site.port), site.host_key, site.accounts.get)
    site.server.start()
    try:
        done = site.run("scp", "-o", "StrictHostKeyChecking=yes", "job-12@127.0.0.1:a", "b", password="right")
    finally:
        site.server.stop()
    assert done.returncode == 0, done.stderr


def test_a_port_in_use_is_said_so(key_file: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ScriptRunnerError, match=rf"127\.0\.0\.1 port {port}"):
            SshServer(RetrievalSettings(port=port), key_file, lambda _: None).start()


def test_all_addresses_of_a_name_are_listened_on(key_file: Path) -> None:
    settings = RetrievalSettings(listen="localhost", port=free_port())
    server = SshServer(settings, key_file, lambda _: None)
    server.start()
    try:
        for *_, (host, port, *_) in socket.getaddrinfo("localhost", server.port, type=socket.SOCK_STREAM):
            with socket.create_connection((str(host), port), timeout=30) as person:
                assert person.recv(20, socket.MSG_WAITALL) == b"SSH-2.0-ScriptRunner"
    finally:
        server.stop()


def test_a_server_stopped_while_the_first_people_connect_leaves_none_of_them_waiting(key_file: Path) -> None:
    server = start(key_file)
    people = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(3)]
    server.stop()
    for person in people:
        with person, suppress(ConnectionResetError):
            while person.recv(4096):
                pass
    assert "retrieval" not in {each.name for each in threading.enumerate()}


def test_people_accepted_in_the_moment_of_the_stop_are_dropped_by_the_server_not_by_the_collector(
    key_file: Path,
) -> None:
    gc.disable()
    try:
        for _ in range(20):
            server = start(key_file)
            people = [socket.create_connection(("127.0.0.1", server.port), timeout=10)]
            assert people[0].recv(20, socket.MSG_WAITALL) == b"SSH-2.0-ScriptRunner"
            people += [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(3)]
            server.stop()
            for person in people:
                with person, suppress(ConnectionResetError):
                    while person.recv(4096):
                        pass
    finally:
        gc.enable()


def test_a_stopped_server_takes_no_connection_and_leaves_no_thread(key_file: Path) -> None:
    before = threading.active_count()
    server = start(key_file)
    server.stop()
    server.stop()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_a_wrong_password_waits_while_others_are_served(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(first_wait=timedelta(seconds=10))
    site.add("job-12", "right", site.here)
    order: list[str] = []

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            guess = group.create_task(seconds_until_refused(site.port, "job-12"))
            guess.add_done_callback(lambda _: order.append("wrong"))
            async with await connect(site.port):
                order.append("right")
        assert guess.result() >= 10

    asyncio_run(both())
    assert order == ["right", "wrong"]


def test_an_unknown_user_is_answered_like_a_wrong_password_and_after_the_same_wait(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    for user in ("job-12", "job-99", "in-U0NOBODY", "root"):
        site = site_factory(first_wait=timedelta(milliseconds=200))
        site.add("job-12", "right", site.here)
        assert asyncio_run(seconds_until_refused(site.port, user)) >= 0.2


def test_a_right_password_waits_too_after_wrong_ones(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(first_wait=timedelta(milliseconds=300))
    site.add("job-12", "right", site.here)

    async def guess_then_know() -> float:
        await seconds_until_refused(site.port, "job-99")
        began = time.monotonic()
        (await connect(site.port)).close()
        return time.monotonic() - began

    assert asyncio_run(guess_then_know()) >= 0.3


def test_a_connection_has_a_few_tries_only(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    given: list[str] = []

    class Guesser(asyncssh.SSHClient):
        def password_auth_requested(self) -> str | None:
            given.append("wrong")
            return "wrong" if len(given) < 50 else None

    async def guess() -> None:
        with pytest.raises(asyncssh.DisconnectError):
            await asyncssh.connect(
                "127.0.0.1",
                site.port,
                username="job-12",
                known_hosts=None,
                config=None,
                client_keys=None,
                client_factory=Guesser,
            )

    asyncio_run(guess())
    assert len(given) == 6


def test_only_a_password_lets_in(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    async def methods() -> list[str]:
        return list(await asyncssh.get_server_auth_methods("127.0.0.1", site.port, username="job-12", config=None))

    assert asyncio_run(methods()) == ["password"]


def test_connections_beyond_the_limit_are_dropped_and_room_is_made_again(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(max_connections=2)
    site.add("job-12", "right", site.here)

    async def crowd() -> None:
        async with await connect(site.port), await connect(site.port):
            with pytest.raises((OSError, asyncssh.Error)):
                await connect(site.port)
        deadline = time.monotonic() + 10
        while True:
            try:
                async with await connect(site.port):
                    return
            except (OSError, asyncssh.Error):
                assert time.monotonic() < deadline

    asyncio_run(crowd())


def test_who_does_not_log_in_or_does_nothing_is_disconnected(
    site_factory: Callable[..., Any], asyncio_run: Callable[..., Any]
) -> None:
    site = site_factory(login_timeout="1s", idle_timeout="1s")
    site.add("job-12", "right", site.here)
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as silent:
        while silent.recv(4096):
            pass

    async def idle() -> None:
        connection = await connect(site.port)
        await connection.wait_closed()

    asyncio_run(idle())


def test_a_failing_lookup_refuses_is_logged_and_the_server_goes_on(
    site: Any, outbox: Path, asyncio_run: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    accounts = dict(site.accounts)

    def look_up(user: str) -> Account | None:
        if user == "job-13":
            raise RuntimeError("database is gone")
        return accounts.get(user)

    server = SshServer(RetrievalSettings(port=0), site.here / "data2" / "host_key", look_up)
    server.start()

    async def both() -> None:
        with pytest.raises((OSError, asyncssh.Error)):
            await connect(server.port, user="job-13")
        async with await connect(server.port):
            pass

    try:
        asyncio_run(both())
    finally:
        server.stop()
    assert "database is gone" in caplog.text


def test_passwords_are_in_no_log_and_no_file_and_names_are_one_honest_line(
    site: Any, outbox: Path, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    right, wrong = "canary-right-7x", "canary-wrong-9z"
    site.add("job-12", right, outbox)
    site.add("in-U0ALICE", right, inbox, max_size_bytes=1000)
    (outbox / "a\n2026 root logged in").write_text("text")
    (site.here / "home" / "b").write_text("b")
    site.scp("-r", "job-12@127.0.0.1:job-12", ".", password=right)
    site.scp("-O", "-r", "job-12@127.0.0.1:job-12\nx", ".", password=right)
    site.scp("b", "in-U0ALICE@127.0.0.1:", password=right)
    site.scp("job-12@127.0.0.1:a", ".", password=wrong)
    site.server.stop()
    assert "canary" not in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert {"job-12 logged in from 127.0.0.1", "wrong password for job-12 from 127.0.0.1"} <= set(caplog.messages)
    assert "job-12 fetched a\\n2026 root logged in, 4 B" in caplog.messages
    assert "in-U0ALICE brought b, 1 B" in caplog.messages
    for path in site.here.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes()


def test_a_user_name_made_to_deceive_is_one_short_line(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for user in ("job-12\n2026 root logged in", "\x1b[2Jroot", "a\u202eb", "x" * 900):
        assert site.run("ssh", "-l", user, "127.0.0.1", password="wrong").returncode != 0
    assert f"wrong password for {'x' * 64} from 127.0.0.1" in caplog.messages
    assert all(message.isprintable() for message in caplog.messages)


def test_garbage_does_not_end_the_server(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" + bytes(range(256)) * 10, b"\0" * 100_000):
        with socket.create_connection(("127.0.0.1", site.port), timeout=20) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionError:
                continue

    async def still() -> None:
        async with await connect(site.port):
            pass

    asyncio_run(still())
