"""Files at the page: attached to messages and added to forms, by dialog, by drop and by keyboard."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.support.page.stand_in_page import FormApp, Visitor, field, plain

HOSTILE = "<img src=x onerror=window.broken=1>.csv"
# Drops or pastes a file with that name onto an element; the browser makes the event, as no test can drag from outside.
GIVE = """(node, [type, name]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(["dropped"], name));
  const details = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent("paste", { ...details, clipboardData: transfer })
    : new DragEvent(type, { ...details, dataTransfer: transfer });
  node.dispatchEvent(event);
}"""


def file(name: str, content: bytes = b"x") -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def files_in(form: Locator) -> Locator:
    return form.get_by_role("list", name="Chosen files").get_by_role("listitem")


def attach(visitor: Visitor, *files: FilePayload) -> None:
    """Attaches files to the message that is being written, and waits until the workspace has them."""
    visitor.page.locator(".composer").get_by_label("Attach files").set_input_files(files)
    expect(visitor.page.locator(".composer").get_by_role("progressbar")).to_have_count(0)


class HeldUploads:
    """Uploads that stand still until they are let go."""

    def __init__(self, page: Page) -> None:
        self._routes: list[Route] = []
        self._is_holding = True
        page.route("**/files?*", self._take)

    def let_go(self) -> None:
        self._is_holding = False
        for route in self._routes:
            route.continue_()

    def _take(self, route: Route) -> None:
        if self._is_holding:
            self._routes.append(route)
        else:
            route.continue_()


@pytest.fixture
def held(visitor: Visitor) -> Iterator[HeldUploads]:
    yield HeldUploads(visitor.page)
    visitor.page.unroute_all(behavior="ignoreErrors")


def test_a_file_attached_to_a_message_reaches_others_and_the_app_unchanged(
    app: FormApp, visitor: Visitor, visit: Callable[..., Visitor]
) -> None:
    content = os.urandom(5_000_000)
    visitor.page.get_by_role("link", name="big-machine").click()
    attach(visitor, file("reads.fastq", content), file("notes.txt"))
    expect(files_in(visitor.page.locator(".composer"))).to_have_text(["reads.fastq5.0 MB", "notes.txt1 byte"])
    visitor.type("please look")
    expect(visitor.log.get_by_role("list", name="Files").get_by_role("listitem")).to_have_count(2)
    expect(files_in(visitor.page.locator(".composer"))).to_have_count(0)
    other = visit(1)
    other.page.get_by_role("link", name="big-machine").click()
    expect(other.log.locator("article", has_text="please look")).to_contain_text("reads.fastq5.0 MB")
    visitor.log.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Use this file").click()
    message = app.shortcuts.get(timeout=10)["message"]
    assert app.download(message["files"][0]) == content


def test_a_file_needs_no_words(visitor: Visitor) -> None:
    attach(visitor, file("data.csv"))
    expect(files_in(visitor.page.locator(".composer"))).to_have_count(1)
    visitor.box.press("Enter")
    expect(visitor.log.get_by_role("list", name="Files")).to_contain_text("data.csv")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_are_attached_by_dropping_and_pasting_them(visitor: Visitor, way: str) -> None:
    target = visitor.log if way == "drop" else visitor.box
    target.evaluate(GIVE, [way, "dropped.txt"])
    expect(files_in(visitor.page.locator(".composer"))).to_contain_text("dropped.txt")
    expect(visitor.page.locator(".composer").get_by_role("progressbar")).to_have_count(0)
    visitor.type("here")
    expect(visitor.log.get_by_role("list", name="Files")).to_contain_text("dropped.txt7 bytes")


def test_a_command_is_not_sent_together_with_files(visitor: Visitor) -> None:
    attach(visitor, file("data.csv"))
    visitor.type("/form now")
    expect(visitor.page.get_by_text("A command cannot be sent together with files.")).to_be_visible()
    expect(visitor.box).to_have_value("/form now")


def test_a_draft_keeps_its_files_in_its_conversation(visitor: Visitor) -> None:
    attach(visitor, file("data.csv"))
    visitor.page.get_by_role("link", name="general").click()
    expect(files_in(visitor.page.locator(".composer"))).to_have_count(0)
    visitor.page.get_by_role("link", name="Form Tester").click()
    expect(files_in(visitor.page.locator(".composer"))).to_contain_text("data.csv")


def test_files_added_to_a_form_reach_the_app_unchanged(app: FormApp, visitor: Visitor) -> None:
    content = os.urandom(5_000_000)
    app.form = [field({"type": "file_input"})]
    visitor.open_form()
    visitor.modal.get_by_label("The field").set_input_files([file("a.bin", content), file("b.bin", b"\x00\r\n")])
    expect(files_in(visitor.modal)).to_have_count(2)
    visitor.send_form()
    given = app.entry()["files"]
    assert [each["name"] for each in given] == ["a.bin", "b.bin"]
    assert [app.download(each) for each in given] == [content, b"\x00\r\n"]


def test_a_form_refuses_files_of_another_type_and_says_which_it_takes(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input", "filetypes": ["csv", "tar.gz"]})]
    visitor.open_form()
    choose = visitor.modal.get_by_label("The field")
    expect(choose).to_have_attribute("accept", ".csv,.tar.gz")
    choose.set_input_files([file("photo.png"), file("Data.CSV"), file("all.tar.gz")])
    expect(visitor.modal.get_by_role("alert").filter(has_text="photo.png")).to_have_text(
        "photo.png cannot be added: only .csv, .tar.gz files are accepted."
    )
    expect(files_in(visitor.modal)).to_have_text(["Data.CSV1 byte", "all.tar.gz1 byte"])
    visitor.send_form()
    assert [each["name"] for each in app.entry()["files"]] == ["Data.CSV", "all.tar.gz"]


def test_a_form_takes_no_more_files_than_it_asks_for(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input", "max_files": 2})]
    visitor.open_form()
    choose = visitor.modal.get_by_label("The field")
    choose.set_input_files([file("1.txt"), file("2.txt"), file("3.txt")])
    problem = visitor.modal.get_by_role("alert").filter(has_text="3.txt")
    expect(problem).to_have_text("At most 2 files can be added: 3.txt left out.")
    visitor.modal.get_by_role("button", name="Remove 1.txt").click()
    expect(problem).to_have_count(0)
    choose.set_input_files(file("3.txt"))
    visitor.send_form()
    assert [each["name"] for each in app.entry()["files"]] == ["2.txt", "3.txt"]


def test_one_file_is_added_and_removed_by_keyboard(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input"})]
    visitor.page.on("filechooser", lambda _: None)  # or Playwright may not be listening yet when the key is pressed
    visitor.open_form()
    choose = visitor.modal.get_by_label("The field")
    expect(choose).to_be_focused()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.keyboard.press("Space")
    chooser.value.set_files([file("1.txt"), file("2.txt")])
    expect(files_in(visitor.modal)).to_have_count(2)
    visitor.page.keyboard.press("Shift+Tab")
    expect(visitor.modal.get_by_role("button", name="Remove 2.txt")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(visitor.modal.get_by_role("button", name="Remove 1.txt")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(choose).to_be_focused()
    visitor.send_form()
    expect(choose).to_have_accessible_description("Please complete this required field.")
    assert app.submissions.empty()


def test_the_form_shows_how_far_an_upload_is_and_waits_for_it(app: FormApp, visitor: Visitor) -> None:
    network = visitor.page.context.new_cdp_session(visitor.page)
    app.form = [field({"type": "file_input"})]
    visitor.open_form()
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    network.send("Network.emulateNetworkConditions", limits)
    visitor.modal.get_by_label("The field").set_input_files(file("big.bin", os.urandom(1_000_000)))
    progress = visitor.modal.get_by_role("progressbar", name="Uploading big.bin")
    expect(progress).to_be_visible()
    visitor.page.wait_for_function(
        "() => { const v = document.querySelector('progress')?.value; return v > 0 && v < 1; }"
    )
    expect(visitor.modal.get_by_text("Waiting for the upload to finish…")).to_be_visible()
    expect(visitor.modal.get_by_role("button", name="Send")).to_be_disabled()
    visitor.modal.get_by_role("button", name="Send").click(force=True)
    assert app.submissions.empty()
    expect(progress).to_have_count(0)
    expect(visitor.modal.get_by_role("button", name="Send")).to_be_enabled()
    visitor.send_form()
    assert app.entry()["files"][0]["size"] == 1_000_000


def test_an_upload_can_be_given_up(app: FormApp, visitor: Visitor, held: HeldUploads) -> None:
    app.form = [field({"type": "file_input"}, optional=True)]
    visitor.open_form()
    visitor.modal.get_by_label("The field").set_input_files([file(f"{number}.txt") for number in range(4)])
    expect(visitor.modal.get_by_role("progressbar")).to_have_count(4)
    for number in range(3):
        visitor.modal.get_by_role("button", name=f"Remove {number}.txt").click()
    held.let_go()
    expect(visitor.modal.get_by_role("progressbar")).to_have_count(0)
    visitor.send_form()
    assert [each["name"] for each in app.entry()["files"]] == ["3.txt"]


def test_a_form_that_is_redrawn_keeps_files_and_uploads(app: FormApp, visitor: Visitor, held: HeldUploads) -> None:
    kind = field(
        {"type": "checkboxes", "options": [{"text": plain("More"), "value": "more"}]}, "kind", dispatch_action=True
    )
    upload = field({"type": "file_input"}, "upload", label="Upload")
    app.form = [{**kind, "optional": True}, upload]
    app.redraw = lambda _: [{**kind, "optional": True}, {**upload, "hint": plain("now with a hint")}]
    visitor.open_form()
    visitor.modal.get_by_label("Upload").set_input_files(file("slow.txt"))
    visitor.modal.get_by_label("More").check()
    expect(visitor.modal.get_by_text("now with a hint")).to_be_visible()
    expect(visitor.modal.get_by_role("progressbar")).to_be_visible()
    held.let_go()
    expect(visitor.modal.get_by_role("progressbar")).to_have_count(0)
    visitor.send_form()
    assert app.entry("upload")["files"][0]["name"] == "slow.txt"


def test_a_form_that_is_opened_again_still_shows_its_files(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input"})]
    visitor.open_form()
    visitor.modal.get_by_label("The field").set_input_files(file("kept.txt", b"kept"))
    expect(visitor.modal.get_by_role("progressbar")).to_have_count(0)
    visitor.page.reload()
    expect(files_in(visitor.modal)).to_have_text(["kept.txt4 bytes"])
    visitor.send_form()
    assert app.download(app.entry()["files"][0]) == b"kept"


def test_a_file_that_is_too_large_is_refused_in_words(app: FormApp, visitor: Visitor, tmp_path: Path) -> None:
    with (tmp_path / "huge.bin").open("wb") as huge:
        huge.truncate(101_000_000)
    app.form = [field({"type": "file_input"}, optional=True)]
    visitor.open_form()
    visitor.modal.get_by_label("The field").set_input_files(tmp_path / "huge.bin")
    expect(visitor.modal.get_by_role("alert").filter(has_text="huge.bin")).to_have_text(
        "huge.bin could not be uploaded: files of more than 100 MB are not taken."
    )
    visitor.send_form()
    expect(visitor.page.locator(".field-error")).to_have_text("Remove what could not be uploaded, or try it again.")
    visitor.modal.get_by_role("button", name="Remove huge.bin").click()
    visitor.send_form()
    assert app.entry()["files"] == []


def test_an_upload_that_failed_is_tried_again(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input"})]
    visitor.open_form()
    visitor.page.route("**/files?*", lambda route: route.abort(), times=1)
    visitor.modal.get_by_label("The field").set_input_files(file("again.txt"))
    expect(visitor.modal.get_by_role("alert").filter(has_text="again.txt could not be uploaded")).to_be_visible()
    visitor.modal.get_by_role("button", name="Try again").click()
    expect(visitor.modal.get_by_role("button", name="Try again")).to_have_count(0)
    visitor.send_form()
    assert app.entry()["files"][0]["name"] == "again.txt"


def test_hostile_names_are_shown_as_text(app: FormApp, visitor: Visitor) -> None:
    app.form = [field({"type": "file_input"})]
    attach(visitor, file(HOSTILE))
    visitor.type("look")
    expect(visitor.log.get_by_role("list", name="Files")).to_have_text(f"{HOSTILE}1 byte")
    visitor.open_form()
    visitor.modal.get_by_label("The field").set_input_files(file(HOSTILE))
    expect(files_in(visitor.modal)).to_have_text([f"{HOSTILE}1 byte"])
    expect(visitor.page.locator("img")).to_have_count(0)
    assert visitor.page.evaluate("window.broken === undefined")


def test_a_file_of_the_app_is_downloaded_with_its_name(app: FormApp, visitor: Visitor) -> None:
    dm = app.client.chat_postMessage(channel=visitor.person_id, text="job 7")["channel"]
    app.client.files_upload_v2(channel=dm, content=b"\x00log\r\n", filename="job 7 (é).log")
    with visitor.page.expect_download() as download:
        visitor.log.get_by_role("link", name="job 7 (é).log").click()
    assert download.value.suggested_filename == "job 7 (é).log"
    assert download.value.path().read_bytes() == b"\x00log\r\n"


def test_a_deleted_file_is_said_to_be_deleted(app: FormApp, visitor: Visitor) -> None:
    dm = app.client.chat_postMessage(channel=visitor.person_id, text="job 7")["channel"]
    sent = app.client.files_upload_v2(channel=dm, content="x", filename="job.log", initial_comment="the log")
    expect(visitor.log.get_by_role("list", name="Files")).to_contain_text("job.log1 byte")
    app.client.files_delete(file=sent["file"]["id"])
    expect(visitor.log.get_by_role("list", name="Files")).to_have_text("This file was deleted.")
