"""A short storm; `make chaos` has the long one."""

from pathlib import Path

import pytest

from tests.chaos.site import Site
from tests.chaos.storm import Storm
from tests.chaos.verdict import check, check_stopped
from tests.support.machine.command import slack


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [20260304, 20260305], indirect=True)
def test_no_job_is_lost_and_none_runs_twice_whatever_is_killed(tmp_path: Path, seed: int) -> None:
    with slack(tmp_path) as workspace, Site(tmp_path, workspace) as site:
        storm = Storm(site, seed=seed, jobs=60, kills=15)
        storm.rage()

        figures = check(storm)

        check_stopped(storm)
    assert figures["killed in all"] == 15
