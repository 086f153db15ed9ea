"""What apps are answered about their blocks, and what people can press in the newer ones."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.blockkit.samples import SAMPLES, Json, button, plain
from tests.support.slack.person import Person

WRONG = {"type": "section", "text": {"type": "plain_text", "text": ""}}


def refusal(call: Callable[..., Any], **arguments: Any) -> Json:
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return dict(raised.value.response.data)


def test_right_json_is_said_to_be_right(client: WebClient) -> None:
    assert client.blocks_validate(blocks=[SAMPLES["blocks", "data_table"]])["ok"]
    assert client.blocks_validate(view=SAMPLES["views", "modal"])["ok"]
    assert client.blocks_validate(message={"text": "x", "blocks": [SAMPLES["blocks", "plan"]]})["ok"]


@pytest.mark.parametrize("status", [{}, {"status": "pending"}], ids=["none", "pending"])
def test_a_task_card_needs_no_status_and_may_be_pending(client: WebClient, status: Json) -> None:
    card = {"type": "task_card", "task_id": "t", "title": "x", **status}
    plan = {"type": "plan", "title": "x", "tasks": [card]}
    assert client.blocks_validate(blocks=[card, plan])["ok"]


@pytest.mark.parametrize("what", ["users", "channels", "conversations"])
def test_a_menu_may_begin_with_an_empty_list(client: WebClient, what: str) -> None:
    element = {"type": f"multi_{what}_select", f"initial_{what}": []}
    block = {"type": "input", "label": plain(), "element": element}
    assert client.blocks_validate(view=SAMPLES["views", "modal"] | {"blocks": [block]})["ok"]


@pytest.mark.parametrize(
    ("subject", "value", "pointer"),
    [
        ("blocks", [WRONG], "/0/text/text"),
        ("view", SAMPLES["views", "home"] | {"blocks": [WRONG]}, "/blocks/0/text/text"),
        ("message", {"attachments": [{"blocks": [WRONG]}]}, "/attachments/0/blocks/0/text/text"),
    ],
)
def test_wrong_json_is_explained_with_code_pointer_and_constraint(
    client: WebClient, subject: str, value: Any, pointer: str
) -> None:
    answer = refusal(client.blocks_validate, **{subject: value})

    assert answer["error"] == f"invalid_{subject}"
    assert answer["errors"][-1] == {
        "code": "failed_constraint",
        "message": "must be more than 0 characters",
        "pointer": pointer,
        "constraint": {"type": "min_length", "expected": 1},
    }


def test_a_missing_field_is_named(client: WebClient) -> None:
    answer = refusal(client.blocks_validate, blocks=[{"type": "header"}])

    missing = {"code": "missing_field", "message": "missing required field: text", "pointer": "/0", "field": "text"}
    assert answer["errors"] == [missing]


def test_one_thing_is_validated_at_a_time(client: WebClient) -> None:
    answer = refusal(client.blocks_validate, blocks=[], view=SAMPLES["views", "modal"])

    message = "must provide exactly one of `blocks`, `view`, or `message`"
    assert (answer["error"], answer["response_metadata"]["messages"]) == ("invalid_arguments", [message])


def test_what_is_validated_has_at_most_100_000_characters(client: WebClient) -> None:
    fitting = 100_000 - len('{"text":"","blocks":[]}')

    assert client.blocks_validate(message={"text": "x" * fitting, "blocks": []})["ok"]
    answer = refusal(client.blocks_validate, message={"text": "x" * (fitting + 1), "blocks": []})
    assert answer["error"] == "invalid_arguments"
    assert "must be less than 100001 characters [json-pointer:/message]" in answer["response_metadata"]["messages"][0]


def test_messages_and_views_are_refused_in_slacks_words(client: WebClient, maria: Person) -> None:
    line = "must be more than 0 characters"

    posted = refusal(client.chat_postMessage, channel=maria.id, text="x", blocks=[WRONG])
    assert posted["error"] == "invalid_blocks"
    assert f"{line} [json-pointer:/blocks/0/text/text]" in posted["errors"]
    assert f"[ERROR] {line} [json-pointer:/blocks/0/text/text]" in posted["response_metadata"]["messages"]

    attached = refusal(client.chat_postMessage, channel=maria.id, text="x", attachments=[{"blocks": [WRONG]}])
    assert f"{line} [json-pointer:/attachments/0/blocks/0/text/text]" in attached["errors"]

    published = refusal(client.views_publish, user_id=maria.id, view={"type": "home", "blocks": [WRONG]})
    assert published["error"] == "invalid_arguments"
    assert published["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
        "[ERROR] failed to match all allowed schemas [json-pointer:/view/blocks/0/text]",
        f"[ERROR] {line} [json-pointer:/view/blocks/0/text/text]",
    ]


def test_people_press_what_cards_containers_and_context_actions_hold(
    client: WebClient, maria: Person, app: App, connect: Callable[[App], Any]
) -> None:
    actions: list[Json] = []

    @app.action("pressed")
    def remember(ack: Any, action: Json) -> None:
        actions.append({key: action.get(key) for key in ("type", "block_id", "value")})
        ack()

    connect(app)
    feedback = SAMPLES["elements", "feedback_buttons"] | {"action_id": "pressed"}
    feedback = feedback | {"negative_button": {"text": plain("Bad"), "value": "bad"}}
    trash = {"type": "icon_button", "action_id": "pressed", "icon": "trash", "text": plain(), "value": "gone"}
    card = {"type": "card", "title": plain(), "actions": [button("pressed") | {"value": "more"}]}
    row = {"type": "actions", "block_id": "within", "elements": [button("pressed")]}
    blocks: list[Json] = [
        {"type": "context_actions", "block_id": "feedback", "elements": [feedback]},
        {"type": "context_actions", "block_id": "icons", "elements": [trash]},
        {"type": "carousel", "elements": [card | {"block_id": "first"}, card | {"block_id": "second"}]},
        {"type": "container", "title": plain(), "child_blocks": [row]},
    ]
    client.chat_postMessage(channel=maria.id, text="x", blocks=blocks)
    message = maria.in_message(maria.wait_for_dm("x"))

    assert maria.press(message, "feedback", "pressed", "bad")["ok"]
    assert maria.press(message, "icons", "pressed")["ok"]
    assert maria.press(message, "second", "pressed")["ok"]
    assert maria.press(message, "within", "pressed")["ok"]
    assert not maria.press(message, "feedback", "pressed", "neither")["ok"]
    assert actions == [
        {"type": "feedback_buttons", "block_id": "feedback", "value": "bad"},
        {"type": "icon_button", "block_id": "icons", "value": "gone"},
        {"type": "button", "block_id": "second", "value": "more"},
        {"type": "button", "block_id": "within", "value": None},
    ]
