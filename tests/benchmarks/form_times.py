"""How long the bot takes to open a form and to answer what somebody types into a menu.

The bot is the process that people run, connected by Socket Mode to a server that plays Slack and answers at once. A
form's time is from the command's envelope to the ``views.open`` call, a menu's from the envelope to the answer's frame.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Requester
from runner.system.clock import system_clock
from tests.benchmarks import made_scripts
from tests.benchmarks.figures import Figure, milliseconds, percentiles
from tests.benchmarks.slack import Slack

ROOT = Path(__file__).parents[2]
OPENED = 200
TYPED = 200
CHOICES = 5_000
INBOX_FILES = 200
WAITING_JOBS = 100
PERSON = Requester(user_id="U0BENCH", team_id="T0BENCH", email="u0bench@example.com", name="Bench")
_MENUS = {"Written": "choices_written", "Listed": "choices_from_file"}


def measure() -> Iterator[Figure]:
    """The first form of somebody whom the bot does not know yet, the next ones, and menus."""
    with tempfile.TemporaryDirectory() as name, Slack() as slack, _bot(Path(name), slack):
        form = "a form of 40 parameters among 2,000 scripts"
        first, _ = slack.command("forty", PERSON.user_id)
        yield milliseconds("form_first", f"{form}, first of all", first)
        opened = [slack.command("forty", PERSON.user_id)[0] for _ in range(OPENED)]
        yield from percentiles("form", form, opened, at_most_ms=150)
        _, view = slack.command("menus", PERSON.user_id)
        for label, key in _MENUS.items():
            block_id = next(each["block_id"] for each in view["blocks"] if each.get("label", {}).get("text") == label)
            typed = [_suggested(slack, view, block_id, number) for number in range(TYPED)]
            yield from percentiles(key, f"one of {CHOICES:,} choices typed for, {label.lower()}", typed)


def _suggested(slack: Slack, view: dict[str, object], block_id: str, number: int) -> float:
    seconds, answer = slack.suggestion(view, block_id, f"place {number}", PERSON.user_id)
    if not (answer.get("options") or answer.get("option_groups")):  # groups where more match than a menu holds
        raise SystemExit(f"nothing was offered for place {number}")
    return seconds


@contextmanager
def _bot(folder: Path, slack: Slack) -> Iterator[None]:
    """The bot's own process, until the block ends, on a large catalogue, an inbox with files and a queue."""
    scripts, config = folder / "scripts", folder / "scriptrunner.yml"
    _write_scripts(scripts)
    settings = {
        "data": "var",
        "scripts": "scripts",
        "log_level": "warning",
        "retrieval": {"server": False},
        "jobs": {"waiting_per_person": None},
    }
    config.write_text(yaml.safe_dump(settings))
    _fill(config)
    command = [sys.executable, "-m", "bot", "--config", str(config), "bot"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | slack.environment) as process:
        try:
            yield
        finally:
            process.terminate()


def _write_scripts(folder: Path) -> None:
    made_scripts.write(folder, made_scripts.SCRIPTS - 2)
    made_scripts.put(folder / "forty.sh", random.Random(40), made_scripts.MOST)  # noqa: S311  # always the same one
    places = [f"place {number}" for number in range(CHOICES)]
    (folder / ".places").write_text("\n".join(places))
    menus = folder / "menus.sh"
    menus.write_text(
        f"#!/bin/sh\n##~~ written {{type: choice, choices: [{', '.join(places)}]}} - x\n"
        "##~~ listed {type: choice, choices_from: {file: ./.places}} - x\n"
    )
    menus.chmod(0o755)


def _fill(config: Path) -> None:
    """Give the installation an inbox and a queue such as a busy one has."""
    assembly = Assembly(load(config, BotConfig), clock=system_clock)
    service = assembly.service()
    own = assembly.inbox.own_folder(PERSON)
    for number in range(INBOX_FILES):
        (own / f"table-{number}.csv").write_text("a,b\n")
    values = {"written": "place 1", "listed": "place 2"}
    menus = service.scripts.find(PERSON, "menus.sh", exactly=True)
    for number in range(WAITING_JOBS):
        service.submit(PERSON, menus, values, submission=f"{number}")
    assembly.close()
