"""What runs is what was hashed, whatever becomes of the script's file; it finds beside it what it always found."""

import hashlib
import json
import os
import shutil
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from runner.executors import EndedBy, Executor, Order, Outcome
from tests.support.machine.attempts import MakeOrder, end, run, started
from tests.support.slack.person import wait_for

SELF = """#!/bin/sh
# {}
sha256sum "$0" | cut -d ' ' -f 1 > digest
echo {} >> said
"""
WAITING = "#!/bin/sh\necho $$ > pid\nuntil [ -e go ]; do sleep 0.01; done\necho old >> said\n"
STARTS = 40


def recorded(order: Order) -> str:
    """The digest that the attempt's records tell."""
    lines = (order.records / f"attempt-{order.attempt}.state").read_text().splitlines()
    return next(str(entry["script"]) for entry in map(json.loads, lines) if "script" in entry)


def digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    new = path.with_name("new")
    new.write_text(text)
    new.chmod(0o755)
    new.rename(path)


@contextmanager
def swapping(path: Path, swap: object, texts: list[str]) -> Iterator[None]:
    """Another text each time, as fast as it goes."""
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.is_set():
            for text in texts:
                swap(path, text)  # type: ignore[operator]

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def numbered(order: Order, number: int) -> Order:
    """The next attempt of the same."""
    return replace(order, attempt=number)


@pytest.mark.parametrize("swap", [in_place, by_rename])
def test_what_ran_is_what_was_hashed_whatever_is_swapped_in(
    executor: Executor, order_factory: MakeOrder, swap: object
) -> None:
    texts = [SELF.format("x" * 100_000, "one"), SELF.format("y" * 100_000, "two")]
    order = order_factory(texts[0])

    with swapping(Path(order.argv[0]), swap, texts):
        for number in range(1, STARTS + 1):
            attempt = numbered(order, number)
            (order.folder / "digest").unlink(missing_ok=True)
            run(executor, attempt)
            if (order.folder / "digest").exists():  # else it was refused, or caught half-written, which is no script
                assert (order.folder / "digest").read_text().strip() == recorded(attempt)
    last = numbered(order, STARTS + 1)
    assert run(executor, last).exit_code == 0
    assert recorded(last) in map(digest, texts)


def test_script_that_is_changed_while_it_runs_goes_on_as_it_was(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(WAITING)
    attempt, _ = started(executor, order)
    in_place(Path(order.argv[0]), WAITING.replace("old", "new"))
    (order.folder / "go").touch()

    assert end(attempt).exit_code == 0
    assert run(executor, numbered(order, 2)).exit_code == 0
    assert (order.folder / "said").read_text() == "old\nnew\n"
    assert recorded(order) == digest(WAITING)


def test_content_is_copied_once_however_often_it_runs(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\n")
    for number in (1, 2):
        run(executor, numbered(order, number))
    os.utime(order.argv[0])
    run(executor, numbered(order, 3))

    copies = [path for path in order.copies.rglob("script") if path.is_file() and not path.is_symlink()]
    assert [stat.S_IMODE(copy.stat().st_mode) for copy in copies] == [0o500]


def test_program_is_run_as_it_was_hashed_under_its_own_name(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    program = Path("/bin/cat").resolve().read_bytes()
    order = order_factory(program, "/proc/self/cmdline")

    assert run(executor, order).exit_code == 0

    assert order.log.read_bytes() == b"\0".join([order.argv[0].encode(), b"/proc/self/cmdline", b""])
    assert recorded(order) == digest(program)


def test_script_finds_what_lies_beside_it_and_above_it(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    (tmp_path / "beside.sh").write_text("beside=1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in.sh").write_text("in=2\n")
    (tmp_path.parent / "above.sh").write_text("above=3\n")
    script = """#!/bin/sh
here=$(dirname "$0")
. "$here/folder/in.sh"
. "$here/../above.sh"
out=$PWD
cd "$here"
. ./beside.sh
echo $beside $in $above $(basename "$0") > "$out/said"
"""
    order = order_factory(script)

    assert run(executor, order).exit_code == 0
    assert (order.folder / "said").read_text() == "1 2 3 script\n"


def test_script_finds_what_has_come_beside_it_and_not_what_has_gone(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    order = order_factory('#!/bin/sh\nls "$(dirname "$0")" > beside\n')
    (tmp_path / "gone").touch()
    run(executor, order)
    assert "gone" in (order.folder / "beside").read_text().split()
    (tmp_path / "gone").unlink()
    (tmp_path / "come").touch()

    run(executor, numbered(order, 2))

    beside = (order.folder / "beside").read_text().split()
    assert sorted(beside) == sorted(path.name for path in tmp_path.iterdir())


def test_python_imports_what_lies_beside_the_script(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'first'\n")
    order = order_factory(f"#!{sys.executable}\nimport beside\nopen('said', 'a').write(beside.WORD)\n")
    run(executor, order)
    (tmp_path / "beside.py").write_text("WORD = 'second'\n")

    assert run(executor, numbered(order, 2)).exit_code == 0
    assert (order.folder / "said").read_text() == "firstsecond"


def test_script_calls_another_as_it_is_now(executor: Executor, order_factory: MakeOrder, tmp_path: Path) -> None:
    other = tmp_path / "other.sh"
    by_rename(other, "#!/bin/sh\necho old >> said\n")
    order = order_factory('#!/bin/sh\n"$(dirname "$0")/other.sh"\n')
    run(executor, replace(order, argv=[str(other)]))
    by_rename(other, "#!/bin/sh\necho new >> said\n")

    run(executor, numbered(order, 2))

    assert (order.folder / "said").read_text() == "old\nnew\n"


@pytest.mark.parametrize(("mode", "bit", "who"), [(0o757, "o", "everybody"), (0o775, "g", "its group")])
def test_script_that_others_came_to_be_able_to_change_is_refused_at_its_start(
    executor: Executor, order_factory: MakeOrder, mode: int, bit: str, who: str
) -> None:
    order = order_factory("#!/bin/sh\ntouch ran\n", refused_mode=0o022)
    path = order.argv[0]
    Path(path).chmod(mode)

    outcome = run(executor, order)

    words = f"{path} (mode {mode:04o}) can be changed by {who}; mend it with: chmod {bit}-w {path}"
    assert outcome == Outcome(ended_by=EndedBy.NEVER_STARTED, error=words)
    assert not (order.folder / "ran").exists()
    assert run(executor, replace(order, attempt=2, refused_mode=0)).exit_code == 0


def test_script_of_somebody_else_is_refused_at_its_start(executor: Executor, order_factory: MakeOrder) -> None:
    owner = os.geteuid()
    order = order_factory("#!/bin/sh\ntouch ran\n", owners=frozenset({owner + 1}))

    outcome = run(executor, order)

    assert outcome.ended_by is EndedBy.NEVER_STARTED
    assert f"(mode 0755) can be changed by its owner, the user {owner}" in str(outcome.error)
    assert run(executor, replace(order, attempt=2, owners=frozenset({owner}))).exit_code == 0


def test_link_in_the_place_of_a_script_is_refused(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\ntouch ran\n")
    path = Path(order.argv[0])
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")

    outcome = run(executor, order)

    assert outcome.error == f"{path} is a link, and links are not followed"
    assert not (order.folder / "ran").exists()


def test_copy_that_was_taken_away_is_made_again(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho ran >> said\n")
    os.utime(order.argv[0], (0, 0))
    run(executor, order)
    shutil.rmtree(order.copies)

    assert run(executor, numbered(order, 2)).exit_code == 0
    wait_for((order.folder / "said").exists)
    assert (order.folder / "said").read_text() == "ran\nran\n"
