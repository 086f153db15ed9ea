"""An installation to be measured, with the processes that people run: the runner and the bot."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import UNFINISHED, Job, Requester
from runner.system.clock import system_clock
from runner.system.wakeup import wake
from tests.benchmarks import listening, processes
from tests.support.slack.person import wait_for

ROOT = Path(__file__).parents[2]
REQUESTER = Requester(user_id="U0BENCH", team_id="T0BENCH", email="u0bench@example.com", name="Bench")
BEGIN, SLEEP = "begin.sh", "sleep.sh"
_QUIET_SECONDS = 0.0005
_READY_SECONDS = 30
_DONE_SECONDS = 900


class Rig:
    """Has two scripts: one that only says when it begins, and one that sleeps until it is ended.

    All that is the same for many jobs is as in a new installation: mails go into a Maildir, the SSH server runs. But
    one person may have all slots, and any number of jobs waiting.
    """

    def __init__(self, folder: Path, *, slots: int = 2, log_level: str = "error", ssh_port: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        self.pipe = folder / "began"
        scripts = folder / "scripts"
        scripts.mkdir()
        _put(scripts / BEGIN, listening.script(self.pipe))
        _put(scripts / SLEEP, "#!/bin/sh\nexec sleep infinity\n")
        self.config = folder / "scriptrunner.yml"
        settings: dict[str, Any] = {"data": str(folder / "var"), "scripts": str(scripts), "log_level": log_level}
        no_limits = {"per_person": slots, "waiting_per_person": None, "waiting_per_script": None}
        settings |= {"jobs": {"slots": slots} | no_limits, "retrieval": {"port": ssh_port}}
        self.config.write_text(yaml.safe_dump(settings))
        self.assembly = Assembly(load(self.config, BotConfig), clock=system_clock)
        self.service = self.assembly.service()
        self._submitted = 0
        self._used: dict[int, float] = {}

    def put(self, name: str, text: str) -> None:
        """Have another script."""
        _put(self.config.parent / "scripts" / name, text)

    def submit(self, script: str) -> Job:
        """Queue one more job."""
        self._submitted += 1
        found = self.service.scripts.find(REQUESTER, script, exactly=True)
        return self.service.submit(REQUESTER, found, {}, submission=f"{self._submitted}")

    @property
    def database(self) -> Path:
        """The file that holds the jobs."""
        return self.assembly.paths.data / "scriptrunner.db"

    @contextmanager
    def runner(self, environment: Mapping[str, str] | None = None) -> Iterator[int]:
        """The runner's own process, ready and idle, until the block ends."""
        with self.process("runner", environment) as process:
            wait_for(lambda: wake(self.assembly.paths.wakeup_socket), _READY_SECONDS, what="ready")
            self.wait_until_quiet(process.pid)
            yield process.pid

    @contextmanager
    def process(
        self, part: str, environment: Mapping[str, str] | None = None, *, log: int | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """One of the processes that people run, until the block ends; what it logs is shown, or goes to ``log``."""
        command = [sys.executable, "-m", "bot", "--config", str(self.config), part]
        given = os.environ | (environment or {})
        with subprocess.Popen(command, cwd=ROOT, env=given, stderr=log, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()
                process.communicate()

    def wait_until_done(self, *roots: int, channels: Sequence[str] = ("email",)) -> None:
        """Wait until no job runs or waits, all messages are sent, and these processes have nothing to do any more."""
        store = self.assembly.store

        def is_owed(channel: str) -> bool:
            return store.outbox.next_due(channel=channel) is not None

        wait_for(lambda: not store.jobs.count(states=UNFINISHED), _DONE_SECONDS, what="all done")
        wait_for(lambda: not any(map(is_owed, channels)), _DONE_SECONDS, what="all sent")
        self.wait_until_quiet(*roots)

    def wait_until_quiet(self, *roots: int) -> None:
        """Wait until these processes, with their descendants, use next to no processor time."""
        for root in roots:
            wait_for(partial(self._is_quiet, root), _DONE_SECONDS, what="idle")

    def _is_quiet(self, root: int) -> bool:
        used = processes.seconds(root)
        before = self._used.get(root, -1.0)
        self._used[root] = used
        return abs(used - before) < _QUIET_SECONDS


def _put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
