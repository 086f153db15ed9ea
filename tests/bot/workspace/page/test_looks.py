"""What people know from Slack's client: colours, days, news, tabs, calendars, rich text, shortcuts, pictures."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.page import gallery
from tests.support.page.stand_in_page import FormApp, Visitor, button, field, section

# What a browser tells a tab that is no longer looked at; headless ones look at all of theirs.
TO_BACKGROUND = """() => {
  Object.defineProperty(document, "hidden", { get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def is_dark(page: Page) -> bool:
    red: str = re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[0]
    return int(red) < 128


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_until_somebody_chooses_others(visit: Callable[..., Visitor], scheme: str) -> None:
    page = visit(waits_for_app=False, color_scheme=scheme).page
    assert is_dark(page) == (scheme == "dark")
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("menuitemradio", name="Light" if scheme == "dark" else "Dark").click()
    assert is_dark(page) == (scheme == "light")
    page.reload()
    expect(page.locator("#message-box")).to_be_visible()
    assert is_dark(page) == (scheme == "light")
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("menuitemradio", name="As the system").click()
    assert is_dark(page) == (scheme == "dark")


def test_each_day_begins_with_its_name(app: FormApp, visitor: Visitor) -> None:
    visitor.type("/say it")
    expect(visitor.log.locator(".day")).to_have_text(["Today"])
    visitor.type("/say it")
    expect(visitor.log.locator("article")).to_have_count(2)
    expect(visitor.log.locator(".day")).to_have_text(["Today"])


def test_a_line_stands_before_what_is_new(app: FormApp, visit: Callable[..., Visitor]) -> None:
    one, other = visit(0), visit(1)
    one.page.get_by_role("link", name="general").click()
    one.type("read")
    one.page.get_by_role("link", name="Form Tester").click()
    other.page.get_by_role("link", name="general").click()
    other.type("news")
    one.page.get_by_role("link", name="general 1 unread").click()
    expect(one.log.get_by_role("separator", name="New messages")).to_be_visible()
    expect(one.log.locator(".new + article")).to_contain_text("news")


def test_what_one_tab_has_read_is_read_in_all_of_that_persons_tabs(app: FormApp, visit: Callable[..., Visitor]) -> None:
    one, other = visit(0), visit(1)
    second = one.page.context.new_page()
    second.goto(one.page.url)
    other.page.get_by_role("link", name="general").click()
    other.type("news")
    expect(second.get_by_role("link", name="general 1 unread")).to_be_visible()
    one.page.get_by_role("link", name="general 1 unread").click()
    expect(second.get_by_role("link", name="general", exact=True)).to_be_visible()


def test_somebody_who_has_scrolled_up_is_led_to_new_messages(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "long", "blocks": [section("line\n" * 60)]}
    visitor.type("/say it")
    expect(visitor.log.locator("article")).to_have_count(1)
    visitor.log.evaluate("(node) => { node.scrollTop = 0; }")
    visitor.type("/say it")
    visitor.page.get_by_role("button", name="New messages").click()
    expect(visitor.log.locator("article").last.get_by_text("line").last).to_be_in_viewport()
    expect(visitor.page.get_by_role("button", name="New messages")).to_be_hidden()


def test_replies_stand_with_the_message_that_they_answer(app: FormApp, visitor: Visitor) -> None:
    root = app.client.chat_postMessage(channel=visitor.person_id, text="job 12 started")
    app.client.chat_postMessage(channel=visitor.person_id, text="its first line", thread_ts=root["ts"])
    thread = visitor.log.locator(f'[data-ts="{root["ts"]}"]').get_by_text("1 reply")
    expect(visitor.log.get_by_text("its first line")).to_be_hidden()
    thread.click()
    expect(visitor.log.get_by_text("its first line")).to_be_visible()
    app.client.chat_postMessage(channel=visitor.person_id, text="its second line", thread_ts=root["ts"])
    expect(visitor.log.get_by_text("its second line")).to_be_visible()


def test_tabs_lead_from_the_apps_messages_to_its_home_and_back(app: FormApp, visitor: Visitor) -> None:
    app.home = [section("Your jobs")]
    visitor.page.get_by_role("link", name="Home").click()
    expect(visitor.page.get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")
    expect(visitor.page.get_by_text("Your jobs")).to_be_visible()
    visitor.page.get_by_role("link", name="Messages").click()
    expect(visitor.box).to_be_visible()
    visitor.page.get_by_role("link", name="general").click()
    expect(visitor.page.get_by_role("link", name="Home")).to_be_hidden()


def test_a_day_is_chosen_from_the_calendar_with_the_keyboard(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "datepicker", "initial_date": "2027-01-31"})]
    visitor.open_form()
    press = visitor.page.keyboard.press
    opener = visitor.modal.get_by_role("button", name="Choose a day")
    opener.focus()
    press("Enter")
    expect(visitor.page.get_by_role("button", name="31 January 2027")).to_be_focused()
    press("PageDown")
    expect(visitor.page.get_by_role("button", name="28 February 2027")).to_be_focused()
    press("ArrowRight")
    expect(visitor.page.get_by_text("March 2027", exact=True)).to_be_visible()
    press("Enter")
    expect(opener).to_be_focused()
    visitor.send_form()
    assert app.entry()["selected_date"] == "2027-03-01"


def test_day_and_time_are_chosen_with_the_mouse(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "datetimepicker", "initial_date_time": 1798848000})]
    visitor.open_form()
    visitor.modal.get_by_role("button", name="Choose day and time").click()
    visitor.page.get_by_role("button", name="Next month").click()
    visitor.page.get_by_role("button", name="3 February 2027").first.click()
    visitor.page.get_by_role("option", name=re.compile(r"^13:30")).click()
    visitor.send_form()
    # Auckland is 13 hours ahead of UTC in February.
    assert app.entry()["selected_date_time"] == 1798848000 + 32 * 86_400 + 1800


def test_escape_closes_the_calendar_and_leaves_the_form(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "timepicker"})]
    visitor.open_form()
    visitor.modal.get_by_role("button", name="Choose a time").click()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("listbox", name="Time")).to_be_hidden()
    expect(visitor.modal).to_be_visible()


def test_rich_text_is_written_styled_and_arrives_as_a_block(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "rich_text_input"})]
    visitor.open_form()
    write, press = visitor.page.keyboard.type, visitor.page.keyboard.press
    visitor.modal.get_by_role("textbox", name="The field").focus()
    write("plain <b>")
    press("Control+b")
    write(" bold")
    press("Control+b")
    press("Enter")
    visitor.modal.get_by_role("button", name="Bulleted list").click()
    write("first")
    press("Enter")
    write("second")
    visitor.send_form()
    parts = app.entry()["rich_text_value"]["elements"]
    assert parts[0]["elements"] == [
        {"type": "text", "text": "plain <b>"},
        {"type": "text", "text": " bold", "style": {"bold": True}},
    ]
    assert parts[1]["style"] == "bullet"
    assert [item["elements"][0]["text"] for item in parts[1]["elements"]] == ["first", "second"]


def test_what_is_pasted_into_rich_text_brings_no_markup(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "rich_text_input"})]
    visitor.open_form()
    box = visitor.modal.get_by_role("textbox", name="The field")
    box.focus()
    box.evaluate("""(node) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/html", "<img src=x onerror=window.broken=1><b>bold</b>");
      clipboardData.setData("text/plain", "<i>bold</i>");
      node.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
    }""")
    expect(box).to_have_text("<i>bold</i>")
    expect(box.locator("img, b, i")).to_have_count(0)


def test_a_shortcut_begins_from_the_message_box(app: FormApp, visitor: Visitor) -> None:
    app.form = [section("Begun")]
    visitor.page.get_by_role("button", name="Shortcuts").click()
    visitor.page.get_by_role("menuitem", name="Begin").click()
    expect(visitor.modal.get_by_text("Begun")).to_be_visible()


def test_a_picture_that_slack_holds_is_shown(app: FormApp, visitor: Visitor) -> None:
    channel = app.client.chat_postMessage(channel=visitor.person_id, text="look")["channel"]
    gallery.post_picture(app.client, channel)
    picture = visitor.log.get_by_role("img", name="Words in each chapter, rising")
    expect(picture).to_be_visible()
    visitor.page.wait_for_function("() => document.querySelector('.large-image').naturalWidth > 0")


def test_a_data_table_is_sorted_and_turned_by_pages(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "numbers", "blocks": gallery.layouts()}
    visitor.type("/say it")
    table = visitor.log.get_by_role("table", name="Words in each job")
    cells = table.locator("tbody td:last-child")
    expect(cells).to_have_text(["1", "4", "9", "16", "25"])
    visitor.log.get_by_role("button", name="Next rows").click()
    expect(cells).to_have_text(["36", "49"])
    table.get_by_role("button", name="Words").click()
    table.get_by_role("button", name="Words").click()
    expect(cells).to_have_text(["49", "36", "25", "16", "9"])
    expect(table.get_by_role("columnheader", name="Words")).to_have_attribute("aria-sort", "descending")


def test_a_chart_tells_its_numbers_to_whoever_cannot_see_it(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "numbers", "blocks": gallery.layouts()}
    visitor.type("/say it")
    numbers = visitor.log.get_by_role("table", name="Jobs a day")
    expect(numbers.get_by_role("columnheader")).to_have_text(["Mon", "Tue", "Wed"])
    expect(numbers.get_by_role("cell")).to_have_text(["", "12", "30", "21"])


def test_a_plan_shows_its_steps_and_how_far_each_is(app: FormApp, visitor: Visitor) -> None:
    steps = [("Fetch", {"status": "complete"}), ("Count", {"status": "in_progress"}), ("Write", {"status": "pending"})]
    steps += [("Send", {}), ("Check", {"status": "error"})]
    tasks = [{"type": "task_card", "task_id": title, "title": title, **rest} for title, rest in steps]
    app.client.chat_postMessage(
        channel=visitor.person_id,
        text="Counting",
        blocks=[{"type": "plan", "title": "Word count", "tasks": tasks}, {**tasks[3], "task_id": "alone"}],
    )
    shown = visitor.log.locator(".plan li")
    expect(shown).to_have_text(["✓Fetch", "◐Count", "○Write", "○Send", "✕Check"])
    signs = shown.get_by_role("img")
    for at, name in enumerate(["Complete", "In progress", "Pending", "Pending", "Error"]):
        expect(signs.nth(at)).to_have_accessible_name(name)
    expect(visitor.log.locator(".task_card-block")).to_have_text("○Send")


def test_commands_are_offered_by_a_button_with_their_hints(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Commands").click()
    expect(visitor.page.get_by_role("option")).to_have_count(2)
    expect(visitor.page.get_by_role("option").first).to_contain_text("Opens the form")
    visitor.page.keyboard.type("fo")
    visitor.page.keyboard.press("Tab")
    expect(visitor.box).to_have_value("/form ")
    expect(visitor.page.get_by_text("/form [words]")).to_be_visible()


def test_several_people_are_told_apart_by_their_tabs(visit: Callable[..., Visitor]) -> None:
    one, other = (visit(who, waits_for_app=False).page for who in (0, 1))
    assert one.title() != other.title()
    pictures = [page.locator("link[rel=icon]").get_attribute("href") for page in (one, other)]
    assert len(set(pictures)) == 2
    assert all("data:image/svg+xml" in (picture or "") for picture in pictures)


def test_people_in_more_tabs_than_a_browser_has_connections_are_all_kept_up_to_date(
    app: FormApp, visit: Callable[..., Visitor], people: list[str]
) -> None:
    first = visit(0)
    tabs = [first.page]
    for person_id in people[1:8]:
        with tabs[-1].expect_response(lambda response: "/state" in response.url):  # it has looked once by then
            tabs[-1].evaluate(TO_BACKGROUND)
        tabs.append(first.page.context.new_page())
        tabs[-1].goto(first.page.url.replace(first.person_id, person_id))
        expect(tabs[-1].locator('.status[data-state="connected"]')).to_be_visible()
    last = Visitor(tabs[-1], people[7])
    last.page.get_by_role("link", name="general").click()
    last.type("can you all hear me?")
    for tab in tabs[:-1]:
        expect(tab.get_by_role("link", name="general 1 unread")).to_be_visible()
        expect(tab).to_have_title(re.compile(r"^\(1\) "))


def test_every_button_style_and_menu_of_a_message_acts(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "job", "blocks": [button("go", style="primary"), *gallery.choices()]}
    visitor.type("/say it")
    visitor.element("go").click()
    assert app.actions.get(timeout=10)["action_id"] == "go"
    visitor.element("speed").click()
    visitor.choose("Exact")
    assert app.actions.get(timeout=10)["selected_option"]["value"] == "exact"
    visitor.log.get_by_role("button", name="Choose a day").click()
    visitor.page.get_by_role("button", name="15 February 2027").click()
    assert app.actions.get(timeout=10)["selected_date"] == "2027-02-15"
    visitor.log.get_by_label("Thorough").check()
    assert [each["value"] for each in app.actions.get(timeout=10)["selected_options"]] == ["fast", "thorough"]
