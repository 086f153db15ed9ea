"""Results that the machine's own sshd serves are fetched by the command that people are told, with OpenSSH's scp.

What answers is what OpenSSH's server starts, a shell with the remote ``scp`` or its ``sftp-server``; the connection in
between is left out, so that nobody has to run an SSH server to run the tests.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.files import Inbox, Results
from runner.jobs import Job
from runner.retrieval import Instructions, Logins, RetrievalSettings
from runner.system.clock import system_clock

SSH = """#!/bin/sh
for word in "$@"; do last=$word; done
[ "$last" = sftp ] && exec /usr/lib/openssh/sftp-server
exec sh -c "$last"
"""
"""Does on this machine what ssh is to have done on another: a command, or the subsystem sftp."""


def instructions(here: Path, results: Results) -> Instructions:
    """What people are told to type."""
    settings = {"server": False, "scp_host": "results.example.org"}
    return Instructions(
        logins=Logins(b"k" * 32),
        settings=RetrievalSettings.model_validate(settings),
        results=results,
        inbox=Inbox(here / "inbox"),
        clock=system_clock,
    )


def shell(here: Path, command: str, *, mode: str) -> subprocess.CompletedProcess[str]:
    """Run a command as people are shown it; only what keeps the test to itself is put in between."""
    tools, home = here / "tools", here / "home"
    tools.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    for name, text in (("ssh", SSH), ("scp", f'#!/bin/sh\nexec {shutil.which("scp")} {mode} -S {tools}/ssh "$@"\n')):
        (tools / name).write_text(text)
        (tools / name).chmod(0o700)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", command], env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("mode", ["-s", "-O"])
@pytest.mark.parametrize("name", ["outbox", "out box's", "a$(id)*[b]{c,d}?~;&\\", "größe"])
def test_told_command_fetches_into_a_folder_of_the_jobs_name_however_often(
    tmp_path: Path, job_factory: Callable[..., Job], mode: str, name: str
) -> None:
    results = Results(root=tmp_path / name, control=tmp_path / "jobs")
    job = job_factory(id=12)
    results.make(12, attempt=1)
    written = results.folder(12)
    (written / "plots").mkdir()
    (written / "plots" / "two words.txt").write_text("text")
    (written / ".hidden").write_text("hidden")
    command = instructions(tmp_path, results).retrieval(job).command

    for _ in range(2):
        done = shell(tmp_path, command, mode=mode)
        assert done.returncode == 0, (command, done.stderr)

    home = tmp_path / "home"
    fetched = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}
    assert fetched == {"job-12/plots/two words.txt": "text", "job-12/.hidden": "hidden"}
