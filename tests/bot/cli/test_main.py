import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Requester
from runner.store import NewJob
from runner.system.clock import system_clock
from tests.support.machine.command import ROOT, Command, slack
from tests.support.machine.installation import free_port
from tests.support.slack.person import wait_for
from tests.support.slack.stand_in import SECRETS

GOOD = "#!/bin/sh\n##~~ top {type: integer} - how many\n"
BROKEN = "#!/bin/sh\n##~~ top {typ: integer} - how many\n"
ADA = Requester(user_id="U1ADA", team_id="T1", email="ada@example.org", name="Ada")


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path)
    command.write()
    return command


@pytest.fixture
def jobs(here: Command) -> int:
    """That many jobs wait; their lines are more than a pipe holds."""
    number = 400
    assembly = Assembly(load(here.config, BotConfig), clock=system_clock)
    for each in range(number):
        assembly.store.jobs.submit(
            NewJob(
                submission=f"s{each}",
                script="wc.sh",
                title="\x1b[2J\r\n" + "x" * 300,
                values={"name": "canary-value"},
                inputs=[],
                requester=ADA,
            ),
            now=system_clock(),
        )
    assembly.close()
    return number


def test_version_is_the_package_s(here: Command) -> None:
    assert re.fullmatch(r"scriptrunner \d+\.\d+\.\d+\n", here.run("--version").stdout)


def test_installed_command_is_the_same_program() -> None:
    command = Path(sys.executable).with_name("scriptrunner")

    done = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0
    for word in ("up", "bot", "runner", "cleanup", "check", "new", "jobs", "doctor"):
        assert re.search(rf"^    {word} ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("dance",),
        ("jobs", "--limit", "0"),
        ("jobs", "--limit", "many"),
        ("jobs", "--limit", "-1"),
        ("new",),
        ("new", "a.rb", "--language", "ruby"),
    ],
)
def test_mistake_in_the_call_is_told_with_exit_code_2(here: Command, words: tuple[str, ...]) -> None:
    done = here.run(*words)

    assert done.returncode == 2
    assert "scriptrunner" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_file_may_be_named_before_or_after_the_command_or_in_the_environment(here: Command) -> None:
    name = str(here.config)

    for done in (
        here.run("--config", name, "check"),
        here.run("check", "--config", name),
        here.run("check", SCRIPTRUNNER_CONFIG=name),
    ):
        assert (done.returncode, done.stderr) == (0, "no problems\n")


@pytest.mark.parametrize("command", ["up", "bot", "runner", "cleanup", "jobs", "check"])
def test_missing_settings_file_is_said_in_one_line(here: Command, command: str) -> None:
    done = here.run(command)

    assert done.returncode == (os.EX_CONFIG if command in ("bot", "runner") else 1)
    assert done.stderr.startswith("scriptrunner: There is no settings file etc/scriptrunner.yml or /etc/")
    assert len(done.stderr.splitlines()) == 1


def test_mistakes_in_the_settings_are_all_told(here: Command) -> None:
    here.write(jobs={"slots": 0}, log_level="loud")

    done = here.run("jobs", "--config", str(here.config))

    assert done.returncode == 1
    assert "jobs.slots: 0: allowed: a whole number from 1 to 1000" in done.stderr
    assert "log_level: 'loud': allowed: debug" in done.stderr
    assert "Traceback" not in done.stderr


class TestCheck:
    def test_needs_no_settings_where_paths_are_named(self, here: Command) -> None:
        here.script("good.sh", GOOD)
        here.script("broken.sh", BROKEN)

        good, broken, both = (here.run("check", f"scripts/{name}") for name in ("good.sh", "broken.sh", ""))

        assert (good.returncode, good.stdout, good.stderr) == (0, "", "no problems\n")
        assert (broken.returncode, broken.stderr) == (1, "1 problem\n")
        assert broken.stdout.startswith("scripts/broken.sh:2: found “typ")
        assert "did you mean “type”?" in broken.stdout
        assert both.returncode == 1

    def test_takes_the_annotation_settings(self, here: Command) -> None:
        here.write(annotations={"marker": "@@"})
        here.script("other.sh", "#!/bin/sh\n#@@ top {typ: integer} - how many\n")

        done = here.run("check", "--config", str(here.config))

        assert done.returncode == 1
        assert "other.sh:2: found “typ" in done.stdout

    def test_tells_what_would_keep_a_script_from_starting_and_notes_what_is_none(self, here: Command) -> None:
        here.write()
        here.script("README.md", "# Scripts\n")
        only_notes = here.run("check", "--config", str(here.config))
        here.script("windows.sh", "#!/bin/sh\r\necho hello\r\n")
        here.script("gone.py", "#!/nowhere/python3\n")

        done = here.run("check", "--config", str(here.config))

        note = "README.md is executable, but not listed: it has no first line that says what runs it"
        assert (only_notes.returncode, only_notes.stderr) == (0, "no problems\n")
        assert note in only_notes.stdout
        assert (done.returncode, done.stderr) == (1, "2 problems\n")
        assert "windows.sh:1: has lines that end with CR LF" in done.stdout
        assert "gone.py:1: names /nowhere/python3 in its first line, which is not there" in done.stdout
        assert note in done.stdout

    def test_checks_named_scripts_though_the_machine_s_settings_are_wrong(self, here: Command) -> None:
        here.script("good.sh", GOOD)
        here.config.write_text("nonsense: 1")

        done = here.run("check", "scripts", SCRIPTRUNNER_CONFIG=str(here.config))

        assert done.returncode == 0
        assert "nonsense: 1: no such setting" in done.stderr
        assert here.run("check", "scripts", "--config", str(here.config)).returncode == 1

    def test_does_not_ask_for_secrets(self, here: Command) -> None:
        here.write(secrets_file="not-for-you")

        assert here.run("check", "--config", str(here.config)).returncode == 0

    def test_works_in_the_c_locale(self, here: Command) -> None:
        here.script("fünf\x1b[2J.sh", BROKEN)

        done = here.run("check", "scripts", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

        assert done.returncode == 1
        assert "\x1b" not in done.stdout
        assert "Traceback" not in done.stderr


class TestExplain:
    def test_shows_how_files_were_understood_and_needs_no_settings(self, here: Command) -> None:
        here.script("good.sh", GOOD)
        here.script("other.sh", "#!/bin/sh\n#SBATCH --time=10\n")

        done = here.run("check", "--explain", "scripts/good.sh", "scripts/other.sh")

        good, other = done.stdout.split("\n\nscripts/")
        assert (done.returncode, done.stderr) == (0, "")
        assert good.startswith("scripts/good.sh\n  title: Good (made of the file's name)\n")
        assert "  top: integer, required (line 2)\n    Top: how many\n" in good
        assert "timeout: 10 min (line 2, sbatch: --time=10)" in other

    def test_exits_with_1_where_anything_is_wrong(self, here: Command) -> None:
        here.script("broken.sh", BROKEN)
        here.script("good.sh", GOOD)

        done = here.run("check", "--explain", "--config", str(here.config))

        assert (done.returncode, done.stderr) == (1, "")
        assert "  Wrong:\n    line 2: found “typ”" in done.stdout
        assert "good.sh\n" in done.stdout

    def test_knows_the_group_of_a_script_and_the_dialects_that_are_set(self, here: Command) -> None:
        here.write(annotations={"dialects": ["argc"]})
        (here.folder / "scripts/text").mkdir()
        here.script("text/other.sh", "#!/bin/sh\n#SBATCH --time=soon\n")

        done = here.run("check", "--explain", "scripts/text/other.sh", "--config", str(here.config))

        assert done.returncode == 0
        assert "group: text (the folder)" in done.stdout
        assert "SBATCH" not in done.stdout

    def test_reader_that_goes_away_is_no_trouble(self, here: Command) -> None:
        for number in range(200):
            here.script(f"s{number}.sh", f"#!/bin/sh\n##~~ {{description: {'x' * 900}}}\n")

        done = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m bot check --explain scripts | head -n 1; exit ${{PIPESTATUS[0]}}"],
            cwd=here.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, "")


class TestNew:
    @pytest.mark.parametrize(("name", "words"), [("count.sh", ()), ("count.py", ()), ("c", ("--language", "python"))])
    def test_writes_a_script_that_is_checked_and_runs_as_it_is(
        self, here: Command, name: str, words: tuple[str, ...]
    ) -> None:
        written = here.run("new", f"text/{name}", *words, "--config", str(here.config))
        path = here.folder / "scripts/text" / name

        assert (written.returncode, written.stderr) == (0, "")
        assert str(path) in written.stdout
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        checked = here.run("check", "--config", str(here.config))
        assert (checked.returncode, checked.stderr) == (0, "no problems\n")
        assert self._lines(path, ["--number"], "last") == ["1 b", "2 c"]
        assert self._lines(path, [], "first") == ["a", "b"]

    def test_shows_each_kind_of_field_a_beginner_needs(self, here: Command) -> None:
        here.run("new", "count.sh", "--config", str(here.config))

        (script,) = Assembly(load(here.config, BotConfig), clock=system_clock).catalogue.scripts()

        assert script.title == "Count"
        assert {each.type for each in script.parameters} == {"boolean", "input", "output", "integer", "choice"}
        assert {each.flag for each in script.parameters} == {"--number", None}

    def test_uses_the_marker_that_is_set(self, here: Command) -> None:
        here.write(annotations={"marker": "@@"})

        here.run("new", "count.py", "--config", str(here.config))

        assert "##~~" not in (here.folder / "scripts/count.py").read_text()
        assert (
            "count: integer, required (line 21)" in here.run("check", "--explain", "--config", str(here.config)).stdout
        )

    def test_writes_to_a_path_without_settings(self, here: Command) -> None:
        here.config.unlink()

        done = here.run("new", "./größe.sh")

        assert (done.returncode, done.stderr) == (0, "")
        assert here.run("check", "größe.sh").returncode == 0
        assert here.run("new", "count.sh").stderr.startswith("scriptrunner: There is no settings file")

    def test_overwrites_nothing_and_follows_no_link(self, here: Command) -> None:
        here.script("good.sh", GOOD)
        (here.folder / "scripts/link.sh").symlink_to(here.folder / "elsewhere.sh")

        for name in ("good.sh", "link.sh"):
            done = here.run("new", name, "--config", str(here.config))
            assert done.returncode == 1
            assert done.stderr == f"scriptrunner: {here.folder}/scripts/{name} is there already; nothing was written.\n"

        assert (here.folder / "scripts/good.sh").read_text() == GOOD
        assert not (here.folder / "elsewhere.sh").exists()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "is no file's name: allowed is NAME, or GROUP/NAME"),
            ("a/", "is no file's name"),
            ("a//b", "is no file's name"),
            (".hidden.sh", "what begins with a dot is hidden and no script"),
            ("a/../../b.sh", "what begins with a dot is hidden and no script"),
            ("./.hidden.sh", "what begins with a dot is hidden and no script"),
            ("a\x1b[2J.sh", "must be UTF-8 text without control characters"),
            ("x" * 200, "a script's name is at most 150 characters long"),
            ("count.rb", "There is no starting script for files that end with “.rb”: allowed are .sh, .bash, .py"),
            ("./nowhere/count.sh", "There is no folder nowhere."),
            ("good.sh/count.sh", "scripts/good.sh cannot be made: File exists."),
        ],
    )
    def test_refuses_bad_names_with_what_is_allowed(self, here: Command, name: str, words: str) -> None:
        here.script("good.sh", GOOD)

        done = here.run("new", name, "--config", str(here.config))

        assert done.returncode == 1
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert "\x1b" not in done.stderr

    def _lines(self, path: Path, flags: list[str], part: str) -> list[str]:
        source, target = path.parent / ".in.txt", path.parent / ".out.txt"
        source.write_text("a\nb\nc\n")
        subprocess.run([path, *flags, source, target, "2", part], check=True, capture_output=True, timeout=60)
        return [" ".join(line.split()) for line in target.read_text().splitlines()]


class TestJobs:
    def test_lists_as_many_as_are_asked_for(self, here: Command, jobs: int) -> None:
        done = here.run("jobs", "--limit", "3", "--config", str(here.config))

        heading, *rows = done.stdout.splitlines()
        assert heading.split()[:3] == ["JOB", "STATE", "SCRIPT"]
        assert [row.split()[0] for row in rows] == [str(jobs), str(jobs - 1), str(jobs - 2)]

    def test_gives_json_without_what_was_entered(self, here: Command, jobs: int) -> None:
        done = here.run("jobs", "--json", "--limit", "1000", "--config", str(here.config))

        entries = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(entries) == jobs
        assert entries[0]["requester"]["email"] == "ada@example.org"
        assert "canary-value" not in done.stdout
        assert "\x1b" not in done.stdout

    def test_tells_in_json_where_a_job_stands_in_the_queue(self, here: Command, jobs: int) -> None:
        done = here.run("jobs", "--json", "--limit", "1", "--config", str(here.config))

        entry = json.loads(done.stdout)
        assert entry["id"] == jobs
        assert {name: entry[name] for name in ("priority", "retry_count", "cpus", "more_time_seconds")} == {
            "priority": 0,
            "retry_count": 0,
            "cpus": 1,
            "more_time_seconds": 0,
        }
        nothing = ("held_by", "held_at", "not_before", "front_at", "warned_at", "progress", "memory_bytes", "stops_at")
        assert [entry[name] for name in nothing] == [None] * len(nothing)
        assert entry.keys() >= {"script_digest", "script_changed", "time_limit_seconds", "peak_memory_bytes"}

    @pytest.mark.parametrize("form", ["", "--json"])
    def test_reader_that_goes_away_is_no_trouble(self, here: Command, jobs: int, form: str) -> None:
        command = f"{sys.executable} -m bot --config {here.config} jobs {form} --limit {jobs}"

        done = subprocess.run(
            ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) == 1


class TestCleanup:
    def test_dry_run_only_says_what_would_be_removed(self, here: Command) -> None:
        old = self._old_input(here)

        done = here.run("cleanup", "--dry-run", "--config", str(here.config))

        assert (done.returncode, done.stdout) == (0, "would remove input inbox/old.txt\n1 to remove\n")
        assert old.exists()

    def test_removes_what_is_past_its_time(self, here: Command) -> None:
        old = self._old_input(here)
        new = old.with_name("new.txt")
        new.touch()

        done = here.run("cleanup", "--config", str(here.config))

        assert (done.returncode, done.stdout) == (0, "removed input inbox/old.txt\n1 removed\n")
        assert (old.exists(), new.exists()) == (False, True)

    def _old_input(self, here: Command) -> Path:
        folder = here.data / "inbox"
        folder.mkdir(parents=True)
        old = folder / "old.txt"
        old.touch()
        os.utime(old, (0, 0))
        return old


class TestRunner:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_runs_in_the_foreground_until_a_signal(self, here: Command, number: signal.Signals) -> None:
        with here.running("runner") as runner:
            here.wait_for_log("runner ready")
            runner.send_signal(number)

            assert runner.wait(20) == 0
        assert "SLACK_BOT_TOKEN is not set: direct messages wait" in here.log

    def test_is_the_only_one_of_its_data_folder(self, here: Command) -> None:
        with here.running("runner"):
            here.wait_for_log("runner ready")

            second = here.run("runner", "--config", str(here.config))

        assert second.returncode == 1
        assert f"Another runner works in {here.data}; stop it first." in second.stderr

    def test_warns_of_what_others_can_read(self, here: Command) -> None:
        here.data.mkdir(mode=0o755)
        key = here.data / "runner.id"
        key.touch(mode=0o644)
        with here.running("runner"):
            here.wait_for_log("runner ready")

        assert f"data folder: {here.data}: others can get in; mend it with: chmod 700 {here.data}" in here.log
        assert f"private files: {key}: others can read it; mend it with: chmod 600 {key}" in here.log

    def test_port_in_use_is_named_with_its_setting(self, here: Command) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            here.write(retrieval={"port": port})
            done = here.run("runner", "--config", str(here.config))

        assert done.returncode == 1
        assert f"Nothing can listen on 127.0.0.1 port {port}: Address already in use." in done.stderr
        assert "change retrieval.port" in done.stderr

    def test_two_installations_share_no_key_and_open_nothing_to_others(self, tmp_path: Path) -> None:
        folders = [tmp_path / "one", tmp_path / "two"]
        old = os.umask(0)
        try:
            for folder in folders:
                folder.mkdir()
                command = Command(folder)
                command.write()
                with command.running("runner"):
                    command.wait_for_log("runner ready")
                    assert modes(command.data) == {"folder": {0o700}, "file": {0o600}}
        finally:
            os.umask(old)

        for name in ("ssh_host_ed25519_key", "runner.id"):
            one, two = ((folder / "var" / name).read_bytes() for folder in folders)
            assert one != two


class TestBot:
    def test_needs_a_token(self, here: Command) -> None:
        done = here.run("bot", "--config", str(here.config))

        assert done.returncode == os.EX_CONFIG
        assert done.stderr == (
            "scriptrunner: SLACK_BOT_TOKEN is not set: neither in the environment nor in the secrets file.\n"
        )

    @pytest.mark.parametrize(("mode", "variable"), [("http", "SLACK_SIGNING_SECRET"), ("socket", "SLACK_APP_TOKEN")])
    def test_refuses_to_start_without_the_secret_its_mode_needs(self, here: Command, mode: str, variable: str) -> None:
        here.write(slack={"mode": mode})

        done = here.run("bot", "--config", str(here.config), SLACK_BOT_TOKEN="xoxb-test")

        assert done.returncode == os.EX_CONFIG
        assert f"slack.mode is {mode}, which needs {variable}" in done.stderr

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ("SLACK_BOT_TOKEN", "Slack refuses SLACK_BOT_TOKEN: invalid_auth."),
            ("SLACK_APP_TOKEN", "Slack refuses SLACK_APP_TOKEN: "),
        ],
    )
    def test_token_that_slack_refuses_is_named_but_not_shown(self, here: Command, wrong: str, words: str) -> None:
        token = f"{SECRETS[wrong]}-canary"
        with slack(here.folder) as workspace:
            tokens = SECRETS | {wrong: token}
            done = here.run("bot", "--config", str(here.config), **tokens, SLACK_API_URL=workspace.api_url)

        assert done.returncode == os.EX_CONFIG
        assert words in done.stderr
        assert "canary" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    def test_connects_by_socket_mode_past_a_proxy_and_stops_at_a_signal(self, here: Command) -> None:
        with slack(here.folder) as workspace:
            here.environment |= SECRETS | {"SLACK_API_URL": workspace.api_url}
            with here.running("bot") as bot:
                workspace.wait_for_app(30)
                here.wait_for_log("bot connected by Socket Mode")
                bot.terminate()

                assert bot.wait(20) == 0

    def test_serves_http_and_refuses_what_slack_did_not_sign(self, here: Command) -> None:
        port = free_port()
        here.write(slack={"mode": "http", "http_port": port})
        url = f"http://127.0.0.1:{port}/slack/events"
        with slack(here.folder, request_url=url) as workspace:
            here.environment |= SECRETS | {"SLACK_API_URL": workspace.api_url}
            with here.running("bot") as bot:
                here.wait_for_log("bot listens on")
                unsigned = Request(url, data=b"command=/jobs&user_id=U1", method="POST")
                with pytest.raises(HTTPError) as refusal:
                    build_opener(ProxyHandler({})).open(unsigned, timeout=10)
                refusal.value.close()
                answer = workspace.person().command("/jobs help")
                bot.terminate()

                assert bot.wait(20) == 0
        assert refusal.value.code == 401
        assert answer["ok"]

    def test_http_port_in_use_is_named_with_its_setting(self, here: Command) -> None:
        with slack(here.folder) as workspace, socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            here.write(slack={"mode": "http", "http_port": port})
            done = here.run("bot", "--config", str(here.config), **SECRETS, SLACK_API_URL=workspace.api_url)

        assert done.returncode == 1
        assert f"Nothing can listen on 127.0.0.1 port {port}" in done.stderr
        assert "change slack.http_port" in done.stderr


def test_started_under_nohup_a_closed_terminal_stops_nothing(here: Command) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it to its program
    try:
        with here.running("runner") as runner:
            here.wait_for_log("runner ready")
            runner.send_signal(signal.SIGHUP)
            runner.send_signal(signal.SIGHUP)
            assert wait_for(lambda: "SigIgn" in Path(f"/proc/{runner.pid}/status").read_text())
            assert "worker stopped" not in here.log
            assert runner.poll() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def modes(folder: Path) -> dict[str, set[int]]:
    """The permissions of all folders and of all else from there."""
    found: dict[str, set[int]] = {"folder": set(), "file": set()}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        found["folder" if stat.S_ISDIR(status.st_mode) else "file"].add(stat.S_IMODE(status.st_mode))
    return found
