"""A script that asks for a terminal has one to print to; all else is as without."""

import hashlib
import sys
from pathlib import Path

import pytest

from runner.executors import EndedBy, Executor, Order, Outcome
from tests.support.machine.attempts import (
    FAMILY,
    SECOND,
    MakeOrder,
    end,
    is_running,
    pids,
    run,
    started,
)
from tests.support.slack.person import wait_for

SECRET = "hunter2-canary"


def printed(executor: Executor, order: Order) -> bytes:
    """What stands in the log of a script that succeeds."""
    assert run(executor, order) == Outcome(ended_by=EndedBy.ITSELF, exit_code=0)
    return order.log.read_bytes()


@pytest.fixture
def at_terminal(order_factory: MakeOrder) -> MakeOrder:
    return lambda text, **parts: order_factory(text, terminal=True, **parts)


def test_its_outputs_are_one_terminal_and_nothing_is_to_be_read_there(
    executor: Executor, at_terminal: MakeOrder
) -> None:
    text = f"""#!{sys.executable} -IS
import os, sys
print(os.isatty(0), os.isatty(1), os.isatty(2), os.ttyname(1) == os.ttyname(2), os.get_terminal_size())
print(repr(sys.stdin.read()))
for path in ("/dev/tty", "/proc/self/fd/1"):
    try:
        print("there is", os.read(os.open(path, os.O_RDWR), 0))
    except OSError as error:
        print(error.strerror)
try:
    os.read(2, 1)
except OSError as error:
    print(error.strerror)
"""
    found = printed(executor, at_terminal(text)).decode().splitlines()

    assert found[0] == "False True True True os.terminal_size(columns=80, lines=24)"
    assert found[1:3] == ["''", "No such device or address"]
    assert found[-1] == "Bad file descriptor"


def test_without_one_its_outputs_are_a_pipe(executor: Executor, order_factory: MakeOrder) -> None:
    assert printed(executor, order_factory("#!/bin/sh\nif test -t 1; then echo tty; else echo pipe; fi\n")) == b"pipe\n"


def test_what_it_prints_is_in_the_log_byte_for_byte(executor: Executor, at_terminal: MakeOrder) -> None:
    text = f"""#!{sys.executable} -IS
import os
for _ in range(3):
    os.write(1, bytes(range(256)) + b"\\x03\\x04\\x1a\\r\\n\\n\\x1b[31m")
"""

    assert printed(executor, at_terminal(text)) == (bytes(range(256)) + b"\x03\x04\x1a\r\n\n\x1b[31m") * 3


@pytest.mark.parametrize("count", [1, 4_095, 70_000, 5_000_000])
def test_all_of_it_is_there_when_the_script_has_ended(executor: Executor, at_terminal: MakeOrder, count: int) -> None:
    text = f"#!{sys.executable} -IS\nimport sys\nsys.stdout.write('0123456789' * {count // 10} + 'x' * {count % 10})\n"

    found = printed(executor, at_terminal(text))

    whole = b"0123456789" * (count // 10) + b"x" * (count % 10)
    assert (len(found), hashlib.sha256(found).digest()) == (count, hashlib.sha256(whole).digest())


def test_what_a_buffering_program_prints_is_seen_at_once(executor: Executor, at_terminal: MakeOrder) -> None:
    order = at_terminal('#!/usr/bin/awk -f\nBEGIN { print 45; while (system("test -e go")) system("sleep 0.05") }\n')

    attempt = executor.start(order)

    wait_for(lambda: order.log.exists() and order.log.read_bytes() == b"45\n", what="the line")
    (order.folder / "go").touch()
    assert end(attempt).exit_code == 0


def test_outputs_that_are_opened_anew_lose_nothing_and_control_nobody(
    executor: Executor, at_terminal: MakeOrder
) -> None:
    text = "#!/bin/sh\necho one > /dev/stdout\nexec 3<> /dev/stderr\ncut -d ' ' -f 7 /proc/$$/stat\necho last\n"

    assert printed(executor, at_terminal(text)) == b"one\n0\nlast\n"


def test_what_is_masked_is_hidden_there_too(executor: Executor, at_terminal: MakeOrder) -> None:
    order = at_terminal(
        "#!/bin/sh\necho before $TOKEN after\n",
        environment={"PATH": "/usr/bin:/bin", "TOKEN": SECRET},
        masked=[SECRET],
    )

    assert printed(executor, order) == b"before [hidden] after\n"


def test_too_much_output_ends_it(executor: Executor, at_terminal: MakeOrder) -> None:
    order = at_terminal("#!/bin/sh\nexec yes\n", max_log_bytes=100_000)

    assert run(executor, order).ended_by is EndedBy.LOG
    assert order.log.stat().st_size <= 100_000
    assert b"the log ends here" in order.log.read_bytes()


@pytest.mark.parametrize("by", ["stop", "timeout"])
def test_whole_family_is_ended(executor: Executor, at_terminal: MakeOrder, by: str) -> None:
    text = f"{FAMILY}\necho $$ > pid\nsleep 600\n"
    order = at_terminal(text, grace=SECOND, timeout=SECOND * 3 if by == "timeout" else None)
    attempt, _ = started(executor, order)

    if by == "stop":
        wait_for(lambda: len(pids(order.folder / "pids")) == 5, what="the family")
        attempt.stop()

    assert end(attempt).ended_by is EndedBy(by)
    assert not [pid for pid in pids(order.folder / "pids") if is_running(pid)]


def test_end_is_told_though_somebody_else_holds_the_terminal(executor: Executor, at_terminal: MakeOrder) -> None:
    order = at_terminal("#!/bin/sh\necho $$ > pid\nwhile ! test -e go; do sleep 0.05; done\necho last\n")
    attempt, pid = started(executor, order)

    with Path(f"/proc/{pid}/fd/1").open("wb", buffering=0):
        (order.folder / "go").touch()
        assert end(attempt).exit_code == 0

    assert order.log.read_bytes() == b"last\n"


def test_limit_of_memory_holds_there_too(executor: Executor, at_terminal: MakeOrder) -> None:
    order = at_terminal(f"#!{sys.executable} -IS\nprint(len(bytearray(2_000_000_000)))\n", memory_bytes=300_000_000)

    assert run(executor, order).exit_code != 0
