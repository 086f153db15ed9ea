"""The menu that fills a form in: as last time, from presets of one's own, as an example shows."""

import hashlib
import json
from typing import Any

import pytest

from runner.jobs import MAX_NAME, MAX_PRESETS
from runner.system.clock import system_clock
from tests.support.machine.installation import Form, texts
from tests.support.scripts.hostile import LINES
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, requester
from tests.support.slack.drawn import markup, nodes
from tests.support.slack.person import MARIA, TOM, Json, Person

LABEL_OF_NAME = "Save these values as"
DISH = (
    "{title: Dish, examples: {Green: {main: salad, spice: mint}, '<!channel> *b*': {main: '<@U1>'}}}",
    "main - what to cook",
    "size {type: choice, choices: [small, large], default: small} - how much of it",
    "spice {required: false, default: salt} - what goes in",
)


@pytest.fixture
def dish(desk: Desk, request: pytest.FixtureRequest) -> str:
    """The name of a script of which nobody has used anything yet."""
    name = f"dish-{hashlib.sha256(request.node.name.encode()).hexdigest()[:16]}.sh"
    return desk.write_script(name, *DISH)


def menu(form: Form) -> dict[str, list[str]]:
    """What the menu above the form offers, by group."""
    groups = [node for node in nodes(form.person.top_view()["blocks"]) if "options" in node and "label" in node]
    return {group["label"]["text"]: [each["text"]["text"] for each in group["options"]] for group in groups}


def take(desk: Desk, form: Form, group: str, entry: str) -> Form:
    """Choose an entry of the menu and wait until the form is drawn anew."""
    groups = [node for node in nodes(form.person.top_view()["blocks"]) if "options" in node and "label" in node]
    options = next(each["options"] for each in groups if each["label"]["text"] == group)
    value = next(option["value"] for option in options if option["text"]["text"] == entry)
    form.fill_in(value)
    desk.settle()
    return form


def contents(form: Form) -> list[Any]:
    return [form.content(label) for label in form.labels()]


def save(person: Person, script: str, name: str, main: str = "soup") -> None:
    """Run a script and save the values under a name."""
    Form(person, script).fill("Main", main).fill(LABEL_OF_NAME, name).submit()


# ---- as last time


def test_form_is_filled_in_as_last_time(desk: Desk, maria: Person, dish: str) -> None:
    form = Form(maria, dish)
    assert menu(form).keys() == {"Examples"}
    form.fill("Main", "soup").fill("Size", "large").fill("Spice", None).submit()
    again = Form(maria, dish)
    assert contents(again) == [None, "small", "salt"]
    again.fill("Main", "typed before")

    take(desk, again, "Yours", "As last time")

    assert contents(again) == ["soup", "large", None]
    again.submit()
    assert desk.jobs_of()[0].values == {"main": "soup", "size": "large"}


def test_last_time_is_of_one_person_and_one_script(desk: Desk, maria: Person, tom: Person, dish: str) -> None:
    other = desk.write_script(f"other-{dish}", *DISH)
    Form(maria, dish).fill("Main", "soup").submit()

    assert "Yours" not in menu(Form(tom, dish))
    assert "Yours" not in menu(Form(maria, other))
    assert menu(Form(maria, dish))["Yours"] == ["As last time"]


def test_last_time_is_the_newest_also_where_it_was_run_again(desk: Desk, maria: Person, dish: str) -> None:
    for main in ("soup", "bread"):
        Form(maria, dish).fill("Main", main).submit()

    form = take(desk, Form(maria, dish), "Yours", "As last time")

    assert form.content("Main") == "bread"


def test_values_decide_which_fields_are_filled_in(desk: Desk, maria: Person) -> None:
    name = desk.write_script(
        "way.sh",
        "way {type: choice, choices: [air, sea]} - how",
        "flight {when: {way: air}} - any",
        "port {when: {way: sea}} - any",
    )
    form = Form(maria, name).fill("Way", "sea")
    desk.settle()
    form.fill("Port", "Kiel").submit()

    again = take(desk, Form(maria, name), "Yours", "As last time")

    assert (again.labels(), contents(again)) == (["Way", "Port"], ["sea", "Kiel"])


def test_form_filled_in_follows_its_conditions_and_choices_still(desk: Desk, maria: Person) -> None:
    (desk.scripts / "towns.txt").write_text('echo "$SCRIPTRUNNER_VALUE_REGION town"\n')
    name = desk.write_script(
        "towns.sh",
        "region {type: choice, choices: [north, south]} - which",
        "town {type: choice, choices_from: {command: [sh, towns.txt]}, depends: [region]} - which",
    )
    form = Form(maria, name).fill("Region", "north")
    desk.settle()
    form.choose("Town", "north").submit()
    again = take(desk, Form(maria, name), "Yours", "As last time")
    assert contents(again) == ["north", "north town"]

    again.fill("Region", "south")
    desk.settle()

    assert contents(again) == ["south", None]
    again.choose("Town", "south").submit()
    assert desk.jobs_of()[0].values == {"region": "south", "town": "south town"}


# ---- presets of one's own


def test_values_are_saved_under_a_name_and_filled_in_from_it(desk: Desk, maria: Person, dish: str) -> None:
    save(maria, dish, "  Sunday  ", main="roast")
    save(maria, dish, "", main="soup")
    form = Form(maria, dish)
    assert menu(form)["Yours"] == ["As last time", "Sunday"]
    assert menu(form)["Delete a preset"] == ["Sunday"]

    assert take(desk, form, "Yours", "Sunday").content("Main") == "roast"

    assert take(desk, form, "Yours", "As last time").content("Main") == "soup"
    assert form.content(LABEL_OF_NAME) is None


def test_preset_of_the_same_name_is_replaced(desk: Desk, maria: Person, dish: str) -> None:
    for main in ("roast", "fish"):
        save(maria, dish, "Sunday", main=main)

    form = Form(maria, dish)

    assert menu(form)["Yours"] == ["As last time", "Sunday"]
    assert take(desk, form, "Yours", "Sunday").content("Main") == "fish"


def test_preset_is_deleted_and_what_was_typed_stays(desk: Desk, maria: Person, dish: str) -> None:
    for name in ("Sunday", "Monday"):
        save(maria, dish, name)
    form = Form(maria, dish).fill("Main", "typed before")

    take(desk, form, "Delete a preset", "Sunday")

    assert form.content("Main") == "typed before"
    assert menu(form)["Yours"] == ["As last time", "Monday"]
    assert menu(Form(maria, dish))["Delete a preset"] == ["Monday"]


def test_menu_stands_empty_again_once_it_was_used(desk: Desk, maria: Person, dish: str) -> None:
    save(maria, dish, "Sunday")
    form = Form(maria, dish)
    for group, entry in (("Yours", "As last time"), ("Yours", "Sunday"), ("Delete a preset", "Sunday")):
        take(desk, form, group, entry)

        states = [entry["runscript.fill"] for entry in maria.values().values() if "runscript.fill" in entry]
        assert [state["selected_option"] for state in states] == [None]


def test_preset_that_is_gone_meanwhile_leaves_the_form_as_it_is(desk: Desk, maria: Person, dish: str) -> None:
    save(maria, dish, "Sunday")
    form = Form(maria, dish).fill("Main", "typed before")
    script = desk.script(dish)
    desk.service.scripts.forget_preset(requester(), script, "Sunday")

    options = [node for node in nodes(maria.top_view()["blocks"]) if node.get("value") == "own:Sunday"]
    assert options
    form.fill_in("own:Sunday")
    desk.settle()

    assert form.content("Main") == "typed before"
    assert menu(form)["Yours"] == ["As last time"]


def test_presets_are_of_one_person_and_one_script(desk: Desk, maria: Person, tom: Person, dish: str) -> None:
    other = desk.write_script(f"other-{dish}", *DISH)
    save(maria, dish, "Sunday")
    save(tom, dish, "Sunday", main="of Tom")

    view = Form(tom, dish).person.top_view()
    for body in (fill(view, "forget:Sunday", user_id=TOM), fill(view, "own:Sunday", user_id=TOM)):
        desk.dispatch(body)
        desk.settle()

    assert menu(Form(maria, dish))["Yours"] == ["As last time", "Sunday"]
    assert "Yours" not in menu(Form(maria, other))
    assert "Sunday" not in menu(Form(tom, dish))["Yours"]


def fill(view: Json, value: str, *, user_id: str = MARIA) -> Json:
    body = payloads.press("runscript.fill", user_id=user_id, view=view)
    option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
    return body | {"actions": [body["actions"][0] | {"type": "static_select", "selected_option": option}]}


@pytest.mark.parametrize("value", ["", "own:", "own:x", "example:x", "forget:x", "forget:", "x", "\u202e", "last"])
def test_forged_choice_in_the_menu_leaves_the_form_before_the_person(
    desk: Desk, maria: Person, dish: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    form = Form(maria, dish).fill("Main", "typed before")

    desk.dispatch(fill(maria.top_view(), value))

    desk.settle()
    assert form.content("Main") == "typed before"
    assert not caplog.records


def test_twenty_five_presets_are_the_most_there_can_be(desk: Desk, maria: Person, dish: str) -> None:
    script = desk.script(dish)
    for number in range(MAX_PRESETS):
        desk.assembly.store.presets.save(MARIA, script.name, f"Preset {number:02}", {"main": "x"}, now=system_clock())
    before = desk.job_count()
    form = Form(maria, dish).fill("Main", "soup").fill(LABEL_OF_NAME, "One more")
    assert len(menu(form)["Yours"]) == MAX_PRESETS

    maria.submit()

    assert f"You have {MAX_PRESETS} presets of this script" in texts(maria.top_view())
    assert desk.job_count() == before
    maria.close()
    assert contents(form) == ["soup", "small", "salt"]
    form.fill(LABEL_OF_NAME, "Preset 07").submit()
    assert take(desk, Form(maria, dish), "Yours", "Preset 07").content("Main") == "soup"


NAMES = [line for line in LINES if len(line) <= MAX_NAME]
SHOWN = [name for name in NAMES if not any(character in "\t\x1b\x07\x08" for character in name)]


@pytest.mark.parametrize("name", [*SHOWN, "<!channel>", "<@U0MARIA0001> *b*", "own:x", "x" * MAX_NAME])
def test_preset_of_any_name_is_shown_as_text_and_works(desk: Desk, maria: Person, dish: str, name: str) -> None:
    save(maria, dish, name, main="roast")
    save(maria, dish, "", main="soup")
    kept = desk.service.scripts.presets(requester(), desk.script(dish))
    assert [preset.name for preset in kept] == ["", name.strip()]
    form = Form(maria, dish)
    assert name not in str(markup(maria.top_view()["blocks"]))

    form.fill_in(f"own:{name.strip()}")
    desk.settle()

    assert form.content("Main") == "roast"
    form.fill_in(f"forget:{name.strip()}")
    desk.settle()
    assert menu(form)["Yours"] == ["As last time"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SHOWN])
def test_name_with_control_characters_is_refused_in_words(desk: Desk, maria: Person, dish: str, name: str) -> None:
    before = desk.job_count()
    form = Form(maria, dish).fill("Main", "soup").fill(LABEL_OF_NAME, name)

    maria.submit()

    assert "The name of a preset must be one line of text without control characters." in texts(maria.top_view())
    assert desk.job_count() == before
    maria.close()
    assert form.content("Main") == "soup"


def test_name_that_is_too_long_is_refused_under_its_field(maria: Person, dish: str) -> None:
    form = Form(maria, dish).fill("Main", "soup").fill(LABEL_OF_NAME, "x" * (MAX_NAME + 1))

    assert form.refused().keys() == {LABEL_OF_NAME}


# ---- what no longer fits, and what is never kept


def test_kept_values_that_no_longer_fit_are_named_and_the_others_filled_in(
    desk: Desk, maria: Person, dish: str
) -> None:
    inbox = desk.assembly.inbox.folder
    (inbox / "reads.fq").write_text("a")
    before = ("main - any", "size {type: choice, choices: [small, huge]} - any", "input - a file", "old - any")
    desk.write_script(dish, *before)
    form = Form(maria, dish).fill("Main", "soup").fill("Size", "huge").fill("Old", "gone").choose("Input", "reads")
    form.fill(LABEL_OF_NAME, "Sunday").submit()
    (inbox / "reads.fq").unlink()
    desk.write_script(dish, "main - any", "size {type: choice, choices: [small, large]} - any", "input - a file")

    again = take(desk, Form(maria, dish), "Yours", "Sunday")

    assert contents(again) == ["soup", None, None]
    told = texts(maria.top_view())
    assert "size: must be one of small, large, not “huge”." in told
    assert "input: “reads.fq” is not in the inbox any more; choose another file." in told
    assert "old: is not a parameter of this script." in told
    assert "main:" not in told


def test_values_that_fit_are_filled_in_without_a_word(desk: Desk, maria: Person, dish: str) -> None:
    save(maria, dish, "Sunday")
    before = texts(Form(maria, dish).person.top_view()).splitlines()[0]

    take(desk, Form(maria, dish), "Yours", "Sunday")

    assert texts(maria.top_view()).splitlines()[0] == before


def test_secret_is_neither_asked_for_nor_kept(desk: Desk, maria: Person) -> None:
    name = desk.write_script("signed.sh", "main - any", "token {secret: API_TOKEN, env: TOKEN} - what opens the door")
    form = Form(maria, name)
    assert form.labels() == ["Main"]

    form.fill("Main", "soup").fill(LABEL_OF_NAME, "Sunday").submit()

    assert desk.jobs_of()[0].values == {"main": "soup"}
    kept = desk.service.scripts.presets(requester(), desk.script(name))
    assert [dict(preset.values) for preset in kept] == [{"main": "soup"}, {"main": "soup"}]


def test_forged_secret_is_refused(desk: Desk, maria: Person) -> None:
    name = desk.write_script("signed.sh", "main - any", "token {secret: API_TOKEN, env: TOKEN} - any")
    form = Form(maria, name).fill("Main", "soup")
    view = maria.top_view()
    block = form.fields()["Main"]["block_id"].replace(".main", ".token")
    entry = {block: {"text": {"type": "plain_text_input", "value": "canary-7f3a"}}}
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(view | {"state": {"values": view["state"]["values"] | entry}}))

    assert "The script has changed" in response.body
    assert "canary-7f3a" not in response.body
    assert desk.job_count() == before
    assert not [path for path in desk.scripts.parent.rglob("*.db*") if b"canary-7f3a" in path.read_bytes()]


# ---- examples


def test_example_fills_in_the_form_as_its_script_says(desk: Desk, maria: Person, dish: str) -> None:
    form = Form(maria, dish).fill("Main", "typed before")
    assert menu(form) == {"Examples": ["Green", "<!channel> *b*"]}

    take(desk, form, "Examples", "Green")

    assert contents(form) == ["salad", None, "mint"]
    assert form.refused().keys() == {"Size"}
    form.fill("Size", "large").submit()
    assert desk.jobs_of()[0].values == {"main": "salad", "size": "large", "spice": "mint"}


def test_example_of_a_hostile_name_is_text(desk: Desk, maria: Person, dish: str) -> None:
    form = take(desk, Form(maria, dish), "Examples", "<!channel> *b*")

    assert form.content("Main") == "<@U1>"
    assert markup(maria.top_view()["blocks"]) == []


def test_choosing_twice_fills_in_twice(desk: Desk, maria: Person, dish: str) -> None:
    form = Form(maria, dish)
    for _ in range(2):
        take(desk, form, "Examples", "Green")
        assert form.content("Main") == "salad"
        form.fill("Main", "typed over it")

    take(desk, form, "Examples", "<!channel> *b*")

    assert form.content("Main") == "<@U1>"
    assert json.loads(maria.top_view()["private_metadata"])["script"] == dish


def test_star_of_a_form_makes_its_script_a_favourite_and_keeps_what_was_typed(desk: Desk, maria: Person) -> None:
    desk.write_script("zz-starred.sh", "word {required: false} - one")
    form = Form(maria, "zz-starred").fill("Word", "typed before")
    (row,) = [block for block in maria.top_view()["blocks"] if "runscript.star" in str(block)]

    assert maria.press(maria.in_view(), row["block_id"], "runscript.star") == {"ok": True}

    maria.wait_for(lambda: "★ Remove from favourites" in str(maria.top_view()), what="a star")
    assert form.content("Word") == "typed before"
    first = maria.options("script", "runscript.choose")["option_groups"][0]
    assert (first["label"]["text"], first["options"][0]["value"]) == ("★ Favourites", "zz-starred.sh")
    (row,) = [block for block in maria.top_view()["blocks"] if "runscript.star" in str(block)]
    maria.press(maria.in_view(), row["block_id"], "runscript.star")
    maria.wait_for(lambda: "☆ Add to favourites" in str(maria.top_view()), what="no star")
    assert "Favourites" not in str(maria.options("script", "runscript.choose")["option_groups"][0]["label"])
