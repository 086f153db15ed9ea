"""Runs sample scripts the way the runner does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.scripts.sampled import PATH, SCRIPTS, Run


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


@pytest.fixture
def run(outbox: Path) -> Run:
    """Runs a sample script; variables are added to its environment."""

    def run(
        name: str, *arguments: str | Path, locale: str = "C.UTF-8", stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": PATH,
            "LC_ALL": locale,
            "SCRIPTRUNNER_JOB_ID": "1",
            "SCRIPTRUNNER_OUTPUT_DIR": str(outbox),
            "SCRIPTRUNNER_REQUESTER": "ada@example.org",
        }
        return subprocess.run(
            [SCRIPTS / name, *arguments],
            cwd=outbox,
            env=environment | variables,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def file(content: str | bytes, name: str = "input.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file
