import shlex
from pathlib import Path
from typing import Any

import pytest

from runner.retrieval import RetrievalSettings
from runner.retrieval.commands import fetch, upload
from runner.retrieval.logins import Login

LOGIN = Login(user="job-12", password="right")
FOLDER = Path("/srv/outbox/12")
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


def settings(**changes: object) -> RetrievalSettings:
    return RetrievalSettings.model_validate({"scp_host": "big.example.org", **changes})


@pytest.mark.parametrize(
    ("outputs", "changes", "command"),
    [
        (["words.txt"], {}, "scp -P 2022 job-12@big.example.org:words.txt ."),
        (["plots/a_1.png"], {}, "scp -P 2022 job-12@big.example.org:plots/a_1.png ."),
        (["a", "b"], {}, "scp -r -P 2022 job-12@big.example.org:job-12 ."),
        ([], {"port": 22}, "scp -r job-12@big.example.org:job-12 ."),
        (["a"], {"scp_port": 22}, "scp job-12@big.example.org:a ."),
        (["a"], {"scp_host": "2001:db8::1"}, "scp -P 2022 'job-12@[2001:db8::1]:a' ."),
        (["a"], {"server": False, "scp_user": "results"}, "scp results@big.example.org:/srv/outbox/12/a ."),
        (["a", "b"], {"server": False}, "scp -r big.example.org:/srv/outbox/12 ."),
        (["a"], {"server": False, "scp_path": "/out", "scp_port": 2200}, "scp -P 2200 big.example.org:/out/12/a ."),
    ],
)
def test_the_command_that_fetches(outputs: list[str], changes: dict[str, object], command: str) -> None:
    assert fetch(outputs, login=LOGIN, settings=settings(**changes), folder=FOLDER) == command


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


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_not_safe_to_show_never_appears(name: str) -> None:
    for changes in ({}, {"server": False}):
        command = fetch([name], login=LOGIN, settings=settings(**changes), folder=FOLDER)
        assert "-r" in shlex.split(command)
        assert shlex.split(command) == command.split(" ")


def test_the_password_is_never_in_a_command() -> None:
    assert "right" not in fetch([], login=LOGIN, settings=settings(), folder=FOLDER)


@pytest.mark.parametrize("name", [*(name for name in HOSTILE if "/" not in name), "plain.txt", "größe=1,5%_日本-x.txt"])
def test_the_command_really_fetches_with_both_protocols(site: Any, outbox: Path, mode: list[str], name: str) -> None:
    (outbox / name).write_text("text")
    command = fetch([name], login=LOGIN, settings=site.settings, folder=outbox)
    done = site.shell(f"SCP_MODE={mode[0]} {command}", "right")
    assert done.returncode == 0, done.stderr
    home = site.here / "home"
    fetched = [path for path in home.rglob("*") if path.is_file()]
    assert [path.name for path in fetched] == [name.replace("\n", "\\^J") if mode == ["-O"] else name]
    assert fetched[0].read_text() == "text"
    assert fetched[0].parent == (home if name in command else home / "job-12") or name == "job-12"


def test_the_upload_command_really_brings_a_file(site: Any, inbox: Path, mode: list[str]) -> None:
    (site.here / "home" / "FILE").write_text("text")
    login = Login(user="in-U0ALICE", password="right")
    command = upload(login=login, settings=site.settings, folder=inbox)
    done = site.shell(f"SCP_MODE={mode[0]} {command}", "right")
    assert done.returncode == 0, done.stderr
    assert (inbox / "FILE").read_text() == "text"
