"""How the machine is, as administrators see it in the Home tab."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block, HeaderBlock

from runner.messages.blocks import bullets, labelled, plain, rich
from runner.scripts import BrokenScript
from runner.service import Disk, MachineState
from runner.system.text import clipped, size, visible

_NAMED = 3
_LINE = 300
_MOST_TROUBLES = 100


def state(found: MachineState) -> Iterator[Block]:
    """All of it: what is well in a line each, what is not behind a sign."""
    yield HeaderBlock(text=plain("The machine"))
    yield rich(bullets(labelled(f"{label}:", clipped(words, _LINE)) for label, words in _lines(found)))


def _lines(found: MachineState) -> Iterator[tuple[str, str]]:
    yield "Runner", _runner(found)
    waits = f"{found.running_count:,} running, {found.waiting_count:,} waiting"
    paused = "" if found.paused is None else f" · ⏸️ no job starts: {visible(found.paused.reason)}"
    yield "Queue", f"{waits}{paused}"
    if found.disks is None:
        yield "Disks", "⚠️ a disk cannot be asked; see “scriptrunner doctor”"
    else:
        yield from ((f"Disk of {', '.join(disk.holds)}", _disk(disk)) for disk in found.disks)
    yield "Load", f"{found.load.load:.1f} on {found.load.cpus} CPUs"
    if found.load.memory_bytes:
        yield "Memory", f"{size(found.load.free_memory_bytes)} of {size(found.load.memory_bytes)} free"
    yield "Messages", _messages(found)
    yield "Scripts", _scripts(found.broken)


def _runner(found: MachineState) -> str:
    if found.runner is None:
        return "⚠️ not running here: start “scriptrunner runner”, or “scriptrunner up”"
    if found.runner.hangs:
        return f"⚠️ hangs: {visible(found.runner.hangs)}"
    age = int(found.runner.age_seconds)
    return f"alive, heard of {age} s ago" if age < 60 else f"⚠️ silent for {age} s"


def _disk(disk: Disk) -> str:
    left = f"{size(disk.free_bytes)} of {size(disk.size_bytes)} free"
    return left if disk.shortage is None else f"⚠️ {left}: {disk.shortage}"


def _messages(found: MachineState) -> str:
    if not found.troubles:
        return "all delivered, or on their way"
    count = len(found.troubles)
    more = "or more " if count >= _MOST_TROUBLES else ""
    latest = found.troubles[0]
    verb = "is" if count == 1 else "are"
    return f"⚠️ {count} {more}{verb} not delivered; the latest by {latest.channel}: {visible(latest.error[:_LINE])}"


def _scripts(broken: Sequence[BrokenScript]) -> str:
    if not broken:
        return "all can be run"
    names = ", ".join(visible(each.name) for each in broken[:_NAMED])
    more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    what = "1 is broken" if len(broken) == 1 else f"{len(broken)} are broken"
    return f"⚠️ {what}: {names}{more}; “scriptrunner check” names the mistakes"
