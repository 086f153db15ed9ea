"""What a file states is sorted by the scripts that it holds."""

from collections.abc import Sequence

from runner.scripts.annotations.commands import MAX_COMMANDS, MAX_WORDS, ScriptStated, commands
from runner.scripts.annotations.statements import CommandStated, Mistake, ParameterStated


def stated(name: str) -> ParameterStated:
    return ParameterStated(line=1, name=name, description="")


def command(*words: str) -> CommandStated:
    return CommandStated(line=1, words=words, description=f"About {words[-1]}.")


def told(found: ScriptStated) -> list[str]:
    """The names of the parameters, of fixed words what they are."""
    return [
        str(each.entries["constant"].value) if each.entries else each.name
        for each in found.statements
        if isinstance(each, ParameterStated)
    ]


def mistakes(found: Sequence[ScriptStated]) -> list[str]:
    return [each.message for script in found for each in script.statements if isinstance(each, Mistake)]


def test_file_without_subcommands_is_one_script() -> None:
    assert [told(each) for each in commands([stated("a"), stated("b")])] == [["a", "b"]]


def test_word_stands_behind_the_parameters_of_all_and_before_its_own() -> None:
    of_all, build, test = commands([stated("a"), command("build"), stated("b"), command("test"), stated("c")])

    assert told(of_all) == ["a"]
    assert (build.words, build.description, told(build)) == (("build",), "About build.", ["a", "build", "b"])
    assert (test.words, test.description, told(test)) == (("test",), "About test.", ["a", "test", "c"])


def test_what_is_stated_of_an_outer_subcommand_belongs_to_those_in_it() -> None:
    _, add, rename = commands(
        [
            stated("a"),
            command("remote"),
            stated("b"),
            command("remote", "add"),
            stated("c"),
            command("remote", "rename"),
        ]
    )

    assert (add.words, told(add)) == (("remote", "add"), ["a", "remote", "b", "add", "c"])
    assert (rename.words, told(rename)) == (("remote", "rename"), ["a", "remote", "b", "rename"])


def test_fixed_words_take_names_that_no_parameter_has() -> None:
    _, found = commands([stated("subcommand"), command("remote", "add"), stated("subcommand_2")])

    names = [each.name for each in found.statements if isinstance(each, ParameterStated)]
    assert names == ["subcommand", "subcommand_3", "subcommand_4", "subcommand_2"]


def test_more_subcommands_than_can_be_read_are_a_mistake_of_the_file() -> None:
    found = commands([command(f"c{number}") for number in range(MAX_COMMANDS + 1)])

    assert len(found) == 1
    assert mistakes(found)[0].startswith("is the first of 101 subcommands, and 100 are the most")


def test_many_subcommands_with_many_parameters_of_all_are_a_mistake_of_the_file() -> None:
    found = commands([*(stated(f"p{number}") for number in range(5_000)), *(command(f"c{n}") for n in range(50))])

    assert len(found) == 1
    assert len(mistakes(found)) == 1


def test_subcommand_of_endlessly_many_words_is_a_mistake() -> None:
    found = commands([command(*["a"] * 100_000), stated("lost")])

    assert mistakes(found) == [f"is a subcommand of 100,000 words, and {MAX_WORDS} are the most"]
