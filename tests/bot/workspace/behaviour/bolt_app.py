"""An app made with slack_bolt that uses all that the stand-in plays; javascript/bolt_app.js is the same in JavaScript.

Its environment says where Slack is (SLACK_API_URL) and who it is; with PORT it takes requests, else it uses Socket
Mode.
"""

import os
import threading
import urllib.request
from typing import Any

import waitress
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

CITIES = ("Berlin", "Bergen", "Bern", "Lisbon")

client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
app = App(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str) -> dict[str, Any]:
    return {
        "type": "actions",
        "block_id": "buttons",
        "elements": [{"type": "button", "action_id": action_id, "text": plain(text)}],
    }


def form(title: str) -> dict[str, Any]:
    note = {"type": "plain_text_input", "action_id": "note"}
    city = {"type": "external_select", "action_id": "city", "min_query_length": 2}
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Go"),
        "notify_on_close": True,
        "blocks": [
            {"type": "input", "block_id": "note", "label": plain("Note"), "element": note},
            {"type": "input", "block_id": "city", "label": plain("City"), "element": city, "optional": True},
            button("More", "more"),
        ],
    }


def refusal(act: Any) -> str:
    """Slack's error and what it says of it, as the SDK hands it on."""
    try:
        act()
    except SlackApiError as error:
        answer = error.response
        told = [answer["error"], answer.get("needed"), *answer.get("response_metadata", {}).get("messages", [])]
        return " | ".join(each for each in told if each)
    return "accepted"


@app.command("/go")
def go(ack: Any, command: dict[str, Any], respond: Any) -> None:
    word, _, rest = command["text"].partition(" ")
    user = command["user_id"]
    match word:
        case "late":
            threading.Event().wait(4)
            ack("too late")
        case "form":
            ack()
            client.views_open(trigger_id=command["trigger_id"], view=form("A form"))
        case "upload":
            ack()
            channel = client.chat_postMessage(channel=user, text="a file comes")["channel"]
            client.files_upload_v2(filename=rest, content=f"content of {rest}", channel=channel, initial_comment="here")
        case "thread":
            ack()
            use_thread(user, rest)
        case "button":
            ack()
            client.chat_postMessage(channel=user, text="press it", blocks=[button("Press", "press")])
        case "respond":
            ack()
            for turn in range(int(rest)):
                respond(f"answer {turn}")
        case "refused":
            ack(refused(rest, user, command["trigger_id"]))
        case _:
            ack(f"echo {command['text']}")


def use_thread(user: str, filename: str) -> None:
    """A message with a mark, an answer that is sent to the conversation too and updated, and a file in the thread."""
    root = client.chat_postMessage(channel=user, text="a job")
    place = {"channel": root["channel"], "thread_ts": root["ts"]}
    client.reactions_add(channel=root["channel"], timestamp=root["ts"], name="eyes")
    answer = client.chat_postMessage(**place, text="it ends", reply_broadcast=True)
    client.chat_update(channel=root["channel"], ts=answer["ts"], text="it ended")
    client.files_upload_v2(**place, filename=filename, content=f"content of {filename}", initial_comment="results")


def refused(why: str, user: str, trigger_id: str) -> str:
    """What Slack says to a call that it has to refuse."""
    match why:
        case "blocks":
            return refusal(lambda: client.chat_postMessage(channel=user, text="x", blocks=[{"type": "section"}]))
        case "nowhere":
            return refusal(lambda: client.chat_postMessage(channel="C0NOWHERE", text="x"))
        case "scope":
            return refusal(client.team_info)
        case _:
            client.views_open(trigger_id=trigger_id, view=form("A form"))
            return refusal(lambda: client.views_open(trigger_id=trigger_id, view=form("A form")))


@app.action("more")
def more(ack: Any, body: dict[str, Any]) -> None:
    ack()
    user = body["user"]["id"]
    told = refusal(lambda: client.views_push(trigger_id=body["trigger_id"], view=form("One more")))
    client.chat_postMessage(channel=user, text=f"push {told}")


@app.action("press")
def press(ack: Any, body: dict[str, Any]) -> None:
    ack()
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="pressed", blocks=[])


@app.options("city")
def cities(ack: Any, payload: dict[str, Any]) -> None:
    found = [city for city in CITIES if city.lower().startswith(payload["value"].lower())]
    ack(options=[{"text": plain(city), "value": city.lower()} for city in found])


@app.view("form")
def submitted(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
    values = view["state"]["values"]
    note = values["note"]["note"]["value"]
    match note:
        case "errors":
            ack(response_action="errors", errors={"note": "not that"})
        case "update":
            ack(response_action="update", view=form("Updated"))
        case "push":
            ack(response_action="push", view=form("Pushed"))
        case "clear":
            ack(response_action="clear")
        case _:
            ack()
            city = (values["city"]["city"]["selected_option"] or {}).get("value", "nowhere")
            client.chat_postMessage(channel=body["user"]["id"], text=f"noted {note} in {city}")


@app.view_closed("form")
def closed(ack: Any, body: dict[str, Any]) -> None:
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text=f"closed {'all' if body['is_cleared'] else 'one'}")


@app.shortcut("use")
def use(ack: Any, shortcut: dict[str, Any]) -> None:
    ack()
    user = shortcut["user"]["id"]
    file = client.files_info(file=shortcut["message"]["files"][0]["id"])["file"]
    headers = {"Authorization": f"Bearer {client.token}"}
    request = urllib.request.Request(file["url_private_download"], headers=headers)  # noqa: S310 - a loopback address
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - a loopback address
        client.chat_postMessage(channel=user, text=f"read {answer.read().decode()}")


@app.event("app_home_opened")
def opened(event: dict[str, Any]) -> None:
    text = {"type": "mrkdwn", "text": f"Home of <@{event['user']}>"}
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "section", "text": text}]})


@app.event("message")
def heard(event: dict[str, Any], say: Any) -> None:
    before = event.get("previous_message", {})
    if before and not before.get("bot_id"):
        say(text=f"{event['subtype']} {before['text']} -> {event.get('message', {}).get('text', '')}")
    elif event.get("text", "").startswith("hello"):
        say(text=f"heard {event['text']}", thread_ts=event["ts"])


if __name__ == "__main__":
    if "PORT" in os.environ:
        waitress.serve(SlackRequestHandler(app), host="127.0.0.1", port=int(os.environ["PORT"]), threads=10)
    else:
        SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
