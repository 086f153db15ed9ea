"""Retention removes what is past its time, keeps what it must, and follows no link out of its folders."""

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.app.bootstrap import Assembly
from runner.app.daemon import scheduled
from runner.files import private
from runner.jobs import Ending, Job, State
from tests.support.machine.settled import settle_messages
from tests.support.slack.person import wait_for

Make = Callable[..., Any]
Site = Any
KEEP = timedelta(days=7)
DAY = timedelta(days=1)
FINAL = [state for state in State if state.is_final]


class Place:
    """A runner's folders and rows, with jobs in any state and files of any age."""

    def __init__(self, runner: Site, clock: Any) -> None:
        self.runner, self.clock = runner, clock
        runner.put("work.sh", "#!/bin/sh\n##~~ input {required: false} - a file\n")
        self.inbox: Path = runner.assembly.inbox.folder
        self.results = runner.assembly.results

    def job(self, state: State = State.SUCCEEDED, *, is_told: bool = True, **submitted: Any) -> Job:
        """A job with a result; the queue must be empty before."""
        job: Job = self.runner.submit("work.sh", **submitted)
        jobs = self.runner.store.jobs
        if state is not State.QUEUED:
            assert [each.id for each in jobs.claim("here", executor="local", now=self.clock(), lease=KEEP)] == [job.id]
            self.results.make(job.id, attempt=1)
            (self.results.folder(job.id) / "result").write_text("of days")
        if state.is_final:
            jobs.finish(job.id, Ending(state=state), runner="here", now=self.clock(), expires_at=self.clock() + KEEP)
        if is_told:
            self.tell_all()
        return job

    def tell_all(self) -> None:
        settle_messages(self.runner.store, now=self.clock())

    def age(self, path: Path, age: timedelta) -> Path:
        moment = (self.clock() - age).timestamp()
        os.utime(path, (moment, moment), follow_symlinks=False)
        return path

    def input(self, name: str, age: timedelta) -> Path:
        path = self.inbox / name
        private.make_private(path.parent)
        path.write_text("a")
        return self.age(path, age)

    def clean(self, *, dry_run: bool = False) -> list[str]:
        removed: list[str] = self.runner.assembly.cleaner().clean(dry_run=dry_run)
        return removed

    def is_there(self, job: Job) -> bool:
        row = self.runner.store.jobs.get(job.id) is not None
        for folder in (self.results.folder(job.id), self.results.records(job.id)):
            assert folder.exists() == row
        return row


@pytest.fixture
def place(runner_factory: Make, clock: Any) -> Place:
    clock.moment = datetime.now(UTC)
    return Place(runner_factory(retention={"reminder": None}), clock)


@pytest.mark.parametrize("state", FINAL)
def test_finished_job_goes_when_its_time_is_over(place: Place, state: State) -> None:
    job = place.job(state)

    place.clock.move(KEEP - timedelta(seconds=1))
    assert place.clean() == []
    assert place.is_there(job)
    place.clock.move(timedelta(seconds=1))
    assert place.clean() == [f"job {job.id} with its results"]
    assert not place.is_there(job)


def test_running_job_keeps_its_results_and_inputs_for_ever(place: Place) -> None:
    shared, own = place.input("a.txt", DAY), place.input("U0ADA/a.txt", DAY)
    job = place.job(State.RUNNING, values={"input": "a.txt"})
    other = place.job(State.RUNNING, values={"input": "~/a.txt"})

    place.clock.move(KEEP * 10)

    assert place.clean() == []
    assert place.is_there(job)
    assert place.is_there(other)
    assert shared.exists()
    assert own.exists()


def test_queued_job_keeps_its_row_and_inputs_for_ever(place: Place) -> None:
    path = place.input("a.txt", DAY)
    job = place.job(State.QUEUED, values={"input": "a.txt"})

    place.clock.move(KEEP * 10)

    assert place.clean() == []
    assert path.exists()
    assert place.runner.job(job).state is State.QUEUED


def test_input_of_somebody_else_with_the_same_name_is_not_in_use(place: Place, person_factory: Make) -> None:
    kept, removed = place.input("U0ADA/a.txt", DAY), place.input("U0BOB/a.txt", DAY)
    place.job(State.QUEUED, values={"input": "~/a.txt"})
    place.clock.move(KEEP)

    assert place.clean() == ["input U0BOB/a.txt"]
    assert (kept.exists(), removed.exists()) == (True, False)


def test_job_whose_messages_are_owed_is_kept(place: Place) -> None:
    job = place.job(is_told=False)
    place.clock.move(KEEP)

    assert place.clean() == []
    assert place.is_there(job)
    place.tell_all()
    assert place.clean() == [f"job {job.id} with its results"]


def test_inputs_go_when_they_are_old(place: Place) -> None:
    old = [place.input(name, KEEP) for name in ("a.txt", "U0ADA/b.txt", "U0ADA/.hidden", "~strange\n")]
    young = [place.input(name, KEEP - DAY) for name in ("c.txt", "U0ADA/c.txt")]

    removed = place.clean()

    assert removed == ["input inbox/a.txt", "input inbox/~strange\\n", "input U0ADA/.hidden", "input U0ADA/b.txt"]
    assert [path.exists() for path in (*old, *young)] == [False] * 4 + [True] * 2


def test_dry_run_says_the_same_and_removes_nothing(place: Place) -> None:
    job = place.job()
    place.clock.move(KEEP)
    path = place.input("a.txt", KEEP)
    place.results.make(99, attempt=1)
    for folder in (place.results.folder(99), place.results.records(99), place.results.log(99).parent):
        place.age(folder, KEEP)

    planned = place.clean(dry_run=True)

    assert place.is_there(job)
    assert path.exists()
    assert place.clean(dry_run=True) == planned == place.clean()
    assert planned == [f"job {job.id} with its results", "folder 99, which belongs to no job", "input inbox/a.txt"]
    assert place.clean() == []


def test_links_are_removed_and_never_followed(place: Place, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    (treasure / "deep").mkdir(parents=True)
    (treasure / "deep" / "gold").write_text("gold")
    job = place.job()
    outbox = place.results.folder(job.id)
    for folder in (outbox, place.inbox, private.make_private(place.inbox / "U0ADA")):
        (folder / "to-folder").symlink_to(treasure)
        (folder / "to-file").symlink_to(treasure / "deep" / "gold")
        (folder / "to-nothing").symlink_to(tmp_path / "nothing")
        os.link(treasure / "deep" / "gold", folder / "same")
    place.clock.move(KEEP)
    for path in (*place.inbox.iterdir(), *(place.inbox / "U0ADA").iterdir()):
        place.age(path, KEEP)

    place.clean()

    assert not outbox.exists()
    assert [path.name for path in place.inbox.rglob("*")] == ["U0ADA"]
    assert (treasure / "deep" / "gold").read_text() == "gold"


def test_link_in_the_place_of_a_folder_is_removed_itself(place: Place, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold").write_text("gold")
    job = place.job()
    for folder in (place.results.folder(job.id), place.results.records(job.id)):
        folder.rename(tmp_path / f"{folder.parent.name}-moved")
        folder.symlink_to(treasure)
    (place.inbox / "U0ADA").symlink_to(treasure)
    (place.results.root / "77").symlink_to(treasure)
    place.age(place.results.root / "77", KEEP * 2)
    place.clock.move(KEEP)

    removed = place.clean()

    assert removed[:2] == [f"job {job.id} with its results", "folder 77, which belongs to no job"]
    assert (treasure / "gold").read_text() == "gold"
    assert not place.results.folder(job.id).is_symlink()


def test_folder_swapped_for_a_link_while_it_is_removed_is_not_followed(tmp_path: Path) -> None:
    """A process keeps swapping a folder of the tree and a link to a treasure while the tree is removed."""
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    gold = [treasure / f"gold-{number}" for number in range(20)]
    for piece in gold:
        piece.write_text("gold")
    swapping = """
import os, sys
treasure, place = sys.argv[1:]
print("ready", flush=True)
while True:
    for act in (lambda: os.symlink(treasure, place), lambda: os.unlink(place), lambda: os.mkdir(place),
                lambda: open(place + "/x", "w").close(), lambda: os.rename(place, place + "2")):
        try:
            act()
        except OSError:
            pass
"""
    tree = tmp_path / "outbox" / "12"
    tree.mkdir(parents=True)
    program = [sys.executable, "-c", swapping, str(treasure), str(tree / "place")]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process, private.opened(tree.parent) as parent:
        assert process.stdout
        process.stdout.readline()
        for _ in range(300):
            tree.mkdir(exist_ok=True)
            try:
                private.remove_tree(parent, "12")
            except OSError:
                continue  # somebody writes: cleanup tries again the next time
        process.kill()

    assert all(piece.exists() for piece in gold)


def test_special_files_are_removed_without_being_opened(place: Place) -> None:
    job = place.job()
    for folder in (place.results.folder(job.id), place.inbox):
        os.mkfifo(folder / "pipe")
        os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)
    place.clock.move(KEEP)
    for path in place.inbox.iterdir():
        place.age(path, KEEP)

    assert place.clean() == [f"job {job.id} with its results", "input inbox/pipe", "input inbox/socket"]


def test_folders_of_other_names_in_the_inbox_are_left_alone(place: Place) -> None:
    kept = [place.input(name, KEEP * 9) for name in ("reference/genome.fa", "u0ada/a", "U0/../x1/a", "U0A-B/a")]
    for path in kept:
        place.age(path.parent, KEEP * 9)

    assert place.clean() == []
    assert all(path.exists() for path in kept)


SHUT = """
import os, sys
from runner.files import private

os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.chown(".", 65534, 65534)
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
for mode in (0o000, 0o500, 0o200, 0o100):
    os.makedirs(f"12/{mode}/deep/er")
    open(f"12/{mode}/deep/er/file", "w").close()
    open(f"12/{mode}/file", "w").close()
    for path in ("deep/er", "deep", ""):
        os.chmod(f"12/{mode}/{path}", mode)
os.chmod("12", 0)
parent = os.open(".", os.O_RDONLY)
private.remove_tree(parent, "12")
print(os.listdir(parent))
"""


def test_folders_that_a_script_shut_are_removed_all_the_same() -> None:
    place = subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip()
    path = os.pathsep.join(sys.path)

    done = subprocess.run(
        [sys.executable, "-c", SHUT, place], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )

    assert (done.stderr, done.stdout) == ("", "[]\n")
    Path(place).rmdir()


def test_tree_of_any_depth_is_removed(place: Place) -> None:
    job = place.job()
    handle = os.open(place.results.folder(job.id), os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d" * 200, dir_fd=handle)  # deeper than any path
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=handle)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=deeper))
        os.close(handle)
        handle = deeper
    os.close(handle)
    place.clock.move(KEEP)

    assert place.clean() == [f"job {job.id} with its results"]
    assert not place.is_there(job)


def test_folders_of_no_job_go_when_all_in_them_is_old(place: Place) -> None:
    for number in (50, 51):
        place.results.make(number, attempt=1)
        (place.results.folder(number) / "deep").mkdir()
        file = place.results.folder(number) / "deep" / "file"
        file.write_text("a")
        folders = (place.results.folder(number), place.results.records(number), place.results.log(number).parent)
        for path in (file, file.parent, *folders):
            place.age(path, KEEP)
    place.age(place.results.folder(51) / "deep" / "file", KEEP - DAY)

    assert place.clean() == ["folder 50, which belongs to no job"]
    assert place.results.folder(51).exists()


def test_names_that_are_no_jobs_are_left_alone(place: Place) -> None:
    names = ["007", "notes", "1.5", "-3", "²", "12~", "12~zzzzzzzz", "9" * 40, "0"]
    for name in names:
        folder = place.results.root / name
        folder.mkdir()
        place.age(folder, KEEP * 2)

    assert place.clean() == []
    assert all((place.results.root / name).exists() for name in names)


@pytest.mark.parametrize("missing", ["root", "control"])
def test_missing_folder_keeps_nothing_else(place: Place, missing: str) -> None:
    job = place.job()
    folder: Path = getattr(place.results, missing)
    folder.rename(folder.with_name("elsewhere"))
    place.input("a.txt", timedelta())
    place.clock.move(KEEP)

    assert place.clean() == [f"job {job.id} with its results", "input inbox/a.txt"]


def test_missing_inbox_keeps_nothing_else(place: Place) -> None:
    job = place.job()
    place.inbox.rename(place.inbox.with_name("elsewhere"))
    place.clock.move(KEEP)

    assert place.clean() == [f"job {job.id} with its results"]


@pytest.mark.needs_root
def test_one_failure_keeps_nothing_else(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    stuck, other = place.job(), place.job()
    place.clock.move(KEEP)
    folder = place.results.folder(stuck.id)
    if subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here, and nothing else makes a folder stay")
    try:
        removed = place.clean()
    finally:
        subprocess.run(["umount", folder], check=True)

    assert removed == [f"job {other.id} with its results"]
    assert f"job {stuck.id} could not be removed" in caplog.text
    assert place.clean() == [f"job {stuck.id} with its results"]


def test_old_inputs_are_found_among_any_number_of_young_ones(place: Place) -> None:
    for number in range(10_500):
        (place.inbox / f"{number:05}").touch()
    place.input("zzz", KEEP)

    assert place.clean() == ["input inbox/zzz"]


def test_clock_brings_the_cleaner(place: Place) -> None:
    path = place.input("a.txt", KEEP)

    with scheduled("17 3 * * *", place.runner.assembly.cleaner().clean) as scheduler:
        planned = scheduler.get_job("cleanup").next_run_time.astimezone()
        assert (planned.hour, planned.minute) == (3, 17)
        assert timedelta() < planned - datetime.now(UTC) <= DAY + timedelta(hours=1)  # clocks are put back
        assert path.exists()
        scheduler.get_job("cleanup").modify(next_run_time=datetime.now(UTC))

        wait_for(lambda: not path.exists(), what="cleaned")
        assert scheduler.get_job("cleanup").next_run_time == planned


def test_presets_go_when_they_were_not_used_for_a_year(place: Place, clock: Any) -> None:
    person, presets = place.runner.person, place.runner.store.presets
    presets.save(person.user_id, "work.sh", "Old", {}, now=clock())
    clock.move(DAY * 366)
    presets.save(person.user_id, "work.sh", "New", {}, now=clock())

    assert place.clean(dry_run=True) == ["1 preset"]
    assert place.clean() == ["1 preset"]

    assert [each.name for each in presets.of(person.user_id, "work.sh")] == ["New"]


@pytest.mark.parametrize("by", [DAY * 365, -DAY * 365])
def test_nothing_goes_because_the_clock_was_set(place: Place, by: timedelta) -> None:
    """The clock alone is moved here, and not how long the machine has been up."""
    runner = place.runner
    off = timedelta()
    wall = Assembly(runner.config, clock=lambda: place.clock() + off, uptime=place.clock.uptime)
    wall.cleaner().clean()
    job = place.job()
    file = place.input("a.txt", timedelta(hours=1))
    place.runner.store.presets.save(runner.person.user_id, "work.sh", "Old", {}, now=place.clock())
    place.clock.move(DAY)
    off = by

    assert wall.cleaner().clean() == []

    assert place.is_there(job)
    place.clock.move(KEEP)
    assert wall.cleaner().clean() == [f"job {job.id} with its results", "input inbox/a.txt"]
    wall.close()
    assert not file.exists()


def record(place: Place, job: Job, name: str, age: timedelta) -> Path:
    path = place.results.records(job.id) / name
    path.write_text("a")
    return place.age(path, age)


def test_drafts_of_records_that_nobody_holds_go(place: Place) -> None:
    job = place.job()
    names = ["attempt-1.state.4711", ".attempt-1.limits.0123456789abcdef", "probe"]
    left = [record(place, job, name, DAY) for name in names]
    kept = [record(place, job, name, DAY) for name in ("attempt-1.state", "attempt-1.limits", "supervisor.log")]
    kept.append(record(place, job, "attempt-2.state.4712", timedelta(minutes=1)))
    left.append(place.age(_touched(place.runner.config.data / ".runner.id.0123456789abcdef"), DAY))

    assert place.clean(dry_run=True) == place.clean()

    assert [path.exists() for path in (*left, *kept)] == [False] * 4 + [True] * 4


def _touched(path: Path) -> Path:
    path.touch()
    return path


def test_draft_that_is_in_use_stays_however_old_it_is(place: Place) -> None:
    job = place.job()
    path = record(place, job, "attempt-1.state.4711", KEEP)
    upload = place.input("U0ADA/.upload-1", KEEP * 2)

    with path.open() as held, upload.open() as growing:
        for each in (held, growing):
            fcntl.flock(each, fcntl.LOCK_EX)
        assert place.clean() == []
        assert (path.exists(), upload.exists()) == (True, True)

    assert place.clean() == [f"draft jobs/{job.id}/attempt-1.state.4711"]
    assert not upload.exists()


def test_empty_inbox_that_nobody_has_used_for_long_goes(place: Place, person_factory: Make) -> None:
    empty, used = place.inbox / "U0BOB", place.input("U0ADA/a.txt", DAY).parent
    private.make_private(empty)
    place.age(empty, KEEP + DAY)
    place.age(used, KEEP + DAY)

    assert place.clean(dry_run=True) == place.clean() == ["inbox U0BOB, which is empty"]

    assert (empty.exists(), used.exists()) == (False, True)


def test_inbox_whose_owner_was_just_told_how_to_bring_files_stays(place: Place, person_factory: Make) -> None:
    bob = person_factory("Bob")
    place.age(place.runner.assembly.inbox.own_folder(bob), KEEP * 2)
    place.runner.service.inputs.instructions(bob)

    assert place.clean() == []


def test_empty_inbox_is_kept_as_long_as_its_password_works(runner_factory: Make, clock: Any) -> None:
    clock.moment = datetime.now(UTC)
    runner = runner_factory(retention={"keep": "1h"}, retrieval={"upload_password_period": "2d"})
    place = Place(runner, clock)
    folder = private.make_private(place.inbox / "U0BOB")

    place.age(folder, DAY * 4 - timedelta(minutes=1))
    assert place.clean() == []
    place.age(folder, DAY * 4 + timedelta(minutes=1))
    assert place.clean() == ["inbox U0BOB, which is empty"]


def copied(place: "Place", age: timedelta) -> Path:
    """The copy of the script that jobs here run, started last so long ago, with links around it."""
    copies: Path = place.runner.assembly.paths.script_copies
    copy = copies / "1-2" / "work.sh" / ("ab" * 32) / "srv" / "work.sh"
    private.make_private(copy.parent)
    copy.write_text("#!/bin/sh\n")
    (copy.parent / "beside").symlink_to(place.inbox)
    place.age(copy, age)
    return copy


def test_copy_of_a_script_goes_when_it_was_not_started_lately(place: Place) -> None:
    copy = copied(place, KEEP + DAY)
    kept = place.input("beside.txt", timedelta())

    assert any("the copy of work.sh" in line for line in place.clean(dry_run=True))
    assert copy.exists()
    assert any("the copy of work.sh" in line for line in place.clean())

    assert not copy.exists()
    assert kept.exists()


def test_copy_of_a_script_that_was_started_lately_or_runs_is_kept(place: Place) -> None:
    copy = copied(place, KEEP - DAY)
    place.clean()
    assert copy.exists()

    job = place.job(State.RUNNING)
    place.age(copy, KEEP + DAY)
    place.clean()

    assert copy.exists()
    end = Ending(state=State.FAILED)
    place.runner.store.jobs.finish(job.id, end, runner="here", now=place.clock(), expires_at=place.clock() + KEEP)
