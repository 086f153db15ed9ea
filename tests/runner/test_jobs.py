"""The table of states."""

import pytest

from runner.errors import ScriptRunnerError
from runner.jobs import TRANSITIONS, UNFINISHED, State, check_transition

PAIRS = [(old, new) for old in State for new in State]


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {new for targets in TRANSITIONS.values() for new in targets} == set(State) - {State.QUEUED}


@pytest.mark.parametrize("state", State)
def test_state_is_final_or_unfinished(state: State) -> None:
    assert state.is_final != (state in UNFINISHED)
    assert state.is_final == (state not in {State.QUEUED, State.RUNNING})


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_change_that_is_not_in_the_table_is_refused_in_words(old: State, new: State) -> None:
    if new in TRANSITIONS[old]:
        check_transition(old, new)
    else:
        with pytest.raises(ScriptRunnerError, match=f"A job cannot go from {old} to {new}; from {old} it can go to "):
            check_transition(old, new)
