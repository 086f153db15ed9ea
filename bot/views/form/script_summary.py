"""What a form says of its script: what it does, whose it is, how long it usually takes and its place in the queue."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block, RichTextElementParts, RichTextSectionElement

from bot.views.jobs import queue
from runner.messages import expectations
from runner.messages.blocks import rich, section, small_print
from runner.messages.reader import AT_ONCE, Reader
from runner.scripts import Script
from runner.service import Expected, Outlook
from runner.system.text import clipped, size, span, visible

_SECTION = 3000
_MOST_IN_VAIN = 3
_MAKE_ROOM = "delete some that you need no longer, see /jobs and the job's number."
_WAITS = "You can submit all the same: the job waits until jobs start again."


def lines(script: Script, outlook: Outlook, reader: Reader) -> Iterator[Block]:
    """The description, the documentation, a line of facts, when a job would start, and whether few more are taken."""
    if script.description:
        yield rich(section(clipped(visible(script.description), _SECTION)))
    if script.docs is not None:
        link = RichTextElementParts.Link(url=script.docs, text="Documentation")
        yield rich(RichTextSectionElement(elements=[link]))
    yield small_print(" · ".join(_facts(script, outlook)))
    if outlook.results is not None and outlook.results.is_nearly_full and outlook.paused is None:
        yield rich(section(f"⚠️ Your results take {outlook.results}: {_MAKE_ROOM}", bold=True))
    if outlook.paused is not None:
        yield rich(section([*expectations.pausing(outlook.paused), f". {_WAITS}"], bold=True))
    elif (starts := expectations.starting(outlook.forecast, reader)) not in ([], [AT_ONCE]):
        waits = [f"A job would wait: {outlook.obstacle}. "] if outlook.obstacle else []
        yield rich(section([*waits, "Expected to start: ", *starts]))
    yield from queue.limiting(outlook.limit)


def _facts(script: Script, outlook: Outlook) -> Iterator[str]:
    yield visible(script.name)
    if script.owner is not None:
        yield f"owner: {visible(script.owner)}"
    if script.notify:
        yield f"tells {', '.join(script.whom_it_tells)}"
    if outlook.expected is not None:
        yield in_words(outlook.expected)
    if script.timeout is not None:
        yield f"stopped after {span(script.timeout)}"
    if script.cpus is not None:
        yield "1 CPU" if script.cpus == 1 else f"{script.cpus} CPUs"
    if script.memory is not None:
        yield size(script.memory) if outlook.is_memory_held else f"{size(script.memory)} for each process, not for all"
    if outlook.results is not None:
        yield f"at most {size(outlook.results.max_bytes_of_job)} of results"
    yield expectations.place(outlook.place)
    if script.unused:
        yield f"no effect here: {script.without_effect(most=_MOST_IN_VAIN)}"


def in_words(expected: Expected) -> str:
    """How long it is going to take, as its past runs say."""
    if expected.run_count == 1:
        return f"took {span(expected.longest)} last time"
    shortest, longest = span(expected.shortest), span(expected.longest)
    return f"usually {shortest}" if shortest == longest else f"usually {shortest} to {longest}"
