"""An explanation shows how a file was understood: what was read from which line, and what a script is started with."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.scripts import ScriptOptions
from runner.scripts.annotations import AnnotationSettings
from runner.scripts.authoring.example_values import values
from runner.scripts.authoring.explain import report
from runner.scripts.parameters import TYPES
from runner.scripts.script import script

Explained = Callable[..., list[str]]


@pytest.fixture
def explained(tmp_path: Path) -> Explained:
    """The lines about a file with this text, without what leads them in."""

    def explain(text: str, *, name: str = "text/align.sh", mode: int = 0o755, is_good: bool | None = True) -> list[str]:
        path = tmp_path / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\n{text}")
        path.chmod(mode)
        ((lines, is_really_good),) = report([path], AnnotationSettings(), scripts=tmp_path / "scripts")
        assert is_good in (None, is_really_good), lines
        assert lines[0] == str(path)
        return [line.strip().replace(str(path), "SCRIPT") for line in lines[1:]]

    return explain


def after(lines: list[str], heading: str) -> list[str]:
    """The lines below one, up to an empty one."""
    begin = lines.index(heading) + 1
    return lines[begin : lines.index("", begin) if "" in lines[begin:] else None]


def test_the_script_s_own_options_have_the_line_and_dialect_they_come_from(explained: Explained) -> None:
    lines = explained(
        "#SBATCH -t 90 --job-name=bwa --mem=4G\n"
        "# @describe Aligns\n"
        "##~~ {cpus: 2, confirm: true, hidden: true, owner: Ada}\n"
        "# @flag --fast\n"
        'eval "$(argc --argc-eval "$0" "$@")"\n'
    )

    assert lines[: lines.index("")] == [
        "title: bwa (line 2, sbatch: --job-name=bwa)",
        "description: Aligns (line 3, argc: @describe Aligns)",
        "group: text (the folder)",
        "hidden: true (line 4)",
        "confirm: Run it with these values? (line 4)",
        "owner: Ada (line 4)",
        "timeout: 1 h 30 min (line 2, sbatch: -t 90)",
        "cpus: 2 (line 4)",
        "memory: 4.3 GB (line 2, sbatch: --mem=4G)",
    ]


def test_title_and_group_are_told_where_the_file_states_none(explained: Explained) -> None:
    assert explained("", name="align_reads.sh")[:2] == ["title: Align reads (made of the file's name)", "group: none"]


def test_a_parameter_has_type_need_source_label_limits_and_default(explained: Explained) -> None:
    lines = explained(
        "##~~ top {type: integer, label: How many, min: 1, max: 500, default: 20,\n"
        "##~~   required: false} - the list ends there\n"
        "##~~ mode {type: choice, choices: {f: Fast, slow: slow}, when: {top: ['1', '2']}}  - how\n"
        "##~~ reads {type: input, accept: [.fa, .fq], max_size: 2G, needs: [mode]} - what\n"
        "##~~ where {type: choice, choices_from: {command: [ls, -1]}, depends: [mode]} - place\n"
    )

    assert after(lines, "top: integer, optional (line 2)")[:4] == [
        "How many: the list ends there",
        "default: 20",
        "min: 1",
        "max: 500",
    ]
    assert after(lines, "mode: choice, required (line 4)")[:3] == [
        "Mode: how",
        "when: top = 1, 2",
        "choices: f = Fast, slow",
    ]
    assert after(lines, "reads: input, required (line 5)")[:4] == [
        "Reads: what",
        "needs: mode",
        "accept: .fa, .fq",
        "max_size: 2.0 GB",
    ]
    assert after(lines, "where: choice, required (line 6)")[1:3] == ["choices_from: command = ls, -1", "depends: mode"]


WAYS = [
    ("{}", "the 3rd argument"),
    ("{required: false}", "the 3rd argument; an empty one when left empty"),
    ("{required: false, omit: true}", "the 3rd argument; nothing when left empty"),
    ("{when: {first: x}}", "the 3rd argument; an empty one when left empty"),
    ("{multiple: true}", "the 3rd argument and those behind it, one for each value"),
    ("{multiple: true, separator: ','}", "the 3rd argument"),
    ("{type: boolean}", "the 3rd argument"),
    ("{type: boolean, flag: --fast}", "--fast when ticked, otherwise nothing"),
    ("{flag: --name}", "--name=VALUE"),
    ("{flag: --name, required: false}", "--name=VALUE; nothing when left empty"),
    ("{flag: -n}", "-nVALUE"),
    ("{flag: -n, flag_style: separate}", "two arguments, -n and the value"),
    ("{flag: -n, flag_style: equals}", "-n=VALUE"),
    ("{flag: --n, flag_style: once}", "two arguments, --n and the value"),
    ("{flag: --n, flag_style: once, multiple: true}", "--n, then one argument for each value"),
    ("{type: integer, min: 0, max: 3, flag: -n, flag_style: repeated}", "-n, as often as the number says"),
    ("{after_dashes: true}", "the 1st argument behind --, last of all"),
    ("{flag: --name, multiple: true}", "--name=VALUE, once for each value"),
    ("{env: NAME}", "the variable NAME"),
    ("{env: NAME, multiple: true}", "the variable NAME, one value a line"),
    ("{env: TOKEN, secret: API_TOKEN}", "the variable TOKEN: the secret API_TOKEN of the server"),
    ("{stdin: true}", "standard input"),
]


@pytest.mark.parametrize(("options", "way"), WAYS)
def test_the_way_of_a_value_to_the_script_is_told(explained: Explained, options: str, way: str) -> None:
    lines = explained(f"##~~ first - x\n##~~ second - x\n##~~ third {options} - x\n")

    assert [line for line in lines if line.startswith("reaches")][2] == f"reaches the script as {way}"


@pytest.mark.parametrize("before", ["{flag: --first}", "{required: false, omit: true}", "{multiple: true}"])
def test_an_argument_behind_others_of_no_fixed_number_is_told_by_them(explained: Explained, before: str) -> None:
    lines = explained(f"##~~ first {before} - x\n##~~ hidden {{env: X}} - x\n##~~ second - x\n")

    assert lines.count("reaches the script as the argument behind that of “first”") == 1


def test_the_example_is_a_command_line_with_variables_and_standard_input(explained: Explained) -> None:
    lines = explained(
        "##~~ reads {type: input, accept: [.fa]} - x\n"
        "##~~ result {type: output, default: out.txt} - x\n"
        "##~~ note {default: it's $HOME} - x\n"
        "##~~ fast {type: boolean, flag: --fast} - x\n"
        "##~~ mode {type: choice, choices: [slow, quick], flag: --mode} - x\n"
        "##~~ threads {type: integer, min: 4, env: THREADS} - x\n"
        "##~~ list {type: input, stdin: true} - x\n"
        "##~~ pin {pattern: '[0-9]{4}', flag: --pin} - x\n"
        "##~~ only {when: {fast: 'false'}, flag: --only} - x\n"
    )

    assert after(lines, "It is started like this:") == [
        "SCRIPT INBOX/file.fa OUTBOX/out.txt 'it'\"'\"'s $HOME' --fast --mode=slow '--pin=<pin>'",
        "with THREADS=4 in its environment",
        "with the file INBOX/file on its standard input",
    ]


def test_the_author_s_own_example_is_preferred(explained: Explained) -> None:
    lines = explained("##~~ {examples: {Small: {pin: '1234'}}}\n##~~ pin {pattern: '[0-9]{4}', default: '0000'} - x\n")

    assert after(lines, "It is started like this:") == ["SCRIPT 1234"]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_has_a_sample_that_it_takes(kind: str) -> None:
    more = {"choices": ["a", "b"]} if kind == "choice" else {}
    parameter = TYPES[kind].model_validate({"name": "x", "description": "", **more})
    of = script(name="x", path=Path("x"), options=ScriptOptions(), parameters=(parameter,))

    assert parameter.parse(values(of)["x"])


def test_what_has_no_effect_and_what_is_wrong_is_listed_with_its_line(explained: Explained) -> None:
    lines = explained(
        "#SBATCH --partition=long\n#SBATCH --time=soon\n##~~ a {type: intger} - x\n", mode=0o644, is_good=False
    )

    assert after(lines, "Without effect:") == ["line 2: “--partition=long”: has no meaning on one machine"]
    wrong = after(lines, "Wrong:")
    assert wrong[0] == "is not executable: chmod +x"
    assert wrong[1].startswith("line 3: found “--time=soon”: must be minutes")
    assert wrong[2].startswith("line 4: found “intger”: is no type of parameter")


def test_variables_that_lines_of_slurm_ask_for_are_listed(explained: Explained) -> None:
    lines = explained("#SBATCH --cpus-per-task=4 -J reads\n")

    told = after(lines, "It finds in its environment:")
    assert {"SLURM_JOB_NAME=reads", "SLURM_CPUS_PER_TASK=4", "SLURM_NNODES=1"} <= set(told)


@pytest.mark.parametrize(
    "text",
    [
        "##~~ a {when: {nowhere: x}} - x\n",
        "##~~ a {when: {b: x}} - x\n##~~ b {when: {a: x}} - x\n",
        "##~~ a {type: choice, choices_from: {command: [ls]}, depends: [a]} - x\n",
        "##~~ a - x\n##~~ a - y\n",
        "##~~ {examples: {One: {b: x}}}\n##~~ a - x\n",
    ],
)
def test_a_script_with_problems_is_explained_as_far_as_it_goes(explained: Explained, text: str) -> None:
    lines = explained(text, is_good=False)

    assert any(line.startswith("a: ") for line in lines)
    assert "Wrong:" in lines
    assert "It is started like this:" not in lines


def test_no_value_reaches_the_terminal_unescaped(explained: Explained) -> None:
    lines = explained(
        "#SBATCH --partition=\x1b[2J\u202e\n##~~ \x1b[31m - x\n##~~ a {label: \x1b[31m} - \x07\n", is_good=False
    )

    assert all(line.isprintable() for line in lines)


def test_no_content_makes_reading_or_explaining_fail(explained: Explained, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # not a secret
    pieces = [
        "#SBATCH ",
        "# @option ",
        "# @arg ",
        "# @flag ",
        "# @env ",
        "# @meta symbol @x",
        "# @describe ",
        "##~~ a ",
    ]
    pieces += [
        "--x",
        "-c",
        "-t",
        "=",
        "10",
        "\n",
        "\n",
        " ",
        "[",
        "]",
        "|",
        "`f`",
        "<",
        ">",
        "<FILE>",
        "!",
        "*",
        ",",
        "~",
    ]
    pieces += [
        "'",
        '"',
        "\\",
        "$$",
        "#",
        "{type: ",
        "input",
        "date",
        "}",
        " - x",
        ":",
        "--mem",
        "4G",
        "\x00",
        "\u202e",
        "é",
    ]

    for _ in range(500):
        text = "".join(dice.choices(pieces, k=dice.randint(1, 40)))
        lines = explained(f"{text}\nargc --argc-eval\n", is_good=None)
        assert all(line.isprintable() for line in lines)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    ((lines, is_good),) = report([tmp_path / "absent"], AnnotationSettings())

    assert (lines, is_good) == ([f"{tmp_path}/absent", "", "  Wrong:", "    No such file or directory"], False)


def test_a_folder_stands_for_the_scripts_below_it(tmp_path: Path) -> None:
    for name, mode in (("b/two.sh", 0o755), ("a.sh", 0o755), ("notes.txt", 0o644)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(mode)

    found = [(lines[0], lines[2]) for lines, _ in report([tmp_path], AnnotationSettings())]

    assert found == [(f"{tmp_path}/a.sh", "  group: none"), (f"{tmp_path}/b/two.sh", "  group: b (the folder)")]


def test_all_sample_scripts_of_the_repository_are_explained() -> None:
    folder = Path(__file__).parents[4] / "scripts"

    assert all(
        is_good and "  It is started like this:" in lines for lines, is_good in report([folder], AnnotationSettings())
    )
