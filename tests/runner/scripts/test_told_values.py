"""What people are told of a job's values: by labels, what tells one run from another first, and no secret."""

from pathlib import Path

from runner.jobs import ToldValue
from runner.scripts import Script, ScriptOptions, told_values
from runner.scripts.annotations import read
from runner.scripts.script import script


def make(*lines: str) -> Script:
    found = read("\n".join(f"##~~ {line} - x" for line in lines))
    assert found.problems == ()
    return script(name="a", path=Path("/a"), options=ScriptOptions(), parameters=found.parameters)


def test_files_come_first_then_what_differs_and_last_what_is_usual() -> None:
    asking = make(
        "top {type: integer, default: 20, label: How many}",
        "order {type: choice, choices: {f: By frequency, a: By letter}, default: f}",
        "words {type: text}",
        "input_text",
    )
    values = {"top": "20", "order": "a", "words": "w", "input_text": "~/novel.txt"}

    assert told_values(asking, values, usual={"top": "20", "order": "f"}) == (
        ToldValue(label="Input text", text="novel.txt"),
        ToldValue(label="Order", text="By letter (a)"),
        ToldValue(label="Words", text="w"),
        ToldValue(label="How many", text="20", is_usual=True),
    )


def test_secrets_and_constants_are_not_told() -> None:
    asking = make("token {secret: API_TOKEN, env: T}", "mode {constant: fast}", "word {type: text}")

    told = told_values(asking, {"word": "w", "token": "canary", "mode": "canary"}, usual={})

    assert told == (ToldValue(label="Word", text="w"),)


def test_several_values_are_listed_and_long_ones_clipped() -> None:
    asking = make("who {type: text, multiple: true}", "what {type: text, max_length: 3000}", "quiet {type: boolean}")

    several, long, box = told_values(asking, {"who": "a\nb", "what": "x" * 3000, "quiet": "false"}, usual={})

    assert several.text == "a, b"
    assert long.text == "x" * 499 + "…"
    assert box == ToldValue(label="Quiet", text="No", is_usual=True)
