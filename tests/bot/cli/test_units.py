import configparser
import os
import re
import shutil
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from runner.jobs import Requester, State
from runner.supervision import cgroups
from runner.system.watchdog import Deadlines
from tests.support.machine.runner_site import WAITING, Site

ROOT = Path(__file__).parents[3]
PARTS = ("bot", "runner")


@pytest.fixture(params=PARTS)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def unit(part: str) -> Path:
    return ROOT / f"etc/scriptrunner-{part}.service"


def service(part: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=False)  # EnvironmentFile may stand there twice
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit(part).read_text())
    return parser["Service"]


def test_unit_starts_its_part_as_its_own_user_with_secrets_from_a_file(part: str) -> None:
    settings = service(part)

    assert settings["ExecStart"] == f"/opt/scriptrunner/.venv/bin/scriptrunner {part}"
    assert settings["User"] == "scriptrunner"
    assert settings["UMask"] == "0077"
    assert settings["Restart"] == "on-failure"
    assert not re.search(r"xox|xapp-|PASSWORD", " ".join(settings.values()))


def test_unit_has_its_part_watched(part: str) -> None:
    settings = service(part)

    assert settings["Type"] == "notify"
    assert settings["NotifyAccess"] == "main", "what it starts cannot speak for it"
    assert timedelta(seconds=int(settings["WatchdogSec"])) > Deadlines().silence, (
        "it says in its log first where it was"
    )
    assert settings["WatchdogSignal"] == "SIGKILL", "a core would hold its secrets"
    assert timedelta(seconds=int(settings["TimeoutStopSec"])) > Deadlines().stop + Deadlines().main
    assert settings["RestartPreventExitStatus"] == str(os.EX_CONFIG)


def test_secrets_of_scripts_are_for_the_runner_alone() -> None:
    files = {part: re.findall(r"^EnvironmentFile=(.+)$", unit(part).read_text(), re.MULTILINE) for part in PARTS}

    assert files == {
        "bot": ["-/etc/scriptrunner/secrets"],
        "runner": ["-/etc/scriptrunner/secrets", "-/etc/scriptrunner/script-secrets"],
    }


def test_jobs_outlive_the_runner_s_unit() -> None:
    settings = service("runner")

    assert settings["KillMode"] == "process"
    assert settings["OOMPolicy"] == "continue"
    assert "PrivateTmp" not in settings


def test_restart_with_the_unit_s_own_signal_ends_no_job(tmp_path: Path) -> None:
    settings = service("runner")
    person = Requester(user_id="U1", team_id="T1", email="ada@example.org", name="Ada")
    site = Site(tmp_path, person)
    site.put("wait.sh", WAITING)
    try:
        runner = site.start()
        job = site.submit("wait.sh")
        folder = site.begun(job)

        assert settings["KillMode"] == "process", "the signal goes to the main process alone"
        runner.send_signal(signal.Signals[settings["KillSignal"]])
        assert runner.wait(20) == 0, "or Restart=on-failure would start another"
        site.start()
        (folder / "go").touch()

        assert site.ended(job).state is State.SUCCEEDED
        assert (folder / "ran").read_text() == "once\n"
    finally:
        site.end()


def test_jobs_get_control_groups_below_the_runner_s_unit() -> None:
    settings = service("runner")

    assert settings["Delegate"] == "yes"
    assert "ProtectControlGroups" not in settings
    assert f"#DelegateSubgroup={cgroups.LEAF}\n" in unit("runner").read_text()


def test_systemd_finds_no_mistake_in_the_unit(part: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd here")
    copy = tmp_path / unit(part).name
    # What is checked is the unit: the program and the user need not be on this machine.
    copy.write_text(unit(part).read_text().replace("/opt/scriptrunner/.venv/bin/scriptrunner", "/bin/true"))

    done = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, timeout=60, check=False)

    assert [line for line in done.stderr.splitlines() if copy.name in line] == []
