"""A watchdog whose loops a test can look at, and which looks when the test says so."""

from collections.abc import Callable
from datetime import timedelta

from runner.system.heartbeat import Heartbeat
from runner.system.watchdog import Watchdog
from tests.support.slack.person import wait_for


class Loops(Watchdog):
    """Keeps the loops by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[str, Heartbeat] = {}
        self.looks: list[Callable[[], None]] = []

    def loop(self, name: str, limit: timedelta) -> Heartbeat:
        self.named[name] = super().loop(name, limit)
        return self.named[name]

    def look_with(self, look: Callable[[], None]) -> None:
        self.looks.append(look)

    def look(self) -> None:
        for look in self.looks:
            look()


def wait_for_beat(heartbeat: Heartbeat, look: Callable[[], None] = lambda: None) -> None:
    """Wait for another beat, looking meanwhile."""
    silences = [heartbeat.silence]

    def is_shorter() -> bool:
        look()
        silences.append(heartbeat.silence)
        return silences[-1] < silences[-2]

    wait_for(is_shorter, 30, what="beats")


def is_silent(heartbeat: Heartbeat, act: Callable[[], None], times: int = 3) -> bool:
    """Whether it does not beat, whatever is done so often."""
    before = heartbeat.silence
    for _ in range(times):
        act()
    return heartbeat.silence > before
