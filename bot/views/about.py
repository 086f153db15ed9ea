"""What a form says of its script: what it does, whose it is, how long it usually takes and its place in the queue."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block, RichTextElementParts, RichTextSectionElement

from runner.blocks import rich, section, small_print
from runner.scripts import Script
from runner.service import Expected
from runner.wording import clipped, size, span, visible

_SECTION = 3000


def lines(script: Script, *, waiting: int, expected: Expected | None) -> Iterator[Block]:
    """The description, the link to the documentation, and a line of facts."""
    if script.description:
        yield rich(section(clipped(visible(script.description), _SECTION)))
    if script.docs is not None:
        link = RichTextElementParts.Link(url=script.docs, text="Documentation")
        yield rich(RichTextSectionElement(elements=[link]))
    yield small_print(" · ".join(_facts(script, waiting, expected)))


def _facts(script: Script, waiting: int, expected: Expected | None) -> Iterator[str]:
    yield visible(script.name)
    if script.owner is not None:
        yield f"owner: {visible(script.owner)}"
    if expected is not None:
        yield in_words(expected)
    if script.timeout is not None:
        yield f"stopped after {span(script.timeout)}"
    if script.cpus is not None:
        yield "1 CPU" if script.cpus == 1 else f"{script.cpus} CPUs"
    if script.memory is not None:
        yield size(script.memory)
    yield f"number {waiting + 1} in the queue" if waiting else "next in the queue"


def in_words(expected: Expected) -> str:
    """How long it is going to take, as its past runs say."""
    if expected.run_count == 1:
        return f"took {span(expected.longest)} last time"
    shortest, longest = span(expected.shortest), span(expected.longest)
    return f"usually {shortest}" if shortest == longest else f"usually {shortest} to {longest}"
