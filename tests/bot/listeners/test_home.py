"""The Home tab in somebody's hands: scripts are found and opened there, files are brought, administrators see more."""

import json

import pytest

from tests.support.machine.installation import Form
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, requester
from tests.support.slack.person import ADMIN, Json, Person


def opened(person: Person) -> Json:
    """The tab as it is drawn when the person opens it now."""
    before = person.home()
    person.open_home()
    home = person.wait_for(lambda: person.home() != before and person.home(), what="a Home tab drawn anew")
    assert home
    return home


def press(person: Person, home: Json, action_id: str) -> None:
    block = next(block for block in home["blocks"] if f'"{action_id}"' in json.dumps(block))
    assert person.press(person.in_home(), block["block_id"], action_id) == {"ok": True}


def test_script_is_found_by_typing_and_its_form_opens(desk: Desk, maria: Person) -> None:
    home = opened(maria)
    block = next(block for block in home["blocks"] if "home.find" in json.dumps(block))
    groups = maria.options(block["block_id"], "home.find", "greet", maria.in_home())["option_groups"]
    assert [option["value"] for group in groups for option in group["options"]] == ["greet.sh"]

    maria.press(maria.in_home(), block["block_id"], "home.find", "greet.sh")

    assert "Name" in Form(maria).fields()
    maria.wait_for(lambda: "greet.sh" not in json.dumps((maria.home() or {})["state"]), what="an empty menu")


def test_favourite_is_opened_by_one_press(desk: Desk, maria: Person) -> None:
    desk.service.menus.add_favourite(requester(), desk.script("greet.sh"))

    press(maria, opened(maria), "runscript.run.0")

    assert "Name" in Form(maria).fields()
    desk.service.menus.remove_favourite(requester(), desk.script("greet.sh"))


def test_how_files_are_brought_is_told(maria: Person) -> None:
    press(maria, opened(maria), "home.bring")

    told = json.dumps(maria.top_view())
    assert maria.top_view()["title"]["text"] == "Bring files"
    assert "scp" in told
    assert "under Messages" in told


def test_administrator_sees_the_machine_and_nobody_else(desk: Desk, maria: Person, ines: Person) -> None:
    desk.write_script("torn.sh", "word {typ: text} - any")

    theirs, own = json.dumps(opened(maria)), json.dumps(opened(ines))

    assert "The machine" not in theirs
    assert "The machine" in own
    assert "torn.sh" in own
    assert ines.id == ADMIN


@pytest.mark.parametrize("chosen", [None, {}, {"value": 7}, {"value": "gone.sh"}, {"value": "x" * 150}])
def test_choice_of_a_script_that_is_gone_is_told_so(desk: Desk, maria: Person, chosen: object) -> None:
    body = payloads.press("home.find")
    body["actions"][0] |= {"type": "external_select", "selected_option": chosen}
    url = desk.answers.to(f"find-{abs(hash(str(chosen)))}")

    desk.dispatch(body | {"response_url": url})

    assert "cannot be run any more" in desk.answers.wait(url.rpartition("/")[2])["text"]
