"""What lists results works aside of all else, and takes up again what a kill or a full disk kept it from."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.files import DiskSpace, Results
from runner.jobs import State
from runner.worker.checksum_queue import ChecksumQueue
from tests.support.machine.full_disk import fill, mounted
from tests.support.machine.runner_site import Site
from tests.support.slack.person import wait_for

LARGE = "#!/bin/sh\ntruncate -s 200G large\necho small > small\n"
"""Hashing that takes minutes, and no room on the disk."""


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Any]) -> Iterator[Site]:
    site = Site(tmp_path, person_factory())
    yield site
    site.end()


@pytest.fixture
def queue_factory() -> Iterator[Callable[..., ChecksumQueue]]:
    made: list[ChecksumQueue] = []

    def make(results: Results, folder: Path, **parts: Any) -> ChecksumQueue:
        made.append(ChecksumQueue(results, DiskSpace({"outbox": folder}, 0), lambda jobs: jobs, **parts))
        made[-1].start()
        return made[-1]

    yield make
    for queue in made:
        queue.stop()


def wrote(results: Results, job_id: int, **files: str) -> Path:
    results.make(job_id, attempt=1)
    for name, text in files.items():
        (results.folder(job_id) / name).write_text(text)
    return results.folder(job_id) / "results.json"


def listed(path: Path) -> list[str]:
    wait_for(path.exists, 30, what="listed")
    return [each["name"] for each in json.loads(path.read_bytes())["files"]]


def hashing() -> list[int]:
    """The processes of this program that list results below this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"checksum_process" in command:
                found.append(int(entry.name))
    return found


def hashing_of(site: Site) -> list[int]:
    outbox = os.fsencode(site.assembly.results.root)
    return [pid for pid in hashing() if outbox in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_results_of_a_job_are_listed_once_it_has_ended_and_its_message_and_the_next_job_do_not_wait(
    site: Site,
) -> None:
    site.put("large.sh", LARGE)
    site.put("quick.sh", "#!/bin/sh\necho a > a\n")
    site.start()

    first = site.ended(site.submit("large.sh"))
    assert site.letter(first, "succeeded")
    second = site.ended(site.submit("quick.sh"))

    assert second.state is State.SUCCEEDED
    assert listed(site.assembly.results.folder(second.id) / "results.json") == ["a"]
    assert not (site.assembly.results.folder(first.id) / "results.json").exists()


def test_it_gives_way_to_all_that_runs_besides(site: Site) -> None:
    site.put("large.sh", LARGE)
    site.start()
    site.ended(site.submit("large.sh"))

    (pid,) = wait_for(lambda: hashing_of(site), 20)

    wait_for(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19, 20)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_runner_that_ends_in_the_middle_takes_it_along_and_the_next_one_lists_what_is_left(
    site: Site, how: signal.Signals
) -> None:
    site.put("large.sh", LARGE)
    process = site.start()
    job = site.ended(site.submit("large.sh"))
    aside = site.assembly.results.aside(job.id)
    wait_for(lambda: any(path.name.startswith(".results.json.") for path in aside.iterdir()), 20)
    folder = site.assembly.results.folder(job.id)

    process.send_signal(how)
    process.wait(20)

    wait_for(lambda: not hashing_of(site), 10)
    assert {path.name for path in folder.iterdir()} == {"large", "small", f"job-{job.id}.log"}
    with (folder / "large").open("r+b") as file:
        file.truncate(3)
    site.start()
    assert listed(folder / "results.json") == ["large", "small"]
    assert not [path for path in aside.iterdir() if path.name.startswith(".")]


def test_process_that_was_killed_is_followed_by_another(
    tmp_path: Path, queue_factory: Callable[..., ChecksumQueue]
) -> None:
    results = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    wrote(results, 1)
    (results.folder(1) / "large").touch()
    os.truncate(results.folder(1) / "large", 200_000_000_000)
    queue = queue_factory(results, tmp_path)
    ours = os.fsencode(results.root)
    (pid,) = wait_for(lambda: [pid for pid in hashing() if ours in Path(f"/proc/{pid}/cmdline").read_bytes()], 20)
    wait_for(lambda: len(os.listdir(results.aside(1))) > 0, 20)  # noqa: PTH208  # names

    os.kill(pid, signal.SIGKILL)
    second = wrote(results, 2, a="a")
    queue.add(2)

    assert listed(second) == ["a"]


def test_what_is_being_read_is_not_begun_again_at_each_look(
    tmp_path: Path, queue_factory: Callable[..., ChecksumQueue]
) -> None:
    results = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    large = wrote(results, 1).with_name("large")
    large.touch()
    os.truncate(large, 200_000_000_000)
    queue_factory(results, tmp_path, look=timedelta(milliseconds=10))
    (before,) = wait_for(lambda: drafts_of_listing(results, 1), 20)
    for number in (2, 3, 4):
        assert listed(wrote(results, number, a="a")) == ["a"]  # found at one look after the other

    assert drafts_of_listing(results, 1) == [before]


def drafts_of_listing(results: Results, job_id: int) -> list[str]:
    return [path.name for path in results.aside(job_id).iterdir() if path.name.startswith(".results.json.")]


def test_what_ended_before_is_found_at_the_start_and_what_runs_is_left_alone(site: Site) -> None:
    site.put("quick.sh", "#!/bin/sh\necho a > a\n")
    site.put("long.sh", "#!/bin/sh\necho once > ran\nwhile [ ! -e go ]; do sleep 0.02; done\n")
    site.start()
    ended, running = site.ended(site.submit("quick.sh")), site.submit("long.sh")
    folder = site.begun(running)
    listing = site.assembly.results.folder(ended.id) / "results.json"
    wait_for(listing.exists, 20)
    site.processes[-1].kill()
    site.processes[-1].wait()
    for folder_of_ours in (listing.parent, site.assembly.results.aside(ended.id)):
        for name in ("results.json", "SHA256SUMS"):
            (folder_of_ours / name).unlink()

    site.start()

    assert listed(listing) == ["a"]
    assert not (folder / "results.json").exists()
    (folder / "go").touch()
    site.ended(running)
    assert listed(folder / "results.json") == ["go", "ran"]


@pytest.mark.needs_root
def test_full_disk_is_told_once_and_what_waits_is_listed_later(
    tmp_path: Path, queue_factory: Callable[..., ChecksumQueue], caplog: pytest.LogCaptureFixture
) -> None:
    with mounted(tmp_path / "disk", options="size=1m") as disk:
        results = Results(root=disk / "outbox", control=tmp_path / "jobs")
        paths = [wrote(results, number, a="a") for number in (1, 2, 3)]
        filler = fill(disk)
        queue = queue_factory(results, tmp_path)
        wait_for(lambda: "could not be listed" in caplog.text, 20)
        queue.add(3)
        filler.unlink()
        for number in (1, 2, 3):
            queue.add(number)

        assert [listed(path) for path in paths] == [["a"]] * 3
        assert caplog.text.count("could not be listed") == 1
        assert "the disk is full" in caplog.text
        queue.stop()
