"""How fast a job starts while people fetch at full speed, and how fast they fetch, beside OpenSSH's sshd.

OpenSSH's scp fetches from both servers, by the cipher that it agrees on with them. sshd is measured where it is
installed.
"""

import os
import shlex
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import processes
from tests.benchmarks.figures import Figure, Skipped, rounds
from tests.benchmarks.listening import Listener
from tests.benchmarks.rig import BEGIN, REQUESTER, Rig
from tests.support.machine.installation import free_port
from tests.support.slack.person import wait_for

FETCHING = 4
ROUNDS = 3
STARTS = 100
FETCHES = 3
FILE_BYTES = 256 * 1024 * 1024
_MEGABYTE = 1_000_000
_SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
_FILE = "result.bin"


def measure() -> Iterator[Figure | Skipped]:
    """Starts while nobody fetches and while some do, in turns; then fetches from both servers, in turns."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = Path(name)
        rig = Rig(folder / "rig", ssh_port=free_port())
        listener = closing.enter_context(Listener(rig.pipe))
        runner = closing.enter_context(rig.runner())
        source = _results(rig, folder)
        listener.next()
        source.fetch()
        yield from _starts(rig, runner, listener, source)
        rig.wait_until_quiet(runner)
        servers = [each for each in processes.tree(runner) if processes.name(each) == "sr-ssh"]
        if servers:
            memory = processes.memory_bytes(*servers) / _MEGABYTE
            yield Figure(name="memory_ssh", words="memory of the SSH server's process", value=memory, unit="MB")
        yield from _speeds(folder, source, closing)


def _starts(rig: Rig, runner: int, listener: Listener, source: "_Source") -> Iterator[Figure]:
    idle, busy = [], []
    for _ in range(ROUNDS):
        rig.wait_until_quiet(runner)
        idle.append([_start_seconds(rig, listener) for _ in range(STARTS)])
        with _fetching(source):
            busy.append([_start_seconds(rig, listener) for _ in range(STARTS)])
    shares: dict[int, float | None] = {50: None, 95: None}
    yield from rounds("start_alone", "submit to first instruction, nobody fetches", idle, at_most_ms=shares)
    yield from rounds("start_fetching", f"the same while {FETCHING} fetch at full speed", busy, at_most_ms=shares)


def _start_seconds(rig: Rig, listener: Listener) -> float:
    began = time.monotonic()
    job = rig.submit(BEGIN)
    seconds = listener.next() - began
    wait_for(lambda: (found := rig.assembly.store.jobs.get(job.id)) and found.state.is_final, 60, what="ended")
    return seconds


def _speeds(folder: Path, source: "_Source", closing: ExitStack) -> Iterator[Figure | Skipped]:
    if _SSHD is None:
        yield _speed("fetched", "fetched by one", [source.fetch() for _ in range(FETCHES)])
        yield Skipped(name="fetched_share", words="of the speed of OpenSSH's sshd", reason="sshd is not installed")
        return
    theirs = closing.enter_context(_sshd(folder, source))
    theirs.fetch()
    ours_seconds, their_seconds = [], []
    for _ in range(FETCHES):
        ours_seconds.append(source.fetch())
        their_seconds.append(theirs.fetch())
    yield _speed("fetched", "fetched by one", ours_seconds)
    yield _speed("fetched_sshd", "the same from OpenSSH's sshd", their_seconds)
    share = statistics.median(their_seconds) / statistics.median(ours_seconds)
    yield Figure(name="fetched_share", words="of the speed of OpenSSH's sshd", value=share, unit="", at_least=0.8)


def _speed(name: str, words: str, seconds: list[float]) -> Figure:
    return Figure(name=name, words=words, value=FILE_BYTES / _MEGABYTE / statistics.median(seconds), unit="MB/s")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A large file on a server, and how to get at it."""

    command: list[str]
    environment: dict[str, str]
    file: Path

    def fetch(self) -> float:
        """Fetch the file once, and say how many seconds that took."""
        began = time.monotonic()
        subprocess.run(
            self.command, env=os.environ | self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        return time.monotonic() - began


def _results(rig: Rig, folder: Path) -> _Source:
    """The results of a job, to which a large file is added."""
    job = rig.submit(BEGIN)
    rig.wait_until_done()
    file = rig.assembly.results.folder(job.id) / _FILE
    with file.open("wb") as writing:
        for _ in range(FILE_BYTES // _MEGABYTE + 1):
            writing.write(os.urandom(_MEGABYTE))
        writing.truncate(FILE_BYTES)
    found = rig.service.details(REQUESTER, job.id).report.retrieval
    assert found is not None
    assert found.password is not None
    ask = folder / "ask"
    ask.write_text(f"#!/bin/sh\necho {found.password}\n")
    ask.chmod(0o700)
    port = shlex.split(found.command)[shlex.split(found.command).index("-P") + 1]
    user = f"job-{job.id}@127.0.0.1"
    options = ["-o", "PreferredAuthentications=password"]
    environment = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    return _Source(command=_scp(port, options, f"{user}:{_FILE}"), environment=environment, file=file)


@contextmanager
def _sshd(folder: Path, source: _Source) -> Iterator[_Source]:
    """An sshd of ours, with a key for who is logged in here, until the block ends."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port, keys = free_port(), folder / "user.pub"
    settings = folder / "sshd_config"
    settings.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {keys}\nStrictModes no\n"
        "PidFile none\nUsePAM no\nSubsystem sftp internal-sftp\nPermitRootLogin yes\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it
    assert _SSHD is not None
    with subprocess.Popen([_SSHD, "-D", "-e", "-f", settings], stderr=subprocess.DEVNULL) as process:
        try:
            there = _scp(str(port), ["-i", str(folder / "user")], f"127.0.0.1:{source.file}")
            theirs = _Source(command=there, environment={}, file=source.file)
            wait_for(lambda: _is_open(port), 30, what="listening")
            yield theirs
        finally:
            process.terminate()


def _is_open(port: int) -> bool:
    return subprocess.run(["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, check=False).stdout != b""


def _scp(port: str, options: list[str], place: str) -> list[str]:
    alone = ["-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    return ["scp", "-q", *alone, *options, "-P", port, place, "/dev/null"]


@contextmanager
def _fetching(source: _Source) -> Iterator[None]:
    """Some fetch again and again until the block ends."""
    stopping = threading.Event()

    def fetch() -> None:
        while not stopping.is_set():
            source.fetch()

    threads = [threading.Thread(target=fetch) for _ in range(FETCHING)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stopping.set()
        for each in threads:
            each.join()
