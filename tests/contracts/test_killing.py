"""Nothing of a job is left running when it has ended, however its processes try to get away, and whoever is killed."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from runner.executors import EndedBy, Order, Outcome
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings
from runner.supervision import cgroups
from tests.support.machine import full_table
from tests.support.machine.attempts import (
    DEADLINE,
    FAMILY,
    SECOND,
    MakeOrder,
    children,
    end,
    has_ended,
    is_running,
    name_of,
    pids,
    run,
    started,
    supervisor,
)
from tests.support.slack.person import wait_for

WAITING = FAMILY + "wait; sleep 600\n"
MANY = 300
NOBODY = 54_321
STORM = f"""#!{sys.executable} -IS
import os, resource, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
full = os.open("full", os.O_WRONLY | os.O_CREAT)
with open("pid", "w") as file:
    file.write(str(os.getpid()))
if os.geteuid() == 0:  # whom no limit of processes binds
    os.setuid({NOBODY})
    limit = {MANY}
else:
    limit = len([name for name in os.listdir("/proc") if name.isdigit()]) + {MANY}
resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except BlockingIOError:
        os.pwrite(full, b"x", 0)  # there is room for no more, until there is
"""
CHASE = f"""#!{sys.executable} -IS
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deadline = time.monotonic() + {DEADLINE * 2}
with open("pid", "w") as file:
    file.write(str(os.getpid()))
if os.fork():
    time.sleep(600)
while time.monotonic() < deadline:  # each is the child of one that has ended, and leads a session of its own
    if os.fork():
        os._exit(0)
    os.setsid()
"""


@pytest.fixture(params=["with groups", "without groups"])
def local(request: pytest.FixtureRequest) -> LocalExecutor:
    uses_groups = request.param == "with groups"
    if uses_groups and cgroups.home() is None:
        pytest.skip("no control group of version 2 is writable here")
    return LocalExecutor(LocalSettings(control_groups=uses_groups))


@pytest.fixture
def family(order_factory: MakeOrder) -> Order:
    """A script whose processes leave its session and its process group, ignore TERM, and are stopped."""
    environment = {"PATH": "/usr/bin:/bin", "SCRIPTRUNNER_JOB_ID": "12", "SCRIPTRUNNER_OUTPUT_DIR": str(os.getpid())}
    return order_factory(WAITING, grace=SECOND / 2, environment=environment)


def begun(order: Order) -> list[int]:
    """The processes of a family, once all are there."""
    return wait_for(lambda: len(found := pids(order.folder / "pids")) == 5 and found) or []


def server_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def nothing_runs(members: list[int]) -> bool:
    return not any(is_running(pid) for pid in members)


def test_whole_family_is_ended(local: LocalExecutor, family: Order) -> None:
    attempt = local.start(family)
    members = begun(family)

    attempt.stop()

    assert end(attempt).ended_by is EndedBy.STOP
    assert nothing_runs(members)


def test_script_that_ended_leaves_nothing_running(local: LocalExecutor, order_factory: MakeOrder) -> None:
    order = order_factory(FAMILY + "while [ $(wc -l < pids) -lt 5 ]; do sleep 0.01; done\nexit 3\n", grace=SECOND / 2)

    assert run(local, order).exit_code == 3

    assert nothing_runs(begun(order))


def test_storm_of_processes_is_ended(local: LocalExecutor, order_factory: MakeOrder) -> None:
    order = order_factory(STORM, grace=SECOND / 10)
    attempt, first = started(local, order)
    wait_for((order.folder / "full").read_bytes, DEADLINE)

    attempt.stop()

    assert end(attempt).ended_by is EndedBy.STOP
    assert not of_user(NOBODY) if os.geteuid() == 0 else not is_running(first)


def test_process_that_is_always_another_one_is_caught(local: LocalExecutor, order_factory: MakeOrder) -> None:
    attempt, _ = started(local, order_factory(CHASE, grace=SECOND / 10))

    attempt.stop()

    assert end(attempt).ended_by is EndedBy.STOP


def of_user(user: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            text = path.read_text()
        except OSError:
            continue
        if f"Uid:\t{user}\t" in text and "State:\tZ" not in text:
            found.append(int(path.parent.name))
    return found


def test_what_a_killed_supervisor_leaves_is_ended_at_once(local: LocalExecutor, family: Order) -> None:
    attempt = local.start(family)
    members = begun(family)

    os.kill(supervisor(family), signal.SIGKILL)

    wait_for(lambda: nothing_runs(members), what="nothing left, before anybody looks")
    assert end(attempt) == Outcome(ended_by=EndedBy.UNKNOWN)


def test_process_that_is_always_another_one_is_caught_without_its_supervisor_too(
    local: LocalExecutor, order_factory: MakeOrder
) -> None:
    order = order_factory(CHASE)
    attempt, _ = started(local, order)
    pid = supervisor(order)
    server = server_of(pid)

    os.kill(pid, signal.SIGKILL)

    assert end(attempt).ended_by is EndedBy.UNKNOWN
    wait_for(lambda: names_of(children(server)) <= {"sr-supervisor"}, what="nobody else left")


def names_of(members: set[int]) -> set[str]:
    names = set()
    for pid in members:
        with suppress(OSError):  # ended since
            names.add(name_of(pid))
    return names


def test_what_is_left_after_supervisor_and_server_were_killed_is_ended_when_the_attempt_is_looked_for(
    local: LocalExecutor, family: Order
) -> None:
    attempt = local.start(family)
    members = begun(family)
    pid = supervisor(family)
    os.kill(server_of(pid), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)

    assert end(attempt) == Outcome(ended_by=EndedBy.UNKNOWN)

    wait_for(lambda: nothing_runs(members))


LEAVING = """#!/bin/sh
supervisor=$PPID server=$(cut -d ' ' -f 4 /proc/$PPID/stat)
setsid sh -c "trap 'kill -KILL $*' TERM; echo \\$\\$ > pid; while :; do sleep 0.01; done" &
until [ -s pid ]; do sleep 0.01; done
exit 3
"""


@pytest.mark.parametrize("masked", [(), ("secret",)])
def test_end_is_known_though_the_supervisor_is_killed_while_it_ends_what_is_left(
    local: LocalExecutor, order_factory: MakeOrder, masked: tuple[str, ...]
) -> None:
    order = order_factory(LEAVING.replace("$*", "$supervisor"), masked=masked)
    attempt, left = started(local, order)

    assert end(attempt) == Outcome(ended_by=EndedBy.ITSELF, exit_code=3)
    wait_for(lambda: not is_running(left))


def test_what_is_left_after_an_end_is_ended_though_supervisor_and_server_were_killed(
    local: LocalExecutor, order_factory: MakeOrder
) -> None:
    marks = {"SCRIPTRUNNER_JOB_ID": "12", "SCRIPTRUNNER_OUTPUT_DIR": str(os.getpid()), "PATH": "/usr/bin:/bin"}
    order = order_factory(LEAVING.replace("$*", "$server $supervisor"), environment=marks)
    attempt, left = started(local, order)

    assert end(attempt).exit_code == 3
    wait_for(lambda: not is_running(left))


def test_what_is_left_is_told_from_what_belongs_to_others(local: LocalExecutor, family: Order) -> None:
    mine = ["env", "-i", "SCRIPTRUNNER_JOB_ID=13", f"SCRIPTRUNNER_OUTPUT_DIR={os.getpid()}", "sleep", "600"]
    with subprocess.Popen(mine) as other:
        attempt = local.start(family)
        members = begun(family)
        pid = supervisor(family)
        os.kill(server_of(pid), signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        end(attempt)
        wait_for(lambda: nothing_runs(members))

        assert other.poll() is None
        other.kill()


def test_script_that_kills_its_supervisor_ends_with_it(local: LocalExecutor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nkill -KILL $PPID\nexec sleep 600\n")
    attempt, pid = started(local, order)

    assert end(attempt).ended_by is EndedBy.UNKNOWN
    wait_for(lambda: not is_running(pid))


def test_server_that_was_killed_takes_no_attempt_with_it(local: LocalExecutor, order_factory: MakeOrder) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 4\n")
    attempt, _ = started(local, order)
    pid = supervisor(order)
    server = server_of(pid)

    os.kill(server, signal.SIGKILL)
    wait_for(lambda: not is_running(server))
    another = run(local, order_factory("#!/bin/sh\nexit 5\n", records=order.folder, attempt=2))
    (order.folder / "go").touch()

    assert (another.exit_code, end(attempt).exit_code) == (5, 4)
    wait_for(lambda: not is_running(pid), what="a supervisor without a server ended")


def test_what_is_killed_after_its_runner_has_gone_leaves_nothing_either(family: Order) -> None:
    with start_elsewhere(family) as runner:
        runner.communicate(timeout=DEADLINE)
    members = begun(family)

    os.kill(supervisor(family), signal.SIGKILL)

    wait_for(lambda: nothing_runs(members), what="nothing left, with no runner to look")
    assert LocalExecutor(LocalSettings()).find(records=family.records, attempt=1) == Outcome(ended_by=EndedBy.UNKNOWN)


START_ELSEWHERE = """
import json, sys
from datetime import timedelta
from pathlib import Path
from runner.executors import Order
from runner.executors.local import LocalExecutor
from runner.executors.settings import LocalSettings

parts = json.loads(sys.argv[1])
paths = {name: Path(parts.pop(name)) for name in ("folder", "records", "log", "copies")}
LocalExecutor(LocalSettings()).start(Order(**parts, **paths, timeout=None, grace=timedelta(seconds=1)))
"""


def start_elsewhere(order: Order) -> "subprocess.Popen[bytes]":
    """Start the attempt from another process, which ends at once."""
    parts = {field: getattr(order, field) for field in ("job_id", "attempt", "argv", "environment")}
    parts |= {field: str(getattr(order, field)) for field in ("folder", "records", "log", "copies")}
    return subprocess.Popen([sys.executable, "-c", START_ELSEWHERE, json.dumps(parts)])


def test_script_that_ended_while_its_supervisor_stood_still_has_ended_by_itself(
    local: LocalExecutor, order_factory: MakeOrder
) -> None:
    """As on a machine that was suspended: the time limit has passed as well when the supervisor looks again."""
    order = order_factory("#!/bin/sh\necho $$ > pid\nread -r _ < go\nexit 3\n", timeout=SECOND * 2)
    os.mkfifo(order.folder / "go")
    attempt, pid = started(local, order)
    os.kill(supervisor(order), signal.SIGSTOP)
    (order.folder / "go").write_text("\n")
    wait_for(lambda: not is_running(pid))
    assert not has_ended(attempt, 2)

    os.kill(supervisor(order), signal.SIGCONT)

    assert end(attempt).exit_code == 3


TIMELESS = f"""#!{sys.executable} -IS
import runpy, sys, time

for name in ("time_ns", "gmtime", "localtime", "ctime", "clock_gettime_ns"):
    delattr(time, name)
jumps = iter(range(0, 10**9, 3600))
time.time = lambda: float(next(jumps))
sys.argv = sys.argv[sys.argv.index("utf8") + 1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_time_limit_holds_where_the_wall_clock_jumps(
    order_factory: MakeOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(TIMELESS)
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    outcome = run(
        LocalExecutor(LocalSettings()), order_factory(timeout=SECOND / 2, grace=SECOND / 2, max_log_bytes=1000)
    )

    assert (outcome.ended_by, outcome.signal) == (EndedBy.TIMEOUT, signal.SIGTERM)


@pytest.mark.needs_root
@pytest.mark.skipif(
    tuple(int(word) for word in os.uname().release.split(".")[:2]) < (6, 14),
    reason="needs a kernel where each PID namespace has a limit of its own (6.14)",
)
def test_full_table_of_processes_is_told_and_harms_no_job_after_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, full_table.__file__, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(Path(full_table.__file__).parents[3])},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )

    told = done.stdout.splitlines()
    assert told[0] == "never started None Resource temporarily unavailable"
    assert told[1].endswith("Resource temporarily unavailable"), "whether or not the server found room for another"
    assert told[2:] == ["stop", "itself 3 None"]
