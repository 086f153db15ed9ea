"""The side panel: what went between app and workspace, what can be made to go wrong, and beginning anew."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from slack_sdk.errors import SlackApiError

from tests.support.page.axe import complaints
from tests.support.page.stand_in_page import FormApp, Visitor, button, section
from tests.support.slack.person import Person, Workspace
from tests.support.slack.stand_in import page_address


@pytest.fixture
def panel(visitor: Visitor) -> Locator:
    visitor.page.get_by_role("button", name="Inspector").click()
    return visitor.page.get_by_role("complementary", name="Inspector")


def entries(panel: Locator, words: str) -> Locator:
    return panel.locator("details", has_text=words)


def post(app: FormApp, visitor: Visitor, text: str) -> None:
    app.client.chat_postMessage(channel=visitor.person_id, text=text)


def test_requests_and_frames_show_up_as_they_happen_with_their_verdict(visitor: Visitor, panel: Locator) -> None:
    visitor.type("/say it")
    expect(entries(panel, "slash_commands").locator(".verdict")).to_have_text("acknowledged")
    expect(entries(panel, "chat.postMessage").locator(".verdict")).to_have_text("ok")
    expect(entries(panel, "chat.postMessage")).to_contain_text("from the app")
    entries(panel, "slash_commands").locator("summary").click()
    expect(entries(panel, "slash_commands").locator("pre").first).to_contain_text('"command": "/say"')


def test_what_was_refused_says_why_with_pointers_and_what_stands_there(
    app: FormApp, visitor: Visitor, panel: Locator
) -> None:
    with pytest.raises(SlackApiError):
        app.client.chat_postMessage(channel=visitor.person_id, text="x", blocks=[button("go", text="b" * 76)])
    refused = entries(panel, "chat.postMessage")
    expect(refused.locator(".verdict")).to_have_text("invalid_blocks")
    refused.locator("summary").click()
    complaint = refused.get_by_role("listitem").filter(has_text="/blocks/0/elements/0/text/text")
    expect(complaint).to_contain_text("must be less than 76 characters")
    expect(complaint).to_contain_text('"' + "b" * 76 + '"')


def test_the_list_is_filtered_by_words_and_by_verdict(app: FormApp, visitor: Visitor, panel: Locator) -> None:
    post(app, visitor, "fine")
    with pytest.raises(SlackApiError):
        app.client.chat_postMessage(channel="C0NOWHERE", text="lost")
    expect(entries(panel, "chat.postMessage")).to_have_count(2)
    panel.get_by_label("Only refused").check()
    expect(entries(panel, "chat.postMessage").locator("visible=true").locator(".verdict")).to_have_text(
        "channel_not_found"
    )
    panel.get_by_label("Only refused").uncheck()
    panel.get_by_role("searchbox").fill("fine")
    expect(panel.locator("details:visible")).to_have_count(1)


def test_hostile_text_in_the_list_is_shown_as_text(app: FormApp, visitor: Visitor, panel: Locator) -> None:
    post(app, visitor, "<img src=x onerror=window.broken=1>")
    entries(panel, "chat.postMessage").locator("summary").click()
    expect(entries(panel, "chat.postMessage").locator("pre").first).to_contain_text("<img src=x")
    expect(panel.locator("img")).to_have_count(0)


def test_a_planned_fault_happens_to_the_next_call(app: FormApp, visitor: Visitor, panel: Locator) -> None:
    panel.get_by_role("tab", name="Faults").click()
    fault = panel.get_by_role("form", name="An error of Slack's")
    fault.get_by_label("Error").fill("fatal_error")
    fault.get_by_label("Method").fill("chat.postMessage")
    fault.get_by_role("button", name="Plan it").click()
    expect(panel.get_by_role("listitem").filter(has_text="error fatal_error")).to_be_visible()
    with pytest.raises(SlackApiError, match="fatal_error"):
        post(app, visitor, "refused")
    post(app, visitor, "taken")
    expect(visitor.log).to_contain_text("taken")


def test_a_fault_that_cannot_be_planned_says_what_is_allowed(visitor: Visitor, panel: Locator) -> None:
    panel.get_by_role("tab", name="Faults").click()
    fault = panel.get_by_role("form", name="Slow network")
    fault.get_by_label("Seconds").evaluate("(node) => { node.max = ''; node.value = '99'; }")
    fault.get_by_role("button", name="Plan it").click()
    expect(fault.get_by_role("status")).to_contain_text("must be from 0 to 60")
    panel.get_by_role("button", name="Stop all faults").click()
    expect(panel).to_contain_text("Nothing is planned.")


def test_a_refresh_on_demand_leaves_the_app_connected_in_the_end(
    app: FormApp, visitor: Visitor, panel: Locator
) -> None:
    panel.get_by_role("tab", name="Faults").click()
    panel.get_by_role("form", name="Refresh now").get_by_role("button").click()
    panel.get_by_role("tab", name="Traffic").click()
    expect(entries(panel, "2 open")).to_have_count(0)
    expect(entries(panel, "closed").first).to_be_visible(timeout=20_000)
    expect(visitor.page.locator('.status[data-state="connected"]')).to_be_visible(timeout=20_000)
    visitor.type("/say it")
    expect(visitor.log).to_contain_text("nothing")


def test_resetting_asks_first_and_then_forgets_everything_for_everybody(
    app: FormApp, visitor: Visitor, panel: Locator, visit: Callable[..., Visitor]
) -> None:
    app.home = [section("Your jobs")]
    other = visit(1)
    other.type("a secret of mine")
    expect(other.log.get_by_text("a secret of mine")).to_be_visible()
    post(app, visitor, "job 12")
    expect(visitor.log).to_contain_text("job 12")
    panel.get_by_role("tab", name="Faults").click()
    panel.get_by_role("button", name="Reset workspace").click()
    visitor.page.get_by_role("button", name="Keep everything").click()
    expect(visitor.log).to_contain_text("job 12")
    panel.get_by_role("button", name="Reset workspace").click()
    visitor.page.get_by_role("alertdialog").get_by_role("button", name="Reset").click()
    expect(visitor.log).not_to_contain_text("job 12")
    expect(other.log.get_by_text("a secret of mine")).to_have_count(0)
    visitor.type("/say it")
    expect(visitor.log).to_contain_text("nothing")


def test_a_reset_forgets_messages_home_tabs_and_files_and_keeps_conversations(
    app: FormApp, visitor: Visitor, base_url: str
) -> None:
    workspace = Workspace(page_address(base_url))
    maria = Person(workspace)
    channel = app.client.chat_postMessage(channel=maria.id, text="job 12")["channel"]
    file = app.client.files_upload_v2(channel=channel, content=b"x", filename="a.txt")["file"]
    visitor.page.get_by_role("link", name="Home").click()
    maria.wait_for(lambda: maria.state()["home"], what="published")
    visitor.page.get_by_role("link", name="Messages").click()
    assert workspace.post("/people/reset", {}) == {"ok": True}
    after = maria.state()
    assert ([each["messages"] for each in after["conversations"]], after["home"]) == ([[], [], []], None)
    assert after["conversations"][-1]["id"] == channel
    assert workspace.get(f"/people/{maria.id}/files/{file['id']}")["error"] == "file_not_found"


def test_a_home_tab_that_is_open_is_drawn_anew_after_a_reset(app: FormApp, visitor: Visitor, panel: Locator) -> None:
    app.home = [section("First")]
    visitor.page.get_by_role("link", name="Home").click()
    expect(visitor.page.get_by_text("First")).to_be_visible()
    app.home = [section("Drawn anew")]
    panel.get_by_role("tab", name="Faults").click()
    panel.get_by_role("button", name="Reset workspace").click()
    visitor.page.get_by_role("alertdialog").get_by_role("button", name="Reset").click()
    expect(visitor.page.get_by_text("Drawn anew")).to_be_visible()


def test_the_panel_is_used_with_the_keyboard_alone(visitor: Visitor) -> None:
    press = visitor.page.keyboard.press
    visitor.page.get_by_role("button", name="Inspector").focus()
    press("Enter")
    expect(visitor.page.get_by_role("tab", name="Traffic")).to_be_focused()
    press("ArrowRight")
    expect(visitor.page.get_by_role("tab", name="Faults")).to_be_focused()
    expect(visitor.page.get_by_role("form", name="Slow network")).to_be_visible()
    press("Escape")
    expect(visitor.page.get_by_role("button", name="Inspector")).to_be_focused()
    expect(visitor.page.get_by_role("complementary", name="Inspector")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_has_no_barriers(app: FormApp, visit: Callable[..., Visitor], width: int, scheme: str) -> None:
    visitor = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    visitor.page.get_by_role("button", name="Inspector").click()
    panel = visitor.page.get_by_role("complementary", name="Inspector")
    with pytest.raises(SlackApiError):
        app.client.chat_postMessage(channel=visitor.person_id, text="x", blocks=[button("go", text="b" * 76)])
    entries(panel, "chat.postMessage").locator("summary").click()
    assert complaints(visitor.page) == []
    panel.get_by_role("tab", name="Faults").click()
    panel.get_by_role("form", name="Refresh now").get_by_role("button").click()
    expect(panel.get_by_text("Done.")).to_be_visible()
    assert complaints(visitor.page) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
