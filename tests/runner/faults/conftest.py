"""Runners that are processes of their own, in installations made for one test."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.jobs import Requester
from tests.support.machine.runner_site import Site

DISK_BYTES = 6_000_000
SiteFactory = Callable[..., Site]


@pytest.fixture
def site_factory(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[SiteFactory]:
    """Make an installation in a folder of that name; what is named besides is added to its settings."""
    sites: list[Site] = []

    def make(name: str = "site", *, environment: dict[str, str] | None = None, **more: Any) -> Site:
        (tmp_path / name).mkdir(exist_ok=True)
        sites.append(Site(tmp_path / name, person_factory(), more=more, environment=environment or {}))
        return sites[-1]

    yield make
    for site in sites:
        site.end()


@pytest.fixture
def site(site_factory: SiteFactory) -> Site:
    return site_factory()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    place = tmp_path / "disk"
    place.mkdir()
    options = f"size={DISK_BYTES},mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
