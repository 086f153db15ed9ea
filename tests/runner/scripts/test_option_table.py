"""Every type of parameter with every option it has: what the option does, and what is refused in its place."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.views.form import confirmation, form, form_state, prefill, script_choice
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import InboxChoices, named
from bot.views.form.form_metadata import FormMetadata
from runner.errors import InvalidValues
from runner.files import InboxFile
from runner.jobs import Retries
from runner.messages.reader import Reader
from runner.scripts import Script, ScriptOptions, invocation
from runner.scripts.annotations import Annotations, Problem, read
from runner.scripts.invocation import Invocation
from runner.scripts.parameters import TYPES
from runner.scripts.script import script
from runner.service import ScriptMenu, UploadInstructions
from tests.support.scripts.hostile import GOOD
from tests.support.slack.drawn import Json, as_json, checked_view, submitted

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
VALUE = GOOD | {"input": "reads.fq", "number": "1.5"}
SECOND = {
    "text": "c",
    "integer": "7",
    "number": "0.25",
    "choice": "small",
    "email": "bob@example.com",
    "url": "ftp://b.example/",
    "ip": "10.0.0.1",
    "user": "bob@example.com",
    "input": "~/b.txt",
}
WRONG = {
    "text": '"a\\nb"',
    "multiline": "''",
    "integer": "many",
    "number": "1e",
    "boolean": "yes",
    "choice": "gone",
    "date": "2024-02-30",
    "time": "'24:00'",
    "datetime": "today at 9",
    "email": "ada",
    "url": "example",
    "ip": "1.2",
    "user": "ada",
    "input": "../x",
    "output": "a/b",
}
LOW = {"integer": "5", "number": "1.6", "date": "2024-03-01", "time": "'10:00'", "datetime": "'2026-03-05T00:00Z'"}
HIGH = {"integer": "-20", "number": "1.4", "date": "2024-01-31", "time": "'09:00'", "datetime": "'2026-03-01T00:00Z'"}

FORMATTED = {
    "date": ("'%d/%m/%Y'", "29/02/2024"),
    "time": ("'%H%M%S'", "093000"),
    "datetime": ("'%Y-%m-%dT%H:%M:%S'", "2026-03-04T10:00:00"),
}

ALL = tuple(TYPES)
SEVERAL = tuple(SECOND)
TYPED = ("text", "multiline", "email", "url")
SUGGESTING = ("text", "integer", "number", "email", "url", "ip")
AMOUNTS = tuple(LOW)
PROMPTING = tuple(kind for kind in ALL if kind not in ("boolean", "datetime"))

PEOPLE = {"ada@example.com": "U0ADA000001", "bob@example.com": "U0BOB000001"}
FILES = [InboxFile(reference=name, size_bytes=1, modified_at=NOW) for name in ("reads.fq", "~/b.txt")]
READER = Reader(now=NOW, zone=UTC)
CIRCUMSTANCES = Circumstances(
    inbox=InboxChoices(files=FILES, now=NOW),
    reader=READER,
    upload=UploadInstructions(command="scp"),
    people=PEOPLE,
    uploads=False,
)


@dataclass(frozen=True)
class Case:
    """A script whose parameter ``value`` is of some type; its ``other`` takes no part in the arguments."""

    kind: str
    options: str

    @property
    def value(self) -> str:
        return VALUE[self.kind]

    @property
    def annotations(self) -> Annotations:
        needed = "choices: [small, a;b], " if self.kind == "choice" and "choices" not in self.options else ""
        return read(
            f"##~~ value {{type: {self.kind}, {needed}\n##~~   {self.options}}} - what it is\n"
            "##~~ other {required: false, env: OTHER} - another\n"
        )

    @property
    def script(self) -> Script:
        found = self.annotations
        assert found.problems == ()
        return script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)

    @property
    def problem(self) -> Problem:
        (found,) = self.annotations.problems
        return found

    def invoke(self, value: str | None, **raw: str) -> Invocation:
        given = raw if value is None else raw | {"value": value}
        secrets = dict.fromkeys(self.script.secrets, "s3cret")
        return invocation(self.script, self.script.parse(given), files=lambda _, name: name, secrets=secrets)

    def arguments(self, value: str | None, **raw: str) -> list[str]:
        return self.invoke(value, **raw).arguments

    def refusal(self, value: str, **raw: str) -> str:
        with pytest.raises(InvalidValues) as caught:
            self.script.parse({"value": value} | raw)
        return caught.value.problems["value"]

    def form(self, initial: Mapping[str, str], *, is_open: bool = True) -> list[Json]:
        around, metadata = replace(CIRCUMSTANCES, initial=initial), FormMetadata(script="a.sh", is_open=is_open)
        blocks: list[Json] = checked_view(form.filling(self.script, around, metadata=metadata))["blocks"]
        return blocks

    def drawn(self, name: str = "value", **initial: str) -> Json | None:
        """The parameter's block in the form, if it is shown."""
        return next((each for each in self.form(initial) if named("a.sh", each.get("block_id", "")) == name), None)

    def element(self, **initial: str) -> Json:
        drawn = self.drawn(**initial)
        assert drawn is not None
        element: Json = drawn["element"]
        return element

    def started(self) -> str | None:
        """What comes back of a form that starts with the defaults."""
        defaults = {each.name: each.default for each in self.script.asked if each.default is not None}
        view = submitted(form.filling(self.script, replace(CIRCUMSTANCES, initial=defaults)))
        found = form_state.raw_values(view, self.script, CIRCUMSTANCES.inbox)["value"]
        addresses = {user_id: email for email, user_id in PEOPLE.items()}
        return addresses.get(found, found) if found else found


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def shows_required(case: Case) -> None:
    drawn = case.drawn()
    assert drawn is not None
    assert drawn["optional"] is True
    assert case.script.parse({}) == ({"value": "false"} if case.kind == "boolean" else {})


def shows_when(case: Case) -> None:
    assert case.drawn() is None
    assert case.drawn(other="x") is not None
    assert case.arguments(case.value, other="y") == [""]
    assert case.arguments(case.value, other="x") == [case.value]


def shows_section(case: Case) -> None:
    blocks = case.form({})
    heading = next(index for index, block in enumerate(blocks) if block["type"] == "header")
    assert blocks[heading]["text"]["text"] == "Above"
    assert named("a.sh", blocks[heading + 1]["block_id"]) == "value"


def shows_advanced(case: Case) -> None:
    closed = case.form({}, is_open=False)
    shown = [named("a.sh", block["block_id"]) for block in closed if block["type"] == "input"]
    assert [name for name in shown if name] == ["other"]
    assert case.drawn() is not None


def shows_unless(case: Case) -> None:
    assert case.refusal("") == "must be filled in, or “Other”"
    assert case.arguments(None, other="x") == (["false"] if case.kind == "boolean" else [""])
    assert case.arguments("true" if case.kind == "boolean" else case.value) != []


def shows_flag(case: Case) -> None:
    assert case.arguments(case.value) == (["--f"] if case.kind == "boolean" else [f"--f={case.value}"])


def shows_flag_style(case: Case) -> None:
    assert case.arguments(case.value) == (["--f"] if case.kind == "boolean" else ["--f", case.value])


def shows_stdin(case: Case) -> None:
    expected = Path(case.value) if case.kind == "input" else case.value
    assert (case.invoke(case.value).stdin, case.arguments(case.value)) == (expected, [])


def shows_multiple(case: Case) -> None:
    both = [case.value, SECOND[case.kind]]
    assert case.arguments("\n".join(both)) == both
    element = case.element()
    assert element["type"].startswith("multi_") or element["type"] == "checkboxes" or element.get("multiline") is True


def shows_count(case: Case) -> None:
    shows_multiple(case)
    assert case.refusal(case.value) == "must be 2 values, one a line, not 1"


def shows_separator(case: Case) -> None:
    assert case.arguments(f"{case.value}\n{SECOND[case.kind]}") == [f"{case.value}|{SECOND[case.kind]}"]


def shows_length(case: Case, limit: str) -> None:
    is_free = case.kind in ("text", "multiline")
    assert "characters long" in case.refusal(case.value * (9 if is_free and limit == "max_length" else 1))
    if is_free:
        assert case.element()[limit] == {"min_length": 200, "max_length": 9}[limit]


def shows_type_ahead(case: Case) -> None:
    assert case.element()["type"] == "external_select"
    assert case.arguments(case.value) == [case.value]


def shows_depends(case: Case) -> None:
    before, after, other = case.drawn(), case.drawn(other="x"), case.drawn("other")
    assert before is not None
    assert after is not None
    assert other is not None
    assert before["block_id"] != after["block_id"]
    assert other["dispatch_action"] is True


def shows_limit(case: Case, option: str, words: tuple[str, str]) -> None:
    numbers, moments = words
    is_number = case.kind in ("integer", "number")
    assert (numbers if is_number else moments) in case.refusal(case.value)
    if is_number:
        assert case.element()[f"{option}_value"] == {"min": LOW, "max": HIGH}[option][case.kind]


def shows_choices(case: Case) -> None:
    assert case.refusal("c").startswith("must be one of a;b, b")
    assert [each["text"]["text"] for each in case.element()["options"]] == ["A or b", "b"]
    assert case.arguments("a;b") == ["a;b"]


def shows_secret(case: Case) -> None:
    assert case.drawn() is None
    assert case.invoke(None).environment == {"KEY": "s3cret"}
    assert "nobody gives it" in case.refusal("typed")


def shows_constant(case: Case) -> None:
    assert case.drawn() is None
    assert case.arguments(None) == ["--mode=fast"]
    assert "nobody gives it" in case.refusal("typed")


def shows_hint(case: Case, told: str) -> None:
    drawn = case.drawn()
    assert drawn is not None
    assert told in drawn["hint"]["text"]


def shows_pattern_hint(case: Case) -> None:
    assert case.refusal(case.value).startswith("must be three z, not")
    shows_hint(case, "(three z)")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One option with the types that have it; words in capitals in its annotations are the type's."""

    option: str
    types: Sequence[str]
    good: str
    shows: Callable[[Case], None]
    bad: str
    message: str

    def case(self, kind: str, options: str) -> Case:
        words = {"VALUE": quoted(VALUE[kind]), "LOW": LOW.get(kind, ""), "HIGH": HIGH.get(kind, "")}
        words |= {"WRONG": WRONG[kind], "FORM": FORMATTED.get(kind, ("",))[0]}
        return Case(kind, re.sub("|".join(words), lambda found: words[found.group()], options))


def same(actual: object, expected: object) -> None:
    assert actual == expected


ROWS = [
    Row(
        option="type",
        types=ALL,
        good="label: L",
        shows=lambda case: same(case.script.parameters[0].type, case.kind),
        bad="type: intger",
        message="is given twice",
    ),
    Row(
        option="label",
        types=ALL,
        good="label: Seen",
        shows=lambda case: same((case.drawn() or {})["label"]["text"], "Seen"),
        bad="label: ''",
        message="must not be empty",
    ),
    Row(
        option="required",
        types=ALL,
        good="required: false",
        shows=shows_required,
        bad="required: maybe",
        message="must be true or false",
    ),
    Row(
        option="default",
        types=ALL,
        good="default: VALUE",
        shows=lambda case: same(case.started(), case.value),
        bad="default: WRONG",
        message="must ",
    ),
    Row(
        option="section",
        types=ALL,
        good="section: Above, advanced: false",
        shows=shows_section,
        bad="section: ' '",
        message="must not be empty",
    ),
    Row(
        option="advanced",
        types=ALL,
        good="advanced: true, required: false",
        shows=shows_advanced,
        bad="advanced: maybe",
        message="must be true or false",
    ),
    Row(
        option="when",
        types=ALL,
        good="when: {other: x}",
        shows=shows_when,
        bad="when: {othr: x}",
        message="names “othr”, which is no parameter of this script; did you mean “other”?",
    ),
    Row(
        option="needs",
        types=ALL,
        good="needs: [other]",
        shows=lambda case: same(case.refusal(case.value), "needs “Other” too"),
        bad="needs: [othr]",
        message="names “othr”, which is no parameter of this script; did you mean “other”?",
    ),
    Row(
        option="conflicts",
        types=ALL,
        good="conflicts: [other]",
        shows=lambda case: same("does not go with “Other”" in case.refusal(case.value, other="x"), expected=True),
        bad="conflicts: [value]",
        message="names the parameter itself",
    ),
    Row(
        option="unless",
        types=ALL,
        good="required: false, unless: [other]",
        shows=shows_unless,
        bad="unless: [other]",
        message="add required: false",
    ),
    Row(option="flag", types=ALL, good="flag: --f", shows=shows_flag, bad="flag: f", message="must look like -x or --"),
    Row(
        option="flag_style",
        types=[kind for kind in ALL if kind != "boolean"],
        good="flag: --f, flag_style: separate",
        shows=shows_flag_style,
        bad="flag_style: separate",
        message="needs the option flag",
    ),
    Row(
        option="flag_style",
        types=["boolean"],
        good="flag: --f, flag_style: joined",
        shows=shows_flag_style,
        bad="flag: --f, flag_style: separate",
        message="says nothing here: the flag stands alone",
    ),
    Row(
        option="env",
        types=ALL,
        good="env: V",
        shows=lambda case: same(case.invoke(case.value).environment, {"V": case.value}),
        bad="env: LD_PRELOAD",
        message="changes which programs run",
    ),
    Row(
        option="stdin",
        types=ALL,
        good="stdin: true",
        shows=shows_stdin,
        bad="env: V, stdin: true",
        message="does not go with env",
    ),
    Row(
        option="omit",
        types=ALL,
        good="required: false, omit: true, when: {other: x}",
        shows=lambda case: same(case.arguments(None), []),
        bad="omit: true",
        message="add required: false",
    ),
    Row(
        option="after_dashes",
        types=ALL,
        good="after_dashes: true",
        shows=lambda case: same(case.arguments(case.value), ["--", case.value]),
        bad="env: V, after_dashes: true",
        message="is for what is an argument by its position",
    ),
    Row(
        option="placeholder",
        types=PROMPTING,
        good="placeholder: Say it, required: false",
        shows=lambda case: same(case.element()["placeholder"]["text"], "Say it"),
        bad="placeholder: [a]",
        message="must be text",
    ),
    Row(
        option="multiple",
        types=SEVERAL,
        good="multiple: true",
        shows=shows_multiple,
        bad="multiple: some",
        message="must be true or false",
    ),
    Row(
        option="count",
        types=SEVERAL,
        good="multiple: true, count: 2",
        shows=shows_count,
        bad="count: 2",
        message="needs the option multiple: true",
    ),
    Row(
        option="separator",
        types=SEVERAL,
        good="multiple: true, separator: '|'",
        shows=shows_separator,
        bad="separator: '|'",
        message="needs the option multiple: true",
    ),
    Row(
        option="min_length",
        types=TYPED,
        good="min_length: 200",
        shows=lambda case: shows_length(case, "min_length"),
        bad="min_length: 3001",
        message="must be a whole number from 0 to 3,000",
    ),
    Row(
        option="max_length",
        types=TYPED,
        good="max_length: 9",
        shows=lambda case: shows_length(case, "max_length"),
        bad="max_length: 0",
        message="leaves no value but nothing",
    ),
    Row(
        option="pattern",
        types=TYPED,
        good="pattern: 'z{3}(://z*|@)?'",
        shows=lambda case: same(case.refusal(case.value)[:41], "must match the pattern “z{3}(://z*|@)?”, "),
        bad="pattern: '('",
        message="must be a regular expression of RE2",
    ),
    Row(
        option="pattern_hint",
        types=TYPED,
        good="pattern: 'z{3}(://z*|@)?', pattern_hint: three z",
        shows=shows_pattern_hint,
        bad="pattern_hint: three z",
        message="needs the option pattern",
    ),
    Row(
        option="suggestions",
        types=SUGGESTING,
        good="suggestions: [VALUE]",
        shows=shows_type_ahead,
        bad="suggestions: [VALUE, VALUE]",
        message="more than once",
    ),
    Row(
        option="suggestions_from",
        types=SUGGESTING,
        good="suggestions_from: {command: [hosts]}",
        shows=shows_type_ahead,
        bad="suggestions_from: {command: hosts}",
        message="must be a list of 1 to 50 words",
    ),
    Row(
        option="depends",
        types=SUGGESTING,
        good="suggestions_from: {file: hosts}, depends: [other]",
        shows=shows_depends,
        bad="depends: [other]",
        message="needs the option suggestions_from",
    ),
    Row(
        option="depends",
        types=["choice"],
        good="choices_from: {file: hosts}, depends: [other]",
        shows=shows_depends,
        bad="depends: [other]",
        message="needs the option choices_from",
    ),
    Row(
        option="min",
        types=AMOUNTS,
        good="min: LOW",
        shows=lambda case: shows_limit(case, "min", ("at least", "after")),
        bad="min: low",
        message="must be a ",
    ),
    Row(
        option="max",
        types=AMOUNTS,
        good="max: HIGH",
        shows=lambda case: shows_limit(case, "max", ("at most", "before")),
        bad="max: high",
        message="must be a ",
    ),
    Row(
        option="step",
        types=("integer", "number"),
        good="step: 5",
        shows=lambda case: same(case.refusal(case.value), f"must be in steps of 5, not “{case.value}”"),
        bad="step: 0",
        message="must be above 0",
    ),
    Row(
        option="format",
        types=("date", "time", "datetime"),
        good="format: FORM",
        shows=lambda case: same(case.arguments(case.value), [FORMATTED[case.kind][1]]),
        bad="format: '%q'",
        message="knows no %q here",
    ),
    Row(
        option="values",
        types=["boolean"],
        good="values: ['on', 'off']",
        shows=lambda case: same((case.arguments("true"), case.arguments("false")), (["on"], ["off"])),
        bad="values: ['on', 'on']",
        message="must be two different texts",
    ),
    Row(
        option="choices",
        types=["choice"],
        good="choices: {a;b: A or b, b: ''}",
        shows=shows_choices,
        bad="choices: [a, b, a]",
        message="lists “a” more than once",
    ),
    Row(
        option="choices_from",
        types=["choice"],
        good="choices_from: {file: hosts, cache: 5m}",
        shows=shows_type_ahead,
        bad="choices_from: {fil: hosts}",
        message="knows no “fil”, only command, file, cache; did you mean “file”?",
    ),
    Row(
        option="accept",
        types=["input"],
        good="accept: [csv, .TSV]",
        shows=lambda case: same(case.refusal("a.txt"), "must be a file of type .csv or .tsv, not “a.txt”"),
        bad="accept: ['*.csv']",
        message="each must be an extension such as .csv",
    ),
    Row(
        option="max_size",
        types=["input"],
        good="max_size: 2M",
        shows=lambda case: shows_hint(case, "(at most 2.0 MB)"),
        bad="max_size: 99999999999999T",
        message="at most 1000T",
    ),
    Row(
        option="version",
        types=["ip"],
        good="version: 4",
        shows=lambda case: same(case.refusal("::1"), "must be an address of IPv4, not “::1”"),
        bad="version: 5",
        message="must be 4 or 6",
    ),
    Row(
        option="secret",
        types=["text"],
        good="secret: API_KEY, env: KEY",
        shows=shows_secret,
        bad="secret: API_KEY",
        message="must reach the script by env or stdin",
    ),
    Row(
        option="constant",
        types=["text"],
        good="constant: fast, flag: --mode",
        shows=shows_constant,
        bad="constant: ''",
        message="must not be empty",
    ),
]

CELLS = [pytest.param(row, kind, id=f"{row.option}-{kind}") for row in ROWS for kind in row.types]


def test_every_option_of_every_type_has_its_row_and_there_is_no_other() -> None:
    rows = [(kind, row.option) for row in ROWS for kind in row.types]

    assert len(set(rows)) == len(rows)
    assert set(rows) == {(name, option) for name, kind in TYPES.items() for option in kind.options()}


@pytest.mark.parametrize(("row", "kind"), CELLS)
def test_option_does_what_it_is_for(row: Row, kind: str) -> None:
    case = row.case(kind, row.good)

    row.shows(case)

    assert case.annotations.problems == ()


@pytest.mark.parametrize(("row", "kind"), CELLS)
def test_wrong_option_is_a_problem_of_its_line(row: Row, kind: str) -> None:
    problem = row.case(kind, row.bad).problem

    assert problem.line == 2
    assert row.message in problem.message


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        (name, option)
        for name, kind in TYPES.items()
        for option in sorted({option for other in TYPES.values() for option in other.options()} - {*kind.options()})
    ],
)
def test_option_of_other_types_is_refused_naming_them(kind: str, option: str) -> None:
    problem = Case(kind, f"{option}: x").problem
    others = [name for name, other in TYPES.items() if option in other.options()]

    assert (problem.line, problem.found) == (2, option)
    assert problem.message == f"is no option of type {kind}, only of type {' and '.join(others)}"
    assert problem.allowed == TYPES[kind].options()


@dataclass(frozen=True, kw_only=True)
class ScriptRow:
    """One option of the script itself."""

    good: str
    shows: Callable[[Script], object]
    expected: object
    bad: str
    message: str


TROUBLE = ["failed", "lost", "timed_out"]
ENDS = sorted(["succeeded", "cancelled", *TROUBLE])


def notified(of: Script) -> list[tuple[str, bool, list[str]]]:
    """What a job remembers of who is told."""
    rules = of.job_options(time_limit=timedelta(hours=1)).notify
    return [(each.to, each.is_conversation, sorted(each.on)) for each in rules]


def told(of: Script) -> str:
    """All that the form says."""
    return json.dumps(checked_view(form.filling(of, CIRCUMSTANCES)), ensure_ascii=False)


def listed(of: Script) -> Json:
    """The group of the menu of scripts that it is in."""
    (group,) = as_json([each.to_dict() for each in script_choice.options(ScriptMenu(others=[of]))])
    found: Json = group
    return found


SCRIPT_ROWS = {
    "title": ScriptRow(
        good="Word count",
        shows=lambda of: (
            of.title,
            as_json([script_choice.options(ScriptMenu(others=[of]))[0].to_dict()])[0]["options"][0]["text"]["text"],
        ),
        expected=("Word count", "Word count"),
        bad="''",
        message="must not be empty",
    ),
    "description": ScriptRow(
        good="'Counts: words'",
        shows=lambda of: "Counts: words" in told(of),
        expected=True,
        bad="[a]",
        message="must be text",
    ),
    "group": ScriptRow(
        good="Texts",
        shows=lambda of: listed(of)["label"]["text"],
        expected="Texts",
        bad="x" * 76,
        message="at most 75 characters",
    ),
    "hidden": ScriptRow(
        good="true", shows=lambda of: of.hidden, expected=True, bad="yes", message="must be true or false"
    ),
    "confirm": ScriptRow(
        good="'Really?'",
        shows=lambda of: "Really?" in json.dumps(checked_view(confirmation.asking(of, {}, remembered={}))),
        expected=True,
        bad="yes",
        message="must be true, false or a question",
    ),
    "examples": ScriptRow(
        good="{Small: {value: a}}",
        shows=lambda of: prefill.values("example:Small", of, ()),
        expected={"value": "a"},
        bad="{Small: {valu: a}}",
        message="“valu” is no parameter of this script; did you mean “value”?",
    ),
    "owner": ScriptRow(
        good="Ada",
        shows=lambda of: "owner: Ada" in told(of),
        expected=True,
        bad="x" * 101,
        message="at most 100",
    ),
    "docs": ScriptRow(
        good="'https://example.com/x'",
        shows=lambda of: '"url": "https://example.com/x"' in told(of),
        expected=True,
        bad="'javascript:x'",
        message="must be an address that begins with https://",
    ),
    "timeout": ScriptRow(
        good="2h", shows=lambda of: "stopped after 2 h" in told(of), expected=True, bad="2", message="with a unit"
    ),
    "grace": ScriptRow(
        good="5s", shows=lambda of: of.grace, expected=timedelta(seconds=5), bad="0s", message="more than nothing"
    ),
    "cpus": ScriptRow(
        good="4", shows=lambda of: "4 CPUs" in told(of), expected=True, bad="0", message="from 1 to 4,096"
    ),
    "memory": ScriptRow(
        good="16G", shows=lambda of: "16.0 GB" in told(of), expected=True, bad="9" * 400 + "T", message="at most 1000T"
    ),
    "priority": ScriptRow(
        good="-3", shows=lambda of: of.priority, expected=-3, bad="11", message="whole number from -10 to 10"
    ),
    "concurrency": ScriptRow(
        good="2", shows=lambda of: of.concurrency, expected=2, bad="0", message="whole number from 1 to 1,000"
    ),
    "live_log": ScriptRow(
        good="true", shows=lambda of: of.live_log, expected=True, bad="perhaps", message="must be true or false"
    ),
    "terminal": ScriptRow(
        good="true", shows=lambda of: of.terminal, expected=True, bad="tty", message="must be true or false"
    ),
    "notify": ScriptRow(
        good="[{channel: '#assembly', on: [failed]}, {channel: C0123456789}]",
        shows=lambda of: ("tells #assembly when it failed, C0123456789" in told(of), *notified(of)),
        expected=(True, ("#assembly", True, TROUBLE), ("C0123456789", True, ENDS)),
        bad="'#Assembly'",
        message="must be owner, or {channel: '#assembly', on: [failed]}",
    ),
    "share": ScriptRow(
        good="['*.png', plots/report.html]",
        shows=lambda of: of.job_options(time_limit=timedelta(hours=1)).share,
        expected=("*.png", "plots/report.html"),
        bad="[../secret]",
        message="a path below the job's own folder",
    ),
    "show": ScriptRow(
        good="summary.txt",
        shows=lambda of: of.job_options(time_limit=timedelta(hours=1)).show,
        expected="summary.txt",
        bad="[a, b]",
        message="must be stdout, or the name of a result",
    ),
    "retries": ScriptRow(
        good="{times: 2, delay: 5m, on: [75]}",
        shows=lambda of: of.retries,
        expected=Retries(times=2, delay=timedelta(minutes=5), on=frozenset({75})),
        bad="{times: 11}",
        message="whole number from 1 to 10",
    ),
    "more_time": ScriptRow(
        good="4h", shows=lambda of: of.more_time, expected=timedelta(hours=4), bad="4", message="with a unit"
    ),
}


def about_script(options: str) -> Annotations:
    return read(f"##~~ value - x\n##~~ {{\n##~~   {options}}}\n")


def test_every_option_of_a_script_has_its_row_and_there_is_no_other() -> None:
    assert set(SCRIPT_ROWS) == set(ScriptOptions.model_fields)


@pytest.mark.parametrize("option", SCRIPT_ROWS)
def test_option_of_a_script_does_what_it_is_for(option: str) -> None:
    row = SCRIPT_ROWS[option]
    found = about_script(f"{option}: {row.good}")
    assert found.problems == ()

    made = script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)

    assert row.shows(made) == row.expected


@pytest.mark.parametrize("option", SCRIPT_ROWS)
def test_wrong_option_of_a_script_is_a_problem_of_its_line(option: str) -> None:
    row = SCRIPT_ROWS[option]
    (problem,) = about_script(f"{option}: {row.bad}").problems

    assert problem.line == 3
    assert row.message in problem.message
