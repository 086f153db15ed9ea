"""The people of the workspace, seeded so that every kind of account is there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

TEAM_ID = "T0WORKSHOP1"
TEAM_NAME = "Workshop"
TEAM_DOMAIN = "workshop"
ENTERPRISE_ID = "E0WORKSHOP1"
ENTERPRISE_NAME = "Workshop Group"
PARTNER_TEAM_ID = "T0PARTNER22"
APP_ID = "A0SCRIPTRUN"
BOT_ID = "B0SCRIPTRUN"
BOT_USER_ID = "U0SCRIPTBOT"
SLACKBOT_ID = "USLACKBOT"
# When accounts were last changed, in seconds since 1970.
UPDATED = 1_760_000_000


class AccountKind(StrEnum):
    """What is special about an account."""

    MEMBER = "member"
    ADMIN = "admin"
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    BOT = "bot"
    EXTERNAL = "external"
    NO_EMAIL = "no_email"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account of the workspace, or one from elsewhere that shares a channel with it."""

    id: str
    name: str
    real_name: str
    title: str = ""
    kind: AccountKind = AccountKind.MEMBER
    email: str | None = None
    tz: str = "Europe/Berlin"
    tz_label: str = "Central European Time"
    tz_offset: int = 3600
    enterprise_id: str | None = None

    @property
    def can_sign_in(self) -> bool:
        """Whether somebody can sit in front of Slack as this account."""
        return self.kind not in {AccountKind.BOT, AccountKind.DEACTIVATED}

    @property
    def team_id(self) -> str:
        """The workspace the account belongs to."""
        return PARTNER_TEAM_ID if self.kind is AccountKind.EXTERNAL else TEAM_ID


def seeded() -> tuple[Person, ...]:
    """Everybody whom a tester can look at, ordinary members first."""
    return (
        Person(
            id="U0MARIA0001",
            name="maria.keller",
            real_name="Maria Keller",
            title="Biologist",
            email="maria@example.com",
        ),
        Person(id="U0TOM000002", name="tom.okafor", real_name="Tom Okafor", title="Physicist", email="tom@example.com"),
        Person(
            id="U0YUKI00003",
            name="yuki.tanaka",
            real_name="Yuki Tanaka (田中 優希)",
            title="Statistician",
            email="yuki@example.com",
            tz="Asia/Tokyo",
            tz_label="Japan Standard Time",
            tz_offset=32400,
        ),
        Person(
            id="U0INES00004",
            name="ines.duarte",
            real_name="Ines Duarte",
            title="Keeper of the big machine",
            kind=AccountKind.ADMIN,
            email="ines@example.com",
        ),
        Person(
            id="U0PAUL00005",
            name="paul.winter",
            real_name="Paul Winter",
            title="Visiting student",
            kind=AccountKind.GUEST,
            email="paul@example.com",
        ),
        Person(
            id="U0GRETA0006",
            name="greta.holm",
            real_name="Greta Holm",
            title="Left last year",
            kind=AccountKind.DEACTIVATED,
            email="greta@example.com",
        ),
        Person(id="U0BUILDS007", name="buildbot", real_name="Build Bot", title="Another app", kind=AccountKind.BOT),
        Person(
            id="U0SAM000008",
            name="sam.rivera",
            real_name="Sam Rivera",
            title="Partner company",
            kind=AccountKind.EXTERNAL,
            email="sam@partner.example.com",
        ),
        Person(
            id="U0JONAS0009",
            name="jonas.weber",
            real_name="Jonas Weber",
            title="Without e-mail",
            kind=AccountKind.NO_EMAIL,
        ),
        Person(
            id="U0AIKO00010",
            name="aiko.mori",
            real_name="Aiko Mori",
            title="E-mail not confirmed",
            kind=AccountKind.UNCONFIRMED,
            email="aiko@example.com",
        ),
    )


def in_enterprise(everybody: Iterable[Person]) -> Iterator[Person]:
    """These people in a workspace of an Enterprise Grid, and one whose id begins with W, as older ones there do."""
    nora = Person(
        id="W0NORA00011",
        name="nora.lind",
        real_name="Nora Lind",
        title="Chemist with an id of the whole enterprise",
        email="nora@example.com",
    )
    for person in (*everybody, nora):
        is_ours = person.kind is not AccountKind.EXTERNAL
        yield replace(person, enterprise_id=ENTERPRISE_ID) if is_ours else person


def more(number: int) -> tuple[Person, ...]:
    """That many more members, for a crowd."""
    return tuple(
        Person(
            id=f"U0CROWD{count:04}",
            name=f"member.{count}",
            real_name=f"Member {count}",
            title="One of the crowd",
            email=f"member{count}@example.com",
        )
        for count in range(1, number + 1)
    )


def machines(bot_name: str) -> tuple[Person, ...]:
    """The accounts nobody sits in front of: the app's own bot user and Slackbot."""
    return (
        Person(id=BOT_USER_ID, name=bot_name.lower().replace(" ", ""), real_name=bot_name, kind=AccountKind.BOT),
        Person(id=SLACKBOT_ID, name="slackbot", real_name="Slackbot", kind=AccountKind.BOT),
    )


def as_user(person: Person, *, with_email: bool) -> dict[str, Any]:
    """Slack's user object; `profile.email` is only there with the scope users:read.email."""
    user: dict[str, Any] = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.kind is AccountKind.DEACTIVATED,
        "profile": _as_profile(person, with_email=with_email),
        # Slackbot is no bot in Slack's own eyes.
        "is_bot": person.kind is AccountKind.BOT and person.id != SLACKBOT_ID,
        "updated": UPDATED,
        "is_app_user": False,
        "real_name": person.real_name,
    }
    if person.kind is AccountKind.DEACTIVATED:
        return user
    return user | {
        "color": "4bbe2e",
        "tz": person.tz,
        "tz_label": person.tz_label,
        "tz_offset": person.tz_offset,
        "is_admin": person.kind is AccountKind.ADMIN,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.kind is AccountKind.GUEST,
        "is_ultra_restricted": False,
        "is_email_confirmed": person.kind is not AccountKind.UNCONFIRMED,
        "who_can_share_contact_card": "EVERYONE",
        **({"is_stranger": False} if person.kind is AccountKind.EXTERNAL else {}),
        **({"enterprise_user": _as_enterprise_user(person)} if person.enterprise_id else {}),
    }


def _as_enterprise_user(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "enterprise_id": person.enterprise_id,
        "enterprise_name": ENTERPRISE_NAME,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": [person.team_id],
    }


def _as_profile(person: Person, *, with_email: bool) -> dict[str, Any]:
    first_name, _, last_name = person.real_name.partition(" ")
    profile: dict[str, Any] = {
        "title": person.title,
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_emoji": "",
        "first_name": first_name,
        "last_name": last_name,
        "team": person.team_id,
    }
    if with_email and person.email is not None:
        profile["email"] = person.email
    if person.id == BOT_USER_ID:
        profile |= {"api_app_id": APP_ID, "bot_id": BOT_ID, "always_active": True}
    return profile
