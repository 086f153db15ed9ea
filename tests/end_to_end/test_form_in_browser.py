"""Forms in a real browser: fields that follow others, long lists, uploads, and the keyboard alone."""

import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.machine.installation import Installation
from tests.support.slack.person import MARIA

GENES = [f"GENE{number:05d}" for number in range(5_000)]
SCRIPT = f"""#!{sys.executable} -IS
##~~ {{title: Everything}}
##~~ region {{type: choice, choices: {{eu: Europe, us: America}}, required: false}} - where it is
##~~ city {{type: choice, choices_from: {{command: [./.cities]}}, depends: [region], required: false}} - depends
##~~ mode {{type: choice, choices: [fast, exact], default: fast}} - how it is done
##~~ digits {{type: integer, min: 1, max: 9, when: {{mode: exact}}}} - only where it is exact
##~~ gene {{type: choice, choices_from: {{file: genes.txt}}, required: false}} - one of thousands
##~~ note {{type: text, required: false}} - any words
##~~ reads {{type: input, accept: [.bin], required: false}} - a file of one's own
import json, shutil, sys
with open("arguments.json", "w") as file:
    json.dump(sys.argv[1:], file)
if sys.argv[-1]:
    shutil.copy(sys.argv[-1], "copy.bin")
"""
CITIES = """#!/bin/sh
case $SCRIPTRUNNER_VALUE_REGION in
    eu) printf 'ber\\tBerlin\\npar\\tParis\\n' ;;
    us) printf 'nyc\\tNew York\\n' ;;
    *) echo "choose a region first" >&2; exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("forms")
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "genes.txt").write_text("\n".join(f"{gene}\tThe gene {gene[4:]}" for gene in GENES))
    for name, text in (("everything.py", SCRIPT), (".cities", CITIES)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    running = Installation(folder / "here", scripts=scripts).start()
    yield running
    assert running.stop() == 0, running.log


def open_form(page: Page, words: str = "everything") -> Locator:
    page.get_by_role("link", name="Maria Keller").click()
    page.locator("#message-box").fill(f"/runscript {words}")
    page.locator("#message-box").press("Enter")
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Note")).to_be_visible()
    return form


def choose(form: Locator, label: str, typed: str, entry: str) -> None:
    field = form.get_by_role("combobox", name=label)
    field.click()
    field.press_sequentially(typed)
    form.get_by_role("option", name=entry).first.click()


def submitted(form: Locator) -> int:
    form.get_by_role("button", name="Run", exact=True).click()
    queued = form.get_by_text(re.compile(r"^Job \d+ queued$"))
    expect(queued).to_be_visible()
    number = int(re.findall(r"\d+", queued.inner_text())[0])
    form.get_by_text("Close", exact=True).click()
    return number


def arguments(installation: Installation, page: Page, job: int) -> list[str]:
    ended = page.locator("[data-ts]", has=page.locator(".origin"), has_text=f"Job {job} succeeded")
    expect(ended).to_be_visible(timeout=30_000)
    found: list[str] = json.loads((installation.data / f"outbox/{job}/arguments.json").read_text())
    return found


def test_conditional_field_appears_and_disappears_and_what_was_typed_stays(
    page: Page, installation: Installation
) -> None:
    form = open_form(page)
    form.get_by_label("Note").fill("typed before")
    expect(form.get_by_label("Digits")).to_have_count(0)

    form.get_by_label("exact").check()
    form.get_by_label("Digits").fill("7")
    expect(form.get_by_label("Note")).to_have_value("typed before")
    form.get_by_label("fast").check()
    expect(form.get_by_label("Digits")).to_have_count(0)

    assert arguments(installation, page, submitted(form)) == ["", "", "fast", "", "", "typed before", ""]


def test_hidden_field_is_required_once_it_is_shown(page: Page, installation: Installation) -> None:
    form = open_form(page)
    form.get_by_label("exact").check()
    form.get_by_label("Digits").fill("12")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(form.locator("[data-block-id$='.digits']")).to_contain_text("at most 9")

    form.get_by_label("Digits").fill("7")

    assert arguments(installation, page, submitted(form))[2:4] == ["exact", "7"]


def test_choices_follow_the_choice_on_which_they_depend(page: Page, installation: Installation) -> None:
    form = open_form(page)
    before = place_of(form, "city")
    choose(form, "Region", "Eur", "Europe")
    expect(before).to_have_count(0)
    choose(form, "City", "", "Paris")
    before = place_of(form, "city")
    choose(form, "Region", "Ame", "America")
    expect(before).to_have_count(0)

    city = form.get_by_role("combobox", name="City")
    expect(city).to_have_value("")
    city.click()
    expect(form.get_by_role("option", name="New York")).to_be_visible()
    expect(form.get_by_role("option", name="Paris")).to_have_count(0)
    form.get_by_role("option", name="New York").click()

    assert arguments(installation, page, submitted(form))[:2] == ["us", "nyc"]


def test_list_that_cannot_be_made_is_told_in_the_form(page: Page) -> None:
    form = open_form(page)

    form.get_by_role("combobox", name="City").click()

    expect(form.get_by_text("choose a region first")).to_be_visible()


def test_one_of_five_thousand_choices_is_found_by_typing(page: Page, installation: Installation) -> None:
    form = open_form(page)
    gene = form.get_by_role("combobox", name="Gene")
    gene.click()
    expect(form.get_by_role("option", name="The gene 00000")).to_be_visible()
    expect(form.get_by_role("option", name="The gene 04711")).to_have_count(0)

    choose(form, "Gene", "4711", "The gene 04711")

    assert arguments(installation, page, submitted(form))[4] == "GENE04711"


def test_file_of_5_megabytes_that_is_uploaded_arrives_byte_for_byte(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    content = random.Random(5).randbytes(5_000_000)  # noqa: S311  # content, no secret
    (tmp_path / "mine.bin").write_bytes(content)
    form = open_form(page)

    form.locator("input[type=file]").set_input_files(tmp_path / "mine.bin")
    expect(form.get_by_text("mine.bin is uploaded")).to_be_attached()
    job = submitted(form)

    [reads] = arguments(installation, page, job)[-1:]
    assert Path(reads) == installation.data / "inbox" / MARIA / "mine.bin"
    copy = (installation.data / f"outbox/{job}/copy.bin").read_bytes()
    assert hashlib.sha256(copy).hexdigest() == hashlib.sha256(content).hexdigest()


def test_form_is_filled_in_and_submitted_by_the_keyboard_alone(page: Page, installation: Installation) -> None:
    keyboard = page.keyboard
    page.get_by_role("link", name="Maria Keller").click()
    box = page.locator("#message-box")
    expect(box).to_be_enabled()
    box.focus()
    keyboard.type("/runscript everything mode=exact")
    keyboard.press("Enter")
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Digits")).to_be_visible()

    before = place_of(form, "city")
    tab_to(page, "Region")
    keyboard.type("Ame")
    expect(form.get_by_role("option", name="America")).to_be_visible()
    keyboard.press("Enter")
    expect(before).to_have_count(0)
    tab_to(page, "City")
    keyboard.press("ArrowDown")
    expect(form.get_by_role("option", name="New York")).to_be_visible()
    keyboard.press("Enter")
    tab_to(page, "Digits")
    keyboard.type("3")
    tab_to(page, "Note")
    keyboard.type("no mouse")
    keyboard.press("Enter")

    queued = form.get_by_text(re.compile(r"^Job \d+ queued$"))
    expect(queued).to_be_visible()
    job = int(re.findall(r"\d+", queued.inner_text())[0])
    keyboard.press("Escape")
    expect(form).to_have_count(0)
    assert arguments(installation, page, job) == ["us", "nyc", "exact", "3", "", "no mouse", ""]


def place_of(form: Locator, name: str) -> Locator:
    """The field as it stands now: once its choices are others, it is drawn in another place."""
    found = form.locator(f"[data-block-id*='.{name}.']").get_attribute("data-block-id")
    return form.locator(f"[data-block-id='{found}']")


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the field has the focus."""
    field = page.get_by_role("dialog").get_by_label(label, exact=False).first
    for _ in range(30):
        if field.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {label}")
