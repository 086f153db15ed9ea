"""One message in the place of many that are no news any more: what became of each job, in a line; pure, not escaped."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.jobs import ENDS, Event, Job, State, outcome
from runner.messages import texts
from runner.system.text import clipped, visible

_HINT = "/jobs and a job's number show its results, its log and the command that fetches the results."
_TITLE_LENGTH = 40
_VALUES_LENGTH = 80
_REASON_LENGTH = 100
_TROUBLED = frozenset({State.FAILED, State.TIMED_OUT, State.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a person is told at once: ``lines`` has one for each job, by its number."""

    headline: str
    lines: tuple[str, ...]
    hint: str


def gather(told: Sequence[tuple[Event, Job]]) -> Digest:
    """Make one of many, which are in the order in which they were owed: of each job the last says all."""
    last = {job.id: (event, job) for event, job in told}
    lines = tuple(_line(event, job) for _, (event, job) in sorted(last.items()))
    words = Counter(texts.state_word(event, job) for event, job in last.values())
    counted = ", ".join(f"{count} {word}" for word, count in words.most_common())
    return Digest(
        headline=f"{len(last)} jobs: {counted}",
        lines=lines,
        hint="" if all(event is Event.WATCHED for event, _ in told) else _HINT,
    )


def _line(event: Event, job: Job) -> str:
    return " ".join(_parts(event, job))


def _parts(event: Event, job: Job) -> Iterator[str]:
    yield f"{texts.sign(event, job)} {texts.headline(event, job, length=_TITLE_LENGTH)}"
    if event is not Event.SHORTAGE and (values := texts.values_line(job, length=_VALUES_LENGTH)):
        yield f"· {values}"
    if event in ENDS and job.state in _TROUBLED:
        yield f"({clipped(visible(outcome(job)), _REASON_LENGTH)})"
