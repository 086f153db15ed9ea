"""Triggers are good once, for three seconds, and never pile up."""

import pytest

from bot.workspace.errors import RefusedError
from bot.workspace.state.triggers import Triggers


def test_a_trigger_is_good_for_three_seconds_and_once() -> None:
    now = [0.0]
    triggers = Triggers(lambda: now[0])
    used, old = triggers.give("U1"), triggers.give("U2")
    now[0] = 3.0
    assert triggers.exchange(used).person_id == "U1"
    with pytest.raises(RefusedError, match="exchanged_trigger_id"):
        triggers.exchange(used)
    now[0] = 3.01
    with pytest.raises(RefusedError, match="expired_trigger_id"):
        triggers.exchange(old)


def test_an_old_trigger_is_forgotten() -> None:
    now = [0.0]
    triggers = Triggers(lambda: now[0])
    old = triggers.give("U1")
    now[0] = 601.0

    with pytest.raises(RefusedError, match="invalid_trigger_id"):
        triggers.exchange(old)


def test_of_a_hundred_thousand_triggers_the_newest_ten_thousand_are_known() -> None:
    triggers = Triggers(lambda: 0.0)

    given = [triggers.give(f"U{number}") for number in range(100_000)]

    assert triggers.exchange(given[-10_000]).person_id == "U90000"
    with pytest.raises(RefusedError, match="invalid_trigger_id"):
        triggers.exchange(given[-10_001])
