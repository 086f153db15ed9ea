import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.page.stand_in_page import FormApp, Visitor, button, escaped, field, option, plain, section

HOSTILE = '<img src=x onerror="window.broken=1"> <!channel> &lt; </script> <javascript:window.broken=1|click>'


def fill(text: str) -> Callable[[Visitor], None]:
    return lambda visitor: visitor.element().fill(text)


def choose(*names: str, typed: str = "") -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        for name in names:
            visitor.element().click()
            if typed:
                visitor.element().press_sequentially(typed)
            visitor.choose(name)
        visitor.element().press("Tab")

    return act


def tick(*names: str) -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        for name in names:
            visitor.modal.get_by_label(name).check()

    return act


OPTIONS = [option("fast", "Fast"), option("slow", "Slow & thorough")]
FAST, SLOW = OPTIONS
KINDS: dict[str, tuple[dict[str, Any], Callable[[Visitor], None], dict[str, Any]]] = {
    "text": ({"type": "plain_text_input"}, fill("a; $(b) 'c' ✓"), {"value": "a; $(b) 'c' ✓"}),
    "lines": ({"type": "plain_text_input", "multiline": True}, fill("one\ntwo"), {"value": "one\ntwo"}),
    "number": ({"type": "number_input", "is_decimal_allowed": True}, fill("-2.50"), {"value": "-2.50"}),
    "email": ({"type": "email_text_input"}, fill("a@example.org"), {"value": "a@example.org"}),
    "url": ({"type": "url_text_input"}, fill("https://example.org/?a=b"), {"value": "https://example.org/?a=b"}),
    "select": ({"type": "static_select", "options": OPTIONS}, choose("Slow", typed="thor"), {"selected_option": SLOW}),
    "grouped select": (
        {"type": "static_select", "option_groups": [{"label": plain("Quick"), "options": OPTIONS}]},
        choose("Fast"),
        {"selected_option": FAST},
    ),
    "several": (
        {"type": "multi_static_select", "options": OPTIONS},
        choose("Slow", "Fast"),
        {"selected_options": [SLOW, FAST]},
    ),
    "search": (
        {"type": "external_select", "min_query_length": 2},
        choose("banana", typed="ban"),
        {"selected_option": option("inbox/banana", "banana")},
    ),
    "search at once": (
        {"type": "external_select", "min_query_length": 0},
        choose("cherry"),
        {"selected_option": option("inbox/cherry", "cherry")},
    ),
    "radio buttons": ({"type": "radio_buttons", "options": OPTIONS}, tick("Fast"), {"selected_option": FAST}),
    "checkboxes": ({"type": "checkboxes", "options": OPTIONS}, tick("Fast", "Slow"), {"selected_options": OPTIONS}),
    "date": ({"type": "datepicker"}, fill("2027-02-28"), {"selected_date": "2027-02-28"}),
    "time": ({"type": "timepicker"}, fill("23:05"), {"selected_time": "23:05"}),
    # Auckland is 13 hours ahead of UTC in January.
    "moment": ({"type": "datetimepicker"}, fill("2027-01-02T13:00"), {"selected_date_time": 1798848000}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_entered_in_a_field_arrives_at_the_app(kind: str, app: FormApp, visitor: Visitor) -> None:
    element, enter, expected = KINDS[kind]
    app.form = [field(element)]
    visitor.open_form()
    enter(visitor)
    visitor.send_form()
    assert app.entry() == {"type": element["type"], **expected}
    expect(visitor.modal).to_have_count(0)


def test_people_and_channels_are_chosen_by_name_and_arrive_by_id(
    app: FormApp, visitor: Visitor, people: list[str]
) -> None:
    app.form = [field({"type": "users_select"}, "who"), field({"type": "channels_select"}, "where")]
    visitor.open_form()
    visitor.element("who").click()
    visitor.page.locator(f'[role=option][data-value="{people[1]}"]').click()
    visitor.element("where").click()
    visitor.choose("general")
    visitor.send_form()
    values = app.submissions.get(timeout=10)
    assert values["who"]["who"]["selected_user"] == people[1]
    assert values["where"]["where"]["selected_channel"].startswith("C")


def test_values_found_in_several_searches_stay_chosen(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "multi_external_select", "min_query_length": 1})]
    visitor.open_form()
    for name in ("banana", "cherry"):
        visitor.element().press_sequentially(name)
        visitor.choose(name)
    visitor.element().press("Tab")
    visitor.send_form()
    assert [each["value"] for each in app.entry()["selected_options"]] == ["inbox/banana", "inbox/cherry"]


def test_a_field_starts_with_its_initial_value_and_says_that_it_is_optional(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "static_select", "options": OPTIONS, "initial_option": SLOW}, optional=True)]
    visitor.open_form()
    expect(visitor.modal.get_by_label("The field (optional)")).to_have_value("Slow & thorough")
    visitor.modal.get_by_role("button", name="Clear selection").click()
    visitor.send_form()
    assert app.entry()["selected_option"] is None


def test_an_error_of_the_app_stands_under_its_field_and_takes_the_focus(app: FormApp, visitor: Visitor) -> None:
    app.form = [
        field({"type": "plain_text_input"}, "one"),
        field({"type": "plain_text_input"}, "two", hint=plain("Say")),
    ]
    app.answer = {"response_action": "errors", "errors": {"two": HOSTILE}}
    visitor.open_form()
    visitor.element("one").fill("a")
    visitor.element("two").fill("b")
    visitor.send_form()
    expect(visitor.element("two")).to_be_focused()
    expect(visitor.element("two")).to_have_accessible_description(f"{HOSTILE} Say")
    expect(visitor.element("two")).to_have_attribute("aria-invalid", "true")
    expect(visitor.page.locator('[data-block-id="one"] .field-error')).to_be_hidden()


def test_an_empty_required_field_is_complained_about_before_the_app_hears_of_it(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "checkboxes", "options": OPTIONS})]
    visitor.open_form()
    visitor.send_form()
    expect(visitor.page.locator('[data-block-id="field"] .field-error')).to_be_visible()
    expect(visitor.modal.get_by_label("Fast")).to_be_focused()
    assert app.submissions.empty()


def test_a_number_that_is_none_is_not_submitted_as_what_stood_there_before(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "number_input", "is_decimal_allowed": False, "initial_value": "4"})]
    visitor.open_form()
    visitor.element().fill("four")
    visitor.send_form()
    expect(visitor.page.locator(".field-error")).to_be_visible()
    expect(visitor.element()).to_have_value("four")
    assert app.submissions.empty()
    visitor.element().fill("5")
    visitor.send_form()
    assert app.entry()["value"] == "5"


def test_a_late_answer_to_a_submission_is_told_and_nothing_typed_is_lost(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "plain_text_input"})]
    app.hold.clear()
    visitor.open_form()
    visitor.element().fill("long work")
    visitor.send_form()
    expect(visitor.modal.get_by_role("button", name="Send")).to_be_disabled()
    expect(visitor.modal.get_by_role("alert")).to_contain_text("Try again?", timeout=10_000)
    expect(visitor.modal.get_by_role("button", name="Send")).to_be_enabled()
    expect(visitor.element()).to_have_value("long work")


def test_a_redrawn_form_keeps_the_focus_and_what_is_being_typed(app: FormApp, visitor: Visitor) -> None:
    kind = field({"type": "static_select", "options": OPTIONS}, "kind", label="Kind", dispatch_action=True)
    name = field({"type": "plain_text_input"}, "name", label="Name")
    app.form = [section("before"), kind, name]
    app.redraw = lambda _: [
        section("after"),
        kind,
        {**name, "hint": plain("now with a hint")},
        field({"type": "datepicker"}, "day"),
    ]
    visitor.open_form()
    visitor.element("kind").click()
    visitor.choose("Fast")
    visitor.element("name").press_sequentially("quick")
    expect(visitor.modal.get_by_text("after")).to_be_visible()
    expect(visitor.modal.get_by_text("now with a hint")).to_be_visible()
    visitor.page.keyboard.type(" fox")
    expect(visitor.element("name")).to_have_value("quick fox")
    expect(visitor.element("kind")).to_have_value("Fast")


def test_a_command_and_its_form_can_be_used_with_the_keyboard_alone(app: FormApp, visitor: Visitor) -> None:
    app.form = [
        field({"type": "external_select", "min_query_length": 1}, "file"),
        field({"type": "radio_buttons", "options": OPTIONS}, "speed"),
        field({"type": "plain_text_input"}, "name"),
    ]
    press, write = visitor.page.keyboard.press, visitor.page.keyboard.type
    expect(visitor.box).to_be_focused()
    write("/fo")
    expect(visitor.page.get_by_role("option", name="/form")).to_be_visible()
    press("Enter")
    press("Enter")
    expect(visitor.element("file")).to_be_focused()
    write("ap")
    expect(visitor.page.get_by_role("option")).to_have_count(2)
    press("ArrowDown")
    press("Enter")
    expect(visitor.element("file")).to_have_value("apricot")
    press("Tab")
    press("Tab") if visitor.page.get_by_role("button", name="Clear selection").is_visible() else None
    press("Space")
    press("ArrowDown")
    press("Tab")
    write("first run")
    press("Enter")
    values = app.submissions.get(timeout=10)
    assert values["file"]["file"]["selected_option"]["value"] == "inbox/apricot"
    assert values["speed"]["speed"]["selected_option"]["value"] == "slow"
    assert values["name"]["name"]["value"] == "first run"
    expect(visitor.box).to_be_focused()


def test_enter_pressed_before_the_choices_come_takes_the_first_of_them(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "external_select", "min_query_length": 0})]
    visitor.open_form()
    visitor.page.keyboard.type("che")
    visitor.page.keyboard.press("Enter")
    expect(visitor.element()).to_have_value("cherry")


def test_escape_closes_first_the_choices_and_then_the_form(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "static_select", "options": OPTIONS})]
    visitor.open_form()
    visitor.element().click()
    expect(visitor.page.get_by_role("listbox")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("listbox")).to_be_hidden()
    expect(visitor.modal).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.modal).to_have_count(0)


def test_one_can_type_on_after_a_form_that_stood_open_is_closed(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "plain_text_input"})]
    visitor.open_form()
    visitor.page.reload()
    expect(visitor.element()).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.modal).to_have_count(0)
    visitor.page.keyboard.type("hello")
    expect(visitor.box).to_have_value("hello")


def test_a_form_replaced_by_a_notice_can_be_closed_with_the_keyboard(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "plain_text_input"})]
    app.answer = {"response_action": "update", "view": app.view([section("Job 12 queued")])}
    visitor.open_form()
    visitor.element().fill("a")
    visitor.page.keyboard.press("Enter")
    expect(visitor.modal.get_by_text("Job 12 queued")).to_be_visible()
    visitor.page.keyboard.press("Enter")
    expect(visitor.modal).to_have_count(0)


def test_choices_that_do_not_come_are_said_to_be_missing(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "external_select", "min_query_length": 0})]
    app.offer = lambda _: {"options": []}
    visitor.open_form()
    visitor.element().click()
    expect(visitor.modal.get_by_text("No results")).to_be_visible()


def test_hostile_text_is_shown_as_text_wherever_it_stands(app: FormApp, visitor: Visitor) -> None:
    app.title = "<b>&lt;</b>"
    app.form = [
        section(escaped(HOSTILE), block_id="escaped"),
        section(HOSTILE, block_id="raw"),
        field({"type": "static_select", "options": [option("x", "<i>&lt;</i>")]}, label=HOSTILE, hint=plain(HOSTILE)),
    ]
    visitor.open_form()
    expect(visitor.modal).to_have_accessible_name("<b>&lt;</b>")
    expect(visitor.page.locator('[data-block-id="escaped"]')).to_have_text(HOSTILE)
    expect(visitor.page.locator('[data-block-id="escaped"] .mention')).to_have_count(0)
    expect(visitor.page.locator('[data-block-id="raw"]')).to_contain_text('<img src=x onerror="window.broken=1">')
    expect(visitor.element()).to_have_accessible_name(HOSTILE)
    visitor.element().click()
    expect(visitor.page.get_by_role("option")).to_have_text("<i>&lt;</i>")
    expect(visitor.page.locator("img, a[href^=javascript], .modal script, .modal i, .modal b")).to_have_count(0)
    assert visitor.page.evaluate("window.broken === undefined")


def test_hostile_text_in_a_message_is_shown_as_text(app: FormApp, visitor: Visitor) -> None:
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}],
    }
    link = {"type": "link", "url": "javascript:window.broken=1", "text": "not a link"}
    app.message = {"text": "all", "blocks": [rich, {"type": "header", "text": plain("<u>&lt;</u>")}]}
    rich["elements"][0]["elements"].append(link)  # type: ignore[index]
    visitor.type("/say it")
    expect(visitor.log.locator(".rich-section")).to_have_text(f"{HOSTILE}not a link")
    expect(visitor.log.get_by_role("heading", name="<u>&lt;</u>")).to_be_visible()
    expect(visitor.log.locator("img, a, script, u, .mention")).to_have_count(0)


def test_mrkdwn_is_formatted_as_slack_does(app: FormApp, visitor: Visitor, people: list[str]) -> None:
    app.message = {
        "text": "*bold* _it_ ~no~ `co_d_e` my_file_name <https://example.org/a_b_c?x=1&amp;y=2|the &lt;link&gt;>"
        f" <@{people[0]}>"
        " <!date^1798848000^{date_num} {time}|x>\n&gt; *quoted*\n```scp 'a &amp; b' .```"
    }
    visitor.type("/say it")
    text = visitor.log.locator(".text").last
    for tag, content in (
        ("strong", "bold"),
        ("em", "it"),
        ("s", "no"),
        ("code", "co_d_e"),
        ("blockquote strong", "quoted"),
    ):
        expect(text.locator(tag).filter(has_text=content).first).to_have_text(content)
    expect(text.locator("a")).to_have_attribute("href", "https://example.org/a_b_c?x=1&y=2")
    expect(text.locator("a")).to_have_text("the <link>")
    expect(text).to_contain_text("my_file_name")
    expect(text.locator(".mention")).to_have_text(re.compile("^@.+"))
    expect(text.locator("time")).to_have_text("2027-01-02 13:00")
    expect(text.locator("pre")).to_have_text("scp 'a & b' .")


def test_code_is_copied_with_one_press(app: FormApp, visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    preformatted = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "scp -P 2222 a@b:'c d' ."}]}
    app.message = {"text": "scp", "blocks": [{"type": "rich_text", "elements": [preformatted]}]}
    visitor.type("/say it")
    visitor.log.get_by_role("button", name="Copy").click()
    expect(visitor.log.get_by_role("button", name="Copied")).to_be_visible()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "scp -P 2222 a@b:'c d' ."


def test_a_dangerous_button_acts_only_after_it_was_confirmed(app: FormApp, visitor: Visitor) -> None:
    confirm = {
        "title": plain("Cancel job 12?"),
        "text": plain("It stops."),
        "confirm": plain("Stop it"),
        "deny": plain("Keep it"),
    }
    app.message = {
        "text": "job",
        "blocks": [button("cancel", style="danger", confirm=confirm), button("log", text="Log")],
    }
    visitor.type("/say it")
    question = visitor.page.get_by_role("alertdialog", name="Cancel job 12?")
    visitor.element("cancel").click()
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_have_count(0)
    visitor.element("log").click()
    assert app.actions.get(timeout=10)["action_id"] == "log"
    visitor.element("cancel").click()
    question.get_by_role("button", name="Stop it").click()
    assert app.actions.get(timeout=10)["action_id"] == "cancel"


def test_choosing_from_an_overflow_menu_acts(app: FormApp, visitor: Visitor) -> None:
    overflow = {
        "type": "overflow",
        "action_id": "more",
        "options": [option("log", "Show log"), option("again", "Run again")],
    }
    app.message = {"text": "job", "blocks": [section("Job 12", accessory=overflow)]}
    visitor.type("/say it")
    visitor.element("more").press("Enter")
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    assert app.actions.get(timeout=10)["selected_option"]["value"] == "again"


def test_what_is_still_being_typed_reaches_the_app_before_a_button_acts(app: FormApp, visitor: Visitor) -> None:
    seen: list[str] = []
    name = field({"type": "plain_text_input"}, "name")
    app.form = [name, button("go")]
    visitor.open_form()
    visitor.page.on("request", lambda request: seen.append(request.url.rsplit("/", 1)[-1]))
    visitor.element("name").fill("typed just now")
    with visitor.page.expect_request("**/actions"):
        visitor.element("go").click()
    assert app.actions.get(timeout=10)["action_id"] == "go"
    assert seen == ["fill", "actions"]


def test_nothing_can_be_typed_before_it_is_known_where_it_goes(app: FormApp, visitor: Visitor) -> None:
    early = visitor.page.context.new_page()
    early.route("**/events", lambda _: None)  # an answer that is long in coming
    early.goto(visitor.page.url)

    expect(early.locator("#message-box")).to_be_disabled()
    expect(visitor.page.locator("#message-box")).to_be_enabled()

    early.unroute_all(behavior="ignoreErrors")
    early.close()


def test_a_form_over_a_form_leads_back_to_the_first(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "plain_text_input"}, "name")]
    app.answer = {
        "response_action": "push",
        "view": {**app.view([section("The second form")]), "title": plain("Second")},
    }
    visitor.open_form()
    visitor.element("name").fill("kept")
    visitor.send_form()
    expect(visitor.page.get_by_role("dialog", name="Second")).to_be_visible()
    visitor.page.get_by_role("button", name="Back").click()
    expect(visitor.page.get_by_role("dialog", name="A form")).to_be_visible()
    expect(visitor.element("name")).to_have_value("kept")


def test_what_only_one_person_sees_is_marked_and_hidden_from_others(
    app: FormApp, visit: Callable[..., Visitor]
) -> None:
    app.message = {"text": "between us"}
    one, other = visit(0), visit(1)
    for person in (one, other):
        person.page.get_by_role("link", name="general").click()
    one.type("/say privately")
    expect(one.log.locator("article", has_text="between us")).to_contain_text("Only visible to you")
    other.type("hello all")
    expect(one.log).to_contain_text("hello all")
    expect(other.log).not_to_contain_text("between us")


def test_a_message_elsewhere_is_marked_unread_until_it_is_looked_at(
    app: FormApp, visit: Callable[..., Visitor]
) -> None:
    one, other = visit(0), visit(1)
    other.page.get_by_role("link", name="general").click()
    other.type("anybody here?")
    expect(one.page.get_by_role("link", name="general 1 unread")).to_be_visible()
    one.page.get_by_role("link", name="general").click()
    expect(one.log).to_contain_text("anybody here?")
    expect(one.page.get_by_role("link", name="general", exact=True)).to_be_visible()


def test_the_home_tab_shows_what_the_app_puts_there(app: FormApp, visitor: Visitor) -> None:
    app.home = [section("Your jobs"), button("again", text="Run again")]
    visitor.page.get_by_role("link", name="Home").click()
    expect(visitor.page.get_by_text("Your jobs")).to_be_visible()
    visitor.element("again").click()
    assert app.actions.get(timeout=10)["action_id"] == "again"


def test_a_command_without_an_app_says_so(visit: Callable[..., Visitor]) -> None:
    visitor = visit(waits_for_app=False)
    expect(visitor.page.get_by_text("No app connected yet")).to_be_visible()
    visitor.type("/form now")
    expect(visitor.log).to_contain_text("dispatch_failed")


def test_an_unknown_command_is_complained_about(visitor: Visitor) -> None:
    visitor.type("/nonsense")
    expect(visitor.log.locator("article[data-ephemeral]")).to_contain_text("/nonsense")


def test_a_person_is_chosen_from_a_list_and_can_be_changed(visitor: Visitor, base_url: str) -> None:
    visitor.page.get_by_role("link", name="Switch person").click()
    expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()
    visitor.page.locator(f'[data-person-id="{visitor.person_id}"]').click()
    expect(visitor.page).to_have_url(f"{base_url}/#{visitor.person_id}")
    expect(visitor.box).to_be_visible()


def test_nothing_is_wider_than_a_phone(app: FormApp, visit: Callable[..., Visitor]) -> None:
    phone = visit(viewport={"width": 390, "height": 780})
    wide = "w" * 300
    app.title = "w" * 24
    picker = {"type": "static_select", "action_id": "pick", "options": [option("x", "w" * 75)]}
    app.message = {
        "text": "x",
        "blocks": [section(f"{wide} `{wide}` ```{wide}```", accessory=picker), button("b", text="w" * 75)],
    }
    app.form = [field({"type": "static_select", "options": [option("x", "w" * 75)]}, label=wide, hint=plain(wide))]
    phone.type("/say it")
    expect(phone.element("b")).to_be_visible()
    assert widest(phone.page) <= 390
    phone.open_form()
    phone.element().click()
    assert widest(phone.page) <= 390
    phone.page.keyboard.press("Escape")
    phone.page.keyboard.press("Escape")
    expect(phone.modal).to_have_count(0)
    phone.page.get_by_role("button", name="Conversations").click()
    phone.page.get_by_role("link", name="general").click()
    expect(phone.page.get_by_role("heading", name="general").first).to_be_visible()


def widest(page: Page) -> int:
    """The width of the page, and of everything in it that scrolls, in pixels."""
    scrolling = page.locator("html, .messages, .modal-body, .popup")
    width: int = scrolling.evaluate_all("(all) => Math.max(...all.map((each) => each.scrollWidth))")
    return width
