"""Methods that apps use now and then: trying a call, emoji beneath messages, user groups, new channels."""

from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]
SCOPES = ("chat:write", "reactions:write", "reactions:read", "usergroups:read", "channels:manage", "channels:read")


def refusal(act: Callable[[], Any]) -> Json:
    with pytest.raises(SlackApiError) as caught:
        act()
    return dict(caught.value.response.data)


@pytest.fixture
def workspace(start_workspace: Callable[..., Workspace]) -> Workspace:
    return start_workspace(scopes=SCOPES, events=("reaction_added",))


def test_a_call_is_tried_without_doing_anything(workspace: Workspace) -> None:
    client = WebClient(base_url=workspace.api_url)
    assert client.api_test(foo="bar")["args"] == {"foo": "bar"}
    told = refusal(lambda: client.api_test(error="my_error"))
    assert (told["error"], told["args"]) == ("my_error", {"error": "my_error"})


def test_an_app_reacts_to_a_message_once_with_each_emoji(
    connect: Callable[[App], Any], client: WebClient, maria: Person
) -> None:
    heard: Queue[Json] = Queue()

    app = App(client=client, ignoring_self_events_enabled=False)

    @app.event("reaction_added")
    def listen(event: Json) -> None:
        heard.put(event)

    connect(app)
    maria.write("hello", person.MACHINE)
    (message,) = maria.messages(person.MACHINE)
    named = {"channel": person.MACHINE, "timestamp": message["ts"]}
    assert client.reactions_add(name="white_check_mark", **named)["ok"]
    assert refusal(lambda: client.reactions_add(name="white_check_mark", **named))["error"] == "already_reacted"
    assert client.reactions_add(name="eyes", **named)["ok"]
    (message,) = maria.messages(person.MACHINE)
    assert list(message["reactions"]) == ["white_check_mark", "eyes"]
    event = heard.get(timeout=10)
    assert (event["reaction"], event["item_user"]) == ("white_check_mark", maria.id)
    assert event["item"] == {"type": "message", "channel": person.MACHINE, "ts": message["ts"]}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"timestamp": "soon"}, "bad_timestamp"),
        ({"timestamp": "1000000000.000001"}, "message_not_found"),
        ({"channel": "C0NOWHERE01"}, "channel_not_found"),
        ({"name": "Not An Emoji"}, "invalid_name"),
    ],
)
def test_what_cannot_be_reacted_to_is_refused(client: WebClient, arguments: Json, error: str) -> None:
    posted = client.chat_postMessage(channel=person.MACHINE, text="x")
    named = {"channel": person.MACHINE, "timestamp": posted["ts"], "name": "eyes", **arguments}
    assert refusal(lambda: client.reactions_add(**named))["error"] == error


def test_user_groups_and_who_is_in_them_are_listed(client: WebClient) -> None:
    groups = client.usergroups_list(include_count=True)["usergroups"]
    assert [(one["handle"], one["user_count"], one["date_delete"]) for one in groups] == [
        ("assembly", 2, 0),
        ("machine-keepers", 1, 0),
    ]
    assert "users" not in groups[0]
    (former,) = client.usergroups_list(include_disabled=True, include_users=True)["usergroups"][2:]
    assert (former["users"], former["date_delete"] > 0) == ([person.YUKI], True)
    assert client.usergroups_users_list(usergroup=groups[0]["id"])["users"] == [person.MARIA, person.TOM]
    assert refusal(lambda: client.usergroups_users_list(usergroup="S0NOBODY001"))["error"] == "no_such_subteam"


def test_an_app_makes_a_channel_that_everybody_sees(client: WebClient, maria: Person) -> None:
    made = client.conversations_create(name="assembly-jobs")["channel"]
    assert (made["name"], made["is_member"], made["is_private"]) == ("assembly-jobs", True, False)
    client.chat_postMessage(channel=made["id"], text="welcome")
    assert [one["text"] for one in maria.messages("assembly-jobs")] == ["welcome"]
    assert made["id"] in [one["id"] for one in client.conversations_list()["channels"]]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("general", "name_taken"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Two Words", "invalid_name_specials"),
        ("--", "invalid_name_punctuation"),
    ],
)
def test_a_channel_cannot_have_just_any_name(client: WebClient, name: str, error: str) -> None:
    assert refusal(lambda: client.conversations_create(name=name))["error"] == error


def test_a_private_channel_needs_its_own_scope_and_is_hidden(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write", "groups:write", "groups:read"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    made = client.conversations_create(name="secret", is_private=True)["channel"]
    assert (made["is_private"], client.conversations_info(channel=made["id"])["ok"]) == (True, True)
    assert "secret" not in [one["name"] for one in workspace.person().state()["conversations"]]
    assert refusal(lambda: client.conversations_create(name="open"))["needed"] == "channels:manage"
