"""Properties of every script there can be, shown on drawn ones.

The same are drawn each time. ``make fuzz`` draws many others; what fails is printed smaller
and smaller, with the line ``@reproduce_failure`` that brings just that one back.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.views.form import confirmation, elements, fields, form, form_state, script_choice
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import InboxChoices
from bot.views.form.form_metadata import FormMetadata, read_metadata
from bot.workspace.blockkit import check
from bot.workspace.client import form_checks
from bot.workspace.state import view_state, views
from runner.files import InboxFile
from runner.jobs import Pause, Requester
from runner.messages.reader import Reader
from runner.scripts import Script, ScriptOptions, defaults, invocation
from runner.scripts.annotations import read
from runner.scripts.parameters import TYPES, AnyParameter, User
from runner.scripts.script import script
from runner.service import Outlook, ScriptMenu, UploadInstructions
from tests.support.scripts.any_scripts import FILES, PEOPLE, DrawnScript, scripts, values_of
from tests.support.slack.drawn import Json, as_json, checked_view

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ADA = Requester(user_id="U0ADA", team_id="T1", email="ada@example.com", name="Ada", time_zone="Europe/Berlin")
INBOX = InboxChoices(files=[InboxFile(reference=name, size_bytes=1, modified_at=NOW) for name in FILES], now=NOW)
OUTLOOK = Outlook(place=3, paused=Pause(reason="r" * 300, paused_by="Ines", paused_at=NOW))
READER = Reader(now=NOW, zone=UTC)
CIRCUMSTANCES = Circumstances(
    inbox=INBOX, reader=READER, outlook=OUTLOOK, upload=UploadInstructions(command="scp", password="p"), people=PEOPLE
)
ADDRESSES = {user_id: email for email, user_id in PEOPLE.items()}


def understood(drawn: DrawnScript) -> Script:
    found = read(drawn.annotations)
    assert found.problems == (), (drawn.annotations, found.problems)
    return script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)


@given(scripts())
def test_what_is_written_is_read_back_as_it_was_meant(drawn: DrawnScript) -> None:
    found = read(drawn.annotations)

    assert found.problems == ()
    assert found.options == ScriptOptions.model_validate(drawn.options)
    assert found.parameters == tuple(
        TYPES[each.kind].model_validate({"name": each.name, "description": each.description, **each.options})
        for each in drawn.parameters
    )


class Person:
    """Somebody with the form before them, which is drawn anew as they fill it in, as Slack and the bot do."""

    def __init__(self, shown: Script, *, is_open: bool = True) -> None:
        self.script = shown
        self.defaults = defaults.defaults(shown, ADA, NOW)
        self.definition: Json = {}
        self.values: view_state.Values = {}
        self._show(self._filling(self.defaults, FormMetadata(script=shown.name, is_open=is_open)))

    @property
    def view(self) -> Json:
        return {"id": "V1", **self.definition, "state": {"values": self.values}}

    def fill_in(self, wanted: Mapping[str, str]) -> dict[str, str | None]:
        """Enter the values in the fields that are there until nothing appears or goes any more; what comes back."""
        for _ in range(len(self.script.parameters) + 2):
            self._enter(wanted)
            raw = self.raw()
            if form_state.is_whole(self.view, self.script, raw):
                return raw
            initial = form_state.kept(self.view, self.script, raw, self.defaults)
            self._show(self._filling(initial, read_metadata(self.view)))
        raise AssertionError("the form never becomes whole")

    def raw(self) -> dict[str, str | None]:
        """What the bot reads, members by their addresses."""
        drawn = form_state.raw_values(self.view, self.script, INBOX)
        raw = form_state.with_hidden(self.view, self.script, drawn, self.defaults)
        for parameter in self.script.asked:
            chosen = raw.get(parameter.name)
            if isinstance(parameter, User) and chosen:
                raw[parameter.name] = "\n".join(ADDRESSES[each] for each in chosen.split("\n"))
        return raw

    def _filling(self, initial: Mapping[str, str], metadata: FormMetadata) -> View:
        around = replace(CIRCUMSTANCES, initial=initial, defaults=self.defaults)
        return form.filling(self.script, around, metadata=metadata)

    def _show(self, view: View) -> None:
        checked_view(view)
        definition = views.parse(as_json(view), kinds=("modal",))
        if self.definition:
            self.values = view_state.kept(self.values, self.definition["blocks"], definition["blocks"])
        else:
            self.values = view_state.initial(definition["blocks"])
        self.definition = definition

    def _enter(self, wanted: Mapping[str, str]) -> None:
        parameters = {parameter.name: parameter for parameter in self.script.asked}
        for block in self.definition["blocks"]:
            name = fields.named("a.sh", block.get("block_id", ""))
            if name is not None:
                element = block["element"]
                content, offered = put_in(parameters[name], element, wanted.get(name))
                self.values[block["block_id"]] = {element["action_id"]: view_state.entered(element, content, offered)}


def put_in(parameter: AnyParameter, element: Json, value: str | None) -> tuple[Any, dict[str, Json]]:
    """What a person enters in an element for a value, in simple form, and the options that it offers for that."""
    items = [] if value is None else parameter.items(value)
    if parameter.type == "input":
        items = [elements.option_value(item) for item in items]
    match element["type"]:
        case "checkboxes" if parameter.type == "boolean":
            return (["true"] if value == "true" else []), {}
        case "checkboxes" | "multi_static_select":
            return items, {}
        case "radio_buttons" | "static_select":
            return (items[0] if items else None), {}
        case "external_select" | "multi_external_select":
            listed = elements.written_choices(parameter)
            if getattr(parameter, "choices_from", None):
                listed = [elements.MenuEntry(value=item, label=item) for item in items]
            typed = ["", *([] if value is None else parameter.items(value))]
            found = [
                each
                for one in typed
                for each in fields.suggestions(parameter, one.removeprefix("~/"), listed, INBOX)[0]
            ]
            options = [as_json([elements.option(each).to_dict()])[0] for each in found]
            assert check.check_options({"options": options[:100]}) == []
            offered = {option["value"]: option for option in options}
            return (items if "multi" in element["type"] else next(iter(items), None)), offered
        case "users_select" | "multi_users_select":
            ids = [PEOPLE[item] for item in items]
            return (ids if "multi" in element["type"] else next(iter(ids), None)), {}
        case "datetimepicker" if value is not None:
            return int(datetime.fromisoformat(value).timestamp()), {}
        case _:
            return value, {}


@given(scripts())
def test_form_is_one_that_slack_takes_and_gives_back_exactly_what_was_entered(drawn: DrawnScript) -> None:
    shown, wanted = understood(drawn), values_of(drawn)
    person = Person(shown)

    raw = person.fill_in(wanted)
    values = shown.parse(raw)

    expected = [each.name for each in shown.shown(wanted)]
    event(f"{len(expected)} of {len(shown.parameters)} parameters are shown")
    assert sorted(raw) == sorted(expected)
    assert values == {name: wanted[name] for name in expected if name in wanted}
    assert form_checks.problems(person.definition["blocks"], person.values) == {}


@given(scripts(), st.booleans())
def test_form_that_nobody_touches_is_whole_and_starts_with_the_defaults(drawn: DrawnScript, is_open: bool) -> None:
    shown = understood(drawn)
    person = Person(shown, is_open=is_open)

    raw = person.raw()

    assert form_state.is_whole(person.view, shown, raw)
    for parameter in shown.shown(raw):
        default = person.defaults.get(parameter.name)
        usual = "false" if parameter.type == "boolean" else None
        assert raw.get(parameter.name) == (usual if default is None else default)


@given(scripts())
def test_every_other_view_of_a_script_is_one_that_slack_takes(drawn: DrawnScript) -> None:
    shown, wanted = understood(drawn), values_of(drawn)
    values = {name: value for name, value in wanted.items() if name in {each.name for each in shown.shown(wanted)}}

    checked_view(confirmation.asking(shown, values, remembered={"pending": "p"}))
    (group,) = as_json([each.to_dict() for each in script_choice.options(ScriptMenu(others=[shown]))])
    given_ = invocation(shown, values, files=lambda _, name: f"/x/{name}", secrets=dict.fromkeys(shown.secrets, "s"))

    assert check.check_options({"option_groups": [group]}) == []
    assert all("\0" not in argument for argument in given_.arguments)


OPTIONS = sorted({option for kind in TYPES.values() for option in kind.options()} | set(ScriptOptions.model_fields))
PIECES = [
    *("##~~ ", "##~~   ", "{", "}", "[", "]", "'", '"', "\\", ": ", ", ", " - ", "p", "q", "type: "),
    *("{type: choice, choices: [", "é", "&", "*", "!", "%", "#", "|", "~", "\ufffd", "\n", "\r", "\t"),
]
SOUP = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
WORDS = [
    *("true", "false", "0", "-1", "1", "1e999", "0.5", "'4'", "today", "now-99999w", "requester.email", "''", "p", "q"),
    *("a", "P", "--p", "-p", "PATH", "KEY", ".csv", "16G", "5m", "'%'", "'%d'", "joined", "separate", "2024-02-29"),
    *("'24:00'", "'0001-01-01T00:00+23:59'", "'9999-12-31T23:59-23:59'", "'[a'", "'[[a]'", "'(a+)+'", "(?i)a"),
    *('"\\n"', '"\\0"', '"\\ud800"', "https://a.example/"),
]
LONG = ["9" * 31, "9" * 400 + "T", "9" * 400 + "w", "é" * 151, "x" * 3001, "' '"]
ATOMS = st.one_of(
    st.sampled_from([*WORDS, *LONG]), st.text("ab01.:-+/ ", min_size=1, max_size=6).map(lambda text: f"'{text}'")
)
NESTED = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["p", "q", "command", "file", "cache", "a", "''"]), inner, max_size=3).map(
            lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs.items())}}}"
        ),
    ),
    max_leaves=5,
)


@st.composite
def parameter_lines(draw: st.DrawFn, count: int = 3) -> str:
    """A parameter with options that its type has, whatever they hold."""
    kind = draw(st.sampled_from(list(TYPES)))
    options = draw(st.dictionaries(st.sampled_from(TYPES[kind].options()[1:]), NESTED, max_size=count))
    if kind == "choice" and draw(st.booleans()):
        options["choices"] = "[a, b, true]"
    written = "".join(f", {option}: {value}" for option, value in options.items())
    return f"##~~ {draw(st.sampled_from(['p', 'q', 'P', 'other']))} {{type: {kind}{written}}} - what it is"


SCRIPT_LINES = st.builds("##~~ {{{}: {}}}".format, st.sampled_from(sorted(ScriptOptions.model_fields)), NESTED)
OTHER_LINES = st.one_of(
    SOUP,
    st.builds("##~~ p {{{}: {}}} - x".format, st.sampled_from(OPTIONS), SOUP),
    st.builds("#SBATCH --{}={}".format, st.sampled_from(["time", "mem", "cpus-per-task", "x"]), SOUP),
    st.builds("# @{} {}".format, st.sampled_from(["option --p", "arg q", "flag -f", "env P", "describe", "cmd"]), SOUP),
    st.just('eval "$(argc --argc-eval "$0" "$@")"'),
)
TEXTS = st.lists(st.one_of(parameter_lines(), SCRIPT_LINES, OTHER_LINES), max_size=5).map("\n".join)


@settings(max_examples=3 * settings().max_examples)
@given(st.one_of(TEXTS, st.text()))
def test_no_text_makes_reading_fail_and_each_problem_has_its_line(text: str) -> None:
    found = read(text)

    count = len(re.split(r"\r\n|\r|\n", text))
    for problem in found.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= count
        str(problem).encode()


@settings(max_examples=3 * settings().max_examples)
@given(st.lists(parameter_lines(1), min_size=1, max_size=3), st.lists(SCRIPT_LINES, max_size=1))
def test_no_text_that_is_accepted_makes_slack_refuse_its_form(parameters: list[str], about: list[str]) -> None:
    good = [line for line in [*about, *parameters] if not read(line).problems]
    found = read("\n".join(good))
    event(f"accepted: {not found.problems} with {len(found.parameters)} parameters")
    if found.problems:
        return
    shown = script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)

    person = Person(shown)

    assert form_state.is_whole(person.view, shown, person.raw())
    checked_view(confirmation.asking(shown, {}, remembered={}))
