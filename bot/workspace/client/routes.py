"""What a person can do, as JSON over HTTP: for the page and for tests."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.workspace import resets
from bot.workspace.client import actions, commands, forms, messages, shortcuts, sources, transfers
from bot.workspace.errors import BadValueError, RefusedError
from bot.workspace.state import usergroups
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.people import BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, TEAM_NAME, Person
from bot.workspace.transport import payloads
from bot.workspace.workspace import Workspace

KEEP_ALIVE_SECONDS = 15

Act = dict[str, Any]
_MOMENT = re.compile(r"\d{1,12}\.\d{6}")


class PeopleSide:
    """Serves `/people` for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        """All routes of the people side."""
        acts: dict[str, Callable[[Person, Act, web.Request], Awaitable[dict[str, Any]]]] = {
            "messages": self._write,
            "messages/edit": self._edit,
            "messages/delete": self._delete,
            "commands": self._command,
            "actions": self._press,
            "options": self._options,
            "shortcuts": self._shortcut,
            "home": self._home,
            "views/{view_id}/fill": self._fill,
            "views/{view_id}/submit": self._submit,
            "views/{view_id}/close": self._close,
        }
        posts = [
            web.post(f"/people/{{person_id}}/{path}", self._acting(act, read_object)) for path, act in acts.items()
        ]
        return [
            web.get("/people", self._list),
            web.post("/people/reset", self._reset),
            web.get("/people/{person_id}/state", self._state),
            web.get("/people/{person_id}/events", self._events),
            *posts,
            web.get("/people/{person_id}/files/{file_id}", self._download),
            web.post("/people/{person_id}/files", self._acting(self._upload, _leave_body)),
        ]

    async def _list(self, _request: web.Request) -> web.Response:
        workspace = self._workspace
        people = [
            {
                "id": person.id,
                "name": person.name,
                "real_name": person.real_name,
                "title": person.title,
                "kind": person.kind.value,
                "can_sign_in": person.can_sign_in,
            }
            for person in workspace.people.values()
        ]
        commands_shown = [
            {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
            for one in workspace.manifest.commands
        ]
        shortcuts_shown = [
            {"name": one.name, "type": one.kind, "callback_id": one.callback_id, "description": one.description}
            for one in workspace.manifest.shortcuts
        ]
        return web.json_response(
            {
                "workspace": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN},
                "app": {
                    "name": workspace.manifest.name,
                    "bot_user_id": BOT_USER_ID,
                    "has_home_tab": workspace.manifest.has_home_tab,
                },
                "connected": workspace.link.count(),
                "people": people,
                "commands": commands_shown,
                "shortcuts": shortcuts_shown,
                "usergroups": [{"id": one.id, "handle": one.handle} for one in usergroups.SEEDED],
            }
        )

    async def _reset(self, _request: web.Request) -> web.Response:
        """Forgets what was said and done here; the app stays connected, and everybody sees it at once."""
        resets.reset(self._workspace)
        return web.json_response({"ok": True})

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(self._snapshot(self._person(request), request.query.get("loaded", "")))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: a snapshot at once and after each change.

        Each connection is a page that was just loaded, which has lost the ephemeral messages from before. A page that
        connects again gives back the id of its events, as a browser does by itself, and has not lost them.
        """
        person = self._person(request)
        given = request.query.get("loaded", request.headers.get("Last-Event-ID", ""))
        loaded = given if _MOMENT.fullmatch(given) else self._workspace.conversations.next_ts()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._workspace.changes.listening(person.id) as wake, suppress(ConnectionError):
            while True:
                wake.clear()
                snapshot = json.dumps(self._snapshot(person, loaded))
                await response.write(f"id: {loaded}\ndata: {snapshot}\n\n".encode())
                while not await _wait(wake):
                    await response.write(b": still here\n\n")
        return response

    def _acting(
        self,
        act: Callable[[Person, Act, web.Request], Awaitable[dict[str, Any]]],
        read: Callable[[web.Request], Awaitable[Act]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            person = self._person(request)
            body = await read(request)
            if not person.can_sign_in:
                return web.json_response({"ok": False, "error": "cannot_sign_in"}, status=403)
            try:
                return web.json_response(await act(person, body, request))
            except BadValueError as error:
                return web.json_response({"ok": False, "error": "bad_value", "message": str(error)})
            except RefusedError as error:
                return web.json_response(error.as_answer())

        return serve

    async def _write(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        conversation = self._workspace.require_conversation(person, act.get("channel"))
        return messages.write(self._workspace, person, conversation, _text(act, "text"), act)

    async def _edit(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        return messages.edit(self._workspace, person, act, _text(act, "text"))

    async def _delete(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        return messages.delete(self._workspace, person, act)

    async def _command(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        conversation = self._workspace.require_conversation(person, act.get("channel"))
        return await commands.run_command(self._workspace, person, conversation, _text(act, "text"))

    async def _upload(self, person: Person, _act: Act, request: web.Request) -> dict[str, Any]:
        file = await transfers.take_from_person(self._workspace, person, request)
        return {"ok": True, "file": file.shown()}

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = self._workspace.find_file(self._person(request), request.match_info["file_id"])
        if file is None:
            return web.json_response({"ok": False, "error": "file_not_found"}, status=404)
        return transfers.serve_whole(file)

    async def _shortcut(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        return await shortcuts.run(self._workspace, person, act)

    async def _press(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        source = sources.find(self._workspace, person, act.get("source"))
        return await actions.press(self._workspace, person, source, _place(act), act.get("value"))

    async def _options(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        source = sources.find(self._workspace, person, act.get("source"))
        return await actions.ask_options(self._workspace, person, source, _place(act), _text(act, "value"))

    async def _home(self, person: Person, act: Act, _request: web.Request) -> dict[str, Any]:
        workspace, tab = self._workspace, act.get("tab", "home")
        if tab not in {"home", "messages"}:
            raise RefusedError("bad_arguments", message=f"tab is {tab!r} and must be home or messages")
        home, conversation = workspace.views.home(person.id), workspace.conversations.dm(person.id)
        inner = payloads.home_opened(person, conversation, home, workspace.conversations.next_ts(), tab)
        workspace.send_event(inner, subscription="app_home_opened")
        return {"ok": True}

    async def _fill(self, person: Person, act: Act, request: web.Request) -> dict[str, Any]:
        view = sources.top_view(self._workspace, person, request.match_info["view_id"])
        return await forms.fill(self._workspace, person, view, act)

    async def _submit(self, person: Person, _act: Act, request: web.Request) -> dict[str, Any]:
        view = sources.top_view(self._workspace, person, request.match_info["view_id"])
        return await forms.submit(self._workspace, person, view)

    async def _close(self, person: Person, act: Act, request: web.Request) -> dict[str, Any]:
        view = sources.top_view(self._workspace, person, request.match_info["view_id"])
        return forms.close(self._workspace, person, view, everything=act.get("all") is True)

    def _person(self, request: web.Request) -> Person:
        try:
            return self._workspace.require_person(request.match_info["person_id"])
        except RefusedError as error:
            raise web.HTTPNotFound(text=json.dumps(error.as_answer()), content_type="application/json") from error

    def _snapshot(self, person: Person, loaded: str = "") -> dict[str, Any]:
        workspace = self._workspace
        home = workspace.views.home(person.id)
        return {
            "version": workspace.changes.version,
            "connected": workspace.link.count(),
            "conversations": [_shown(one, person, loaded) for one in workspace.conversations.open_to(person.id)],
            "views": [view.as_slack() for view in workspace.views.stack(person.id)],
            "home": home.as_slack() if home else None,
        }


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object in the request's body; HTTPBadRequest for anything else."""
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError) as error:
        raise _bad_request("invalid_json") from error
    if not isinstance(body, dict):
        raise _bad_request("json_not_object")
    return body


async def _leave_body(_request: web.Request) -> Act:
    """For an act that is no JSON: it reads its body itself."""
    return {}


def _bad_request(error: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"ok": False, "error": error}), content_type="application/json")


def _text(act: Act, name: str) -> str:
    value = act.get(name)
    if not isinstance(value, str):
        raise _bad_request("bad_arguments")
    return value


def _place(act: Act) -> tuple[Any, Any]:
    return act.get("block_id"), act.get("action_id")


def _shown(conversation: Conversation, person: Person, loaded: str) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "name": conversation.name,
        "kind": "im" if conversation.is_im else "channel",
        "with_app": conversation.is_im,
        "messages": [
            message.shown()
            for message in conversation.seen_by(person.id)
            if message.only_for is None or message.ts > loaded
        ],
    }


async def _wait(wake: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(wake.wait(), KEEP_ALIVE_SECONDS)
    except TimeoutError:
        return False
    return True
