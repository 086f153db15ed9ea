import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.files import InboxLimits
from runner.jobs import Job, Requester, State
from runner.retrieval import Account, Logins, RetrievalSettings, host_keys
from runner.retrieval.server import SshServer

ALICE = Requester(user_id="U0ALICE", team_id="T1", email="alice@example.org", name="Alice")
NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


@dataclass
class Site:
    """A running server with its accounts, and OpenSSH's clients to connect to it."""

    here: Path
    logins: Logins
    accounts: dict[str, Account] = field(default_factory=dict)
    server: SshServer | None = None

    @property
    def host_key(self) -> Path:
        return self.here / "data" / "host_key"

    @property
    def port(self) -> int:
        assert self.server
        return self.server.port

    @property
    def settings(self) -> RetrievalSettings:
        return RetrievalSettings(port=self.port)

    def add(  # noqa: PLR0913  # an account has so many parts
        self,
        user: str,
        password: str,
        folder: Path,
        *,
        max_size_bytes: int | None = None,
        limits: InboxLimits | None = None,
        owner: str | None = None,
    ) -> Path:
        self.accounts[user] = Account(
            passwords=(password,),
            owner=owner or user,
            folder=folder,
            writable=max_size_bytes is not None,
            max_size_bytes=max_size_bytes or 0,
            limits=limits,
        )
        return folder

    def environment(self, password: str) -> dict[str, str]:
        ask = self.here / "ask"
        if not ask.exists():
            ask.write_text('#!/bin/sh\nprintf "%s\\n" "$TEST_PASSWORD"\n')
            ask.chmod(0o700)
        return {
            **os.environ,
            "SSH_ASKPASS": str(ask),
            "SSH_ASKPASS_REQUIRE": "force",
            "TEST_PASSWORD": password,
            "HOME": str(self.here),
        }

    def options(self) -> list[str]:
        known = self.here / "known_hosts"
        return [
            *("-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={known}"),
            *("-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=password", "-o", "LogLevel=ERROR"),
        ]

    def run(
        self, program: str, *arguments: str, password: str, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        port = ["-p" if program == "ssh" else "-P", str(self.port)]
        return subprocess.run(
            [program, *self.options(), *port, *arguments],
            env=self.environment(password),
            input=text,
            cwd=self.here / "home",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            start_new_session=True,
        )

    def scp(self, *arguments: str, password: str) -> subprocess.CompletedProcess[str]:
        return self.run("scp", *arguments, password=password)

    def sftp(self, user: str, *commands: str, password: str) -> subprocess.CompletedProcess[str]:
        batch = "\n".join(commands) + "\n"
        place = f"{user}@127.0.0.1"
        done = self.run("sftp", "-o", "BatchMode=no", "-b", "-", place, password=password, text=batch)
        assert "sftp>" in done.stdout, done.stderr
        return done

    def shell(self, command: str, password: str) -> subprocess.CompletedProcess[str]:
        """Run a command as people are shown it; only the options that keep the test to itself are put in between."""
        tools = self.here / "tools"
        tools.mkdir(exist_ok=True)
        wrapper = tools / "scp"
        options = " ".join(f"'{option}'" for option in self.options())
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("scp")} $SCP_MODE {options} "$@"\n')
        wrapper.chmod(0o700)
        environment = self.environment(password)
        environment["PATH"] = f"{tools}:{environment['PATH']}"
        return subprocess.run(
            ["sh", "-c", command],
            env=environment,
            cwd=self.here / "home",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            start_new_session=True,
        )


@pytest.fixture(scope="session")
def openssh() -> None:
    if not shutil.which("scp"):
        if os.environ.get("CI"):
            pytest.fail("scp is needed for these tests")
        pytest.skip("there is no scp here")


@pytest.fixture(scope="session")
def host_key(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A key such as servers make, which takes them a process; that they make their own is tested by itself."""
    return host_keys.load_or_make(tmp_path_factory.mktemp("keys") / "host_key")


@pytest.fixture
def site_factory(tmp_path: Path, openssh: None, host_key: bytes) -> Iterator[Callable[..., Site]]:
    with contextlib.ExitStack() as stack:

        def make(
            *,
            first_wait: timedelta = timedelta(0),
            longest_silence: timedelta = timedelta(seconds=60),
            most_unsent_bytes: int = 8 * 1024 * 1024,
            **settings: object,
        ) -> Site:
            here = tmp_path / f"site-{len(list(tmp_path.iterdir()))}"
            (here / "home").mkdir(parents=True)
            site = Site(here=here, logins=Logins.load(here / "data" / "retrieval.key"))
            site.host_key.write_bytes(host_key)
            site.host_key.chmod(0o600)
            chosen = RetrievalSettings.model_validate({"port": 0, **settings})
            site.server = SshServer(
                chosen,
                site.host_key,
                site.accounts.get,
                first_wait=first_wait,
                longest_silence=longest_silence,
                most_unsent_bytes=most_unsent_bytes,
            )
            site.server.start()
            stack.callback(site.server.stop)
            return site

        yield make


@pytest.fixture
def site(site_factory: Callable[..., Site]) -> Site:
    return site_factory()


@pytest.fixture(scope="module")
def shared_server(
    tmp_path_factory: pytest.TempPathFactory, openssh: None, host_key: bytes
) -> Iterator[tuple[SshServer, dict[str, Account]]]:
    """One server for all tests of a file, whose process is started once; and its accounts."""
    key_file = tmp_path_factory.mktemp("server") / "host_key"
    key_file.write_bytes(host_key)
    key_file.chmod(0o600)
    accounts: dict[str, Account] = {}
    server = SshServer(RetrievalSettings(port=0), key_file, accounts.get, first_wait=timedelta(0))
    server.start()
    yield server, accounts
    server.stop()


@pytest.fixture
def shared_site(tmp_path: Path, shared_server: tuple[SshServer, dict[str, Account]]) -> Site:
    """A site of its own folders and accounts at the shared server; ``site`` in files that only ask what it serves."""
    server, accounts = shared_server
    accounts.clear()
    here = tmp_path / "site"
    (here / "home").mkdir(parents=True)
    return Site(here=here, logins=Logins.load(here / "data" / "retrieval.key"), accounts=accounts, server=server)


@pytest.fixture(params=["sftp", "legacy"])
def mode(request: pytest.FixtureRequest) -> list[str]:
    return ["-O"] if request.param == "legacy" else ["-s"]


@pytest.fixture
def outbox(site: Site) -> Path:
    """The outbox folder of job 12, whose password is "right"."""
    folder = site.here / "outbox" / "12"
    folder.mkdir(parents=True)
    return site.add("job-12", "right", folder)


@pytest.fixture
def inbox(site: Site) -> Path:
    """Alice's inbox folder, not there yet; her password is "right" and files can have 1,000,000 bytes."""
    return site.add("in-U0ALICE", "right", site.here / "inbox" / "U0ALICE", max_size_bytes=1_000_000)


def a_job(**changes: object) -> Job:
    values: dict[str, object] = {
        "id": 12,
        "script": "count",
        "title": "Count",
        "values": {},
        "requester": ALICE,
        "state": State.SUCCEEDED,
        "requested_at": NOW,
    }
    return Job(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def job_factory() -> Callable[..., Job]:
    return a_job


@pytest.fixture
def asyncio_run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return asyncio.run
