"""How soon what a script says is seen in its job's message in Slack, and how often Slack is called for a job.

The runner is the process that people run; what plays Slack answers at once. A line's time is from the moment at which
the script prints it to the call that changes the message so that it stands there. Lines that were overtaken by the next
before their turn came are not counted: they come 1.5 to 3 s apart, and Slack takes a change in 1.3 s at most.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, percentiles
from tests.benchmarks.rig import Rig
from tests.benchmarks.slack import Call, Slack

LINES = 40
QUICK_JOBS = 20
_SAID = re.compile(r"said at (\d+\.\d+)")
_TELLING, _QUICK = "telling.py", "quick.sh"
_CHANNELS = ("email", "slack")
_SCRIPT = f"""#!{sys.executable} -IS
import json, random, time

for number in range({LINES}):
    time.sleep(random.uniform(1.5, 3))
    said = {{"scriptrunner": 1, "progress": number, "status": f"said at {{time.monotonic():.6f}}"}}
    print(json.dumps(said), flush=True)
"""


def measure() -> Iterator[Figure]:
    """One job that says how far it is, and some that say nothing, one after the other."""
    with tempfile.TemporaryDirectory() as name, Slack() as slack:
        rig = Rig(Path(name) / "rig")
        rig.put(_TELLING, _SCRIPT)
        rig.put(_QUICK, "#!/bin/sh\n")
        with rig.runner(slack.environment) as runner:
            calls = _calls(rig, slack, runner, _TELLING)
            yield from percentiles("line_shown", "from a line of a script to its job's changed message", _delays(calls))
            words = f"calls to Slack for a job that says {LINES} times how far it is"
            yield Figure(name="calls_telling", words=words, value=len(calls), unit="calls")
            quick = [len(_calls(rig, slack, runner, _QUICK)) for _ in range(QUICK_JOBS)]
        mean = sum(quick) / len(quick)
        yield Figure(name="calls_quick", words="calls to Slack for a quick job", value=mean, unit="calls")


def _calls(rig: Rig, slack: Slack, runner: int, script: str) -> list[Call]:
    """All that Slack is called for a job from its request to its last message."""
    before = len(slack.calls)
    rig.submit(script)
    rig.wait_until_done(runner, channels=_CHANNELS)
    return slack.calls[before:]


def _delays(calls: list[Call]) -> list[float]:
    """How many seconds each line that was shown took, the first time it was."""
    shown: dict[str, float] = {}
    for call in calls:
        if found := _SAID.search(json.dumps(call.body)):
            shown.setdefault(found[1], call.arrived - float(found[1]))
    if len(shown) < LINES // 2:
        raise SystemExit(f"of {LINES} lines only {len(shown)} were shown")
    return list(shown.values())
