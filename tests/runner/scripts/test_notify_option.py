"""Whom a script has told how its jobs end, and what it cannot say."""

from datetime import timedelta
from pathlib import Path

import pytest

from runner.jobs import NotifyRule
from runner.scripts.annotations import Annotations, read
from runner.scripts.script import script


def of(options: str) -> Annotations:
    return read(f"##~~ value - x\n##~~ {{{options}}}\n")


def rules(options: str) -> list[NotifyRule]:
    found = of(options)
    assert found.problems == ()
    made = script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)
    return list(made.job_options(time_limit=timedelta(hours=1)).notify)


@pytest.mark.parametrize(
    ("owner", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        ("'Ada <ada@example.org>'", "ada@example.org"),
        ("U0123456789", "U0123456789"),
    ],
)
def test_owner_is_told_where_the_script_says_how_to_reach_them(owner: str, address: str) -> None:
    assert [(each.to, each.is_conversation) for each in rules(f"notify: owner, owner: {owner}")] == [(address, False)]


def test_owner_and_channels_are_told_of_the_ends_that_are_named() -> None:
    found = rules("notify: [{owner: true, on: lost}, {channel: build-logs, on: [timed_out, cancelled]}], owner: a@b.c")

    assert [(each.to, sorted(each.on)) for each in found] == [
        ("a@b.c", ["lost"]),
        ("#build-logs", ["cancelled", "timed_out"]),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("notify: owner", "there is no option owner"),
        ("notify: owner, owner: Web team", "“Web team” has neither an e-mail address nor an id in Slack"),
        ("notify: '#assembly'", "must be owner, or {channel:"),
        ("notify: []", "must be owner, or {channel:"),
        ("notify: {channel: '#Assembly'}", "a channel's name has small letters"),
        ("notify: {channel: 'a b'}", "a channel's name has small letters"),
        (
            "notify: {channel: a, on: [faild]}",
            "on knows no “faild”, only succeeded, failed, cancelled, timed_out, lost; did",
        ),
        ("notify: {channel: a, on: []}", "on lists ends of jobs"),
        ("notify: {channel: a, when: [failed]}", "must be owner, or {channel:"),
        ("notify: {owner: false}", "must be owner, or {channel:"),
    ],
)
def test_what_cannot_be_told_is_a_problem_of_its_line(options: str, message: str) -> None:
    (problem,) = of(options).problems

    assert problem.line == 2
    assert message in problem.message
