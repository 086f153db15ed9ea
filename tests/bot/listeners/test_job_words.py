"""/jobs and what people type behind it: numbers, acts and lists, as keyboards and phones write them."""

import pytest

from runner.jobs import Job, State
from tests.support.slack.desk import Desk
from tests.support.slack.person import GENERAL, Person, wait_for


def told(person: Person, words: str) -> str:
    """What is answered to /jobs with these words."""
    before = len(person.messages(GENERAL))
    assert person.command(f"/jobs {words}") == {"ok": True}
    wait_for(lambda: len(person.messages(GENERAL)) > before, what=f"an answer to {words}")
    return str(person.messages(GENERAL)[-1]["text"])


def state(desk: Desk, job: Job) -> State:
    """What has become of the job."""
    found = desk.assembly.store.jobs.get(job.id)
    assert found
    return found.state


NUMBERS = [
    *(
        "job {}",
        "Job {}",
        "jobs {}",
        "the job {}",
        "my job {}",
        "job #{}",
        "job-{}",
        "job:{}",
        "job\u2013{}",
        "job{}",
        "/jobs {}",
        "job = {}",
        "job-{}.log",
    ),
    *(
        "#{}",
        "# {}",
        "no {}",
        "no. {}",
        "No.{}",
        "nr. {}",
        "\u2116 {}",
        "number {}",
        "id {}",
        "job number {}",
        "job no. {}",
    ),
    *("{}.", "{},", "{}?", "{}!", "({})", '"{}"', "'{}'", "\u201c{}\u201d", "\u201e{}\u201c", "`{}`", "*{}*", "_{}_"),
    *("show {}", "details {}", "status job {}", "log {}", "results of {}", "show me job {} please", "{} status"),
    *("\u200b{}", "{}\u200b", "\ufeff{}", "\u00a0{}\u00a0", "job\u00a0{}", "\u2068{}\u2069", "job\n{}", "job\t{}"),
]


@pytest.mark.parametrize("words", NUMBERS)
def test_number_of_a_job_is_understood_however_it_is_written(desk: Desk, maria: Person, words: str) -> None:
    job = desk.queue("greet.sh", name="Ada")

    assert f"Job {job.id}, Greet: queued" in told(maria, words.format(job.id))


def test_full_width_digits_are_digits(desk: Desk, maria: Person) -> None:
    job = desk.queue("greet.sh", name="Ada")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(job.id))

    assert f"Job {job.id}, Greet: queued" in told(maria, wide)


@pytest.mark.parametrize("words", ["rerun {}", "{} again", "give job {} more time", "don't cancel {}", "delete {}"])
def test_words_that_are_not_known_show_the_job_and_are_named(desk: Desk, maria: Person, words: str) -> None:
    job = desk.queue("greet.sh", name="Ada")

    answer = told(maria, words.format(job.id))

    assert f"Job {job.id}" in answer
    assert state(desk, job) is State.QUEUED


@pytest.mark.parametrize(
    "words",
    [
        "cancel {}",
        "Cancel job {}",
        "cancel #{}.",
        "cancel-{}",
        "cancel={}",
        "cancel: {}",
        "stop {}",
        "kill job-{}",
        "{} cancel",
        "cancel \u201c{}\u201d",
    ],
)
def test_job_is_cancelled_by_the_very_word(desk: Desk, maria: Person, words: str) -> None:
    job = desk.queue("greet.sh", name="Ada")

    assert told(maria, words.format(job.id)) == f"Job {job.id} is cancelled."
    assert state(desk, job) is State.CANCELLED


def test_job_of_somebody_else_is_not_cancelled_by_words(desk: Desk, tom: Person) -> None:
    job = desk.queue("greet.sh", name="Ada")

    for words in ("cancel", "hold", "release", "show"):
        assert told(tom, f"{words} {job.id}") == f"There is no job {job.id} that you may see."
    assert state(desk, job) is State.QUEUED


def test_job_is_held_and_released_by_words(desk: Desk, maria: Person) -> None:
    job = desk.queue("greet.sh", name="Ada")

    assert f"Job {job.id} is held" in told(maria, f"hold job {job.id}")
    assert f"Job {job.id} is released" in told(maria, f"release {job.id}")
    assert f"Job {job.id} is held" in told(maria, f"pause {job.id}")
    assert f"Job {job.id} is released" in told(maria, f"resume job {job.id}.")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("Queue.", "queue"),
        ('"queue"', "queue"),
        ("the queue", "queue"),
        ("help!", "help"),
        ("?", "help"),
        ("--help", "help"),
        ("\u2014help", "help"),
        ("-h", "help"),
        ("all jobs", "all"),
        ("my jobs", "mine"),
        ("list", "mine"),
        ("/jobs", "mine"),
        ("show queue", "queue"),
        ("list all", "all"),
        ("show all jobs", "all"),
        ("\u200b", "mine"),
    ],
)
def test_lists_are_understood_however_they_are_written(maria: Person, words: str, answer: str) -> None:
    assert told(maria, words) == told(maria, answer)


@pytest.mark.parametrize("words", ["12 34", "1, 2", "cancel 1 2", "cancel", "1-3", "12a", "job", "job one"])
def test_what_names_no_one_job_does_nothing(maria: Person, words: str) -> None:
    answer = told(maria, words)

    assert answer.startswith("That is not a job's number") or answer == told(maria, "mine")


def test_word_that_is_nearly_one_is_named(maria: Person) -> None:
    answer = told(maria, "quue")

    assert answer.startswith("That is not a job's number, and /jobs does not know “quue”. Did you mean “/jobs queue”?")
    assert "a state (queued, running, succeeded, failed, cancelled, timed_out, lost, ended)" in answer


def test_act_without_a_number_is_asked_for_it(maria: Person) -> None:
    assert told(maria, "cancel").endswith("Say which, such as “/jobs cancel 12”.")
