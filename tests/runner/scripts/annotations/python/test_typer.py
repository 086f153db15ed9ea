"""What a function is to Typer becomes its form; what its form cannot have is named with its line."""

import pytest

from runner.scripts import annotations
from runner.scripts.annotations import Annotations

_BEGINNING = "#!/usr/bin/env python3\nimport sys\nimport typer\nfrom elsewhere import more, build\n"


def _read(parameters: str, ours: str = "") -> Annotations:
    return annotations.read(f'{_BEGINNING}{ours}def main({parameters}):\n    """Text."""\n\ntyper.run(main)\n')


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("x: build", "a line of text is asked for"),
        ("x: list[build] = None", "a line of text is asked for"),
        ("x: int | str = 1", "a line of text is asked for"),
        ("x: str = build()", "is known only while the script runs: left empty"),
        ("x: str = typer.Option(default_factory=build)", "is known only while the script runs: left empty"),
        ("x: str = typer.Option('', build())", "its names or options are computed"),
        ("x: str = typer.Option('', hidden=True)", "hidden from people by its author"),
        ("x: str = typer.Option('', parser=build)", "a line of text is asked for"),
    ],
)
def test_what_is_known_only_while_it_runs_is_named_with_its_line(parameters: str, words: str) -> None:
    found = _read(parameters)

    assert found.problems == ()
    assert [each.line for each in found.unused if words in f"{each.found} {each.reason}"] == [5]


def test_an_argument_that_is_computed_is_a_mistake() -> None:
    found = _read("x: str = typer.Argument(..., **build())")

    assert [(each.line, "computed" in str(each)) for each in found.problems] == [(5, True)]


def test_parameters_and_their_options_tell_their_lines() -> None:
    found = _read("a: str,\n         count: int = 3", ours="##~~ count {max: 5}\n")

    assert [(each.name, each.type, each.required) for each in found.parameters] == [
        ("a", "text", True),
        ("count", "integer", False),
    ]
    assert getattr(found.parameters[1], "max", None) == 5


def test_a_program_that_nothing_calls_is_told() -> None:
    found = annotations.read(f"{_BEGINNING}app = typer.Typer()\n@app.command()\ndef main(x: str): pass\n")

    assert found.parameters == ()
    assert [(each.line, each.found) for each in found.unused] == [(5, "typer.Typer")]


def test_commands_of_other_files_are_told_and_uncertain_ones_left_out() -> None:
    text = (
        f"{_BEGINNING}app = typer.Typer()\napp.add_typer(more, name='x')\n@app.command()\ndef a_cmd(): pass\n"
        "if sys.argv:\n    @app.command()\n    def b(): pass\n@app.command(hidden=True)\ndef c(): pass\napp()\n"
    )
    found = annotations.read(text)
    scripts = found.commands or (found,)

    assert [each.command for each in scripts] == [("a-cmd",)]
    assert {each.found for each in scripts[0].unused} >= {"add_typer in line 6", "b", "c"}


def test_nothing_of_it_is_run(capfd: pytest.CaptureFixture[str]) -> None:
    found = _read("x: print('ran') = typer.Option(print('ran'))")

    assert [each.name for each in found.parameters] == ["x"]
    assert "ran" not in capfd.readouterr().out
