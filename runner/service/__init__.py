"""All that a front end may ask; the only place where permissions are checked, anew at each act."""

from runner.files import OWN, InboxFile
from runner.service.permissions import AccessSettings, Permissions
from runner.service.queue import QueueService, Upcoming
from runner.service.service import (
    MOST_LISTED,
    PAGE_SIZE,
    Details,
    Expected,
    JobPage,
    ScriptRunner,
    Submitted,
    UploadInstructions,
)

__all__ = [
    "MOST_LISTED",
    "OWN",
    "PAGE_SIZE",
    "AccessSettings",
    "Details",
    "Expected",
    "InboxFile",
    "JobPage",
    "Permissions",
    "QueueService",
    "ScriptRunner",
    "Submitted",
    "Upcoming",
    "UploadInstructions",
]
