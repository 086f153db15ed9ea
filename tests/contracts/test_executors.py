"""What every executor must do: one suite over all of them, with real scripts."""

import array
import fcntl
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String

from runner.executors import Attempt, EndedBy, Executor, ExecutorSettings, NotSeen, Order, Outcome
from runner.executors.registry import EXECUTORS
from runner.jobs import Usage
from runner.store.tables import jobs
from tests.support.machine.attempts import (
    DEADLINE,
    FAMILY,
    SECOND,
    MakeOrder,
    children,
    end,
    has_ended,
    is_running,
    made,
    pids,
    run,
    started,
    supervisor,
)
from tests.support.scripts.hostile import LINES
from tests.support.slack.person import wait_for

SHOW = f"""#!{sys.executable} -IS
import json, os, signal, sys
open_ones = [int(number) for number in os.listdir("/proc/self/fd")]
with open("seen.json", "w") as file:
    json.dump(
        {{
            "argv": [os.fsencode(word).hex() for word in sys.argv[1:]],
            "environment": {{os.fsencode(name).hex(): os.fsencode(os.environ[name]).hex() for name in os.environ}},
            "folder": os.getcwd(),
            "session": os.getsid(0) == os.getpid(),
            "stdin": sys.stdin.read(),
            "outputs": [os.readlink(f"/proc/self/fd/{{number}}") for number in (1, 2)],
            "handles": sorted(number for number in open_ones if os.path.exists(f"/proc/self/fd/{{number}}")),
            "signals": [line for line in open("/proc/self/status") if line.startswith(("SigBlk", "SigIgn"))],
        }},
        file,
    )
"""


def seen(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((order.folder / "seen.json").read_text())
    return found


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_exit_code_is_told(executor: Executor, order_factory: MakeOrder, code: int) -> None:
    outcome = run(executor, order_factory(f"#!/bin/sh\nexit {code}\n"))

    assert outcome == Outcome(ended_by=EndedBy.ITSELF, exit_code=code)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP])
def test_signal_is_told(executor: Executor, order_factory: MakeOrder, number: signal.Signals) -> None:
    outcome = run(executor, order_factory(f"#!/bin/sh\nulimit -c 0\nkill -{int(number)} $$\n"))

    assert outcome == Outcome(ended_by=EndedBy.ITSELF, signal=number)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("#!/nowhere/python\n", "the script names /nowhere/python in its first line, which is not there"),
        ("#!/bin/sh\r\n", "the script has lines that end with CR LF, as Windows writes them"),
        ("no first line\n", "the script has no first line that says what runs it"),
        ("", "the script has no first line that says what runs it"),
    ],
)
def test_script_that_cannot_be_started_is_told(
    executor: Executor, order_factory: MakeOrder, text: str, error: str
) -> None:
    outcome = run(executor, order_factory(text))

    assert outcome.ended_by is EndedBy.NEVER_STARTED
    assert str(outcome.error).startswith(error)


def test_script_that_is_gone_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory()
    Path(order.argv[0]).unlink()

    assert run(executor, order).error == "No such file or directory"


def test_script_that_may_not_be_executed_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory()
    Path(order.argv[0]).chmod(0o600)

    assert run(executor, order).error == "Permission denied"


def test_argument_longer_than_the_system_takes_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    assert run(executor, order_factory(SHOW, "x" * 200_000)).error == "Argument list too long"


def test_nul_in_what_is_given_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    outcome = run(executor, order_factory(SHOW, environment={"NAME": "a\0b"}))

    assert outcome.ended_by is EndedBy.NEVER_STARTED
    assert "null" in str(outcome.error)


def test_arguments_arrive_byte_for_byte(executor: Executor, order_factory: MakeOrder) -> None:
    words = [*LINES, "", "line\nbreak\r\n", "not utf-8: \udcff\udc80", ""]
    order = order_factory(SHOW, *words)

    run(executor, order)

    assert [bytes.fromhex(word) for word in seen(order)["argv"]] == [
        word.encode("utf-8", "surrogateescape") for word in words
    ]


START_ELSEWHERE = """
import json, select, sys
from datetime import timedelta
from pathlib import Path
from runner.executors import ExecutorSettings, Order
from runner.executors.registry import Executors

parts = json.loads(sys.argv[2])
for name in ("folder", "records", "log", "copies"):
    parts[name] = Path(parts[name])
order = Order(**parts, timeout=None, grace=timedelta(seconds=5))
attempt = Executors(ExecutorSettings(), chosen=sys.argv[1]).start(order)
if sys.argv[3] == "wait":
    select.select([attempt], [], [])
    print(attempt.outcome().ended_by)
"""


def start_elsewhere(name: str, order: Order, then: str, **environment: str) -> "subprocess.Popen[bytes]":
    """Start the attempt from another process, which ends at once or waits for its outcome."""
    parts = {field: getattr(order, field) for field in ("job_id", "attempt", "argv", "environment", "masked")}
    parts |= {field: str(getattr(order, field)) for field in ("folder", "records", "log", "copies")}
    program = [sys.executable, "-c", START_ELSEWHERE, name, json.dumps(parts), then]
    return subprocess.Popen(program, env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize("settings", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "1"}, {}])
def test_arguments_arrive_byte_for_byte_in_the_locale_c(
    executor_name: str, order_factory: MakeOrder, settings: dict[str, str]
) -> None:
    order = order_factory(SHOW, *LINES)

    with start_elsewhere(executor_name, order, "wait", **settings) as process:
        assert process.communicate(timeout=DEADLINE)[0] == b"itself\n"

    assert [bytes.fromhex(word) for word in seen(order)["argv"]] == [word.encode() for word in LINES]


def test_environment_is_what_was_given_and_nothing_else(
    executor: Executor, order_factory: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    environment = {"PATH": "/bin", "NAME": "é = \n $(id)", "BYTES": "\udcff"}
    order = order_factory(SHOW, environment=environment)

    run(executor, order)

    assert {bytes.fromhex(name): bytes.fromhex(text) for name, text in seen(order)["environment"].items()} == {
        name.encode(): text.encode("utf-8", "surrogateescape") for name, text in environment.items()
    } | {b"LC_CTYPE": b"C.UTF-8"}  # Python's own, where no locale is set (PEP 538)


def test_script_has_its_own_session_folder_and_an_empty_standard_input(
    executor: Executor, order_factory: MakeOrder
) -> None:
    order = order_factory(SHOW)
    inherited = os.open(order.argv[0], os.O_RDONLY)
    os.set_inheritable(inherited, True)  # noqa: FBT003  # the library's own

    run(executor, order)

    os.close(inherited)
    found = seen(order)
    assert (found["session"], found["folder"], found["stdin"]) == (True, str(order.folder), "")
    assert len(set(found["outputs"])) == 1, "so that lines stay in their order"
    assert found["outputs"][0].startswith("pipe:")
    assert found["handles"] == [0, 1, 2, 3], "3 is the file that it writes"


def test_script_ignores_no_signal_and_holds_none_back(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(SHOW)
    ignored = (signal.SIGCHLD, signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    try:
        outcome = run(executor, order)
    finally:
        for number, action in before.items():
            signal.signal(number, action)

    assert outcome.exit_code == 0
    blocked, ignoring = (int(line.split()[1], 16) for line in seen(order)["signals"])
    of_python = {signal.SIGPIPE, signal.SIGXFSZ}
    assert blocked == 0
    assert {number for number in signal.valid_signals() if ignoring >> number - 1 & 1} == of_python


def test_log_takes_both_outputs_in_order(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nfor n in 1 2 3; do echo out $n; echo err $n >&2; done\n")

    run(executor, order)

    assert order.log.read_text() == "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"


def test_script_that_closes_its_outputs_is_waited_for(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nexec <&- >&- 2>&-\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 7\n")
    attempt = executor.start(order)
    wait_for(order.log.exists)

    assert not has_ended(attempt, 0.1)
    (order.folder / "go").touch()
    assert end(attempt).exit_code == 7


def test_log_is_never_written_through_a_link(executor: Executor, order_factory: MakeOrder, tmp_path: Path) -> None:
    order = order_factory("#!/bin/sh\necho hello\n")
    order.log.symlink_to(tmp_path / "elsewhere")

    assert run(executor, order).ended_by is EndedBy.NEVER_STARTED
    assert not (tmp_path / "elsewhere").exists()


def test_all_that_is_written_is_private_whatever_the_umask(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    order = order_factory("#!/bin/sh\nmkdir made\necho 1 > made/file\n")
    before = os.umask(0)
    try:
        run(executor, order)
    finally:
        os.umask(before)

    modes = {
        str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777)
        for top in (order.folder, order.records)
        for path in top.rglob("*")
    }
    assert set(modes.values()) <= {"0o600", "0o700"}
    assert modes["outbox/made"] == "0o700"
    assert modes["outbox/made/file"] == modes["outbox/job-12.log"] == "0o600"


@pytest.mark.parametrize("by", [EndedBy.TIMEOUT, EndedBy.STOP])
def test_whole_family_is_ended(executor: Executor, order_factory: MakeOrder, by: EndedBy) -> None:
    timeout = SECOND if by is EndedBy.TIMEOUT else None
    order = order_factory(FAMILY + "wait; sleep 600\n", timeout=timeout, grace=SECOND / 2)
    attempt = executor.start(order)
    family = wait_for(lambda: len(found := pids(order.folder / "pids")) == 5 and found)
    if by is EndedBy.STOP:
        attempt.stop()

    outcome = end(attempt)

    assert (outcome.ended_by, outcome.timeout) == (by, timeout)
    assert family
    assert [pid for pid in family if is_running(pid)] == []


def test_nothing_of_a_script_that_ended_by_itself_is_left_running(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(FAMILY + "while [ $(wc -l < pids) -lt 5 ]; do sleep 0.01; done\nexit 3\n", grace=SECOND / 2)

    outcome = run(executor, order)

    assert outcome == Outcome(ended_by=EndedBy.ITSELF, exit_code=3)
    assert [pid for pid in pids(order.folder / "pids") if is_running(pid)] == []


def test_script_that_keeps_forking_is_caught(executor: Executor, order_factory: MakeOrder) -> None:
    runaway = f"""#!{sys.executable} -IS
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    time.sleep(600)
deadline = time.monotonic() + {DEADLINE * 2}
open("pid", "w").write(str(os.getppid()))
while time.monotonic() < deadline:
    if os.fork():
        os._exit(0)
    time.sleep(0.001)
"""
    attempt, _ = started(executor, order_factory(runaway, grace=SECOND / 10))

    attempt.stop()

    assert end(attempt).ended_by is EndedBy.STOP


def test_script_may_tidy_up_when_it_is_stopped(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(
        "#!/bin/sh\ntrap 'echo tidied; exit 0' TERM\necho $$ > pid\nwhile :; do sleep 0.05; done\n", grace=SECOND * 30
    )
    attempt, _ = started(executor, order)

    attempt.stop()

    assert end(attempt) == Outcome(ended_by=EndedBy.STOP, exit_code=0)
    assert order.log.read_text().endswith("tidied\n")


def test_stopping_twice_and_too_late_changes_nothing(executor: Executor, order_factory: MakeOrder) -> None:
    attempt, _ = started(executor, order_factory())
    attempt.stop()
    attempt.stop()
    assert has_ended(attempt, DEADLINE)

    attempt.stop()

    assert attempt.outcome() == Outcome(ended_by=EndedBy.STOP, signal=signal.SIGTERM)


def test_attempt_stopped_the_moment_it_was_started_ends_as_stopped(
    executor: Executor, order_factory: MakeOrder
) -> None:
    attempt = executor.start(order_factory())

    attempt.stop()

    assert end(attempt).ended_by is EndedBy.STOP


def test_runner_that_ends_lets_go_of_its_outputs(
    executor: Executor, executor_name: str, order_factory: MakeOrder
) -> None:
    order = order_factory()

    with start_elsewhere(executor_name, order, "go") as process:
        assert process.stdout
        wait_for(lambda: pids(order.folder / "pid"))
        process.communicate(timeout=DEADLINE)  # all that was written: nobody else holds the pipe

    found = executor.find(records=order.records, attempt=1)
    assert not isinstance(found, Outcome)
    found.stop()
    assert end(found).ended_by is EndedBy.STOP


def test_attempt_that_lives_is_adopted(executor: Executor, executor_name: str, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 4\n")
    with start_elsewhere(executor_name, order, "go") as process:
        process.communicate(timeout=DEADLINE)
    wait_for(lambda: pids(order.folder / "pid"))

    found = made(executor_name).find(records=order.records, attempt=1)

    assert not isinstance(found, Outcome)
    assert not has_ended(found)
    (order.folder / "go").touch()
    assert end(found) == Outcome(ended_by=EndedBy.ITSELF, exit_code=4)


def test_end_that_was_recorded_is_found(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nexit 5\n", timeout=SECOND * 60)
    outcome = run(executor, order)

    assert executor.find(records=order.records, attempt=1) == outcome
    assert outcome == Outcome(ended_by=EndedBy.ITSELF, exit_code=5, timeout=SECOND * 60)


def test_attempt_that_was_looked_for_before_it_began_never_begins(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\ntouch ran\n")

    assert executor.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.NEVER_BEGAN)
    assert executor.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.NEVER_BEGAN)

    assert run(executor, order) == Outcome(ended_by=EndedBy.NEVER_BEGAN)
    assert not (order.folder / "ran").exists()
    assert run(executor, replace(order, attempt=2)).exit_code == 0


def test_attempt_whose_records_are_gone_is_unknown(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    assert executor.find(records=tmp_path / "gone", attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)


def test_attempt_whose_records_were_taken_away_while_it_ran_is_unknown(
    executor: Executor, order_factory: MakeOrder
) -> None:
    order = order_factory()
    attempt, _ = started(executor, order)
    order.records.rename(order.records.with_name("elsewhere"))

    attempt.stop()

    assert end(attempt) == Outcome(ended_by=EndedBy.UNKNOWN)


def test_beginning_is_never_mistaken_for_an_end(executor: Executor, order_factory: MakeOrder) -> None:
    """Looks for attempts at ever later moments of their beginning: the script runs if and only if it is found alive.

    The first is looked for before it is begun, the last once its script runs.
    """
    text = "#!/bin/sh\ntouch ran-$1\nexec sleep 600\n"
    found = []
    with ThreadPoolExecutor(1) as pool:
        for number in range(62):
            order = order_factory(text, str(number), attempt=number + 1)
            ran = order.folder / f"ran-{number}"
            if number == 0:
                looked, began = look(executor, order), executor.start(order)
            else:
                moment = time.perf_counter() + number * 0.0005
                looking = pool.submit(look, executor, order, moment, ran if number == 61 else None)
                began = executor.start(order)
                looked = looking.result(DEADLINE)
            if isinstance(looked, Outcome):
                assert looked.ended_by is EndedBy.NEVER_BEGAN
                assert end(began).ended_by is EndedBy.NEVER_BEGAN
            else:
                looked.stop()
                assert end(looked).ended_by is EndedBy.STOP
                assert end(began).ended_by is EndedBy.STOP
            assert isinstance(looked, Outcome) <= (not ran.exists())
            found.append(isinstance(looked, Outcome))
    assert (found[0], found[-1]) == (True, False)


def look(executor: Executor, order: Order, moment: float = 0, ran: Path | None = None) -> Attempt | Outcome:
    """Look for an attempt at a moment, or once its script has begun."""
    while time.perf_counter() < moment:
        continue
    if ran is not None:
        wait_for(ran.exists, what="begun")
    return executor.find(records=order.records, attempt=order.attempt)


COPY = "#!/bin/sh\ncat > copy\n"


def test_file_is_read_byte_for_byte_from_its_beginning(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path
) -> None:
    content = os.urandom(5_000_000)
    source = tmp_path / "input \udcff $(id)\n"
    source.write_bytes(content)

    for attempt in (1, 2):
        order = order_factory(COPY, stdin=source, attempt=attempt)

        assert run(executor, order).exit_code == 0
        assert (order.folder / "copy").read_bytes() == content


@pytest.mark.parametrize(
    "text", ["", "word", "no line break\n\nat the end", "\r\n\0\n", "\udcff", "x" * 5_000_000, *LINES]
)
def test_text_is_read_byte_for_byte(executor: Executor, order_factory: MakeOrder, text: str) -> None:
    order = order_factory(COPY, stdin=text)

    assert run(executor, order).exit_code == 0
    assert (order.folder / "copy").read_bytes() == text.encode("utf-8", "surrogateescape")


def make_link(path: Path) -> None:
    path.with_name("target").write_text("content")
    path.symlink_to("target")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda _: None, "No such file or directory"),
        (make_link, "a link, which is not followed"),
        (lambda path: path.symlink_to("nowhere"), "a link, which is not followed"),
        (Path.mkdir, "not a file"),
        (os.mkfifo, "not a file"),
        pytest.param(
            lambda path: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3)),
            "not a file",
            marks=pytest.mark.needs_root,
        ),
        pytest.param(
            lambda path: path.touch(0),
            "Permission denied",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything"),
        ),
    ],
)
def test_nothing_but_a_file_is_read_and_what_else_it_is_is_told(
    executor: Executor, order_factory: MakeOrder, tmp_path: Path, make: Callable[[Path], object], error: str
) -> None:
    source = tmp_path / "input"
    make(source)
    order = order_factory("#!/bin/sh\ntouch ran\n", stdin=source)

    outcome = run(executor, order)

    assert outcome == Outcome(ended_by=EndedBy.NEVER_STARTED, error=f"Its standard input cannot be read: {error}")
    assert not (order.folder / "ran").exists()


def test_text_to_be_read_is_on_no_disk(executor: Executor, order_factory: MakeOrder, tmp_path: Path) -> None:
    script = "#!/bin/sh\nread -r word\necho $$ > pid\nuntil [ -e go ]; do sleep 0.01; done\nexit ${#word}\n"
    order = order_factory(script, stdin=SECRET, masked=[SECRET])
    attempt, _ = started(executor, order)

    assert files_with(SECRET, tmp_path) == []
    (order.folder / "go").touch()
    assert end(attempt).exit_code == len(SECRET)
    assert files_with(SECRET, tmp_path) == []


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


SECRET = "hunter2-canary"
TOKEN = {"PATH": "/usr/bin:/bin", "TOKEN": SECRET}


def secretive(order_factory: MakeOrder, text: str, *arguments: str, **parts: Any) -> Order:
    """An order for a script that has the secret in TOKEN."""
    return order_factory(text, *arguments, environment=TOKEN, masked=[SECRET], **parts)


def test_no_output_shows_what_is_masked_and_its_order_is_kept(executor: Executor, order_factory: MakeOrder) -> None:
    text = '#!/bin/sh\nfor n in 1 2 3; do echo "out $n $TOKEN."; echo "$TOKEN$TOKEN err $n" >&2; done\n'
    order = secretive(order_factory, text)

    assert run(executor, order) == Outcome(ended_by=EndedBy.ITSELF, exit_code=0)

    lines = [f"out {n} [hidden].\n[hidden][hidden] err {n}\n" for n in (1, 2, 3)]
    assert order.log.read_text() == "".join(lines)


def test_every_masked_text_is_hidden_and_of_those_that_hold_each_other_nothing_is_left(
    executor: Executor, order_factory: MakeOrder
) -> None:
    masked = ["hunter2", "hunter2-canary", "canary-yellow", "two\nlines", "\udcff\udcfe\udcfd", ""]
    order = order_factory(
        "#!/bin/sh\nprintf '%s;' \"$@\"\n",
        "hunter22",
        "hunter2-canary-yellow",
        "-two\nlines",
        "\udcff\udcfe\udcfd",
        masked=masked,
    )

    run(executor, order)

    assert order.log.read_bytes() == b"[hidden]2;[hidden];-[hidden];[hidden];"


WRITE = f"""#!{sys.executable} -IS
import os, random, sys
dice = random.Random(3)
secret = os.environ["TOKEN"].encode()
parts = (secret if dice.random() < 0.1 else dice.randbytes(dice.randrange(200)) for _ in range(int(sys.argv[1])))
content = b"".join(parts)
open("written", "wb").write(content)
largest = int(sys.argv[2])
while content:
    content = content[os.write(1, content[: dice.randint(1, largest)]) :]
"""


@pytest.mark.parametrize(("parts", "largest"), [("100", "1"), ("110000", "200000")])
def test_secret_is_hidden_wherever_the_output_is_cut(
    executor: Executor, order_factory: MakeOrder, parts: str, largest: str
) -> None:
    order = secretive(order_factory, WRITE, parts, largest)

    assert run(executor, order).exit_code == 0

    written = (order.folder / "written").read_bytes()
    assert written.count(SECRET.encode()) > 3
    assert order.log.read_bytes() == written.replace(SECRET.encode(), b"[hidden]")
    assert largest == "1" or len(written) > 9_000_000


def test_what_is_left_running_may_still_say_something_without_showing_the_secret(
    executor: Executor, order_factory: MakeOrder
) -> None:
    late = "trap 'echo late $TOKEN; exit' TERM; touch ready; while :; do sleep 0.01; done"
    order = secretive(
        order_factory, f'#!/bin/sh\nsetsid sh -c "{late}" &\nuntil [ -e ready ]; do sleep 0.01; done\nexit 3\n'
    )

    assert run(executor, order).exit_code == 3
    assert order.log.read_text().removeprefix("Terminated\n") == "late [hidden]\n"  # the shell tells of its sleep


def test_log_is_complete_when_the_end_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    for attempt in range(1, 31):
        order = secretive(
            order_factory, "#!/bin/sh\nseq 1 2000 > job-12.log.1; cat job-12.log.1; printf hunter", attempt=attempt
        )
        order.log.unlink(missing_ok=True)
        run(executor, order)

        assert order.log.read_bytes() == order.log.with_name("job-12.log.1").read_bytes() + b"hunter"


@pytest.mark.parametrize("ending", ["exit 0", "exit 5", "kill -TERM $$", "exec nowhere"])
def test_end_is_the_same_with_something_masked(executor: Executor, order_factory: MakeOrder, ending: str) -> None:
    text = f"#!/bin/sh\n{ending}\n"

    plain, masked = (
        run(executor, order_factory(text, masked=texts, attempt=attempt))
        for attempt, texts in enumerate(([], [SECRET]), start=1)
    )

    assert masked == plain


def test_script_that_cannot_be_started_with_something_masked_is_told(
    executor: Executor, order_factory: MakeOrder
) -> None:
    order = secretive(order_factory, "#!/nowhere/python\n")

    outcome = run(executor, order)

    assert outcome.ended_by is EndedBy.NEVER_STARTED
    assert "/nowhere/python" in str(outcome.error)
    assert order.log.read_bytes() == b""


@pytest.mark.parametrize("wrong", ["\ud800", "a\ud800b"])
def test_what_is_no_text_starts_nothing_and_is_not_shown(
    executor: Executor, order_factory: MakeOrder, wrong: str
) -> None:
    order = order_factory("#!/bin/sh\ntouch ran\n", environment={"TOKEN": f"{SECRET}{wrong}"})

    outcome = run(executor, order)

    assert outcome == Outcome(ended_by=EndedBy.NEVER_STARTED, error="It was given what is no text")
    assert not (order.folder / "ran").exists()


def test_script_with_a_secret_has_no_more_handles_than_others(executor: Executor, order_factory: MakeOrder) -> None:
    order = secretive(order_factory, SHOW, stdin="to be read")

    run(executor, order)

    found = seen(order)
    assert (found["session"], found["stdin"], found["handles"]) == (True, "to be read", [0, 1, 2, 3])


def test_script_with_a_secret_leaves_no_core_unless_it_asks_for_that(
    executor: Executor, order_factory: MakeOrder, core_limit: None
) -> None:
    text = "#!/bin/sh\nulimit -Sc\nulimit -Hc\n"
    plain, masked = (
        order_factory(text, masked=texts, attempt=attempt, log=order_factory().folder / f"{attempt}")
        for attempt, texts in enumerate(([], [SECRET]), start=1)
    )

    run(executor, plain)
    run(executor, masked)

    soft, hard = plain.log.read_text().split()
    assert soft == hard
    assert masked.log.read_text().split() == ["0", hard]


@pytest.fixture
def core_limit() -> Iterator[None]:
    """Cores of any size for whatever is started meanwhile, as far as this machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_attempt_of_an_earlier_runner_goes_on_masked(
    executor: Executor, executor_name: str, order_factory: MakeOrder
) -> None:
    text = "#!/bin/sh\necho $TOKEN\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\necho after $TOKEN\nexit 4\n"
    order = secretive(order_factory, text)
    with start_elsewhere(executor_name, order, "go") as process:
        process.communicate(timeout=DEADLINE)
    wait_for(lambda: pids(order.folder / "pid"))

    found = made(executor_name).find(records=order.records, attempt=1)

    assert not isinstance(found, Outcome)
    (order.folder / "go").touch()
    assert end(found).exit_code == 4
    assert order.log.read_text() == "[hidden]\nafter [hidden]\n"


def test_somebody_else_who_holds_the_output_open_holds_up_nothing(executor: Executor, order_factory: MakeOrder) -> None:
    text = "#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\necho $TOKEN\n"
    order = secretive(order_factory, text)
    attempt, pid = started(executor, order)

    with open(f"/proc/{pid}/fd/1", "wb", buffering=0) as held:  # noqa: PTH123  # a pipe, no path
        held.write(b"before ")
        (order.folder / "go").touch()
        assert end(attempt).exit_code == 0
        with pytest.raises(BrokenPipeError):
            held.write(SECRET.encode())

    assert order.log.read_text() == "before [hidden]\n"


# What follows knows how the local executor keeps its records: it breaks them.


def begins(then: str) -> str:
    """A script that waits for a sign, then does that."""
    return f"#!/bin/sh\necho before $TOKEN\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\n{then}\n"


def unread_bytes(pid: int) -> int:
    """How much a script has printed that its supervisor has not taken in."""
    count = array.array("i", [0])
    with open(f"/proc/{pid}/fd/1", "wb", buffering=0) as pipe:  # noqa: PTH123  # a pipe, no path
        fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


NOT_WRITTEN = "\n[some of the output is missing here: it could not be written]\n"


@pytest.mark.parametrize("masked", [[], [SECRET]])
def test_output_that_the_disk_does_not_take_holds_up_nothing_and_is_told_where_it_is_missing(
    local: Executor, order_factory: MakeOrder, masked: list[str]
) -> None:
    text = begins("seq 1 100000; touch said; while [ ! -e on ]; do sleep 0.01; done; echo kept; exit 3")
    order = order_factory(text, environment=TOKEN, masked=masked)
    attempt, pid = started(local, order)
    first = f"before {'[hidden]' if masked else SECRET}\n"
    wait_for(lambda: order.log.read_text() == first)
    most = 2_000  # no other file that the supervisor writes is larger
    resource.prlimit(supervisor(order), resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    (order.folder / "go").touch()
    wait_for((order.folder / "said").exists)
    wait_for(lambda: not unread_bytes(pid) and state_of(supervisor(order)) == "S")
    resource.prlimit(supervisor(order), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (order.folder / "on").touch()

    assert end(attempt).exit_code == 3

    taken = (first + "".join(f"{number}\n" for number in range(1, 1_000)))[:most]
    assert order.log.read_text() == f"{taken}{NOT_WRITTEN}kept\n"


@pytest.mark.parametrize("masked", [[], [SECRET]])
def test_what_was_printed_before_the_supervisor_was_killed_is_kept(
    local: Executor, order_factory: MakeOrder, masked: list[str]
) -> None:
    order = order_factory(begins("echo after $TOKEN; touch said"), environment=TOKEN, masked=masked)
    attempt, _ = started(local, order)
    printed = f"before {'[hidden]' if masked else SECRET}\n"
    wait_for(lambda: order.log.read_text() == printed)

    os.kill(supervisor(order), signal.SIGKILL)

    assert end(attempt) == Outcome(ended_by=EndedBy.UNKNOWN)
    assert order.log.read_text() == printed


OPENING_ANEW = [
    "echo again > /dev/stderr",
    "echo again > /dev/stdout",
    "echo again > /proc/self/fd/2",
    "echo again | tee /dev/stderr > /dev/null",
    "echo again | tee -a /dev/stderr > /dev/null",
    "echo again | cat > /dev/fd/1",
    "echo again | dd of=/dev/stdout status=none",
    f'{sys.executable} -c \'open("/dev/stderr", "w").write("again\\n")\'',
]


@pytest.mark.parametrize("masked", [[], [SECRET]])
@pytest.mark.parametrize("memory", [None, 500_000_000])
def test_script_that_opens_its_output_anew_takes_nothing_out_of_the_log(
    executor: Executor, order_factory: MakeOrder, masked: list[str], memory: int | None
) -> None:
    lines = [f"echo before {number}\n{line}\necho after {number} >&2" for number, line in enumerate(OPENING_ANEW)]
    text = "\n".join(["#!/bin/bash", *lines, "truncate -s 0 /dev/stdout 2> refused", "echo end"])
    order = order_factory(text, masked=masked, memory_bytes=memory)

    assert run(executor, order).exit_code == 0

    expected = "".join(f"before {number}\nagain\nafter {number}\n" for number in range(len(OPENING_ANEW)))
    assert order.log.read_text() == f"{expected}end\n"


def holds(log: Path, text: str) -> bool:
    return log.read_text() == text


def test_lines_are_in_the_log_at_once_and_in_their_order(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nwhile read -r line; do echo $line; echo $line >&2; done < lines\n")
    os.mkfifo(order.folder / "lines")
    attempt = local.start(order)

    with (order.folder / "lines").open("w") as lines:
        expected = ""
        for number in range(1, 51):
            expected += f"{number}\n{number}\n"
            lines.write(f"{number}\n")
            lines.flush()
            wait_for(partial(holds, order.log, expected), 5)

    assert end(attempt).exit_code == 0


def test_nothing_of_a_supervisor_s_memory_is_written_to_the_disk(
    local: Executor, order_factory: MakeOrder, core_limit: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shown for the server, which each supervisor is a fork of."""
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(["sleep", "600"]) as other:
        if how_it_ends(other.pid) != os.CLD_DUMPED:
            pytest.skip("this machine writes no cores")
    before = children(os.getpid())
    run(local, secretive(order_factory, "#!/bin/sh\n"))
    (server,) = children(os.getpid()) - before

    assert how_it_ends(server) == os.CLD_KILLED


def how_it_ends(child: int) -> int:
    """Crash a child of ours; whether it dumped its memory. It is left to be taken leave of."""
    os.kill(child, signal.SIGSEGV)
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    return ended.si_code


def test_what_goes_wrong_in_a_supervisor_stands_beside_its_records(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(attempt=10**250)  # a name longer than files may have
    attempt = local.start(order)

    assert has_ended(attempt, DEADLINE)
    with pytest.raises(OSError, match="File name too long"):
        attempt.outcome()
    assert "OSError: [Errno 36] File name too long" in (order.records / "supervisor.log").read_text()


def test_attempt_whose_supervisor_was_killed_is_unknown(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory()
    attempt, _ = started(local, order)

    os.kill(supervisor(order), signal.SIGKILL)

    assert end(attempt) == Outcome(ended_by=EndedBy.UNKNOWN)
    assert local.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)


def test_supervisor_killed_before_it_had_its_order_never_began(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory()
    before = children(os.getpid())
    attempt = local.start(order)
    (server,) = children(os.getpid()) - before
    for pid in children(server):
        os.kill(pid, signal.SIGKILL)

    outcome = end(attempt)

    assert outcome.ended_by in {EndedBy.NEVER_BEGAN, EndedBy.UNKNOWN}
    assert outcome.ended_by is EndedBy.NEVER_BEGAN or (order.records / "attempt-1.state").stat().st_size


def test_line_cut_by_a_crash_counts_as_not_written(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nexit 5\n")
    run(local, order)
    state = order.records / "attempt-1.state"
    whole = state.read_bytes()

    last = whole.rstrip().rindex(b"\n") + 1
    for length in range(1, len(whole) - 1):
        state.write_bytes(whole[:length])
        assert local.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN), whole[:length]
    state.write_bytes(whole[:last] + b'{"ended_' + whole[last:])
    assert local.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)
    state.write_bytes(whole[:last] + b'{"ended_\n' + whole[last:])
    assert local.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.ITSELF, exit_code=5)


def test_end_that_a_supervisor_of_an_earlier_version_recorded_is_found(
    local: Executor, order_factory: MakeOrder
) -> None:
    order = order_factory()
    (order.records / "attempt-1.state").write_text('{"supervisor": 1}\n{"ended_by": "itself", "exit_code": 3}\n')

    found = local.find(records=order.records, attempt=1)

    assert isinstance(found, Outcome)
    assert (found, found.usage) == (Outcome(ended_by=EndedBy.ITSELF, exit_code=3), Usage())


def test_process_id_that_another_process_has_now_deceives_nobody(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\nexit 5\n")
    run(local, order)
    state = order.records / "attempt-1.state"
    state.write_text(json.dumps({"supervisor": os.getpid()}) + "\n")

    assert local.find(records=order.records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)


def test_end_is_recorded_once_the_disk_has_room_again(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 6\n")
    attempt, _ = started(local, order)
    pid = supervisor(order)
    state = order.records / "attempt-1.state"
    full = state.stat().st_size + 10
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    (order.folder / "go").touch()
    wait_for(lambda: not is_running(pids(order.folder / "pid")[0]))

    assert not has_ended(attempt, 0.3)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    assert end(attempt).exit_code == 6
    assert len(re.findall("ended_by", state.read_text())) == 1


def test_start_without_a_handle_left_never_loses_sight_of_what_runs(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $1 >> begun\nexec sleep 600\n")
    seen = set()
    for attempt in range(1, 8):
        order = replace(order, argv=[order.argv[0], str(attempt)], attempt=attempt)
        with handles_left(attempt - 1):
            try:
                found: Attempt | Outcome | type[Exception] = local.start(order)
            except (OSError, NotSeen) as error:
                found = type(error)
        if isinstance(found, type):
            seen.add(found)
            found = local.find(records=order.records, attempt=attempt)
        if isinstance(found, Outcome):
            assert found.ended_by is EndedBy.NEVER_BEGAN
            assert attempt not in pids(order.folder / "begun")
        else:
            seen.add(LookupError)
            found.stop()
            assert end(found).ended_by in {EndedBy.STOP, EndedBy.NEVER_BEGAN}
    assert seen >= {OSError, LookupError}


@pytest.mark.parametrize("left", [0, 1, 2])
def test_order_that_finds_no_handle_left_is_given_to_nobody(
    local: Executor, order_factory: MakeOrder, left: int
) -> None:
    assert run(local, order_factory("#!/bin/sh\n")).exit_code == 0
    order = order_factory(attempt=2)

    with handles_left(left), pytest.raises(OSError, match="Too many open files"):
        local.start(order)

    assert local.find(records=order.records, attempt=2) == Outcome(ended_by=EndedBy.NEVER_BEGAN)


def test_order_that_finds_just_enough_handles_is_carried_out(local: Executor, order_factory: MakeOrder) -> None:
    assert run(local, order_factory("#!/bin/sh\n")).exit_code == 0
    order = order_factory("#!/bin/sh\nexit 3\n", attempt=2)

    with handles_left(3):
        attempt = local.start(order)

    assert end(attempt).exit_code == 3


@contextmanager
def handles_left(room: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir("/proc/self/fd")))  # noqa: PTH208  # no folder: handles
    fillers = [os.open("/dev/null", os.O_RDONLY) for _ in range(used)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fillers) + 1 + room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for filler in fillers:
            os.close(filler)


def test_time_limit_is_put_off_while_the_script_runs(executor: Executor, order_factory: MakeOrder) -> None:
    text = "#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.05; done\n"
    order = order_factory(text, timeout=SECOND * 3)
    began = time.monotonic()
    attempt, _ = started(executor, order)

    attempt.extend(SECOND * 600)

    wait_for(lambda: time.monotonic() - began > 4, what="past its first limit")
    assert not has_ended(attempt)
    (order.folder / "go").touch()
    assert end(attempt).exit_code == 0


def test_shorter_time_limit_counts_from_the_start_and_is_told(executor: Executor, order_factory: MakeOrder) -> None:
    attempt, _ = started(executor, order_factory(timeout=SECOND * 600))

    attempt.extend(SECOND / 10)

    assert end(attempt) == replace(Outcome(ended_by=EndedBy.TIMEOUT, signal=signal.SIGTERM), timeout=SECOND / 10)


def test_adopted_attempt_takes_another_time_limit(executor: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(timeout=SECOND * 600)
    started(executor, order)
    adopted = executor.find(records=order.records, attempt=order.attempt)
    assert not isinstance(adopted, Outcome)

    adopted.extend(SECOND / 10)

    assert end(adopted).ended_by is EndedBy.TIMEOUT


def test_every_executor_has_a_name_that_fits_into_the_store_and_settings_under_it() -> None:
    assert list(EXECUTORS) == list(ExecutorSettings.model_fields)
    assert isinstance(jobs.c.executor.type, String)
    assert all(0 < len(name) <= (jobs.c.executor.type.length or 0) for name in EXECUTORS)
