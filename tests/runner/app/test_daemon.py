"""The runner as a process: killed, started again, stopped, and started twice."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.jobs import Job, Requester, State
from runner.system.clock import system_clock
from tests.support.machine.installation import free_port
from tests.support.machine.runner_site import WAITING, Site
from tests.support.machine.settled import settle_messages
from tests.support.slack.person import wait_for


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Site]:
    site = Site(tmp_path, person_factory())
    yield site
    site.end()


def test_job_whose_runner_was_killed_succeeds_and_is_told_once(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    living, ending = site.submit("wait.sh"), site.submit("wait.sh")
    site.begun(living)
    site.begun(ending)
    wait_for(lambda: site.assembly.store.outbox.next_due(channel="email") is None, what="told of both starts")

    runner.kill()
    runner.wait()
    (site.begun(ending) / "go").touch()
    site.start()
    (site.begun(living) / "go").touch()

    for job in (living, ending):
        assert site.ended(job).state is State.SUCCEEDED
        assert site.mails(job) == [f"Job {job.id} started", f"Job {job.id} succeeded"]
        assert (site.begun(job) / "ran").read_text() == "once\n"


def test_jobs_survive_a_runner_that_is_killed_again_and_again(site: Site) -> None:
    site.put("count.sh", "#!/bin/sh\necho once >> ran\nsleep 0.1\n")
    jobs = [site.submit("count.sh") for _ in range(40)]
    for number in range(4):
        runner = site.start()
        wait_for(lambda: site.assembly.store.jobs.count(states=[State.QUEUED]) < 35 - number * 7, 20)  # noqa: B023  # asked at once
        runner.kill()
        runner.wait()

    site.start()

    for job in jobs:
        assert site.ended(job).state is State.SUCCEEDED
        assert (site.begun(job) / "ran").read_text() == "once\n"
        # A runner killed between sending and noting it sends once more: at least once is the promise.
        assert set(site.mails(job)) == {f"Job {job.id} started", f"Job {job.id} succeeded"}


def test_runner_that_is_told_to_stop_leaves_jobs_running(site: Site) -> None:
    site.put("wait.sh", WAITING)
    runner = site.start()
    job = site.submit("wait.sh")
    folder = site.begun(job)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(20) == 0
    assert site.assembly.store.jobs.get(job.id).state is State.RUNNING  # type: ignore[union-attr]
    assert not site.assembly.paths.wakeup_socket.exists()
    (folder / "go").touch()
    site.start()
    assert site.ended(job).state is State.SUCCEEDED


def test_second_runner_on_the_same_folder_is_refused(site: Site) -> None:
    site.put("wait.sh", "#!/bin/sh\n")
    site.start()

    second = site.launch()

    assert second.wait(20) == 1
    assert f"Another runner works in {site.folder / 'var'}; stop it first." in site.log
    assert "Traceback" not in site.log
    assert site.ended(site.submit("wait.sh")).state is State.SUCCEEDED


def test_all_that_a_runner_writes_is_private_whatever_the_umask(site: Site) -> None:
    site.assembly.close()
    site.put("write.sh", "#!/bin/sh\nmkdir -p deep/er\necho 1 | tee ran deep/er/file\n")
    site.start(umask=0)
    job = site.submit("write.sh")
    site.ended(job)
    site.mails(job)

    modes = {path.relative_to(site.folder): path.lstat().st_mode for path in (site.folder / "var").rglob("*")}

    allowed = {stat.S_IFDIR: [0o700], stat.S_IFREG: [0o600], stat.S_IFSOCK: [0o600], stat.S_IFLNK: [0o777]}
    copies = {path: mode for path, mode in modes.items() if path.name == "write.sh" and stat.S_ISREG(mode)}
    assert {stat.S_IMODE(mode) for mode in copies.values()} == {0o500}
    assert {
        str(path): oct(mode)
        for path, mode in modes.items()
        if path not in copies and stat.S_IMODE(mode) not in allowed[stat.S_IFMT(mode)]
    } == {}
    assert {Path(f"var/outbox/{job.id}/deep/er/file"), Path("var/runner.sock"), Path("var/runner.lock")} <= set(modes)


def test_runner_is_refused_a_database_of_a_newer_version(site: Site, tmp_path: Path) -> None:
    site.assembly.store.close()
    with sqlite3.connect(tmp_path / "var" / "scriptrunner.db") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()

    assert site.launch().wait(20) == 1
    assert "was written by a newer ScriptRunner: its tables have version 99" in site.log
    assert "Traceback" not in site.log


def test_runner_makes_its_name_once(site: Site) -> None:
    for _ in range(2):
        runner = site.start()
        runner.send_signal(signal.SIGTERM)
        runner.wait(20)
        name = (site.folder / "var" / "runner.id").read_text()

    assert re.fullmatch("runner-[0-9a-f]{16}", name)
    assert list((site.folder / "var").glob(".runner.id*")) == []


def test_results_are_fetched_from_another_process_and_again_after_either_was_killed(
    site_of: Callable[..., Site], typed: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    site = site_of(retrieval={"port": free_port()})
    site.put("write.sh", "#!/bin/sh\necho content > result.txt\necho ran > ran\n")
    runner = site.start()
    job = site.ended(site.submit("write.sh"))
    assert typed(site, job).returncode == 0
    server = serving(runner.pid)
    assert server != runner.pid

    os.kill(server, signal.SIGKILL)
    assert typed(site, job).returncode == 0
    second = serving(runner.pid)
    assert second != server
    assert site.ended(site.submit("write.sh")).state is State.SUCCEEDED

    runner.kill()
    runner.wait()
    wait_for(lambda: not Path(f"/proc/{second}/comm").exists(), what="ended with its runner")
    assert typed(site, job).returncode != 0
    site.start()
    assert typed(site, job).returncode == 0


def test_what_is_fetched_by_the_told_command_is_checked_by_what_came_with_it(
    site_of: Callable[..., Site], typed: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    site = site_of(retrieval={"port": free_port()})
    site.put("write.sh", "#!/bin/sh\nmkdir -p 'a b'\necho mine > SHA256SUMS\nhead -c 3000000 /dev/urandom > 'a b/-x'\n")
    site.start()
    job = site.ended(site.submit("write.sh"))
    wait_for((site.assembly.results.folder(job.id) / "results.json").exists, 20, what="listed")

    done = typed(site, job)

    assert done.returncode == 0, done.stderr
    (fetched,) = tmp_path.glob(f"*/job-{job.id}")
    told = site.service.details(site.person, job.id).report.checksums
    assert told.file_name == "SHA256SUMS.2"
    checked = subprocess.run(
        ["sha256sum", "-c", told.file_name], cwd=fetched, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "./SHA256SUMS: OK\n./a b/-x: OK\n")
    settle_messages(site.assembly.store, now=system_clock())
    site.service.retention.delete(site.person, job.id)
    assert not list(site.data.glob(f"outbox/**/{job.id}"))


def test_runner_that_stops_takes_the_process_that_serves_people_along(
    site_of: Callable[..., Site], typed: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    site = site_of(retrieval={"port": free_port()})
    site.put("write.sh", "#!/bin/sh\necho ran > ran\n")
    runner = site.start()
    typed(site, site.ended(site.submit("write.sh")))
    server = serving(runner.pid)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(20) == 0
    assert not Path(f"/proc/{server}/comm").exists()
    assert "SSH server stopped" in site.log
    assert "another follows" not in site.log


def test_process_that_serves_people_is_given_no_secret(
    site_of: Callable[..., Site], typed: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    site = site_of(retrieval={"port": free_port()})
    site.environment["SCRIPTRUNNER_SECRET_CANARY"] = "canary-5d1c"
    site.put("write.sh", "#!/bin/sh\necho ran > ran\n")
    runner = site.start()
    typed(site, site.ended(site.submit("write.sh")))
    server = Path(f"/proc/{serving(runner.pid)}")

    handles = [str(each.readlink()) for each in readable(server / "fd")]

    assert b"canary" not in read_where_allowed(server / "environ") + (server / "cmdline").read_bytes()
    assert not [each for each in handles if "scriptrunner.db" in each or each.endswith(".key")]


def serving(runner: int) -> int:
    """The process that serves people, of this runner's children."""
    children = Path(f"/proc/{runner}/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text().split()]
    (found,) = [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text() == "sr-ssh\n"]
    return found


def readable(folder: Path) -> list[Path]:
    """What is in a folder of a process that others may not look into, unless they are root."""
    try:
        return list(folder.iterdir())
    except PermissionError:
        return []


def read_where_allowed(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        return b""


@pytest.fixture
def site_of(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Callable[..., Site]]:
    """Makes the site with settings of its own."""
    made: list[Site] = []

    def make(**more: object) -> Site:
        made.append(Site(tmp_path, person_factory(), more=more))
        return made[0]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def typed(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Types the command that a job's requester is told, with the password."""

    def fetch(site: Site, job: Job) -> "subprocess.CompletedProcess[str]":
        told = site.service.details(site.person, job.id).report.retrieval
        assert told
        ask = tmp_path / "ask"
        ask.write_text(f"#!/bin/sh\necho {told.password}\n")
        ask.chmod(0o700)
        trusting = "-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        return subprocess.run(
            ["sh", "-c", told.command.replace("scp ", f"scp {trusting} ", 1)],
            cwd=tempfile.mkdtemp(dir=tmp_path),
            env=os.environ | {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return fetch
