"""The table of states, and what follows from the values of a job."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.errors import ScriptRunnerError
from runner.jobs import TRANSITIONS, UNFINISHED, Ending, Job, Requester, Retries, State, check_transition

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

PAIRS = [(old, new) for old in State for new in State]


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {new for targets in TRANSITIONS.values() for new in targets} == set(State)
    assert {old for old, targets in TRANSITIONS.items() if State.QUEUED in targets} == {State.RUNNING}


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


@pytest.mark.parametrize(
    ("on", "ending", "follows"),
    [
        ({}, Ending(state=State.FAILED, exit_code=1), True),
        ({}, Ending(state=State.FAILED), True),
        ({}, Ending(state=State.TIMED_OUT), True),
        ({}, Ending(state=State.SUCCEEDED, exit_code=0), False),
        ({}, Ending(state=State.CANCELLED), False),
        ({}, Ending(state=State.LOST), False),
        ({}, Ending(state=State.FAILED, is_repeatable=False), False),
        ({75, 76}, Ending(state=State.FAILED, exit_code=76), True),
        ({75, 76}, Ending(state=State.FAILED, exit_code=1), False),
        ({75, 76}, Ending(state=State.FAILED), False),
        ({75, 76}, Ending(state=State.TIMED_OUT), False),
    ],
)
def test_another_attempt_follows_where_the_script_asks_for_it(on: set[int], ending: Ending, *, follows: bool) -> None:
    retries = Retries(times=2, delay=timedelta(minutes=5), on=frozenset(on))

    assert [retries.follow(ending, done=done) for done in (0, 1, 2)] == [follows, follows, False]


def test_warning_comes_at_four_fifths_of_the_time_that_was_given() -> None:
    job = Job(
        id=1,
        script="a.sh",
        title="A",
        values={},
        requester=Requester(user_id="U1", team_id="T1", email="a@example.org", name="Ada"),
        state=State.RUNNING,
        requested_at=NOW,
        started_at=NOW,
        time_limit=timedelta(minutes=100),
    )

    assert (job.warns_at, job.stops_at) == (NOW + timedelta(minutes=80), NOW + timedelta(minutes=100))
    assert replace(job, more_time=timedelta(minutes=100)).warns_at == NOW + timedelta(minutes=160)
    assert replace(job, warned_at=NOW).warns_at is None
    assert replace(job, state=State.SUCCEEDED).stops_at is None
