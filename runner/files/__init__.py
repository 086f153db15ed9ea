"""Files that people and jobs bring and leave: inbox, results, progress; in folders that nobody else can read."""

from runner.files.checksums import NO_CHECKSUMS, Checksums, known_checksums, list_results
from runner.files.drafts import Draft, is_draft, sweep
from runner.files.folder_size import FolderSize
from runner.files.inbox import OWN, Arrival, Inbox, InboxFile, InboxListing, file_name
from runner.files.inbox_limits import InboxLimits, InboxUse
from runner.files.leftovers import drafts as leftover_drafts
from runner.files.linked import InnerLinks, inode_of
from runner.files.log_pages import LogPage, LogPages
from runner.files.log_pieces import LogFile
from runner.files.log_search import search_log
from runner.files.private import File, make_private
from runner.files.progress import Follower, is_report
from runner.files.results import Results, log_name
from runner.files.script_copies import ScriptCopies
from runner.files.settings import DiskSettings
from runner.files.space import DISK_ERRORS, Disk, DiskSpace, in_plain_words
from runner.files.written import MOST_LOOKED_AT, LeftOut

__all__ = [
    "DISK_ERRORS",
    "MOST_LOOKED_AT",
    "NO_CHECKSUMS",
    "OWN",
    "Arrival",
    "Checksums",
    "Disk",
    "DiskSettings",
    "DiskSpace",
    "Draft",
    "File",
    "FolderSize",
    "Follower",
    "Inbox",
    "InboxFile",
    "InboxLimits",
    "InboxListing",
    "InboxUse",
    "InnerLinks",
    "LeftOut",
    "LogFile",
    "LogPage",
    "LogPages",
    "Results",
    "ScriptCopies",
    "file_name",
    "in_plain_words",
    "inode_of",
    "is_draft",
    "is_report",
    "known_checksums",
    "leftover_drafts",
    "list_results",
    "log_name",
    "make_private",
    "private",
    "search_log",
    "sweep",
]
