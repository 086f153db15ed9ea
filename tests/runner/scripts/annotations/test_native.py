"""Comments become options and parameters, or problems that say what to write instead."""

import random
import time
from datetime import timedelta

import pytest

from runner.scripts.annotations import Annotations, AnnotationSettings, Problem, read
from runner.scripts.parameters import Choice, Input, Integer, Output, Text


def problems(text: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.message) for problem in read(text).problems]


def only(text: str) -> Problem:
    (problem,) = read(text).problems
    return problem


def good(text: str) -> Annotations:
    annotations = read(text)
    assert annotations.problems == ()
    return annotations


def test_the_plain_form_of_the_old_application_keeps_working() -> None:
    text = "#!/bin/sh\n##~~ input - the file - or folder\n##~~ input2 - x\n##~~ title - y\n##~~ output - z\necho hi\n"

    first, second, third, fourth = good(text).parameters

    assert (type(first), type(second), type(third), type(fourth)) == (Input, Input, Text, Output)
    assert (first.name, first.description) == ("input", "the file - or folder")


def test_options_and_typed_parameters_are_read() -> None:
    read_ = good(
        "##~~ {title: Word count, timeout: 2h}\n"
        "##~~ {description: 'Counts: words', grace: 30s}\n"
        "##~~ top {type: integer, min: 1, max: 500, default: 20} - how many words to list\n"
        "##~~   in order of frequency\n"
    )

    assert (read_.options.title, read_.options.description) == ("Word count", "Counts: words")
    assert (read_.options.timeout, read_.options.grace) == (timedelta(hours=2), timedelta(seconds=30))
    assert read_.parameters == (
        Integer(
            name="top", description="how many words to list in order of frequency", min=1, max=500, default="20"
        ),
    )  # fmt: skip


@pytest.mark.parametrize("leader", ["", "# ", "#", "// ", "--", "; ", "% ", " * ", "' ", "REM ", "rem ", "\t# "])
def test_an_annotation_may_follow_any_comment_leader(leader: str) -> None:
    assert [each.name for each in good(f"{leader}##~~ note - x\n").parameters] == ["note"]


@pytest.mark.parametrize(
    "line",
    [
        "echo '##~~ note - x'",
        "x = 1 ##~~ note - x",
        "REM##~~ note - x",
        "##~ note - x",
        "##~~~~~~~~",
        "##~~~~ Notes ~~~~",
        "##~~~~~ Notes",
    ],
)
def test_a_marker_elsewhere_in_a_line_means_nothing(line: str) -> None:
    assert not read(line).are_present


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_and_a_byte_order_mark_are_read(end: str) -> None:
    text = "\ufeff" + end.join(["##~~ note - x", "##~~   y", "", "##~~ bad"])

    assert [each.description for each in read(text).parameters] == ["x y"]
    assert [line for line, _ in problems(text)] == [4]


def test_marker_and_prefixes_are_settings() -> None:
    settings = AnnotationSettings(marker="@arg", input_prefix="in", output_prefix="out")

    first, second = read("# @arg in - x\n# @arg outfile - y\n##~~ z", settings).parameters

    assert (type(first), type(second)) == (Input, Output)


def test_a_parameter_with_options_needs_no_description() -> None:
    (token, top) = good(
        "##~~ token {secret: API_TOKEN, env: API_TOKEN}\n##~~ top {type: integer,\n##~~   min: 1}"
    ).parameters

    assert isinstance(token, Text)
    assert (token.secret, token.description, top.description) == ("API_TOKEN", "", "")


def test_choices_are_not_turned_into_numbers_dates_or_booleans() -> None:
    (mode,) = good(
        "##~~ mode {type: choice, choices: [no, 1.0, 0x10, 2024-01-01, null, ~], default: no} - x"
    ).parameters

    assert isinstance(mode, Choice)
    assert mode.choices is not None
    assert list(mode.choices) == ["no", "1.0", "0x10", "2024-01-01", "null", "~"]


def test_a_mapping_may_go_on_in_the_next_lines_and_quotes_may_hold_brackets() -> None:
    text = (
        "##~~ code {pattern: '[a-z]{2}''?',\n"
        '##~~   label: "a } \\" b",\n'
        "##~~   default: it's} - don't {use: braces} - here\n"
    )  # fmt: skip

    assert [message for _, message in problems(text)] == ["must match the pattern “[a-z]{2}'?”, not “it's”"]
    assert only(text).line == 3


def test_a_description_may_hold_what_yaml_would_not() -> None:
    (note,) = good('##~~ note {label: N} - @here `x` %y: [z} {a: &b *c !d\t| > "q').parameters

    assert note.description == '@here `x` %y: [z} {a: &b *c !d | > "q'


def test_a_file_without_annotations_has_none() -> None:
    assert read("#!/bin/sh\n# a comment\n") == read("")
    assert not read("").are_present


@pytest.mark.parametrize(
    ("text", "found", "suggestion"),
    [
        ("##~~ {titel: x}", "titel", "title"),
        ("##~~ {Timeout: 2h}", "Timeout", "timeout"),
        ("##~~ a {type: intger} - x", "intger", "integer"),
        ("##~~ a {type: Choices} - x", "Choices", "choice"),
        ("##~~ a {requird: false} - x", "requird", "required"),
        ("##~~ a {type: choice, choises: [b]} - x", "choises", "choices"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest_right_one(text: str, found: str, suggestion: str) -> None:
    problem = read(text).problems[0]

    assert (problem.found, problem.suggestion) == (found, suggestion)
    assert suggestion in problem.allowed


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("##~~ note", 1, "is none of the three forms"),
        ("##~~", 1, "is none of the three forms"),
        ("##~~~ note - x", 1, "is none of the three forms"),
        ("##~~ note x", 1, "is none of the three forms"),
        ("##~~ note -", 1, "is none of the three forms"),
        ("##~~ note- x", 1, "is none of the three forms"),
        ("##~~ note {}", 1, "is none of the three forms"),
        ("##~~ note {label: Note} -", 1, "is none of the three forms"),
        ("##~~ note {label: Note} more", 1, "is none of the three forms"),
        ("##~~ - x", 1, "is none of the three forms"),
        ("\n##~~   more", 2, "two spaces continue the annotation right above"),
        ("##~~ a - x\n\n##~~   more", 3, "two spaces continue the annotation right above"),
        ("##~~ a {constant: requester.name} - x", 1, "of the requester only requester.email is known"),
        ("##~~ a {default: requester.mail} - x", 1, "of the requester only requester.email is known"),
        ("##~~ 1a - x", 1, "a name is a letter"),
        ("##~~ größe - x", 1, "a name is a letter"),
        ("##~~ a - x\n##~~ a - y", 2, "is the name of the parameter in line 1 already"),
        ("##~~ {title: a}\n##~~ {title: b}", 2, "is given already in line 1"),
        ("##~~ {title: a, title: b}", 1, "is given twice"),
        ("##~~ {title: a} - x", 1, "nothing may follow the script's own options"),
        ("##~~ {title: a", 1, "the { is never closed"),
        ("##~~ {title}", 1, "must not be empty"),
        ("##~~ {timeout: 5}", 1, "must be a number with a unit"),
        ("##~~ {title: [a, b]}", 1, "must be text"),
        ("##~~ a {type: [text]} - x", 1, "is no type of parameter"),
        ("##~~ a {type: choice} - x", 1, "lacks the option choices"),
        ("##~~ a {choices: [b]} - x", 1, "is no option of type text, only of type choice"),
        ("##~~ a {name: b} - x", 1, "is no option of type text"),
        ("##~~ a {<<: {default: b}} - x", 1, "is no option of type text"),
        ("##~~ a {pattern: [a-z]+} - x", 1, "is no YAML flow mapping"),
        ("##~~ a {label: b #c} - x", 1, "is no YAML flow mapping"),
        ("##~~ a {label: What: b} - x", 1, "is no YAML flow mapping"),
        ("##~~ a {[b]: c} - x", 1, "an option's name must be a word"),
        ("##~~ a {label: &b c} - x", 1, "anchors and aliases are refused"),
        ("##~~ a {&b label: c} - x", 1, "anchors and aliases are refused"),
        ("##~~ a {label: *b} - x", 1, "anchors and aliases are refused"),
        ("##~~ a {label: !!str b} - x", 1, "tags are refused"),
        ("##~~ a {label: ! b} - x", 1, "tags are refused"),
        ("##~~ a {label: !!python/object/apply:os.system [id]} - x", 1, "tags are refused"),
        ("##~~ a {label: !!python/name:os.system b} - x", 1, "tags are refused"),
        ("##~~ a {label: [[[[[[b]]]]]]} - x", 1, "is nested more than 4 deep"),
        ('##~~ a {label: "\\UFFFFFFFF"} - x', 1, "invalid Unicode character escape code"),
        ('##~~ a {label: "\\ud800"} - x', 1, "invalid Unicode character escape code"),
        ('##~~ a {label: "b\\nc"} - x', 1, "one line of text without control characters"),
        ("##~~ a {label: \x07} - x", 1, "a character that YAML does not allow"),
        ("##~~ a - \x1b[31mred", 1, "one line of text without control characters"),
        ("##~~ a - caf\ufffd", 1, "is not UTF-8"),
        (f"##~~ a - {'x' * 2001}", 1, "must be at most 2,000 characters long, not 2,001"),
        (f"##~~ {{title: {'x' * 76}}}", 1, "must be at most 75 characters long, not 76"),
        ("##~~ a {type: text,\n##~~   required: maybe} - x", 2, "must be true or false"),
        ("##~~ a {type: text,\n##~~   label: !x b} - x", 2, "tags are refused"),
    ],
)
def test_a_wrong_annotation_is_a_problem_with_its_line(text: str, line: int, message: str) -> None:
    problem = only(text)

    assert (problem.line, message in problem.message) == (line, True), problem


def test_all_problems_of_a_file_are_reported_at_once_in_the_order_of_lines() -> None:
    text = "##~~ {titel: x, timeout: 5}\n##~~ a {type: intger} - x\n##~~ b {min: 1, flag: z} - x\n##~~ c\n"

    assert [line for line, _ in problems(text)] == [1, 1, 2, 3, 3, 4]


def test_what_is_right_beside_a_problem_is_still_read() -> None:
    found = read("##~~ good - x\n##~~ bad\n##~~ better - y\n")

    assert [each.name for each in found.parameters] == ["good", "better"]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ("", 83),
        ("{section: S}", 41),
        ("{type: input}", 41),
        ("{type: input, section: S}", 27),
        ("{type: input, multiple: true, flag: --f%d}", 27),
        ("{type: choice, choices_from: {file: hosts}}", 41),
        ("{suggestions_from: {file: hosts}, section: S}", 27),
    ],
)
def test_parameters_fill_a_form_to_slacks_limit_and_the_next_is_refused_by_name(options: str, count: int) -> None:
    text = "".join(f"##~~ p{number} {options.replace('%d', str(number))} - x\n" for number in range(1, count + 3))

    assert read(text.partition(f"##~~ p{count + 1} ")[0]).problems == ()
    assert (only(text).line, only(text).found) == (count + 1, f"p{count + 1}")
    assert "is one too many: a Slack form holds 100 blocks, 83 of them for parameters" in only(text).message


def test_what_nobody_is_asked_for_takes_no_room_in_the_form() -> None:
    fields = "".join(f"##~~ p{number} - x\n" for number in range(83))
    others = "##~~ key {secret: KEY, env: KEY} - x\n##~~ mode {constant: fast} - x\n"

    assert len(good(fields + others).parameters) == 85


def test_a_billion_laughs_are_refused_at_once() -> None:
    bomb = "{a: &a [x, x], b: &b [*a, *a], c: &c [*b, *b], d: [*c, *c]}"

    assert "anchors and aliases are refused" in only(f"##~~ {bomb}").message


@pytest.mark.parametrize(
    "text",
    [
        "##~~ a {label: " + "[" * 100_000 + "]" * 100_000 + "} - x",
        "##~~ " + "{" * 250_000,
        "##~~ " + "{" * 100_000 + "}" * 100_000,
        "##~~ a {" + "'\"" * 120_000 + "} - x",
        "##~~ a" + " " * 250_000 + "x",
        " " * 250_000 + "##~",
        "#" * 250_000 + "~~",
        "##~~ a {label: " + "x" * 250_000 + "} - x",
        "##~~ a - x\n" + "##~~   y\n" * 25_000,
        "##~~ {x\n" * 25_000,
        "##~~ a {" + ",".join(f"k{number}: v" for number in range(10_000)) + "} - x",
    ],
)
def test_content_meant_to_exhaust_is_answered_soon(text: str) -> None:
    begun = time.monotonic()

    read(text)

    assert time.monotonic() - begun < 20


def test_no_content_makes_reading_fail(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # not a secret
    pieces = ["##~~ ", "##~~   ", "{", "}", "[", "]", "'", '"', "\\", ":", ",", " ", "- ", "a", "type", "integer", "\n"]
    pieces += ["\x00", "\ud800", "\ufffd", "\u2028", "&", "*", "!", "!!", "%", "@", "?", "|", ">", "#", "<<", "\t", "é"]
    pieces += ['"\\x', '"\\u12', '"\\UFFFFFFFF"', "min: ", "default: ", "choices: [", "~", "---", "..."]

    for _ in range(3_000):
        text = "##~~ a {" + "".join(dice.choices(pieces, k=dice.randint(1, 25)))
        assert all(str(problem).isprintable() for problem in read(text).problems), text


def test_a_problem_reads_as_one_line_without_control_characters() -> None:
    problem = Problem(line=1, found="a\x1b\n", message="is no type", allowed=("text", "date"), suggestion="date")

    assert str(problem) == "found “a\\x1b\\n”: is no type; allowed: text, date; did you mean “date”?"
