"""The workspace's user groups, seeded: two that are used and one that is disabled."""

from dataclasses import dataclass
from typing import Any

from bot.workspace.state.people import SLACKBOT_ID, TEAM_ID, UPDATED

CREATED = 1_750_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usergroup:
    """People who are mentioned together."""

    id: str
    name: str
    handle: str
    description: str
    users: tuple[str, ...]
    is_disabled: bool = False

    def as_slack(self, *, with_users: bool, with_count: bool) -> dict[str, Any]:
        """Slack's user group object."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "description": self.description,
            "handle": self.handle,
            "is_external": False,
            "date_create": CREATED,
            "date_update": UPDATED,
            "date_delete": UPDATED if self.is_disabled else 0,
            "auto_type": None,
            "created_by": SLACKBOT_ID,
            "updated_by": SLACKBOT_ID,
            "deleted_by": SLACKBOT_ID if self.is_disabled else None,
            "prefs": {"channels": [], "groups": []},
            **({"users": list(self.users)} if with_users else {}),
            **({"user_count": len(self.users)} if with_count else {}),
        }


SEEDED = (
    Usergroup(
        id="S0ASSEMBLY1",
        name="Assembly",
        handle="assembly",
        description="Who assembles genomes",
        users=("U0MARIA0001", "U0TOM000002"),
    ),
    Usergroup(
        id="S0KEEPERS02",
        name="Machine keepers",
        handle="machine-keepers",
        description="Who keeps the big machine",
        users=("U0INES00004",),
    ),
    Usergroup(
        id="S0FORMER003",
        name="Former project",
        handle="former-project",
        description="No longer used",
        users=("U0YUKI00003",),
        is_disabled=True,
    ),
)
