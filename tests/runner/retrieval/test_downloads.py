import contextlib
import hashlib
import os
import random
import socket
import stat
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from runner.files import Results, list_results
from runner.retrieval.downloads import DownloadServer

PLACE = "job-12@127.0.0.1:"


@pytest.fixture
def site(shared_site: Any) -> Any:
    return shared_site


def content(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)  # noqa: S311  # any bytes, the same each time


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size_bytes", [0, 1, 262_144, 5_000_001])
def test_a_file_arrives_byte_for_byte(site: Any, outbox: Path, mode: list[str], size_bytes: int) -> None:
    (outbox / "result.bin").write_bytes(content(size_bytes))
    done = site.scp(*mode, f"{PLACE}result.bin", ".", password="right")
    assert done.returncode == 0, done.stderr
    assert digest(site.here / "home" / "result.bin") == digest(outbox / "result.bin")


def test_a_whole_folder_arrives_under_the_users_name(site: Any, outbox: Path, mode: list[str]) -> None:
    (outbox / "plots" / "deep").mkdir(parents=True)
    (outbox / "plots" / "deep" / "résumé π.png").write_bytes(content(1000))
    (outbox / "with blanks and 'quotes'.txt").write_text("a")
    (outbox / "job-12").write_text("a file named like the folder")
    for _ in range(2):
        done = site.scp(*mode, "-r", "-p", f"{PLACE}job-12", ".", password="right")
        assert done.returncode == 0, done.stderr
        assert tree(site.here / "home") == {f"job-12/{name}": text for name, text in tree(outbox).items()}


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): digest(path) for path in folder.rglob("*") if path.is_file()}


def test_files_all_of_whose_names_lie_in_the_folder_and_the_log_arrive(
    site: Any, outbox: Path, mode: list[str]
) -> None:
    (outbox / "report").write_text("text")
    (outbox / "copy").hardlink_to(outbox / "report")
    log = site.here / "log"
    log.write_text("printed")
    (outbox / "job-12.log").hardlink_to(log)
    (outbox / "other").hardlink_to(site.here / "data" / "retrieval.key")
    site.accounts["job-12"] = replace(site.accounts["job-12"], ours=[log])

    site.scp(*mode, "-r", f"{PLACE}job-12", ".", password="right")

    assert {
        name: path.read_text()
        for name in ("report", "copy", "job-12.log")
        if (path := site.here / "home" / "job-12" / name)
    } == {
        "report": "text",
        "copy": "text",
        "job-12.log": "printed",
    }
    assert not (site.here / "home" / "job-12" / "other").exists()


def test_fetched_folder_is_checked_by_sha256sum_as_it_comes(
    site: Any, outbox: Path, mode: list[str], tmp_path: Path
) -> None:
    results = Results(root=outbox.parent, control=tmp_path / "jobs")
    outbox.rmdir()
    results.make(12, attempt=1)
    names = ["a b", "-", "-rf", "two\nlines", "back\\slash", "résumé π", " leading", "deep/er/*"]
    for name in names if "-O" not in mode else [each for each in names if "\n" not in each]:  # which -O cannot name
        (outbox / name).parent.mkdir(parents=True, exist_ok=True)
        (outbox / name).write_bytes(content(1000 + len(name)))
    for _ in list_results(results, 12):
        pass
    site.accounts["job-12"] = replace(site.accounts["job-12"], ours=results.ours(12))

    done = site.scp(*mode, "-r", f"{PLACE}job-12", ".", password="right")

    assert done.returncode == 0, done.stderr
    fetched = site.here / "home" / "job-12"
    assert tree(fetched) == tree(outbox)
    assert (fetched / "results.json").exists()

    def check() -> "subprocess.CompletedProcess[str]":
        command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        return subprocess.run(command, cwd=fetched, capture_output=True, text=True, check=False)

    assert check().returncode == 0, check().stdout
    (fetched / "-rf").write_bytes(b"broken on the way")
    assert check().returncode == 1


def test_many_files_arrive(site: Any, outbox: Path, mode: list[str]) -> None:
    for number in range(300):
        (outbox / f"part-{number}").write_text(str(number))
    done = site.scp(*mode, "-r", f"{PLACE}job-12", ".", password="right")
    assert done.returncode == 0, done.stderr
    assert tree(site.here / "home" / "job-12") == tree(outbox)


def test_a_name_of_several_lines_makes_no_file_of_its_own_choosing(site: Any, outbox: Path, mode: list[str]) -> None:
    (outbox / "x\nC0644 5 planted\nevil").write_text("text")
    for source in ("job-12", "*evil"):
        site.scp(*mode, "-r", f"{PLACE}{source}", ".", password="right")
        names = [path.name for path in (site.here / "home").rglob("*") if path.is_file()]
        assert names
        assert all(
            "evil" in name and "text" in tell for name, tell in zip(names, texts(site.here / "home"), strict=True)
        )


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


def test_a_name_with_blanks_and_unicode_can_be_fetched(site: Any, outbox: Path) -> None:
    (outbox / "größe 1 日本.txt").write_text("text")
    assert site.scp("-s", f"{PLACE}größe 1 日本.txt", ".", password="right").returncode == 0
    assert (site.here / "home" / "größe 1 日本.txt").read_text() == "text"


@pytest.mark.parametrize("password", ["wrong", "", "other"])
def test_a_wrong_password_and_that_of_another_job_are_refused(
    site: Any, outbox: Path, mode: list[str], password: str
) -> None:
    (outbox / "words.txt").write_text("secret")
    site.add("job-13", "other", outbox.parent / "13")
    done = site.scp(*mode, f"{PLACE}words.txt", ".", password=password)
    assert done.returncode != 0
    assert "Permission denied" in done.stderr
    assert not tree(site.here / "home")


@pytest.mark.parametrize(
    "path",
    [
        "../13/secret",
        "../../outbox/13/secret",
        "/etc/passwd",
        "plots/../../13/secret",
        "job-12/../../13/secret",
        "job-13/secret",
        "link",
        "folder-link/secret",
        "hard",
        "pipe",
        "device",
        "socket",
        "..",
        "*link*",
        "{abs}",
    ],
)
def test_nothing_outside_and_nothing_special_is_served(site: Any, outbox: Path, mode: list[str], path: str) -> None:
    other = outbox.parent / "13"
    other.mkdir()
    (other / "secret").write_text("secret")
    (outbox / "plots").mkdir()
    (outbox / "link").symlink_to(other / "secret")
    (outbox / "folder-link").symlink_to(other)
    (outbox / "hard").hardlink_to(other / "secret")
    os.mkfifo(outbox / "pipe")
    with contextlib.suppress(PermissionError):  # for root only
        os.mknod(outbox / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    with socket.socket(socket.AF_UNIX) as unix:
        bind_within(unix, outbox, "socket")
        path = path.replace("{abs}", str(other / "secret"))
        done = site.scp(*mode, f"{PLACE}{path}", ".", password="right")
    assert done.returncode != 0
    assert not tree(site.here / "home")


def bind_within(unix: socket.socket, folder: Path, name: str) -> None:
    """Unix socket paths are short: go by the folder's handle."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        unix.bind(f"/proc/self/fd/{handle}/{name}")
    finally:
        os.close(handle)


def test_what_cannot_be_served_is_not_listed_either(site: Any, outbox: Path, mode: list[str]) -> None:
    (outbox / "words.txt").write_text("words")
    (outbox / "link").symlink_to("words.txt")
    (outbox / "root").symlink_to("/")
    (outbox / "hard").hardlink_to(site.here / "data" / "retrieval.key")
    os.mkfifo(outbox / "pipe")
    done = site.scp(*mode, "-r", f"{PLACE}job-12", ".", password="right")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (site.here / "home" / "job-12").iterdir()] == ["words.txt"]
    listed = site.sftp("job-12", "ls -la", password="right").stdout
    assert "words.txt" in listed
    assert "link" not in listed
    assert "root" not in listed


@pytest.mark.parametrize(
    "command",
    [
        "put /etc/hostname new.txt",
        "put /etc/hostname words.txt",
        "mkdir folder",
        "rm words.txt",
        "rename words.txt other.txt",
        "rmdir plots",
        "ln -s /etc/passwd link",
        "ln words.txt hard",
        "chmod 777 words.txt",
        "reput /etc/hostname words.txt",
    ],
)
def test_everything_that_changes_an_outbox_is_refused(site: Any, outbox: Path, command: str) -> None:
    (outbox / "words.txt").write_text("words")
    (outbox / "words.txt").chmod(0o600)
    (outbox / "plots").mkdir()
    before = {path: path.lstat().st_mode for path in outbox.rglob("*")}
    done = site.sftp("job-12", command, password="right")
    assert done.returncode != 0
    assert {path: path.lstat().st_mode for path in outbox.rglob("*")} == before
    assert (outbox / "words.txt").read_text() == "words"


def test_scp_into_an_outbox_says_why_it_is_refused(site: Any, outbox: Path, mode: list[str]) -> None:
    (site.here / "home" / "new.txt").write_text("new")
    done = site.scp(*mode, "new.txt", PLACE, password="right")
    assert done.returncode != 0
    assert "can be fetched, not changed" in done.stderr
    assert not list(outbox.iterdir())


def test_a_shell_is_not_given(site: Any, outbox: Path) -> None:
    for command in ([], ["id"], ["scp", "--help"], ["cat", "/etc/passwd"]):
        done = site.run("ssh", "job-12@127.0.0.1", *command, password="right")
        assert done.returncode == 1
        assert not done.stdout
    done = site.run("ssh", "job-12@127.0.0.1", "id", password="right")
    assert "only serves scp and sftp" in done.stderr


@pytest.mark.parametrize("program", ["rsync", "/usr/bin/rsync", "sudo -n rsync", "env A=b rsync"])
def test_rsync_is_told_what_works(site: Any, outbox: Path, program: str) -> None:
    command = f"{program} --server --sender -logDtpre.iLsfxCIvu . a"
    done = site.run("ssh", "job-12@127.0.0.1", command, password="right")
    assert done.returncode == 1
    assert not done.stdout
    assert "not rsync. Fetch and bring files with scp." in done.stderr
    assert f"sftp -a -r -P {site.port} job-12@127.0.0.1:job-12 ." in done.stderr
    assert "reget FILE" in done.stderr


def test_rsync_into_an_inbox_is_told_what_works_there(site: Any, inbox: Path) -> None:
    done = site.run("ssh", "in-U0ALICE@127.0.0.1", "rsync --server -logDtpre.iLsfxCIvu . .", password="right")
    assert done.returncode == 1
    assert "not rsync. Fetch and bring files with scp." in done.stderr
    assert "sftp -a" not in done.stderr


@pytest.mark.parametrize("command", ["reget result.bin", "get -a result.bin"])
def test_a_fetch_that_broke_off_is_resumed(site: Any, outbox: Path, command: str) -> None:
    (outbox / "result.bin").write_bytes(content(1_000_003))
    (site.here / "home" / "result.bin").write_bytes(content(1_000_003)[:300_001])
    done = site.sftp("job-12", command, password="right")
    assert done.returncode == 0, done.stderr
    assert digest(site.here / "home" / "result.bin") == digest(outbox / "result.bin")


def test_a_fetch_of_everything_is_resumed_as_rsync_is_told(site: Any, outbox: Path) -> None:
    (outbox / "plots").mkdir()
    for name in ("whole.bin", "half.bin", "plots/missing.bin"):
        (outbox / name).write_bytes(content(300_000 + len(name)))
    there = site.here / "home" / "job-12"
    there.mkdir()
    (there / "whole.bin").write_bytes((outbox / "whole.bin").read_bytes())
    (there / "half.bin").write_bytes((outbox / "half.bin").read_bytes()[:100_001])
    done = site.run("sftp", "-a", "-r", "job-12@127.0.0.1:job-12", ".", password="right")
    assert done.returncode == 0, done.stderr
    for name in ("whole.bin", "half.bin", "plots/missing.bin"):
        assert digest(there / name) == digest(outbox / name)


def test_a_pattern_brings_what_matches_whatever_else_lies_there(site: Any, outbox: Path, mode: list[str]) -> None:
    for name in ("a.txt", "b.txt", "c.csv", "back\\slash.txt", "two\nlines.csv"):
        (outbox / name).write_text(name)
    done = site.scp(*mode, f"{PLACE}*.txt", ".", password="right")
    assert done.returncode == 0, done.stderr
    found = {path.name: path.read_text() for path in (site.here / "home").iterdir()}
    assert found == {name: name for name in ("a.txt", "b.txt", "back\\slash.txt")}


@pytest.mark.parametrize("pattern", ["../*", "/*", "../../*/*", "*/../../*", "link/*"])
def test_a_pattern_brings_nothing_from_outside(site: Any, outbox: Path, mode: list[str], pattern: str) -> None:
    (outbox / "words.txt").write_text("words")
    (outbox.parent / "secret.txt").write_text("secret")
    (outbox / "link").symlink_to(outbox.parent)
    site.scp(*mode, f"{PLACE}{pattern}", ".", password="right")
    assert {path.name for path in (site.here / "home").iterdir()} <= {"words.txt"}


def test_no_port_is_forwarded(site: Any, outbox: Path) -> None:
    done = site.run("ssh", "-W", f"127.0.0.1:{site.port}", "job-12@127.0.0.1", password="right")
    assert done.returncode != 0
    assert not done.stdout
    assert "forwarding failed" in done.stderr


def test_a_file_swapped_for_a_link_while_it_is_fetched_never_shows_what_is_outside(site: Any, outbox: Path) -> None:
    (site.here / "secret").write_text("outside")
    (outbox / "folder").mkdir()
    (outbox / "folder" / "secret").write_text("inside")
    stop = threading.Event()
    swapping = threading.Thread(target=swap, args=(outbox, site.here, stop))
    swapping.start()
    try:
        wanted = [f"-get {name} got-{number}" for number in range(400) for name in ("file", "folder/secret")]
        done = site.sftp("job-12", *wanted, password="right")
    finally:
        stop.set()
        swapping.join()
    assert done.returncode == 0, done.stderr
    got = {path.read_text() for path in (site.here / "home").iterdir()}
    assert got <= {"inside", ""}
    assert "inside" in got


def swap(outbox: Path, outside: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        (outbox / "new").symlink_to(outside / "secret")
        (outbox / "new").replace(outbox / "file")
        (outbox / "new").write_text("inside")
        (outbox / "new").replace(outbox / "file")
        (outbox / "folder").rename(outbox / "old")
        (outbox / "folder").symlink_to(outside)
        (outbox / "folder").unlink()
        (outbox / "old").rename(outbox / "folder")


def test_an_outbox_swapped_for_a_link_or_deleted_serves_nothing(site: Any, outbox: Path, mode: list[str]) -> None:
    (site.here / "elsewhere").mkdir()
    (site.here / "elsewhere" / "secret").write_text("secret")
    outbox.rmdir()
    assert site.scp(*mode, f"{PLACE}secret", ".", password="right").returncode != 0
    outbox.symlink_to(site.here / "elsewhere")
    assert site.scp(*mode, f"{PLACE}secret", ".", password="right").returncode != 0
    assert not tree(site.here / "home")


def test_two_sessions_of_one_connection_and_many_connections_are_served_at_once(site: Any, outbox: Path) -> None:
    (outbox / "result.bin").write_bytes(content(1_000_000))
    (outbox / "small.txt").write_text("small")
    results: list[int] = []

    def fetch(number: int) -> None:
        done = site.scp(f"{PLACE}result.bin", f"got-{number}", password="right")
        results.append(done.returncode)

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 8
    assert {digest(path) for path in (site.here / "home").iterdir()} == {digest(outbox / "result.bin")}


def test_every_request_of_the_library_is_answered_by_our_own_code() -> None:
    ours = {name for base in DownloadServer.__mro__ if base.__module__.startswith("runner.") for name in vars(base)}
    harmless = {
        *("channel", "connection", "env", "logger", "convert_attrs", "format_user", "format_group", "format_longname"),
        *("map_path", "reverse_map_path", "lock", "unlock", "exit"),
    }
    theirs = {name for name in vars(asyncssh.SFTPServer) if not name.startswith("_")}
    assert theirs - ours <= harmless


def test_too_many_open_files_are_refused(site: Any, outbox: Path, asyncio_run: Callable[..., Any]) -> None:
    (outbox / "words.txt").write_text("words")

    async def open_many() -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1",
                site.port,
                username="job-12",
                password="right",
                known_hosts=None,
                config=None,
                client_keys=None,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            opened = [await client.open("words.txt", "rb") for _ in range(64)]
            with pytest.raises(asyncssh.SFTPFailure):
                await client.open("words.txt", "rb")
            for file in opened:
                await file.close()
            async with client.open("words.txt", "rb") as file:
                content: str | bytes = await file.read()  # asyncssh says str, whatever the mode
            assert content == b"words"

    asyncio_run(open_many())


def test_folder_of_many_files_is_listed_whole(site: Any, outbox: Path) -> None:
    for number in range(10_050):
        os.close(os.open(outbox / f"{number:05}", os.O_CREAT, 0o600))

    listed = site.sftp("job-12", "ls -1", password="right").stdout

    assert [line for line in listed.splitlines() if line.isdigit()] == [f"{number:05}" for number in range(10_050)]
