"""People are told how much of the disk they may take before they do, and how to give some back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.files import list_results
from runner.system.clock import system_clock
from tests.support.machine.installation import Form, texts
from tests.support.machine.settled import settle_messages
from tests.support.slack.desk import Desk, last_answer, press_on_job, requester
from tests.support.slack.person import GENERAL, Person, wait_for

SHORTAGE = "the disk is nearly full: the last 1.0 GB of it are kept free (disk.free_space)"


@pytest.fixture
def script(desk: Desk) -> str:
    return desk.write_script("count.sh", "{title: Count}", "reads {type: input, required: false} - what to count")


@pytest.fixture
def inbox(desk: Desk, maria: Person) -> Iterator[Path]:
    folder = desk.assembly.inbox.own_folder(requester(maria.id))
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture
def shortage(desk: Desk) -> Iterator[str]:
    desk.assembly.store.queue.note_shortage(SHORTAGE, runner="here", now=system_clock())
    yield SHORTAGE
    desk.assembly.store.queue.end_shortage(runner="here")


def holding(inbox: Path, size_bytes: int) -> None:
    with (inbox / "large").open("wb") as file:
        file.truncate(size_bytes)


def test_form_tells_what_the_inbox_holds_of_what_it_may(desk: Desk, maria: Person, script: str, inbox: Path) -> None:
    holding(inbox, 1_200_000)

    Form(maria, script)

    assert "Your inbox holds 1.2 MB of 20.0 GB, and 1 of 1,000 files." in texts(maria.top_view())


def test_form_warns_of_an_inbox_that_is_nearly_full(desk: Desk, maria: Person, script: str, inbox: Path) -> None:
    holding(inbox, 19_000_000_000)

    Form(maria, script)

    assert "⚠️ Your inbox holds 19.0 GB of 20.0 GB" in texts(maria.top_view())


def test_upload_that_has_no_room_is_refused_under_its_field(
    desk: Desk, maria: Person, script: str, inbox: Path
) -> None:
    holding(inbox, 20_000_000_000)
    before = desk.job_count()
    form = Form(maria, script)
    form.upload("Reads", maria.upload("mine.fq", b"reads"))

    answer = maria.submit()

    assert "Your inbox may hold 20.0 GB (disk.max_inbox); it holds 20.0 GB" in str(answer)
    assert desk.job_count() == before


def test_why_no_job_starts_is_told_wherever_jobs_wait(desk: Desk, maria: Person, script: str, shortage: str) -> None:
    words = f"No job starts now: {shortage}"
    job = desk.queue(script)

    Form(maria, script)
    assert words in texts(maria.top_view())
    maria.close(everything=True)
    for command in ("/jobs", f"/jobs {job.id}", "/jobs queue"):
        before = len(maria.messages(GENERAL))
        maria.command(command)
        wait_for(lambda: words in texts(maria.messages(GENERAL)[before:]), what=f"{command} tells it")  # noqa: B023  # asked at once
    assert desk.service.queue.outlook(job).paused is not None


def test_results_that_are_needed_no_longer_are_deleted_by_their_owner(desk: Desk, maria: Person, script: str) -> None:
    job = desk.end_job(desk.queue(script))
    desk.assembly.results.make(job.id, attempt=1)
    (desk.assembly.results.folder(job.id) / "result").write_text("of days")
    desk.assembly.store.jobs.set_results_size(job.id, 1_000_000)

    settle_messages(desk.assembly.store, now=system_clock())
    press_on_job(maria, job, "job.delete")

    last_answer(maria, f"The files of job {job.id} are deleted.", GENERAL)
    assert not desk.assembly.results.exists(job.id)
    assert desk.assembly.store.jobs.results_bytes(maria.id) == 0


def test_details_say_which_output_was_not_written_until_the_results_are_deleted(desk: Desk, maria: Person) -> None:
    name = desk.write_script("table.sh", "{title: Table}", "output {default: table.csv} - the table")
    job = desk.queue(name, output="table.csv")
    desk.assembly.results.make(job.id, attempt=1)
    desk.end_job(job)
    words = "Missing, though the script was to write it: table.csv"

    maria.command(f"/jobs {job.id}")

    assert words in texts(last_answer(maria, f"Job {job.id}", GENERAL))
    settle_messages(desk.assembly.store, now=system_clock())
    press_on_job(maria, job, "job.delete")
    assert words not in texts(last_answer(maria, f"The files of job {job.id} are deleted.", GENERAL))


def test_details_show_the_beginning_of_each_checksum_and_how_to_check_by_them(
    desk: Desk, maria: Person, script: str
) -> None:
    job = desk.end_job(desk.queue(script))
    results = desk.assembly.results
    results.make(job.id, attempt=1)
    for number in range(40):
        (results.folder(job.id) / f"{number:02}{'long' * 60}").write_text("a")
    for _ in list_results(results, job.id):
        pass

    maria.command(f"/jobs {job.id}")

    shown = texts(last_answer(maria, "Results: 40", GENERAL))
    assert shown.count("SHA-256 ca978112ca1b…") == 10
    assert "sha256sum -c SHA256SUMS" in shown


def test_form_tells_whose_results_take_nearly_all_that_they_may(desk: Desk, maria: Person, script: str) -> None:
    job = desk.end_job(desk.queue(script))
    desk.assembly.store.jobs.set_results_size(job.id, 170_000_000_000)

    Form(maria, script)
    assert "⚠️ Your results take 170.0 GB of the 200.0 GB that they may" in texts(maria.top_view())

    maria.close(everything=True)
    desk.assembly.store.jobs.set_results_size(job.id, 200_000_000_000)
    Form(maria, script)
    assert "results take 200.0 GB of the 200.0 GB that they may" in texts(maria.top_view())
    desk.assembly.store.jobs.set_results_size(job.id, 0)


def test_files_of_somebody_whose_results_take_what_they_may_are_not_fetched(
    desk: Desk, maria: Person, script: str, inbox: Path
) -> None:
    job = desk.end_job(desk.queue(script))
    form = Form(maria, script)
    form.upload("Reads", maria.upload("mine.fq", b"reads"))
    desk.assembly.store.jobs.set_results_size(job.id, 200_000_000_000)
    before = desk.job_count()

    maria.submit()

    wait_for(lambda: "No job was queued: " in texts(maria.top_view()), what="told so")
    desk.settle()
    assert list(inbox.iterdir()) == []
    assert desk.job_count() == before
    desk.assembly.store.jobs.set_results_size(job.id, 0)


def test_running_job_tells_how_much_its_results_take_so_far(desk: Desk, maria: Person, script: str) -> None:
    job = desk.start_job(desk.queue(script))
    desk.assembly.store.jobs.set_results_size(job.id, 1_000_000_000)

    maria.command(f"/jobs {job.id}")

    assert last_answer(maria, "1.0 GB of the disk, of 50.0 GB that they may", GENERAL)
    desk.assembly.store.jobs.set_results_size(job.id, 0)
