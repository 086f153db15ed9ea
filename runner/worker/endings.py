"""From an attempt's outcome to the ending of its job, in words that people are told; pure."""

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from signal import Signals

from runner.executors import EndedBy, Outcome
from runner.files import DISK_ERRORS
from runner.jobs import Ending, Job, State
from runner.system.text import size, span, visible

_NEAR_THE_LIMIT = 0.9
_NEVER_STARTED = "It could not be started"
_NO_SUPERVISOR = "its supervisor ended before it began"
_IN_PLAIN_WORDS = {
    os.strerror(number): f"{os.strerror(number)}: {words}"
    for number, words in (
        (errno.ENOENT, "the script, or the program its first line names, is missing"),
        (errno.EAGAIN, "the machine takes no more processes"),
        (errno.ENOMEM, "the machine has no memory left"),
        (errno.ENOSPC, "the disk is full"),
    )
}
_DISK_ERRORS = frozenset(os.strerror(number) for number in DISK_ERRORS)
_FAULTY = frozenset({os.strerror(errno.EIO)})
"""Where the script itself cannot be read, waiting does not help."""

_HAD_NO_FOLDER = frozenset({EndedBy.NEVER_STARTED, EndedBy.NEVER_BEGAN, EndedBy.UNKNOWN})
_FOLDER_GONE = "Its folder is gone, since it was removed or renamed while the job ran: there are no results to fetch."
_STOPPED_OUTSIDE = "It was stopped from outside, as when the machine shuts down."
_UNKNOWN = "Its supervisor is gone and left no word of how it ended; what it did up to then stands."


def ending(job: Job, outcome: Outcome, *, stopped_for: str | None = None, is_folder_gone: bool = False) -> Ending:
    """What an attempt's outcome means for its job; only an order to stop that somebody gave makes it cancelled.

    ``stopped_for`` is why the runner stopped it by itself, ``is_folder_gone`` says that there are no results. The
    reason is text that any database takes, whatever the names of files are like.
    """
    found = _ending(job, outcome) if stopped_for is None else _stopped(job, outcome, stopped_for)
    words = [*([] if found.reason is None else [found.reason]), *_besides(outcome, is_folder_gone=is_folder_gone)]
    return replace(found, reason=visible(" ".join(words)) or None, usage=outcome.usage)


def _ending(job: Job, outcome: Outcome) -> Ending:
    match outcome.ended_by:
        case EndedBy.ITSELF:
            return _own_ending(outcome)
        case EndedBy.TIMEOUT | EndedBy.MEMORY | EndedBy.LOG:
            return _at_a_limit(outcome)
        case EndedBy.STOP if job.cancel_requested_at is not None:
            return Ending(state=State.CANCELLED, reason=f"Cancelled by {job.cancel_requested_by}.")
        case EndedBy.STOP:
            return Ending(state=State.FAILED, reason=_STOPPED_OUTSIDE)
        case EndedBy.NEVER_STARTED:
            return _not_started(outcome.error or "no reason is known")
        case EndedBy.NEVER_BEGAN if job.cancel_requested_at is not None:
            return Ending(state=State.CANCELLED, reason=f"Cancelled by {job.cancel_requested_by} before it started.")
        case EndedBy.NEVER_BEGAN:
            return _not_started(outcome.error or _NO_SUPERVISOR)
        case EndedBy.UNKNOWN:
            return Ending(state=State.LOST, reason=_UNKNOWN if outcome.error is None else _unseen(outcome.error))


def _besides(outcome: Outcome, *, is_folder_gone: bool) -> Iterator[str]:
    """What is to be told however it ended."""
    if outcome.left_running == 1:
        yield "1 process still ran when it ended, and was ended."
    elif outcome.left_running:
        yield f"{outcome.left_running:,} processes still ran when it ended, and were ended."
    if is_folder_gone and outcome.ended_by not in _HAD_NO_FOLDER:
        yield _FOLDER_GONE


def is_refused_by_disk(outcome: Outcome) -> bool:
    """Whether nothing of the script ran because a disk took nothing: it can be started once the disk does."""
    if outcome.ended_by is EndedBy.NEVER_BEGAN:
        return outcome.error in _DISK_ERRORS
    return outcome.ended_by is EndedBy.NEVER_STARTED and outcome.error in _DISK_ERRORS - _FAULTY


def _stopped(job: Job, outcome: Outcome, reason: str) -> Ending:
    """Its end was brought about by us, unless it came to a good one at that moment."""
    own = _ending(job, outcome)
    if own.state is State.SUCCEEDED or own.state is State.CANCELLED:
        return own
    words = f"It was stopped because {reason}."
    return Ending(state=State.FAILED, exit_code=own.exit_code, reason=words, is_repeatable=False)


def _not_started(error: str) -> Ending:
    reason = f"{_NEVER_STARTED}: {_IN_PLAIN_WORDS.get(error, error).removesuffix('.')}."
    return Ending(state=State.FAILED, reason=reason, is_repeatable=False)


def _unseen(error: str) -> str:
    return f"How it ended cannot be seen: {error}."


def _at_a_limit(outcome: Outcome) -> Ending:
    if outcome.ended_by is EndedBy.TIMEOUT:
        given = "" if outcome.timeout is None else f" of {span(outcome.timeout)}"
        return Ending(state=State.TIMED_OUT, reason=f"It was stopped at its time limit{given}.")
    if outcome.ended_by is EndedBy.MEMORY:
        given = "" if outcome.memory_bytes is None else f" of {size(outcome.memory_bytes)}"
        return Ending(state=State.FAILED, reason=f"It needed more memory than its limit{given}.")
    given = "the limit" if outcome.max_log_bytes is None else f"its limit of {size(outcome.max_log_bytes)}"
    reason = f"It was stopped because it wrote more to its log than {given}, where the log was cut."
    return Ending(state=State.FAILED, reason=reason)


def _own_ending(outcome: Outcome) -> Ending:
    if outcome.signal is not None:
        reason = f"It was ended by the signal {_name(outcome.signal)}.{_memory_words(outcome)}"
        return Ending(state=State.FAILED, reason=reason)
    if outcome.exit_code:
        return Ending(state=State.FAILED, exit_code=outcome.exit_code, reason=_memory_words(outcome).strip() or None)
    return Ending(state=State.SUCCEEDED, exit_code=outcome.exit_code)


def _memory_words(outcome: Outcome) -> str:
    """What may be why it failed, where nobody can know: a script that is refused memory ends in its own way."""
    peak = None if outcome.usage is None else outcome.usage.peak_memory_bytes
    if outcome.memory_bytes is None or peak is None or peak < outcome.memory_bytes * _NEAR_THE_LIMIT:
        return ""
    return f" It had used {size(peak)} of the {size(outcome.memory_bytes)} of memory that it may use."


def _name(signal: int) -> str:
    return Signals(signal).name if signal in set(Signals) else str(signal)
