import hashlib
import os
import random
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

PLACE = "in-U0ALICE@127.0.0.1:"


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("lone_site" if "lone_site" in request.fixturenames else "shared_site")


@pytest.fixture
def lone_site(site_factory: Callable[..., Any]) -> Any:
    """``site`` with a server of its own, for what becomes of a server or was so when it began."""
    return site_factory()


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def content(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)  # noqa: S311  # any bytes, the same each time


def eventually(holds: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return holds()


def test_a_file_is_brought_byte_for_byte_and_private_whatever_the_umask(
    no_umask: None, lone_site: Any, site: Any, inbox: Path, mode: list[str]
) -> None:
    (site.here / "home" / "in put é.bin").write_bytes(content(900_001))
    (site.here / "home" / "in put é.bin").chmod(0o777)
    done = site.scp(*mode, "-p", "in put é.bin", PLACE, password="right")
    assert done.returncode == 0, done.stderr
    brought = inbox / "in put é.bin"
    assert hashlib.sha256(brought.read_bytes()).digest() == hashlib.sha256(content(900_001)).digest()
    assert stat.S_IMODE(brought.stat().st_mode) == 0o600
    assert stat.S_IMODE(inbox.stat().st_mode) == 0o700
    assert [path.name for path in inbox.iterdir()] == ["in put é.bin"]


def test_a_file_brought_again_replaces_the_first_with_nothing_left_of_it(
    site: Any, inbox: Path, mode: list[str]
) -> None:
    for text in ("a longer first version", "second", ""):
        (site.here / "home" / "input.txt").write_text(text)
        assert site.scp(*mode, "input.txt", PLACE, password="right").returncode == 0
        assert (inbox / "input.txt").read_text() == text


def test_several_files_are_brought_at_once_under_their_names(site: Any, inbox: Path, mode: list[str]) -> None:
    for name in ("a", "b", "c"):
        (site.here / "home" / name).write_text(name)
    assert site.scp(*mode, "a", "b", "c", PLACE, password="right").returncode == 0
    assert {path.name: path.read_text() for path in inbox.iterdir()} == {"a": "a", "b": "b", "c": "c"}


def test_a_file_too_large_is_refused_with_the_limit_and_leaves_nothing(site: Any, inbox: Path, mode: list[str]) -> None:
    (site.here / "home" / "large").write_bytes(content(1_000_001))
    done = site.scp(*mode, "large", PLACE, password="right")
    assert done.returncode != 0
    assert "1.0 MB at most" in done.stderr
    assert eventually(lambda: not list(inbox.iterdir()))
    (site.here / "home" / "just").write_bytes(content(1_000_000))
    assert site.scp(*mode, "just", PLACE, password="right").returncode == 0


def test_a_folder_is_refused_with_advice(site: Any, inbox: Path, mode: list[str]) -> None:
    (site.here / "home" / "folder").mkdir()
    (site.here / "home" / "folder" / "file").write_text("text")
    done = site.scp(*mode, "-r", "folder", PLACE, password="right")
    assert done.returncode != 0
    assert "one archive" in done.stderr
    assert not list(inbox.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "../other",
        "../../secret",
        "/etc/new",
        "folder/file",
        ".hidden",
        ".upload-1",
        "-rf",
        "-",
        "new\nline",
        "a\u202eb",
        "a\x1b[2Jb",
    ],
)
def test_a_name_that_is_no_plain_file_name_is_refused(site: Any, inbox: Path, mode: list[str], name: str) -> None:
    (site.here / "home" / "input.txt").write_text("text")
    (inbox / "folder").mkdir(parents=True)
    everything = sorted(site.here.rglob("*"))
    done = site.scp(*mode, "input.txt", f"{PLACE}{name}", password="right")
    outside = [path for path in site.here.rglob("*") if path not in everything and path.parent != inbox]
    assert [path.name for path in outside if path.name not in ("ask", "known_hosts")] == []
    if done.returncode == 0:  # ".." ends at the root: the last part is a plain name there
        assert name.rpartition("/")[2] in {path.name for path in inbox.iterdir()}
        assert "/" in name
    else:
        assert [path.name for path in inbox.iterdir()] == ["folder"]


@pytest.mark.parametrize("place", ["link", "hard"])
def test_a_link_in_the_inbox_is_replaced_and_never_written_through(
    site: Any, inbox: Path, mode: list[str], place: str
) -> None:
    (site.here / "secret").write_text("untouched")
    inbox.mkdir(parents=True)
    (inbox / "link").symlink_to(site.here / "secret")
    (inbox / "hard").hardlink_to(site.here / "secret")
    (site.here / "home" / "input.txt").write_text("new")
    site.scp(*mode, "input.txt", f"{PLACE}{place}", password="right")
    assert (site.here / "secret").read_text() == "untouched"
    assert not (inbox / place).is_symlink()


def test_an_inbox_that_is_a_link_takes_nothing(site: Any, inbox: Path, mode: list[str]) -> None:
    (site.here / "elsewhere").mkdir()
    inbox.parent.mkdir()
    inbox.symlink_to(site.here / "elsewhere")
    (site.here / "home" / "input.txt").write_text("new")
    assert site.scp(*mode, "input.txt", PLACE, password="right").returncode != 0
    assert not list((site.here / "elsewhere").iterdir())


def test_own_files_are_listed_read_back_renamed_and_removed(site: Any, inbox: Path) -> None:
    (site.here / "home" / "a.txt").write_text("text")
    done = site.sftp(
        "in-U0ALICE",
        "put a.txt",
        "ls -l",
        "get a.txt back.txt",
        "rename a.txt b.txt",
        "ls",
        "rm b.txt",
        password="right",
    )
    assert done.returncode == 0, done.stderr
    assert (site.here / "home" / "back.txt").read_text() == "text"
    assert "b.txt" in done.stdout
    assert not list(inbox.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        "mkdir folder",
        "rmdir folder",
        "ln -s /etc/passwd link",
        "ln a.txt hard",
        "rename a.txt .hidden",
        "rename a.txt ../a.txt/b",
        "get ../U0BOB/secret",
        "get folder/inside",
        "rm folder/inside",
        "rm link",
        "get link",
        "rm folder",
    ],
)
def test_all_else_in_the_inbox_is_refused(site: Any, inbox: Path, command: str) -> None:
    (inbox / "folder").mkdir(parents=True)
    (inbox / "folder" / "inside").write_text("inside")
    (inbox / "a.txt").write_text("a")
    (inbox / "link").symlink_to("a.txt")
    (inbox.parent / "U0BOB").mkdir()
    (inbox.parent / "U0BOB" / "secret").write_text("bob's")
    before = sorted(inbox.parent.rglob("*"))
    done = site.sftp("in-U0ALICE", command, password="right")
    assert done.returncode != 0
    assert sorted(inbox.parent.rglob("*")) == before
    assert not list((site.here / "home").iterdir())


def test_an_upload_that_is_broken_off_leaves_nothing(site: Any, inbox: Path, mode: list[str]) -> None:
    inbox.mkdir(parents=True)
    (inbox / "slow").write_text("the version before")
    arguments = [*site.options(), "-P", str(site.port), *mode, "slow-file", f"{PLACE}slow"]
    with (site.here / "home" / "slow-file").open("wb") as file:
        file.truncate(900_000)
    with subprocess.Popen(
        ["scp", "-l", "500", *arguments],
        env=site.environment("right"),
        cwd=site.here / "home",
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert eventually(lambda: any(path.name.startswith(".upload-") for path in inbox.iterdir()))
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: [path.name for path in inbox.iterdir()] == ["slow"])
    assert (inbox / "slow").read_text() == "the version before"


def test_a_server_that_stops_leaves_nothing_of_an_upload(
    lone_site: Any, site: Any, inbox: Path, asyncio_run: Callable[..., Any]
) -> None:
    async def begin_and_stop() -> None:
        connection = await connect(site.port)
        client = await connection.start_sftp_client()
        file = await client.open("half", "wb")
        await file.write(b"half of it")
        assert [name.partition("-")[0] for name in names(inbox)] == [".upload"]
        site.server.stop()
        connection.abort()

    asyncio_run(begin_and_stop())
    assert not list(inbox.iterdir())


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def connect(port: int) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1", port, username="in-U0ALICE", password="right", known_hosts=None, config=None, client_keys=None
    )


def test_drafts_of_a_server_that_died_are_removed_and_those_in_use_are_not(
    site: Any, inbox: Path, asyncio_run: Callable[..., Any]
) -> None:
    inbox.mkdir(parents=True)
    (inbox / ".upload-dead").write_text("half")

    async def two_at_once() -> None:
        async with await connect(site.port) as first, first.start_sftp_client() as client:
            file = await client.open("one", "wb")
            await file.write(b"one")
            async with await connect(site.port) as second, second.start_sftp_client() as other:
                assert await other.listdir() == [".", ".."]
            assert len(names(inbox)) == 1
            await file.close()

    asyncio_run(two_at_once())
    assert [path.name for path in inbox.iterdir()] == ["one"]


def test_a_file_cannot_be_changed_in_places(site: Any, inbox: Path, asyncio_run: Callable[..., Any]) -> None:
    inbox.mkdir(parents=True)
    (inbox / "data").write_text("0123456789")

    async def change() -> None:
        async with await connect(site.port) as connection, connection.start_sftp_client() as client:
            for mode in ("r+b", "ab", "xb"):
                with pytest.raises(asyncssh.SFTPError):
                    await client.open("data", mode)
            file = await client.open("data", asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None)
            with pytest.raises(asyncssh.SFTPError):
                await file.write(b"x", 5)
            await file.close()
            file = await client.open("huge", "wb")
            with pytest.raises(asyncssh.SFTPError):
                await file.truncate(10**15)
            await file.close()

    asyncio_run(change())
    assert (inbox / "data").read_text() == "0123456789"
    assert [path.name for path in inbox.iterdir()] == ["data"]
