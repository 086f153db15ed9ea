"""The whole way in a browser, without a terminal: a file, a form, a bar that moves, a picture, a team that is told."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.machine.installation import Installation

SCRIPT = f"""#!{sys.executable} -IS
##~~ {{title: Colours, notify: {{channel: '#general'}}}}
##~~ input {{type: input, label: Numbers, accept: [.txt]}} - one shade of grey a line
##~~ output {{type: output, default: shades.png, advanced: true}} - the picture
import struct, sys, time, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

shades = [int(line) for line in open(sys.argv[1])]
for share in (25, 75):
    print(f"{{share}}%", flush=True)
    time.sleep(2.5)
row = b"\\0" + bytes(shade for shade in shades for _ in range(32))
head = struct.pack(">IIBBBBB", 32 * len(shades), 64, 8, 0, 0, 0, 0)
parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * 64)) + chunk(b"IEND", b"")
with open(sys.argv[2], "wb") as picture:
    picture.write(b"\\x89PNG\\r\\n\\x1a\\n" + parts)
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("browser")
    script = folder / "scripts/colours.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    script.chmod(0o755)
    running = Installation(folder / "here", scripts=script.parent).start()
    yield running
    assert running.stop() == 0, running.log


def test_somebody_without_a_terminal_does_everything_at_the_page(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "shades.txt").write_text("0\n80\n160\n240\n")
    page.get_by_role("link", name="Maria Keller").click()
    page.get_by_role("link", name="general").click()
    say(page, "/invite @ScriptRunner")
    expect(page.get_by_text("ScriptRunner was added to #general.")).to_be_visible()
    page.get_by_role("link", name="ScriptRunner").click()
    expect(page.get_by_text("Here ScriptRunner writes to you, and you to it.")).to_be_visible()
    page.locator(".composer").get_by_label("Attach files").set_input_files(tmp_path / "shades.txt")
    expect(page.locator(".composer").get_by_text("shades.txt").first).to_be_visible()
    expect(page.locator(".composer").get_by_role("progressbar")).to_have_count(0)
    say(page, "")
    page.get_by_role("button", name="Run a script on this").click()
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name="Script").click()
    form.get_by_role("option", name="Colours").first.click()
    expect(form.get_by_role("combobox", name="Numbers")).to_have_value("shades.txt")

    form.get_by_role("button", name="Run", exact=True).click()

    expect(form.get_by_text("Job 1 queued", exact=True)).to_be_visible()
    form.get_by_text("Close", exact=True).click()
    own = page.locator("[data-ts]", has_text="Job 1 started").first
    for share in ("25 %", "75 %"):
        expect(own).to_contain_text(share, timeout=15_000)
    ended = page.locator("[data-ts]", has=page.locator(".origin"), has_text="Job 1 succeeded")
    expect(ended).to_be_visible(timeout=30_000)
    page.get_by_text("replies").first.click()
    picture = page.locator("img[src*='shades.png'], img[alt*='shades.png']").first
    expect(picture).to_be_visible(timeout=30_000)
    page.wait_for_function(
        "(node) => node.naturalWidth === 128 && node.naturalHeight === 64", arg=picture.element_handle()
    )
    page.get_by_role("link", name="general").click()
    expect(page.get_by_text("This is the beginning of #general.")).to_be_visible()
    expect(page.get_by_text("Job 1 succeeded: Colours")).to_be_visible(timeout=30_000)


def say(page: Page, words: str) -> None:
    page.locator("#message-box").fill(words)
    page.locator("#message-box").press("Enter")
