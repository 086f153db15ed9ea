"""The runner as a process of its own, on settings in a temporary folder, without Slack unless it is given."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import yaml

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Job, Requester
from runner.system.clock import system_clock
from tests.support.slack.person import wait_for

ALL_SLOTS = 1000
"""What ``jobs.per_person`` is where one person may have all slots."""

Process = subprocess.Popen[bytes]
WAITING = "#!/bin/sh\necho once >> ran\nwhile [ ! -e go ]; do sleep 0.01; done\n"


@dataclass
class Site:
    """An installation whose runner is started, killed and stopped; its mails go to a Maildir.

    ``more`` is added to the settings, in which one person may have all slots, and ``environment`` to that of each
    runner, at its start. What is started is ``program``, with the arguments of ScriptRunner's own.
    """

    folder: Path
    person: Requester
    more: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (sys.executable, "-m", "bot")
    processes: "list[Process]" = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "scripts").mkdir(exist_ok=True)
        self.settings = self.folder / "scriptrunner.yml"
        jobs = {"per_person": ALL_SLOTS} | self.more.get("jobs", {"slots": 8})
        usual = {"data": "var", "scripts": "scripts", "retrieval": {"port": 0}}
        self.settings.write_text(yaml.safe_dump(usual | self.more | {"jobs": jobs}))
        self.assembly = Assembly(load(self.settings, BotConfig), clock=system_clock)
        self.service = self.assembly.service()

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def put(self, name: str, text: str) -> None:
        path = self.folder / "scripts" / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *options: str, umask: int = 0o022) -> "Process":
        times = self.log.count("runner ready")
        process = self.launch(*options, umask=umask)

        def is_ready() -> bool:
            assert process.poll() is None, self.log
            return self.log.count("runner ready") > times

        wait_for(is_ready, 30, what="ready")
        return process

    def launch(self, *options: str, umask: int = 0o022) -> "Process":
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self.program, "--config", str(self.settings), "runner", *options],
                env=inherited | self.environment,
                stdout=log,
                stderr=log,
                umask=umask,
            )
        self.processes.append(process)
        return process

    def suspend(self, process: "Process") -> None:
        """Suspend it, at a moment when it does not keep others from the database."""
        _stop(process)
        while not self._is_writable():
            process.send_signal(signal.SIGCONT)
            time.sleep(0.01)  # for it to go on
            _stop(process)

    def _is_writable(self) -> bool:
        with closing(sqlite3.connect(str(self.assembly.paths.database_file), timeout=0.1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
            return True

    def end(self) -> None:
        """Kill what runs still."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.assembly.close()

    def submit(self, name: str, **values: str) -> Job:
        script = self.service.scripts.find(self.person, name, exactly=True)
        return self.service.submit(self.person, script, values, submission=os.urandom(8).hex())

    def ended(self, job: Job) -> Job:
        wait_for(lambda: (found := self.assembly.store.jobs.get(job.id)) and found.state.is_final, 30, what="ended")
        return self.now(job)

    def now(self, job: Job) -> Job:
        found = self.assembly.store.jobs.get(job.id)
        assert found is not None
        return found

    def begun(self, job: Job) -> Path:
        folder = self.assembly.results.folder(job.id)
        wait_for((folder / "ran").exists, 20, what="begun")
        return folder

    def mails(self, job: Job) -> list[str]:
        """The subjects of the mails about a job, once two different ones are there."""
        wait_for(lambda: len(set(self.subjects(job))) >= 2, 20, what="mailed")
        return sorted(self.subjects(job))

    def letter(self, job: Job, word: str) -> str:
        """What the mail says whose subject has this word about a job, once it is there; on one line."""
        subject = f"Job {job.id} {word}"

        def found() -> str | None:
            for path in (self.assembly.paths.mail / "new").glob("*"):
                mail = message_from_bytes(path.read_bytes(), policy=default)
                if subject in mail["Subject"]:
                    body = mail.get_body(("plain",))
                    assert body
                    return " ".join(body.get_content().split())
            return None

        return wait_for(found, 20, what=f"a mail {subject!r}")

    def subjects(self, job: Job | None = None) -> list[str]:
        """Those of all mails, or of those about one job."""
        texts = [path.read_text() for path in (self.assembly.paths.mail / "new").glob("*")]
        found = [
            re.search(rf"^Subject:.*(Job {job.id if job else '[0-9]+'} \w+)", text, re.MULTILINE) for text in texts
        ]
        return [one.group(1) for one in found if one]


def _stop(process: "Process") -> None:
    """Suspend all threads of it: for a moment after the signal they may still take a lock."""
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: set(_thread_states(process.pid)) == {"T"}, what="suspended")


def _thread_states(pid: int) -> Iterator[str]:
    """What every thread is at, by the letters of proc_pid_stat(5)."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended
            yield (task / "stat").read_text().rpartition(")")[2].split()[0]
