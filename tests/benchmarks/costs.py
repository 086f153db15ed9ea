"""What ScriptRunner costs: time until the runner is ready, processor time and memory when idle, memory of jobs.

Memory is that of whole process trees; pages that several processes share are split among them.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks import processes
from tests.benchmarks.figures import Figure, milliseconds
from tests.benchmarks.listening import Listener
from tests.benchmarks.rig import BEGIN, REQUESTER, SLEEP, Rig
from tests.benchmarks.slack import Slack
from tests.support.slack.person import wait_for

STARTS = 7
IDLE_SECONDS = 20.0
SLEEPING = 20
GROWTH_JOBS = 5_000
_SETTLED_JOBS = 500
_MEGABYTE = 1_000_000
_PARTS = ("bot", "runner")
_LEAST_PROCESSES = 3  # the runner, its fork server, and a supervisor that waits for an order


def measure_ready() -> Iterator[Figure]:
    """From the start of the runner's process until it says that it is ready."""
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name) / "rig", log_level="info")
        seconds = statistics.median(_ready_seconds(rig) for _ in range(STARTS))
        yield milliseconds("ready", "start of the runner until it is ready, median", seconds, at_most_ms=700)


def measure_idle() -> Iterator[Figure]:
    """Of bot and runner, connected, after a form was opened and a job has run."""
    with _both(slots=2) as (rig, slack, bot, runner):
        _run_by_slack(rig, slack, 1)
        memory = _settled(rig, bot, runner)
        for part, megabytes in zip(_PARTS, memory, strict=True):
            yield Figure(name=f"memory_{part}", words=f"memory of the idle {part}", value=megabytes, unit="MB")
        yield Figure(name="memory", words="memory of both, idle", value=sum(memory), unit="MB", at_most=120)
        before, began = [processes.seconds(bot), processes.seconds(runner)], time.monotonic()
        time.sleep(IDLE_SECONDS)  # nothing is awaited: this is what is measured
        used = [processes.seconds(bot) - before[0], processes.seconds(runner) - before[1]]
        passed = time.monotonic() - began
        for part, seconds in zip(_PARTS, used, strict=True):
            yield Figure(name=f"idle_{part}", words=f"{part} when idle", value=seconds / passed * 100, unit="% CPU")
        both = sum(used) / passed * 100
        yield Figure(name="idle", words="bot and runner when idle", value=both, unit="% CPU", at_most=0.3)


def measure_running() -> Iterator[Figure]:
    """What each of many running jobs takes in the runner and its supervisors; what the script takes is not counted."""
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name) / "rig", slots=SLEEPING)
        with rig.runner() as runner:
            first = rig.submit(SLEEP)
            wait_for(lambda: _scripts(runner) == 1, 60, what="one running")
            before = _settled_bytes(rig, runner)
            jobs = [first, *(rig.submit(SLEEP) for _ in range(SLEEPING - 1))]
            wait_for(lambda: _scripts(runner) == SLEEPING, 60, what="all running")
            each = (_settled_bytes(rig, runner) - before) / (SLEEPING - 1)
            for job in jobs:
                rig.service.cancel(REQUESTER, job.id)
            rig.wait_until_done(runner)
    words = f"memory of a running job, of {SLEEPING}"
    yield Figure(name="running_job", words=words, value=each / _MEGABYTE, unit="MB", at_most=3)


def measure_growth() -> Iterator[Figure]:
    """How bot and runner grow over many jobs, each asked for by a form and told of by mail and by Slack."""
    with _both(slots=4) as (rig, slack, bot, runner):
        _run_by_slack(rig, slack, _SETTLED_JOBS)
        before = dict(zip(_PARTS, _settled(rig, bot, runner), strict=True))
        _run_by_slack(rig, slack, GROWTH_JOBS)
        after = dict(zip(_PARTS, _settled(rig, bot, runner), strict=True))
    for part in _PARTS:
        words = f"memory of the {part} after {GROWTH_JOBS:,} jobs"
        yield Figure(
            name=f"memory_before_{part}",
            words=f"memory of the {part} after {_SETTLED_JOBS} jobs",
            value=before[part],
            unit="MB",
        )
        yield Figure(name=f"memory_after_{part}", words=words, value=after[part], unit="MB")
    grown = sum(after.values()) - sum(before.values())
    yield Figure(name="growth", words="growth of both", value=grown, unit="MB", at_most=5)
    yield Figure(name="memory_after", words="both", value=sum(after.values()), unit="MB", at_most=120)


def _ready_seconds(rig: Rig) -> float:
    began = time.monotonic()
    with rig.process("runner", log=subprocess.PIPE) as process:
        assert process.stderr is not None  # it is a pipe
        if not any("runner ready" in line for line in process.stderr):
            raise SystemExit("the runner did not become ready")
        return time.monotonic() - began


@contextmanager
def _both(*, slots: int) -> Iterator[tuple[Rig, Slack, int, int]]:
    """Bot and runner, connected to Slack, until the block ends; their process ids."""
    with ExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory())
        slack = closing.enter_context(Slack())
        rig = Rig(Path(folder) / "rig", slots=slots)
        runner = closing.enter_context(rig.runner(slack.environment))
        bot = closing.enter_context(rig.process("bot", slack.environment))
        closing.enter_context(Listener(rig.pipe))
        yield rig, slack, bot.pid, runner


def _run_by_slack(rig: Rig, slack: Slack, count: int) -> None:
    """Have a form filled in so often, each time by the same person."""
    _, view = slack.command(BEGIN, REQUESTER.user_id)
    for _ in range(count):
        slack.submit(view, REQUESTER.user_id)


def _settled(rig: Rig, bot: int, runner: int) -> list[float]:
    """The memory of both in megabytes, once all jobs have ended and no supervisor is left from busier times."""
    rig.wait_until_done(bot, runner, channels=("email", "slack"))
    wait_for(lambda: len(processes.tree(runner)) <= _LEAST_PROCESSES, 60, what="no supervisor too many")
    return [processes.memory_bytes(process) / _MEGABYTE for process in (bot, runner)]


def _settled_bytes(rig: Rig, runner: int) -> int:
    """The memory of the runner and all supervisors, once those are settled; one more than there are scripts waits."""
    rig.wait_until_quiet(runner)
    wait_for(lambda: len(processes.tree(runner)) <= _LEAST_PROCESSES + 2 * _scripts(runner), 60, what="settled")
    return processes.memory_bytes(runner, without={"sleep"})


def _scripts(runner: int) -> int:
    return sum(processes.name(process) == "sleep" for process in processes.tree(runner))
