"""What other users of the machine, jobs, and whoever can write to scripts find of the installation."""

import json
from http.client import HTTPConnection

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import Target
from tests.support.slack.person import GENERAL, MARIA, wait_for

ATTACKS = Attacks("installation")


@ATTACKS("the page of the stand-in without the secret of its address, or with a wrong one")
def page_without_its_secret(target: Target, hardness: int) -> None:
    del hardness
    before = target.maria.views()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "workspace_1=wrong"}):
        for method, path in (
            ("GET", "/"),
            ("GET", "/people"),
            ("GET", f"/people/{MARIA}/state"),
            ("GET", "/journal"),
            ("POST", f"/people/{MARIA}/commands"),
            ("POST", "/control/disconnect"),
        ):
            connection = HTTPConnection(target.workspace.url.removeprefix("http://"), timeout=10)
            connection.request(method, path, headers=headers)
            assert connection.getresponse().status == 401, (method, path)
            connection.close()
    assert target.maria.views() == before


@ATTACKS("a job that searches the environment and the command of every process for our key")
def search_of_proc(target: Target, hardness: int) -> None:
    middle = len(target.canary) // 2
    for _ in range(hardness):
        job = target.run(target.maria, "search", start=target.canary[:middle], rest=target.canary[middle:])
        assert job.state is State.SUCCEEDED
        folder = target.folder(job.id)
        assert (folder / "pattern").read_text().strip() == target.canary
        assert int((folder / "searched").read_text()) > len(target.processes)
        assert (folder / "found").read_text() == ""


@ATTACKS("a script that everybody can change, before its form is opened and while its job waits")
def script_open_to_all(target: Target, hardness: int) -> None:
    del hardness
    script = target.command.folder / "scripts" / "open.sh"
    waiting = [target.submit(target.maria, "wait") for _ in range(2)]
    job = target.submit(target.maria, "open")
    script.chmod(0o757)
    try:
        target.maria.close(everything=True)
        target.maria.command("/runscript open")
        wait_for(lambda: "can be changed by everybody" in json.dumps(target.maria.messages(GENERAL)), what="told")
        target.go(*waiting)
        refused = target.ended(job)
    finally:
        script.chmod(0o755)
    assert refused.state is State.FAILED
    assert "can be changed by everybody" in (refused.reason or "")
    assert not (target.folder(job) / "ran").exists()
