"""A message: what people see of it, and what the app is told of it."""

from dataclasses import dataclass, field
from typing import Any

from bot.workspace.state.files import StoredFile
from bot.workspace.state.people import APP_ID, BOT_ID, BOT_USER_ID, SLACKBOT_ID, TEAM_ID, UPDATED

DELETED_TEXT = "This message was deleted."
_ICON = "https://a.slack-edge.com/80588/img/plugins/app"


@dataclass(slots=True, kw_only=True)
class Message:
    """A message; `only_for` names the one person who sees it when it is ephemeral.

    An answer in a thread has `thread_ts`, and `root`, the message that began the thread; a broadcast answer stands in
    the conversation as well. `reactions` are the accounts by the name of the emoji, in their order.
    """

    ts: str
    user: str
    username: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Any] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    mrkdwn: bool = True
    only_for: str | None = None
    client_msg_id: str | None = None
    edited_ts: str | None = None
    thread_ts: str | None = None
    parent_user_id: str | None = None
    root: "Message | None" = field(default=None, repr=False)
    is_broadcast: bool = False
    is_deleted: bool = False
    reply_users: list[str] = field(default_factory=list)
    reply_count: int = 0
    latest_reply: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_by_app(self) -> bool:
        """Whether the app under test posted it."""
        return self.user == BOT_USER_ID

    def shown(self) -> dict[str, Any]:
        """What a person's client needs to show it."""
        return {
            "ts": self.ts,
            "user": self.user,
            "username": self.username,
            "is_bot": self.is_by_app,
            "text": self.text,
            "blocks": self.blocks,
            "files": [file.shown() for file in self.files],
            "mrkdwn": self.mrkdwn,
            "ephemeral": self.only_for is not None,
            "edited": self.edited_ts is not None,
            "deleted": self.is_deleted,
            "thread_ts": self.thread_ts,
            "broadcast": self.is_broadcast,
            "root_text": self.root.text if self.root and self.is_broadcast else None,
            "reply_count": self.reply_count,
            "reactions": self.reactions,
        }

    def as_slack(self) -> dict[str, Any]:
        """Slack's message object, as the Web API and interactions carry it."""
        message: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": TEAM_ID,
        }
        if self.is_deleted:
            message |= {"subtype": "tombstone", "hidden": True}
        if self.client_msg_id:
            message["client_msg_id"] = self.client_msg_id
        if self.is_by_app:
            message |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": self._bot_profile()}
        if self.blocks:
            message["blocks"] = self.blocks
        if self.attachments:
            message["attachments"] = self.attachments
        if self.files:
            message |= {"files": [file.as_slack() for file in self.files], "upload": False, "display_as_bot": False}
        message |= self._thread()
        if self.reactions:
            message["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.metadata:
            message["metadata"] = self.metadata
        if self.edited_ts:
            message["edited"] = {"user": self.user, "ts": self.edited_ts}
        return message

    def count_replies(self, replies: "list[Message]") -> None:
        """Takes these, oldest first, for the answers in this message's thread."""
        self.reply_count = len(replies)
        self.latest_reply = replies[-1].ts if replies else None
        self.reply_users = list(dict.fromkeys(reply.user for reply in replies))

    def bury(self) -> None:
        """Leaves nothing but its thread; what Slack then says stands in github.com/slack-edge/slack-edge/pull/10."""
        self.text, self.user, self.username = DELETED_TEXT, SLACKBOT_ID, "Slackbot"
        self.blocks, self.attachments, self.files, self.values = [], [], [], {}
        self.metadata, self.edited_ts, self.client_msg_id, self.reactions = None, None, None, {}
        self.is_deleted = True

    def _bot_profile(self) -> dict[str, Any]:
        """The app as it goes with what its bot writes (@slack/types: BotProfile); the icons are Slack's own."""
        return {
            "id": BOT_ID,
            "deleted": False,
            "name": self.username,
            "updated": UPDATED,
            "app_id": APP_ID,
            "user_id": BOT_USER_ID,
            "icons": {f"image_{size}": f"{_ICON}/bot_{size}.png" for size in (36, 48, 72)},
            "team_id": TEAM_ID,
        }

    def _thread(self) -> dict[str, Any]:
        """What a message says of its thread, as an answer or as its beginning."""
        if self.is_broadcast and self.root is not None:
            # As in the reference of the event: https://docs.slack.dev/reference/events/message/thread_broadcast
            return {"subtype": "thread_broadcast", "thread_ts": self.thread_ts, "root": self.root.as_slack()}
        if self.thread_ts:
            return {"thread_ts": self.thread_ts, "parent_user_id": self.parent_user_id}
        if not self.reply_count and not self.is_deleted:
            return {}
        return {
            "thread_ts": self.ts,
            "reply_count": self.reply_count,
            "reply_users": self.reply_users,
            "reply_users_count": len(self.reply_users),
            "latest_reply": self.latest_reply or "0000000000.000000",
            "is_locked": False,
            "subscribed": False,
        }
