"""Results that the machine's own sshd serves are fetched by the command that people are told, with OpenSSH's scp."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.files import Inbox, Results
from runner.jobs import Job
from runner.retrieval import Instructions, Logins, RetrievalSettings
from runner.system.clock import system_clock
from tests.support.machine.installation import free_port
from tests.support.slack.person import wait_for

_SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@dataclass
class Sshd:
    """An sshd of ours, with a key for who is logged in here."""

    here: Path
    port: int

    def instructions(self, results: Results, **changes: object) -> Instructions:
        """What people are told to type."""
        given = {"server": False, "scp_host": "127.0.0.1", "scp_port": self.port, **changes}
        return Instructions(
            logins=Logins(b"k" * 32),
            settings=RetrievalSettings.model_validate(given),
            results=results,
            inbox=Inbox(self.here / "inbox"),
            clock=system_clock,
        )

    def shell(self, command: str, *, mode: str) -> subprocess.CompletedProcess[str]:
        """Run a command as people are shown it; only what keeps the test to itself is put in between."""
        tools = self.here / "tools"
        tools.mkdir(exist_ok=True)
        wrapper = tools / "scp"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("scp")} {mode} -F {self.here}/client "$@"\n')
        wrapper.chmod(0o700)
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        home = self.here / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            ["sh", "-c", command], env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    if _SSHD is None or not shutil.which("scp"):
        pytest.skip("there is no sshd here")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    port = free_port()
    server = tmp_path / "server"
    server.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
        "StrictModes no\nPidFile none\nUsePAM no\nSubsystem sftp internal-sftp\nPermitRootLogin yes\n"
    )
    (tmp_path / "client").write_text(
        f"IdentityFile {tmp_path}/user\nBatchMode yes\nLogLevel ERROR\n"
        f"StrictHostKeyChecking no\nUserKnownHostsFile {tmp_path}/known_hosts\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it
    with subprocess.Popen([_SSHD, "-D", "-e", "-f", server], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: _is_open(port), 30, what="listening")
            yield Sshd(here=tmp_path, port=port)
        finally:
            process.terminate()


@pytest.mark.parametrize("mode", ["-s", "-O"])
@pytest.mark.parametrize("name", ["outbox", "out box's", "a$(id)*[b]{c,d}?~;&\\", "größe"])
def test_told_command_fetches_into_a_folder_of_the_jobs_name_however_often(
    sshd: Sshd, job_factory: Callable[..., Job], mode: str, name: str
) -> None:
    results = Results(root=sshd.here / name, control=sshd.here / "jobs")
    job = job_factory(id=12)
    results.make(12, attempt=1)
    written = results.folder(12)
    (written / "plots").mkdir()
    (written / "plots" / "two words.txt").write_text("text")
    (written / ".hidden").write_text("hidden")
    command = sshd.instructions(results).retrieval(job).command

    for _ in range(2):
        done = sshd.shell(command, mode=mode)
        assert done.returncode == 0, (command, done.stderr)

    home = sshd.here / "home"
    fetched = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}
    assert fetched == {"job-12/plots/two words.txt": "text", "job-12/.hidden": "hidden"}


def _is_open(port: int) -> bool:
    return subprocess.run(["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, check=False).stdout != b""
