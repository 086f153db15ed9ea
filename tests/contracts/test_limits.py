"""Jobs keep to their limits of time, memory, processors and log, and say which of them ended one."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from runner.executors import EndedBy, Executor, Order, Outcome
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings
from runner.supervision import cgroups
from tests.support.machine.attempts import (
    DEADLINE,
    SECOND,
    MakeOrder,
    end,
    has_ended,
    is_running,
    pids,
    run,
    started,
    supervisor,
)
from tests.support.slack.person import wait_for

MB = 1_000_000
HERE = sorted(os.sched_getaffinity(0))
WAITING = "#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 4\n"


def controllers() -> set[str]:
    """What can be limited in the groups that jobs get here."""
    home = cgroups.home()
    if home is None:
        return set()
    return set(Path(home.base, "cgroup.subtree_control").read_text().split())


WITH_MEMORY = pytest.mark.skipif("memory" not in controllers(), reason="no cgroup here has the memory controller")
WITH_CPU = pytest.mark.skipif("cpu" not in controllers(), reason="no cgroup here has the cpu controller")


@pytest.fixture
def ungrouped() -> LocalExecutor:
    return LocalExecutor(LocalSettings(control_groups=False))


# Time


def test_limit_that_is_extended_holds_anew(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(WAITING, timeout=SECOND * 3)
    attempt, _ = started(local, order)

    attempt.extend(SECOND * 600)

    assert not has_ended(attempt, 3.5)
    (order.folder / "go").touch()
    assert end(attempt) == Outcome(ended_by=EndedBy.ITSELF, exit_code=4, timeout=SECOND * 600)


def test_limit_that_is_shortened_holds_at_once(local: Executor, order_factory: MakeOrder) -> None:
    attempt, _ = started(local, order_factory(timeout=SECOND * 600))

    attempt.extend(SECOND / 10)

    assert end(attempt) == Outcome(ended_by=EndedBy.TIMEOUT, signal=signal.SIGTERM, timeout=SECOND / 10)


def test_attempt_without_a_limit_can_be_given_one(local: Executor, order_factory: MakeOrder) -> None:
    attempt, _ = started(local, order_factory())

    attempt.extend(SECOND / 10)

    assert end(attempt).ended_by is EndedBy.TIMEOUT


def test_limit_of_an_adopted_attempt_can_be_extended(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(WAITING, timeout=SECOND * 3)
    with start_elsewhere(order) as runner:
        runner.communicate(timeout=DEADLINE)
    adopted = local.find(records=order.records, attempt=1)
    assert not isinstance(adopted, Outcome)

    adopted.extend(SECOND * 600)

    assert not has_ended(adopted, 3.5)
    (order.folder / "go").touch()
    assert end(adopted) == Outcome(ended_by=EndedBy.ITSELF, exit_code=4, timeout=SECOND * 600)


def test_limit_that_was_recorded_holds_where_the_runner_was_killed_before_it_could_say_so(
    local: Executor, order_factory: MakeOrder
) -> None:
    order = order_factory(WAITING, timeout=SECOND * 3)
    attempt, _ = started(local, order)

    (order.records / "attempt-1.limits").write_text('{"timeout_seconds": 600}')

    assert not has_ended(attempt, 3.5)
    (order.folder / "go").touch()
    assert end(attempt).exit_code == 4


@pytest.mark.parametrize("record", ["", "{", "[]", "{}", '{"timeout_seconds": "soon"}', '{"timeout_seconds": null}'])
def test_record_of_a_limit_that_cannot_be_read_changes_nothing(
    local: Executor, order_factory: MakeOrder, record: str
) -> None:
    order = order_factory(timeout=SECOND * 2)
    attempt, _ = started(local, order)

    (order.records / "attempt-1.limits").write_text(record)

    assert end(attempt) == Outcome(ended_by=EndedBy.TIMEOUT, signal=signal.SIGTERM, timeout=SECOND * 2)


def test_attempt_that_has_ended_is_extended_without_harm(local: Executor, order_factory: MakeOrder) -> None:
    attempt = local.start(order_factory("#!/bin/sh\nexit 3\n"))
    assert has_ended(attempt, DEADLINE)
    next_one, _ = started(local, order_factory(attempt=2))

    attempt.extend(SECOND / 10)
    attempt.stop()

    assert attempt.outcome().exit_code == 3
    assert not has_ended(next_one, 0.3), "the same supervisor has another order now"
    next_one.stop()
    assert end(next_one).ended_by is EndedBy.STOP


START_ELSEWHERE = """
import json, sys
from datetime import timedelta
from pathlib import Path
from runner.executors import Order
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings

parts = json.loads(sys.argv[1])
paths = {name: Path(parts.pop(name)) for name in ("folder", "records", "log", "copies")}
times = {name: timedelta(seconds=parts.pop(name)) for name in ("timeout", "grace")}
LocalExecutor(LocalSettings()).start(Order(**parts, **paths, **times))
"""


def start_elsewhere(order: Order) -> "subprocess.Popen[bytes]":
    """Start the attempt from another process, which ends at once."""
    names = ("job_id", "attempt", "argv", "environment", "masked", "max_log_bytes")
    parts = {name: getattr(order, name) for name in names}
    parts |= {name: str(getattr(order, name)) for name in ("folder", "records", "log", "copies")}
    assert order.timeout
    parts |= {"timeout": order.timeout.total_seconds(), "grace": order.grace.total_seconds()}
    return subprocess.Popen([sys.executable, "-c", START_ELSEWHERE, json.dumps(parts)])


# Memory

HUNGRY = f"""#!{sys.executable} -IS
parts = []
for _ in range(200):
    parts.append(bytearray({MB}))
"""


def test_script_that_needs_more_memory_than_its_limit_is_refused_it(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    order = order_factory(HUNGRY, memory_bytes=100 * MB)

    outcome = run(ungrouped, order)

    assert outcome == Outcome(ended_by=EndedBy.ITSELF, exit_code=1, memory_bytes=100 * MB), "not known to be the limit"
    assert "MemoryError" in order.log.read_text()
    assert outcome.usage
    assert outcome.usage.peak_memory_bytes
    assert 80 * MB < outcome.usage.peak_memory_bytes < 120 * MB


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """A machine on which who starts a script may be served long after the script."""
    others = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(2 * len(HERE))]
    yield
    for each in others:
        each.kill()
        each.wait()


@pytest.mark.usefixtures("busy_machine")
def test_what_a_script_starts_is_held_to_its_memory_limit_from_its_first_instruction(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    for attempt in range(1, 31):
        order = order_factory("#!/bin/sh\n/bin/sh -c 'ulimit -d'\n", memory_bytes=100 * 1024 * 1000, attempt=attempt)
        run(ungrouped, order)

    assert order.log.read_text().split() == ["100000"] * 30


def test_what_a_script_starts_is_refused_more_memory_than_its_limit(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    greedy = f"{sys.executable} -ISc 'bytearray(400_000_000)'"
    order = order_factory(
        f"#!/bin/sh\n({greedy} && echo got it) & {greedy} && echo got it; wait\n", memory_bytes=100 * MB
    )

    run(ungrouped, order)

    assert order.log.read_text().count("MemoryError") == 2
    assert "got it" not in order.log.read_text()


STATUS = (
    "#!/bin/sh\ngrep '^Max data' /proc/self/limits\necho ${#1}\nexec grep -E '^(Sig(Blk|Cgt|Pnd))' /proc/self/status\n"
)


@pytest.mark.parametrize("memory_bytes", [8 * MB, 100 * MB])
def test_memory_limit_cannot_be_raised_and_the_rest_is_as_without_one(
    ungrouped: LocalExecutor, order_factory: MakeOrder, memory_bytes: int
) -> None:
    plain = order_factory(STATUS, "x" * 100_000)
    limited = replace(plain, memory_bytes=memory_bytes, attempt=2, log=plain.log.with_name("limited.log"))
    run(ungrouped, plain)
    run(ungrouped, limited)

    held, *rest = limited.log.read_text().splitlines()
    assert held.split() == ["Max", "data", "size", str(memory_bytes), str(memory_bytes), "bytes"]
    assert rest == plain.log.read_text().splitlines()[1:]
    assert rest[0] == "100000"


def test_limited_script_does_not_ignore_what_we_do(ungrouped: LocalExecutor, order_factory: MakeOrder) -> None:
    text = "#!/bin/sh\nkill -PIPE $$\nexit 3\n"

    assert run(ungrouped, order_factory(text, memory_bytes=100 * MB)).signal == signal.SIGPIPE


def test_limited_script_that_cannot_be_started_says_why(ungrouped: LocalExecutor, order_factory: MakeOrder) -> None:
    for attempt, (text, problem) in enumerate(
        (
            ("#!/no/such/program\n", "the script names /no/such/program in its first line, which is not there"),
            ("", "the script is a program for another kind of machine"),
        ),
        1,
    ):
        outcome = run(ungrouped, order_factory(text or b"\x7fELF", memory_bytes=100 * MB, attempt=attempt))

        assert (outcome.ended_by, outcome.error) == (EndedBy.NEVER_STARTED, problem)

    words = order_factory("#!/bin/sh\n", "a\0b", memory_bytes=100 * MB, attempt=3)
    assert run(ungrouped, words).ended_by is EndedBy.NEVER_STARTED


def test_script_that_only_reserves_more_addresses_than_its_limit_is_not_stopped(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    """As Java, Go and every thread's stack do."""
    text = f"#!{sys.executable} -IS\nimport mmap\nmmap.mmap(-1, 10**9, mmap.MAP_PRIVATE, mmap.PROT_READ)\n"

    assert run(ungrouped, order_factory(text, memory_bytes=100 * MB)).exit_code == 0


def test_memory_limit_of_one_job_is_not_that_of_the_next(ungrouped: LocalExecutor, order_factory: MakeOrder) -> None:
    run(ungrouped, order_factory("#!/bin/sh\n", memory_bytes=100 * MB))

    for attempt in (2, 3):  # whichever supervisor takes it
        assert run(ungrouped, order_factory(HUNGRY, attempt=attempt)).exit_code == 0


@WITH_MEMORY
def test_job_that_needs_more_memory_than_its_limit_is_ended_as_a_whole(
    local: Executor, order_factory: MakeOrder
) -> None:
    share = HUNGRY.replace("200", "60").replace("parts = []", "import os, time\nparts = []\nos.fork(), os.fork()")
    order = order_factory(share + "time.sleep(600)\n", memory_bytes=100 * MB)

    outcome = run(local, order)

    assert outcome == Outcome(ended_by=EndedBy.MEMORY, signal=signal.SIGKILL, memory_bytes=100 * MB)
    assert outcome.usage
    assert outcome.usage.peak_memory_bytes
    assert 90 * MB < outcome.usage.peak_memory_bytes <= 100 * MB


def test_memory_and_time_that_a_job_used_are_told(local: Executor, order_factory: MakeOrder) -> None:
    busy = HUNGRY.replace("200", "50") + "import time\nwhile time.process_time() < 0.5:\n    pass\n"

    usage = run(local, order_factory(busy)).usage

    assert usage
    assert usage.peak_memory_bytes
    assert 50 * MB < usage.peak_memory_bytes < 90 * MB
    assert usage.cpu_time
    assert timedelta(seconds=0.4) < usage.cpu_time < timedelta(seconds=2)


def test_what_one_job_used_is_not_counted_for_the_next(ungrouped: LocalExecutor, order_factory: MakeOrder) -> None:
    run(ungrouped, order_factory(HUNGRY))

    for attempt in (2, 3):  # whichever supervisor takes it
        usage = run(ungrouped, order_factory("#!/bin/sh\n", attempt=attempt)).usage
        assert usage
        assert usage.peak_memory_bytes is None


def test_memory_of_a_small_script_is_not_told_as_the_supervisor_s_own(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    """What a process was before exec counts as its own in the kernel's figures."""
    for attempt, parts in ((1, {}), (2, {"memory_bytes": 100 * MB})):
        usage = run(ungrouped, order_factory("#!/bin/sh\nexit 0\n", attempt=attempt, **parts)).usage

        assert usage
        assert usage.peak_memory_bytes is None


# Processors

PROCESSORS = f"""#!{sys.executable} -IS
import os, sys, time
with open("new", "w") as file:
    file.write(" ".join(map(str, sorted(os.sched_getaffinity(0)))))
os.rename("new", sys.argv[1])
while not os.path.exists("go"):
    time.sleep(0.01)
"""


def test_jobs_get_processors_of_their_own_as_long_as_there_are_enough(
    ungrouped: LocalExecutor, order_factory: MakeOrder
) -> None:
    attempts, seen = [], []
    for number in range(1, len(HERE) + 2):
        order = order_factory(PROCESSORS, f"seen-{number}", attempt=number, cpus=1)
        attempts.append(ungrouped.start(order))
        seen.append(wait_for(partial(pids, order.folder / f"seen-{number}")))
    (order.folder / "go").touch()

    *own, shared = seen
    assert sorted(own) == [[processor] for processor in HERE]
    assert len(shared) == 1
    assert {end(attempt).exit_code for attempt in attempts} == {0}


@pytest.mark.parametrize("count", [len(HERE), len(HERE) + 1])
def test_job_that_needs_all_processors_or_more_gets_those_there_are(
    ungrouped: LocalExecutor, order_factory: MakeOrder, count: int
) -> None:
    order = order_factory(PROCESSORS, "seen", cpus=count)
    order.folder.joinpath("go").touch()

    run(ungrouped, order)

    assert pids(order.folder / "seen") == HERE


def test_job_that_says_nothing_of_processors_may_use_all(ungrouped: LocalExecutor, order_factory: MakeOrder) -> None:
    order = order_factory(PROCESSORS, "seen")
    order.folder.joinpath("go").touch()
    run(ungrouped, order_factory(PROCESSORS, "limited", cpus=1))

    for attempt in (2, 3):  # whichever supervisor takes it
        run(ungrouped, order_factory(PROCESSORS, "seen", attempt=attempt))
        assert pids(order.folder / "seen") == HERE


@WITH_CPU
def test_time_of_processors_is_limited_where_a_group_can(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\ncat /sys/fs/cgroup/$(sed -n 's/^0:://p' /proc/self/cgroup)/cpu.max\n", cpus=2)

    run(local, order)

    assert order.log.read_text() == "200000 100000\n"


# Log

TALKATIVE = f"""#!{sys.executable} -IS
import os
os.write(1, b"first words\\n")
chunk = bytes({MB})
for _ in range(10_000):
    os.write(1, chunk)
"""
LAST_LINE = "[the log ends here: it may have 1,000,000 bytes, and more were written]\n"


def test_script_that_writes_ten_gigabytes_to_its_log_is_ended_long_before(
    local: Executor, order_factory: MakeOrder
) -> None:
    order = order_factory(TALKATIVE, max_log_bytes=MB)

    attempt = local.start(order)
    largest = 0
    while not has_ended(attempt, 0.001):
        largest = max(largest, size_of(order.log))
    outcome = attempt.outcome()

    assert outcome.ended_by is EndedBy.LOG
    assert outcome.signal == signal.SIGTERM
    assert largest < 2_000 * MB
    log = order.log.read_bytes()
    assert len(log) == MB
    assert log.startswith(b"first words\n")
    assert log.endswith(f"\n{LAST_LINE}".encode())


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_script_that_writes_on_when_it_is_to_end_is_killed_after_its_grace(
    local: Executor, order_factory: MakeOrder
) -> None:
    stubborn = TALKATIVE.replace("import os", "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)")
    order = order_factory(stubborn, max_log_bytes=MB, grace=SECOND)

    outcome = run(local, order)

    assert (outcome.ended_by, outcome.signal) == (EndedBy.LOG, signal.SIGKILL)
    assert order.log.read_bytes().endswith(LAST_LINE.encode())


def test_script_whose_log_is_full_may_tidy_up(local: Executor, order_factory: MakeOrder) -> None:
    tidy = TALKATIVE.replace("import os", "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(7))")
    order = order_factory(tidy, max_log_bytes=MB, grace=SECOND * 600)

    assert run(local, order) == Outcome(ended_by=EndedBy.LOG, exit_code=7, max_log_bytes=MB)


def test_script_that_ends_before_its_log_is_looked_at_has_ended_by_itself_and_the_log_is_cut(
    local: Executor, order_factory: MakeOrder
) -> None:
    text = "#!/bin/sh\necho $$ > pid\nread -r _ < go\nhead -c 1040000 /dev/zero\nexit 3\n"
    order = order_factory(text, max_log_bytes=MB)
    os.mkfifo(order.folder / "go")
    attempt, pid = started(local, order)
    os.kill(supervisor(order), signal.SIGSTOP)
    (order.folder / "go").write_text("\n")
    wait_for(lambda: not is_running(pid))
    os.kill(supervisor(order), signal.SIGCONT)

    assert end(attempt).exit_code == 3

    assert order.log.read_bytes().endswith(LAST_LINE.encode())
    assert len(order.log.read_bytes()) == MB


@pytest.mark.parametrize("more", [0, 1])
def test_log_of_exactly_its_limit_is_left_alone(local: Executor, order_factory: MakeOrder, more: int) -> None:
    order = order_factory(f"#!/bin/sh\nhead -c {MB + more} /dev/zero\n", max_log_bytes=MB)

    assert run(local, order).ended_by in {EndedBy.ITSELF, EndedBy.LOG}

    assert len(order.log.read_bytes()) == MB
    assert order.log.read_bytes().endswith(LAST_LINE.encode()) == bool(more)


def test_what_other_attempts_wrote_is_left_alone(local: Executor, order_factory: MakeOrder) -> None:
    run(local, order_factory("#!/bin/sh\nhead -c 900000 /dev/zero\n", max_log_bytes=MB))
    order = order_factory("#!/bin/sh\nhead -c 900000 /dev/zero\n", max_log_bytes=MB, attempt=2)

    assert run(local, order).exit_code == 0
    assert len(order.log.read_bytes()) == 1_800_000


def test_log_that_was_removed_or_moved_is_still_limited(local: Executor, order_factory: MakeOrder) -> None:
    removing = TALKATIVE.replace("import os", "import os\nos.unlink('job-12.log')")
    order = order_factory(removing, max_log_bytes=MB)

    assert run(local, order).ended_by is EndedBy.LOG
    assert not order.log.exists()


def test_limit_of_the_log_holds_for_an_adopted_attempt_and_what_is_masked(
    local: Executor, order_factory: MakeOrder
) -> None:
    wait = "open('pid', 'w').write(str(os.getpid()))\nos.read(os.open('go', os.O_RDONLY), 1)\n"
    late = TALKATIVE.replace("chunk =", f"{wait}chunk =")
    order = order_factory(late, max_log_bytes=MB, timeout=SECOND * 600, masked=["first"])
    os.mkfifo(order.folder / "go")
    with start_elsewhere(order) as runner:
        runner.communicate(timeout=DEADLINE)
    wait_for(lambda: pids(order.folder / "pid"))
    adopted = local.find(records=order.records, attempt=1)
    assert not isinstance(adopted, Outcome)

    (order.folder / "go").write_text("\n")

    assert end(adopted).ended_by is EndedBy.LOG
    log = order.log.read_bytes()
    assert len(log) == MB
    assert log.startswith(b"[hidden] words\n")
    assert log.endswith(LAST_LINE.encode())


def test_supervisor_looks_at_a_quiet_log_hardly_ever(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nsleep 2\n", max_log_bytes=MB)
    attempt, _ = started(local, order)
    pid = supervisor(order)
    before = switches(pid)

    assert has_ended(attempt, DEADLINE)
    assert switches(pid) - before < 20, "at its first size a look every 10 ms would be 200"
    attempt.outcome()


def switches(pid: int) -> int:
    return int(
        re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[0]
    )


def test_supervisor_stays_small_whatever_is_written(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory(TALKATIVE.replace("10_000", "100"), max_log_bytes=1_000 * MB)
    attempt = local.start(order)
    pid = supervisor(order)

    assert has_ended(attempt, DEADLINE)
    status = Path(f"/proc/{pid}/status").read_text()
    assert int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) < 20_000
    assert attempt.outcome().exit_code == 0
