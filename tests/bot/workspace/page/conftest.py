"""A server of the stand-in, a real Bolt app, and people at its page in a real Chromium."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.page.chromium import browsing
from tests.support.page.stand_in_page import FormApp, Visitor, serving_page
from tests.support.slack.person import Workspace
from tests.support.slack.sockets import keep_from_reconnecting
from tests.support.slack.stand_in import page_address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    with serving_page(tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def closing() -> Iterator[ThreadPoolExecutor]:
    """Closes apps while the next test runs: slack_sdk's client takes more than a second for it."""
    with ThreadPoolExecutor() as executor:
        yield executor


@pytest.fixture
def app(base_url: str, closing: ThreadPoolExecutor) -> Iterator[FormApp]:
    form_app = FormApp(base_url)
    form_app.handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    yield form_app
    form_app.hold.set()
    keep_from_reconnecting(form_app.handler)  # its workspace ends while it is being closed
    closing.submit(form_app.handler.close)


@pytest.fixture
def people(base_url: str) -> list[str]:
    return [person["id"] for person in Workspace(page_address(base_url)).people() if person["can_sign_in"]]


@pytest.fixture
def visit(browser: Browser, base_url: str, people: list[str]) -> Iterator[Callable[..., Visitor]]:
    contexts, problems = [], []

    def visit(who: int = 0, *, waits_for_app: bool = True, **options: Any) -> Visitor:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(page_address(base_url, people[who]))
        expect(page.locator("#message-box")).to_be_visible()
        if waits_for_app:
            expect(page.locator('.status[data-state="connected"]')).to_be_visible()
        return Visitor(page, people[who])

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def visitor(app: FormApp, visit: Callable[..., Visitor]) -> Visitor:
    return visit(timezone_id="Pacific/Auckland", locale="en-GB")
