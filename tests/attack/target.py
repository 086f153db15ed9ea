"""The installation that is attacked: runner, bot, a second bot in HTTP mode, and the stand-in for Slack."""

import hashlib
import hmac
import json
import os
import re
import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Job, State
from runner.system.clock import system_clock
from tests.attack.scripts import SCRIPTS
from tests.support.machine.command import Command, slack
from tests.support.machine.installation import Form, free_port, preformatted
from tests.support.slack.person import ADMIN, MARIA, TOM, Json, Person, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS

PATH = "/slack/events"
MOST_WAITING = 10
"""As many jobs of one person as may wait."""
_FORM = "application/x-www-form-urlencoded"
_SSH = (
    *("-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=password", "-o", "LogLevel=ERROR"),
)


@dataclass
class Target:
    """What attackers can reach, and what its people see of it meanwhile. Maria attacks, Tom is in need of it."""

    command: Command
    workspace: Workspace
    ssh_port: int
    http_port: int
    processes: "dict[str, subprocess.Popen[bytes]]"
    canary: str

    @cached_property
    def assembly(self) -> Assembly:
        return Assembly(load(self.command.config, BotConfig), clock=system_clock)

    @property
    def maria(self) -> Person:
        return self.workspace.person(MARIA)

    @property
    def tom(self) -> Person:
        return self.workspace.person(TOM)

    def assert_serves(self) -> None:
        """Nothing has died, and somebody else's job goes all the way, from the form to the message at its end."""
        assert {name: process.poll() for name, process in self.processes.items()} == dict.fromkeys(self.processes)
        tom = self.tom
        if tom.views():
            tom.close(everything=True)
        job = self.ended(Form(tom, "greet").submit())
        assert job.state is State.SUCCEEDED, job
        wait_for(lambda: f"Job {job.id} succeeded" in json.dumps(tom.dm()), 30, what="told")
        tom.close(everything=True)
        assert "Traceback" not in self.command.log, self.command.log

    def run(self, person: Person, script: str, **values: str) -> Job:
        """Fill in a form and wait for what becomes of the job."""
        return self.ended(self.submit(person, script, **values))

    def submit(self, person: Person, script: str, **values: str) -> int:
        if person.views():
            person.close(everything=True)
        form = Form(person, script)
        for label, value in values.items():
            form.fill(label, value)
        return form.submit()

    def ended(self, job_id: int) -> Job:
        wait_for(lambda: self.job(job_id).state.is_final, 60, what=f"job {job_id} ended")
        return self.job(job_id)

    def running(self, job_id: int) -> None:
        """Returns once a job of wait.sh waits: its state is “running” before it has a folder."""
        wait_for((self.folder(job_id) / "begun").exists, 30, what=f"job {job_id} begun")

    def go(self, *job_ids: int) -> None:
        """Have jobs of wait.sh come to their end, one after the other where not all have started."""
        for job_id in job_ids:
            self.running(job_id)
            (self.folder(job_id) / "go").touch()
            assert self.ended(job_id).state is State.SUCCEEDED

    def job(self, job_id: int) -> Job:
        found = self.assembly.store.jobs.get(job_id)
        assert found is not None, job_id
        return found

    def folder(self, job_id: int) -> Path:
        return self.assembly.results.folder(job_id)

    def retrieval(self, person: Person, job_id: int) -> tuple[str, str]:
        """The scp command and the password that the person was told."""
        message = person.wait_for_dm(f"Job {job_id} succeeded", 30, is_broadcast=True)
        command, password, *_ = preformatted(message)
        return command, password

    def password(self, person: Person, job_id: int) -> str:
        return self.retrieval(person, job_id)[1]

    def ssh(
        self, program: str, *arguments: str, password: str, text: str = "", where: Path | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        """OpenSSH's own client with a password."""
        return subprocess.run(
            [program, *_SSH, "-p" if program == "ssh" else "-P", str(self.ssh_port), *arguments],
            env=self._asking(password),
            input=text.encode(),
            cwd=where or self.command.folder,
            capture_output=True,
            timeout=60,
            check=False,
            start_new_session=True,
        )

    def paste(self, command: str, password: str) -> Path:
        """Run a command that somebody was told in a shell, in a new folder; that folder."""
        where = self.command.folder / f"fetched-{secrets.token_hex(4)}"
        where.mkdir()
        told = command.replace("scp ", f"scp {shlex.join(_SSH)} ", 1)
        done = subprocess.run(
            ["sh", "-c", told], env=self._asking(password), cwd=where, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return where

    def post(self, body: bytes, *, path: str = PATH, kind: str = _FORM, **headers: str) -> int:
        """The status that a request gets in HTTP mode."""
        with closing(HTTPConnection("127.0.0.1", self.http_port, timeout=30)) as client:
            client.request("POST", path, body, {"Content-Type": kind} | headers)
            return client.getresponse().status

    def send(self, payload: Json) -> Json:
        """What the bot answers to whatever is said in Slack's name, correctly signed."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        with closing(HTTPConnection("127.0.0.1", self.http_port, timeout=30)) as client:
            client.request("POST", PATH, body, {"Content-Type": _FORM} | signed(body))
            answer = client.getresponse()
            assert answer.status < 500, answer.status
            return dict(json.loads(answer.read() or b"{}"))

    def memory_bytes(self, part: str) -> int:
        status = Path(f"/proc/{self.processes[part].pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def _asking(self, password: str) -> dict[str, str]:
        ask = self.command.folder / "askpass"
        if not ask.exists():
            ask.write_text('#!/bin/sh\nprintf "%s\\n" "$TYPED"\n')
            ask.chmod(0o700)
        return os.environ | {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "TYPED": password}


def signed(body: bytes, *, seconds_ago: int = 0, secret: str = SECRETS["SLACK_SIGNING_SECRET"]) -> dict[str, str]:
    """The headers that Slack would send with the body."""
    moment = str(int(time.time()) - seconds_ago)
    signature = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={signature}"}


@contextmanager
def target(folder: Path) -> Iterator[Target]:
    """All that belongs to one installation, started; stopped at the end, when each part has to end well."""
    canary, ssh_port, http_port = secrets.token_hex(12), free_port(), free_port()
    with slack(folder) as workspace, ExitStack() as stack:
        ours = {"SLACK_API_URL": workspace.api_url, "SCRIPTRUNNER_SECRET_KEY": canary}
        command = Command(folder, environment=SECRETS | ours)
        settings = {
            "retrieval": {"port": ssh_port, "listen": "127.0.0.1"},
            "jobs": {"slots": 4, "per_person": 2, "grace": "1s", "max_log": "20M", "waiting_per_person": MOST_WAITING},
            "access": {"admins": [ADMIN]},
            "delivery": {"poll": "1s"},
        }
        command.write(**settings)
        for name, text in SCRIPTS.items():
            command.script(name, text)
        in_http_mode = Command(folder / "http", environment=command.environment)
        in_http_mode.folder.mkdir()
        places = {"data": str(command.data), "scripts": str(folder / "scripts")}
        in_http_mode.write(**settings | places | {"slack": {"mode": "http", "http_port": http_port}})
        processes = {part: stack.enter_context(command.running(part)) for part in ("runner", "bot")}
        command.wait_for_log("runner ready")
        workspace.wait_for_app(30)
        processes["bot in HTTP mode"] = stack.enter_context(in_http_mode.running("bot"))
        made = Target(command, workspace, ssh_port, http_port, processes, canary)
        wait_for(lambda: _answers(made), 30, what="an answer in HTTP mode")
        yield made
        made.assembly.close()


def _answers(made: Target) -> bool:
    try:
        return made.post(b"") == 401
    except ConnectionRefusedError:
        return False
