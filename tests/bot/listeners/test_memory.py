"""Nothing of a job stays in the bot's memory once it has been asked for."""

import gc
import itertools
import sys
from collections.abc import Callable

import pytest

from tests.support.machine.installation import Form
from tests.support.slack import payloads
from tests.support.slack.desk import Desk
from tests.support.slack.person import Person

SUBMITTED = 50
NOISE = 5  # blocks of memory for each job; a job's own object takes thirty


def test_nothing_of_a_job_stays_with_the_bot(desk: Desk, maria: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")  # what is logged is kept by pytest
    Form(maria, "greet")
    view, made = maria.top_view(), itertools.count()

    def submit() -> None:
        for _ in range(SUBMITTED):
            answer = desk.dispatch(payloads.submission(view | {"id": f"V{next(made)}"}))
            assert "queued" in str(answer.body)
            desk.empty_queue()

    before = _blocks_after(submit)
    after = _blocks_after(submit)

    assert (after - before) / SUBMITTED < NOISE


def _blocks_after(act: Callable[[], None]) -> int:
    """How many blocks of memory Python holds then, garbage aside."""
    act()
    gc.collect()
    return sys.getallocatedblocks()
