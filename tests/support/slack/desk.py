"""The bot on a real service and a stand-in workspace, without a runner: jobs wait until a test ends them."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.app.config import BotConfig
from bot.app.factory import make_app
from bot.listeners.deadlines import ListenerDeadlines
from bot.listeners.turns import THREADS
from runner.app.bootstrap import Assembly
from runner.files import SharingSettings
from runner.jobs import Ending, Job, JobFilter, Requester, State
from runner.notifications.delivery import Delivery, DeliverySettings, FileDelivery
from runner.notifications.file_source import FileSource
from runner.notifications.slack import SlackTransport
from runner.notifications.slack_files import SlackUploads
from runner.scripts import Script
from runner.service import ScriptRunner
from runner.system.clock import system_clock
from tests.support.machine.served import Quiet, serving
from tests.support.slack.person import GENERAL, MARIA, Json, Person, Workspace, wait_for
from tests.support.slack.sockets import stop
from tests.support.slack.stand_in import SECRETS

ROOT = Path(__file__).parents[3]
TEAM = "T0WORKSHOP1"
RETENTION = timedelta(days=7)


def requester(user_id: str = MARIA) -> Requester:
    return Requester(user_id=user_id, team_id=TEAM, email=f"{user_id.lower()}@example.com", name=user_id)


@dataclass
class Answers:
    """Takes what the bot posts to response URLs of its own, each a path of one server."""

    url: str = ""
    taken: dict[str, list[Json]] = field(default_factory=dict)
    status: int = 200

    def to(self, name: str) -> str:
        """A response URL."""
        return f"{self.url}/{name}"

    def at(self, name: str) -> list[Json]:
        """What was answered there so far."""
        return self.taken.get(f"/{name}", [])

    def wait(self, name: str) -> Json:
        """The first answer there, waited for."""
        return wait_for(lambda: self.at(name), what=f"an answer at {name}")[0]


@contextmanager
def taking_answers() -> Iterator[Answers]:
    answers = Answers()

    class Take(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers.taken.setdefault(self.path, []).append(body)
            self.send_response(answers.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving(Take) as answers.url:
        yield answers


@dataclass(kw_only=True)
class Desk:
    """One bot with all that it works with."""

    scripts: Path
    assembly: Assembly
    service: ScriptRunner
    workspace: Workspace
    answers: Answers
    app: App

    def person(self, user_id: str = MARIA) -> Person:
        return self.workspace.person(user_id)

    def dispatch(self, body: Json) -> BoltResponse:
        """Hand the app a payload as Socket Mode does."""
        return self.app.dispatch(BoltRequest(mode="socket_mode", body=body))

    def write_script(self, name: str, *annotations: str) -> str:
        """Add a script; a name with a folder is in that group."""
        path = self.scripts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["#!/bin/sh", *(f"##~~ {line}" for line in annotations), ""]))
        path.chmod(0o755)
        return name

    def queue(self, script: str, *, user_id: str = MARIA, **values: str) -> Job:
        """A new job of that person."""
        person, submission = requester(user_id), f"test:{os.urandom(8).hex()}"
        return self.service.submit(person, self.script(script), values, submission=submission)

    def script(self, name: str) -> Script:
        return self.service.scripts.find(requester(), name, exactly=True)

    def start_job(self, job: Job) -> Job:
        """Have it claimed, as a runner does; those queued before it go first."""
        while True:
            claimed = self.assembly.store.jobs.claim("runner", executor="local", now=system_clock(), lease=RETENTION)
            assert claimed, f"job {job.id} does not wait"
            if claimed[0].id == job.id:
                return claimed[0]

    def end_job(self, job: Job, state: State = State.SUCCEEDED, *, after: timedelta = timedelta()) -> Job:
        """Have it started and ended so long afterwards."""
        return self.finish(self.start_job(job), state, after=after)

    def finish(self, started: Job, state: State = State.SUCCEEDED, *, after: timedelta = timedelta()) -> Job:
        """Have one that runs ended so long after its start."""
        now = (started.started_at or system_clock()) + after
        ended = self.assembly.store.jobs.finish(
            started.id, Ending(state=state), runner="runner", now=now, expires_at=now + RETENTION
        )
        assert ended
        return ended

    def empty_queue(self) -> None:
        """Cancel what waits: it would be before the jobs of the next test."""
        store, now = self.assembly.store.jobs, system_clock()
        for job in store.page(limit=10_000):
            if job.state is State.QUEUED:
                store.cancel_queued(job.id, by="desk", reason="the test is over", now=now, expires_at=now + RETENTION)

    def jobs_of(self, user_id: str = MARIA) -> Sequence[Job]:
        """All jobs of that person, newest first."""
        return self.assembly.store.jobs.page(JobFilter(user_id=user_id), limit=10_000)

    def job_count(self) -> int:
        return self.assembly.store.jobs.count()

    def deliver(self) -> None:
        """Send what is owed, messages and files, as the runner does that has these jobs."""
        client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=self.workspace.api_url)
        source = FileSource(
            find=self.assembly.store.jobs.get, results=self.assembly.results, settings=SharingSettings()
        )
        files = FileDelivery(
            owed=self.assembly.store.files.of("runner"), source=source, uploads={"slack": SlackUploads(client)}
        )
        Delivery(
            self.assembly.store.outbox.of("runner"),
            {"slack": SlackTransport(client)},
            self.assembly.reporter.message_report,
            clock=system_clock,
            settings=DeliverySettings(),
            files=files,
        ).tick(system_clock())

    def settle(self) -> None:
        """Wait until no listener runs any more: they go on after they have acknowledged."""
        executor = self.app.listener_runner.listener_executor
        barrier = threading.Barrier(THREADS)
        for waiting in [executor.submit(barrier.wait, 30) for _ in range(THREADS)]:
            waiting.result(30)


@contextmanager
def sitting(  # noqa: PLR0913  # its parts are passed in
    config: BotConfig,
    assembly: Assembly,
    workspace: Workspace,
    answers: Answers,
    *,
    deadlines: ListenerDeadlines | None = None,
    api_url: str = "",
) -> Iterator[Desk]:
    """A bot that is connected to the stand-in until the block ends."""
    client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=api_url or workspace.api_url)
    with closing(assembly):
        service = assembly.service()
        app = make_app(service, client, settings=config.slack, clock=system_clock, deadlines=deadlines)
        desk = Desk(
            scripts=config.scripts, assembly=assembly, service=service, workspace=workspace, answers=answers, app=app
        )
        connection = SocketModeHandler(app, SECRETS["SLACK_APP_TOKEN"])
        connection.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
        workspace.wait_for_app()
        yield desk
        stop(connection)
        desk.settle()


def last_answer(person: Person, text: str, channel: str) -> Json:
    """The newest message there that holds the text, waited for."""

    def newest() -> Json | None:
        return next(
            (one for one in reversed(person.messages(channel)) if text in json.dumps(one, ensure_ascii=False)), None
        )

    found = wait_for(newest, what=f"a message with {text!r}")
    assert found
    return found


def press_on_job(person: Person, job: Job, action_id: str) -> None:
    """Press a button among the details that /jobs shows of a job."""
    person.command(f"/jobs {job.id}")
    message = last_answer(person, f"Job {job.id}: ", GENERAL)
    block = next(block for block in message["blocks"] if action_id in json.dumps(block))
    assert person.press(person.in_message(message, GENERAL), block["block_id"], action_id) == {"ok": True}
