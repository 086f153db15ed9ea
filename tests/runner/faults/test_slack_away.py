"""Slack is away, limits, fails or cuts connections: bot and runner come back by themselves, messages in order."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Requester
from runner.system.clock import system_clock
from tests.support.machine.command import Command, slack
from tests.support.machine.installation import Form, free_port, texts
from tests.support.slack.faulty_proxy import Fault, between
from tests.support.slack.person import MARIA, TOM, Person, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS

WAITING = "#!/bin/sh\ntouch ran\nwhile [ ! -e {folder}/go ]; do sleep 0.01; done\n"
ONCE = ["succeeded", "succeeded"]
"""By its own message, which shows its end in the end, and by that of its end."""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path, dict(SECRETS))
    command.write(jobs={"slots": 8}, delivery={"poll": "1s", "back_off": ["1s"]})
    command.script("quick.sh", "#!/bin/sh\n")
    command.script("wait.sh", WAITING.format(folder=tmp_path))
    return command


@pytest.fixture
def assembly(command: Command) -> Iterator[Assembly]:
    """The parts behind bot and runner, to look into the database with."""
    assembly = Assembly(load(command.config, BotConfig), clock=system_clock)
    yield assembly
    assembly.close()


def is_all_told(assembly: Assembly) -> bool:
    return assembly.store.outbox.next_due(channel="slack") is None


def are_all_ended(assembly: Assembly, jobs: list[int]) -> bool:
    found = [assembly.store.jobs.get(job) for job in jobs]
    return all(job is not None and job.state.is_final for job in found)


def told(person: Person, job: int) -> list[str]:
    """What the person was told of a job, in order: a word each."""
    return [one["text"].split(":")[0].split()[-1] for one in person.dm() if f"Job {job} " in one["text"]]


def submitted(person: Person, script: str, times: int = 1) -> list[int]:
    """The numbers of as many jobs, each asked for with the form."""
    found = []
    for _ in range(times):
        found.append(Form(person, script).submit())
        person.close(everything=True)
    return found


def waiting(assembly: Assembly, times: int) -> list[int]:
    """The numbers of as many jobs that no runner has seen yet."""
    person = Requester(user_id=MARIA, team_id="T1", email="maria@example.com", name="Maria")
    service = assembly.service()
    script = service.scripts.find(person, "quick.sh", exactly=True)
    return [service.submit(person, script, {}, submission=str(number)).id for number in range(times)]


def test_bot_and_runner_come_back_when_slack_was_away(command: Command, assembly: Assembly, tmp_path: Path) -> None:
    port = free_port()
    command.environment["SLACK_API_URL"] = f"http://127.0.0.1:{port}/api/"
    with ExitStack() as running:
        with slack(tmp_path, port=port) as before:
            processes = [running.enter_context(command.running(part)) for part in ("runner", "bot")]
            before.wait_for_app(30)
            jobs = submitted(before.person(MARIA), "wait.sh", 2) + submitted(before.person(TOM), "wait.sh")
            before.person(TOM).wait_for_dm(f"Job {jobs[2]} started", 30)
            for job in jobs[:2]:
                before.person(MARIA).wait_for_dm(f"Job {job} started", 30)
            wait_for(lambda: is_all_told(assembly), 30, what="all recorded")
        (tmp_path / "go").touch()
        wait_for(lambda: are_all_ended(assembly, jobs), 30, what="ended")
        wait_for(lambda: len(assembly.store.outbox.troubles()) == len(jobs), 30, what="each says why it waits")
        assert all("Slack cannot be reached" in each.error for each in assembly.store.outbox.troubles())

        with slack(tmp_path, port=port) as after:  # one that knows nothing of what was before
            after.wait_for_app(60)
            wait_for(lambda: is_all_told(assembly), 60, what="told of the ends")
            maria, tom = after.person(MARIA), after.person(TOM)
            assert [told(maria, job) for job in jobs] == [["succeeded"], ["succeeded"], []]
            assert told(tom, jobs[2]) == ["succeeded"]
            (late,) = submitted(maria, "quick.sh")
            wait_for(lambda: told(maria, late) == ONCE, 30, what="told")
        assert [process.poll() for process in processes] == [None, None]


def test_long_limit_of_slack_s_keeps_messages_waiting_and_loses_none(
    command: Command, assembly: Assembly, tmp_path: Path
) -> None:
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            workspace.fail("chat.postMessage", "ratelimited", times=4, retry_after=2)
            maria = workspace.person(MARIA)

            jobs = submitted(maria, "quick.sh", 4)

            wait_for(lambda: are_all_ended(assembly, jobs), 30, what="ended")
            wait_for(assembly.store.outbox.troubles, 30, what="limited")
            assert {each.error for each in assembly.store.outbox.troubles()} == {"Slack asks to wait: ratelimited"}
            wait_for(lambda: is_all_told(assembly), 60, what="all told")
            assert [told(maria, job) for job in jobs] == [ONCE] * 4
            assert posts(workspace) == Counter({"ratelimited": 4, "ok": 8})


def posts(workspace: Workspace) -> Counter[str]:
    """What became of the attempts to post a message."""
    return Counter(entry["verdict"] for entry in workspace.log() if entry["kind"] == "chat.postMessage")


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.CUT_ANSWER])
def test_request_that_goes_wrong_before_slack_has_it_is_made_again_and_once(
    command: Command, assembly: Assembly, tmp_path: Path, fault: Fault
) -> None:
    with slack(tmp_path) as workspace, between(workspace.api_url) as proxy:
        proxy.faults.extend([fault] * 3)
        command.environment["SLACK_API_URL"] = proxy.url
        jobs = waiting(assembly, 3)
        with command.running("runner"):
            wait_for(lambda: are_all_ended(assembly, jobs) and is_all_told(assembly), 60, what="all told")

        assert proxy.happened == [fault] * 3
        assert [told(workspace.person(MARIA), job) for job in jobs] == [ONCE] * 3


def test_answer_that_is_cut_off_loses_no_message_and_keeps_their_order(
    command: Command, assembly: Assembly, tmp_path: Path
) -> None:
    with slack(tmp_path) as workspace, between(workspace.api_url) as proxy:
        proxy.faults.append(Fault.CUT_ANSWER)
        command.environment["SLACK_API_URL"] = proxy.url
        jobs = waiting(assembly, 3)
        with command.running("runner"):
            wait_for(lambda: are_all_ended(assembly, jobs) and is_all_told(assembly), 60, what="all told")

        assert proxy.happened == [Fault.CUT_ANSWER]
        all_told = [told(workspace.person(MARIA), job) for job in jobs]
        assert [words[-1] for words in all_told] == ["succeeded"] * 3
        assert sum(map(len, all_told)) == 7, "nobody can know whether that one was taken: it is sent again"


def test_warning_offers_time_that_a_press_gives(command: Command, tmp_path: Path) -> None:
    command.script("long.sh", "#!/bin/sh\n##~~ {timeout: 24s, more_time: 1h}\nsleep 25\n")
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            maria = workspace.person(MARIA)
            (job,) = submitted(maria, "long.sh")
            warning = maria.wait_for_dm(f"Job {job} is near its time limit", 90)
            assert "has used most of its time and will be stopped at its limit of 24 s." in texts(warning["blocks"])
            block, action = button(warning, "more_time")

            maria.press(maria.in_message(warning), block, action)

            maria.wait_for_dm(f"Job {job} may run", 20)
            maria.wait_for_dm(f"Job {job} succeeded", 60)


def button(message: dict[str, object], action: str) -> tuple[str, str]:
    """Block and action of the first button of that kind."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    return next(
        (block["block_id"], element["action_id"])
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if action in element["action_id"]
    )


def test_message_that_slack_had_taken_when_the_runner_was_killed_is_not_sent_again(
    command: Command, assembly: Assembly, tmp_path: Path
) -> None:
    with slack(tmp_path) as workspace, between(workspace.api_url) as proxy:
        command.environment["SLACK_API_URL"] = proxy.url
        maria = workspace.person(MARIA)
        (job,) = waiting(assembly, 1)
        with proxy.leaving_unanswered("chat.postMessage"), command.running("runner") as killed:
            maria.wait_for_dm(f"Job {job} ", 30)
            wait_for(lambda: are_all_ended(assembly, [job]), 30, what="ended")
            killed.kill()
            killed.wait()

        with command.running("runner"):
            wait_for(lambda: told(maria, job) == ONCE and is_all_told(assembly), 30, what="all told")

        assert told(maria, job) == ONCE
        mails = [path.read_text() for path in (assembly.paths.mail / "new").iterdir()]
        assert sorted(each.count(f"Job {job} started") > 0 for each in mails) == [False, True]
