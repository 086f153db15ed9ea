"""Channels in Slack that are to be told something."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from runner.errors import Refused
from runner.system.text import visible

_INVITE = "type /invite @ScriptRunner in it, then try once more"
_UNKNOWN = frozenset({"channel_not_found", "missing_scope"})


def channel_name(client: WebClient, channel_id: str) -> str:
    """The name, with a #, of a channel that the app can post in; Refused with what to do about one that it cannot.

    SlackApiError, or another SlackClientError, where Slack does not say.
    """
    try:
        found = client.conversations_info(channel=channel_id).get("channel") or {}
    except SlackApiError as error:
        if error.response.get("error") in _UNKNOWN:
            raise Refused(f"ScriptRunner does not see this channel: {_INVITE}.") from error
        raise
    name = f"#{visible(str(found.get('name') or channel_id))}"
    if found.get("is_archived"):
        raise Refused(f"{name} is archived; nobody can be told anything there.")
    if found.get("is_im") or found.get("is_mpim"):
        raise Refused("Choose channels here, and people above: ScriptRunner is in no direct messages of others.")
    if not found.get("is_member"):
        raise Refused(f"ScriptRunner is not in {name}: {_INVITE}.")
    return name
