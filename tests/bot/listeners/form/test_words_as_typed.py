"""/runscript as people, their phones and Slack write it: the script that was meant opens, with what was understood."""

# ruff: noqa: RUF001  # what keyboards write instead of ASCII is what is tried

from typing import Any

import pytest

from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Desk
from tests.support.slack.person import MARIA, TOM, Person

ARGS = (
    "{title: Arguments}",
    "name {required: false, flag: -N} - any",
    "top {type: integer, required: false, flag: --top-words} - any",
    "first_name {required: false, label: First name} - any",
    "kinds {type: choice, choices: {red: Rouge, green: Vert}, multiple: true, required: false} - any",
    "fast {type: boolean, required: false} - any",
    "to {type: email, required: false} - any",
    "page {type: url, required: false} - any",
    "who {type: user, required: false} - any",
    "day {type: date, required: false} - any",
    "at {type: time, required: false} - any",
    "share {type: number, required: false} - any",
)
PROJECT = """#!/bin/bash
# @cmd Build it
# @option --name
build() { :; }
# @cmd Test it
test() { :; }
eval "$(argc --argc-eval "$0" "$@")"
"""
NBSP, ZERO_WIDTH = "\u00a0", "\u200b"


@pytest.fixture(autouse=True)
def args(desk: Desk) -> None:
    desk.write_script("tools/args.sh", *ARGS)


def told(person: Person) -> str:
    """What stands above the form that a person has open."""
    first = person.top_view()["blocks"][0]
    return texts(first) if first["type"] == "rich_text" else ""


def filled(form: Form) -> dict[str, Any]:
    """What stands in the form's fields, of those that are not empty."""
    return {label: form.content(label) for label in form.labels() if form.content(label) not in (None, [], "")}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        *[
            (f"name={opens}a b{closes}", "a b")
            for opens, closes in [("'", "'"), ("‘", "’"), ("’", "’"), ("‚", "‘"), ("‹", "›"), ("`", "`")]
        ],
        *[
            (f"name={opens}a b{closes}", "a b")
            for opens, closes in [('"', '"'), ("“", "”"), ("”", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«")]
        ],
        (f"name=«{NBSP}a b{NBSP}»", "a b"),
        ('name=“a b"', "a b"),
        ("'name=a b'", "a b"),
        ("name=it's", "it's"),
        ("name=O'Brien", "O'Brien"),
        ("name=O’Brien", "O’Brien"),
        ("name='it's fine'", "it's fine"),
        ("name=‘it’s fine’", "it’s fine"),
        ('name="it\'s fine"', "it's fine"),
        ("name='say \"hi\" now'", 'say "hi" now'),
        ("name='tis", "'tis"),
        ("name=dogs'", "dogs'"),
        ('name=5"', '5"'),
        ('name=""', None),
        ("--name=x", "x"),
        ("--name x", "x"),
        ("—name=x", "x"),
        ("—name x", "x"),
        ("–name=x", "x"),
        ("-name x", "x"),
        ("-N x", "x"),
        ("-Nx", "x"),
        ("-N=x", "x"),
        ("name: x", "x"),
        ("name:x", "x"),
        ("Name : x", "x"),
        ("name = x", "x"),
        ("name= x", "x"),
        ("name =x", "x"),
        ("name＝x", "x"),
        ("name：x", "x"),
        ("NAME=x", "x"),
        ("Name='x y'", "x y"),
        (f"{ZERO_WIDTH}name{ZERO_WIDTH}=x", "x"),
        ("ｎａｍｅ=x", "x"),
        ("name==x", "=x"),
        ("name=a=b", "a=b"),
        ("name=-5", "-5"),
        ("--name -5", "-5"),
        ("name\n=\nx", "x"),
        ("name=http://x.example:80/?a=b", "http://x.example:80/?a=b"),
        ("name=a;b", "a;b"),
        ("name=“smart ‘in’ it”", "smart ‘in’ it"),
        ("name=<@U1|tom>", "@tom"),
        ("name=<#C1|general>", "#general"),
        ("name=<!here|here>", "@here"),
        ("name='<!date^1767225600^{date_num} at {time}|2026-01-01>'", "2026-01-01"),
        ("name=<!date^1767225600^{date_num} at {time}|2026-01-01>", "2026-01-01"),
        ("name=<http://x.example|x.example>", "x.example"),
        ("name=<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("name=R&amp;D", "R&D"),
        ("name=a&lt;b&gt;c", "a<b>c"),
        ("name=R&D", "R&D"),
        ("name='R&D &amp;'", "R&D &amp;"),
    ],
)
def test_text_is_what_was_typed_however_it_was_written(maria: Person, words: str, value: str | None) -> None:
    form = Form(maria, f"args {words}")

    assert filled(form) == ({} if value is None else {"Name": value})
    assert told(maria) == ""


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("First name=Ada", {"First name": "Ada"}),
        ("first name: Ada name: x", {"First name": "Ada", "Name": "x"}),
        ("First_Name=Ada", {"First name": "Ada"}),
        ("first-name=Ada", {"First name": "Ada"}),
        ("firstname=Ada", {"First name": "Ada"}),
        ("'First name=Ada Lovelace'", {"First name": "Ada Lovelace"}),
        ("--first-name Ada --top-words 3", {"First name": "Ada", "Top": "3"}),
        ("--topwords=3", {"Top": "3"}),
        ("name=x\ntop=3", {"Name": "x", "Top": "3"}),
        ("name: x\ntop: 3", {"Name": "x", "Top": "3"}),
        ("\nname: Ada Lovelace\ntop: 3", {"Name": "Ada Lovelace", "Top": "3"}),
        ("\nFirst name: Ada  Maria\nname = x y", {"First name": "Ada Maria", "Name": "x y"}),
        ("\nname: x top: 3", {"Name": "x", "Top": "3"}),
        ("name=x; top=3", {"Name": "x", "Top": "3"}),
        ("name=x, top=3", {"Name": "x", "Top": "3"}),
        ("name=x;top=3", {"Name": "x", "Top": "3"}),
        ("--fast --name x", {"Fast": ["true"], "Name": "x"}),
        ("fast=yes", {"Fast": ["true"]}),
        ("fast=On", {"Fast": ["true"]}),
        ("fast=✅", {"Fast": ["true"]}),
        ("fast name=x", {"Fast": ["true"], "Name": "x"}),
        ("top=20,", {"Top": "20"}),
        ("top=20.", {"Top": "20"}),
        ("at=0930", {"At": "09:30"}),
        ("--no-fast", {}),
        ("--fast no name=x", {"Name": "x"}),
        ("kinds=red,green", {"Kinds": ["red", "green"]}),
        ("kinds='red, green'", {"Kinds": ["red", "green"]}),
        ("kinds=RED kinds=vert", {"Kinds": ["red", "green"]}),
        ("top=1 000", {"Top": "1"}),
        ("top='1 000'", {"Top": "1000"}),
        (f"top=“1{chr(0x202F)}000”", {"Top": "1000"}),
        ("top=−5", {"Top": "-5"}),
        ("top=–5", {"Top": "-5"}),
        ("top=５", {"Top": "5"}),
        ("top=1,234,567", {"Top": "1234567"}),
        ("top=5;", {"Top": "5"}),
        ("share=3,5", {"Share": "3.5"}),
        ("share=−0,5", {"Share": "-0.5"}),
        ("share=1.234,5", {"Share": "1234.5"}),
        ("share=1,234.5", {"Share": "1234.5"}),
        ("day=1.12.2026", {"Day": "2026-12-01"}),
        ("day=2026/12/1", {"Day": "2026-12-01"}),
        ("day=31/12/2026", {"Day": "2026-12-31"}),
        ("day=12/31/2026", {"Day": "2026-12-31"}),
        ("day=2026–12–01", {"Day": "2026-12-01"}),
        ("at=9.30", {"At": "09:30"}),
        ("at=9:30", {"At": "09:30"}),
        ("at='9:30 pm'", {"At": "21:30"}),
        ("at=12am", {"At": "00:00"}),
        ("to=<mailto:a@b.example|a@b.example>", {"To": "a@b.example"}),
        ("to=mailto:a@b.example", {"To": "a@b.example"}),
        ("to='a@b.example '", {"To": "a@b.example"}),
        ("to='Ada <a@b.example>'", {"To": "a@b.example"}),
        ("to=a@b.example,", {"To": "a@b.example"}),
        ("page=<http://x.example|x>", {"Page": "http://x.example"}),
        ("page=<https://x.example/?a=1&amp;b=2>", {"Page": "https://x.example/?a=1&b=2"}),
        ("page=https://x.example/?a=1", {"Page": "https://x.example/?a=1"}),
        (f"who=<@{MARIA}|maria>", {"Who": MARIA}),
        (f"who=<@{TOM}>", {"Who": TOM}),
        ("who=tom@example.com", {"Who": TOM}),
        ("name=x name=", {}),
    ],
)
def test_values_are_understood_however_they_are_written(maria: Person, words: str, values: dict[str, Any]) -> None:
    assert filled(Form(maria, f"args {words}")) == values


@pytest.mark.parametrize(
    ("words", "sentence", "values"),
    [
        ("Ada", "“Ada” is no KEY=VALUE.", {}),
        ("name=two words", "“words” is no KEY=VALUE.", {"Name": "two"}),
        ("--nmae=x name=y", "“--nmae” is no parameter of this script. Did you mean “name”?", {"Name": "y"}),
        ("-n x", "“-n” is no parameter of this script.", {}),
        ("nmae: x", "“nmae:” is no KEY=VALUE.", {}),
        ("kinds=gren", "kinds: must be one of red, green, not “gren”; did you mean “green”?", {}),
        ("name=x name=y", "name is given more than once: “y” counts.", {"Name": "y"}),
        ("--name", "“--name” is no KEY=VALUE.", {}),
        ("name=x; rm -rf /", "“-rf” is no parameter of this script.", {"Name": "x;"}),
        ("top=1,000", "top: must be a whole number, not “1,000”.", {}),
        ("day=1/2/2026", "day: must be a date (YYYY-MM-DD), not “1/2/2026”.", {}),
        ("day=31.2.2026", "day: must be a date (YYYY-MM-DD), not “31.2.2026”.", {}),
        ("at=25:00", "at: must be a time of day (HH:MM), not “25:00”.", {}),
        ("who=@tom", "who: must be an e-mail address such as ada@example.com, not “@tom”.", {}),
        ("who=<@U0NOBODY000|nobody>", "who: ", {}),
        ("name='a b", "“b” is no KEY=VALUE.", {"Name": "'a"}),
    ],
)
def test_what_is_not_understood_is_named_in_the_form(
    maria: Person, words: str, sentence: str, values: dict[str, Any]
) -> None:
    form = Form(maria, f"args {words}")

    assert sentence in told(maria)
    assert filled(form) == values


@pytest.mark.parametrize(
    "name",
    [
        *(
            "word_count",
            "word_count.",
            "word_count,",
            "word count",
            "Word Count",
            "word-count",
            "word–count",
            "wordcount",
        ),
        *(
            "WORD_COUNT",
            "word_count.sh",
            "`word_count`",
            "*word_count*",
            "_word_count_",
            "~word_count~",
            "“word_count”",
        ),
        *(
            "'word count'",
            "ｗｏｒｄ_count",
            f"word{NBSP}count",
            f"word_{ZERO_WIDTH}count",
            "<http://word_count.sh|word_count.sh>",
        ),
        *(
            "texts/word_count",
            "texts/word_count.sh",
            "./texts/word_count.sh",
            "/texts/word_count",
            "Counting words",
            "counting WORDS",
        ),
        *(
            "run word_count",
            "please word_count",
            "/runscript word_count",
            "word_count now",
            "word_count:",
            "word\u00adcount",
        ),
        *("word_count please", "title=x word_count", "```word_count```", "word  count", "word\ncount"),
    ],
)
def test_script_is_found_however_its_name_is_written(desk: Desk, maria: Person, name: str) -> None:
    desk.write_script("texts/word_count.sh", "{title: Counting words}", "title {required: false} - any")

    Form(maria, f"{name} title=x")

    assert '"texts/word_count.sh"' in maria.top_view()["private_metadata"]


@pytest.mark.parametrize(
    ("options", "entered", "value"),
    [
        ("type: integer, multiple: true", "1 000\n−5\n５", "1000\n-5\n5"),
        ("type: number, multiple: true", "3,5\n1.234,5", "3.5\n1234.5"),
        ("type: email, multiple: true", "Ada <ada@example.com>\nmailto:b@c.example", "ada@example.com\nb@c.example"),
        (
            "type: url, multiple: true",
            "<https://x.example>\n https://y.example ",
            "https://x.example\nhttps://y.example",
        ),
        ("type: ip", f"10.0.0.1{NBSP}", "10.0.0.1"),
        ("type: text", "“smart” ‘quotes’ — and 1 000", "“smart” ‘quotes’ — and 1 000"),
        ("type: multiline", f" a{ZERO_WIDTH}b ", f" a{ZERO_WIDTH}b "),
    ],
)
def test_field_takes_what_was_surely_meant(desk: Desk, maria: Person, options: str, entered: str, value: str) -> None:
    desk.write_script("one.sh", f"asked {{{options}}} - any")

    Form(maria, "one.sh").fill("Asked", entered).submit()

    assert desk.jobs_of()[0].values == {"asked": value}


@pytest.mark.parametrize(
    ("options", "typed", "value"),
    [
        ("type: integer, suggestions: ['1', '2']", "1 000", "1000"),
        ("type: number, suggestions: ['1']", "−0,5", "-0.5"),
    ],
)
def test_what_is_typed_into_a_menu_is_what_was_surely_meant(
    desk: Desk, maria: Person, options: str, typed: str, value: str
) -> None:
    desk.write_script("one.sh", f"asked {{{options}}} - any")

    Form(maria, "one.sh").choose("Asked", typed).submit()

    assert desk.jobs_of()[0].values == {"asked": value}


@pytest.mark.parametrize(
    ("options", "entered", "problem"),
    [
        ("type: integer, multiple: true", "1,000", "Must be a whole number, not"),
        ("type: number, multiple: true", "1,000", "Must be a number, not"),
        (
            "type: email, multiple: true",
            "a@b.c, d@b.c",
            "Must be an e-mail address such as ada@example.com, not",
        ),
        (
            "type: url, multiple: true",
            "x.c/page",
            "Must be an address such as https://example.com/page, not",
        ),
    ],
)
def test_field_refuses_what_could_be_meant_in_two_ways(
    desk: Desk, maria: Person, options: str, entered: str, problem: str
) -> None:
    desk.write_script("one.sh", f"asked {{{options}}} - any")

    assert Form(maria, "one.sh").fill("Asked", entered).refused() == {"Asked": f"{problem} “{entered}”."}


@pytest.mark.parametrize(
    "typed", ["wordcount", "word–count", "Word-Count.", "“word count”", "ｗｏｒｄ count", "count words"]
)
def test_script_is_offered_however_its_name_is_typed(desk: Desk, maria: Person, typed: str) -> None:
    desk.write_script("texts/word_count.sh", "{title: Counting words}")
    Form(maria, "args")

    found = maria.options("script", "runscript.choose", typed)

    assert [option["value"] for group in found["option_groups"] for option in group["options"]] == [
        "texts/word_count.sh"
    ]


def test_nothing_is_offered_for_signs_alone(maria: Person) -> None:
    Form(maria, "args")

    assert maria.options("script", "runscript.choose", "…!?") == {"ok": True, "options": []}


@pytest.mark.parametrize(
    ("typed", "name", "values"),
    [
        ("project build", "own/project.sh build", {}),
        ("project build name=x", "own/project.sh build", {"Name": "x"}),
        ("project.sh build name=x", "own/project.sh build", {"Name": "x"}),
        ("own/project.sh build --name x", "own/project.sh build", {"Name": "x"}),
        ("own/project build", "own/project.sh build", {}),
        ("Project Build", "own/project.sh build", {}),
        ("`project build`", "own/project.sh build", {}),
        ("`project build name=x`", "own/project.sh build", {"Name": "x"}),
        ("project-build", "own/project.sh build", {}),
        ("project test", "own/project.sh test", {}),
    ],
)
def test_most_words_that_name_a_script_are_its_name(
    desk: Desk, maria: Person, typed: str, name: str, values: dict[str, Any]
) -> None:
    path = desk.scripts / desk.write_script("own/project.sh")
    path.write_text(PROJECT)

    form = Form(maria, typed)

    assert f'"{name}"' in maria.top_view()["private_metadata"]
    assert filled(form) == values
