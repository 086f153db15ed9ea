"""What the bot draws, checked as Slack checks it, and filled in as Slack sends it back."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.workspace.blockkit import check
from bot.workspace.state import view_state, views
from tests.support.blockkit import second_opinions

Json = dict[str, Any]


def as_json(drawn: Any) -> Any:
    """The JSON that is sent; slack_sdk checks lengths on the way."""
    return json.loads(json.dumps(drawn.to_dict() if isinstance(drawn, View | Block) else drawn))


def checked_view(view: View) -> Json:
    """A view as JSON; fails where Slack would refuse it."""
    sent: Json = as_json(view)
    assert [one.as_line() for one in check.check_view(sent, pointer="/view")] == []
    views.parse(sent, kinds=(sent["type"],))
    assert second_opinions.unexplained(sent) == []
    assert len(sent["blocks"]) <= 100
    assert not list(empty_texts(sent))
    return sent


def checked_message(blocks: Sequence[Block]) -> list[Json]:
    """Blocks as JSON; fails where Slack would refuse them in a message or in a modal."""
    sent = [as_json(block) for block in blocks]
    for surface in ("message", "modal"):
        found = check.check_blocks(sent, surface=surface, pointer="/blocks")
        assert [one.as_line() for one in found] == []
    assert second_opinions.unexplained({"blocks": sent}) == []
    assert not list(empty_texts(sent))
    return sent


def checked_input(block: Block) -> Json:
    """An input block as JSON; fails where Slack would refuse it in a modal."""
    sent: Json = as_json(block)
    found = check.check_blocks([sent], surface="modal", pointer="/blocks")
    assert [one.as_line() for one in found] == []
    assert second_opinions.unexplained({"blocks": [sent]}) == []
    return sent


def submitted(view: View, **more: Any) -> Json:
    """The view as Slack sends it back when nothing was changed in it."""
    definition = views.parse(as_json(view), kinds=("modal",))
    return {"id": "V1", **definition, "state": {"values": view_state.initial(definition["blocks"])}, **more}


def nodes(drawn: Any) -> Iterator[Json]:
    """Every object in some JSON."""
    if isinstance(drawn, dict):
        yield drawn
        for each in drawn.values():
            yield from nodes(each)
    elif isinstance(drawn, list):
        for each in drawn:
            yield from nodes(each)


def markup(drawn: Any) -> list[str]:
    """The texts that Slack reads as markup."""
    return [node["text"] for node in nodes(drawn) if node.get("type") == "mrkdwn"]


def empty_texts(drawn: Any) -> Iterator[Json]:
    """Text objects without text, which Slack refuses in rich text as well."""
    kinds = ("plain_text", "mrkdwn", "text")
    yield from (node for node in nodes(drawn) if node.get("type") in kinds and not node.get("text"))
