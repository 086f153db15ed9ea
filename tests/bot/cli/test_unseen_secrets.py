"""What another process of the same user finds of our secrets: nothing, wherever it looks."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Job, Requester
from runner.store import NewJob
from runner.system.clock import system_clock
from tests.support.machine import proc_search
from tests.support.machine.command import ROOT, Command, slack
from tests.support.slack.person import wait_for
from tests.support.slack.stand_in import SECRETS

# In two parts, so that neither this file nor a command line holds one.
CANARIES = {
    name: "hunter2-" + part
    for name, part in {
        "SCRIPTRUNNER_SMTP_PASSWORD": "mail",
        "SCRIPTRUNNER_SECRET_API": "script",
        "PGPASSWORD": "database",
        "HTTPS_PROXY": "proxy",
    }.items()
}
ADA = Requester(user_id="U1ADA", team_id="T1", email="ada@example.org", name="Ada")
MADE_UP = ("xoxb-", "xapp-")
SEARCH = f"""#!/bin/sh
##~~ {{title: Search}}
exec {sys.executable} {ROOT}/tests/support/machine/proc_search.py up hunter2- xoxb- xapp- retrieval-canary
"""
ASKS = """#!/bin/sh
##~~ {title: Asks}
##~~ token {secret: API, stdin: true} - for the service
cat > /dev/null; echo asked; exec sleep 1000 < /dev/null
"""


def _ordinary() -> list[str]:
    """Without root's right to look into everything."""
    if os.geteuid():
        return []
    return [str(shutil.which("setpriv")), "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path, environment=dict(CANARIES))
    command.write(jobs={"per_person": 2})  # both scripts run at once, for one person
    command.script("search.sh", SEARCH)
    command.script("asks.sh", ASKS)
    return command


@contextmanager
def running(here: Command, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "SCRIPTRUNNER_"))}
    with (here.folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*_ordinary(), sys.executable, "-m", "bot", "--config", str(here.config), *words],
            cwd=here.folder,
            env=inherited | {"PYTHONPATH": str(ROOT)} | here.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def submit(here: Command) -> Iterator[Callable[[str], Job]]:
    assembly = Assembly(load(here.config, BotConfig), clock=system_clock)

    def run(script: str) -> Job:
        new = NewJob(submission=script, script=script, title=script, values={}, inputs=[], requester=ADA)
        return assembly.store.jobs.submit(new, now=system_clock())

    yield run
    assembly.close()


def outside(root: int, *texts: str) -> list[str]:
    """What a process beside them finds below one."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support.machine import proc_search as p; "
    program += "print(*p.search(int(sys.argv[1]), [each.encode() for each in sys.argv[2:]]), sep='\\n')"
    found = subprocess.run(
        [*_ordinary(), sys.executable, "-c", program, str(root), *texts],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return found.stdout.split("\n")[:-1]


def test_job_that_searches_all_of_proc_finds_no_secret_of_up_and_its_parts(
    here: Command, submit: Callable[[str], Job]
) -> None:
    with running(here, "up") as up:
        here.wait_for_log("Ctrl-C stops it.")
        asks = submit("asks.sh")
        logs = here.data / "outbox" / ".logs"
        wait_for(lambda: "asked" in _log(logs / str(asks.id)), 30, what="the other job to run")
        search = submit("search.sh")
        wait_for(lambda: "processes" in _log(logs / str(search.id)), 30, what="the search to end")
        searched = _log(logs / str(search.id))
        names = {_comm(pid) for pid in proc_search.below(up.pid)}
        for pid in proc_search.below(up.pid):
            if _comm(pid) == "sleep":
                os.kill(pid, signal.SIGKILL)

    assert {"sr-server", "sr-supervisor"} <= names
    assert int(searched.split()[0]) >= len(names)
    assert [line for line in searched.splitlines()[1:] if line] == []


def _log(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("*") if path.is_file())


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.mark.parametrize(("command", "says"), [("bot", "bot connected by Socket Mode"), ("runner", "runner ready")])
def test_process_alone_shows_nothing_of_its_environment(here: Command, tmp_path: Path, command: str, says: str) -> None:
    with slack(tmp_path) as workspace:
        here.environment |= SECRETS | {"SLACK_API_URL": workspace.api_url}
        del here.environment["HTTPS_PROXY"]
        with running(here, command) as process:
            here.wait_for_log(says)
            found = outside(process.pid, "hunter2-", SECRETS["SLACK_BOT_TOKEN"], SECRETS["SLACK_SIGNING_SECRET"])
            environ = Path(f"/proc/{process.pid}/environ").read_bytes()

    assert [line for line in found if line] == []
    assert environ.strip(b"\0") == b""


def test_search_finds_what_is_open() -> None:
    canary = "hunter2-" + "open"
    command = [*_ordinary(), "sh", "-c", "echo; exec sleep 1000"]
    with subprocess.Popen(command, env=os.environ | {"OPEN": canary}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = outside(process.pid, canary)
        process.kill()

    assert any(" environ: " in line for line in found)
    assert any(" mem: " in line for line in found)
