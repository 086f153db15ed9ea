"""Hostile entries in forms, forged forms and other people's buttons."""

import json
import time

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import Target
from tests.support.machine.installation import Form
from tests.support.scripts.hostile import LINES
from tests.support.slack import payloads
from tests.support.slack.person import MARIA, TOM, Person

ATTACKS = Attacks("forms")
_ANSWER_SECONDS = 3  # Slack's own limit


@ATTACKS("(a+)+b and ([A-Za-z]+ ?)+ as patterns, thousands of letters against them")
def backtracking(target: Target, hardness: int) -> None:
    maria = target.maria
    for label, text in (
        ("nested", "a" * 40),
        ("nested", "a" * 2999),
        ("words", "a" * 27 + "!"),
        ("words", "a" * 2999 + "!"),
    ):
        for _ in range(hardness):
            form = _opened(maria, "slow_pattern")
            form.fill(label, text)
            began = time.monotonic()
            assert label in form.refused()
            assert time.monotonic() - began < _ANSWER_SECONDS


@ATTACKS("shell syntax, escapes, globs, emoji and mentions as values")
def shell_syntax(target: Target, hardness: int) -> None:
    for value in LINES[:: max(1, 12 // hardness)]:
        job = target.run(target.maria, "echo_arguments", said=value)
        assert job.state is State.SUCCEEDED
        assert (target.folder(job.id) / "said").read_bytes() == value.encode()
    assert not list(target.command.folder.rglob("pwned"))


@ATTACKS("<!channel> and <@U…> as values: nobody is called")
def mentions(target: Target, hardness: int) -> None:
    del hardness
    job = target.run(target.maria, "echo_arguments", said="<!channel> <!here> <@U0TOM000002> <https://evil.example|ok>")
    target.maria.wait_for_dm(f"Job {job.id} succeeded", is_broadcast=True)
    written = [message for message in target.maria.dm() if "echo_arguments" in json.dumps(message)]
    for message in written:
        assert not {"broadcast", "user", "link"}.intersection(_kinds(message["blocks"])), message
        assert "<!channel>" not in json.dumps(message["text"])


@ATTACKS("forged forms: undeclared fields, another script, rubbish as state, a path as an id")
def forged_forms(target: Target, hardness: int) -> None:
    maria = target.maria
    form = _opened(maria, "greet")
    view = maria.top_view()
    before = target.assembly.store.jobs.count()
    for change in (
        {"private_metadata": '{"script": "../../../bin/sh"}'},
        {"private_metadata": "[" * 3000},
        {"private_metadata": "null"},
        {"state": {"values": {"name": {"name": {"type": "plain_text_input", "value": ["a", {}]}}}}},
        {"state": {"values": {"undeclared": {"undeclared": {"type": "plain_text_input", "value": "x"}}}}},
        {"state": {"values": None}},
        {"callback_id": "runscript.review", "private_metadata": "../x"},
    ):
        for _ in range(hardness):
            target.send(payloads.submission({**view, **change}, user_id=MARIA))
    assert form.labels()
    assert target.assembly.store.jobs.count() - before <= hardness  # at most what the undeclared field stood beside


@ATTACKS("buttons of other people's jobs, and of jobs that are none")
def other_peoples_buttons(target: Target, hardness: int) -> None:
    number = target.submit(target.maria, "wait")
    target.running(number)
    for action in ("job.cancel", "job.edit", "job.again", "job.hold", "job.front", "job.before_all"):
        for value in [str(number), "../1", "-1", "9" * 30, "1 OR 1=1", ""][: 2 + hardness]:
            target.send(payloads.press(action, value, user_id=TOM))
    assert target.job(number).state is State.RUNNING
    assert target.job(number).cancel_requested_at is None
    target.go(number)


def _opened(person: Person, script: str) -> Form:
    if person.views():
        person.close(everything=True)
    return Form(person, script)


def _kinds(node: object) -> set[str]:
    if isinstance(node, dict):
        return {str(node.get("type"))}.union(*map(_kinds, node.values()))
    return set().union(*map(_kinds, node)) if isinstance(node, list) else set()
