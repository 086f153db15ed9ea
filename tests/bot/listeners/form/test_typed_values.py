"""/runscript NAME KEY=VALUE …: the form opens filled in, and what cannot be filled in is named above it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.listeners.form import typed_values
from tests.support.machine.installation import Form, texts
from tests.support.scripts.hostile import LINES
from tests.support.slack.desk import Desk, requester
from tests.support.slack.drawn import markup
from tests.support.slack.person import GENERAL, TOM, Json, Person, wait_for

CALL = (
    "{title: Call}",
    "title {required: false} - any",
    "top {type: integer, min: 1, max: 100, default: 10} - any",
    "kinds {type: choice, choices: [red, green, blue], multiple: true, required: false} - any",
    "word-2 {required: false} - any",
    "input {required: false} - a file",
    "day {type: date, required: false} - any",
    "fast {type: boolean, required: false} - any",
)


@pytest.fixture(autouse=True)
def call(desk: Desk) -> None:
    desk.write_script("calls/call.sh", *CALL)


def told(person: Person) -> list[str]:
    """What stands above the form that a person has open, a sentence each."""
    first = person.top_view()["blocks"][0]
    return [f"{line}." for line in texts(first).removesuffix(".").split(". ")] if first["type"] == "rich_text" else []


def contents(form: Form) -> dict[str, object]:
    return {label: form.content(label) for label in form.labels()}


EMPTY: Json = {"Title": None, "Top": "10", "Kinds": [], "Word 2": None, "Input": None, "Day": None, "Fast": []}


@pytest.mark.parametrize(
    ("words", "filled"),
    [
        ("", {}),
        ("title=one", {"Title": "one"}),
        ('title="two words"', {"Title": "two words"}),
        ('title=two" "words', {"Title": "two words"}),
        ("title=“two words”", {"Title": "two words"}),
        ("title=„zwei Wörter“", {"Title": "zwei Wörter"}),
        ("title=«deux mots»", {"Title": "deux mots"}),
        ('"title=two words"', {"Title": "two words"}),
        ("title=a=b", {"Title": "a=b"}),
        ("TITLE=x Top=20", {"Title": "x", "Top": "20"}),
        ("top=20 title=x", {"Title": "x", "Top": "20"}),
        ("word-2=x", {"Word 2": "x"}),
        ("kinds=red kinds=blue", {"Kinds": ["red", "blue"]}),
        ("kinds=blue", {"Kinds": ["blue"]}),
        ("day=2026-03-04 fast=true", {"Day": "2026-03-04", "Fast": ["true"]}),
        ("title=it's", {"Title": "it's"}),
        ("   title=x    top=7   ", {"Title": "x", "Top": "7"}),
    ],
)
@pytest.mark.parametrize("name", ["call", "calls/call.sh", "CALL"])
def test_form_opens_filled_in_with_what_is_typed(
    maria: Person, name: str, words: str, filled: dict[str, object]
) -> None:
    form = Form(maria, f"{name} {words}")

    assert told(maria) == []
    assert contents(form) == EMPTY | filled


def test_what_is_typed_runs_as_it_was_typed(desk: Desk, maria: Person) -> None:
    Form(maria, 'call title="two words" top=20 kinds=red kinds=blue').submit()

    assert desk.jobs_of()[0].values == {"title": "two words", "top": "20", "kinds": "red\nblue", "fast": "false"}


@pytest.mark.parametrize(
    "line", [line for line in LINES if not any(mark in line for mark in '"\t') and len(line) < 3000]
)
def test_line_of_any_kind_is_filled_in_as_it_was_typed(maria: Person, line: str) -> None:
    form = Form(maria, f'call title="{line}"')

    assert form.content("Title") == line
    assert markup(maria.top_view()["blocks"][:3]) == []


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        ("titel=x", ["“titel” is no parameter of this script.", "Did you mean “title”?"]),
        ("zzz=x", ["“zzz” is no parameter of this script."]),
        ("top=many", ["top: must be a whole number from 1 to 100, not “many”."]),
        ("top=", ["top: is required."]),
        ("top=1000", ["top: must be a whole number from 1 to 100, not “1000”."]),
        ("kinds=grey", ["kinds: must be one of red, green, blue, not “grey”; did you mean “green”?"]),
        ("title=x stray", ["“stray” is no KEY=VALUE."]),
        ("title=x =y", ["“=y” is no KEY=VALUE."]),
        ("title=x 1=y", ["“1=y” is no KEY=VALUE."]),
        ("input=absent.fq", ["input: “absent.fq” is not in the inbox any more; choose another file."]),
        ("input=../x", ["input: must be the name of a file in the inbox, not “../x”."]),
        ("top=0 nothing=x", ["“nothing” is no parameter of this script.", "top: must be a whole number from 1 to 100"]),
    ],
)
def test_what_cannot_be_filled_in_is_named(maria: Person, words: str, sentences: list[str]) -> None:
    form = Form(maria, f"call {words}")

    above = " ".join(told(maria))
    assert all(sentence in above for sentence in sentences), above
    wanted = EMPTY | ({"Title": "x"} if "title=x" in words else {})
    assert contents(form) == wanted


def test_hostile_words_are_named_as_text(maria: Person) -> None:
    Form(maria, "call title=x <!channel>\u202e")

    assert r"“<!channel>\u202e” is no KEY=VALUE." in told(maria)
    assert markup(maria.top_view()["blocks"][:3]) == []


def test_a_thousand_words_are_told_as_far_as_there_is_room(maria: Person) -> None:
    Form(maria, "call title=x " + " ".join(f"word{number}" for number in range(300)))

    assert len(texts(maria.top_view()["blocks"][0])) <= 3000
    assert texts(maria.top_view()["blocks"][0]).endswith("…")


def test_file_of_ones_own_inbox_can_be_typed(desk: Desk, maria: Person, tom: Person) -> None:
    (desk.assembly.inbox.own_folder(requester()) / "typed.fq").write_text("a")

    assert Form(maria, "call input=~/typed.fq").content("Input") == "~/typed.fq"
    assert Form(tom, "call input=~/typed.fq").content("Input") is None
    assert "is not in your own inbox folder" in " ".join(told(tom))


def test_value_decides_which_fields_are_there(desk: Desk, maria: Person) -> None:
    desk.write_script("way.sh", "way {type: choice, choices: [air, sea]} - any", "port {when: {way: sea}} - any")

    form = Form(maria, "way.sh way=sea port=Kiel")

    assert [form.content(label) for label in form.labels()] == ["sea", "Kiel"]
    assert told(maria) == []


def test_choice_that_is_listed_elsewhere_is_checked(desk: Desk, maria: Person) -> None:
    (desk.scripts / "hosts.txt").write_text("alpha\nbeta\n")
    desk.write_script("on.sh", "host {type: choice, choices_from: {file: hosts.txt}} - any")

    assert Form(maria, "on.sh host=beta").content("Host") == "beta"
    assert told(maria) == []
    Form(maria, "on.sh host=gamma")
    assert told(maria) == ["host: must be one of alpha, beta, not “gamma”."]


def test_choice_that_is_listed_elsewhere_is_understood_by_its_label(desk: Desk, maria: Person) -> None:
    (desk.scripts / "colours.txt").write_text("db\tDark blue\nlb\tLight blue\nblue\tBlue\n")
    desk.write_script(
        "paint.sh",
        "colour {type: choice, choices_from: {file: colours.txt}} - any",
        "others {type: choice, multiple: true, required: false, choices_from: {file: colours.txt}} - any",
    )

    for typed in ('"Dark blue"', "dark-BLUE", "db"):
        assert Form(maria, f"paint.sh colour={typed}").content("Colour") == "db"
        assert told(maria) == []
    form = Form(maria, 'paint.sh colour=blue others="Light blue" others=db')
    assert (form.content("Colour"), form.content("Others"), told(maria)) == ("blue", ["lb", "db"], [])
    Form(maria, "paint.sh colour=dark")
    assert told(maria) == ["colour: must be one of db, lb, blue, not “dark”."]


def test_key_in_another_case_is_meant_only_where_none_is_written_like_it(desk: Desk, maria: Person) -> None:
    desk.write_script(
        "cases.sh",
        "a {required: false} - any",
        "A {label: Large, required: false} - any",
        "Word {required: false} - any",
    )

    form = Form(maria, "cases.sh a=one A=two wORD=three")

    assert (form.content("A"), form.content("Large"), form.content("Word")) == ("one", "two", "three")


def test_hidden_script_opens_by_its_name_alone(desk: Desk, maria: Person) -> None:
    desk.write_script("secretly.sh", "{hidden: true, title: Secretly}", "word - any")

    form = Form(maria, "secretly word=x")

    assert form.content("Word") == "x"
    assert maria.options("script", "runscript.choose", "secretly").get("option_groups", []) == []
    form.submit()
    assert desk.jobs_of()[0].values == {"word": "x"}


def answer(person: Person, words: str) -> str:
    """What a person alone is answered to a command that opens nothing."""
    seen = len(person.messages(GENERAL))
    person.command(f"/runscript {words}")
    found = wait_for(lambda: person.messages(GENERAL)[seen:], what="an answer")[-1]
    assert found["ephemeral"]
    assert person.views() == []
    return str(found["text"])


def test_broken_script_is_named_with_its_first_mistake(desk: Desk, maria: Person) -> None:
    desk.write_script("torn.sh", "word {type: txt} - any")

    assert answer(maria, "torn word=x").startswith(
        "The script “torn.sh” is broken and cannot be run: line 2: found “txt”"
    )


def test_unknown_script_opens_the_choice_with_the_nearest(maria: Person) -> None:
    maria.command("/runscript cal title=x")

    view = maria.top_view()
    assert "There is no script “cal”. Did you mean “calls/call.sh”?" in json.dumps(view, ensure_ascii=False)
    assert "calls/call.sh" in json.dumps([block.get("accessory") for block in view["blocks"]])
    assert view["submit"]["text"] == "Next"


def test_value_without_a_name_opens_the_choice_of_a_script(maria: Person) -> None:
    Form(maria, "title=x")

    assert maria.top_view()["submit"]["text"] == "Next"


def test_name_may_be_quoted_or_of_several_words(desk: Desk, maria: Person) -> None:
    desk.write_script("two words.sh", "title - any")

    assert Form(maria, "two words title=x").content("Title") == "x"
    assert Form(maria, '"two words" title=y').content("Title") == "y"


@pytest.mark.parametrize("text", ['"' * 3000, "a=" * 1500, 'a="' * 1000, " " * 3000, "=" * 3000, '"a b' * 700])
def test_words_of_any_kind_are_read_at_once(text: str) -> None:
    read = typed_values.read(text)

    assert sum(len(word.text) for word in read.words) <= 3000
    assert len(read.name_words()) == len(read.words)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    ["calls/call.sh " + "x " * 50_000, "calls/call.sh " + " ".join(f"k{n}=1" for n in range(20_000)), "x" * 100_000],
)
def test_hundred_thousand_characters_are_answered(desk: Desk, text: str) -> None:
    _, problems = typed_values.fitted(desk.script("calls/call.sh"), typed_values.read(text), str)

    assert len(problems) <= 50_000


def test_person_is_answered_while_a_pattern_meets_a_text_made_to_hold_it_up(desk: Desk, maria: Person) -> None:
    desk.write_script("calls/slow.sh", "code {pattern: '(a+)+b'} - any")
    form = Form(maria, "slow").fill("Code", "a" * 40)

    with ThreadPoolExecutor() as pool:
        refused = pool.submit(form.refused)
        opened = Form(desk.person(TOM), "call title=x").content("Title")

    assert (opened, refused.result()) == ("x", {"Code": f"Must match the pattern “(a+)+b”, not “{'a' * 40}”."})
