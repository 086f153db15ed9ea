"""What a form tells of its script: what it is, whose it is, how long it usually takes, how many jobs are before it."""

import time
from datetime import timedelta

import pytest

from runner.jobs import State
from runner.system.beats import Beat, BeatFile
from tests.support.machine.installation import Form, texts
from tests.support.slack.desk import Desk
from tests.support.slack.drawn import markup, nodes
from tests.support.slack.person import Json, Person

HOSTILE = "<!channel> *b* `c` <https://evil.example|Click> &amp;"


def facts(form: Form) -> list[str]:
    """The line of facts above the fields."""
    blocks = form.person.top_view()["blocks"]
    line = next(block["elements"][0] for block in blocks if block["type"] == "context")
    assert line["type"] == "plain_text"
    return str(line["text"]).split(" · ")


def empty_the_queue(desk: Desk) -> None:
    while waiting := [job for job in desk.jobs_of() if job.state is State.QUEUED]:
        desk.end_job(waiting[-1], State.FAILED)


def test_form_tells_all_that_is_known_of_its_script(desk: Desk, maria: Person) -> None:
    empty_the_queue(desk)
    name = desk.write_script(
        "group/known.sh",
        "{title: Known, description: 'What it is good for', owner: The machine room, docs: 'https://example.com/known'}",
        "{timeout: 2h, cpus: 4, memory: 8G}",
    )

    form = Form(maria, name)

    assert facts(form) == [
        name,
        "owner: The machine room",
        "stopped after 2 h",
        "4 CPUs",
        "8.0 GB",
        "at most 50.0 GB of results",
        "next in the queue",
    ]
    shown = texts(maria.top_view())
    assert "What it is good for" in shown
    links = [node for node in nodes(maria.top_view()["blocks"]) if node.get("type") == "link"]
    assert [(link["url"], link["text"]) for link in links] == [("https://example.com/known", "Documentation")]


def test_form_tells_where_a_memory_limit_holds_for_each_process_only(desk: Desk, maria: Person) -> None:
    name = desk.write_script("large.sh", "{memory: 8G}")
    file = BeatFile(desk.assembly.paths.runner_beat)
    file.write(Beat(process_id=4711, at=time.monotonic(), holds_memory=False))

    told = facts(Form(maria, name))
    file.close()

    assert "8.0 GB for each process, not for all" in told
    desk.assembly.paths.runner_beat.unlink()


def test_form_tells_what_the_script_says_in_vain(desk: Desk, maria: Person) -> None:
    lines = ("--partition=gpu", "--exclusive --gres=gpu:1", f"--output={'x' * 100}", "--qos=high -c 2")
    name = desk.write_script("vain.sh")
    (desk.scripts / name).write_text("#!/bin/sh\n" + "".join(f"#SBATCH {line}\n" for line in lines))

    told = facts(Form(maria, name))[-1]

    assert told == "no effect here: --partition=gpu (line 2), --exclusive (line 3), --gres=gpu:1 (line 3) and 2 more"


def test_form_of_a_bare_script_tells_its_name_and_place(desk: Desk, maria: Person) -> None:
    empty_the_queue(desk)

    assert facts(Form(maria, desk.write_script("bare.sh"))) == [
        "bare.sh",
        "at most 50.0 GB of results",
        "next in the queue",
    ]


def test_texts_of_a_script_are_no_markup(desk: Desk, maria: Person) -> None:
    name = desk.write_script("odd.sh", f"{{title: '{HOSTILE}', description: '{HOSTILE}', owner: '{HOSTILE}'}}")

    form = Form(maria, name)

    assert facts(form)[1] == f"owner: {HOSTILE}"
    assert markup(maria.top_view()["blocks"]) == []


def test_place_in_the_queue_is_told(desk: Desk, maria: Person) -> None:
    empty_the_queue(desk)
    name = desk.write_script("waits.sh")
    places = []
    for _ in range(3):
        places.append(facts(Form(maria, name))[-1])
        desk.queue(name)
    started = desk.start_job(desk.jobs_of()[2])

    assert places == ["next in the queue", "number 2 in the queue", "number 3 in the queue"]
    assert facts(Form(maria, name))[-1] == "number 3 in the queue", f"job {started.id} waits no longer"


def ran(desk: Desk, name: str, *seconds: float, state: State = State.SUCCEEDED) -> None:
    for each in seconds:
        desk.end_job(desk.queue(name), state, after=timedelta(seconds=each))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ((90,), "took 1 min 30 s last time"),
        ((90, 30), "usually 30 s to 1 min 30 s"),
        ((60, 60, 60), "usually 1 min"),
        ((3600, 60, 62, 64, 1, 63, 61, 65), "usually 1 min 1 s to 1 min 4 s"),
        ((0.2, 0.3, 0.1), "usually less than 1 s"),
    ],
)
def test_expected_duration_comes_from_past_runs(
    desk: Desk, maria: Person, seconds: tuple[float, ...], told: str
) -> None:
    name = desk.write_script(f"runs-{len(seconds)}-{int(seconds[0])}.sh")
    ran(desk, name, *seconds)

    assert facts(Form(maria, name))[1] == told


def test_runs_that_failed_and_those_of_other_scripts_tell_nothing(desk: Desk, maria: Person) -> None:
    name, other = desk.write_script("fails.sh"), desk.write_script("other.sh")
    ran(desk, name, 60, state=State.FAILED)
    ran(desk, name, 60, state=State.TIMED_OUT)
    ran(desk, other, 60)

    assert len(facts(Form(maria, name))) == 3


def test_form_that_is_drawn_anew_tells_what_holds_now(desk: Desk, maria: Person) -> None:
    empty_the_queue(desk)
    name = desk.write_script("fresh.sh", "fast {type: boolean} - any", "how {when: {fast: 'true'}} - any")
    form = Form(maria, name)
    assert facts(form)[-1] == "next in the queue"
    ran(desk, name, 60)
    desk.queue(name)

    form.fill("Fast", ["true"])
    desk.settle()

    assert facts(form) == [name, "took 1 min last time", "at most 50.0 GB of results", "number 2 in the queue"]


def test_choice_of_a_script_tells_of_those_left_out(desk: Desk, maria: Person) -> None:
    def left_out() -> Json | None:
        Form(maria, "")
        found = [block for block in maria.top_view()["blocks"] if "left out for mistakes" in texts(block)]
        return found[0] if found else None

    assert left_out() is None
    desk.write_script("torn.sh", "word {type: txt} - any")

    found = left_out()

    (desk.scripts / "torn.sh").unlink()
    assert found
    assert texts(found).startswith("1 script is left out")
