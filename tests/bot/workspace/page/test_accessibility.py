"""axe-core finds nothing on the page, wherever one goes, in every width and colour scheme."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.page import gallery
from tests.support.page.axe import complaints
from tests.support.page.stand_in_page import FormApp, Visitor, section

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 780}
LOOKS = [
    pytest.param({"viewport": size, "color_scheme": scheme, "locale": "en-GB"}, id=f"{name}-{scheme}")
    for name, size in (("desk", DESK), ("phone", PHONE))
    for scheme in ("light", "dark")
]


@pytest.fixture(params=LOOKS)
def visitor(app: FormApp, visit: Callable[..., Visitor], request: pytest.FixtureRequest) -> Visitor:
    options: dict[str, Any] = request.param
    return visit(**options)


def barriers(page: Page) -> list[str]:
    """What axe-core finds, where nothing stands beyond the window's edge."""
    found = complaints(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its window"
    return found


def test_messages_of_all_kinds_have_no_barriers(app: FormApp, visitor: Visitor) -> None:
    kinds = (gallery.texts, gallery.rich_texts, gallery.tables, gallery.layouts, gallery.buttons, gallery.choices)
    for blocks in (draw() for draw in kinds):
        app.client.chat_postMessage(channel=visitor.person_id, text="one of each", blocks=blocks)
    gallery.post_picture(app.client, app.client.chat_postMessage(channel=visitor.person_id, text="look")["channel"])
    visitor.type("a word of mine")
    expect(visitor.log.get_by_role("img", name="Words in each chapter")).to_be_visible()
    assert barriers(visitor.page) == []


def test_fields_of_all_kinds_have_no_barriers(app: FormApp, visitor: Visitor) -> None:
    app.form = gallery.form()
    visitor.open_form()
    assert barriers(visitor.page) == []
    visitor.element("title").fill("x" * 60)
    visitor.send_form()
    expect(visitor.page.locator(".field-error:visible").first).to_be_visible()
    visitor.element("kinds").click()
    assert barriers(visitor.page) == []


def test_what_opens_over_the_page_has_no_barriers(app: FormApp, visitor: Visitor) -> None:
    app.message = {"text": "job", "blocks": gallery.buttons()}
    visitor.type("/say it")
    visitor.element("more").click()
    assert barriers(visitor.page) == []
    visitor.page.keyboard.press("Escape")
    visitor.element("danger").click()
    expect(visitor.page.get_by_role("alertdialog")).to_be_visible()
    assert barriers(visitor.page) == []
    visitor.page.get_by_role("button", name="Keep it").click()
    visitor.box.press_sequentially("/")
    expect(visitor.page.get_by_role("option").first).to_be_visible()
    assert barriers(visitor.page) == []


def test_the_calendar_has_no_barriers(app: FormApp, visitor: Visitor) -> None:
    app.form = gallery.moments()
    visitor.open_form()
    visitor.modal.get_by_role("button", name="Choose day and time").click()
    assert barriers(visitor.page) == []


def test_home_and_the_side_bar_have_no_barriers(app: FormApp, visitor: Visitor) -> None:
    app.home = [*gallery.texts(), *gallery.buttons(), section("the end")]
    visitor.page.get_by_role("link", name="Home").click()
    expect(visitor.page.get_by_text("the end")).to_be_visible()
    assert barriers(visitor.page) == []
    menu = visitor.page.get_by_role("button", name="Conversations")
    if menu.is_visible():
        menu.click()
    assert barriers(visitor.page) == []


def test_choosing_a_person_has_no_barriers(visitor: Visitor, base_url: str) -> None:
    visitor.page.goto(f"{base_url}/#")
    expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert barriers(visitor.page) == []
    visitor.page.get_by_role("button", name="Appearance").click()
    assert barriers(visitor.page) == []
