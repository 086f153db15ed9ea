"""The watchdog in a process of its own, whose timer would end that of the tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.machine.command import ROOT
from tests.support.machine.notified import Notified, notified
from tests.support.slack.person import wait_for

BEGIN = """
import os, signal, sys, threading, time
from datetime import timedelta
from pathlib import Path
from runner.system.beats import BeatFile
from runner.system.notify import Notifier
from runner.system.watchdog import Deadlines, Watchdog
watchdog = Watchdog(Notifier.taken_from(os.environ), deadlines=Deadlines(stop=timedelta(seconds=2)))
signal.signal(signal.SIGTERM, lambda *_: None)
with watchdog.watching(BeatFile(Path("beat"))):
"""
WAIT = "    threading.Event().wait(60)\n"


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Notified]:
    with notified(tmp_path) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, watcher: Notified) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a process that does something while it is watched."""
    with ExitStack() as ending:

        def begin(does: str, *, period: int) -> "subprocess.Popen[str]":
            told = {"NOTIFY_SOCKET": str(watcher.path), "WATCHDOG_USEC": str(period * 1_000_000)}
            process = subprocess.Popen(
                [sys.executable, "-c", BEGIN + does],
                cwd=tmp_path,
                env=os.environ | told | {"PYTHONPATH": str(ROOT)},
                stderr=subprocess.PIPE,
                text=True,
            )
            ending.callback(process.communicate)
            ending.callback(process.kill)
            return process

        yield begin


def test_start_that_takes_long_asks_for_more_time_until_it_is_ready(
    run: Callable[..., "subprocess.Popen[str]"], watcher: Notified, tmp_path: Path
) -> None:
    run(
        "    while not Path('go').exists(): time.sleep(0.1)\n    watchdog.ready('here')\n" + WAIT,
        period=4,
    )
    wait_for(lambda: watcher.count("EXTEND_TIMEOUT_USEC", "3000000") > 1, 30, what="asked")
    (tmp_path / "go").touch()

    wait_for(lambda: watcher.count("READY"), 30, what="ready")

    seen = len(watcher.messages())
    wait_for(lambda: len(watcher.messages()) > seen + 2, 30, what="beats")
    assert not any("EXTEND_TIMEOUT_USEC" in message for message in watcher.messages()[seen:])


def test_who_watches_decides_how_long_silence_may_last(run: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = run("    import re; re.match('(a+)+b', 'a' * 60)\n", period=4)

    _, log = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Timeout (0:00:03)!" in log


def test_threads_that_hang_do_not_keep_the_process_from_its_end(run: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = run("    threading.Thread(target=threading.Event().wait, name='stuck').start()\n", period=60)

    _, log = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Timeout (0:00:02)!" in log


def test_main_thread_that_does_not_end_when_it_is_told_is_ended(
    run: Callable[..., "subprocess.Popen[str]"], watcher: Notified
) -> None:
    process = run("    watchdog.ready('here')\n" + WAIT, period=60)
    wait_for(lambda: watcher.count("READY"), 30, what="ready")

    process.terminate()

    _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert watcher.count("STOPPING") == 1
    assert "in wait" in log
