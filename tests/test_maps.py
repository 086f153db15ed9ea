"""Whatever grows with what people do has a bound: each map, list and cache that lasts is named here, with its bound."""

import ast
from collections.abc import Iterator

from tests.support.house.sources import functions, modules

_MADE = {"dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "deque", "LRUCache", "TTLCache", "Queue"}
_MEMOS = {"cache", "lru_cache", "cached"}
_SHORT_LIVED = ("bot.views.", "runner.scheduling.", "runner.scripts.annotations.", "runner.scripts.script")
"""Rooms whose objects are made for one answer, or for one reading of a script, and go with it."""

BOUNDS = {
    "bot.cli.parts.Parts._last": "the parts",
    "bot.cli.parts.Parts._parts": "the parts",
    "bot.listeners.form.confirmations.Confirmations._kept": "20 million characters, 25 forms of a person, an hour",
    "bot.listeners.form.typed_values._Keys._loose": "the parameters of a script, for one command",
    "bot.listeners.form.typed_values._Reading.given": "the words of one command",
    "bot.listeners.form.typed_values._Reading.strangers": "the words of one command",
    "bot.listeners.form.typed_values._Reading.strays": "the words of one command",
    "bot.listeners.form.uploads.Uploads._brought": "1,000 files, a day",
    "bot.listeners.form.uploads.Uploads._under_way": "16 at once",
    "bot.listeners.form.view_updates.ViewUpdates._kept": "1,000 views, a day",
    "bot.listeners.form.view_updates._OpenView.replaced": "100 hashes, with the view",
    "bot.listeners.form.words._Closings.places": "the kinds of quotation marks, for one command",
    "bot.listeners.messages.HeardMessages._seen": "10,000 messages, an hour",
    "bot.listeners.open_homes.OpenHomes._open": "100 people, an hour",
    "bot.listeners.turns.ListenerTurns._lines": "people whose acts are being worked on, 30 at once",
    "bot.listeners.turns._Line.waiting": "8 of one person",
    "bot.slack.files.SlackFiles._kept": "1,000 files, an hour",
    "bot.slack.identity.Identities._kept": "10,000 people, slack.identity_expiry",
    "runner.errors.InvalidValues.problems": "the parameters of a script, with the error",
    "runner.executors.fork_server.ForkServer._staying": "fork servers that were replaced and have supervisors still",
    "runner.files.folder_size.FolderSize._linked": "100,000 files, for one count",
    "runner.files.linked.InnerLinks._counts": "100,000 files, for one look",
    "runner.files.log_pieces.LogFile._cells": "4 cells of 32 KiB, for one page",
    "runner.files.written._Survey.left_out": "1,000 names, for one look",
    "runner.worker.checksum_queue.ChecksumQueue._waiting": "10,000 jobs",
    "runner.worker.checksum_queue._Process._jobs": "8 jobs",
    "runner.notifications.channel_worker.ChannelWorker._receipts": "those of a batch, until they are recorded",
    "runner.notifications.file_worker.FileWorker._unshown": "files that are owed, whose content is in Slack",
    "runner.notifications.dispatch.Dispatch._doubted": "messages in doubt since a connection broke, until sent",
    "runner.notifications.dispatch.Dispatch._sent": "1,000 people, an hour",
    "runner.notifications.mail._sender()": "1",
    "runner.notifications.pauses.Pauses._pauses": "10,000 people, and those who are left alone now",
    "runner.notifications.live_messages.LiveMessages._seen": "200 jobs that run or wait",
    "runner.notifications.slack_conversations.ConversationNames._ids": "10,000 channels, ten minutes",
    "runner.notifications.slack.SlackTransport._refused": "3 people",
    "runner.notifications.slack.SlackTransport._shown": "1,000 messages, a day",
    "runner.retrieval.admission.Admission._startups": "retrieval.max_startups, retrieval.login_timeout",
    "runner.retrieval.admission.Admission._owners": "retrieval.max_connections, retrieval.idle_timeout",
    "runner.retrieval.event_loop.Serving._asked": "retrieval.max_startups, retrieval.login_timeout",
    "runner.retrieval.shares.BoundedLog._left": "4,096 people, 100 s",
    "runner.retrieval.shares.BoundedLog._omitted": "people who have logged in, a minute",
    "runner.retrieval.shares.FairShare._taken": "retrieval.max_connections, while they are connected",
    "runner.retrieval.connections.SharedState.connections": "both of these",
    "runner.retrieval.downloads.DownloadServer._told": "the files of a job, with the session",
    "runner.retrieval.throttle.LoginThrottle._addresses": "4,096 addresses, 15 minutes",
    "runner.retrieval.throttle.LoginThrottle._users": "4,096 user names, 15 minutes",
    "runner.scripts.catalogue.Catalogue._entries": "the scripts that there are",
    "runner.scripts.catalogue.Catalogue._exposures": "the folders that there are",
    "runner.scripts.choices.ChoiceLists._kept": "300,000 choices in 1,000 lists, a day",
    "runner.scripts.digests.Digests._known": "twice as many files as a folder is read to",
    "runner.scripts.parameters.choices._address()": "1",
    "runner.scripts.parameters.parameter.options()": "the types of parameters",
    "runner.scripts.parameters.patterns._takes()": "1,000",
    "runner.store.eligible._noting_turn()": "the two dialects",
    "runner.store.owed.firsts()": "its few ways to be asked",
    "runner.store.owed.line()": "its few ways to be asked",
    "runner.store.owed.own_messages()": "its few ways to be asked",
    "runner.store.owed.next_due()": "its few ways to be asked",
    "runner.store.owed.waiting()": "its few ways to be asked",
    "runner.store.preferences._keeping()": "the two dialects",
    "runner.store.presets._keeping_last()": "the two dialects",
    "runner.scripts.files.Walk.passed_over": "100, for one look",
    "runner.scripts.files.Walk.stamps": "MAX_FILES files, for one look",
    "runner.supervision.fork_server.Server._idle": "jobs.slots",
    "runner.supervision.fork_server.Server._supervisors": "jobs.slots, and those that stand ready",
    "runner.system.lasting_faults.LastingFaults._faults": "1,000 faults, a week",
    "runner.system.calls.RunningCalls._calls": "calls that run",
    "runner.system.watchdog.Watchdog._looks": "the parts of a process",
    "runner.system.watchdog.Watchdog._loops": "the loops of a process",
    "runner.worker.attempts.WatchedAttempts.ended": "jobs.slots",
    "runner.worker.attempts.WatchedAttempts.running": "jobs.slots",
    "runner.worker.recording.OutcomeRecorder._starts": "10,000 jobs, a week",
    "runner.worker.results_watch.ResultsWatch._begun": "jobs.slots",
    "runner.worker.results_watch.ResultsWatch._ended": "jobs.slots, until the next look",
    "runner.worker.results_watch.ResultsWatch._followed": "jobs.slots",
    "runner.worker.results_watch.ResultsWatch._measured": "jobs.slots, until the next look",
    "runner.worker.results_watch._Followed.elsewhere": "the disks",
    "runner.worker.results_watch._Followed.with_room": "the disks",
    "runner.worker.worker.Worker._sizes": "jobs.slots, until they are recorded",
    "runner.worker.worker.Worker._next_attempts": "the jobs that wait for their next attempt, until then",
}
"""What holds each of them down: in number, and in time where it is kept for later."""


def lasting() -> Iterator[str]:
    """Attributes that hold a map, a list or a set when an object is made, and functions that remember their answers."""
    for module, tree in modules("bot", "runner").items():
        if module.startswith(("bot.workspace.", *_SHORT_LIVED)):  # the stand-in is a program of its own
            continue
        for owner in ast.walk(tree):
            if isinstance(owner, ast.ClassDef) and not _is_frozen(owner):
                yield from (f"{module}.{owner.name}.{name}" for name in _attributes(owner))
        for function in functions(tree):
            if any(_name(each) in _MEMOS for each in function.decorator_list):
                yield f"{module}.{function.name}()"


def _is_frozen(owner: ast.ClassDef) -> bool:
    return any("frozen=True" in ast.unparse(each) for each in owner.decorator_list)


def _attributes(owner: ast.ClassDef) -> Iterator[str]:
    for method in owner.body:
        if isinstance(method, ast.FunctionDef) and method.name in ("__init__", "__post_init__"):
            for node in ast.walk(method):
                value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                if value is not None and _is_map(value):
                    yield from (each.attr for each in targets if isinstance(each, ast.Attribute))
        if isinstance(method, ast.AnnAssign) and isinstance(method.value, ast.Call):
            factories = [each.value for each in method.value.keywords if each.arg == "default_factory"]
            yield from (ast.unparse(method.target) for each in factories if _name(each) in _MADE)


def _is_map(value: ast.expr) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]) | ast.Set(elts=[]):
            return True
        case ast.Call(func=made):
            return _name(made) in _MADE
        case _:
            return False


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=node) | ast.Subscript(value=node):
            return _name(node)
        case _:
            return ""


def test_every_map_that_lasts_has_a_bound() -> None:
    assert sorted(lasting()) == sorted(BOUNDS)


def test_whatever_is_remembered_for_later_has_an_age() -> None:
    caches = [name for name, tree in modules("bot", "runner").items() if "LRUCache" in ast.unparse(tree)]

    assert caches == []
