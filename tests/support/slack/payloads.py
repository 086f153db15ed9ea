"""What Slack sends for everything that people can do with the bot, one payload for each thing."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.slack.person import GENERAL, MARIA, Json

ROOT = Path(__file__).parents[3]
MANIFEST: Json = yaml.safe_load((ROOT / "manifest.yml").read_text())
_TEAM = {"id": "T0WORKSHOP1", "domain": "workshop"}
_MOMENTS = itertools.count(1_760_000_000)


def command(name: str, text: str = "", *, user_id: str = MARIA, response_url: str = "") -> Json:
    return {
        "team_id": _TEAM["id"],
        "channel_id": GENERAL,
        "user_id": user_id,
        "command": name,
        "text": text,
        "response_url": response_url,
        "trigger_id": "1.2.spent",
    }


def press(action_id: str, value: str = "", *, user_id: str = MARIA, view: Json | None = None, **more: Any) -> Json:
    """A button in a message, or an element in a view."""
    action = {
        "type": "button",
        "action_id": action_id,
        "block_id": "b",
        "value": value,
        "action_ts": f"{next(_MOMENTS)}.0",
    }
    place: Json = {"container": {"type": "message", "is_ephemeral": False}} if view is None else {"view": view}
    return _by(user_id, "block_actions", actions=[action], **place, **more)


def suggestion(action_id: str, typed: str = "", *, user_id: str = MARIA, view: Json, block_id: str = "b") -> Json:
    return _by(user_id, "block_suggestion", action_id=action_id, block_id=block_id, value=typed, view=view)


def submission(view: Json, *, user_id: str = MARIA) -> Json:
    return _by(user_id, "view_submission", view=view)


def on_message(callback_id: str, *, user_id: str = MARIA, response_url: str = "", files: Any = None) -> Json:
    """A shortcut of the app on a message, with files where it has any."""
    message = {"type": "message", "user": MARIA, "ts": "1.0", "text": "x", **({"files": files} if files else {})}
    return _by(
        user_id,
        "message_action",
        callback_id=callback_id,
        message=message,
        message_ts="1.0",
        channel={"id": GENERAL, "name": "general"},
        response_url=response_url,
    )


def home_opened(*, user_id: str = MARIA, tab: str = "home") -> Json:
    event = {"type": "app_home_opened", "user": user_id, "channel": "D1", "tab": tab}
    return {"type": "event_callback", "team_id": _TEAM["id"], "event": event}


def written(text: str = "hello", *, user_id: str = MARIA, files: Any = None, **more: Any) -> Json:
    """A message that somebody wrote to the app, with files where it has any."""
    has_files = {"subtype": "file_share", "files": files} if files is not None else {}
    event = {"type": "message", "user": user_id, "channel": "D1", "channel_type": "im", "text": text, **has_files}
    event |= {"ts": f"{next(_MOMENTS)}.000100", **more}
    return {"type": "event_callback", "team_id": _TEAM["id"], "event_id": f"Ev{event['ts']}", "event": event}


EVENTS = {"app_home_opened": home_opened, "message.im": written}
"""What makes the events that the manifest subscribes to."""


def every_act(view: Json, job: int, *, user_id: str = MARIA, response_url: str = "") -> Mapping[str, Json]:
    """All that one person can do, by name: the manifest's commands and events, and every element that is drawn."""
    commands = [each["command"] for each in MANIFEST["features"]["slash_commands"]]
    buttons = {
        "job.details": str(job),
        "job.log": str(job),
        "job.share": str(job),
        "job.send": str(job),
        "job.cancel": str(job),
        "job.delete": str(job),
        "job.keep": f"{job} 0",
        "job.again": str(job),
        "job.edit": str(job),
        "job.hold": str(job),
        "job.release": str(job),
        "job.front": str(job),
        "job.before_all": str(job),
        "job.more_time.1": f"{job} 1800",
        "home.bring": "bring",
        "conversation.help": "help",
        "conversation.files": "inbox 0123456789ab",
        "jobs.queue": "queue",
        "jobs.list.mine": "mine||||8|",
        "jobs.list.all": "all||||8|",
        "jobs.list.newer": "all|>1|||8|",
        "jobs.list.older": "all|<2|||8|",
        "jobs.list.size": "all||||25|",
        "jobs.list.person": user_id,
        "jobs.list.state": "failed",
        "jobs.list.script": "greet.sh",
        "jobs.list.since": "2026-03-01",
    }
    home = {"type": "home", "id": "V0"}
    log = open_log(job)
    acts = {name: command(name, user_id=user_id, response_url=response_url) for name in commands}
    acts |= {name: press(name, value, user_id=user_id, response_url=response_url) for name, value in buttons.items()}
    shortcuts = [each["callback_id"] for each in MANIFEST["features"]["shortcuts"]]
    acts |= {name: on_message(name, user_id=user_id, response_url=response_url) for name in shortcuts}
    acts |= {
        "runscript.open": press("runscript.open", user_id=user_id, view=home),
        "home.find": press("home.find", user_id=user_id, view=home),
        "runscript.choose": press("runscript.choose", user_id=user_id, view=view),
        "runscript.fill": press("runscript.fill", user_id=user_id, view=view),
        "runscript.advanced": press("runscript.advanced", "show", user_id=user_id, view=view),
        "runscript.source": press("runscript.source", user_id=user_id, view=view),
        "runscript.star": press("runscript.star", "add", user_id=user_id, view=view),
        "runscript.search": press("runscript.search", "greet", user_id=user_id, view=view),
        "runscript.pick.0": press("runscript.pick.0", '{"script": "greet.sh"}', user_id=user_id, view=view),
        "runscript.run.0": press("runscript.run.0", '{"script": "greet.sh"}', user_id=user_id, view=home),
        "choice": press("choice", user_id=user_id, view=view),
        "job.log.turn.older": press("job.log.turn.older", "before 5", user_id=user_id, view=log),
        "job.log.send": press("job.log.send", user_id=user_id, view=log),
        "job.log.view": submission(log, user_id=user_id),
        "preferences.open": press("preferences.open", user_id=user_id, view=home),
        "preferences.view": submission(open_settings(), user_id=user_id),
        "job.share.view": submission(open_sharing(job), user_id=user_id),
        "job.send.view": submission(send_me(job), user_id=user_id),
        "options of job.send.choose": suggestion("job.send.choose", user_id=user_id, view=send_me(job)),
        "runscript.form": submission(view, user_id=user_id),
        "runscript.review": submission({**view, "callback_id": "runscript.review"}, user_id=user_id),
        **{
            f"options of {name}": suggestion(name, user_id=user_id, view=view)
            for name in ("runscript.choose", "input", "jobs.list.script", "home.find")
        },
    }
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    return acts | {name: EVENTS[name](user_id=user_id) for name in events}


def open_log(job: int, *, word: str = "error") -> Json:
    """The modal with a job's log, a word typed in it."""
    return {
        "type": "modal",
        "id": "V9",
        "callback_id": "job.log.view",
        "title": {"type": "plain_text", "text": "Log"},
        "private_metadata": json.dumps({"job": job, "start": 0, "word": word}),
        "blocks": [],
        "state": {"values": {"find": {"word": {"type": "plain_text_input", "value": word}}}},
    }


def open_sharing(job: int, *, people: Sequence[str] = (), channels: Sequence[str] = ()) -> Json:
    """The modal that asks whom a job is to be shared with, filled in."""
    chosen = {"share.people": {"selected_users": [*people]}, "share.channels": {"selected_conversations": [*channels]}}
    return {
        "type": "modal",
        "id": "V8",
        "callback_id": "job.share.view",
        "title": {"type": "plain_text", "text": "Share"},
        "private_metadata": json.dumps({"job": job}),
        "blocks": [],
        "state": {"values": {block: {"chosen": value} for block, value in chosen.items()}},
    }


def open_settings() -> Json:
    """The modal with what a person is told, in which all is ticked for direct messages."""
    ticked = [{"value": topic} for topic in ("starts", "ends", "failures", "reminders")]
    return {
        "type": "modal",
        "id": "V7",
        "callback_id": "preferences.view",
        "title": {"type": "plain_text", "text": "Settings"},
        "private_metadata": json.dumps({"asks": False}),
        "blocks": [],
        "state": {"values": {"channel.slack": {"chosen": {"selected_options": ticked}}}},
    }


def send_me(job: int, *, key: str = "all") -> Json:
    """The modal in which a result is chosen, and one is."""
    chosen = {"type": "external_select", "selected_option": {"value": key}}
    return {
        "type": "modal",
        "id": "V8",
        "callback_id": "job.send.view",
        "title": {"type": "plain_text", "text": "Send me"},
        "private_metadata": str(job),
        "blocks": [],
        "state": {"values": {"result": {"job.send.choose": chosen}}},
    }


def _by(user_id: str, kind: str, **more: Any) -> Json:
    user = {"id": user_id, "username": "somebody", "team_id": _TEAM["id"]}
    return {"type": kind, "team": _TEAM, "user": user, "trigger_id": "1.2.spent", **more}
