"""Takes the pictures of the documents: a real ScriptRunner, a real stand-in, and a real browser before them."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from PIL import Image  # as matplotlib brings it
from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from slack_sdk.errors import SlackApiError  # noqa: E402

from tests.support.machine.installation import Form, Installation  # noqa: E402  # the tests' own installation
from tests.support.page import gallery  # noqa: E402
from tests.support.page.chromium import browsing  # noqa: E402
from tests.support.page.stand_in_page import FormApp, Visitor, button, serving_page  # noqa: E402
from tests.support.slack.person import MARIA, TOM  # noqa: E402
from tests.support.slack.stand_in import page_address  # noqa: E402

PICTURES = ROOT / "docs/pictures"
DESK, SMALL = {"width": 1180, "height": 780}, {"width": 1090, "height": 580}
NARROW, GAP = {"width": 520, "height": 640}, 16
TALL, PHONE = {"width": 820, "height": 1500}, {"width": 390, "height": 780}
KINDS_OF_MESSAGES = {
    "texts": [gallery.texts, gallery.rich_texts, gallery.tables],
    "layouts": [gallery.layouts],
    "actions": [gallery.buttons, gallery.choices],
}
KINDS_OF_FIELDS = {
    "fields": [gallery.typed_fields, gallery.chosen_fields],
    "more-fields": [gallery.marked_fields, gallery.moments, gallery.other_fields],
}


def main() -> None:
    """Write the pictures beside this file."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        take_readme(browser, Path(folder))
        with serving_page(Path(folder)) as url:
            app = FormApp(url)
            app.handler.connect()
            take_gallery(browser, app, url)
            app.handler.close()


def take_readme(browser: Browser, folder: Path) -> None:
    """Fill in a form, and look at a job from its start to the picture that comes of it."""
    installation = Installation(folder / "installation").start()
    try:
        page = browser.new_page(viewport=DESK)
        page.goto(installation.url)
        page.get_by_role("link", name="Maria Keller").click()
        page.locator("#message-box").fill("/runscript word_count")
        page.locator("#message-box").press("Enter")
        form = page.get_by_role("dialog")
        form.get_by_role("combobox", name="Text").press_sequentially("alice")
        form.get_by_role("option", name="alice-in-wonderland.txt").click()
        form.get_by_label("How many words").fill("20")
        page.screenshot(path=ROOT / "docs/form.png")
        page.close()
        strip(list(moments_of_a_job(browser, installation)), ROOT / "docs/message.png")
    finally:
        installation.stop()


def moments_of_a_job(browser: Browser, installation: Installation) -> Iterator[bytes]:
    """What somebody sees of a job: its message early and late, and its end with what came of it."""
    page = browser.new_page(viewport=NARROW)
    page.goto(installation.url)
    page.get_by_role("link", name="Tom Okafor").click()
    form = Form(installation.person(TOM), "mandelbrot")
    form.fill("Width", "2000").submit()
    installation.person(TOM).close(everything=True)
    own = page.locator("[data-ts]", has_text="Job 1 started").first
    for share in ("▰" * 3, "▰" * 14):
        own.get_by_text(share).first.wait_for(timeout=90_000)
        yield page.screenshot()
    page.locator("[data-ts]", has=page.locator(".origin"), has_text="They come as files").wait_for(timeout=90_000)
    page.get_by_text("replies").first.click()
    picture = page.get_by_role("img", name="mandelbrot.png")
    picture.wait_for(timeout=30_000)
    picture.scroll_into_view_if_needed()
    yield page.screenshot()
    page.close()


def strip(pictures: list[bytes], path: Path) -> None:
    """One picture of several of one size beside one another, in few colours, so that it is small."""
    each = [Image.open(BytesIO(picture)) for picture in pictures]
    width, height = each[0].size
    whole = Image.new("RGB", (len(each) * (width + GAP) - GAP, height), "white")
    for number, picture in enumerate(each):
        whole.paste(picture, (number * (width + GAP), 0))
    whole.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def take_gallery(browser: Browser, app: FormApp, url: str) -> None:
    """Every kind of block, of field, and of what opens over them."""
    for name, kinds in KINDS_OF_MESSAGES.items():
        with at_the_page(browser, url, viewport=TALL) as visitor:
            messages = [visitor.say(app, draw()) for draw in kinds]
            save(visitor.page, name, messages)
            reset(visitor.page)
    for name, kinds in KINDS_OF_FIELDS.items():
        app.title, app.form = "Word count", [block for draw in kinds for block in draw()]
        with at_the_page(browser, url, viewport=TALL) as visitor:
            visitor.open_form()
            visitor.modal.evaluate("(node) => { node.style.maxHeight = 'none'; }")
            visitor.modal.screenshot(path=PICTURES / f"{name}.png")
            reset(visitor.page)
    take_openings(browser, app, url)
    take_phone(browser, app, url)


def take_openings(browser: Browser, app: FormApp, url: str) -> None:
    """Commands, a calendar, a question, and the inspector, in dark colours too."""
    with at_the_page(browser, url, viewport=SMALL, color_scheme="dark") as visitor:
        visitor.say(app, gallery.texts())
        visitor.box.press_sequentially("/")
        visitor.page.screenshot(path=PICTURES / "commands-dark.png")
        visitor.box.fill("")
        with suppress(SlackApiError):
            app.client.chat_postMessage(channel=MARIA, text="x", blocks=[button("go", text="b" * 76)])
        visitor.page.get_by_role("button", name="Inspector").click()
        panel = visitor.page.get_by_role("complementary", name="Inspector")
        panel.locator("details", has_text="invalid_blocks").locator("summary").click()
        panel.screenshot(path=PICTURES / "inspector-dark.png")
        reset(visitor.page)
    app.form = gallery.moments()
    with at_the_page(browser, url, viewport={"width": 720, "height": 600}) as visitor:
        visitor.open_form()
        visitor.modal.get_by_role("button", name="Choose day and time").click()
        visitor.page.screenshot(path=PICTURES / "calendar.png")
        reset(visitor.page)


def take_phone(browser: Browser, app: FormApp, url: str) -> None:
    """The same on a phone."""
    app.form = gallery.chosen_fields()
    with at_the_page(browser, url, viewport=PHONE, has_touch=True) as visitor:
        visitor.say(app, gallery.buttons())
        visitor.page.screenshot(path=PICTURES / "phone.png")
        visitor.open_form()
        visitor.page.screenshot(path=PICTURES / "phone-form.png")
        reset(visitor.page)


class Guest(Visitor):
    """A visitor whom the app writes to."""

    def say(self, app: FormApp, blocks: gallery.Blocks) -> Locator:
        """Lets the app post these blocks; the message."""
        ts = app.client.chat_postMessage(channel=self.person_id, text="one of each", blocks=blocks)["ts"]
        message = self.log.locator(f'[data-ts="{ts}"]')
        message.wait_for()
        return message


@contextmanager
def at_the_page(browser: Browser, url: str, **options: object) -> Iterator[Guest]:
    """Maria at the page."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(page_address(url, MARIA))
    page.locator('.status[data-state="connected"]').wait_for()
    yield Guest(page, MARIA)
    context.close()


def save(page: Page, name: str, messages: list[Locator]) -> None:
    """One picture of several messages that stand one below the other."""
    boxes = [box for box in (message.bounding_box() for message in messages) if box]
    top, bottom = boxes[0]["y"], boxes[-1]["y"] + boxes[-1]["height"]
    clip = {"x": boxes[0]["x"], "y": top, "width": boxes[0]["width"], "height": bottom - top}
    page.screenshot(path=PICTURES / f"{name}.png", clip=clip)  # type: ignore[arg-type]


def reset(page: Page) -> None:
    """Lets the next picture begin with an empty workspace."""
    answer = page.request.post(f"{page.url.partition('#')[0]}people/reset", data={})
    if not answer.ok:
        raise SystemExit(f"The workspace was not emptied: {answer.status} {answer.text()}")


if __name__ == "__main__":
    main()
