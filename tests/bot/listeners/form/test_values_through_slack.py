"""From a form in Slack to the values of a job: every type, as a person enters it, and what a form starts with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runner.scripts.parameters import TYPES
from runner.system.clock import system_clock
from tests.support.machine.installation import Form
from tests.support.slack.desk import Desk
from tests.support.slack.person import YUKI, Json, Person

LONG = "".join(f"line {number} <!channel> $(id)\n" for number in range(90))
ENTERED: dict[str, list[tuple[str, Any, str]]] = {
    "text": [("", "two words", "two words"), ("multiple: true", "a\n b\n\nc", "a\n b\nc")],
    "multiline": [("", "a\n\n  b\n", "a\n\n  b\n"), ("", LONG, LONG)],
    "integer": [("", "-7", "-7"), ("multiple: true", "1\n2", "1\n2"), ("suggestions: ['1', '2']", "2", "2")],
    "number": [("", "0.50", "0.50"), ("min: 1e-5", "0.00001", "0.00001")],
    "boolean": [("", ["true"], "true"), ("", [], "false"), ("values: [on, off]", ["true"], "true")],
    "choice": [
        ("choices: {s: Small, l: Large}", "l", "l"),
        ("choices: [s, l], multiple: true", ["s", "l"], "s\nl"),
        (f"choices: {[f'c{number}' for number in range(40)]}", "c39", "c39"),
        (f"choices: {[f'c{number}' for number in range(40)]}, multiple: true", ["c1", "c39"], "c1\nc39"),
        (f"choices: {[f'c{number}' for number in range(150)]}", "c149", "c149"),
        ("choices: ['<!channel>', '-rf *', '$(id)']", "-rf *", "-rf *"),
    ],
    "date": [("", "2024-02-29", "2024-02-29")],
    "time": [("", "00:00", "00:00"), ("min: '08:00', max: '18:00'", "18:00", "18:00")],
    "datetime": [("", 1_772_618_400, "2026-03-04T10:00Z"), ("", 1_772_618_459, "2026-03-04T10:00Z")],
    "email": [("", "ada@example.com", "ada@example.com")],
    "url": [("", "https://example.com/?a=b#c", "https://example.com/?a=b#c")],
    "ip": [("", "2001:DB8:0::1", "2001:db8::1"), ("version: '4'", "10.0.0.1", "10.0.0.1")],
    "user": [("", YUKI, "yuki@example.com")],
    "input": [("", "reads.fq", "reads.fq"), ("multiple: true", ["reads.fq", "more.fq"], "reads.fq\nmore.fq")],
    "output": [("", "naïve $(id).txt", "naïve $(id).txt")],
}
"""By type: options, what a person enters, and the value that the job gets."""

CASES = [(kind, *case) for kind, cases in ENTERED.items() for case in cases]


def test_every_type_is_tried() -> None:
    assert ENTERED.keys() == TYPES.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[:2])[:40])
@pytest.mark.parametrize("required", ["true", "false"])
def test_what_is_entered_is_the_value_of_the_job(
    desk: Desk, maria: Person, case: tuple[str, str, Any, str], required: str
) -> None:
    kind, options, entered, value = case
    for name in ("reads.fq", "more.fq"):
        (desk.assembly.inbox.folder / name).write_text("a")
    written = ", ".join(part for part in (f"type: {kind}", f"required: {required}", options) if part)
    desk.write_script("one.sh", f"asked {{{written}}} - any")
    form = Form(maria, "one.sh")
    look_up(form, "Asked", entered)

    form.fill("Asked", entered).submit()

    assert desk.jobs_of()[0].values == {"asked": value}


def look_up(form: Form, label: str, entered: Any) -> None:
    """Type what is to be chosen, where a field offers only what was searched for."""
    if form.field(label)["element"]["type"].endswith("external_select"):
        if isinstance(entered, list):
            assert {*entered} <= {*form.offered(label)}
        else:
            assert entered in form.offered(label, entered)


@pytest.mark.parametrize("kind", TYPES)
def test_what_may_stay_empty_is_absent(desk: Desk, maria: Person, kind: str) -> None:
    options = ", choices: [s, l]" if kind == "choice" else ""
    desk.write_script("one.sh", f"asked {{type: {kind}, required: false{options}}} - any")

    Form(maria, "one.sh").submit()

    assert desk.jobs_of()[0].values == ({"asked": "false"} if kind == "boolean" else {})


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind not in ("boolean", "output")])
def test_what_must_not_stay_empty_is_told_under_its_field(desk: Desk, maria: Person, kind: str) -> None:
    options = ", choices: [s, l]" if kind == "choice" else ""
    desk.write_script("one.sh", f"asked {{type: {kind}{options}}} - any")
    before = desk.job_count()

    assert Form(maria, "one.sh").refused().keys() == {"Asked"}

    assert desk.job_count() == before


def test_anything_can_be_typed_where_there_are_suggestions(desk: Desk, maria: Person) -> None:
    desk.write_script(
        "hosts.sh", "host {suggestions: {alpha: The first, beta: The second}} - any", "port {type: integer} - any"
    )
    form = Form(maria, "hosts.sh").fill("Port", "80")
    assert form.offered("Host") == ["alpha", "beta"]
    assert form.offered("Host", "second") == ["second", "beta"]

    form.choose("Host", "<!channel> gamma").submit()

    assert desk.jobs_of()[0].values == {"host": "<!channel> gamma", "port": "80"}


def test_five_thousand_choices_are_searched(desk: Desk, maria: Person) -> None:
    (desk.scripts / "many.txt").write_text("".join(f"v{number}\tThe label {number}\n" for number in range(5_000)))
    desk.write_script("many.sh", "one {type: choice, choices_from: {file: many.txt}} - any")
    form = Form(maria, "many.sh")
    assert len(form.offered("One")) == 100

    assert form.offered("One", "LABEL 4999") == ["v4999"]

    form.choose("One", "label 4999").submit()
    assert desk.jobs_of()[0].values == {"one": "v4999"}


# ---- how a form is laid out


def test_sections_head_their_fields(desk: Desk, maria: Person) -> None:
    desk.write_script(
        "parts.sh",
        "first - any",
        "second {section: 'Part <!channel>'} - any",
        "third - any",
        "fourth {section: Last, required: false} - any",
    )
    form = Form(maria, "parts.sh")

    assert outline(maria.top_view()) == ["First", "# Part <!channel>", "Second", "Third", "# Last", "Fourth"]

    form.fill("First", "1").fill("Second", "2").fill("Third", "3").submit()
    assert desk.jobs_of()[0].values == {"first": "1", "second": "2", "third": "3"}


OF_EVERY_FORM = {"script", "preset", "share.people", "share.channels", "share.results"}


def outline(view: Json) -> list[str]:
    """Headings and labels of a form in their order."""
    found = []
    for block in view["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            found.append(f"# {block['text']['text']}")
        elif block["type"] == "input" and block["block_id"] not in OF_EVERY_FORM:
            found.append(block["label"]["text"])
    return found


def test_labels_placeholders_and_hints_are_shown_as_text(desk: Desk, maria: Person) -> None:
    desk.write_script("shown.sh", "word {label: '<!here> *b*', placeholder: '<@U1>'} - <!channel> & <https://x|y>")

    block = Form(maria, "shown.sh").fields()["<!here> *b*"]

    assert block["hint"] == {"type": "plain_text", "text": "<!channel> & <https://x|y>", "emoji": False}
    assert block["element"]["placeholder"]["type"] == "plain_text"
    assert block["element"]["placeholder"]["text"] == "<@U1>"


# ---- what a form starts with, where the requester is


@pytest.fixture
def yuki(desk: Desk) -> Any:
    """A member in Tokyo, nine hours before UTC all the year."""
    person = desk.person(YUKI)
    yield person
    desk.settle()
    if person.views():
        person.close(everything=True)


def opened(form: Callable[[], Form]) -> tuple[datetime, Form, datetime]:
    """A form with the moments before and after it was opened."""
    before = system_clock()
    return before, form(), system_clock()


def day_in(zone: str, moment: datetime, days: int = 0) -> str:
    return (moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)).isoformat()


def midnight_in(zone: str, moment: datetime, days: int = 0) -> int:
    local = moment.astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def test_relative_defaults_are_of_the_requesters_day(desk: Desk, maria: Person, yuki: Person) -> None:
    desk.write_script(
        "when.sh",
        "day {type: date, default: today} - any",
        "before {type: date, default: today-7d} - any",
        "start {type: datetime, default: today} - any",
        "week {type: datetime, default: today+1w} - any",
    )
    for person, zone in ((maria, "Europe/Berlin"), (yuki, "Asia/Tokyo")):
        before, form, after = opened(lambda person=person: Form(person, "when.sh"))  # type: ignore[misc]

        moments = (before, after)  # midnight may pass while the form opens
        assert form.content("Day") in {day_in(zone, each) for each in moments}
        assert form.content("Before") in {day_in(zone, each, -7) for each in moments}
        assert form.content("Start") in {midnight_in(zone, each) for each in moments}
        assert form.content("Week") in {midnight_in(zone, each, 7) for each in moments}


def test_moment_reaches_the_job_in_utc(desk: Desk, yuki: Person) -> None:
    desk.write_script("when.sh", "start {type: datetime, default: today} - any")
    form = Form(yuki, "when.sh")
    start = datetime.fromtimestamp(form.content("Start"), UTC)

    form.submit()

    assert start.hour == 15, "midnight in Tokyo"
    assert desk.jobs_of(YUKI)[0].values == {"start": start.strftime("%Y-%m-%dT%H:%MZ")}


def test_defaults_from_now_are_of_this_moment(desk: Desk, yuki: Person) -> None:
    desk.write_script(
        "now.sh", "at {type: datetime, default: now+1h} - any", "time {type: time, default: now-30min} - any"
    )

    before, form, after = opened(lambda: Form(yuki, "now.sh"))

    minutes = {each.replace(second=0, microsecond=0) for each in (before, after)}
    assert form.content("At") in {int((each + timedelta(hours=1)).timestamp()) for each in minutes}
    local = {(each - timedelta(minutes=30)).astimezone(ZoneInfo("Asia/Tokyo")) for each in minutes}
    assert form.content("Time") in {each.strftime("%H:%M") for each in local}


def test_default_that_falls_out_of_the_limits_today_is_left_out(desk: Desk, maria: Person) -> None:
    desk.write_script("late.sh", "day {type: date, default: today, max: '2020-01-01'} - any")

    assert Form(maria, "late.sh").content("Day") is None


def test_default_is_not_put_in_for_what_was_emptied(desk: Desk, maria: Person) -> None:
    desk.write_script("empty.sh", "word {default: usual, required: false} - any", "day {default: x} - any")
    form = Form(maria, "empty.sh").fill("Word", None)

    form.submit()

    assert desk.jobs_of()[0].values == {"day": "x"}
