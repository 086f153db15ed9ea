"""What the Home tab shows: to somebody new, to somebody with much of everything, to administrators."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.views.jobs import home
from runner.files import Disk, InboxUse
from runner.jobs import Event, Job, Pause, Progress, Requester, State, ToldValue, Trouble
from runner.messages.reader import Reader
from runner.scripts import BrokenScript, Script
from runner.scripts.script import ScriptOptions
from runner.scripts.script import script as made
from runner.service import MachineState, Upcoming
from runner.system.beats import Beat
from runner.system.load import MachineLoad
from tests.support.slack.at_home import at_home
from tests.support.slack.drawn import Json, checked_view, markup, nodes

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
READER = Reader(now=NOW, zone=UTC)
HOSTILE = "<!channel> <@U0MARIA0001> *b* `c` &amp; \u202egnp\x1b[31m\n> q " * 20


def job(state: State, *, text: str = "Word count", number: int = 12, **more: Any) -> Job:
    values: Json = {
        "script": "word_count.sh",
        "title": text,
        "values": {},
        "told": tuple(ToldValue(label=text, text=text) for _ in range(9)),
        "requester": Requester(user_id="U0MARIA0001", team_id="T1", email="m@example.com", name=text),
        "requested_at": NOW,
        "attempt": 0 if state is State.QUEUED else 1,
        "started_at": None if state is State.QUEUED else NOW,
        "finished_at": NOW if state.is_final else None,
        "expires_at": NOW + timedelta(days=7) if state.is_final else None,
        "results_bytes": 10**6,
    }
    return Job(id=number, state=state, **values | more)


def script(name: str, text: str = "") -> Script:
    options = ScriptOptions(title=(text or name)[:75].strip() or None, description=text)
    return made(name=name, path=Path(name), options=options, parameters=())


def machine(text: str = "", *, disks: int = 1, broken: int = 0, troubles: int = 0, **more: Any) -> MachineState:
    disk = Disk(holds=("results",), path=Path("/x"), device=1, size_bytes=10**12, free_bytes=10**11, kept_bytes=10**9)
    trouble = Trouble(job_id=1, event=Event.ENDED, channel="email", attempts=2, error=text, is_given_up=False)
    values: Json = {
        "runner": Beat(process_id=1, at=0.0, hangs=text),
        "running_count": 3,
        "waiting_count": 12,
        "paused": None,
        "disks": [disk] * disks,
        "load": MachineLoad(load=3.25, cpus=8, free_memory_bytes=10**9, memory_bytes=8 * 10**9),
        "troubles": [trouble] * troubles,
        "broken": [BrokenScript(name=f"{text}{number}", path=Path("x"), problems=()) for number in range(broken)],
    }
    return MachineState(**values | more)


def said(view: Json) -> str:
    return " ".join(str(node["text"]) for node in nodes(view) if isinstance(node.get("text"), str))


def buttons(view: Json) -> list[str]:
    return [node["text"]["text"] for node in nodes(view["blocks"]) if node.get("type") == "button"]


def test_somebody_new_is_told_how_and_is_offered_scripts() -> None:
    view = checked_view(home.home(at_home(starters=[script("one.sh", "Counts words")]), READER, name="Maria Rossi"))

    assert view["blocks"][0]["text"]["text"] == "Welcome, Maria Rossi"
    assert "Choose a script" in said(view)
    assert "Some scripts to begin with" in said(view)
    assert buttons(view) == ["Run a script", "My jobs", "The queue", "Bring files", "Settings", "Help", "Open"]


def test_somebody_with_jobs_sees_them_and_no_welcome() -> None:
    contents = at_home(job(State.RUNNING), job(State.SUCCEEDED, number=9), running_count=3, waiting_count=1)

    view = checked_view(home.home(contents, READER, name="Maria"))

    assert "Welcome" not in said(view)
    assert "On the machine 3 jobs run and 1 waits." in said(view)
    assert buttons(view)[6:10] == ["Details", "Log", "Share…", "Cancel"]
    assert buttons(view)[10:] == ["Details", "Log", "Share…", "Run again", "Edit and run again"]


def test_favourites_and_scripts_in_use_have_a_button_each() -> None:
    contents = at_home(favourites=[script("a.sh", "Alpha")], used=[script("b.sh", "Beta"), script("c.sh", "Gamma")])

    view = checked_view(home.home(contents, READER, name="Maria"))

    assert buttons(view)[6:] == ["Alpha", "Beta", "Gamma"]
    ids = [
        node["action_id"] for node in nodes(view["blocks"]) if str(node.get("action_id")).startswith("runscript.run")
    ]
    assert ids == ["runscript.run.0", "runscript.run.1", "runscript.run.2"]


def test_place_in_the_queue_and_what_is_deleted_next_are_told() -> None:
    waiting = Upcoming(job=job(State.QUEUED), place=4, forecast=None)
    contents = at_home(
        unfinished=[waiting],
        running_count=1,
        waiting_count=7,
        deleted_next=[job(State.SUCCEEDED, number=9)],
        inbox_use=InboxUse(size_bytes=10**6, file_count=2, max_bytes=10**9, max_files=100),
    )

    view = checked_view(home.home(contents, READER, name="Maria"))

    assert "number 4 in the queue" in said(view)
    assert "1 job runs and 7 wait, yours first as number 4." in said(view)
    assert "9 · Word count · 1.0 MB, on " in said(view)
    assert "results for 7 d" in said(view)
    assert "1.0 MB of 1.0 GB, and 2 of 100 files" in said(view)


def test_administrators_see_what_is_well() -> None:
    view = checked_view(home.home(at_home(machine=machine()), READER, name="Ines"))

    told = said(view)
    assert "3 running, 12 waiting" in told
    assert "100.0 GB of 1.0 TB free" in told
    assert "3.2 on 8 CPUs" in told
    assert "all delivered, or on their way" in told
    assert "all can be run" in told


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"runner": None}, "not running here"),
        ({"text": "the worker"}, "hangs: the worker"),
        ({"disks": 0, "more": None}, "Load:"),
        ({"broken": 5, "text": "b"}, "5 are broken: b0, b1, b2 and 2 more"),
        ({"troubles": 100, "text": "no route"}, "100 or more are not delivered; the latest by email: no route"),
        ({"paused": Pause(reason="disk work", paused_by="Ines", paused_at=NOW)}, "no job starts: disk work"),
    ],
)
def test_administrators_see_what_is_wrong(wrong: Json, words: str) -> None:
    wrong.pop("more", None)

    assert words in said(checked_view(home.home(at_home(machine=machine(**wrong)), READER, name="Ines")))


def test_disks_that_cannot_be_asked_are_told_as_such() -> None:
    found = machine()

    view = checked_view(home.home(at_home(machine=replace(found, disks=None)), READER, name="I"))

    assert "a disk cannot be asked" in said(view)


@pytest.mark.parametrize("make", [lambda text: text, lambda text: text * 50, lambda _: "x"])
def test_as_much_of_everything_as_there_can_be_is_what_slack_takes(make: Callable[[str], str]) -> None:
    text = make(HOSTILE)
    progress = Progress(percent=3, label=text, status=text)
    unfinished = [job(State.RUNNING, text=text, number=n, progress=progress, warned_at=NOW) for n in range(1, 7)]
    unfinished += [job(State.QUEUED, text=text, number=n) for n in range(7, 13)]
    many = [script(f"{number}.sh", "t" * 75) for number in range(20)]
    contents = at_home(
        *unfinished,
        *(job(State.FAILED, text=text, number=n) for n in range(20, 25)),
        more_waiting=90,
        deleted_next=[job(State.SUCCEEDED, text=text, number=n) for n in range(30, 33)],
        paused=Pause(reason=text, paused_by=text, paused_at=NOW),
        running_count=10**6,
        waiting_count=10**6,
        favourites=many,
        used=many[:6],
        machine=machine(text, disks=6, broken=9, troubles=100),
    )

    view = checked_view(home.home(contents, READER, name=text))

    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view)) < 250_000
    assert not [each for each in markup(view) if "channel" in each]
