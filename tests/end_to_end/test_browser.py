"""The whole way in a real browser: from the typed command to the direct message, the scp of the result and the mail."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.machine.installation import ROOT, Installation
from tests.support.machine.letterbox import Letterbox
from tests.support.slack.person import wait_for


def run_word_count(page: Page) -> int:
    """Maria runs Word count on Alice with the mouse and the keyboard; the job's number."""
    page.get_by_role("link", name="Maria Keller").click()
    page.locator("#message-box").fill("/runscript")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name="Script").press_sequentially("word")
    form.get_by_role("option", name="Word count").click()
    form.get_by_label("How many words").fill("12")
    form.get_by_role("combobox", name="Text").press_sequentially("alice")
    form.get_by_role("option", name="alice-in-wonderland.txt").click()
    form.get_by_role("button", name="Run", exact=True).click()
    queued = form.get_by_text(re.compile(r"^Job \d+ queued$"))
    expect(queued).to_be_visible()
    number = int(re.findall(r"\d+", queued.inner_text())[0])
    form.get_by_text("Close", exact=True).click()
    return number


@pytest.mark.parametrize("option", ["", "-O"], ids=["sftp", "legacy"])
def test_command_leads_to_result_byte_for_byte(
    page: Page, installation: Installation, letterbox: Letterbox, tmp_path: Path, option: str
) -> None:
    job = run_word_count(page)

    ended = page.locator("[data-ts]", has=page.locator(".origin"), has_text=f"Job {job} succeeded: Word count")
    expect(ended).to_be_visible(timeout=30_000)
    expect(page.get_by_text("What came of it stands in the thread.").last).to_be_visible(timeout=30_000)
    wait_for((installation.data / f"outbox/{job}/SHA256SUMS").exists, 30, what="the checksums")
    boxes = [text.strip() for text in ended.locator("pre").all_inner_texts()]
    command, password = boxes[next(place for place, box in enumerate(boxes) if box.startswith("scp ")) :][:2]
    fetched = installation.scp(command, password, option)

    assert fetched.returncode == 0, fetched.stderr
    folder = installation.fetched / f"job-{job}"
    assert {path.name for path in folder.iterdir()} == {
        "words.tsv",
        "results.json",
        "SHA256SUMS",
        f"job-{job}.log",
    }, (command, fetched)
    assert digest(folder / "words.tsv") == digest(words_of_alice(tmp_path))
    subjects = [f"Job {job} started: Word count", f"Job {job} succeeded: Word count"]
    wait_for(lambda: all(any(each in str(mail["Subject"]) for mail in letterbox.mails) for each in subjects))


def words_of_alice(folder: Path) -> Path:
    result = folder / "words.tsv"
    script, text = ROOT / "scripts/text/word_count.py", ROOT / "etc/inbox/alice-in-wonderland.txt"
    subprocess.run([script, text, result, "12", "1", "true"], check=True, capture_output=True)
    return result


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_problem_stands_under_its_field(page: Page) -> None:
    page.get_by_role("link", name="Maria Keller").click()
    page.locator("#message-box").fill("/runscript concordance")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name="Text").press_sequentially("alice")
    form.get_by_role("option", name="alice").click()
    form.get_by_label("Word", exact=True).fill("two words")
    form.get_by_role("button", name="Run", exact=True).click()

    field = form.locator("[data-block-id$='.word']")
    expect(field).to_contain_text("Must be one word without blanks")


def test_job_is_cancelled_from_the_message_that_it_started(page: Page) -> None:
    page.get_by_role("link", name="Tom Okafor").click()
    page.locator("#message-box").fill("/runscript fail_on_request")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_label("Seconds to wait").fill("600")
    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_text("Close", exact=True).click()
    started = page.locator("[data-ts]", has_text="started: Fail on request")

    started.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()

    ended = page.locator("[data-ts]", has=page.locator(".origin"), has_text="cancelled: Fail on request")
    expect(ended).to_be_visible(timeout=30_000)


def test_log_is_read_searched_and_sent_without_a_terminal(page: Page) -> None:
    written = "failed as requested, with exit code 3"
    page.get_by_role("link", name="Tom Okafor").click()
    page.locator("#message-box").fill("/runscript fail_on_request")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Run", exact=True).click()
    queued = form.get_by_text(re.compile(r"^Job \d+ queued$"))
    expect(queued).to_be_visible()
    job = re.findall(r"\d+", queued.inner_text())[0]
    form.get_by_text("Close", exact=True).click()
    ended = page.locator("[data-ts]", has=page.locator(".origin"), has_text=f"Job {job} failed: Fail on request")

    ended.get_by_role("button", name=f"Log of job {job}").click(timeout=30_000)
    log = page.get_by_role("dialog")
    expect(log.locator("pre")).to_have_text(written)
    log.get_by_label("Find a word").fill("FAILED")
    log.get_by_label("Find a word").press("Enter")
    expect(log.locator("pre")).to_have_text(f"▶ {written}")
    log.get_by_label("Find a word").fill("no such word")
    log.get_by_label("Find a word").press("Enter")
    expect(log.get_by_text("“no such word” is not in the log.")).to_be_visible()
    log.get_by_role("button", name=f"Send log of job {job}").click()
    expect(log.get_by_text("The log is on its way")).to_be_visible()
    log.get_by_role("button", name="Close", exact=True).last.click()

    expect(page.get_by_text(f"job-{job}.log").last).to_be_visible()
