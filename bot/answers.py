"""Answers where the person is: in place of the message they pressed a button in, beside it, or in a modal."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt import Respond
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from runner.blocks import plain
from runner.wording import slack_text

_TEXT = 3000


def answer(
    body: Mapping[str, Any], *, client: WebClient, respond: Respond, text: str, blocks: Sequence[Block] | None = None
) -> None:
    """Show blocks, and the same as text for those who hear it; only the person who asked sees it.

    A message that only this person sees is replaced; one that stays, such as a direct message, is answered beside it.
    """
    view = body.get("view")
    if isinstance(view, Mapping):
        _show(client, body, view, blocks or [])
        return
    container = body.get("container")
    is_ephemeral = isinstance(container, Mapping) and bool(container.get("is_ephemeral"))
    respond(
        text=slack_text(text)[:_TEXT],
        blocks=blocks,
        response_type="ephemeral",
        replace_original=is_ephemeral,
        unfurl_links=False,
        unfurl_media=False,
    )


def _show(client: WebClient, body: Mapping[str, Any], view: Mapping[str, Any], blocks: Sequence[Block]) -> None:
    modal = View(type="modal", callback_id="jobs.shown", title=plain("Jobs"), close=plain("Close"), blocks=blocks)
    if view.get("type") == "modal":
        client.views_update(view_id=view["id"], hash=view.get("hash"), view=modal)
    else:
        client.views_open(trigger_id=body["trigger_id"], view=modal)
