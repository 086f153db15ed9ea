"""The workspace's files: what Slack says of each, and where their bytes lie until they are dropped."""

import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cachetools import TTLCache

from bot.workspace.clock import Clock
from bot.workspace.state import file_types
from bot.workspace.state.people import TEAM_DOMAIN, TEAM_ID

FILES_KEPT = 200
BYTES_KEPT = 2_000_000_000
SHARES_KEPT = 100
PREVIEW_LINES = 5
# Slack says for how long an upload URL is good nowhere; unused ones must not pile up.
TICKETS_KEPT = 1000
TICKET_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A message that a file is in."""

    channel: str
    channel_name: str
    is_im: bool
    ts: str
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetPreview:
    """The first lines of a snippet, and how many there are (https://docs.slack.dev/reference/objects/file-object)."""

    preview: str
    lines: int
    lines_more: int

    @classmethod
    def of(cls, content: bytes) -> "SnippetPreview":
        """What is shown of such a snippet."""
        lines = content.decode("utf-8", "replace").splitlines()
        shown = lines[:PREVIEW_LINES]
        return cls(preview="\n".join(shown), lines=len(lines), lines_more=len(lines) - len(shown))

    def as_slack(self) -> dict[str, Any]:
        """The fields that a file object has of it."""
        return {
            "preview": self.preview,
            "lines": self.lines,
            "lines_more": self.lines_more,
            "preview_is_truncated": self.lines_more > 0,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class StoredFile:
    """A file of a person or of the app; the app is told of a person's once it is in a message or in a field."""

    id: str
    name: str
    title: str
    size: int
    user: str
    created: int
    path: Path
    team_id: str = TEAM_ID
    base_url: str
    alt_text: str = ""
    snippet_type: str = ""
    beginning: SnippetPreview | None = None
    is_known_to_app: bool = False
    is_deleted: bool = False
    shares: deque[Share] = field(default_factory=lambda: deque(maxlen=SHARES_KEPT))

    @property
    def mimetype(self) -> str:
        """The type of its content, going by its name."""
        return file_types.mimetype(self.name)

    def shown(self) -> dict[str, Any]:
        """What a person's client needs to show it."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size,
            "mimetype": self.mimetype,
            "alt_text": self.alt_text,
            "deleted": self.is_deleted,
        }

    def as_slack(self) -> dict[str, Any]:
        """Slack's file object, as messages and forms carry it."""
        if self.is_deleted:
            return {"id": self.id, "mode": "tombstone"}
        filetype, pretty_type = file_types.filetype(self.name, snippet_type=self.snippet_type)
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype,
            "filetype": filetype,
            "pretty_type": pretty_type,
            "user": self.user,
            "user_team": self.team_id,
            "editable": bool(self.snippet_type),
            "size": self.size,
            "mode": "snippet" if self.snippet_type else "hosted",
            **(self.beginning.as_slack() if self.beginning else {}),
            "is_external": False,
            "external_type": "",
            "is_public": any(not share.is_im for share in self.shares),
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            **self._addresses(),
            "is_starred": False,
            "has_rich_preview": False,
            "file_access": "visible",
            **({"alt_txt": self.alt_text} if self.alt_text else {}),
        }

    def in_full(self) -> dict[str, Any]:
        """The file object with where it is shared, as the methods about files answer it."""
        shares: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for share in self.shares:
            of_kind = shares.setdefault("private" if share.is_im else "public", {})
            of_kind.setdefault(share.channel, []).append(
                {
                    "reply_users": [],
                    "reply_users_count": 0,
                    "reply_count": 0,
                    "ts": share.ts,
                    **({"thread_ts": share.thread_ts} if share.thread_ts else {}),
                    "channel_name": share.channel_name,
                    "team_id": TEAM_ID,
                }
            )
        return self.as_slack() | {
            "shares": shares,
            "channels": list(shares.get("public", {})),
            "groups": [],
            "ims": list(shares.get("private", {})),
            "comments_count": 0,
        }

    def _addresses(self) -> dict[str, str]:
        # Slack's addresses carry a name without what would have to be escaped in them.
        name = re.sub(r"[^a-z0-9._-]+", "_", self.name.lower())
        private = f"{self.base_url}/files-pri/{TEAM_ID}-{self.id}"
        return {
            "url_private": f"{private}/{name}",
            "url_private_download": f"{private}/download/{name}",
            "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{self.user}/{self.id}/{name}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The app's right to upload one file of that many bytes."""

    file_id: str
    name: str
    length: int
    alt_text: str
    snippet_type: str


class Files:
    """All files, the newest only; their bytes are in a private folder that goes with the workspace, or in `folder`."""

    def __init__(
        self, *, clock: Clock, number: int = FILES_KEPT, size: int = BYTES_KEPT, folder: Path | None = None
    ) -> None:
        self._number = number
        self._size = size
        self._kept: OrderedDict[str, StoredFile] = OrderedDict()
        self._deleted = TTLCache[str, str, float](1000, timedelta(days=1).total_seconds(), timer=clock)
        self._lasting = folder
        self._folder: TemporaryDirectory[str] | None = None
        self.tickets = TTLCache[str, Ticket, float](TICKETS_KEPT, TICKET_AGE.total_seconds(), timer=clock)

    def path_for(self, file_id: str) -> Path:
        """Where the bytes of a new file go; only our own user can look there."""
        if self._lasting is not None:
            self._lasting.mkdir(mode=0o700, exist_ok=True)
            return self._lasting / file_id
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="workspace-files-", ignore_cleanup_errors=True)
        return Path(self._folder.name) / file_id

    def keep(self, file: StoredFile) -> None:
        """Takes a file in as the newest; the oldest go where there are too many, or too many bytes."""
        self._kept[file.id] = file
        while len(self._kept) > self._number or (len(self._kept) > 1 and self._sum() > self._size):
            self.delete(next(iter(self._kept.values())))

    def find(self, file_id: Any) -> StoredFile | None:
        """The file with that id, unless it was deleted or dropped."""
        return self._kept.get(file_id) if isinstance(file_id, str) else None

    def is_deleted(self, file_id: str) -> bool:
        """Whether there once was a file with that id."""
        return file_id in self._deleted

    def all(self) -> list[StoredFile]:
        """All files that are not deleted, oldest first."""
        return list(self._kept.values())

    def owned_by(self, user_id: str) -> Iterator[StoredFile]:
        """That account's files, oldest first."""
        return (file for file in self._kept.values() if file.user == user_id)

    def tell_app(self, file_id: str) -> None:
        """From now on the app may read this file."""
        self._kept[file_id].is_known_to_app = True

    def delete(self, file: StoredFile) -> None:
        """Deletes a file; messages go on saying that there was one."""
        file.is_deleted = True
        file.path.unlink(missing_ok=True)
        del self._kept[file.id]
        self._deleted[file.id] = file.id

    def close(self) -> None:
        """Removes the folder with everything in it, unless it is to last."""
        if self._folder is not None:
            self._folder.cleanup()

    def _sum(self) -> int:
        return sum(file.size for file in self._kept.values())
