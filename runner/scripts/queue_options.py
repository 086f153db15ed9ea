"""What the options of an annotation may hold that are about the queue: order, how many at once, further attempts."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator

from runner.jobs import Retries
from runner.scripts.parameters.options import whole_number
from runner.settings import parse_duration

MAX_PRIORITY = 10
MAX_CONCURRENCY = 1_000
MAX_RETRIES = 10
_MAX_EXIT_CODE = 255
_USUAL_DELAY = timedelta(minutes=1)
_SHAPE = "must be {times: 2, delay: 5m, on: [75]}"


def _between(written: object, lowest: int, highest: int) -> int:
    count = whole_number(written)
    if not lowest <= count <= highest:
        raise ValueError(f"must be a whole number from {lowest:,} to {highest:,}")
    return count


def _retries(written: object) -> Retries:
    if not isinstance(written, Mapping) or "times" not in written or not set(written) <= {"times", "delay", "on"}:
        raise ValueError(f"{_SHAPE}; delay and on can be left out")
    try:
        return Retries(
            times=_between(written["times"], 1, MAX_RETRIES),
            delay=parse_duration(written.get("delay", _USUAL_DELAY)),
            on=frozenset(_exit_codes(written["on"])) if "on" in written else frozenset(),
        )
    except ValueError as error:
        raise ValueError(f"{_SHAPE}: {error}") from error


def _exit_codes(written: object) -> Iterator[int]:
    codes = written if isinstance(written, list | tuple) else [written]
    if not codes:
        raise ValueError("on lists exit codes")
    for code in codes:
        yield _between(code, 1, _MAX_EXIT_CODE)


Priority = Annotated[int, BeforeValidator(partial(_between, lowest=-MAX_PRIORITY, highest=MAX_PRIORITY))]
Concurrency = Annotated[int, BeforeValidator(partial(_between, lowest=1, highest=MAX_CONCURRENCY))]
RetryRule = Annotated[Retries, BeforeValidator(_retries)]
