"""The process that serves people: apart from its runner, ended with it, and started again where it died or hangs."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.support.slack.person import wait_for

RUNNER = """
import sys, time
from pathlib import Path
from runner.retrieval import RetrievalSettings
from runner.retrieval.server import SshServer
server = SshServer(RetrievalSettings(port=0), Path(sys.argv[1]), lambda user: None)
server.start()
print(server.port, flush=True)
while server.pid is None:
    time.sleep(0.01)
print(server.pid, flush=True)
time.sleep(600)
"""


def greeted(port: int) -> socket.socket:
    """A connection that the server has begun to serve."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    assert connection.recv(20, socket.MSG_WAITALL) == b"SSH-2.0-ScriptRunner"
    return connection


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def can_listen(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_people_are_served_by_another_process_which_is_started_for_the_first_of_them(site: Any) -> None:
    assert site.server.pid is None
    assert site.server.answers

    with greeted(site.port):
        assert site.server.pid != os.getpid()
        assert Path(f"/proc/{site.server.pid}/comm").read_text() == "sr-ssh\n"
        assert site.server.answers


def test_process_is_told_nothing_by_its_arguments_and_is_ended_with_the_server(site: Any) -> None:
    with greeted(site.port):
        pid = site.server.pid
        arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        assert [Path(each).name for each in arguments[4:]] == ["serving_process.py", ""]

    site.server.stop()

    assert not lives(pid)
    assert not site.server.answers


def test_next_to_connect_is_served_by_another_process_where_one_was_killed(
    site: Any, outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (outbox / "a.txt").write_text("a")
    with greeted(site.port) as broken:
        first = site.server.pid
        os.kill(first, signal.SIGKILL)
        with suppress(ConnectionResetError):
            while broken.recv(4096):
                pass

    done = site.scp("job-12@127.0.0.1:a.txt", ".", password="right")

    assert done.returncode == 0, done.stderr
    assert site.server.pid != first
    assert f"SSH server's process {first} was ended by signal 9; another follows" in caplog.messages


def test_fetch_that_the_process_s_death_broke_off_is_resumed(site: Any, outbox: Path) -> None:
    content = os.urandom(3_000_000)
    (outbox / "result.bin").write_bytes(content)
    slow = ["scp", "-l", "8000", *site.options(), "-P", str(site.port), "job-12@127.0.0.1:result.bin", "."]
    fetched = site.here / "home" / "result.bin"
    environment = site.environment("right")
    with subprocess.Popen(slow, env=environment, cwd=site.here / "home", start_new_session=True) as fetching:
        wait_for(lambda: fetched.exists() and fetched.stat().st_size > 100_000, 30, what="some of it")
        os.kill(site.server.pid, signal.SIGKILL)
    assert fetching.returncode != 0
    assert fetched.stat().st_size < len(content)

    done = site.sftp("job-12", "get -a result.bin", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched.read_bytes() == content


def test_process_that_hangs_is_noticed_ended_and_followed_by_another(
    site_factory: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    site = site_factory(longest_silence=timedelta(seconds=8))
    greeted(site.port).close()
    first = site.server.pid
    os.kill(first, signal.SIGSTOP)
    wait_for(lambda: not site.server.answers, 30, what="noticed")

    with greeted(site.port):
        assert site.server.pid not in (None, first)
        assert not lives(first)
        wait_for(lambda: site.server.answers, 30, what="well again")
    assert f"SSH server's process {first} gave no sign of life and was ended; another follows" in caplog.messages


def test_process_that_is_left_alone_gives_signs_of_life(site_factory: Callable[..., Any]) -> None:
    site = site_factory(longest_silence=timedelta(seconds=20))
    with greeted(site.port) as connection:
        first = site.server.pid
        connection.settimeout(40)
        site.add("job-12", "right", site.here)
        assert site.run("ssh", "job-12@127.0.0.1", password="right").returncode == 1
        assert site.server.answers
        assert site.server.pid == first


def test_process_ends_with_a_runner_that_is_killed_also_where_it_hangs(tmp_path: Path) -> None:
    for is_hanging in (False, True):
        with subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(tmp_path / "key")], stdout=subprocess.PIPE, text=True
        ) as runner:
            assert runner.stdout is not None
            port = int(runner.stdout.readline())
            connection = greeted(port)
            process = int(runner.stdout.readline())
            if is_hanging:
                os.kill(process, signal.SIGSTOP)

            runner.kill()

        wait_for(lambda: not lives(process), what="ended")  # noqa: B023  # asked at once
        connection.close()
        wait_for(lambda: can_listen(port), what="free")  # noqa: B023  # same


def test_accounts_are_looked_up_by_the_runner_alone(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    async def log_in(password: str) -> None:
        async with asyncssh.connect(
            "127.0.0.1",
            site.port,
            username="job-12",
            password=password,
            known_hosts=None,
            config=None,
            client_keys=None,
        ):
            pass

    asyncio_run(log_in("right"))
    site.add("job-12", "changed", outbox)

    asyncio_run(log_in("changed"))
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio_run(log_in("right"))


def test_what_the_process_logs_is_in_the_runner_s_log_with_its_level_and_name(
    site: Any, outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    site.run("ssh", "job-12@127.0.0.1", password="wrong")
    site.run("ssh", "job-12@127.0.0.1", password="right")

    site.server.stop()

    logged = {(record.name, record.levelname, record.getMessage()) for record in caplog.records}
    assert ("runner.retrieval.connections", "WARNING", "wrong password for job-12 from 127.0.0.1") in logged
    assert ("runner.retrieval.shares", "INFO", "job-12 logged in from 127.0.0.1") in logged
    assert any(re.fullmatch(r"SSH server's process \d+ started", message) for _, _, message in logged)
