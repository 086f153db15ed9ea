"""The payloads that tell the app what a person did."""

from collections.abc import Mapping
from typing import Any

from bot.workspace import ids
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.messages import Message
from bot.workspace.state.people import APP_ID, BOT_USER_ID, ENTERPRISE_ID, ENTERPRISE_NAME, TEAM_DOMAIN, TEAM_ID, Person
from bot.workspace.state.views import View

# Slack still fills in the deprecated verification token; apps must not rely on it.
VERIFICATION_TOKEN = "stand-in-verification-token"  # noqa: S105 - no secret


def command(
    person: Person, conversation: Conversation, *, typed: tuple[str, str], trigger_id: str, response_url: str
) -> dict[str, Any]:
    """A slash command; `typed` is its name and the text after it."""
    name, text = typed
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": conversation.id,
        "channel_name": conversation.name_for_payload,
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        **({"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME} if person.enterprise_id else {}),
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def from_view(person: Person, view: View) -> dict[str, Any]:
    """What a block_actions or block_suggestion says of the view it comes from."""
    return {**_head(person), "container": {"type": "view", "view_id": view.id}, "view": view.as_slack()}


def from_message(person: Person, conversation: Conversation, message: Message) -> dict[str, Any]:
    """What a block_actions or block_suggestion says of the message it comes from."""
    return {
        **_head(person),
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": conversation.id,
            "is_ephemeral": message.only_for is not None,
            **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        },
        "channel": {"id": conversation.id, "name": conversation.name_for_payload},
        "message": message.as_slack(),
        "state": {"values": message.values},
    }


def shortcut(person: Person, callback_id: str, *, trigger_id: str, now: float) -> dict[str, Any]:
    """A global shortcut; unlike other interactions it does not name the app."""
    head = {name: value for name, value in _head(person).items() if name != "api_app_id"}
    return {
        "type": "shortcut",
        **head,
        "action_ts": f"{now:.6f}",
        "callback_id": callback_id,
        "trigger_id": trigger_id,
    }


def message_shortcut(
    as_global: Mapping[str, Any], conversation: Conversation, message: Message, response_url: str
) -> dict[str, Any]:
    """What a global shortcut says, and the message that this one is about."""
    return {
        **as_global,
        "type": "message_action",
        "channel": {"id": conversation.id, "name": conversation.name_for_payload},
        "response_url": response_url,
        "message_ts": message.ts,
        "message": message.as_slack(),
    }


def action(
    block: Mapping[str, Any], element: Mapping[str, Any], entered: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """One entry of `actions`: the element that was used and what it gives."""
    given = {key: element[key] for key in ("text", "value", "style", "placeholder") if key in element}
    return {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        **given,
        **entered,
        "action_ts": f"{now:.6f}",
    }


def submission(person: Person, view: View, trigger_id: str, response_urls: list[dict[str, Any]]) -> dict[str, Any]:
    """A submitted modal, with an address for each conversation that was chosen to be answered in."""
    return {
        "type": "view_submission",
        **_head(person),
        "trigger_id": trigger_id,
        "view": view.as_slack(),
        "response_urls": response_urls,
    }


def closing(person: Person, view: View, *, is_cleared: bool) -> dict[str, Any]:
    """A modal that was closed without being submitted."""
    return {"type": "view_closed", **_head(person), "view": view.as_slack(), "is_cleared": is_cleared}


def home_opened(person: Person, conversation: Conversation, home: View | None, ts: str, tab: str) -> dict[str, Any]:
    """The inner event of a person who looks at the app: at its Home tab, or at the messages."""
    event = {"type": "app_home_opened", "user": person.id, "channel": conversation.id, "tab": tab, "event_ts": ts}
    return event | ({"view": home.as_slack()} if home and tab == "home" else {})


def message_event(message: Message, conversation: Conversation) -> dict[str, Any]:
    """The inner event of a message that somebody, or the app, writes where the app is."""
    return {
        **({"subtype": "file_share"} if message.files else {}),
        **message.as_slack(),
        "channel": conversation.id,
        "channel_type": conversation.kind,
        "event_ts": message.ts,
    }


def mention_event(message: Message, conversation: Conversation) -> dict[str, Any]:
    """The inner event of a message that mentions the app."""
    return {**message.as_slack(), "type": "app_mention", "channel": conversation.id, "event_ts": message.ts}


def reaction_event(message: Message, conversation: Conversation, name: str, ts: str) -> dict[str, Any]:
    """The inner event of an emoji that the app put beneath a message."""
    return {
        "type": "reaction_added",
        "user": BOT_USER_ID,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": conversation.id, "ts": message.ts},
        "event_ts": ts,
    }


def changed_event(before: dict[str, Any], message: Message, conversation: Conversation, ts: str) -> dict[str, Any]:
    """The inner event of a message that was edited."""
    return {
        **_hidden("message_changed", conversation, ts),
        "message": message.as_slack(),
        "previous_message": before,
    }


def deleted_event(deleted_ts: str, before: dict[str, Any], conversation: Conversation, ts: str) -> dict[str, Any]:
    """The inner event of a message that was deleted; `before` is what it was."""
    return {
        **_hidden("message_deleted", conversation, ts),
        "deleted_ts": deleted_ts,
        "previous_message": before,
    }


def _hidden(subtype: str, conversation: Conversation, ts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": conversation.id,
        "channel_type": conversation.kind,
        "ts": ts,
        "event_ts": ts,
    }


def event(inner: dict[str, Any], now: float, *, is_enterprise: bool) -> dict[str, Any]:
    """The outer part of an Events API payload."""
    enterprise_id = ENTERPRISE_ID if is_enterprise else None
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": inner,
        "type": "event_callback",
        "event_id": ids.make("Ev"),
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": enterprise_id,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": ids.make("EC"),
    }


def _head(person: Person) -> dict[str, Any]:
    is_enterprise = person.enterprise_id is not None
    of_team = {"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME} if is_enterprise else {}
    return {
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN, **of_team},
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": {"id": ENTERPRISE_ID, "name": ENTERPRISE_NAME} if is_enterprise else None,
        "is_enterprise_install": False,
    }
