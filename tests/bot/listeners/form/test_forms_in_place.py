"""Forms that change in place: fields that come and go with their conditions, choices that follow other values."""

import json
import random
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from slack_bolt import Ack, Respond
from slack_sdk.models.views import View

from bot.listeners.form.view_updates import ViewUpdates
from bot.slack.interaction import Interaction
from bot.slack.modals import TriggeredModal
from bot.slack.replies import Reply
from bot.views.form import waiting
from runner.scripts.parameters import TYPES
from tests.support.machine.installation import Form, texts
from tests.support.slack import payloads
from tests.support.slack.desk import Desk
from tests.support.slack.person import TOM, Json, Person

SHIP = (
    "{title: Ship}",
    "name - whose it is",
    "way {type: choice, choices: [air, sea, road]} - how it goes",
    "flight {when: {way: air}, default: LH1} - the number of the flight",
    "port {when: {way: sea}} - where it lands",
    "gate {when: {port: Hamburg}} - at which gate",
    "crew {type: integer, when: {way: [sea, road]}, default: 5} - how many go along",
)
CITIES = (
    'case "$SCRIPTRUNNER_VALUE_REGION" in north) printf "Kiel\\nBremen\\n" ;; south) printf "Ulm\\nHof\\n" ;; esac\n'
)
TRAVEL = (
    "{title: Travel}",
    "name {required: false} - whose it is",
    "region {type: choice, choices: [north, south], default: north} - where it is",
    "city {type: choice, choices_from: {command: [sh, cities.txt]}, depends: [region]} - which town",
)


@pytest.fixture
def ship(desk: Desk, maria: Person) -> Form:
    desk.write_script("ship.sh", *SHIP)
    return Form(maria, "ship")


@pytest.fixture
def travel(desk: Desk, maria: Person) -> Form:
    (desk.scripts / "cities.txt").write_text(CITIES)
    desk.write_script("travel.sh", *TRAVEL)
    return Form(maria, "travel")


def settled(desk: Desk, form: Form, label: str, value: Any, *, enter: bool = False) -> Form:
    """The form after a value was entered and all that follows from it was drawn."""
    form.fill(label, value, enter=enter)
    desk.settle()
    return form


# ---- conditions


def test_field_is_there_only_with_its_condition_and_what_was_typed_stays(desk: Desk, ship: Form) -> None:
    ship.fill("Name", "Ada")
    assert ship.labels() == ["Name", "Way"]

    assert settled(desk, ship, "Way", "air").labels() == ["Name", "Way", "Flight"]
    ship.fill("Flight", "BA2")
    assert settled(desk, ship, "Way", "sea").labels() == ["Name", "Way", "Port", "Crew"]
    assert (ship.content("Name"), ship.content("Crew"), ship.content("Port")) == ("Ada", "5", None)
    ship.fill("Crew", "7")
    assert settled(desk, ship, "Way", "road").labels() == ["Name", "Way", "Crew"]

    assert ship.content("Crew") == "7"
    ship.submit()
    assert desk.jobs_of()[0].values == {"name": "Ada", "way": "road", "crew": "7"}


def test_field_that_comes_again_starts_with_its_default(desk: Desk, ship: Form) -> None:
    settled(desk, ship, "Way", "air").fill("Flight", "BA2")
    settled(desk, ship, "Way", "road")

    settled(desk, ship, "Way", "air")

    assert ship.content("Flight") == "LH1"


def test_required_field_is_required_only_while_it_is_there(desk: Desk, ship: Form) -> None:
    ship.fill("Name", "Ada")
    assert settled(desk, ship, "Way", "sea").refused().keys() == {"Port"}

    settled(desk, ship, "Way", "air").submit()

    assert desk.jobs_of()[0].values == {"name": "Ada", "way": "air", "flight": "LH1"}


def test_field_that_waits_for_a_field_that_waits_goes_with_it(desk: Desk, ship: Form) -> None:
    settled(desk, ship, "Way", "sea")
    settled(desk, ship, "Port", "Hamburg", enter=True)
    assert ship.labels() == ["Name", "Way", "Port", "Gate", "Crew"]

    assert settled(desk, ship, "Way", "air").labels() == ["Name", "Way", "Flight"]


def test_form_submitted_without_the_fields_that_belong_to_it_now_is_drawn_with_them(desk: Desk, ship: Form) -> None:
    settled(desk, ship.fill("Name", "Ada"), "Way", "sea")
    before = desk.job_count()
    ship.fill("Port", "Hamburg")  # without Enter, Slack tells of it only with the form

    assert ship.person.submit() == {"ok": True, "closed": False}

    assert desk.job_count() == before
    assert ship.labels() == ["Name", "Way", "Port", "Gate", "Crew"]
    assert "Other fields belong to what you chose" in texts(ship.person.top_view())
    assert (ship.content("Name"), ship.content("Port"), ship.content("Crew")) == ("Ada", "Hamburg", "5")
    ship.fill("Gate", "9").submit()
    assert desk.jobs_of()[0].values["gate"] == "9"


def test_forged_value_of_a_field_that_is_not_there_is_refused(desk: Desk, ship: Form) -> None:
    settled(desk, ship.fill("Name", "Ada"), "Way", "sea")
    port = ship.fields()["Port"]["block_id"]
    settled(desk, ship, "Way", "road")
    view = ship.person.top_view()
    before = desk.job_count()
    smuggled = {port: {"text": {"type": "plain_text_input", "value": "Hamburg"}}}

    response = desk.dispatch(payloads.submission(view | {"state": {"values": view["state"]["values"] | smuggled}}))

    assert "The script has changed" in response.body
    assert desk.job_count() == before


WATCHED: dict[str, tuple[str, str, Any]] = {
    "text": ("", "x", "x"),
    "multiline": ("", "x", "x"),
    "integer": ("", "7", "7"),
    "number": ("", "0.5", "0.5"),
    "boolean": ("", "true", ["true"]),
    "choice": (", choices: [s, l], multiple: true", "l", ["s", "l"]),
    "date": ("", "2026-03-04", "2026-03-04"),
    "time": ("", "10:30", "10:30"),
    "datetime": ("", "2026-03-04T10:00Z", 1_772_618_400),
    "email": ("", "ada@example.com", "ada@example.com"),
    "url": ("", "https://example.com/", "https://example.com/"),
    "ip": ("", "10.0.0.1", "10.0.0.1"),
    "user": ("", "tom@example.com", TOM),
    "input": ("", "reads.fq", "reads.fq"),
    "output": (", advanced: false", "x.txt", "x.txt"),
}
"""By type: options, the value that another field waits for, and what a person enters for it."""


@pytest.mark.parametrize("kind", TYPES)
def test_field_can_wait_for_a_value_of_any_type(desk: Desk, maria: Person, kind: str) -> None:
    options, awaited, entered = WATCHED[kind]
    (desk.assembly.inbox.folder / "reads.fq").write_text("a")
    desk.write_script(
        "waits.sh",
        f"first {{type: {kind}{options}, required: false}} - any",
        f"second {{when: {{first: {json.dumps(awaited)}}}}} - any",
    )
    form = Form(maria, "waits")
    assert form.labels() == ["First"]
    if kind == "input":
        form.offered("First", "reads")

    settled(desk, form, "First", entered, enter=True)

    assert form.labels() == ["First", "Second"]
    assert form.content("First") == entered
    form.fill("Second", "x").submit()
    assert awaited in desk.jobs_of()[0].values["first"].split("\n")


# ---- choices that depend on choices


def test_choices_follow_the_value_on_which_they_depend(desk: Desk, travel: Form) -> None:
    assert travel.offered("City") == ["Kiel", "Bremen"]
    travel.fill("Name", "Ada").choose("City", "brem")
    assert travel.content("City") == "Bremen"

    settled(desk, travel, "Region", "south")

    assert (travel.content("Name"), travel.content("City")) == ("Ada", None)
    assert travel.offered("City") == ["Ulm", "Hof"]
    assert travel.refused().keys() == {"City"}
    travel.choose("City", "ulm").submit()
    assert desk.jobs_of()[0].values == {"name": "Ada", "region": "south", "city": "Ulm"}


def test_choice_stays_while_what_it_depends_on_stays(desk: Desk, travel: Form) -> None:
    travel.choose("City", "kiel")

    settled(desk, travel, "Region", "north")

    assert travel.content("City") == "Kiel"


def test_choice_of_another_region_is_refused_under_its_field(desk: Desk, travel: Form) -> None:
    travel.choose("City", "kiel")
    view = travel.person.top_view()
    block = travel.fields()["City"]
    forged = {"text": {"type": "plain_text", "text": "Ulm"}, "value": "Ulm"}
    entry = {block["block_id"]: {"choice": {"type": "external_select", "selected_option": forged}}}
    before = desk.job_count()

    response = desk.dispatch(payloads.submission(view | {"state": {"values": view["state"]["values"] | entry}}))

    errors = json.loads(response.body)["errors"]
    assert errors == {block["block_id"]: "Must be one of Kiel, Bremen, not “Ulm”."}
    assert desk.job_count() == before


# ---- what is older never overwrites what is newer


def way(view: Json, value: str, moment: str) -> Json:
    """The act of choosing a way in a form that still looks like the view."""
    block = next(block for block in view["blocks"] if block["type"] == "input" and block["label"]["text"] == "Way")
    option = {"text": {"type": "plain_text", "text": value}, "value": value}
    return changed(view, block["block_id"], "choice", {"type": "radio_buttons", "selected_option": option}, moment)


def changed(view: Json, block_id: str, action_id: str, entry: Json, moment: str) -> Json:
    body = payloads.press(action_id, view=with_state(view, {block_id: {action_id: entry}}))
    return body | {"actions": [{"action_id": action_id, "block_id": block_id, "action_ts": moment, **entry}]}


def with_state(view: Json, entries: Mapping[str, Any]) -> Json:
    return view | {"state": {"values": view["state"]["values"] | entries}}


def test_newer_change_wins_when_it_arrives_first(desk: Desk, ship: Form) -> None:
    view = ship.person.top_view()

    desk.dispatch(way(view, "air", "1760000000.000002"))
    desk.settle()
    desk.dispatch(way(view, "sea", "1760000000.000001"))
    desk.settle()

    assert ship.labels() == ["Name", "Way", "Flight"]


def test_newer_change_wins_though_its_client_had_not_seen_the_older_redraw(desk: Desk, ship: Form) -> None:
    view = ship.person.top_view()

    for number, value in enumerate(["air", "sea", "road"]):
        desk.dispatch(way(view, value, f"1760000000.00000{number}"))
        desk.settle()

    assert ship.labels() == ["Name", "Way", "Crew"]


@pytest.mark.parametrize("seed", range(4), indirect=True)
def test_of_changes_at_the_same_time_in_any_order_the_newest_wins(desk: Desk, ship: Form, seed: int) -> None:
    view = ship.person.top_view()
    values = ["air", "sea", "road", "air", "road", "sea", "road", "air"]
    acts = [way(view, value, f"1760000000.00000{number}") for number, value in enumerate(values)]
    random.Random(seed).shuffle(acts)  # noqa: S311  # the same every time
    threads = [threading.Thread(target=desk.dispatch, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    desk.settle()

    assert ship.labels() == ["Name", "Way", "Flight"]


def test_change_before_a_submission_that_drew_the_form_anew_comes_too_late(desk: Desk, ship: Form) -> None:
    settled(desk, ship.fill("Name", "Ada"), "Way", "sea")
    view = ship.person.top_view()
    ship.fill("Port", "Hamburg")
    ship.person.submit()
    assert "Gate" in ship.labels()

    desk.dispatch(way(view, "air", "9999999999.0"))
    desk.settle()

    assert "Gate" in ship.labels()


def test_change_in_a_form_that_is_closed_meanwhile_is_no_error(
    desk: Desk, ship: Form, caplog: pytest.LogCaptureFixture
) -> None:
    view = ship.person.top_view()
    ship.person.close()
    written = len(ship.person.dm())

    desk.dispatch(way(view, "air", "1760000000.0"))

    desk.settle()
    assert ship.person.views() == []
    assert len(ship.person.dm()) == written
    assert not caplog.records


def test_change_that_slack_refuses_for_a_newer_one_leaves_the_form(
    desk: Desk, ship: Form, caplog: pytest.LogCaptureFixture
) -> None:
    ship.fill("Name", "Ada")
    desk.workspace.fail("views.update", "hash_conflict")

    settled(desk, ship, "Way", "air")

    assert len(ship.person.views()) == 1
    assert ship.content("Name") == "Ada"
    assert not caplog.records
    assert settled(desk, ship, "Way", "sea").labels() == ["Name", "Way", "Port", "Crew"]


def test_changes_in_two_forms_do_not_meet(desk: Desk, ship: Form, tom: Person) -> None:
    other = Form(tom, "ship")
    desk.dispatch(way(ship.person.top_view(), "air", "1760000001.0"))
    desk.dispatch(way(other.person.top_view(), "sea", "1760000000.0") | {"user": {"id": TOM}})

    desk.settle()

    assert ship.labels() == ["Name", "Way", "Flight"]
    assert other.labels() == ["Name", "Way", "Port", "Crew"]


@pytest.mark.parametrize("moment", ["", "soon", "NaN", "Infinity", "-1", "1e9999999", "9" * 5000])
def test_odd_moment_of_a_change_is_survived(
    desk: Desk, ship: Form, caplog: pytest.LogCaptureFixture, moment: str
) -> None:
    desk.dispatch(way(ship.person.top_view(), "air", moment))

    desk.settle()

    assert not caplog.records
    assert ship.person.views()


def test_a_bounded_number_of_views_is_remembered(desk: Desk) -> None:
    redraws = ViewUpdates()

    bolt_ack = Ack()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    for number in range(100_000):
        body = {"view": {"id": f"V{number}"}, "actions": [{"action_ts": "-1"}]}  # too old to be drawn
        ack = Reply(bolt_ack, desk.app.client, body, telling=waiting.problems, write=print)
        did = Interaction(
            body=body,
            client=desk.app.client,
            ack=ack,
            respond=Respond(response_url=None),
            modal=TriggeredModal(desk.app.client, body),
        )
        redraws.update(did, lambda: View(type="modal"))

    assert len(redraws._kept.values()) == 1_000  # noqa: SLF001  # nothing else tells


# ---- choices that cannot be listed


HOSTS = (
    "name {required: false} - any",
    "kind {type: choice, choices: [old, new], default: old} - any",
    "since {type: date, when: {kind: new}, required: false} - any",
    "host {type: choice, choices_from: {file: hosts.txt}} - any",
)


@pytest.fixture
def hosts(desk: Desk, maria: Person) -> Form:
    """A form whose choices come from a file that is not there yet."""
    (desk.scripts / "hosts.txt").unlink(missing_ok=True)
    desk.write_script("hosts.sh", *HOSTS)
    return Form(maria, "hosts")


FAILS = "⚠️ The choices of “Host” cannot be listed: hosts.txt: No such file or directory."


def test_list_that_fails_is_told_in_the_form_and_recovers_at_the_next_search(desk: Desk, hosts: Form) -> None:
    hosts.fill("Name", "Ada")

    assert hosts.offered("Host") == []

    desk.settle()
    assert FAILS in texts(hosts.person.top_view())
    assert hosts.content("Name") == "Ada"
    (desk.scripts / "hosts.txt").write_text("alpha\tThe first\nbeta\n")
    assert hosts.offered("Host") == ["alpha", "beta"]
    desk.settle()
    assert "⚠️" not in texts(hosts.person.top_view())
    assert hosts.content("Name") == "Ada"
    hosts.choose("Host", "first").submit()
    assert desk.jobs_of()[0].values == {"name": "Ada", "kind": "old", "host": "alpha"}


def test_list_that_fails_after_a_change_in_the_form_is_told_too(desk: Desk, hosts: Form) -> None:
    settled(desk, hosts, "Kind", "new")

    hosts.offered("Host")

    desk.settle()
    assert FAILS in texts(hosts.person.top_view())
    assert hosts.labels() == ["Name", "Kind", "Since", "Host"]


def test_search_in_a_form_that_has_changed_since_draws_nothing_old(desk: Desk, hosts: Form) -> None:
    old = hosts.person.top_view()
    block = hosts.fields()["Host"]["block_id"]
    settled(desk, hosts, "Kind", "new")

    desk.dispatch(payloads.suggestion("choice", view=old, block_id=block))

    desk.settle()
    assert hosts.labels() == ["Name", "Kind", "Since", "Host"]


def test_list_that_fails_at_the_submission_is_told_under_its_field(desk: Desk, hosts: Form) -> None:
    (desk.scripts / "hosts.txt").write_text("alpha\n")
    hosts.choose("Host", "alpha")
    before = desk.job_count()
    (desk.scripts / "hosts.txt").unlink()
    desk.write_script("hosts.sh", *HOSTS)  # what was listed before is not kept for a new file

    assert hosts.refused() == {"Host": FAILS.removeprefix("⚠️ ")}
    assert desk.job_count() == before


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("echo '<!channel> *b*' >&2; exit 3", "sh: ended with exit code 3: <!channel> *b*."),
        ("printf '\\033[31mred\\342\\200\\256' >&2; exit 1", r"sh: ended with exit code 1: \x1b[31mred\u202e."),
        ("printf 'a\\377b'", "sh: is not UTF-8 text, from byte 2."),
        ("exec sleep 60", "sh: took longer than 2 s."),
        ("yes", "sh: printed more than the 1,048,576 bytes that are allowed."),
    ],
)
def test_reason_of_a_failing_list_is_told_as_text(desk: Desk, maria: Person, does: str, told: str) -> None:
    file = f"fails-{len(told)}.txt"  # an answer is kept for a while, a failure too
    (desk.scripts / file).write_text(does)
    desk.write_script("fails.sh", f"host {{type: choice, choices_from: {{command: [sh, {file}]}}}} - any")
    form = Form(maria, "fails")

    assert form.offered("Host") == []

    desk.settle()
    line = next(
        element
        for block in maria.top_view()["blocks"]
        if block["type"] == "context"
        for element in block["elements"]
        if "⚠️" in element["text"]
    )
    assert (line["type"], line["text"]) == ("plain_text", f"⚠️ The choices of “Host” cannot be listed: {told}")
