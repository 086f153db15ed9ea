"""`scriptrunner queue`: see the queue, pause and resume it, hold, release and move jobs."""

import argparse

from bot.cli import queue_table, terminal
from runner.app.bootstrap import Assembly
from runner.jobs import Requester
from runner.service import ScriptRunner
from runner.system.clock import system_clock

_SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said behind the command; nothing shows the queue."""
    acts = parser.add_subparsers(dest="act", metavar="WHAT")
    acts.add_parser("status", help="show what runs and what is next (the default)")
    acts.add_parser("pause", help="have no job start; what runs goes on").add_argument(
        "reason", nargs="+", metavar="REASON", help="shown to whoever submits"
    )
    acts.add_parser("resume", help="have jobs start again")
    for act, words in (
        ("hold", "keep a job that waits from starting"),
        ("release", "let a job start that is held"),
        ("front", "have a job start before all others"),
    ):
        acts.add_parser(act, help=words).add_argument("job", type=int, metavar="N", help="the job's number")
    acts.choices["front"].add_argument("--own", action="store_true", help="before its requester's other jobs only")
    for each in acts.choices.values():
        terminal.add_config(each, default=argparse.SUPPRESS)


def run(options: argparse.Namespace, assembly: Assembly) -> int:
    """Do it, with the rights of whoever works on the machine itself."""
    operator = terminal.operator()
    service = assembly.service(operator)
    queue = service.queue
    match options.act:
        case "pause":
            queue.pause(operator, " ".join(options.reason))
            done = "the queue is paused; what runs goes on"
        case "resume":
            queue.resume(operator)
            done = "jobs start again"
        case "hold":
            done = f"job {queue.hold(operator, options.job).id} is held"
        case "release":
            done = f"job {queue.release(operator, options.job).id} may start"
        case "front":
            moved = queue.move_to_front(operator, options.job, of_all=not options.own)
            done = f"job {moved.id} starts before {'the others of its requester' if options.own else 'all others'}"
        case _:
            return _show(service, operator)
    terminal.say([done])
    return 0


def _show(service: ScriptRunner, operator: Requester) -> int:
    upcoming = service.queue.upcoming(operator, at_most=_SHOWN)
    paused, waiting = service.queue.paused(), service.queue.length()
    terminal.say(queue_table.lines(upcoming, paused=paused, waiting=waiting, now=system_clock()))
    return 0
