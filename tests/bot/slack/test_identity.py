"""Who is taken for a requester, and what the others are told."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.identity import HomeWorkspace, Identities, identify
from bot.slack.settings import SlackSettings
from runner.errors import Refused
from runner.jobs import Requester
from tests.support.slack.person import (
    BOT,
    DEACTIVATED,
    EXTERNAL,
    GUEST,
    MARIA,
    NO_EMAIL,
    TOM,
    UNCONFIRMED,
    Json,
    Workspace,
)
from tests.support.slack.stand_in import SECRETS

HOME = HomeWorkspace(team_id="T1")
GRID = HomeWorkspace(team_id="T1", enterprise_id="E1")
FINE: Json = {
    "id": "U1",
    "team_id": "T1",
    "deleted": False,
    "real_name": "Real Name",
    "is_email_confirmed": True,
    "profile": {"email": "a@example.com", "display_name": "shown", "real_name": "Real Name"},
}
IN_GRID = {"enterprise_user": {"id": "W1", "enterprise_id": "E1", "teams": ["T1", "T2"]}}
REFUSED: list[tuple[str, Json, HomeWorkspace, str]] = [
    ("deactivated", {"deleted": True}, HOME, "deactivated"),
    ("a bot", {"is_bot": True}, HOME, "Bots"),
    ("Slackbot", {"id": "USLACKBOT", "is_bot": False}, HOME, "Bots"),
    ("a workflow", {"is_workflow_bot": True}, HOME, "Bots"),
    ("a connector", {"is_connector_bot": True}, HOME, "Bots"),
    ("a stranger", {"is_stranger": True}, HOME, "another workspace"),
    ("of another team", {"team_id": "T2"}, HOME, "another workspace"),
    ("of no team", {"team_id": None}, HOME, "another workspace"),
    (
        "of another organisation",
        {"team_id": "T9", "enterprise_user": {"enterprise_id": "E2"}},
        GRID,
        "another workspace",
    ),
    ("in another workspace", {"enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}}, GRID, "another workspace"),
    ("of an organisation where we are in none", IN_GRID | {"team_id": "T2"}, HOME, "another workspace"),
    ("a guest", {"is_restricted": True}, HOME, "Guests"),
    ("a guest of one channel", {"is_ultra_restricted": True}, HOME, "Guests"),
    ("without e-mail", {"profile": {}}, HOME, "e-mail address"),
    ("with an empty e-mail", {"profile": {"email": ""}}, HOME, "e-mail address"),
    ("without profile", {"profile": None}, HOME, "e-mail address"),
    ("unconfirmed", {"is_email_confirmed": False}, HOME, "not confirmed"),
]


@pytest.mark.parametrize(("what", "home", "reason"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_who_may_not_is_told_why(what: Json, home: HomeWorkspace, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        identify(FINE | what, home, allow_guests=False)


@pytest.mark.parametrize(
    ("what", "home"),
    [
        pytest.param({}, HOME, id="a member"),
        pytest.param({}, GRID, id="a member before the organisation"),
        pytest.param(IN_GRID, GRID, id="a member of the organisation"),
        pytest.param(IN_GRID | {"team_id": "E1"}, GRID, id="a member known by the organisation"),
        pytest.param({"enterprise_user": {"enterprise_id": "E1"}, "team_id": "E1"}, GRID, id="without a list of teams"),
        pytest.param({"is_email_confirmed": None}, HOME, id="nothing said of confirmation"),
    ],
)
def test_members_are_requesters(what: Json, home: HomeWorkspace) -> None:
    found = identify(FINE | what, home, allow_guests=False)

    assert found == Requester(user_id="U1", team_id="T1", email="a@example.com", name="Real Name")


@pytest.mark.parametrize("what", ["is_restricted", "is_ultra_restricted"])
def test_guests_are_requesters_where_the_settings_say_so(what: str) -> None:
    assert identify(FINE | {what: True}, HOME, allow_guests=True).user_id == "U1"


@pytest.mark.parametrize(
    ("profile", "real_name", "name"),
    [
        ({"display_name": "ada.l"}, "Ada Lovelace", "Ada Lovelace"),
        ({"display_name": "ada.l", "real_name": "Profile's"}, None, "Profile's"),
        ({"display_name": "ada.l"}, None, "ada.l"),
        ({}, None, "U1"),
    ],
)
def test_person_is_called_by_the_whole_name_where_there_is_one(profile: Json, real_name: str | None, name: str) -> None:
    user = FINE | {"profile": profile | {"email": "a@example.com"}, "real_name": real_name}

    assert identify(user, HOME, allow_guests=False).name == name


class Monotonic:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def client(stand_in: Workspace) -> WebClient:
    return WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=stand_in.api_url)


@pytest.fixture
def identities(monotonic: Monotonic) -> Identities:
    settings = SlackSettings(identity_expiry=timedelta(minutes=10))
    return Identities(HomeWorkspace(team_id="T0WORKSHOP1"), settings, monotonic=monotonic)


@pytest.fixture
def asked(stand_in: Workspace) -> Callable[[], int]:
    """How often Slack was asked for a person since the test began."""

    def count() -> int:
        return sum("users.info" in str(entry) for entry in stand_in.log())

    before = count()
    return lambda: count() - before


def test_person_is_asked_for_once_until_what_is_known_is_too_old(
    identities: Identities, client: WebClient, monotonic: Monotonic, asked: Callable[[], int]
) -> None:
    for minutes in (0, 5, 4.9):
        monotonic.now += minutes * 60
        assert identities.requester(client, MARIA).email == "maria@example.com"
    assert asked() == 1

    monotonic.now += 60

    identities.requester(client, MARIA)
    assert asked() == 2


def test_two_people_are_never_mixed_up(identities: Identities, client: WebClient) -> None:
    found: list[tuple[str, str]] = []

    def ask(user_id: str) -> None:
        found.extend((user_id, identities.requester(client, user_id).user_id) for _ in range(50))

    threads = [threading.Thread(target=ask, args=(user_id,)) for user_id in (MARIA, TOM) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 200
    assert all(asked == known for asked, known in found)


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [
        (BOT, "Bots"),
        (DEACTIVATED, "deactivated"),
        (EXTERNAL, "another workspace"),
        (GUEST, "Guests"),
        (NO_EMAIL, "e-mail address"),
        (UNCONFIRMED, "not confirmed"),
        ("U0NOBODY", "nothing of your account"),
    ],
)
def test_refusal_is_never_remembered(
    identities: Identities, client: WebClient, asked: Callable[[], int], user_id: str, reason: str
) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match=reason):
            identities.requester(client, user_id)

    assert asked() == 2


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible"])
def test_account_that_slack_hides_is_refused(
    identities: Identities, client: WebClient, stand_in: Workspace, error: str
) -> None:
    stand_in.fail("users.info", error)

    with pytest.raises(Refused, match="nothing of your account"):
        identities.requester(client, MARIA)


@pytest.mark.parametrize("error", ["missing_scope", "internal_error", "fatal_error"])
def test_failure_of_slack_is_no_refusal(
    identities: Identities, client: WebClient, stand_in: Workspace, error: str
) -> None:
    stand_in.fail("users.info", error)

    with pytest.raises(SlackApiError, match=error):
        identities.requester(client, MARIA)

    assert identities.requester(client, MARIA).user_id == MARIA


class Directory:
    """Slack's users.info for a hundred thousand people, without the way there."""

    def __init__(self) -> None:
        self.asked = 0

    def users_info(self, *, user: str) -> dict[str, Any]:
        self.asked += 1
        return {"user": FINE | {"id": user, "team_id": "T0WORKSHOP1"}}


def test_of_a_hundred_thousand_people_the_last_ten_thousand_are_known(identities: Identities) -> None:
    directory: Any = Directory()
    for number in range(100_000):
        identities.requester(directory, f"U{number}")
    directory.asked = 0

    for number in range(90_000, 100_000):
        identities.requester(directory, f"U{number}")
    assert directory.asked == 0

    identities.requester(directory, "U89999")
    assert directory.asked == 1
