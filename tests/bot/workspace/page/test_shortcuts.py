"""The menu of what the app offers to do with a message."""

from playwright.sync_api import expect

from tests.support.page.stand_in_page import FormApp, Visitor, field


def test_a_shortcut_is_run_with_the_keyboard_alone(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "plain_text_input"})]
    visitor.type("see the file")
    expect(visitor.log.get_by_text("see the file")).to_be_visible()
    press = visitor.page.keyboard.press
    press("Shift+Tab")
    expect(visitor.log.get_by_role("button", name="More actions")).to_be_focused()
    press("Enter")
    expect(visitor.page.get_by_role("menuitem")).to_have_count(4)
    expect(visitor.page.get_by_role("menuitem", name="Use this file")).to_be_focused()
    press("ArrowDown")
    expect(visitor.page.get_by_role("menuitem", name="Keep this")).to_be_focused()
    press("ArrowUp")
    press("Enter")
    assert app.shortcuts.get(timeout=10)["message"]["text"] == "see the file"
    expect(visitor.modal).to_be_visible()
    press("Escape")
    expect(visitor.modal).to_have_count(0)
    expect(visitor.log.get_by_role("button", name="More actions")).to_be_focused()


def test_escape_closes_the_menu_and_leaves_the_message(app: FormApp, visitor: Visitor) -> None:
    visitor.type("hello")
    button = visitor.log.get_by_role("button", name="More actions")
    button.press("Enter")
    expect(visitor.page.get_by_role("menu", name="Message")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("menu", name="Message")).to_be_hidden()
    expect(button).to_be_focused()
    assert app.shortcuts.empty()


def test_a_shortcut_that_the_app_does_not_answer_is_told_beside_the_message(app: FormApp, visitor: Visitor) -> None:
    visitor.type("hello")
    visitor.log.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Keep this").click()
    expect(visitor.log.get_by_role("alert")).to_have_text("The app did not answer in time. Try again?", timeout=10_000)


def test_what_only_one_person_sees_has_no_shortcuts(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "between us"}
    visitor.type("/say privately")
    expect(visitor.log.locator("article", has_text="between us")).to_be_visible()
    expect(visitor.log.get_by_role("button", name="More actions")).to_have_count(0)
