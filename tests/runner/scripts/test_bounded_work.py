"""Long and hostile texts of authors and people meet bounded work only."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from runner.errors import InvalidValue, UnknownScript
from runner.files.progress import is_report
from runner.scripts import Catalogue
from runner.scripts.annotations import read
from runner.scripts.annotations.argc import KINDS
from runner.scripts.parameters import TYPES, Choice
from runner.settings import parse_duration, parse_size
from runner.system.text import nearest, quoted, readable, visible

pytestmark = pytest.mark.timeout(60)

LONG = 100_000
ARGC = 'eval "$(argc --argc-eval "$0" "$@")"\n'
PYTHON = "#!/usr/bin/env python3\nimport argparse\nparser = argparse.ArgumentParser()\n"
CLICK = "#!/usr/bin/env python3\nimport click\n"
TYPER = "#!/usr/bin/env python3\nimport typer\n"
ADD = "parser.add_argument('x', choices=x, default=x, help='%(default)s %(choices)s')\n"
TEXTS = {
    "letters": "a" * LONG,
    "white space": " " * LONG,
    "digits": "1" * LONG,
    "points": "a." * (LONG // 2),
    "addresses": "a@" + "a." * (LONG // 2),
    "colons": "http://" + ":" * LONG,
    "quotes": '"' * LONG,
    "backslashes": "\\" * LONG,
    "brackets": "[" * LONG,
    "angles": "<a" * (LONG // 2),
    "durations": "1m" * (LONG // 2) + "!",
    "signs": "-" * LONG,
    "controls": "\u202e" * LONG,
}
ALIKE = ", ".join(f"{'ba' * 60}{number}" for number in range(800))
NAMES = ", ".join(f"b{number}" for number in range(90))
FILES: dict[str, str] = {
    "names that are not there": "".join(f"##~~ a{number} {{needs: [{NAMES}]}} - x\n" for number in range(150)),
    "a chain": "".join(f"##~~ a{number + 1} {{needs: a{number}, required: false}} - x\n" for number in range(4_000)),
    "a chain of argc's": ARGC + "".join(f"# @arg a{number}\n" for number in range(8_000)),
    "unknown options": "".join(f"##~~ a{number} {{titel: 1}} - x\n" for number in range(4_000)),
    "choices, one twice": f"##~~ a {{type: choice, choices: [{', '.join(map(str, range(18_000)))}, 17999]}} - x\n",
    "like choices": f"##~~ a {{default: {'ab' * 70}, type: choice, choices: [{ALIKE}]}} - x",
    "examples": f"##~~ {{examples: {{E: {{{', '.join(f'b{n}: 1' for n in range(6_000))}}}}}}}\n"
    + "".join(f"##~~ a{number} - x\n" for number in range(1_500)),
    "continued lines": "##~~ a {\n" + "##~~   x\n" * 10_000,
    "arguments of argparse": PYTHON + "".join(f"parser.add_argument('--a{n}')\n" for n in range(8_000)),
    "options of Click": CLICK + "@click.command()\n" + "@click.option('--x')\n" * 1_900 + "def a(x): pass\na()\n",
    "a command of Click by many words": CLICK
    + "@click.command()\n"
    + "".join(f"@click.option('--x{n}')\n" for n in range(1_000))
    + "def a(x): pass\n@click.group()\n@click.argument(x)\ndef cli(): pass\n"
    + "".join(f"cli.add_command(a, 'a{n}')\n" for n in range(900))
    + "cli()\n",
    "a group of Click within itself": CLICK
    + "@click.group()\n@click.argument(x)\ndef cli(): pass\n"
    + "".join(f"cli.add_command(cli, 'a{n}')\n" for n in range(900))
    + "cli()\n",
    "parameters of Typer": TYPER
    + "def a(y=typer.Argument(..., *x), "
    + ", ".join(f"x{n}: list[int] = [{n}]" for n in range(1_900))
    + "): pass\ntyper.run(a)\n",
    "programs of Typer within themselves": TYPER
    + "app = typer.Typer()\n@app.callback()\ndef a(y=typer.Argument(..., *x)): pass\n"
    + "app.add_typer(app, name='a')\napp.add_typer(app)\n" * 40
    + "app()\n",
    "an annotation within annotations": TYPER
    + f"A = B\nB = A\ndef a(x: {'list[' * 80}int{']' * 80}, z: A, y=typer.Argument(..., *x)): pass\ntyper.run(a)\n",
    "arguments of one name": PYTHON + "parser.add_argument('a')\n" * 1_900,
    "arguments that exclude each other": f"{PYTHON}group = parser.add_mutually_exclusive_group()\n"
    + "".join(f"group.add_argument('a{n}')\n" for n in range(1_900))
    + "parser.add_argument(x)\n",
    "arguments in loops": PYTHON + "for a in range(200):\n for b in range(200):\n  parser.add_argument(f'--{a}{b}')\n",
    "calls that call twice": PYTHON
    + "def f0(): pass\n"
    + "".join(f"def f{n + 1}():\n  f{n}(); f{n}(); f{n}()\n" for n in range(15))
    + "f15()\n",
    "lists in lists": PYTHON + "x = [1]\n" + "x = [x, x]\n" * 10_000 + ADD + "parser.add_argument(x)\n",
    "mappings in mappings": PYTHON + "x = {'a': 1}\n" + "x = {'a': x, 'b': x}\n" * 10_000 + ADD,
    "a list in itself": PYTHON + "x = []\nx.append(x)\n" + ADD + "parser.add_argument(str(x))\n",
    "parents of parents": PYTHON + ADD + "parser = argparse.ArgumentParser(parents=[parser, parser])\n" * 40,
    "classes of classes": PYTHON
    + "class A0: pass\n"
    + "".join(f"class A{n + 1}(A{n}, A{n}): pass\n" for n in range(60))
    + "parser.add_argument('x', action=A60)\n",
    "subparsers": f"{PYTHON}words = parser.add_subparsers()\n"
    + "".join(f"words.add_parser('a{n}').add_argument('x')\n" for n in range(4_000)),
    "an expression": f"{PYTHON}x = {'+'.join(['1'] * 80_000)}\n",
    "attributes": f"{PYTHON}x = a{'.b' * 80_000}\n",
    "conditions": PYTHON + "if a: pass\n" + "elif b: pass\n" * 15_000,
}


MISTAKES: dict[str, Callable[[int], str]] = {
    "options of a script": lambda count: "##~~ {\n" + "".join(f"##~~   b{n}: 1,\n" for n in range(count)) + "##~~   }",
    "options of a script in one line": lambda count: f"##~~ {{{', '.join(f'b{n}: 1' for n in range(count))}}}",
    "options of a parameter": lambda count: f"##~~ a {{{', '.join(f'b{n}: 1' for n in range(count))}}} - x",
    "parameters": lambda count: "".join(f"##~~ a{n} {{type: x, titel: y}} - z\n" for n in range(count)),
    "lines": lambda count: "##~~ x\n" * count,
    "options of sbatch": lambda count: "#SBATCH --time=x\n" * count,
    "tags of argc": lambda count: ARGC + "# @arg [\n" * count,
    "same names of argc": lambda count: ARGC + "# @arg a\n" * count,
    "flags of all and of a subcommand of argc": lambda count: (
        ARGC
        + "".join(f"# @flag --a{n}\n" for n in range(count // 2))
        + "# @cmd\n"
        + "".join(f"# @flag --b{n}\n" for n in range(count // 2))
        + "a() { :; }\n"
    ),
    "subcommands of argc": lambda count: ARGC + "# @cmd\na() { :; }\n" * count,
}


def _busy(text: str) -> float:
    """Seconds that this thread works to read it, the least of three: others that use the machine do not count."""

    def once() -> float:
        began = time.thread_time()
        assert read(text).problems
        return time.thread_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "choice"])
def test_value_of_any_length_is_answered(kind: str, text: str) -> None:
    parameter = TYPES[kind].model_validate({"name": "p", "description": "d"})

    for part in (text, text[:3_000]):
        with suppress(InvalidValue):
            assert len(parameter.parse(part)) <= 3_000


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(
    "form",
    [
        "##~~ {text}\n",
        "##~~ a {text}\n",
        "##~~ a {{{text}\n",
        "##~~ a {{x: {text}\n",
        "##~~ a {{pattern: '{text}'}} - x\n",
        "{text}##~~ a - x\n",
        "#SBATCH {text}\n",
        "#SBATCH --time={text}\n",
        "#SBATCH --comment={text}\n",
        *(f"{ARGC.replace('{', '{{').replace('}', '}}')}# @{kind} --x{{text}}\n" for kind in KINDS),
        *(f"{ARGC}# @{kind} x{sign}{{text}}\n" for kind in KINDS for sign in ("[", "=", " ")),
    ],
)
def test_annotation_of_any_length_is_read(form: str, text: str) -> None:
    assert read(form.format(text=text)).problems is not None


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_file_full_of_mistakes_is_read(text: str) -> None:
    assert read(text).problems


def test_mistakes_of_a_kind_that_are_not_counted_are_said_to_be_there() -> None:
    problems = read("".join(f"##~~ a{number} {{needs: [{NAMES}]}} - x\n" for number in range(2))).problems

    assert (len(problems), problems[-1].message) == (101, "has many more mistakes: mend those above first")


def test_mistakes_that_are_not_told_are_counted(tmp_path: Path) -> None:
    script = tmp_path / "wrong.sh"
    script.write_text("#!/bin/sh\n" + "".join(f"##~~ a{number} {{type: x}} - y\n" for number in range(1_334)))
    script.chmod(0o755)

    (broken,) = Catalogue(tmp_path).broken()

    assert [problem.line for problem in broken.problems] == [*range(2, 102), None]
    assert broken.problems[-1].message == "has 1,234 more mistakes: mend those above first"
    with pytest.raises(UnknownScript, match=r"line 2: .* \(and 1,333 more\)"):
        Catalogue(tmp_path).script("wrong.sh")


@pytest.mark.parametrize("kind", MISTAKES)
def test_time_for_a_file_of_nothing_but_mistakes_grows_with_its_length_alone(kind: str) -> None:
    short, long = (MISTAKES[kind](number) for number in (1_500, 6_000))

    seconds, four_times = _busy(short), _busy(long)

    assert four_times < 9 * seconds, "four times as long; sixteen times the work would be quadratic"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_search_and_name_of_any_length_are_answered(tmp_path: Path, text: str) -> None:
    for number in range(50):
        (tmp_path / f"{'ab' * 30}{number}.sh").write_text("#!/bin/sh\n##~~ {title: A a 1 : points}\n")
        (tmp_path / f"{'ab' * 30}{number}.sh").chmod(0o755)
    catalogue = Catalogue(tmp_path)

    assert len(catalogue.search(text)) <= 50
    assert len(catalogue.search(text.replace("a", "a "))) <= 50
    with pytest.raises(UnknownScript):
        catalogue.script(text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("work", [visible, quoted, readable, lambda text: is_report(text.encode())])
def test_text_of_any_length_is_shown(work: Callable[[str], object], text: str) -> None:
    assert work(text) is not None


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("reader", [parse_duration, parse_size])
def test_amount_of_any_length_is_refused(reader: Callable[[object], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|at most"):
        reader(text)


def test_nearest_of_ten_thousand_texts_is_found() -> None:
    assert nearest("word_coumt", [*(f"{'ab' * 60}{number}" for number in range(10_000)), "word_count"]) == [
        "word_count"
    ]


def test_choice_of_ten_thousand_alike_is_refused_with_one_of_them() -> None:
    choices = [f"{'ab' * 70}{number:05}" for number in range(10_000)]
    parameter = Choice.model_validate({"name": "p", "description": "d", "choices": choices})

    with pytest.raises(InvalidValue, match="did you mean"):
        parameter.parse("ba" * 74)
