"""The Web API as slack_sdk's client sees it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace


def call(
    workspace: Workspace, path: str, body: bytes, content_type: str, *, token: str | None = None
) -> dict[str, Any]:
    headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(workspace.api_url + path, data=body, headers=headers)  # noqa: S310 - a loopback address
    with urlopen(request) as response:  # noqa: S310 - a loopback address
        answer: dict[str, Any] = json.load(response)
    return answer


def refusal(act: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        act()
    return dict(caught.value.response.data)


def test_auth_test_says_who_the_app_is_and_which_scopes_it_has(client: WebClient) -> None:
    answer = client.auth_test()
    assert answer["bot_id"].startswith("B")
    assert answer["user_id"].startswith("U")
    assert answer["team_id"].startswith("T")
    assert answer.headers["x-oauth-scopes"] == "commands,chat:write,users:read,users:read.email,im:write,im:history"


@pytest.mark.parametrize(("token", "error"), [(None, "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_calls_without_the_right_token_are_refused(workspace: Workspace, token: str | None, error: str) -> None:
    client = WebClient(token=token, base_url=workspace.api_url)
    assert refusal(client.auth_test)["error"] == error


def test_each_kind_of_token_opens_only_its_own_methods(workspace: Workspace) -> None:
    with_app_token = WebClient(token="xapp-test", base_url=workspace.api_url)
    with_bot_token = WebClient(token="xoxb-test", base_url=workspace.api_url)
    assert refusal(with_app_token.users_list)["error"] == "not_allowed_token_type"
    assert (
        refusal(lambda: with_bot_token.apps_connections_open(app_token="xoxb-test"))["error"]
        == "not_allowed_token_type"
    )
    assert with_app_token.apps_connections_open(app_token="xapp-test")["url"].startswith("ws://127.0.0.1:")


def test_a_method_slack_does_not_have_is_unknown(client: WebClient) -> None:
    assert refusal(lambda: client.api_call("jobs.run"))["error"] == "unknown_method"


def test_a_missing_scope_is_named(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=["chat:write"])
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    answer = refusal(lambda: client.users_info(user=person.MARIA))
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")


def test_a_missing_argument_is_named(client: WebClient) -> None:
    answer = refusal(lambda: client.api_call("users.info"))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


def test_arguments_come_as_json_form_or_query(workspace: Workspace) -> None:
    arguments = {"channel": person.MACHINE, "text": "hello"}
    form = urlencode({**arguments, "token": "xoxb-test"}).encode()
    content = json.dumps(arguments).encode()
    assert call(workspace, "chat.postMessage", content, "application/json; charset=utf-8", token="xoxb-test")["ok"]
    assert call(workspace, "chat.postMessage", form, "application/x-www-form-urlencoded")["ok"]
    assert call(workspace, f"chat.postMessage?{form.decode()}", b"", "application/x-www-form-urlencoded")["ok"]


def test_a_token_within_json_is_not_looked_for(workspace: Workspace) -> None:
    content = json.dumps({"token": "xoxb-test", "channel": person.MACHINE, "text": "hello"}).encode()
    assert call(workspace, "chat.postMessage", content, "application/json; charset=utf-8")["error"] == "not_authed"


def test_a_method_that_takes_no_json_ignores_it(workspace: Workspace) -> None:
    content = json.dumps({"user": person.MARIA}).encode()
    answer = call(workspace, "users.info", content, "application/json; charset=utf-8", token="xoxb-test")
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


def test_json_without_a_charset_is_warned_of(workspace: Workspace) -> None:
    answer = call(workspace, "auth.test", b"{}", "application/json", token="xoxb-test")
    assert (answer["ok"], answer["warning"]) == (True, "missing_charset")
    assert answer["response_metadata"] == {"warnings": ["missing_charset"]}


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"x", "text/xml", "invalid_post_type"),
        (b"x=1", "application/x-www-form-urlencoded; charset=koi8-r", "invalid_charset"),
        (b"user[0]=1", "application/x-www-form-urlencoded", "invalid_array_arg"),
        (b"a.b=1", "application/x-www-form-urlencoded", "invalid_arg_name"),
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
    ],
)
def test_what_is_no_call_is_refused(workspace: Workspace, content: bytes, content_type: str, error: str) -> None:
    assert call(workspace, "auth.test", content, content_type, token="xoxb-test")["error"] == error


def test_connections_are_opened_by_post_only(workspace: Workspace) -> None:
    request = Request(workspace.api_url + "apps.connections.open", headers={"Authorization": "Bearer xapp-test"})  # noqa: S310
    with urlopen(request) as response:  # noqa: S310 - a loopback address
        assert json.load(response)["error"] == "insecure_request"


def test_blocks_in_a_form_are_json_within_text(workspace: Workspace, maria: Person) -> None:
    blocks = json.dumps([{"type": "divider"}])
    form = urlencode({"token": "xoxb-test", "channel": person.MARIA, "text": "hi", "blocks": blocks}).encode()
    assert call(workspace, "chat.postMessage", form, "application/x-www-form-urlencoded")["ok"]
    assert maria.dm()[0]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("body", "error"), [(b"{", "invalid_json"), (b"[]", "json_not_object"), (b"[" * 100_000, "invalid_json")]
)
def test_a_malformed_body_is_answered(workspace: Workspace, body: bytes, error: str) -> None:
    assert call(workspace, "auth.test", body, "application/json")["error"] == error


ODD: tuple[Any, ...] = (5, [], {}, None, True, "\ud800", "x" * 100_000, -1e400, [[[]]], {"type": []}, [{"type": {}}])


@pytest.mark.parametrize("method", ["users.info", "chat.postMessage", "chat.update", "views.open", "views.publish"])
def test_odd_arguments_never_end_the_process(client: WebClient, method: str) -> None:
    names = ("user", "channel", "text", "ts", "blocks", "view", "trigger_id", "user_id", "hash", "attachments")
    for value in ODD:
        answer = refusal(partial(client.api_call, method, json=dict.fromkeys(names, value)))
        assert answer["error"] != "internal_error", value
    assert client.auth_test()["ok"]


def test_a_member_has_a_confirmed_address_in_the_profile(client: WebClient) -> None:
    user = client.users_info(user=person.MARIA)["user"]
    assert user["profile"]["email"] == "maria@example.com"
    assert user["is_email_confirmed"] is True
    assert (user["deleted"], user["is_bot"], user["is_restricted"], user["is_admin"]) == (False, False, False, False)
    assert user["tz"] == "Europe/Berlin"


def test_addresses_are_hidden_without_their_scope(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=["users:read"])
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    assert "email" not in client.users_info(user=person.MARIA)["user"]["profile"]


def test_every_kind_of_account_can_be_told_apart(client: WebClient) -> None:
    def user(user_id: str) -> dict[str, Any]:
        return dict(client.users_info(user=user_id)["user"])

    assert user(person.ADMIN)["is_admin"] is True
    assert user(person.GUEST)["is_restricted"] is True
    assert user(person.DEACTIVATED)["deleted"] is True
    assert user(person.BOT)["is_bot"] is True
    assert user(person.EXTERNAL)["team_id"] != user(person.MARIA)["team_id"]
    assert "email" not in user(person.NO_EMAIL)["profile"]
    assert user(person.UNCONFIRMED)["is_email_confirmed"] is False
    assert refusal(lambda: user("U0NOBODY"))["error"] == "user_not_found"


def test_people_are_found_by_their_address(client: WebClient) -> None:
    assert client.users_lookupByEmail(email="tom@example.com")["user"]["id"] == person.TOM
    assert refusal(lambda: client.users_lookupByEmail(email="no@example.com"))["error"] == "users_not_found"


def test_a_list_of_people_comes_in_pages(client: WebClient) -> None:
    everybody = [member["id"] for member in client.users_list()["members"]]
    paged = [member["id"] for page in client.users_list(limit=4) for member in page["members"]]
    assert paged == everybody
    assert person.EXTERNAL not in everybody


def test_a_message_to_a_person_lands_in_the_direct_messages(client: WebClient, maria: Person) -> None:
    answer = client.chat_postMessage(channel=maria.id, text="hello")
    assert answer["channel"].startswith("D")
    assert answer["message"]["bot_id"]
    assert maria.dm()[0]["text"] == "hello"
    assert client.conversations_open(users=maria.id)["channel"]["id"] == answer["channel"]


def test_others_do_not_see_direct_messages(client: WebClient, workspace: Workspace, maria: Person) -> None:
    client.chat_postMessage(channel=maria.id, text="hello")
    assert workspace.person(person.TOM).dm() == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": person.GENERAL, "text": "x"}, "not_in_channel"),
        ({"channel": person.DEACTIVATED, "text": "x"}, "channel_not_found"),
        ({"channel": person.MACHINE}, "no_text"),
        ({"channel": person.MACHINE, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": person.MACHINE, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    ],
)
def test_messages_that_slack_would_not_post_are_refused(
    client: WebClient, arguments: dict[str, Any], error: str
) -> None:
    assert refusal(lambda: client.api_call("chat.postMessage", json=arguments))["error"] == error


def test_direct_messages_need_the_messages_tab(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(messages_tab_enabled=False)
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    assert refusal(lambda: client.chat_postMessage(channel=person.MARIA, text="x"))["error"] == "messages_tab_disabled"


def test_long_text_is_cut_when_posted_and_refused_when_updated(client: WebClient, maria: Person) -> None:
    answer = client.chat_postMessage(channel=maria.id, text="x" * 40_001)
    assert len(maria.dm()[0]["text"]) == 40_000
    update = {"channel": answer["channel"], "ts": answer["ts"]}
    assert refusal(lambda: client.chat_update(**update, text="x" * 4001))["error"] == "msg_too_long"


def test_a_message_can_be_updated_and_deleted(client: WebClient, maria: Person) -> None:
    answer = client.chat_postMessage(channel=maria.id, text="one")
    client.chat_update(channel=answer["channel"], ts=answer["ts"], text="two")
    assert (maria.dm()[0]["text"], maria.dm()[0]["edited"]) == ("two", True)
    client.chat_delete(channel=answer["channel"], ts=answer["ts"])
    assert maria.dm() == []


def test_an_ephemeral_message_is_seen_by_one_person_only(
    client: WebClient, workspace: Workspace, maria: Person
) -> None:
    client.chat_postEphemeral(channel=person.MACHINE, user=maria.id, text="psst")
    assert [message["text"] for message in maria.messages(person.MACHINE)] == ["psst"]
    assert workspace.person(person.TOM).messages(person.MACHINE) == []


def test_invalid_blocks_are_refused_with_pointers(client: WebClient, maria: Person) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    blocks: list[dict[str, Any]] = [{"type": "section"}, header]
    answer = refusal(lambda: client.chat_postMessage(channel=maria.id, text="x", blocks=blocks))
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must define either `text` or `fields` [json-pointer:/blocks/0/type]",
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]",
    ]


def test_blocks_can_be_validated_without_a_token(workspace: Workspace) -> None:
    body = json.dumps({"blocks": json.dumps([{"type": "section", "text": {"type": "invalid", "text": "x"}}])}).encode()
    answer = call(workspace, "blocks.validate", body, "application/json")
    issue = {
        "code": "failed_constraint",
        "message": "unsupported type: invalid",
        "pointer": "/0/text/type",
        "constraint": {"type": "enum", "expected": ["plain_text", "mrkdwn"]},
    }
    assert (answer["error"], answer["errors"]) == ("invalid_blocks", [issue])
    assert call(workspace, "blocks.validate", b"{}", "application/json")["error"] == "invalid_arguments"


def test_a_test_can_let_calls_fail(client: WebClient, workspace: Workspace, maria: Person) -> None:
    workspace.fail("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=maria.id, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert client.chat_postMessage(channel=maria.id, text="x")["ok"]
