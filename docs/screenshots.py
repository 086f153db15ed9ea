"""Takes the README's pictures: a real ScriptRunner, a real browser, the way a newcomer goes."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from installation import Installation  # noqa: E402  # the tests' own installation

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main() -> None:
    """Write the pictures beside this file."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        installation = Installation(Path(folder) / "installation").start()
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1180, "height": 780})
            page.goto(installation.url)
            take(page)
            browser.close()
        finally:
            installation.stop()


def take(page: Page) -> None:
    """Fill in a form, and read the message that comes of it."""
    page.get_by_role("link", name="Maria Keller").click()
    page.locator("#message-box").fill("/runscript word_count")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name="Text").press_sequentially("alice")
    form.get_by_role("option", name="alice-in-wonderland.txt").click()
    form.get_by_label("How many words").fill("20")
    page.screenshot(path=ROOT / "docs/form.png")
    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_text("Close", exact=True).click()
    page.locator("[data-ts]", has_text="succeeded: Word count").wait_for()
    page.locator("#message-box").fill("")
    page.screenshot(path=ROOT / "docs/message.png")


if __name__ == "__main__":
    main()
