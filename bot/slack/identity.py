"""Who somebody in Slack is: a requester with a confirmed e-mail address, or a refusal that says why."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.settings import SlackSettings
from runner.errors import Refused
from runner.jobs import Requester
from runner.system.clock import Monotonic

_MOST_KEPT = 10_000
_SLACKBOT = "USLACKBOT"
_UNKNOWN = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeWorkspace:
    """The workspace we are installed in, and the organisation it belongs to, if any."""

    team_id: str
    enterprise_id: str | None = None


class Identities:
    """Finds requesters by ``users.info`` and keeps them for a while; a bounded number. Safe for threads."""

    def __init__(
        self, home: HomeWorkspace, settings: SlackSettings, *, monotonic: Monotonic, at_most: int = _MOST_KEPT
    ) -> None:
        self._home = home
        self._settings = settings
        expiry = settings.identity_expiry.total_seconds()
        self._kept = TTLCache[str, Requester, float](at_most, expiry, timer=monotonic)
        self._lock = threading.Lock()

    def requester(self, client: WebClient, user_id: str) -> Requester:
        """The person of that id. Raises Refused with the reason, SlackApiError where Slack does not answer."""
        with self._lock:
            known = self._kept.get(user_id)
        if known is not None:
            return known
        person = identify(_user(client, user_id), self._home, allow_guests=self._settings.allow_guests)
        with self._lock:
            self._kept[user_id] = person
        return person

    def user_ids(self, client: WebClient, emails: Iterable[str]) -> dict[str, str]:
        """The members of the workspace with these addresses, by address; whom Slack does not know is left out."""
        with self._lock:
            known = {person.email: person.user_id for person in self._kept.values()}
        found = {email: known.get(email) or _user_id(client, email) for email in emails}
        return {email: user_id for email, user_id in found.items() if user_id is not None}


def identify(user: Mapping[str, Any], home: HomeWorkspace, *, allow_guests: bool) -> Requester:
    """The requester that Slack's user object describes; Refused with the first reason against it."""
    for reason in _reasons_against(user, home, allow_guests=allow_guests):
        raise Refused(reason)
    profile = user.get("profile") or {}
    return Requester(
        user_id=user["id"],
        team_id=home.team_id,
        email=profile["email"],
        name=user.get("real_name") or profile.get("real_name") or profile.get("display_name") or user["id"],
        time_zone=user.get("tz") or "UTC",
    )


def _user(client: WebClient, user_id: str) -> Mapping[str, Any]:
    try:
        user: Mapping[str, Any] = client.users_info(user=user_id)["user"]
    except SlackApiError as error:
        if error.response.get("error") in _UNKNOWN:
            raise Refused("Slack tells us nothing of your account; only members here can run scripts.") from error
        raise
    return user


def _user_id(client: WebClient, email: str) -> str | None:
    try:
        return str(client.users_lookupByEmail(email=email)["user"]["id"])
    except SlackApiError as error:
        if error.response.get("error") in _UNKNOWN:
            return None
        raise


def _reasons_against(user: Mapping[str, Any], home: HomeWorkspace, *, allow_guests: bool) -> Iterator[str]:
    profile = user.get("profile") or {}
    if user.get("deleted"):
        yield "This account is deactivated, so it cannot run scripts."
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("is_connector_bot") or user["id"] == _SLACKBOT:
        yield "Bots cannot run scripts; ask a person to do it."
    if user.get("is_stranger") or not _is_at_home(user, home):
        yield "You belong to another workspace; only members of this one can run scripts."
    if (user.get("is_restricted") or user.get("is_ultra_restricted")) and not allow_guests:
        yield "Guests of this workspace cannot run scripts; ask a member to do it."
    if not profile.get("email"):
        yield "Slack gives no e-mail address for your account, and ScriptRunner needs one to know you by."
    if user.get("is_email_confirmed") is False:
        yield "Your e-mail address is not confirmed in Slack yet; confirm it and try again."


def _is_at_home(user: Mapping[str, Any], home: HomeWorkspace) -> bool:
    enterprise = user.get("enterprise_user") or {}
    if home.enterprise_id is not None and enterprise.get("enterprise_id") == home.enterprise_id:
        return home.team_id in enterprise.get("teams", [home.team_id])
    return bool(user.get("team_id") == home.team_id)
