"""Files that people and jobs bring and leave: inbox, results, progress; in folders that nobody else can read."""

from runner.files.drafts import Draft, sweep
from runner.files.inbox import OWN, Arrival, Inbox, InboxFile, file_name
from runner.files.private import File, make_private
from runner.files.progress import Follower, is_report
from runner.files.results import Results
from runner.files.script_copies import ScriptCopies

__all__ = [
    "OWN",
    "Arrival",
    "Draft",
    "File",
    "Follower",
    "Inbox",
    "InboxFile",
    "Results",
    "ScriptCopies",
    "file_name",
    "is_report",
    "make_private",
    "private",
    "sweep",
]
