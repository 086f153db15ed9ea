"""A short storm; `make chaos` has the long one."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.site import Site
from tests.chaos.storm import Storm
from tests.chaos.verdict import check, check_stopped
from tests.support.machine.command import slack

FIXED = 20260304


@pytest.fixture(params=["fixed", "random"])
def seed(request: pytest.FixtureRequest) -> int:
    if request.param == "fixed":
        return FIXED
    return int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))  # noqa: S311  # no secret


@pytest.mark.timeout(300)
def test_no_job_is_lost_and_none_runs_twice_whatever_is_killed(tmp_path: Path, seed: int) -> None:
    print(f"CHAOS_SEED={seed}")
    with slack(tmp_path) as workspace, Site(tmp_path, workspace) as site:
        storm = Storm(site, seed=seed, jobs=60, kills=15)
        storm.rage()

        figures = check(storm)

        check_stopped(storm)
    assert figures["killed in all"] == 15
