"""Other people's checkers of Block Kit: slack_sdk's models, and JSON schemas made from Slack's types for JavaScript.

Each finds little that Slack refuses, so they only say where they take less than the stand-in does.
"""

import json
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.support.blockkit.samples import Json

_NEWER = "Slack's reference has it since spring or summer of 2026; the package does not know it yet"
_UNEXPECTED = "Additional properties are not allowed"

# Where a checker takes less than the stand-in, and why the stand-in is right.
SLACK_SDK_DISAGREES = {
    "unknown data_table": _NEWER,
    "unknown data_visualization": _NEWER,
    "card.slack_icon is lost": _NEWER,
    "card.subtext is lost": _NEWER,
    "header.level is lost": _NEWER,
    "link.unsafe is lost": "@slack/types have it; slack_sdk's model has no such argument",
    "rich_text_quote.border is lost": "@slack/types have it; slack_sdk's model has it for lists and code only",
    "modal: views must contain between 1 and 100 blocks": "the reference has an upper limit alone",
    "home: views must contain between 1 and 100 blocks": "the reference has an upper limit alone",
}
SLACK_TYPES_DISAGREE = {
    "unknown data_visualization": _NEWER,
    f"card: {_UNEXPECTED} ('slack_icon' was unexpected)": _NEWER,
    f"card: {_UNEXPECTED} ('subtext' was unexpected)": _NEWER,
    f"header: {_UNEXPECTED} ('level' was unexpected)": _NEWER,
    f"button: {_UNEXPECTED} ('agent_prompt' was unexpected)": "slack_sdk 3.47 has it; the types do not yet",
    f"button: {_UNEXPECTED} ('agent_prompt', 'agent_prompt_display' were unexpected)": "the same",
    "card.title: no plain_text": "the reference takes plain_text and mrkdwn in a card",
    "card.subtitle: no plain_text": "the same",
    "card.body: no plain_text": "the same",
    "checkboxes.options.description: no mrkdwn": "Block Kit Builder's sample of checkboxes describes them in mrkdwn",
    f"emoji: {_UNEXPECTED} ('skin_tone' was unexpected)": "slack_sdk has it, and so have messages that people write",
    f"rich_text_list: {_UNEXPECTED} ('offset' was unexpected)": "slack_sdk has it, and so has the reference",
    **{
        f"user.style: {_UNEXPECTED} ('{name}' was unexpected)": "the reference has it for mentions"
        for name in ("highlight", "client_highlight", "unlink")
    },
}

_PACKAGE = Path(__file__).parents[2] / "schemas/slack_types"
_VIEWS = {"modal": "ModalView", "home": "HomeView"}


def missing_in(definition: str, event: Json) -> set[str]:
    """What an event lacks that @slack/types say it has; of what Slack sends besides they do not tell everything."""
    described = _definitions()[definition]
    never = {name for name, one in described["properties"].items() if one == {"not": {}}}
    return set(described["required"]) - never - event.keys()


def unexplained(payload: Json) -> list[str]:
    """What a checker says against a payload and no list of disagreements explains."""
    said = {f"slack_sdk: {one}" for one in set(of_slack_sdk(payload)) - SLACK_SDK_DISAGREES.keys()}
    said |= {f"@slack/types: {one}" for one in set(of_slack_types(payload)) - SLACK_TYPES_DISAGREE.keys()}
    return sorted(said)


def of_slack_sdk(payload: Json) -> Iterator[str]:
    """What slack_sdk's model classes do not take, or lose."""
    for block in payload["blocks"]:
        try:
            parsed = Block.parse(block)
            yield from [f"unknown {block['type']}"] if parsed is None else _lost(block, parsed.to_dict(), [])
        except SlackObjectFormationError as error:
            yield f"{block['type']}: {error}"
    if "type" in payload:
        try:
            View(**payload).to_dict()
        except SlackObjectFormationError as error:
            yield f"{payload['type']}: {error}"


def of_slack_types(payload: Json) -> Iterator[str]:
    """What the types of `@slack/types` do not take."""
    for block in payload["blocks"]:
        definition = _blocks().get(block["type"])
        yield from _said(definition, json.dumps(block)) if definition else [f"unknown {block['type']}"]
    if "type" in payload:
        yield from _said(_VIEWS[payload["type"]], json.dumps(payload | {"blocks": []}))


@cache
def _definitions() -> Json:
    generator = "node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js"
    assert (_PACKAGE / generator).exists(), "`.ci/setup tools` installs what makes schemas from Slack's types"
    types = ["--path", "node_modules/@slack/types/dist/index.d.ts", "--type", "*", "--no-type-check"]
    made = subprocess.run(["node", generator, *types], cwd=_PACKAGE, capture_output=True, text=True, check=True)
    definitions: Json = json.loads(made.stdout)["definitions"]
    return definitions


@cache
def _validator(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": _definitions()})


@cache
def _blocks() -> dict[str, str]:
    """The definition of each type of block, so that what is said is about that type."""
    names = [one["$ref"].rpartition("/")[2] for one in _definitions()["KnownBlock"]["anyOf"]]
    return {_kind_of(_definitions()[name]): name for name in names}


def _kind_of(definition: Json) -> str:
    shape = definition if "properties" in definition else definition["anyOf"][0]
    return str(shape["properties"]["type"]["const"])


@lru_cache(maxsize=10_000)
def _said(definition: str, text: str) -> tuple[str, ...]:
    """Kept, since forms are drawn many times with the same blocks."""
    return tuple(_complaints(_validator(definition), json.loads(text)))


def _complaints(validator: jsonschema.Draft7Validator, whole: Json) -> Iterator[str]:
    for error in validator.iter_errors(whole):
        for inner in _innermost(error):
            path = list(inner.absolute_path)
            if path and path[-1] == "type":
                yield f"{_place(whole, path[:-1], within=len(path) - 2)}: no {inner.instance}"
            else:
                yield f"{_place(whole, path, within=len(path))}: {inner.message}"


def _innermost(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Of several allowed shapes, what is wrong with the one whose `type` fits."""
    if not error.context:
        yield error
        return
    shapes: dict[Any, list[jsonschema.ValidationError]] = {}
    for inner in error.context:
        shapes.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [shape for shape in shapes.values() if not any(_is_other_type(error, inner) for inner in shape)]
    for inner in min(fitting or shapes.values(), key=len):
        yield from _innermost(inner)


def _is_other_type(outer: jsonschema.ValidationError, inner: jsonschema.ValidationError) -> bool:
    return list(inner.absolute_path) == [*outer.absolute_path, "type"]


def _place(whole: Json, path: list[Any], *, within: int) -> str:
    """The last type that comes up within so many steps of the path, and the fields from there."""
    node, kind, names = whole, str(whole["type"]), []
    for index, step in enumerate(path):
        node = node[step]
        if isinstance(step, str):
            names.append(step)
        if isinstance(node, dict) and "type" in node and index < within:
            kind, names = str(node["type"]), []
    return ".".join([kind, *names])


def _lost(given: Any, kept: Any, path: list[str]) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        path = [str(given["type"])] if "type" in given else path
        for name, value in given.items():
            if name not in kept and not value:
                continue  # slack_sdk leaves out what is empty
            if name not in kept:
                yield f"{'.'.join([*path, name])} is lost"
            else:
                yield from _lost(value, kept.get(name), [*path, name])
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for one, other in zip(given, kept, strict=True):
            yield from _lost(one, other, path)
    elif given != kept:
        yield f"{'.'.join(path)} is changed"
