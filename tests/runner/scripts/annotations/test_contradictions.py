"""Options that contradict each other are problems with their line, whatever the line says besides."""

import pytest

from runner.scripts.annotations import Problem, read


def problems(*lines: str) -> list[Problem]:
    return list(read("\n".join(f"##~~ {line}" for line in lines)).problems)


@pytest.mark.parametrize(
    ("options", "option", "message"),
    [
        # limits
        ("{type: integer, min: 5, max: 3}", "min: 5", "5 is above max, 3"),
        ("{type: number, min: 1e3, max: 999.5}", "min: 1e3", "1E+3 is above max, 999.5"),
        ("{type: date, min: 2024-02-02, max: 2024-02-01}", "min: 2024-02-02", "2024-02-02 is above max, 2024-02-01"),
        ("{type: time, min: '18:00', max: '08:00'}", "min: 18:00", "18:00 is above max, 08:00"),
        (
            "{type: datetime, min: '2026-01-01T00:00Z', max: '2026-01-01T00:30+01:00'}",
            "min: 2026-01-01T00:00Z",
            "2026-01-01T00:00Z is above max, 2025-12-31T23:30Z",
        ),
        ("{type: datetime, min: '0001-01-01T00:00+01:00'}", "min: 0001-01-01T00:00+01:00", "must be a moment such as"),
        ("{type: datetime, max: '9999-12-31T23:59-01:00'}", "max: 9999-12-31T23:59-01:00", "must be a moment such as"),
        ("{type: datetime, min: '2001-01-01T00:00Z'}", "min: 2001-01-01T00:00Z", "from 2001-09-09 to 2286-11-20"),
        ("{type: integer, step: 0.5}", "step: 0.5", "must be a whole number"),
        ("{type: integer, step: 0, suggestions: [1, 2]}", "step: 0", "must be above 0"),
        ("{type: number, step: 0, suggestions: [1, 2]}", "step: 0", "must be above 0"),
        ("{type: number, step: -1}", "step: -1", "must be above 0"),
        ("{min_length: 5, max_length: 3}", "min_length: 5", "5 is above max_length, 3"),
        ("{min_length: 151, suggestions: [a]}", "min_length: 151", "above the 150 characters that Slack's menus take"),
        # defaults and suggestions out of the limits
        ("{type: integer, max: 3, default: 4}", "default: 4", "must be a whole number of at most 3, not “4”"),
        ("{type: integer, min: 1, step: 2, default: 4}", "default: 4", "must be in steps of 2 from 1, not “4”"),
        ("{type: integer, default: 007}", "default: 007", "is written “7”"),
        ("{type: ip, default: '2001:DB8::1'}", "default: 2001:DB8::1", "is written “2001:db8::1”"),
        ("{type: datetime, default: '2026-03-04T10:00+01:00'}", "default: 2026-03-04T10:00+01:00", "is written “2026-"),
        ("{type: date, default: today-}", "default: today-", "must be a date"),
        ("{type: date, default: now}", "default: now", "must be a date"),
        ("{type: time, default: today}", "default: today", "must be a time of day"),
        ("{type: integer, default: requester.email}", "default: requester.email", "must be a whole number"),
        ("{max_length: 2, default: abc}", "default: abc", "must be at most 2 characters long, not 3"),
        ("{pattern: a+, default: b}", "default: b", "must match the pattern “a+”, not “b”"),
        ("{default: [a, b]}", "default: [a, b]", "several values need multiple: true"),
        ("{type: input, default: [a, b]}", "default: [a, b]", "several values need multiple: true"),
        ("{type: choice, choices: [small, large], default: smal}", "default: smal", "did you mean “small”?"),
        ("{type: choice, choices: [a, b], multiple: true, default: [a, c]}", "default: [a, c]", "not “c”"),
        ("{type: input, accept: .csv, default: a.txt}", "default: a.txt", "must be a file of type .csv"),
        ("{type: output, default: job-7.log}", "default: job-7.log", "is where the job's log goes"),
        ("{multiple: true, separator: ',', default: ['a,b']}", "default: [a,b]", "must not hold the separator “,”"),
        ("{type: integer, max: 3, suggestions: [1, 9]}", "suggestions: [1, 9]", "offers “9”, which must be a whole"),
        (
            "{pattern: '[a-z]', suggestions: {b: Bee, C: Sea}}",
            "suggestions: {b: Bee, C: Sea}",
            "offers “C”, which must",
        ),
        # values and ways that do not go together
        ("{flag: --p, env: P}", "env: P", "does not go with flag: a value reaches the script by one way"),
        ("{env: P, stdin: true}", "stdin: true", "does not go with env"),
        ("{flag_style: separate}", "flag_style: separate", "needs the option flag"),
        ("{flag_style: once}", "flag_style: once", "needs the option flag"),
        (
            "{flag: -n, flag_style: repeated}",
            "flag_style: repeated",
            "needs type integer with min: 0 or more and max: 100 at most",
        ),
        ("{flag: --p, omit: true, required: false}", "omit: true", "is for positional parameters that may stay empty"),
        ("{type: boolean, flag: --p, values: [a, b]}", "values: [a, b]", "does not go with flag"),
        ("{type: boolean, values: [a, a]}", "values: [a, a]", "must be two different texts"),
        ("{separator: ','}", "separator: ,", "needs the option multiple: true"),
        ("{multiple: true, separator: ''}", "separator: ", "must not be empty"),
        (
            "{type: input, multiple: true, separator: '/'}",
            "separator: /",
            "stands in every path: choose another than /",
        ),
        ("{type: input, multiple: true, stdin: true}", "stdin: true", "takes one file: leave out multiple"),
        ("{type: choice, choices: ['a,b'], multiple: true, separator: ','}", "choices: [a,b]", "“a,b” holds the separ"),
        ("{type: choice, choices: [a], choices_from: {file: x}}", "choices: [a]", "does not go with choices_from"),
        (
            "{suggestions: [a], suggestions_from: {file: x}}",
            "suggestions_from: {file: x}",
            "does not go with suggestions",
        ),
        ("{type: choice, choices: [a, ' ']}", "choices: [a,  ]", "each choice must not be empty"),
        ("{type: choice, choices: [a, b, a]}", "choices: [a, b, a]", "lists “a” more than once"),
        ("{type: choice, choices: {a: A, a: B}}", "a", "is given twice"),
        ("{secret: KEY, env: KEY, default: x}", "default: x", "does not go with secret: nobody is asked"),
        ("{secret: KEY, env: KEY, multiple: true}", "multiple: true", "does not go with secret: nobody is asked"),
        ("{secret: KEY, constant: x, env: KEY}", "constant: x", "does not go with secret: nobody is asked"),
        ("{constant: x, required: false}", "required: false", "does not go with constant: nobody is asked"),
        ("{constant: x, pattern: y}", "pattern: y", "does not go with constant: nobody is asked"),
        ("{constant: x, section: S}", "section: S", "does not go with constant: nobody is asked"),
        # where choices come from
        ("{type: choice, choices_from: hosts}", "choices_from: hosts", "must be {command: [PROGRAM, ARGUMENT, …]} or"),
        ("{type: choice, choices_from: {}}", "choices_from: {}", "must be {command: [PROGRAM, ARGUMENT, …]} or"),
        (
            "{suggestions_from: {command: [a], file: b}}",
            "suggestions_from: {command: [a], file: b}",
            "must be {command: [PROGRAM, ARGUMENT, …]} or {file: PATH}",
        ),
        (
            "{type: choice, choices_from: {comand: [a]}}",
            "choices_from: {comand: [a]}",
            "knows no “comand”, only command, file, cache; did you mean “command”?",
        ),
        ("{type: choice, choices_from: {command: []}}", "choices_from: {command: []}", "command: must be a list of 1"),
        (
            "{type: choice, choices_from: {command: ['']}}",
            "choices_from: {command: []}",
            "command: must be a list of 1",
        ),
        ("{type: choice, choices_from: {file: ''}}", "choices_from: {file: }", "file: must not be empty"),
        (
            "{type: choice, choices_from: {file: x, cache: 5}}",
            "choices_from: {file: x, cache: 5}",
            "cache: must be a number with a unit",
        ),
        # formats
        ("{type: date, format: '%H:%M'}", "format: %H:%M", "knows no %H here, only %Y %y %m %d %j"),
        ("{type: time, format: '%Y'}", "format: %Y", "knows no %Y here, only %H %M %S"),
        ("{type: date, format: '100%%'}", "format: 100%%", "must hold some of %Y %y %m %d %j"),
        ("{type: date, format: '%d%'}", "format: %d%", "knows no % here"),
        # itself
        ("{when: {p: x}}", "when: {p: x}", "names the parameter itself"),
        ("{needs: p}", "needs: p", "names the parameter itself"),
        ("{conflicts: [p]}", "conflicts: [p]", "names the parameter itself"),
        ("{needs: [o, o]}", "needs: [o, o]", "lists “o” more than once"),
        ("{needs: o, conflicts: o}", "conflicts: o", "names “o”, which is needed too"),
        (
            "{pattern: '(?=x)'}",
            "pattern: (?=x)",
            "must be a regular expression of RE2: invalid perl operator: (?= (RE2 has",
        ),
    ],
)
def test_contradiction_within_a_parameter(options: str, option: str, message: str) -> None:
    inside = options.removeprefix("{")
    (problem,) = problems("o {required: false} - other", f"p {{\n##~~   {inside} - x")

    assert (problem.line, problem.found) == (3, option)
    assert message in problem.message


CHOICE = "{type: choice, choices: [a, b]}"


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["p - x", "p - y"], 2, "is the name of the parameter in line 1 already"),
        (
            ["p-q - x", "P_Q - y", "r {type: choice, choices_from: {file: f}, depends: [p-q, P_Q]} - x"],
            3,
            "names “p-q” and “P_Q”, which are one variable to the command: SCRIPTRUNNER_VALUE_P_Q",
        ),
        (
            ["alpha - x", "p {when: {alpa: a}} - x"],
            2,
            "names “alpa”, which is no parameter of this script; did you mean",
        ),
        (["p {when: {q: c}} - x", f"q {CHOICE} - x"], 1, "waits for “c” in “q”, which must be one of a, b, not “c”"),
        (["p {when: {q: [a, 7]}} - x", "q {type: integer} - x"], 1, "waits for “a” in “q”, which must be a whole"),
        (["p {when: {q: 007}} - x", "q {type: integer} - x"], 1, "waits for “007” in “q”, which is written “7”"),
        (["p {when: {q: 'yes'}} - x", "q {type: boolean} - x"], 1, "which must be true or false, not “yes”"),
        (['p {when: {q: "a\\nb"}} - x', "q {multiple: true} - x"], 1, "which is several values: list them in brackets"),
        (["p {when: {k: x}} - x", "k {secret: K, env: K} - x"], 1, "names “k”, whose value nobody is asked for"),
        (["p {needs: k, required: false} - x", "k {constant: y} - x"], 1, "names “k”, whose value nobody is asked for"),
        (
            ["i {type: input} - x", "p {type: choice, choices_from: {file: f}, depends: i} - x"],
            2,
            "names “i”, which is a file",
        ),
        (["p {flag: --x} - x", "q {flag: --x} - x"], 2, "is taken: “p” uses it already"),
        (["p {env: X} - x", "q {env: X} - x"], 2, "is taken: “p” uses it already"),
        (["p {stdin: true} - x", "q {stdin: true} - x"], 2, "is taken: “p” uses it already"),
        (["p {multiple: true} - x", "q {multiple: true} - x"], 2, "“p” is any number of arguments already"),
        (["p {multiple: true} - x", "q {required: false, omit: true} - x"], 2, "stands behind “p”, which has no fixed"),
        (
            ["p {multiple: true} - x", "q {type: boolean, required: false, omit: true, when: {p: a}} - x"],
            2,
            "stands behind “p”, which has no fixed length",
        ),
        # what could never be filled in
        (
            ["p {conflicts: q, required: false} - x", "q - x"],
            1,
            "names “q”, which is always given: add required: false",
        ),
        (
            [
                "p {needs: q, required: false} - x",
                "q {needs: r, required: false} - x",
                "r {conflicts: p, required: false} - x",
            ],
            1,
            "leads to “r”, which does not go with “p”",
        ),
        (
            [
                "p {needs: q, conflicts: r, required: false} - x",
                "q {needs: r, required: false} - x",
                "r {required: false} - x",
            ],
            1,
            "names “r”, which is needed too",
        ),
        (
            [
                "p {needs: [q, r], required: false} - x",
                "q {conflicts: r, required: false} - x",
                "r {required: false} - x",
            ],
            1,
            "leads to “q” and “r”, which do not go together",
        ),
        # the script itself
        (["p - x", "{examples: {E: {q: 1}}}"], 2, "“q” is no parameter of this script"),
        (["pattern - x", "{examples: {E: {patern: 1}}}"], 2, "did you mean “pattern”?"),
        (["p {type: integer} - x", "{examples: {E: {p: many}}}"], 2, "must be a whole number, not “many”"),
        (["k {secret: K, env: K} - x", "{examples: {E: {k: x}}}"], 2, "nobody is asked for “k”"),
        (["k {constant: c} - x", "{examples: {E: {k: c}}}"], 2, "nobody is asked for “k”"),
    ],
)
def test_contradiction_between_parameters(lines: list[str], line: int, message: str) -> None:
    (problem,) = problems(*lines)

    assert problem.line == line
    assert message in problem.message


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["p {when: {q: x}} - x", "q {when: {p: x}} - x"], [1, 2]),
        (["p {when: {q: x}} - x", "q {when: {r: x}} - x", "r {when: {p: x}} - x", "s {when: {p: x}} - x"], [1, 2, 3]),
        (
            [
                "p {type: choice, choices_from: {file: f}, depends: q} - x",
                "q {type: choice, choices_from: {file: f}, depends: p} - x",
            ],
            [1, 2],
        ),
        (["p {type: choice, choices_from: {file: f}, depends: p} - x"], [1]),
        (["p {suggestions_from: {file: f}, depends: q} - x", "q {when: {p: x}} - x"], [1, 2]),
    ],
)
def test_parameters_that_wait_for_each_other_are_all_named(lines: list[str], wrong: list[int]) -> None:
    found = problems(*lines)

    assert [problem.line for problem in found] == wrong
    assert all("waits in a circle" in problem.message for problem in found)


@pytest.mark.parametrize(
    "lines",
    [
        ["p {needs: q, required: false} - x", "q {needs: p, required: false} - x"],
        ["p {conflicts: q, required: false} - x", "q {conflicts: p, required: false} - x"],
        ["p {conflicts: q, required: false} - x", "q {when: {r: x}} - x", "r - x"],
        ["p {conflicts: q, required: false} - x", "q {type: boolean} - x"],
        ["p {when: {q: a, r: [b, c]}} - x", f"q {CHOICE} - x", "r {type: choice, choices: [b, c]} - x"],
        ["p {when: {q: 5.0}} - x", "q {type: number} - x"],
        ["p {multiple: true} - x", "q {multiple: true, separator: ','} - x", "r {multiple: true, flag: -r} - x"],
        ["p {required: false, omit: true} - x", "q {multiple: true} - x"],
        ["p {type: number, min: 0.1, step: 0.1, default: 0.3} - x"],
        ["p {multiple: true, separator: ' '} - x"],
        ["v {type: boolean, flag: -v} - x", "V {type: boolean, flag: -V} - x"],
        ["p {type: boolean, values: ['1', '']} - x"],
    ],
)
def test_what_only_looks_like_a_contradiction_is_taken(lines: list[str]) -> None:
    assert problems(*lines) == []


def test_condition_on_a_number_holds_however_it_is_written() -> None:
    found = read("##~~ p {when: {q: 5}} - x\n##~~ q {type: number} - x")
    waiting, number = found.parameters

    assert [number.is_any(value, waiting.when["q"]) for value in ("5", "5.0", "+5", "5e0", "5.01")] == [True] * 4 + [
        False
    ]


def test_contradictions_of_a_file_are_reported_all_at_once() -> None:
    found = problems("p {type: integer, min: 5, max: 3, flag: --p, env: P} - x", "q {when: {r: a}} - x", "{titel: x}")

    assert [(problem.line, problem.suggestion) for problem in found] == [(1, None), (1, None), (2, None), (3, "title")]
