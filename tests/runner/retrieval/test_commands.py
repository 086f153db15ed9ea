from pathlib import Path
from typing import Any

import pytest

from runner.retrieval import RetrievalSettings
from runner.retrieval.commands import fetch, upload
from runner.retrieval.logins import Login

LOGIN = Login(user="job-12", password="right")
FOLDER = Path("/srv/outbox/job-12")
HOSTILE = [
    "$(id)",
    "'; id",
    "`id`",
    "-x",
    "-oProxyCommand=id",
    "new\nline",
    "a\u202ebidi",
    "two words",
    "*",
    "[ab]",
    "?",
    "~root",
    "back\\slash",
    'quo"te',
    "tab\there",
    "a;b",
    "a&b",
    "a|b",
    "#a",
    "!a",
    "{a,b}",
    "host:file",
    "\x1b[31mred",
    "plots/two words.txt",
    "job-12",
    "e\u0301",
]


@pytest.fixture
def site(shared_site: Any) -> Any:
    return shared_site


def settings(**changes: object) -> RetrievalSettings:
    return RetrievalSettings.model_validate({"scp_host": "big.example.org", **changes})


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "scp -r -P 2022 job-12@big.example.org:job-12 ."),
        ({"port": 22}, "scp -r job-12@big.example.org:job-12 ."),
        ({"scp_port": 22}, "scp -r job-12@big.example.org:job-12 ."),
        ({"scp_host": "2001:db8::1"}, "scp -r -P 2022 'job-12@[2001:db8::1]:job-12' ."),
        ({"server": False, "scp_user": "results"}, "scp -r results@big.example.org:/srv/outbox/job-12 ."),
        ({"server": False}, "scp -r big.example.org:/srv/outbox/job-12 ."),
        ({"server": False, "scp_path": "/out", "scp_port": 2200}, "scp -r -P 2200 big.example.org:/out/job-12 ."),
    ],
)
def test_the_command_that_fetches(changes: dict[str, object], command: str) -> None:
    assert fetch(login=LOGIN, settings=settings(**changes), folder=FOLDER) == command


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "scp -P 2022 FILE in-U0ALICE@big.example.org:"),
        ({"server": False}, "scp FILE big.example.org:/srv/inbox/U0ALICE/"),
        ({"server": False, "scp_inbox_path": "/in", "scp_user": "x"}, "scp FILE x@big.example.org:/in/U0ALICE/"),
    ],
)
def test_the_command_that_brings(changes: dict[str, object], command: str) -> None:
    login = Login(user="in-U0ALICE", password="right")
    assert upload(login=login, settings=settings(**changes), folder=Path("/srv/inbox/U0ALICE")) == command


def test_the_password_is_never_in_a_command() -> None:
    assert "right" not in fetch(login=LOGIN, settings=settings(), folder=FOLDER)


@pytest.mark.parametrize("name", [*(name for name in HOSTILE if "/" not in name), "plain.txt", "größe=1,5%_日本-x.txt"])
def test_the_command_really_fetches_with_both_protocols(site: Any, outbox: Path, mode: list[str], name: str) -> None:
    (outbox / name).write_text("text")
    home = site.here / "home"
    (home / "plain.txt").write_text("of another job")

    for _ in range(2):
        done = site.shell(f"SCP_MODE={mode[0]} {fetch(login=LOGIN, settings=site.settings, folder=outbox)}", "right")
        assert done.returncode == 0, done.stderr

    (fetched,) = [path for path in (home / "job-12").rglob("*") if path.is_file()]
    assert fetched.name == (name.replace("\n", "\\^J") if mode == ["-O"] else name)
    assert fetched.read_text() == "text"
    assert (home / "plain.txt").read_text() == "of another job"


def test_names_in_commands_that_were_told_before_still_fetch(site: Any, outbox: Path, mode: list[str]) -> None:
    (outbox / "words.txt").write_text("text")

    place = f"job-12@{site.settings.host}:words.txt"
    done = site.shell(f"SCP_MODE={mode[0]} scp -P {site.settings.typed_port} {place} .", "right")

    assert done.returncode == 0, done.stderr
    assert (site.here / "home/words.txt").read_text() == "text"


def test_the_upload_command_really_brings_a_file(site: Any, inbox: Path, mode: list[str]) -> None:
    (site.here / "home" / "FILE").write_text("text")
    login = Login(user="in-U0ALICE", password="right")
    command = upload(login=login, settings=site.settings, folder=inbox)
    done = site.shell(f"SCP_MODE={mode[0]} {command}", "right")
    assert done.returncode == 0, done.stderr
    assert (inbox / "FILE").read_text() == "text"
