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
from runner.files.outgoing import MOST_LOG_BYTES, NotToSend, SentFile, opened_log, opened_result, zipped
from runner.files.previews import ResultTable, is_table, read_table, result_text
from runner.files.private import File, make_private
from runner.files.progress import Follower, is_report
from runner.files.results import Results
from runner.files.script_copies import ScriptCopies
from runner.files.settings import DiskSettings
from runner.files.sharing import (
    MOST_CONSIDERED,
    NOTHING_SHARED,
    Sharing,
    SharingSettings,
    refusal,
    share,
    sharing_order,
)
from runner.files.space import DISK_ERRORS, Disk, DiskSpace, in_plain_words
from runner.files.written import MOST_LOOKED_AT, LeftOut, by_name

__all__ = [
    "DISK_ERRORS",
    "MOST_CONSIDERED",
    "MOST_LOG_BYTES",
    "MOST_LOOKED_AT",
    "NOTHING_SHARED",
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
    "NotToSend",
    "ResultTable",
    "Results",
    "ScriptCopies",
    "SentFile",
    "Sharing",
    "SharingSettings",
    "by_name",
    "file_name",
    "in_plain_words",
    "inode_of",
    "is_draft",
    "is_report",
    "is_table",
    "known_checksums",
    "leftover_drafts",
    "list_results",
    "make_private",
    "opened_log",
    "opened_result",
    "private",
    "read_table",
    "refusal",
    "result_text",
    "search_log",
    "share",
    "sharing_order",
    "sweep",
    "zipped",
]
