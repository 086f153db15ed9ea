"""The command `scriptrunner` with settings of its own in a temporary folder, as people and systemd start it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.slack.person import Workspace, wait_for
from tests.support.slack.stand_in import running_workspace

ROOT = Path(__file__).parents[3]
_OURS = ("SLACK_", "SCRIPTRUNNER_")


@dataclass
class Command:
    """Where settings, data and logs are; ``environment`` is given to every process."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def config(self) -> Path:
        return self.folder / "scriptrunner.yml"

    @property
    def log(self) -> str:
        """What the started processes have said so far, to either stream."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def write(self, **settings: Any) -> None:
        """Settings that need no fixed port; groups are given as dicts."""
        (self.folder / "scripts").mkdir(exist_ok=True)
        usual = {
            "data": "var",
            "scripts": "scripts",
            "retrieval": {"port": 0},
            "workspace": {"port": 0, "manifest": str(ROOT / "manifest.yml"), "samples": str(ROOT / "etc/inbox")},
        }
        self.config.write_text(yaml.safe_dump(usual | settings))

    def script(self, name: str, text: str) -> None:
        path = self.folder / "scripts" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run to the end; ``more`` is added to the environment."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self._environment() | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Start in the background; ended at last where the test did not."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "--config", str(self.config), *words],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)

    def wait_for_log(self, words: str) -> None:
        wait_for(lambda: words in self.log, 30, what=f"{words!r} in the log")

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return inherited | {"PYTHONPATH": str(ROOT)} | self.environment


@contextmanager
def slack(
    folder: Path,
    *,
    scopes: list[str] | None = None,
    request_url: str | None = None,
    port: int = 0,
    more_people: int = 0,
) -> Iterator[Workspace]:
    """A stand-in that takes the tokens xoxb-test and xapp-test, for an app with these scopes."""
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text())
    if scopes is not None:
        manifest["oauth_config"]["scopes"]["bot"] = scopes
    path = folder / "slack-manifest.yml"
    path.write_text(yaml.safe_dump(manifest))
    options = ["--more-people", str(more_people)]
    options += ["--request-url", request_url] if request_url else []
    with running_workspace(*options, manifest=path, port=port) as workspace:
        yield workspace


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
