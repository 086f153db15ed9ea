"""What a program of Python tells Click becomes its form; what its form cannot have is named with its line."""

import pytest

from runner.scripts import annotations
from runner.scripts.annotations import Annotations

_BEGINNING = "#!/usr/bin/env python3\nimport sys\nimport click\nfrom elsewhere import more, build\n"


def _read(decorators: str, *, before: str = "", ours: str = "") -> Annotations:
    text = f'{_BEGINNING}{ours}{before}@click.command()\n{decorators}\ndef main(**values):\n    """Text."""\n\nmain()\n'
    return annotations.read(text)


def _unused(found: Annotations) -> list[tuple[int, str]]:
    return [(each.line, f"{each.found} {each.reason}") for each in found.unused]


@pytest.mark.parametrize(
    ("decorators", "words"),
    [
        ("@click.option(build())", "its names or options are computed"),
        ("@click.option('--x', nargs=build())", "takes a number of values that is known only while the script runs"),
        ("@click.option('--x', hidden=True)", "hidden from people by its author"),
        ("@click.option('/x')", "has no flag of the form"),
        ("@click.option('--x', default=build())", "is known only while the script runs: left empty"),
        ("@click.option('--x', type=click.Choice(build()))", "the form does not offer them"),
        ("@click.option('--x', type=build)", "a line of text is asked for"),
        ("@more", "may add options or commands"),
        ("@more(1)", "may add options or commands"),
    ],
)
def test_what_is_known_only_while_it_runs_is_named_with_its_line(decorators: str, words: str) -> None:
    found = _read(decorators)

    assert found.problems == ()
    assert [line for line, told in _unused(found) if words in told] in ([6], [7])


def test_what_nothing_runs_without_is_a_mistake() -> None:
    found = _read("@click.argument(build())")

    assert [(each.line, "computed" in str(each)) for each in found.problems] == [(6, True)]


def test_an_option_under_a_condition_is_left_out() -> None:
    before = "def main(): pass\nif sys.argv:\n    main = click.option('--x')(main)\nmain = click.command()(main)\n"
    found = annotations.read(f"{_BEGINNING}{before}main()\n")

    assert [each.name for each in found.parameters] == []
    assert "only under a condition in line 6" in _unused(found)[0][1]


def test_a_command_that_nothing_calls_is_told() -> None:
    found = annotations.read(f"{_BEGINNING}@click.command()\n@click.option('--x')\ndef main(x): pass\n")

    assert found.parameters == ()
    assert "is called by nothing in this file" in _unused(found)[0][1]


def test_a_group_whose_commands_are_elsewhere_is_a_mistake() -> None:
    found = annotations.read(f"{_BEGINNING}@click.group()\ndef cli(): pass\ncli.add_command(more)\ncli()\n")

    assert "commands that are known only while the script runs" in str(found.problems[0])


@pytest.mark.parametrize(("given", "is_told"), [("Own", True), ("more", True), ("click.Command", False)])
def test_what_a_class_may_add_is_named(given: str, is_told: bool) -> None:
    before = "class Own(click.Command): pass\n"
    found = annotations.read(
        f"{_BEGINNING}{before}@click.command(cls={given})\n@click.option('--x')\ndef main(x): pass\nmain()\n"
    )

    assert [each.name for each in found.parameters] == ["x"]
    told = [(line, words) for line, words in _unused(found) if "what a class adds" in words]
    assert [line for line, _ in told] == ([8] if is_told else [])


def test_commands_of_a_collection_are_those_of_its_groups() -> None:
    text = (
        f"{_BEGINNING}@click.group()\n@click.option('--debug')\ndef one(debug): pass\n"
        "@one.command()\n@click.option('--n', type=int)\ndef a(n): pass\n"
        "@click.group()\ndef two(): pass\n@two.command()\ndef b(): pass\n"
        "cli = click.CommandCollection(sources=[one, two, more])\ncli()\n"
    )
    found = annotations.read(text)

    listed = {each.command: [parameter.name for parameter in each.parameters] for each in found.commands}
    assert listed == {("a",): ["subcommand", "n"], ("b",): ["subcommand"]}
    assert any("CommandCollection may add options or commands" in words for _, words in _unused(found.commands[0]))


def test_hidden_and_uncertain_commands_are_left_out() -> None:
    text = (
        f"{_BEGINNING}@click.group()\ndef cli(): pass\n@cli.command(hidden=True)\ndef a(): pass\n"
        "@cli.command(build())\ndef b(): pass\nif sys.argv:\n    @cli.command()\n    def c(): pass\n"
        "@cli.command()\ndef d_cmd(): pass\ncli()\n"
    )
    found = annotations.read(text)

    assert [each.command for each in found.commands or (found,)] == [("d",)]


def test_lines_of_our_own_are_laid_over_it() -> None:
    found = _read(
        "@click.option('--reads')\n@click.option('--token', envvar='TOKEN', prompt=True, hide_input=True)",
        ours="##~~ reads {type: input} - the reads\n##~~ token {secret: API_TOKEN, env: TOKEN}\n",
    )

    assert {each.name: (each.type, each.flag, each.env) for each in found.parameters} == {
        "reads": ("input", "--reads", None),
        "token": ("text", None, "TOKEN"),
    }


def test_many_steps_come_to_an_end() -> None:
    found = annotations.read(
        f"{_BEGINNING}def again(f):\n"
        "    for a in range(200):\n        for b in range(200):\n            for c in range(200):\n"
        "                f = click.option(f'--x{a}-{b}-{c}')(f)\n    return f\n"
        "@click.command()\n@again\ndef main(): pass\nmain()\n"
    )

    assert "more steps than are followed" in str(found.problems[0])


def test_nothing_of_it_is_run(capfd: pytest.CaptureFixture[str]) -> None:
    found = _read("@click.option('--x', default=print('ran'))", before="print('ran')\nraise SystemExit\n")

    assert [each.name for each in found.parameters] == ["x"]
    assert "ran" not in capfd.readouterr().out
