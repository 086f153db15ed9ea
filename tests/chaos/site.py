"""An installation that is made to be broken: its processes, each of which may be killed at any moment."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import yaml

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.service import ScriptRunner
from runner.system.clock import system_clock
from runner.system.wakeup import wake
from tests.chaos.workload import SCRIPTS
from tests.support.machine.command import ROOT
from tests.support.slack.person import Workspace, wait_for
from tests.support.slack.stand_in import SECRETS

PARTS = ("runner", "bot")
_MARK = "CHAOS_SITE"
_READY_SECONDS = 30


@dataclass
class Site:
    """Settings, scripts and a ledger in a folder; bot and runner are started and killed one by one.

    Every process of it is known by its working directory, by a variable that scripts are given, or by the path of its
    Python, which is this site's alone: of fork servers, supervisors and filters, which hide their memory, /proc shows
    nobody but root anything else.
    """

    folder: Path
    workspace: Workspace
    slots: int = 6
    parts: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._token = secrets.token_hex(8)
        (self.folder / "scripts").mkdir()
        for name, text in SCRIPTS.items():
            path = self.folder / "scripts" / name
            path.write_text(text.replace("LEDGER", str(self.ledger)))
            path.chmod(0o755)
        settings = {
            "data": "var",
            "scripts": "scripts",
            "retrieval": {"port": 0},
            "jobs": {
                "slots": self.slots,
                "per_person": self.slots,
                "waiting_per_person": None,
                "waiting_per_script": None,
                "grace": "1s",
                "environment": ["PATH", _MARK],
            },
            "delivery": {"poll": "1s"},
        }
        self.config.write_text(yaml.safe_dump(settings))
        self.ledger.touch()
        self._prefix.symlink_to(sys.prefix, target_is_directory=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()
        self.assembly.close()

    @property
    def _prefix(self) -> Path:
        return self.folder / "python"

    @property
    def _python(self) -> Path:
        return self._prefix / Path(sys.executable).relative_to(sys.prefix)

    @property
    def config(self) -> Path:
        return self.folder / "scriptrunner.yml"

    @property
    def ledger(self) -> Path:
        """Where each script notes that it begins and that it is through; no part of ScriptRunner knows of it."""
        return self.folder / "ledger"

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @cached_property
    def assembly(self) -> Assembly:
        return Assembly(load(self.config, BotConfig), clock=system_clock)

    @cached_property
    def service(self) -> ScriptRunner:
        return self.assembly.service()

    def start(self, part: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "SCRIPT"))}
        ours = {"PYTHONPATH": str(ROOT), "SLACK_API_URL": self.workspace.api_url, _MARK: self._token}
        with (self.folder / f"{part}.log").open("ab") as log:
            self.parts[part] = subprocess.Popen(
                [self._python, "-m", "bot", "--config", str(self.config), part],
                cwd=self.folder,
                env=inherited | SECRETS | ours,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self, part: str) -> None:
        is_ready = self.workspace.connections if part == "bot" else lambda: wake(self.assembly.paths.wakeup_socket)
        wait_for(is_ready, _READY_SECONDS, what=f"{part} ready")

    def kill(self, part: str) -> None:
        self.parts[part].kill()
        self.parts[part].wait()

    def kill_all(self) -> set[int]:
        """Kill all there is at one moment, as when the power fails; the jobs whose supervisors lived then."""
        found: set[int] = set()
        while new := set(self.processes()) - found:  # stopped first, so that none gets away by forking
            for pid in new:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            found |= new
        hit = {job_id for job_id, _ in self.supervisors()}
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.parts.values():
            process.wait()
        return hit

    def stop(self) -> dict[str, int]:
        """Tell both parts to stop, as systemd does; their exit statuses."""
        for process in self.parts.values():
            process.terminate()
        return {part: process.wait(30) for part, process in self.parts.items()}

    def processes(self) -> list[int]:
        """All that lives of this installation, whatever it is."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_ours(entry)]

    def fork_server(self) -> int | None:
        """The runner's fork server, if one was started."""
        runner = self.parts["runner"].pid
        with suppress(OSError):
            for child in Path(f"/proc/{runner}/task/{runner}/children").read_text().split():
                if b"supervis" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        return None

    def supervisors(self) -> list[tuple[int, int]]:
        """The jobs that run now, each with the process that supervises it and holds its state file locked."""
        found = []
        locks = set(_locks())
        for state in self.data.glob("jobs/*/attempt-*.state"):
            with suppress(OSError, LookupError, ValueError):
                first, *more = state.read_text().splitlines()
                pid = int(json.loads(first)["supervisor"])
                if not any("ended_by" in line for line in more) and (pid, state.stat().st_ino) in locks:
                    found.append((int(state.parent.name), pid))
        return found

    def scripts_of(self, job_id: int) -> list[int]:
        """What runs of a job: each leads a session of its own."""
        mark = f"SCRIPTRUNNER_JOB_ID={job_id}".encode()
        return [pid for pid in self.processes() if mark in _environment(pid) and _leads_session(pid)]

    def ends_recorded(self) -> Iterator[tuple[int, float]]:
        """The jobs whose supervisors recorded their end, and when."""
        for state in self.data.glob("jobs/*/attempt-*.state"):
            if '"ended_by"' in state.read_text():
                yield int(state.parent.name), state.stat().st_mtime

    def _is_ours(self, process: Path) -> bool:
        with suppress(OSError):  # ended, a zombie, or hidden
            if (process / "cmdline").read_bytes().startswith(f"{self._prefix}/".encode()):
                return True
            if (process / "cwd").readlink().is_relative_to(self.folder):
                return True
        return f"{_MARK}={self._token}".encode() in _environment(int(process.name))


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _locks() -> Iterator[tuple[int, int]]:
    """Who holds which file locked with flock(2), by process and inode; everybody may read that (proc_locks(5))."""
    for line in Path("/proc/locks").read_text().splitlines():
        match line.split():
            case [_, "FLOCK", _, _, pid, file, *_]:
                yield int(pid), int(file.rpartition(":")[2])
            case _:
                continue


def _leads_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False
