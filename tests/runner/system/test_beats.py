import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.system.beats import Beat, BeatFile, last_beat
from tests.support.slack.person import wait_for


def beat(status: str = "fine") -> Beat:
    return Beat(process_id=os.getpid(), at=time.monotonic(), status=status)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.beat"


def test_beat_is_read_while_the_process_has_its_file_and_not_after(path: Path) -> None:
    file, written = BeatFile(path), beat()

    file.write(beat("a longer status that is written over"))
    file.write(written)

    assert last_beat(path) == written
    file.close()
    assert last_beat(path) is None


def test_process_that_was_killed_has_no_beat(path: Path) -> None:
    program = (
        "import sys, signal, time, pathlib; from runner.system.beats import Beat, BeatFile;"
        "BeatFile(pathlib.Path(sys.argv[1])).write(Beat(process_id=1, at=time.monotonic())); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)]) as process:
        wait_for(lambda: last_beat(path), 30, what="written")
        process.kill()
    assert last_beat(path) is None


def test_file_is_for_its_user_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        BeatFile(path).write(beat())
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_second_process_tells_once_the_first_has_gone(path: Path) -> None:
    first, second = BeatFile(path), BeatFile(path)
    first.write(beat("first"))
    second.write(beat("second"))
    before = last_beat(path)
    first.close()

    second.write(beat("second"))

    after = last_beat(path)
    assert (before and before.status, after and after.status) == ("first", "second")
    second.close()


def test_place_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    file = BeatFile(tmp_path / "later" / "bot.beat")
    file.write(beat())
    (tmp_path / "later").mkdir()

    file.write(beat())

    assert last_beat(tmp_path / "later" / "bot.beat") is not None
    file.close()


@pytest.mark.parametrize("written", [b"", b"{", b"[]\n", b'{"process_id": 1}\n', b"\xff\n", b'{"at": "x", "odd": 1}\n'])
def test_what_is_no_beat_counts_as_one_that_is_being_written(path: Path, written: bytes) -> None:
    file = BeatFile(path)
    file.write(beat())
    path.write_bytes(written)

    found = last_beat(path)

    assert found is not None
    assert found.age_seconds < 60
    file.close()


def test_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    path.symlink_to(tmp_path / "precious")

    BeatFile(path).write(beat())

    assert (tmp_path / "precious").read_text() == "precious"
