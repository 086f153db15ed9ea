"""What script-server, OliveTin, Rundeck and argc can say of a script's inputs, said in annotations.

Each row names something from their public documentation, the annotation that says the same, the element that Slack
shows for it, and what the script is then given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.views.form import fields, form
from bot.views.form.circumstances import Circumstances
from bot.views.form.fields import InboxChoices
from runner.errors import InvalidValues
from runner.files import InboxFile
from runner.messages.reader import Reader
from runner.scripts import Script, invocation
from runner.scripts.annotations import read
from runner.scripts.invocation import Invocation
from runner.scripts.script import script
from runner.service import UploadInstructions
from tests.support.slack.drawn import Json, checked_view

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
FILES = [InboxFile(reference=name, size_bytes=1, modified_at=NOW) for name in ("a.csv", "b.csv", "c.txt")]
READER = Reader(now=NOW, zone=UTC)
CIRCUMSTANCES = Circumstances(
    inbox=InboxChoices(files=FILES, now=NOW), reader=READER, upload=UploadInstructions(command="scp"), uploads=False
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that can be said: ``lines`` say it of the parameter ``p``, or of the script.

    ``shows`` are fields of the element; empty where nobody is asked. ``refuses`` are values of ``p`` that are none.
    """

    theirs: str
    lines: str
    shows: Json = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: str | Path | None = None
    refuses: tuple[str, ...] = ()

    @property
    def script(self) -> Script:
        found = read("\n".join(f"##~~ {line.strip()}" for line in self.lines.split("\n")))
        assert found.problems == ()
        made = script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)
        assert isinstance(made, Script)
        return made


LINE: Json = {"type": "plain_text_input"}
SEARCH: Json = {"type": "external_select", "min_query_length": 0}

SCRIPT_SERVER = [
    Said(
        theirs="text, with its param as an argument before it",
        lines="p {required: false, flag: --name, flag_style: separate} - x",
        shows=LINE,
        given={"p": "a b"},
        arguments=["--name", "a b"],
    ),
    Said(theirs="text without a param", lines="p - x", shows=LINE, given={"p": "-rf *"}, arguments=["-rf *"]),
    Said(
        theirs="same_arg_param",
        lines="p {flag: --name} - x",
        shows=LINE,
        given={"p": "a b"},
        arguments=["--name=a b"],
    ),
    Said(
        theirs="required, default, max_length",
        lines="p {default: abc, max_length: 5} - x",
        shows=LINE | {"initial_value": "abc", "max_length": 5},
        given={"p": "abcde"},
        arguments=["abcde"],
        refuses=("", "abcdef"),
    ),
    Said(
        theirs="regex, with its description",
        lines="p {pattern: '[a-z]+', pattern_hint: small letters} - x",
        shows=LINE,
        given={"p": "abc"},
        arguments=["abc"],
        refuses=("a1", "abc\n"),
    ),
    Said(
        theirs="multiline_text",
        lines="p {type: multiline} - x",
        shows=LINE | {"multiline": True},
        given={"p": "a\n\nb"},
        arguments=["a\n\nb"],
    ),
    Said(
        theirs="int, with min and max",
        lines="p {type: integer, min: -1, max: 123, default: 5, flag: --int, flag_style: separate} - x",
        shows={"type": "number_input", "is_decimal_allowed": False, "min_value": "-1", "max_value": "123"},
        given={"p": "7"},
        arguments=["--int", "7"],
        refuses=("-2", "124", "x"),
    ),
    Said(
        theirs="no_value",
        lines="p {type: boolean, flag: --bool, default: true} - x",
        shows={"type": "checkboxes", "initial_options": [{"text": "Yes", "value": "true"}]},
        given={"p": "true"},
        arguments=["--bool"],
    ),
    Said(
        theirs="list",
        lines="p {type: choice, choices: [v1, v2]} - x",
        shows={"type": "radio_buttons", "options": [{"text": "v1", "value": "v1"}, {"text": "v2", "value": "v2"}]},
        given={"p": "v2"},
        arguments=["v2"],
        refuses=("v3",),
    ),
    Said(
        theirs="list with values_ui_mapping, not required",
        lines="p {type: choice, choices: {preview: Look only, analyse: All of it}, required: false} - x",
        shows={
            "type": "static_select",
            "options": [{"text": "Look only", "value": "preview"}, {"text": "All of it", "value": "analyse"}],
        },
        given={"p": "analyse"},
        arguments=["analyse"],
    ),
    Said(
        theirs="list with values of a script",
        lines="p {type: choice, choices_from: {command: [ls, /var]}} - x",
        shows=SEARCH,
        given={"p": "log"},
        arguments=["log"],
    ),
    Said(
        theirs="list that depends on other parameters",
        lines="q - x\np {type: choice, choices_from: {command: [./list.sh]}, depends: [q]} - x",
        shows=SEARCH,
        given={"q": "a", "p": "b"},
        arguments=["a", "b"],
    ),
    Said(
        theirs="multiselect, single_argument with a separator",
        lines="p {type: choice, choices: [cat, dog, fox], multiple: true, separator: ','} - x",
        shows={"type": "checkboxes"},
        given={"p": "cat\nfox"},
        arguments=["cat,fox"],
        refuses=("cat\nbear",),
    ),
    Said(
        theirs="multiselect, argument_per_value",
        lines="p {type: choice, choices: [cat, dog], multiple: true, default: [cat, dog]} - x",
        shows={"type": "checkboxes"},
        given={"p": "cat\ndog"},
        arguments=["cat", "dog"],
    ),
    Said(
        theirs="multiselect, repeat_param_value",
        lines="p {type: choice, choices: [cat, dog], multiple: true, flag: --pet, flag_style: separate} - x",
        shows={"type": "checkboxes"},
        given={"p": "cat\ndog"},
        arguments=["--pet", "cat", "--pet", "dog"],
    ),
    Said(
        theirs="editable_list",
        lines="p {suggestions: [Value A, Value B]} - x",
        shows=SEARCH,
        given={"p": "another"},
        arguments=["another"],
    ),
    Said(
        theirs="editable_list with values of a script",
        lines="p {suggestions_from: {command: [./list.sh]}} - x",
        shows=SEARCH,
        given={"p": "another"},
        arguments=["another"],
    ),
    Said(
        theirs="file_upload", lines="p {type: input} - x", shows=SEARCH, given={"p": "a.csv"}, arguments=["/in/a.csv"]
    ),
    Said(
        theirs="server_file with file_dir, file_extensions and excluded_files",
        lines="p {type: choice, choices_from: {command:"
        " [find, /var/log, -maxdepth, '1', -name, '*.log', '!', -name, 'auth*']}} - x",
        shows=SEARCH,
        given={"p": "/var/log/dpkg.log"},
        arguments=["/var/log/dpkg.log"],
    ),
    Said(
        theirs="server_file with file_recursive",
        lines="p {type: choice, choices_from: {command: [find, /srv/data, -type, f]}} - x",
        shows=SEARCH,
        given={"p": "/srv/data/a/b.csv"},
        arguments=["/srv/data/a/b.csv"],
    ),
    Said(
        theirs="ip, ip4, ip6",
        lines="p {type: ip} - x\nq {type: ip, version: '4'} - x\nr {type: ip, version: '6'} - x",
        shows=LINE,
        given={"p": "::1", "q": "10.0.0.1", "r": "2001:db8::1"},
        arguments=["::1", "10.0.0.1", "2001:db8::1"],
        refuses=("localhost",),
    ),
    Said(
        theirs="constant",
        lines="p {constant: fast, flag: --mode, flag_style: separate} - x",
        arguments=["--mode", "fast"],
    ),
    Said(theirs="constant without a value", lines="p {constant: --force} - x", arguments=["--force"]),
    Said(
        theirs="env_var, pass_as env_variable",
        lines="p {env: REGION} - x",
        shows=LINE,
        given={"p": "eu"},
        environment={"REGION": "eu"},
    ),
    Said(theirs="pass_as stdin", lines="p {stdin: true} - x", shows=LINE, given={"p": "eu"}, stdin="eu"),
    Said(theirs="secure", lines="p {secret: API_KEY, env: API_KEY} - x", environment={"API_KEY": "s3cret"}),
    Said(
        theirs="default ${auth.username}",
        lines="p {type: email, default: requester.email} - x",
        shows={"type": "email_text_input", "initial_value": "ada@example.com"},
        given={"p": "ada@example.com"},
        arguments=["ada@example.com"],
    ),
    Said(
        theirs="ui.separator_before with a title",
        lines="p {section: Default values} - x",
        shows=LINE | {"heading": "Default values"},
        given={"p": "a"},
        arguments=["a"],
    ),
    Said(
        theirs="description, group, hidden",
        lines="{title: Very parameterized, description: Accepts a lot, group: Samples, hidden: true}\np - what it is",
        shows=LINE | {"hint": "what it is"},
        given={"p": "a"},
        arguments=["a"],
    ),
]

OLIVETIN = [
    Said(
        theirs="ascii",
        lines="p {pattern: '[A-Za-z0-9]+'} - x",
        shows=LINE,
        given={"p": "aZ9"},
        arguments=["aZ9"],
        refuses=("a b", "a-b"),
    ),
    Said(
        theirs="ascii_identifier",
        lines="p {pattern: '[A-Za-z0-9._-]+'} - x",
        shows=LINE,
        given={"p": "a.b-c_d"},
        arguments=["a.b-c_d"],
        refuses=("a b", "a;b"),
    ),
    Said(
        theirs="ascii_sentence",
        lines="p {pattern: '[A-Za-z0-9 .,_-]+'} - x",
        shows=LINE,
        given={"p": "Hello, all."},
        arguments=["Hello, all."],
        refuses=("a;b", "a\nb"),
    ),
    Said(
        theirs="unicode_identifier",
        lines=r"p {pattern: '[\pL\pN_.-]+'} - x",
        shows=LINE,
        given={"p": "größe_日本"},
        arguments=["größe_日本"],
        refuses=("a b",),
    ),
    Said(
        theirs="shell_safe_identifier",
        lines="p {pattern: '[A-Za-z0-9._@+-]+'} - x",
        shows=LINE,
        given={"p": "ada+x@host"},
        arguments=["ada+x@host"],
        refuses=("a b",),
    ),
    Said(
        theirs="dnsname",
        lines=r"p {pattern: '([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?)+', max_length: 253} - x",
        shows=LINE | {"max_length": 253},
        given={"p": "web.example.com."},
        arguments=["web.example.com."],
        refuses=("a_b", "-a", "a..b"),
    ),
    Said(
        theirs="regex:",
        lines="p {pattern: '^v[0-9]+$'} - x",
        shows=LINE,
        given={"p": "v12"},
        arguments=["v12"],
        refuses=("xv12", "v12\n", "v12;id"),
    ),
    Said(
        theirs="int",
        lines="p {type: integer, min: 0} - x",
        shows={"type": "number_input", "min_value": "0"},
        given={"p": "12"},
        arguments=["12"],
        refuses=("-1", "1.5"),
    ),
    Said(
        theirs="email",
        lines="p {type: email} - x",
        shows={"type": "email_text_input"},
        given={"p": "ada@example.com"},
        arguments=["ada@example.com"],
        refuses=("ada",),
    ),
    Said(
        theirs="url",
        lines="p {type: url, pattern: 'https?:.*'} - x",
        shows={"type": "url_text_input"},
        given={"p": "https://example.com"},
        arguments=["https://example.com"],
        refuses=("file:///etc/passwd", "ftp://a.example/"),
    ),
    Said(
        theirs="datetime",
        lines="p {type: datetime, format: '%Y-%m-%dT%H:%M:%S'} - x",
        shows={"type": "datetimepicker"},
        given={"p": "2026-03-04T10:00Z"},
        arguments=["2026-03-04T10:00:00"],
    ),
    Said(
        theirs="very_dangerous_raw_string",
        lines="p - x",
        shows=LINE,
        given={"p": "; rm -rf / $(id)"},
        arguments=["; rm -rf / $(id)"],
    ),
    Said(
        theirs="raw_string_multiline",
        lines="p {type: multiline} - x",
        shows=LINE | {"multiline": True},
        given={"p": "a\nb"},
        arguments=["a\nb"],
    ),
    Said(
        theirs="checkbox",
        lines="p {type: boolean, values: ['1', '0']} - x",
        shows={"type": "checkboxes"},
        given={"p": "true"},
        arguments=["1"],
    ),
    Said(
        theirs="checkbox with choices",
        lines="p {type: boolean, values: ['--force', '']} - x",
        shows={"type": "checkboxes"},
        given={"p": "false"},
        arguments=[""],
    ),
    Said(
        theirs="checklist with default and rejectNull",
        lines="p {type: choice, choices: {docs: Documents, pics: Photos}, multiple: true, default: [docs, pics]} - x",
        shows={
            "type": "checkboxes",
            "initial_options": [{"text": "Documents", "value": "docs"}, {"text": "Photos", "value": "pics"}],
        },
        given={"p": "docs\npics"},
        arguments=["docs", "pics"],
        refuses=("",),
    ),
    Said(
        theirs="choices with titles and a default",
        lines="p {type: choice, choices: {Hello there!: Hello, Bye.: Goodbye}, default: Bye.} - x",
        shows={"type": "radio_buttons", "initial_option": {"text": "Goodbye", "value": "Bye."}},
        given={"p": "Hello there!"},
        arguments=["Hello there!"],
    ),
    Said(
        theirs="choices from entities",
        lines="p {type: choice, choices_from: {file: containers.tsv, cache: 5s}} - x",
        shows=SEARCH,
        given={"p": "plex"},
        arguments=["plex"],
    ),
    Said(
        theirs="suggestions, some with a title",
        lines="p {suggestions: {plex: '', grafana: '', wifi: WiFi Controller}} - x",
        shows=SEARCH,
        given={"p": "another"},
        arguments=["another"],
    ),
    Said(
        theirs="title, description, default",
        lines="p {label: Your Message, default: Hello World} - The message to print",
        shows=LINE | {"label": "Your Message", "hint": "The message to print", "initial_value": "Hello World"},
        given={"p": "Hello"},
        arguments=["Hello"],
    ),
    Said(
        theirs="arguments as environment variables",
        lines="p {env: FILENAME} - x",
        shows=LINE,
        given={"p": "a"},
        environment={"FILENAME": "a"},
    ),
]

RUNDECK = [
    Said(
        theirs="values, enforced",
        lines="p {type: choice, choices: [avalue, bvalue]} - x",
        shows={"type": "radio_buttons"},
        given={"p": "avalue"},
        arguments=["avalue"],
        refuses=("cvalue",),
    ),
    Said(
        theirs="values, not enforced",
        lines="p {suggestions: [avalue, bvalue]} - x",
        shows=SEARCH,
        given={"p": "cvalue"},
        arguments=["cvalue"],
    ),
    Said(
        theirs="valuesUrl, with names and values",
        lines="p {type: choice, choices_from: {command: [./from_url.sh, 'https://cmdb.example.com/v.json'],"
        " cache: 1m}} - x",
        shows=SEARCH,
        given={"p": "x value"},
        arguments=["x value"],
    ),
    Said(
        theirs="cascading remote values",
        lines="q - x\np {type: choice, choices_from: {command: [./branches.sh]}, depends: [q]} - x",
        shows=SEARCH,
        given={"q": "repository", "p": "main"},
        arguments=["repository", "main"],
    ),
    Said(
        theirs="multivalued with a delimiter",
        lines="p {type: choice, choices: [a, b, c], multiple: true, separator: ';'} - x",
        shows={"type": "checkboxes"},
        given={"p": "a\nc"},
        arguments=["a;c"],
    ),
    Said(
        theirs="multivalued, not enforced",
        lines="p {suggestions: [a, b], multiple: true, separator: ','} - x",
        shows={"type": "multi_external_select"},
        given={"p": "a\nz"},
        arguments=["a,z"],
    ),
    Said(
        theirs="multivalueAllSelected",
        lines="p {type: choice, choices: [a, b], multiple: true, separator: ',', default: [a, b]} - x",
        shows={
            "type": "checkboxes",
            "initial_options": [{"text": "a", "value": "a"}, {"text": "b", "value": "b"}],
        },
        given={"p": "a\nb"},
        arguments=["a,b"],
    ),
    Said(
        theirs="regex, required, value",
        lines="p {pattern: '^[abcd]value$', default: dvalue} - x",
        shows=LINE | {"initial_value": "dvalue"},
        given={"p": "avalue"},
        arguments=["avalue"],
        refuses=("", "evalue", "avalues"),
    ),
    Said(
        theirs="not required",
        lines="p {required: false} - x",
        shows=LINE | {"optional": True},
        arguments=[""],
    ),
    Said(theirs="hidden, with a value", lines="p {constant: dvalue, flag: -o} - x", arguments=["-odvalue"]),
    Said(
        theirs="secure, exposed, with a storage path",
        lines="p {secret: DB_PASSWORD, env: RD_OPTION_PASSWORD} - x",
        environment={"RD_OPTION_PASSWORD": "s3cret"},
    ),
    Said(
        theirs="date with a format",
        lines="p {type: date, format: '%m/%d/%Y', default: today-2d} - x",
        shows={"type": "datepicker"},
        given={"p": "2026-03-04"},
        arguments=["03/04/2026"],
    ),
    Said(
        theirs="date and time with a format",
        lines="p {type: datetime, format: '%Y%m%d-%H%M'} - x",
        shows={"type": "datetimepicker"},
        given={"p": "2026-03-04T10:00Z"},
        arguments=["20260304-1000"],
    ),
    Said(theirs="file", lines="p {type: input} - x", shows=SEARCH, given={"p": "c.txt"}, arguments=["/in/c.txt"]),
    Said(
        theirs="label and description",
        lines="p {label: Message} - what to say",
        shows=LINE | {"label": "Message", "hint": "what to say"},
        given={"p": "a"},
        arguments=["a"],
    ),
    Said(
        theirs="RD_OPTION_NAME",
        lines="p {env: RD_OPTION_MESSAGE} - x",
        shows=LINE,
        given={"p": "howdy"},
        environment={"RD_OPTION_MESSAGE": "howdy"},
    ),
]

ARGC = [
    Said(
        theirs="@option --p",
        lines="p {required: false, flag: --p} - x",
        shows=LINE | {"optional": True},
        given={"p": "a"},
        arguments=["--p=a"],
    ),
    Said(
        theirs="@option -p --path, given as -p",
        lines="p {flag: -p, flag_style: separate} - x",
        shows=LINE,
        given={"p": "a"},
        arguments=["-p", "a"],
    ),
    Said(
        theirs="! (required)",
        lines="p {flag: --p} - x",
        shows=LINE | {"optional": False},
        given={"p": "a"},
        arguments=["--p=a"],
        refuses=("",),
    ),
    Said(
        theirs="* (several)",
        lines="p {required: false, multiple: true, flag: --p} - x",
        shows=LINE | {"multiline": True, "optional": True},
        given={"p": "a\nb"},
        arguments=["--p=a", "--p=b"],
    ),
    Said(
        theirs="+ (several, required)",
        lines="p {multiple: true} - x",
        shows=LINE | {"multiline": True, "optional": False},
        given={"p": "a\nb"},
        arguments=["a", "b"],
        refuses=("",),
    ),
    Said(
        theirs="*, (several in one)",
        lines="p {required: false, multiple: true, separator: ',', flag: --p} - x",
        shows=LINE | {"multiline": True},
        given={"p": "a\nb"},
        arguments=["--p=a,b"],
    ),
    Said(
        theirs="=default",
        lines="p {required: false, default: a, flag: --p} - x",
        shows=LINE | {"initial_value": "a"},
        given={"p": "a"},
        arguments=["--p=a"],
    ),
    Said(
        theirs="[a|b]",
        lines="p {type: choice, choices: [a, b], required: false, flag: --p} - x",
        shows={"type": "static_select"},
        given={"p": "b"},
        arguments=["--p=b"],
        refuses=("c",),
    ),
    Said(
        theirs="[=a|b]",
        lines="p {type: choice, choices: [a, b], default: a, required: false, flag: --p} - x",
        shows={"type": "static_select", "initial_option": {"text": "a", "value": "a"}},
        given={"p": "a"},
        arguments=["--p=a"],
    ),
    Said(
        theirs="![a|b]",
        lines="p {type: choice, choices: [a, b], flag: --p} - x",
        shows={"type": "radio_buttons"},
        given={"p": "a"},
        arguments=["--p=a"],
    ),
    Said(
        theirs="[`choice-fn`]",
        lines="p {type: choice, choices_from: {command: [./choices.sh]}, flag: --p} - x",
        shows=SEARCH,
        given={"p": "a"},
        arguments=["--p=a"],
    ),
    Said(
        theirs="[?`choice-fn`] (not checked)",
        lines="p {suggestions_from: {command: [./choices.sh]}, flag: --p} - x",
        shows=SEARCH,
        given={"p": "z"},
        arguments=["--p=z"],
    ),
    Said(
        theirs="@flag",
        lines="p {type: boolean, flag: -f} - x",
        shows={"type": "checkboxes"},
        given={"p": "true"},
        arguments=["-f"],
    ),
    Said(
        theirs="@arg, left out",
        lines="p {required: false, omit: true} - x",
        shows=LINE,
        arguments=[],
    ),
    Said(
        theirs="<NUM>, <FILE>, <DATE>",
        lines="p {type: number} - x\nq {type: input} - x\nr {type: date} - x",
        shows={"type": "number_input", "is_decimal_allowed": True},
        given={"p": "0.5", "q": "a.csv", "r": "2026-03-04"},
        arguments=["0.5", "/in/a.csv", "2026-03-04"],
    ),
    Said(
        theirs="@env",
        lines="p {env: TOKEN_FILE, required: false} - x",
        shows=LINE,
        given={"p": "a"},
        environment={"TOKEN_FILE": "a"},
    ),
    Said(
        theirs="@describe, @meta author",
        lines="{description: Copies a folder, owner: Ada}\np - x",
        shows=LINE,
        given={"p": "a"},
        arguments=["a"],
    ),
]

ALL = {"script-server": SCRIPT_SERVER, "OliveTin": OLIVETIN, "Rundeck": RUNDECK, "argc": ARGC}
ROWS = [pytest.param(said, id=f"{system}: {said.theirs}") for system, rows in ALL.items() for said in rows]


def shown(said: Said) -> Iterator[Json]:
    """What the form shows for ``p``: its element, with the words around it and texts in short."""
    defaults = {each.name: each.default for each in said.script.asked if each.default is not None}
    starts = {"requester.email": "ada@example.com", "today-2d": "2026-03-02"}
    initial = {name: starts.get(value, value) for name, value in defaults.items()}
    circumstances = Circumstances(
        inbox=CIRCUMSTANCES.inbox, reader=READER, upload=CIRCUMSTANCES.upload, uploads=False, initial=initial
    )
    heading = None
    for block in checked_view(form.filling(said.script, circumstances))["blocks"]:
        heading = block["text"]["text"] if block["type"] == "header" else heading
        if fields.named("a.sh", block.get("block_id", "")) == "p":
            words = {"label": block["label"]["text"], "hint": block["hint"]["text"], "optional": block["optional"]}
            yield {**block["element"], **words, "heading": heading}


def in_short(value: object) -> object:
    """Options without what is the same in all of them."""
    match value:
        case list():
            return [in_short(each) for each in value]
        case {"text": {"text": text}, "value": found}:
            return {"text": text, "value": found}
        case _:
            return value


def invoked(said: Said) -> Invocation:
    values = said.script.parse(said.given)
    secrets = dict.fromkeys(said.script.secrets, "s3cret")
    return invocation(said.script, values, files=lambda _, name: f"/in/{name}", secrets=secrets)


@pytest.mark.parametrize("said", ROWS)
def test_form_shows_it(said: Said) -> None:
    found = list(shown(said))

    assert len(found) == bool(said.shows)
    for element in found:
        assert {name: in_short(element.get(name)) for name in said.shows} == said.shows


@pytest.mark.parametrize("said", ROWS)
def test_script_is_given_it(said: Said) -> None:
    given = invoked(said)

    assert (given.arguments, given.environment, given.stdin) == (said.arguments, said.environment, said.stdin)


@pytest.mark.parametrize("said", ROWS)
def test_other_values_are_refused(said: Said) -> None:
    for value in said.refuses:
        with pytest.raises(InvalidValues):
            said.script.parse({**said.given, "p": value})


def test_confirmation_before_an_action_is_asked_of_the_whole_script() -> None:
    said = Said(theirs="OliveTin: confirmation", lines="{confirm: 'Are you sure?'}\np - x")

    assert said.script.confirm == "Are you sure?"
