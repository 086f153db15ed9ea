"""Why a job that waits does not start now: the limit that keeps it from that, in words; pure."""

from collections.abc import Sequence

from runner.scheduling.limits import Limits, Load, Running
from runner.system.text import size


def obstacle(limits: Limits, running: Sequence[Running], job: Load, *, is_own: bool = False) -> str:
    """What keeps the job from starting beside those that run; empty where nothing but its turn does.

    What would keep it from starting also if others ended comes first. Where the job is the reader's own, so it is said.
    """
    of_person = sum(each.user_id == job.user_id for each in running)
    if limits.per_person is not None and of_person >= limits.per_person:
        are_running = (
            _are_running(of_person, whose="of yours") if is_own else f"{_are_running(of_person)} of its requester"
        )
        return f"{are_running}, and {limits.per_person} of one person may at once"
    of_script = sum(each.script == job.script for each in running)
    if job.concurrency is not None and of_script >= job.concurrency:
        return f"{_are_running(of_script)} of its script, and {job.concurrency} of it may at once"
    if limits.slots is not None and len(running) >= limits.slots:
        return f"{_are_running(len(running))}, and {limits.slots} may at once"
    return _shortage(limits, running, job)


def _shortage(limits: Limits, running: Sequence[Running], job: Load) -> str:
    """What of the machine's there is too little of."""
    cpus = sum(each.cpus for each in running)
    if limits.cpus is not None and cpus + job.cpus > limits.cpus:
        return f"it asks for {job.cpus} CPUs, and {max(0, limits.cpus - cpus)} of {limits.cpus} are free"
    taken = sum(each.memory_bytes for each in running)
    if limits.memory_bytes is not None and taken + job.memory_bytes > limits.memory_bytes:
        free = size(max(0, limits.memory_bytes - taken))
        return f"it asks for {size(job.memory_bytes)} of memory, and {free} of {size(limits.memory_bytes)} are free"
    return ""


def _are_running(count: int, *, whose: str = "") -> str:
    of = f" {whose}" if whose else ""
    return f"1 job{of} runs" if count == 1 else f"{count} jobs{of} run"
