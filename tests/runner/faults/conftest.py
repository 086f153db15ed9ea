"""Runners that are processes of their own, in installations made for one test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.jobs import Requester
from tests.support.machine.full_disk import mounted
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
    with mounted(tmp_path / "disk", options=f"size={DISK_BYTES}") as place:
        yield place
