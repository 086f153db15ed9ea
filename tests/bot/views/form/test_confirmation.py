"""The question before a script is run: every value as its form shows it, in a view that Slack takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.views.form import confirmation
from bot.views.form.fields import UnreadableForm
from runner.scripts import Script
from runner.scripts.annotations import read
from runner.scripts.script import script
from tests.support.slack.drawn import Json, checked_view

ADDRESS = "To: the e-mail address of whoever runs it"


def make(*lines: str) -> Script:
    found = read("\n".join(f"##~~ {line}" for line in lines))
    assert found.problems == ()
    return script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)


def asked(of: Script, values: dict[str, str]) -> Json:
    return checked_view(confirmation.asking(of, values, remembered={"pending": "p1"}))


def told(of: Script, values: dict[str, str]) -> list[str]:
    """The lines below the question."""
    lists = [each for block in asked(of, values)["blocks"][1:] for each in block["elements"]]
    sections = [each for one in lists for each in one.get("elements", []) if each["type"] == "rich_text_section"]
    return ["".join(part["text"] for part in each["elements"]) for each in sections]


def test_values_are_told_as_the_form_shows_them() -> None:
    of = make(
        "{confirm: true}",
        "size {type: choice, choices: {s: Small, l: l}, multiple: true} - x",
        "fast {type: boolean} - x",
        "kind {suggestions: {a: Alpha}} - x",
        "note {type: multiline, label: Notes} - x",
    )

    assert told(of, {"size": "s\nl", "fast": "false", "kind": "b", "note": "two\nlines"}) == [
        "Size: Small (s), l",
        "Fast: No",
        "Kind: b",
        "Notes: two\\nlines",
    ]


def test_constants_are_told_and_secrets_by_name_as_far_as_they_are_used() -> None:
    of = make(
        "{confirm: Sure about it}",
        "kind - x",
        "mode {constant: fast} - x",
        "to {constant: requester.email} - x",
        "key {secret: API_KEY, env: KEY, when: {kind: a}} - x",
        "hidden {when: {kind: b}} - x",
    )

    assert told(of, {"kind": "a"}) == ["Kind: a", "Mode: fast", ADDRESS, "Key: the server's secret API_KEY"]
    assert told(of, {"kind": "b", "hidden": "h"}) == ["Kind: b", "Mode: fast", ADDRESS, "Hidden: h"]


@pytest.mark.parametrize(
    ("lines", "question"),
    [
        (["p - x"], "A. Run it with these values?"),
        (["{title: T, confirm: Sure about it}", "p - x"], "T. Sure about it"),
    ],
)
def test_question_is_the_scripts_own_or_the_usual_one(lines: list[str], question: str) -> None:
    (first, *_) = asked(make(*lines), {"p": "1"})["blocks"]

    assert first["elements"][0]["elements"][0]["text"] == question


def test_script_without_values_is_asked_about_too() -> None:
    assert "It asks for no values." in json.dumps(asked(make("{confirm: true}"), {}))


@pytest.mark.parametrize(
    ("label", "text", "shown"),
    [
        ("l", "short", 5),
        ("l", "x" * 3000, 1000),
        ("👩" * 150, "x" * 3000, 1000),
        ("l", "👩" * 3000, 100),
        ("👩" * 150, "👩" * 3000, 30),
    ],
)
def test_values_are_cut_as_far_as_the_view_must_be(label: str, text: str, shown: int) -> None:
    of = make(*(f"p{number} {{label: '{label}'}} - x" for number in range(83)))
    values = {f"p{number}": text for number in range(83)}

    lines = told(of, values)

    assert len(lines) == 83
    assert {len(line.partition(": ")[2]) for line in lines} == {shown}
    assert len(json.dumps(asked(of, values))) <= 250_000


@pytest.mark.parametrize("metadata", [None, "", "x", "[" * 3000])
def test_question_that_is_not_ours_is_unreadable(metadata: Any) -> None:
    with pytest.raises(UnreadableForm, match="/runscript"):
        confirmation.remembered({"private_metadata": metadata})


def test_what_was_remembered_comes_back() -> None:
    assert confirmation.remembered(asked(make("p - x"), {"p": "1"})) == {"pending": "p1"}
    assert confirmation.remembered({"private_metadata": "[1]"}) == {}
