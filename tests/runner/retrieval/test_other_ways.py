"""Other ways in which people fetch: patterns, braces and folders by ``scp -O``, rsync, shells, curl, sftp."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runner.retrieval import legacy_scp
from runner.retrieval.legacy_scp import UnboundedPattern

PLACE = "job-12@127.0.0.1:"
FILES = ("a.txt", "b.txt", "c.csv", "plots/p.png", "two words.txt")


@pytest.fixture
def site(shared_site: Any) -> Any:
    return shared_site


@pytest.fixture
def results(outbox: Path) -> Path:
    (outbox / "plots").mkdir()
    for name in FILES:
        (outbox / name).write_text(name)
    (outbox.parent / "secret.txt").write_text("secret")
    (outbox / "link").symlink_to(outbox.parent)
    return outbox


def fetched(site: Any) -> dict[str, str]:
    """What lies where the commands were typed, by its path there."""
    home = site.here / "home"
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("*.txt", {"a.txt", "b.txt", "two words.txt"}),
        ("[ab].txt", {"a.txt", "b.txt"}),
        ("[!a].txt", {"b.txt"}),
        ("?.csv", {"c.csv"}),
        ("job-12/*.txt", {"a.txt", "b.txt", "two words.txt"}),
        ("12/*.csv", {"c.csv"}),
        ("12/a.txt", {"a.txt"}),
        ("./a.txt", {"a.txt"}),
        ("/a.txt", {"a.txt"}),
        ("~/a.txt", {"a.txt"}),
        ("../a.txt", {"a.txt"}),
        ("plots/*", {"p.png"}),
        ("*/*.png", {"p.png"}),
    ],
)
def test_what_a_path_names_is_fetched(site: Any, results: Path, mode: list[str], path: str, names: set[str]) -> None:
    done = site.scp(*mode, f"{PLACE}{path}", ".", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched(site).keys() == names


def test_braces_are_read_as_a_shell_reads_them(site: Any, results: Path) -> None:
    done = site.scp("-O", f"{PLACE}{{a,b}}.{{txt,csv}}", ".", password="right")

    assert fetched(site) == {"a.txt": "a.txt", "b.txt": "b.txt"}
    assert "a.csv: No such file or directory" in done.stderr


def test_several_sources_are_fetched_and_one_that_is_missing_holds_up_none(site: Any, results: Path) -> None:
    done = site.scp("-O", "-T", f"{PLACE}a.txt nope.txt *.csv", ".", password="right")

    assert fetched(site) == {"a.txt": "a.txt", "c.csv": "c.csv"}
    assert done.stderr.strip() == "scp: nope.txt: No such file or directory"


@pytest.mark.parametrize("path", ["*.nope", "nope.txt", "12/*.nope", "plots/*.txt", "link/*", "link/secret.txt"])
def test_what_matches_nothing_gets_the_usual_words(site: Any, results: Path, mode: list[str], path: str) -> None:
    done = site.scp(*mode, f"{PLACE}{path}", ".", password="right")

    assert done.returncode == 1
    assert f"{path}: No such file or directory" in done.stderr
    assert fetched(site) == {}


@pytest.mark.parametrize(
    ("path", "folder"),
    [("job-12", "job-12/"), ("12", "12/"), ("job-12/", "job-12/"), ("12/*", ""), ("job-12/*", ""), ("*", "")],
)
def test_everything_is_fetched_by_every_name_of_the_folder(
    site: Any, results: Path, mode: list[str], path: str, folder: str
) -> None:
    done = site.scp(*mode, "-r", f"{PLACE}{path}", ".", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched(site) == {f"{folder}{name}": name for name in FILES}


@pytest.mark.parametrize("path", ["", ".", "/", "~", "~/"])
def test_the_folder_itself_is_fetched_by_the_older_protocol_too(site: Any, results: Path, path: str) -> None:
    done = site.scp("-O", "-r", f"{PLACE}{path}", ".", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched(site) == {f"job-12/{name}": name for name in FILES}


def test_a_folder_of_a_number_is_what_its_name_says(site: Any, results: Path, mode: list[str]) -> None:
    (results / "12").mkdir()
    (results / "12" / "a.txt").write_text("another")

    site.scp(*mode, f"{PLACE}12/a.txt", ".", password="right")

    assert fetched(site) == {"a.txt": "another"}


def test_hostile_names_are_fetched_as_they_are(site: Any, outbox: Path) -> None:
    names = ["$(touch x)", "`id`.txt", "a;b.txt", "-rf", "a'b\"c.txt", "*", "\u202ea", "é.txt", "{a,b}", "a\\b", "~"]
    for name in names:
        (outbox / name).write_text(name)

    done = site.scp("-O", f"{PLACE}*", "./", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched(site) == {name: name for name in names}


@pytest.mark.parametrize(
    "command",
    [
        "scp -f ../x/../../*",
        "scp -f **/*",
        "scp -f " + "{a,b}" * 60,
        "scp -f " + "a* " * 200,
        "scp -f " + "*" * 5000,
        "scp -f a/../*",
    ],
)
def test_work_without_end_is_refused(command: str) -> None:
    with pytest.raises(UnboundedPattern):
        legacy_scp.read(command)


@pytest.mark.parametrize("command", ["scp -t .", "scp", "scp -f", "scp --help", "scp -S x -f a", "scp 'a", "scpx -f a"])
def test_other_commands_are_no_request_for_files(command: str) -> None:
    assert legacy_scp.read(command) is None


def test_rsync_itself_is_told_what_works(site: Any, results: Path) -> None:
    if not shutil.which("rsync"):
        pytest.skip("there is no rsync here")
    ssh = " ".join(["ssh", *site.options(), "-p", str(site.port)])
    done = run(site, ["rsync", "-avP", "-e", ssh, f"{PLACE}job-12/", "."])

    assert done.returncode != 0
    assert "This account serves scp and sftp, not rsync." in done.stderr
    assert f"sftp -a -r -P {site.port} job-12@127.0.0.1:job-12 ." in done.stderr


@pytest.mark.parametrize(
    "command", [[], ["ls"], ["cat", "12/a.txt"], ["tar", "cz", "."], ["echo", "-n;", "scp", "-f", "x"]]
)
def test_who_wants_a_shell_is_told_what_works(site: Any, results: Path, command: list[str]) -> None:
    done = site.run("ssh", "job-12@127.0.0.1", *command, password="right")

    assert done.returncode == 1
    assert "only serves scp and sftp" in done.stderr
    told = [f"{words} -P {site.port} job-12@127.0.0.1" for words in ("scp -r", "sftp")]
    assert all(each in done.stderr for each in told)
    assert "choose SFTP" in done.stderr


def test_who_wants_a_shell_in_an_inbox_is_told_what_works_there(site: Any, inbox: Path) -> None:
    done = site.run("ssh", "in-U0ALICE@127.0.0.1", password="right")

    assert f"brought one by one with: sftp -P {site.port} in-U0ALICE@127.0.0.1" in done.stderr
    assert "scp -r" not in done.stderr


def test_a_terminal_is_greeted_in_whole_lines(site: Any, results: Path) -> None:
    done = site.run("ssh", "-tt", "job-12@127.0.0.1", password="right")

    assert done.returncode == 1
    assert "PTY" not in done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    assert lines[0] == "This account only serves scp and sftp; it has no shell and runs no commands."


def test_sftp_fetches_by_patterns_and_whole_folders(site: Any, results: Path) -> None:
    done = site.sftp("job-12", "get *.txt", "get -r plots", password="right")

    assert done.returncode == 0, done.stderr
    assert fetched(site).keys() == {"a.txt", "b.txt", "two words.txt", "plots/p.png"}


@pytest.mark.parametrize("scheme", ["sftp", "scp"])
def test_curl_fetches(site: Any, results: Path, scheme: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl here")
    done = run(site, ["curl", "-sk", "-u", "job-12:right", "-O", f"{scheme}://127.0.0.1:{site.port}/a.txt"])

    assert done.returncode == 0, done.stderr
    assert fetched(site) == {"a.txt": "a.txt"}


def run(site: Any, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command where people fetch, with the password of job 12."""
    return subprocess.run(
        command,
        env=os.environ | site.environment("right"),
        cwd=site.here / "home",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
