"""Fields for members of the workspace: chosen in Slack, known to scripts by the address that Slack confirms."""

import json

import pytest

from tests.support.machine.installation import Form
from tests.support.slack import payloads
from tests.support.slack.desk import Desk, press_on_job
from tests.support.slack.person import (
    ADMIN,
    BOT,
    DEACTIVATED,
    EXTERNAL,
    GUEST,
    MARIA,
    NO_EMAIL,
    TOM,
    UNCONFIRMED,
    YUKI,
    Person,
)

REFUSED = "Must be members of this workspace with an e-mail address: no bots, guests or others."


@pytest.fixture
def script(desk: Desk) -> str:
    return desk.write_script(
        "invite.sh",
        "host {type: user, default: requester.email} - who invites",
        "guests {type: user, multiple: true, required: false} - who is invited",
        "mail {type: email, default: requester.email} - where answers go",
        "count {type: integer, required: false} - how many",
    )


def test_whoever_opens_the_form_is_chosen_already(maria: Person, tom: Person, script: str) -> None:
    for person, email in ((maria, "maria@example.com"), (tom, "tom@example.com")):
        form = Form(person, script)

        assert (form.content("Host"), form.content("Guests"), form.content("Mail")) == (person.id, [], email)


def test_members_reach_the_job_by_their_addresses(desk: Desk, maria: Person, script: str) -> None:
    Form(maria, script).fill("Host", TOM).fill("Guests", [YUKI, MARIA]).submit()

    assert desk.jobs_of()[0].values == {
        "host": "tom@example.com",
        "guests": "yuki@example.com\nmaria@example.com",
        "mail": "maria@example.com",
    }


@pytest.mark.parametrize("user_id", [GUEST, BOT, DEACTIVATED, EXTERNAL, NO_EMAIL, UNCONFIRMED, "USLACKBOT", "U0NOBODY"])
def test_who_could_not_run_scripts_is_refused_under_the_field(
    desk: Desk, maria: Person, script: str, user_id: str
) -> None:
    before = desk.job_count()
    form = Form(maria, script)

    assert form.fill("Host", user_id).refused() == {"Host": REFUSED}
    assert form.fill("Host", TOM).fill("Guests", [YUKI, user_id]).refused() == {"Guests": REFUSED}

    assert desk.job_count() == before
    form.fill("Guests", [YUKI]).submit()


def test_people_are_refused_together_with_all_else_that_is_wrong(desk: Desk, maria: Person) -> None:
    desk.write_script(
        "party.sh", "host {type: user} - any", "word {pattern: '[a-z]+'} - any", "output - any", "ip {type: ip} - any"
    )
    form = Form(maria, "party").fill("Host", GUEST).fill("Word", "NO").fill("Output", "a/b").fill("Ip", "1.2")

    assert form.refused().keys() == {"Host", "Word", "Output", "Ip"}


@pytest.mark.parametrize("user_id", ["", "x", "<@U1>", "U0NOBODY\nU0TOM000002", "\u202e", "u0tom000002", "W" * 300])
def test_forged_id_of_a_person_is_no_person(desk: Desk, maria: Person, script: str, user_id: str) -> None:
    block = Form(maria, script).fields()["Host"]["block_id"]
    view = maria.top_view()
    entry = {block: {"user": {"type": "users_select", "selected_user": user_id}}}
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(view | {"state": {"values": view["state"]["values"] | entry}}))

    assert json.loads(response.body)["errors"].keys() == {block}
    assert desk.job_count() == before


def test_people_are_filled_in_again(desk: Desk, maria: Person, script: str) -> None:
    Form(maria, script).fill("Host", TOM).fill("Guests", [ADMIN, YUKI]).submit()

    again = Form(maria, script).fill_in("last:")
    desk.settle()
    assert (again.content("Host"), again.content("Guests")) == (TOM, [ADMIN, YUKI])
    maria.close()

    press_on_job(maria, desk.jobs_of()[0], "job.edit")
    edited = Form(maria)
    assert (edited.content("Host"), edited.content("Guests")) == (TOM, [ADMIN, YUKI])
    edited.submit()
    assert desk.jobs_of()[0].values == desk.jobs_of()[1].values


def test_person_can_be_typed_after_the_command_by_their_address(desk: Desk, maria: Person, script: str) -> None:
    form = Form(maria, f"{script} host=tom@example.com guests=yuki@example.com guests=ines@example.com")

    assert (form.content("Host"), form.content("Guests")) == (TOM, [YUKI, ADMIN])
