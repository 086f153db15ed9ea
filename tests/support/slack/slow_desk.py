"""A desk whose parts take as long as a test wants: Slack's answers, and the folder of scripts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from bot.app.config import BotConfig
from bot.listeners.deadlines import ListenerDeadlines
from bot.slack.settings import SlackSettings
from runner.app.bootstrap import Assembly
from runner.app.patience import Patience
from runner.scripts import ReadingPatience
from runner.scripts.parameters import TYPES
from runner.scripts.parameters.texts import Text
from runner.system.clock import system_clock
from tests.support.slack.desk import Answers, Desk, sitting
from tests.support.slack.faulty_proxy import FaultyProxy, between
from tests.support.slack.person import Workspace

_AT_ONCE = timedelta(microseconds=1)


@dataclass
class Disk:
    """Reading a script with a parameter of type ``gated`` takes until the gate is open."""

    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Have reading such a script take as long as the block."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()


@dataclass(kw_only=True)
class SlowDesk:
    """A desk, what stands between it and Slack, and its disk. It asks Slack anew who somebody is at each act."""

    desk: Desk
    slack: FaultyProxy
    disk: Disk


@contextmanager
def sitting_slowly(
    folder: Path, workspace: Workspace, answers: Answers, *, deadlines: ListenerDeadlines, reading: ReadingPatience
) -> Iterator[SlowDesk]:
    """A bot that is connected to the stand-in until the block ends, by a proxy."""
    disk = Disk()

    class Gated(Text):
        type: ClassVar[str] = "gated"

        def _contradictions(self) -> Iterator[tuple[str, str]]:
            assert disk.gate.wait(60)
            yield from super()._contradictions()

    (folder / "scripts").mkdir(exist_ok=True)
    slack = SlackSettings(identity_expiry=_AT_ONCE)
    config = BotConfig(data=folder / "var", scripts=folder / "scripts", slack=slack)
    assembly = Assembly(config, clock=system_clock, types={**TYPES, "gated": Gated}, patience=Patience(reading=reading))
    with (
        between(workspace.api_url) as proxy,
        sitting(config, assembly, workspace, answers, deadlines=deadlines, api_url=proxy.url) as desk,
    ):
        yield SlowDesk(desk=desk, slack=proxy, disk=disk)
