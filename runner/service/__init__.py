"""All that a front end may ask; the only place where permissions are checked, anew at each act."""

from runner.files import OWN, Disk, InboxFile, InboxUse, LogPage
from runner.messages.outlook import Expected, Outlook, Upcoming
from runner.retrieval import UploadInstructions
from runner.service.home import HomeContents, HomeMark, HomeService
from runner.service.inputs import InputService
from runner.service.logs import (
    LONGEST_WORD,
    JobLog,
    LogPlace,
    LogSearch,
    LogService,
    LogTurn,
    TooLargeToSend,
)
from runner.service.machine import MachineService, MachineState
from runner.service.permissions import AccessSettings, Permissions
from runner.service.preferences import PreferenceService, PreferenceSettings
from runner.service.queue import QueueService
from runner.service.retention import RetentionService
from runner.service.script_menu import ScriptMenu, ScriptMenuService
from runner.service.scripts import ScriptService
from runner.service.sending import SendableResults, SendingService
from runner.service.service import PAGE_SIZE, Details, JobPage, ScriptHistory, ScriptRunner
from runner.service.watching import MOST_WATCHERS, WatchingService, seen_by_watchers
from runner.store import Asked

__all__ = [
    "LONGEST_WORD",
    "MOST_WATCHERS",
    "OWN",
    "PAGE_SIZE",
    "AccessSettings",
    "Asked",
    "Details",
    "Disk",
    "Expected",
    "HomeContents",
    "HomeMark",
    "HomeService",
    "InboxFile",
    "InboxUse",
    "InputService",
    "JobLog",
    "JobPage",
    "LogPage",
    "LogPlace",
    "LogSearch",
    "LogService",
    "LogTurn",
    "MachineService",
    "MachineState",
    "Outlook",
    "Permissions",
    "PreferenceService",
    "PreferenceSettings",
    "QueueService",
    "RetentionService",
    "ScriptHistory",
    "ScriptMenu",
    "ScriptMenuService",
    "ScriptRunner",
    "ScriptService",
    "SendableResults",
    "SendingService",
    "TooLargeToSend",
    "Upcoming",
    "UploadInstructions",
    "WatchingService",
    "seen_by_watchers",
]
