"""Each subcommand of a script that calls argc is a script, and argc is given its word and just what was entered."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.scripts import Script, invocation
from runner.scripts.annotations import Annotations, read
from runner.scripts.script import script

CALL = 'eval "$(argc --argc-eval "$0" "$@")"\n'


def found(text: str) -> Annotations:
    return read(f"#!/usr/bin/env bash\n{text}{CALL}")


def scripts(text: str) -> dict[str, Script]:
    of_all = found(text)
    assert of_all.problems == ()
    assert [problem for each in of_all.commands for problem in each.problems] == []
    return {
        " ".join(each.command): script(
            name="tools.sh",
            path=Path("/tools.sh"),
            options=each.options,
            parameters=each.parameters,
            command=each.command,
        )
        for each in of_all.commands
    }


def problems(text: str) -> list[tuple[int | None, str]]:
    return [(each.line, each.message) for each in found(text).problems]


def arguments(of: Script, values: Mapping[str, str]) -> list[str]:
    return invocation(of, of.parse(values), files=lambda _, value: f"/files/{value}", secrets={}).arguments


PROJECT = """
# @describe Looks after the project
# @option --jobs=2 <INT>   how many at once
# @env STAGE[=dev|prod]

# @cmd Build everything
# @alias b
# @flag -f --force   even what is there
# @arg target!
build() {
  :
}

# @cmd
test() { :; }

_helper() { :; }
"""


def test_each_subcommand_is_a_script_with_its_description_or_that_of_all() -> None:
    of = scripts(PROJECT)

    assert [(each.name, each.description) for each in of.values()] == [
        ("tools.sh build", "Build everything"),
        ("tools.sh test", "Looks after the project"),
    ]


def test_options_of_all_stand_before_the_word_and_its_own_behind_it() -> None:
    of = scripts(PROJECT)

    given = {"jobs": "4", "STAGE": "prod", "force": "true", "target": "all"}
    assert arguments(of["build"], given) == ["--jobs=4", "build", "--force", "all"]
    assert arguments(of["test"], {}) == ["test"]


def test_variables_of_all_are_those_of_each() -> None:
    of = scripts("# @env A\n# @env B=1\n# @cmd\n# @env B=2\na() { :; }\n# @cmd\nb() { :; }\n")

    assert {name: {each.env: each.default for each in one.asked} for name, one in of.items()} == {
        "a": {"A": None, "B": "2"},
        "b": {"A": None, "B": "1"},
    }


INHERITED = """
# @meta inherit-flag-options
# @option --level=1
# @flag -v --verbose
# @arg never
# @cmd
# @option --level=2
a() { :; }
# @cmd
b() { :; }
"""


def test_inherited_options_are_given_behind_the_word_and_yield_to_its_own() -> None:
    of = scripts(INHERITED)

    assert {name: [(each.name, each.default) for each in one.asked] for name, one in of.items()} == {
        "a": [("verbose", None), ("level", "2")],
        "b": [("level", "1"), ("verbose", None)],
    }
    assert arguments(of["b"], {"level": "3", "verbose": "true"}) == ["b", "--level=3", "--verbose"]


def test_option_that_a_subcommand_has_itself_is_not_given_for_all() -> None:
    text = "# @flag --verbose\n# @cmd\n# @flag --verbose\na() { :; }\n"

    assert arguments(scripts(text)["a"], {"verbose": "true"}) == ["a", "--verbose"]
    assert problems(text.replace("# @flag --verbose\n", "# @option --verbose!\n", 1))[0][0] == 2


def test_parameters_of_all_and_of_one_have_names_of_their_own() -> None:
    of = scripts("# @option --url\n# @cmd\n# @arg url\na() { :; }\n")

    assert arguments(of["a"], {"url": "x", "url_arg": "y"}) == ["--url=x", "a", "y"]


NESTED = """
# @cmd
# @flag --dry-run
remote() { :; }
# @cmd Adds one
# @arg name!
remote::add() { :; }
# @cmd
remote::set-url_() { :; }
# @cmd
function log { :; }
"""


def test_nested_subcommands_are_given_all_their_words() -> None:
    of = scripts(NESTED)

    assert list(of) == ["remote add", "remote set-url", "log"]
    assert arguments(of["remote add"], {"dry-run": "true", "name": "x"}) == ["remote", "--dry-run", "add", "x"]
    assert arguments(of["remote set-url"], {}) == ["remote", "set-url"]


def test_what_belongs_to_the_script_without_a_subcommand_is_listed() -> None:
    of_all = found("# @arg file!\n# @cmd\na() { :; }\nmain() { :; }\n")

    assert [(each.line, each.found) for each in of_all.commands[0].unused] == [(2, "@arg file!"), (5, "main")]


def test_subcommands_that_begin_with_an_underscore_are_hidden() -> None:
    of = scripts("# @cmd\n_fix() { :; }\n# @cmd\nfix() { :; }\n")

    assert {name: one.hidden for name, one in of.items()} == {"_fix": True, "fix": False}


def test_description_below_a_subcommand_counts_instead_of_its_title() -> None:
    of = scripts("# @cmd Short\n# @describe Long\n#   and longer\na() { :; }\n")

    assert of["a"].description == "Long and longer"


def test_subcommand_without_options_takes_numbers_below_zero_and_no_request_for_help() -> None:
    of = scripts("# @flag --x\n# @cmd\n# @arg n\na() { :; }\n")["a"]

    assert arguments(of, {"n": "-5"}) == ["a", "-5"]
    assert of.examined({"n": "help"})[1].keys() == of.examined({"n": "--x"})[1].keys() == {"n"}


def test_lines_of_slurm_and_our_own_belong_to_every_subcommand() -> None:
    of = scripts("##~~ {timeout: 2h}\n#SBATCH --cpus-per-task=4\n# @cmd\na() { :; }\n# @cmd\nb() { :; }\n")

    assert [(str(each.timeout), each.cpus) for each in of.values()] == [("2:00:00", 4), ("2:00:00", 4)]


def test_mistake_that_is_only_here_breaks_one_subcommand_and_no_other() -> None:
    of_all = found("# @cmd\n# @arg mode[-a|-b]\na() { :; }\n# @cmd\nb() { :; }\n")

    assert [bool(each.problems) for each in of_all.commands] == [True, False]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# @cmd Upload\n# @cmd\na() { :; }\n", 2, "has no function below it"),
        ("# @cmd Upload\n", 2, "has no function below it"),
        ("a() { :; }\n# @option --late\n", 3, "stands behind a function, where argc takes nothing but @cmd"),
        ("# @cmd\na() { :; }\n# @cmd\na() { :; }\n", 5, "is the name of a subcommand in line 3 already"),
        ("# @cmd\n# @alias b\na() { :; }\nb() { :; }\n", 5, "is the name of a subcommand in line 3 already"),
        (
            "# @cmd\n# @alias t,x\na() { :; }\n# @cmd\n# @alias t\nb() { :; }\n",
            6,
            "names “t”, which is a subcommand or",
        ),
        ("# @cmd\nremote::add() { :; }\n", 2, "lies in “remote”, which is no subcommand"),
        ("# @cmd\n# @option -f --a\n# @option -f --b\na() { :; }\n", 4, "has “-f”, which is taken in line 3 already"),
        ("# @cmd\n# @option foo\na() { :; }\n", 3, "is no @option that argc can read"),
        (
            "# @arg x\n# @cmd\n# @meta default-subcommand\na() { :; }\n",
            3,
            "does not go with an @arg of what it lies in",
        ),
        (
            "# @cmd\n# @meta default-subcommand\na() { :; }\n# @cmd\n# @meta default-subcommand\nb() { :; }\n",
            5,
            "is a default subcommand, and so is that in line 2",
        ),
    ],
)
def test_what_argc_refuses_breaks_the_whole_script(text: str, line: int, message: str) -> None:
    ((at, words),) = problems(text)

    assert (at, message in words) == (line, True), words


def test_commands_with_endlessly_many_parameters_of_all_are_refused() -> None:
    many = "".join(f"# @env A{number}\n" for number in range(2_000))
    text = many + "".join(f"# @cmd\na{number}() {{ :; }}\n" for number in range(50))

    assert "which are too many" in problems(text)[0][1]
