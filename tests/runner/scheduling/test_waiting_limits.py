"""How many jobs may wait: told when little room is left, and refused when none is, with what can be done about it."""

import pytest

from runner.scheduling import WaitingCounts, WaitingLimits, near_limit


def told(limits: WaitingLimits, **counts: int) -> tuple[str, bool] | None:
    near = near_limit(limits, WaitingCounts(**counts))
    return None if near is None else (near.words, near.is_reached)


@pytest.mark.parametrize(
    ("limit", "count", "said"),
    [
        (None, 10**6, None),
        (100, 0, None),
        (100, 89, None),
        (100, 90, False),
        (100, 99, False),
        (100, 100, True),
        (100, 250, True),
        (10, 8, None),
        (10, 9, False),
        (2, 1, False),
        (1, 0, None),
        (1, 1, True),
    ],
)
def test_limit_is_told_once_a_tenth_is_left_and_is_reached_when_nothing_is(
    limit: int | None, count: int, said: bool | None
) -> None:
    found = told(WaitingLimits(per_person=limit), of_person=count)

    assert (found and found[1]) == said


def test_words_say_how_many_wait_which_limit_that_is_and_what_can_be_done() -> None:
    limits = WaitingLimits(per_person=100, per_script=3_000)

    assert told(limits, of_person=95) == (
        "You have 95 jobs waiting, and at most 100 of one person may wait (jobs.waiting_per_person).",
        False,
    )
    of_person = (
        "You have 100 jobs waiting, and at most 100 of one person may wait (jobs.waiting_per_person). Cancel one that "
        "you no longer need, or submit again once one has started; /jobs lists yours."
    )
    of_script = (
        "Of this script 3,000 jobs are waiting, and at most 3,000 of one script may wait (jobs.waiting_per_script). "
        "Submit again once some of them have started; /jobs queue shows who waits."
    )
    assert told(limits, of_person=100) == (of_person, True)
    assert told(limits, of_script=3_000) == (of_script, True)


def test_one_person_may_have_half_of_what_may_wait_of_a_script() -> None:
    limits = WaitingLimits(per_script=10)

    assert told(limits, of_both=3, of_script=5) is None
    words = (
        "You have 4 jobs of this script waiting, and at most 5 of one script and one person may wait, half of those in "
        "all (jobs.waiting_per_script)."
    )
    assert told(limits, of_both=4, of_script=5) == (words, False)
    assert told(limits, of_both=5, of_script=5) is not None
    assert told(WaitingLimits(per_script=1)) is None, "there is room for one, whoever it is"


def test_limit_that_is_reached_is_told_before_one_that_is_near() -> None:
    found = told(WaitingLimits(per_person=10, per_script=20), of_person=9, of_script=20)

    assert found is not None
    assert found[1]
    assert found[0].startswith("Of this script 20 jobs are waiting")
