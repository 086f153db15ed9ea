"""Maps that forget."""

from datetime import timedelta

import pytest

from bot.workspace.bounded import Bounded
from bot.workspace.errors import RefusedError
from bot.workspace.state.triggers import Triggers


def test_a_hundred_thousand_entries_leave_only_the_newest() -> None:
    entries: Bounded[int, int] = Bounded(size=1000, age=timedelta(hours=1), clock=lambda: 0.0)
    for number in range(100_000):
        entries.put(number, number)
    assert (len(entries), entries.find(98_999), entries.find(99_000)) == (1000, None, 99_000)


def test_an_old_entry_is_forgotten() -> None:
    now = [0.0]
    entries: Bounded[str, str] = Bounded(size=10, age=timedelta(seconds=30), clock=lambda: now[0])
    entries.put("a", "kept")
    now[0] = 30.0
    assert entries.find("a") == "kept"
    now[0] = 30.1
    assert entries.find("a") is None


def test_a_trigger_is_good_for_three_seconds_and_once() -> None:
    now = [0.0]
    triggers = Triggers(lambda: now[0])
    used, old = triggers.give("U1"), triggers.give("U2")
    now[0] = 3.0
    assert triggers.exchange(used) == "U1"
    with pytest.raises(RefusedError, match="exchanged_trigger_id"):
        triggers.exchange(used)
    now[0] = 3.01
    with pytest.raises(RefusedError, match="expired_trigger_id"):
        triggers.exchange(old)
