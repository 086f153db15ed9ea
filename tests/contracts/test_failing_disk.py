"""A disk that fails while the machine stays up, and is mounted anew, has no attempt begin twice."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runner.executors import EndedBy, Executor, Outcome
from tests.support.machine.attempts import DEADLINE, MakeOrder, has_ended, is_running, pids, started
from tests.support.slack.person import wait_for

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.skipif(shutil.which("mkfs.ext4") is None, reason="mkfs.ext4 is not installed"),
]
FAIL = f"""#!{sys.executable} -IS
import fcntl, os, sys, struct
disk = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(disk, 0x8004587D, struct.pack("I", 2))  # FS_IOC_SHUTDOWN: what is not in the journal by now is lost
os.close(disk)
with open("pid", "w") as file:
    file.write(f"{{os.getpid()}} {{os.getppid()}}")
reading, writing = os.pipe()
os.read(reading, 1)
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A disk, as a file, with a journal."""
    path = tmp_path / "image"
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", path], check=True)
    return path


@pytest.fixture
def mount(tmp_path: Path, image: Path) -> Iterator[Callable[[], Path]]:
    """Mounts the disk, anew where it was."""
    place = tmp_path / "disk"
    place.mkdir()

    def mounted() -> Path:
        with suppress(subprocess.CalledProcessError):
            subprocess.run(["umount", place], check=True, capture_output=True)
        if subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, check=False).returncode:
            pytest.skip("no file can be mounted as a disk here")
        return place

    yield mounted
    subprocess.run(["umount", "--lazy", place], check=True)


def test_attempt_whose_disk_failed_at_the_first_instruction_is_known_to_have_begun(
    local: Executor, order_factory: MakeOrder, mount: Callable[[], Path]
) -> None:
    records = mount() / "12"
    records.mkdir()
    subprocess.run(["sync", "--file-system", records], check=True)
    order = order_factory(FAIL, str(records), records=records)
    attempt, script = started(local, order)
    os.kill(pids(order.folder / "pid")[1], signal.SIGKILL)
    wait_for(lambda: not is_running(script))
    assert has_ended(attempt, DEADLINE)
    mount()

    assert local.find(records=records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)
