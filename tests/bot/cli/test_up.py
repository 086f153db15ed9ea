import os
import re
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machine.command import Command, children, is_alive, slack
from tests.support.machine.installation import Form, Installation, free_port
from tests.support.machine.notified import notified
from tests.support.slack.person import MARIA, wait_for
from tests.support.slack.stand_in import SECRETS

CANARY = "hunter2-canary"
GATED = """#!/bin/sh
##~~ gate - the file to wait for
echo $$ > pid
until [ -e "$1" ]; do sleep 0.05; done
echo done > result
"""


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path)
    command.write()
    return command


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[[], Installation]]:
    """Starts ScriptRunner with one script that waits for a file."""
    started: list[Installation] = []

    def start() -> Installation:
        scripts = tmp_path / "scripts"
        scripts.mkdir()
        scripts.chmod(0o755)  # without a umask others could write to it, and its scripts would be refused
        (scripts / "gated.sh").write_text(GATED)
        (scripts / "gated.sh").chmod(0o755)
        started.append(Installation(tmp_path / "up", scripts=scripts))
        return started[-1].start()

    yield start
    for each in started:
        if each.process is not None and each.process.poll() is None:
            each.stop()


def test_ctrl_c_ends_all_parts_and_exits_with_0(install: Callable[[], Installation]) -> None:
    up = install()
    assert up.process is not None
    parts = children(up.process.pid)

    code = up.stop()

    assert code == 0
    assert len(parts) == 3
    assert not any(map(is_alive, parts))
    assert "Stopping; jobs that run go on." in up.log
    assert "Traceback" not in up.log


def test_says_where_the_page_is_and_where_mails_go(install: Callable[[], Installation]) -> None:
    up = install()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?secret=[\w-]{32}", up.url)
    wait_for(lambda: "Ctrl-C stops it." in up.log)
    assert "No Slack token is set, so this machine plays Slack." in up.log
    assert f"No mail server is set; mails go to the Maildir {up.data / 'mail'}" in up.log


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_parts_end_with_it_and_jobs_go_on(
    install: Callable[[], Installation], tmp_path: Path, number: signal.Signals
) -> None:
    up = install()
    assert up.process is not None
    gate = tmp_path / "gate"
    job = Form(up.person(MARIA), "gated.sh").fill("Gate", str(gate)).submit()
    folder = up.data / "outbox" / str(job)
    wait_for((folder / "pid").exists, what="started")
    script = int(wait_for((folder / "pid").read_text))
    parts = children(up.process.pid)

    up.process.send_signal(number)
    up.process.wait(30)

    wait_for(lambda: not any(map(is_alive, parts)), 30, what="ended")
    assert is_alive(script)
    gate.touch()
    wait_for((folder / "result").exists, what="finished")
    wait_for(lambda: not is_alive(script))


def test_messages_of_the_stand_in_are_kept_from_one_start_to_the_next(install: Callable[[], Installation]) -> None:
    up = install()
    maria = up.person(MARIA)
    maria.write("note to myself", files=[maria.upload("table.csv", "a,b")])
    assert up.stop() == 0

    up.start()

    maria = up.person(MARIA)
    (kept,) = [message for message in maria.dm() if message["text"] == "note to myself"]
    assert maria.download(kept["files"][0]["id"]) == b"a,b"
    assert stat.S_IMODE((up.data / "workspace.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("word", ["bot.cli.stand_in", "runner", "bot"])
def test_part_that_died_is_started_again_and_jobs_go_on(
    install: Callable[[], Installation], tmp_path: Path, word: str
) -> None:
    up = install()
    assert up.process is not None
    gate = tmp_path / "gate"
    job = Form(up.person(MARIA), "gated.sh").fill("Gate", str(gate)).submit()
    folder = up.data / "outbox" / str(job)
    wait_for((folder / "pid").exists, what="started")
    (killed,) = [pid for pid in children(up.process.pid) if name(pid) == word]
    part = {"bot.cli.stand_in": "stand-in workspace"}.get(word, word)

    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: f"The {part} has ended by SIGKILL; it is started again in 1 s." in up.log, 30)
    wait_for(lambda: f"The {part} is ready again." in up.log, 60)
    gate.touch()
    wait_for((folder / "result").exists, 30, what="finished")
    # A connection that broke off without a word is taken for lost at the second ping, 10 s after the first.
    wait_for(lambda: up.person(MARIA).command("/jobs help")["ok"], 45, what="answered")
    assert up.process.poll() is None


def test_part_that_ends_by_itself_is_started_again_with_its_exit_code_told(
    install: Callable[[], Installation],
) -> None:
    up = install()
    assert up.process is not None
    wait_for(lambda: "Ctrl-C stops it." in up.log)
    (bot,) = [pid for pid in children(up.process.pid) if name(pid) == "bot"]

    os.kill(bot, signal.SIGTERM)

    wait_for(lambda: "The bot has ended by itself, with exit code 0; it is started again in 1 s." in up.log, 30)
    wait_for(lambda: "The bot is ready again." in up.log, 60)


def test_part_that_cannot_get_better_ends_up_with_the_reason(here: Command) -> None:
    with slack(here.folder) as workspace:
        here.environment |= SECRETS | {"SLACK_API_URL": workspace.api_url}
        with here.running("up") as up:
            here.wait_for_log("ScriptRunner is up")
            (bot,) = [pid for pid in children(up.pid) if name(pid) == "bot"]
            workspace.fail("auth.test", "token_revoked", times=99)
            os.kill(bot, signal.SIGKILL)

            assert up.wait(60) == 1
    assert "The bot has ended by SIGKILL; it is started again in 1 s." in here.log
    assert "scriptrunner: Slack refuses SLACK_BOT_TOKEN: token_revoked." in here.log
    assert "scriptrunner: The bot cannot run as it is set up; its message stands above." in here.log


def test_up_itself_is_watched_by_who_starts_it(here: Command) -> None:
    with notified(here.folder) as watcher:
        here.environment |= {"NOTIFY_SOCKET": str(watcher.path), "WATCHDOG_USEC": "20000000"}
        with here.running("up"):
            here.wait_for_log("Ctrl-C stops it.")
            wait_for(lambda: watcher.count("WATCHDOG") > 1, 30, what="beats")
        assert watcher.count("READY") == 1
        assert watcher.count("STOPPING") == 1
        words = watcher.statuses()[-1]
    assert "runner: jobs: 0 running, 0 waiting; bot: connected to Slack" in words


def test_second_installation_on_the_same_folder_is_refused_at_once(here: Command) -> None:
    with here.running("up"):
        here.wait_for_log("Ctrl-C stops it.")

        done = here.run("up", "--config", str(here.config))

    assert done.returncode == 1
    assert done.stderr == f"scriptrunner: Another runner works in {here.data}; stop it first.\n"


@pytest.mark.parametrize("part", ["bot.cli.stand_in", "runner", "bot"])
def test_ctrl_c_during_the_start_stops_what_has_started(here: Command, part: str) -> None:
    with here.running("up") as up:
        wait_for(lambda: part in map(name, children(up.pid)), 30, what="started")
        started = children(up.pid)
        up.send_signal(signal.SIGINT)

        assert up.wait(30) == 0
    assert not any(map(is_alive, started))
    assert "Traceback" not in here.log


@pytest.mark.parametrize(
    ("setting", "settings"),
    [
        ("workspace.port", lambda port: {"workspace": {"port": port}}),
        ("retrieval.port", lambda port: {"retrieval": {"port": port}}),
        ("slack.http_port", lambda port: {"slack": {"mode": "http", "http_port": port}}),
    ],
)
def test_port_in_use_is_named_with_the_setting_to_change(
    here: Command, setting: str, settings: Callable[[int], dict[str, object]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        here.write(**settings(port))
        done = here.run("up", "--config", str(here.config))

    assert done.returncode == 1
    assert f"Nothing can listen on 127.0.0.1 port {port}: Address already in use." in done.stderr
    assert f"change {setting}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_with_tokens_it_connects_to_slack(here: Command) -> None:
    with slack(here.folder) as workspace:
        here.environment |= SECRETS | {"SLACK_API_URL": workspace.api_url}
        with here.running("up") as up:
            workspace.wait_for_app(30)
            here.wait_for_log("ScriptRunner is up and connected to Slack. Type /runscript there.")
            parts = children(up.pid)
            answer = workspace.person().command("/jobs help")
            up.send_signal(signal.SIGINT)

            assert up.wait(30) == 0
    assert answer["ok"]
    assert len(parts) == 2
    assert not any(map(is_alive, parts))


def test_tokens_from_the_secrets_file_will_do(here: Command) -> None:
    here.write(secrets_file="secrets")
    secrets = here.folder / "secrets"
    secrets.write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    secrets.chmod(0o600)
    with slack(here.folder) as workspace:
        here.environment["SLACK_API_URL"] = workspace.api_url
        with here.running("up"):
            workspace.wait_for_app(30)


def test_http_mode_works_with_the_stand_in_too(here: Command) -> None:
    here.write(slack={"mode": "http", "http_port": free_port()})
    with here.running("up"):
        here.wait_for_log("Ctrl-C stops it.")


def test_proxy_of_the_environment_is_not_asked_for_this_machine(here: Command) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    here.environment |= {"http_proxy": proxy, "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}
    with here.running("up"):
        here.wait_for_log("Ctrl-C stops it.")


def test_samples_lie_in_the_inbox(install: Callable[[], Installation]) -> None:
    up = install()

    assert (up.data / "inbox" / "seattle-weather.csv").stat().st_size > 1000


def test_secrets_are_nowhere_and_nothing_is_open_to_others_without_a_umask(
    install: Callable[[], Installation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTRUNNER_SMTP_PASSWORD", CANARY)
    before = os.umask(0)
    try:
        up = install()
    finally:
        os.umask(before)
    gate = tmp_path / "gate"
    gate.touch()
    person = up.person(MARIA)
    job = Form(person, "gated.sh").fill("Gate", str(gate)).submit()
    person.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)
    wait_for(lambda: len(list((up.data / "mail" / "new").iterdir())) >= 2)
    up.stop()

    everything = [up.data, *up.data.rglob("*")]
    open_to_others = {
        path: oct(mode)
        for path in everything
        if not path.is_symlink()  # a link has no modes of its own
        and (mode := stat.S_IMODE(path.lstat().st_mode)) & (stat.S_IRWXG | stat.S_IRWXO)
    }
    told = [path for path in everything if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert open_to_others == {}
    assert told == []
    assert CANARY not in up.log


ASKS = """#!/bin/sh
##~~ token {secret: API_TOKEN, env: TOKEN} - for the service
echo "token $TOKEN."
echo "$TOKEN" > result
"""


def test_secret_of_a_script_reaches_it_by_the_runner_and_no_other_part(
    install: Callable[[], Installation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTRUNNER_SECRET_API_TOKEN", CANARY)
    up = install()
    assert up.process is not None
    parts = {name(pid): pid for pid in children(up.process.pid)}
    (tmp_path / "scripts" / "asks.sh").write_text(ASKS)
    (tmp_path / "scripts" / "asks.sh").chmod(0o755)
    person = up.person(MARIA)

    job = Form(person, "asks.sh").submit()

    person.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)
    results = up.data / "outbox" / str(job)
    assert (results / "result").read_text() == f"{CANARY}\n"
    assert (results / f"job-{job}.log").read_text() == "token [hidden].\n"
    assert set(parts) == {"bot.cli.stand_in", "runner", "bot"}
    assert [part for part, pid in parts.items() if is_in_environment(pid)] == []
    assert {part for part, pid in parts.items() if is_in_memory(pid)} == {"runner"}
    up.stop()
    assert CANARY not in up.log


def test_bot_forgets_secrets_of_scripts_that_stand_in_the_file_with_its_own(here: Command) -> None:
    here.write(secrets_file="secrets")
    (here.folder / "secrets").touch(0o600)
    (here.folder / "secrets").write_text(f"SCRIPTRUNNER_SECRET_API_TOKEN={CANARY}\n")

    with here.running("up") as up:
        here.wait_for_log("Ctrl-C stops it.")
        parts = {name(pid): pid for pid in children(up.pid)}

        assert {part for part, pid in parts.items() if is_in_memory(pid)} == {"runner"}


def is_in_environment(pid: int) -> bool:
    return CANARY.encode() in Path(f"/proc/{pid}/environ").read_bytes()


def is_in_memory(pid: int) -> bool:
    """Whether it stands in anything that the process can write to."""
    regions = re.findall(r"^(\w+)-(\w+) rw", Path(f"/proc/{pid}/maps").read_text(), re.MULTILINE)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, stop in ((int(start, 16), int(stop, 16)) for start, stop in regions):
            memory.seek(start)
            if CANARY.encode() in memory.read(stop - start):
                return True
    return False


def name(pid: int) -> str:
    """Which part a process is; empty where it has ended. The import of asyncssh starts others for a moment."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return ""
    return words[2] if "bot.cli.stand_in" in words else words[-2] if len(words) > 3 else ""
