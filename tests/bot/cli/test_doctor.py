import os
import re
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Requester
from runner.store import NewJob
from runner.store.tables import schema
from runner.system.beats import Beat, BeatFile
from runner.system.clock import system_clock
from tests.support.machine.command import ROOT, Command, slack
from tests.support.machine.installation import free_port
from tests.support.slack.person import wait_for
from tests.support.slack.stand_in import SECRETS

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

CANARY = "hunter2-canary"
SCRIPT = "#!/bin/sh\n##~~ top {type: integer} - how many\n"


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path)
    command.write()
    command.script("good.sh", SCRIPT)
    return command


@pytest.fixture
def used(here: Command) -> Command:
    """An installation whose runner has been started once."""
    with here.running("runner"):
        here.wait_for_log("runner ready")
    return here


class Answering(Sink):
    """Answers some commands in its own way."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__()
        self.answers = answers

    async def handle_MAIL(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802  # its name
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802  # same
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")


@pytest.fixture
def serve_mail() -> Iterator[Callable[..., int]]:
    """Start a mail server that knows ada with the password s3cret, and give its port."""
    controllers: list[Controller] = []

    def serve(answers: Mapping[str, str] | None = None, **options: Any) -> int:
        controller = Controller(Answering(answers or {}), hostname="127.0.0.1", port=free_port(), **options)
        controllers.append(controller)
        controller.start()
        return int(controller.port)

    yield serve
    for controller in controllers:
        controller.stop()


def only_ada(_server: object, _session: object, _envelope: object, _mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=(login.login, login.password) == (b"ada", b"s3cret"), handled=False)


def findings(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """What was found, by subject: the verdict and the words; several of one subject joined by line breaks."""
    assert "Traceback" not in done.stderr, done.stderr
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        verdict, rest = line[:5].strip(), line[6:]
        assert verdict in ("ok", "note", "wrong"), line
        subject, _, words = rest.partition(": ")
        found[subject] = "\n".join(filter(None, [found.get(subject), f"{verdict} {words}"]))
    assert done.returncode == (1 if any("wrong " in words[:6] for words in _each(found)) else 0), done.stdout
    return found


def _each(found: dict[str, str]) -> list[str]:
    return [line for words in found.values() for line in words.splitlines()]


def examine(here: Command, **environment: str) -> dict[str, str]:
    return findings(here.run("doctor", "--config", str(here.config), **environment))


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(here: Command) -> None:
    before = sorted(here.folder.rglob("*"))

    found = examine(here)

    assert sorted(here.folder.rglob("*")) == before
    assert found.pop("disk of data folder, inbox, outbox, database").endswith(" kept free")
    assert found.pop("user", "").startswith("note you are root" if os.geteuid() == 0 else "")
    assert found == {
        "settings": f"ok {here.config}",
        "data folder": f"note {here.data} will be made on first start",
        "inbox": f"note {here.data}/inbox will be made on first start",
        "outbox": f"note {here.data}/outbox will be made on first start",
        "job records": f"note {here.data}/jobs will be made on first start",
        "scripts": f"ok 1 in {here.folder}/scripts",
        "database": f"note sqlite:///{here.data}/scriptrunner.db will be made on first start",
        "runner": "note not running: jobs wait until “scriptrunner up” or “scriptrunner runner”",
        "bot": "note not running: nobody is answered in Slack until “scriptrunner up” or “scriptrunner bot”",
        "mail": f"note no server is set: mails go to the Maildir {here.data}/mail; mail.host names one",
        "SSH port": "ok 127.0.0.1, a free port at each start",
        "Slack": "note no token is set: “scriptrunner up” starts the stand-in workspace",
        "workspace page": "ok 127.0.0.1, a free port at each start",
    }


def test_of_an_installation_that_runs_all_is_well(here: Command) -> None:
    port = free_port()
    here.write(retrieval={"port": port}, workspace={"port": free_port(), "manifest": str(ROOT / "manifest.yml")})
    with here.running("up"):
        here.wait_for_log("Ctrl-C stops it.")
        found = examine(here)

    assert found["runner"] == "ok answers: jobs: 0 running, 0 waiting"
    assert found["bot"] == "ok answers: connected to Slack"
    assert found["SSH port"] == f"ok 127.0.0.1 port {port}: the runner answers"
    assert found["workspace page"].endswith(" answers")
    assert found["database"] == f"ok sqlite:///{here.data}/scriptrunner.db: 0 jobs, 0 queued, 0 running"
    assert found["messages"] == "ok none that could not be delivered"
    assert found["private files"].startswith("ok nobody else can read the ")
    assert {words.split()[0] for words in _each(found)} == {"ok", "note"}


def test_mistakes_in_the_settings_are_findings(here: Command) -> None:
    here.write(jobs={"slots": 0}, nonsense=1)

    done = here.run("doctor", "--config", str(here.config))

    first, second = done.stdout.splitlines()
    assert done.returncode == 1
    assert first == f"wrong {here.config}: jobs.slots: 0: allowed: a whole number from 1 to 1000"
    assert second.startswith(f"wrong {here.config}: nonsense: 1: no such setting")


def test_secrets_file_that_others_can_read_is_a_finding(here: Command) -> None:
    here.write(secrets_file="secrets")
    (here.folder / "secrets").touch(mode=0o644)

    done = here.run("doctor", "--config", str(here.config))

    path = here.folder / "secrets"
    words = f"wrong {path}: others can read this secrets file; mend it with: chmod 600 {path}\n"
    assert (done.returncode, done.stdout) == (1, words)


class TestFolders:
    def test_folder_that_others_can_enter_comes_with_its_remedy(self, used: Command) -> None:
        used.data.chmod(0o755)
        (used.data / "inbox").chmod(0o770)

        found = examine(used)

        remedy = found["data folder"].partition("mend it with: ")[2]
        assert found["data folder"] == f"wrong {used.data}: others can get in; mend it with: chmod 700 {used.data}"
        assert found["inbox"].startswith(f"wrong {used.data}/inbox: others can get in")
        subprocess.run(remedy.split(), check=True, timeout=10)
        assert examine(used)["data folder"] == f"ok {used.data}"

    def test_key_that_others_can_read_comes_with_its_remedy(self, used: Command) -> None:
        key = used.data / "ssh_host_ed25519_key"
        key.chmod(0o644)

        assert examine(used)["private files"] == f"wrong {key}: others can read it; mend it with: chmod 600 {key}"

    def test_link_in_place_of_a_folder_is_wrong(self, used: Command) -> None:
        (used.data / "outbox").rmdir()
        (used.data / "outbox").symlink_to(used.folder)

        assert examine(used)["outbox"].startswith(f"wrong {used.data}/outbox is a link")

    def test_file_in_place_of_a_folder_is_wrong(self, here: Command) -> None:
        here.data.touch()

        assert examine(here)["data folder"].startswith(f"wrong {here.data} is no folder")

    @pytest.mark.needs_root
    def test_somebody_else_is_told_whose_folder_it_is(self, used: Command) -> None:
        os.chown(used.data, 12345, -1)

        found = examine(used)

        assert "belongs to 12345, but you are " in found["data folder"]


class TestScripts:
    def test_broken_ones_are_counted_and_check_is_named(self, here: Command) -> None:
        here.script("broken.sh", "#!/bin/sh\n##~~ top {typ: integer} - how many\n")

        found = examine(here)["scripts"]

        assert found == f"wrong 1 in {here.folder}/scripts, and 1 broken: “scriptrunner check” says what is wrong"

    def test_missing_folder_is_wrong(self, here: Command) -> None:
        here.write(scripts="nowhere")

        assert examine(here)["scripts"].startswith(f"wrong The scripts folder {here.folder}/nowhere cannot be read")

    def test_folder_that_everybody_can_write_to_is_wrong(self, here: Command) -> None:
        folder = here.folder / "scripts"
        folder.chmod(0o777)

        words = f"{folder} (mode 0777) can be changed by everybody; mend it with: chmod o-w {folder}"
        assert examine(here)["exposed scripts"] == f"wrong {words}"

    def test_script_that_its_group_can_change_and_link_out_of_the_folder_are_named(self, here: Command) -> None:
        here.script("a.sh", "#!/bin/sh\n")
        script = here.folder / "scripts" / "a.sh"
        script.chmod(0o775)
        assert "can be changed by the group" in examine(here)["exposed scripts"]
        script.chmod(0o755)
        (here.folder / "scripts" / "all").symlink_to("/usr/share")

        words = f"{here.folder}/scripts/all leads out of the scripts folder, to /usr/share; it is not followed"
        assert examine(here)["exposed scripts"] == f"note {words}"


class TestSecrets:
    ASKS = """#!/bin/sh
##~~ token {secret: API_TOKEN, env: TOKEN} - for the service
##~~ key {secret: API_KEY, stdin: true} - another
##~~ more {secret: MORE, env: MORE, required: false} - where there is any
"""

    def test_those_that_scripts_need_and_nobody_set_are_named(self, here: Command) -> None:
        here.script("asks.sh", self.ASKS)
        here.script("hidden.sh", "#!/bin/sh\n##~~ {hidden: true}\n##~~ token {secret: OTHER, env: TOKEN} - x\n")

        found = examine(here, SCRIPTRUNNER_SECRET_API_KEY=CANARY, SCRIPTRUNNER_SECRET_UNUSED=CANARY)["secrets"]

        words = "in the environment or the secrets file"
        assert found.splitlines() == [
            f"wrong asks.sh needs SCRIPTRUNNER_SECRET_API_TOKEN: set it {words}",
            f"wrong hidden.sh needs SCRIPTRUNNER_SECRET_OTHER: set it {words}",
        ]

    def test_where_all_are_set_nothing_is_wrong_and_none_is_shown(self, here: Command) -> None:
        here.script("asks.sh", self.ASKS)
        here.write(secrets_file="secrets")
        (here.folder / "secrets").touch(mode=0o600)
        (here.folder / "secrets").write_text(f"SCRIPTRUNNER_SECRET_API_KEY={CANARY}\n")

        done = here.run("doctor", "--config", str(here.config), SCRIPTRUNNER_SECRET_API_TOKEN=CANARY)

        assert "secrets" not in findings(done)
        assert CANARY not in done.stdout + done.stderr

    def test_mistakes_are_findings_that_show_no_secret(self, here: Command) -> None:
        done = here.run(
            "doctor", "--config", str(here.config), SCRIPTRUNNER_SECRET_api=CANARY, SCRIPTRUNNER_SECRET_B="b"
        )

        assert done.returncode == 1
        assert [line[:39] for line in sorted(done.stdout.splitlines())] == [
            "wrong SCRIPTRUNNER_SECRET_B: is shorter",
            "wrong SCRIPTRUNNER_SECRET_api: allowed ",
        ]
        assert CANARY not in done.stdout + done.stderr


class TestDatabase:
    def test_number_of_jobs_and_messages_in_trouble_are_told(self, here: Command) -> None:
        assembly = Assembly(load(here.config, BotConfig), clock=system_clock)
        requester = Requester(user_id="U1ADA", team_id="T1", email="ada@example.org", name="Ada")
        job = assembly.store.jobs.submit(
            NewJob(submission="s", script="good.sh", title="Good", values={}, inputs=[], requester=requester),
            now=system_clock(),
        )
        assembly.store.jobs.cancel_queued(job.id, by="Ada", reason="so", now=system_clock(), expires_at=system_clock())
        owed = [
            notification
            for channel in ("slack", "email")
            for notification in assembly.store.outbox.due(now=system_clock(), channel=channel, limit=5)
        ]
        assembly.store.outbox.mark_retry(owed[0].id, due_at=system_clock(), error="no\x1b[2J answer")
        assembly.close()

        found = examine(here)

        assert found["database"].endswith("scriptrunner.db: 1 job, 0 queued, 0 running")
        assert f"of job {job.id} by {owed[0].channel} is tried again: no\\x1b[2J answer" in found["messages"]
        assert found["messages"].startswith("wrong ")

    def test_first_messages_in_trouble_are_named_and_it_is_said_that_there_are_more(self, here: Command) -> None:
        assembly = Assembly(load(here.config, BotConfig), clock=system_clock)
        requester = Requester(user_id="U1ADA", team_id="T1", email="ada@example.org", name="Ada")
        for number in range(4):
            job = assembly.store.jobs.submit(
                NewJob(
                    submission=str(number), script="good.sh", title="Good", values={}, inputs=[], requester=requester
                ),
                now=system_clock(),
            )
            now = system_clock()
            assembly.store.jobs.cancel_queued(job.id, by="Ada", reason="so", now=now, expires_at=now)
        for channel in ("slack", "email"):
            for owed in assembly.store.outbox.due(now=system_clock(), channel=channel, limit=5):
                assembly.store.outbox.mark_undeliverable(owed.id, now=system_clock(), error=f"{channel} is full")
        assembly.close()

        told = examine(here)["messages"].splitlines()

        assert len(told) == 6
        assert "of job 4 by email was given up: email is full" in told[0] + told[1]
        assert told[5] == "wrong and more: /jobs with the number of a job shows those about it"

    def test_database_of_another_version_is_wrong(self, used: Command) -> None:
        with closing(sqlite3.connect(used.data / "scriptrunner.db")) as database:
            database.execute(f"UPDATE {schema.name} SET version = 999")  # noqa: S608  # our own table
            database.commit()

        assert "was written by a newer ScriptRunner" in examine(used)["database"]

    def test_file_that_is_no_database_is_wrong(self, here: Command) -> None:
        here.data.mkdir(mode=0o700)
        (here.data / "scriptrunner.db").write_bytes(b"not a database" * 100)

        assert examine(here)["database"].startswith("wrong The database ")

    def test_missing_driver_is_told(self, used: Command) -> None:
        used.write(database="postgresql+psycopg://ada@127.0.0.1/jobs")

        assert examine(used)["database"].startswith("wrong ")


class TestMail:
    def test_login_is_tried(self, here: Command, serve_mail: Callable[..., int]) -> None:
        port = serve_mail(authenticator=only_ada, auth_required=True, auth_require_tls=False)
        here.write(mail={"host": "127.0.0.1", "port": port, "security": "none", "user": "ada"})

        right = examine(here, SCRIPTRUNNER_SMTP_PASSWORD="s3cret")["mail"]
        wrong = examine(here, SCRIPTRUNNER_SMTP_PASSWORD=CANARY)["mail"]
        without = examine(here)["mail"]

        envelope = "a mail from scriptrunner@localhost to scriptrunner@localhost would be taken"
        assert right.splitlines()[0] == f"ok 127.0.0.1 port {port}, none: logged in as ada; {envelope}"
        assert wrong.startswith(f"wrong 127.0.0.1 port {port}, none: The mail server refuses the login: 535")
        assert "SCRIPTRUNNER_SMTP_PASSWORD" in wrong
        assert CANARY not in wrong
        assert "there is no password for the server" in without

    def test_server_that_needs_no_login_is_reached(self, here: Command, serve_mail: Callable[..., int]) -> None:
        port = serve_mail()
        mail = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "a@example.org"}
        here.write(mail=mail, access={"admins": ["U0BOSS", "root@example.org"]})

        envelope = "a mail from a@example.org to root@example.org would be taken"
        assert examine(here)["mail"] == f"ok 127.0.0.1 port {port}, none: connected, without a login; {envelope}"

    @pytest.mark.parametrize(
        ("step", "answer", "said"),
        [
            ("MAIL", "553 5.7.1 <a@example.org>: not yours", "wrong {place}: {envelope} would be lost: {final}; "),
            ("RCPT", "550 5.1.1 nobody of that name", "wrong {place}: {envelope} would be lost: {final}; "),
            ("RCPT", "451 4.7.1 come back later", "note {place}: {envelope} would have to wait: {later}"),
            ("MAIL", "451 4.3.0 no room", "wrong {place}: {later}; "),
        ],
    )
    def test_what_a_mail_would_be_refused_for_is_told(
        self, here: Command, serve_mail: Callable[..., int], step: str, answer: str, said: str
    ) -> None:
        port = serve_mail(answers={step: answer})
        here.write(mail={"host": "127.0.0.1", "port": port, "security": "none", "sender": "a@example.org"})

        expected = said.format(
            place=f"127.0.0.1 port {port}, none",
            envelope="a mail from a@example.org to a@example.org",
            final=f"The mail server refuses the mail: {answer}",
            later=f"The mail server does not take the mail now: {answer}",
        )
        assert examine(here)["mail"].startswith(expected)

    def test_server_without_starttls_is_wrong(self, here: Command, serve_mail: Callable[..., int]) -> None:
        here.write(mail={"host": "127.0.0.1", "port": serve_mail()})

        assert "STARTTLS" in examine(here)["mail"].splitlines()[0]

    def test_server_that_is_not_there_is_wrong(self, here: Command) -> None:
        here.write(mail={"host": "127.0.0.1", "port": free_port(), "security": "none"})

        assert "Connection refused" in examine(here)["mail"]


class TestPorts:
    def test_port_of_another_program_is_wrong(self, here: Command) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            here.write(retrieval={"port": port}, workspace={"port": port})
            found = examine(here)

        for subject, setting in (("SSH port", "retrieval.port"), ("workspace page", "workspace.port")):
            assert found[subject].startswith(f"wrong Nothing can listen on 127.0.0.1 port {port}: Address already in")
            assert f"change {setting}" in found[subject]

    def test_runner_that_listens_elsewhere_is_wrong(self, here: Command) -> None:
        with here.running("runner"):
            here.wait_for_log("runner ready")
            port = free_port()
            here.write(retrieval={"port": port})
            found = examine(here)

        assert found["SSH port"].startswith(f"wrong 127.0.0.1 port {port}: the runner does not answer")

    def test_sshd_of_the_machine_is_not_checked(self, here: Command) -> None:
        here.write(retrieval={"server": False, "scp_host": "big.example.org"})

        assert examine(here)["SSH"] == "note results are fetched from the sshd of big.example.org, which is not checked"


class TestSlack:
    def test_tokens_and_scopes_are_tried(self, here: Command) -> None:
        with slack(here.folder) as workspace:
            found = examine(here, **SECRETS, SLACK_API_URL=workspace.api_url)

        assert found["bot token"].startswith("ok ")
        assert " in the workspace " in found["bot token"]
        assert (
            found["scopes"]
            == "ok commands, chat:write, users:read, users:read.email, files:read, files:write, im:write, im:history,"
            " channels:read, groups:read"
        )
        assert found["app token"] == "ok Socket Mode can connect"
        assert "out of reach from other machines: set retrieval.listen" in found["SSH port"]
        assert "workspace page" not in found

    def test_missing_scopes_are_named(self, here: Command) -> None:
        with slack(here.folder, scopes=["commands", "chat:write"]) as workspace:
            found = examine(here, **SECRETS, SLACK_API_URL=workspace.api_url)

        assert found["scopes"].startswith(
            "wrong the bot lacks users:read, users:read.email, files:read, files:write, im:write, im:history,"
            " channels:read, groups:read: add them"
            " under OAuth"
        )

    def test_scopes_are_not_compared_without_a_manifest(self, here: Command) -> None:
        here.write(workspace={"manifest": "nowhere.yml"})
        with slack(here.folder) as workspace:
            found = examine(here, **SECRETS, SLACK_API_URL=workspace.api_url)

        assert found["scopes"].startswith(f"note not compared: {here.folder}/nowhere.yml names none")

    @pytest.mark.parametrize(
        ("variable", "subject"), [("SLACK_BOT_TOKEN", "bot token"), ("SLACK_APP_TOKEN", "app token")]
    )
    def test_refused_token_is_named_but_not_shown(self, here: Command, variable: str, subject: str) -> None:
        tokens = SECRETS | {variable: f"{SECRETS[variable]}-{CANARY}"}
        with slack(here.folder) as workspace:
            done = here.run("doctor", "--config", str(here.config), **tokens, SLACK_API_URL=workspace.api_url)

        assert findings(done)[subject].startswith(f"wrong Slack refuses {variable}: ")
        assert CANARY not in done.stdout + done.stderr

    def test_missing_tokens_are_named(self, here: Command) -> None:
        with slack(here.folder) as workspace:
            no_app = examine(here, SLACK_BOT_TOKEN=SECRETS["SLACK_BOT_TOKEN"], SLACK_API_URL=workspace.api_url)
            no_bot = examine(here, SLACK_APP_TOKEN=SECRETS["SLACK_APP_TOKEN"], SLACK_API_URL=workspace.api_url)

        assert no_app["app token"].startswith("wrong SLACK_APP_TOKEN is not set")
        assert no_bot["bot token"].startswith("wrong SLACK_BOT_TOKEN is not set")
        assert no_bot["app token"] == "ok Socket Mode can connect"

    def test_slack_that_cannot_be_reached_is_said(self, here: Command) -> None:
        found = examine(here, **SECRETS, SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")

        assert found["bot token"].startswith("wrong Slack cannot be reached: ")
        assert found["app token"].startswith("wrong Slack cannot be reached: ")

    def test_http_mode_needs_the_signing_secret_and_its_port(self, here: Command) -> None:
        port = free_port()
        here.write(slack={"mode": "http", "http_port": port})
        tokens = {"SLACK_BOT_TOKEN": SECRETS["SLACK_BOT_TOKEN"]}
        url = f"http://127.0.0.1:{port}/slack/events"
        with slack(here.folder, request_url=url) as workspace:
            tokens["SLACK_API_URL"] = workspace.api_url
            before = examine(here, **tokens)
            here.environment |= SECRETS | tokens
            with here.running("bot"):
                here.wait_for_log("bot listens on")
                running = examine(here)

        assert before["signing secret"].startswith("wrong SLACK_SIGNING_SECRET is not set")
        assert before["HTTP port"] == f"ok 127.0.0.1 port {port} is free"
        assert running["signing secret"] == "ok set"
        assert running["HTTP port"] == f"ok 127.0.0.1 port {port}: the bot answers"
        assert "app token" not in running


@pytest.mark.parametrize(
    ("seconds", "hangs", "words"),
    [
        (
            0,
            "the worker has not turned for 73 s, at Path.open",
            "hangs: the worker has not turned for 73 s, at Path.open; ",
        ),
        (100, "", r"hangs: it has said nothing for \d min \d+ s, last “jobs: 3 running”; "),
    ],
)
@pytest.mark.parametrize("part", ["bot", "runner"])
def test_part_that_hangs_is_told_with_what_it_is_in_and_since_when(
    used: Command, part: str, seconds: int, hangs: str, words: str
) -> None:
    beat = Beat(process_id=4711, at=time.monotonic() - seconds, status="jobs: 3 running", hangs=hangs)
    file = BeatFile(used.data / f"{part}.beat")
    file.write(beat)

    found = examine(used)

    assert re.match(f"wrong {words}", found[part])
    assert "if not: kill -9 4711; no job ends by that" in found[part]
    file.close()


def test_memory_limit_that_holds_for_each_process_only_is_told(here: Command) -> None:
    here.write(executors={"local": {"control_groups": False}})
    with here.running("runner"):
        here.wait_for_log("runner ready")
        wait_for(lambda: "waiting" in (here.data / "runner.beat").read_text(), 30)
        found = examine(here)

    assert found["limits"].startswith(
        "note a script's memory limit holds for each of its processes, not for all of them"
    )
    assert "limits" not in examine(here), "nobody knows where no runner runs"


def test_bot_that_cannot_reach_slack_answers_and_says_so(used: Command) -> None:
    environment = {**SECRETS, "SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/"}
    used.environment |= environment
    with used.running("bot"):
        used.wait_for_log("Slack cannot be reached: ")

        wait_for(lambda: "connecting" in (used.data / "bot.beat").read_text(), 30)
        found = examine(used)

    assert found["bot"] == "ok answers: connecting to Slack"


def test_beat_that_cannot_be_read_is_no_finding_against_the_part(used: Command) -> None:
    (used.data / "bot.beat").unlink(missing_ok=True)
    (used.data / "bot.beat").symlink_to("nowhere")

    found = examine(used)

    assert found["bot"].startswith(f"note cannot be asked: {used.data}/bot.beat: ")
