"""Files in messages and threads show what is in them."""

import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.support.page.stand_in_page import FormApp, Visitor


def picture(width: int = 60, height: int = 40) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\x20\x80\x60" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def root(app: FormApp, visitor: Visitor) -> Any:
    return app.client.chat_postMessage(channel=visitor.person_id, text="Job 12 succeeded")


def in_thread(app: FormApp, visitor: Visitor, root: Any, name: str, content: bytes, **rest: Any) -> Locator:
    """A result in the job's thread, as the person sees it there."""
    app.client.files_upload_v2(
        filename=name, content=content, channel=root["channel"], thread_ts=root["ts"], initial_comment=name, **rest
    )
    visitor.log.get_by_text("1 reply").click()
    return visitor.log.locator(".thread li.file")


def test_a_picture_is_seen_where_it_was_sent(app: FormApp, visitor: Visitor, root: Any) -> None:
    file = in_thread(app, visitor, root, "plot.png", picture(), alt_txt="Lengths of the contigs")
    shown = file.get_by_role("img", name="Lengths of the contigs")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 60)


def test_a_table_shows_its_first_rows(app: FormApp, visitor: Visitor, root: Any) -> None:
    rows = [f'contig {number},"{number},5 <b>"' for number in range(9)]
    file = in_thread(app, visitor, root, "lengths.csv", "\n".join(["name,length", *rows]).encode())
    expect(file.get_by_role("columnheader")).to_have_text(["name", "length"])
    expect(file.get_by_role("cell")).to_have_count(12)
    expect(file.get_by_role("cell").nth(1)).to_have_text("0,5 <b>")
    expect(file).to_contain_text("3 more rows")


def test_a_table_that_is_cut_off_shows_whole_rows(app: FormApp, visitor: Visitor, root: Any) -> None:
    file = in_thread(app, visitor, root, "long.tsv", b"a\tb\n" + b"1\t2\n" * 5000)
    expect(file.get_by_role("cell")).to_have_text(["1", "2"] * 6)
    expect(file).to_contain_text("and more rows")


def test_a_text_shows_its_first_lines(app: FormApp, visitor: Visitor, root: Any) -> None:
    content = "\n".join(f"line {number} <b>" for number in range(8)).encode() + b"\n\xff"
    file = in_thread(app, visitor, root, "run.log", content)
    expect(file.locator("pre")).to_have_text("\n".join(f"line {number} <b>" for number in range(5)))
    expect(file).to_contain_text("4 more lines")


def test_what_is_neither_shows_its_name_alone(app: FormApp, visitor: Visitor, root: Any) -> None:
    file = in_thread(app, visitor, root, "reads.fastq.gz", b"\x1f\x8b")
    expect(file).to_contain_text("reads.fastq.gz")
    expect(file.locator(".file-content")).to_have_count(0)
