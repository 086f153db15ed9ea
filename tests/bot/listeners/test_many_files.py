"""Of more files than a list holds none disappears without a word: the list says so, and finds each by typing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.views.form.elements import option_value
from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Desk, last_answer
from tests.support.slack.person import GENERAL, Person

MANY = 10_050


@pytest.fixture(scope="module")
def script(desk: Desk) -> str:
    return desk.write_script("count.sh", "{title: Count}", "reads {type: input} - what to count")


@pytest.fixture(scope="module")
def many(desk: Desk) -> Iterator[Path]:
    """An inbox with the file ``oldest``, which is no longer listed, and one with a name that no option can hold."""
    folder = desk.assembly.inbox.folder
    names = [f"reads-{number}.fq" for number in range(MANY)]
    for name in [*names, "oldest.fq", "x" * 200]:
        os.close(os.open(folder / name, os.O_CREAT, 0o600))
    for name in ("oldest.fq", "x" * 200):
        os.utime(folder / name, (1e9, 1e9))
    yield folder
    for path in folder.glob("*"):
        if path.is_file():
            path.unlink()


def test_menu_says_that_there_are_more_and_finds_by_typing(desk: Desk, maria: Person, script: str, many: Path) -> None:
    form = Form(maria, script)
    block = form.field("Reads")

    listed = maria.options(block["block_id"], block["element"]["action_id"], "")

    assert "100 of more than 10,000: type to find the others" in str(listed)
    assert form.offered("Reads", "OLDEST") == ["oldest.fq"]


@pytest.mark.parametrize("name", ["oldest.fq", "x" * 200])
def test_file_that_is_not_listed_can_be_chosen_and_fills_the_form_again(
    desk: Desk, maria: Person, script: str, many: Path, name: str
) -> None:
    form = Form(maria, script)
    form.choose("Reads", name)
    form.submit()
    maria.close(everything=True)

    assert desk.jobs_of(maria.id)[0].values["reads"] == name
    again = Form(maria, f'{script} reads="{name}"')
    assert again.content("Reads") == option_value(name)


def test_number_of_results_is_the_true_one(desk: Desk, maria: Person, script: str, many: Path) -> None:
    job = desk.end_job(desk.queue(script, reads="oldest.fq"))
    desk.assembly.results.make(job.id, attempt=1)
    for number in range(MANY):
        os.close(os.open(desk.assembly.results.folder(job.id) / f"{number}", os.O_CREAT, 0o600))

    maria.command(f"/jobs {job.id}")

    assert "and 10,040 more" in texts(last_answer(maria, "Results: 10,050", GENERAL))
