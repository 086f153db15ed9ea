"""The ways of bytes: from people and from the app to disk, and from disk to the app."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from aiohttp import BodyPartReader, web

from bot.workspace import ids
from bot.workspace.errors import RefusedError
from bot.workspace.state.files import SnippetPreview, StoredFile, Ticket
from bot.workspace.state.people import BOT_USER_ID, Person
from bot.workspace.web_api.dispatch import is_bot_token
from bot.workspace.workspace import Workspace

NAME_LENGTH_MAX = 255
CHUNK_BYTES = 1024 * 1024
# What Slack answers a download without a token that may read files: a page for people, and no error.
LOGIN_PAGE = "<!DOCTYPE html><html><title>Sign in | Slack</title><h1>Sign in to your workspace</h1></html>"
SLOW_STEPS = 10


class Transfer(StrEnum):
    """What a test lets go wrong with a download: a server error, a connection cut half-way, or slow bytes."""

    ERROR = "error"
    CUT = "cut"
    SLOW = "slow"


class Transfers:
    """Takes what the app uploads and serves what it downloads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._faults: list[tuple[Transfer, float]] = []

    def routes(self) -> list[web.RouteDef]:
        """The addresses in upload tickets and file objects."""
        return [
            web.post("/upload/v1/{token}", self._take),
            web.get("/files-pri/{place}/{name:.+}", self._serve),
        ]

    def plan(self, fault: Transfer, *, times: int, seconds: float) -> None:
        """Lets the next downloads go wrong; a slow one takes that many seconds."""
        self._faults = [(fault, seconds)] * times

    async def _take(self, request: web.Request) -> web.StreamResponse:
        """The bytes for one ticket, raw whatever the request calls them, or within a form."""
        files, token = self._workspace.files, request.match_info["token"]
        ticket = files.tickets.pop(token, None)
        if ticket is None:
            return self._respond("upload", "unknown ticket", web.Response(status=404, text="unknown upload URL"))
        path = files.path_for(ticket.file_id)
        wrong = web.Response(status=400, text=f"expected {ticket.length} bytes")
        try:
            size = await receive(request, path, most=ticket.length)
        except RefusedError:
            return self._respond("upload", "too long", wrong, ticket.name)
        if size < ticket.length:
            path.unlink()
            return self._respond("upload", "too short", wrong, ticket.name)
        files.keep(self._file_of_app(ticket, path))
        return self._respond("upload", "ok", web.Response(text=f"OK - {size}"), ticket.name)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """A download for whoever has the bot's token and the scope for it."""
        workspace = self._workspace
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_bot = scheme == "Bearer" and is_bot_token(workspace, token.strip())
        if not is_bot or "files:read" not in workspace.manifest.bot_scopes:
            return self._respond("download", "login page", web.Response(text=LOGIN_PAGE, content_type="text/html"))
        file = workspace.files.find(request.match_info["place"].partition("-")[2])
        if file is None or not file.is_known_to_app:
            return self._respond("download", "not found", web.Response(status=404, text="file not found"))
        if self._faults:
            return await self._serve_badly(request, file, *self._faults.pop(0))
        return self._respond("download", "ok", serve_whole(file), file.name)

    async def _serve_badly(
        self, request: web.Request, file: StoredFile, fault: Transfer, seconds: float
    ) -> web.StreamResponse:
        """Nothing, half of the file before the connection ends, or all of it in slow steps."""
        if fault is Transfer.ERROR:
            return self._respond("download", "planned error", web.Response(status=500, text="planned error"))
        response = self._respond("download", f"planned: {fault}", web.StreamResponse(headers=_headers(file)))
        response.content_length = file.size
        await response.prepare(request)
        end = file.size // 2 if fault is Transfer.CUT else file.size
        step = -(-file.size // SLOW_STEPS)
        with file.path.open("rb") as source:
            for start in range(0, end, step):
                if fault is Transfer.SLOW:
                    await asyncio.sleep(seconds / SLOW_STEPS)
                await response.write(await asyncio.to_thread(source.read, min(step, end - start)))
        if fault is Transfer.CUT and request.transport:
            request.transport.close()
        return response

    def _file_of_app(self, ticket: Ticket, path: Path) -> StoredFile:
        return StoredFile(
            id=ticket.file_id,
            name=ticket.name,
            title=ticket.name,
            size=ticket.length,
            user=BOT_USER_ID,
            created=int(self._workspace.clock()),
            path=path,
            base_url=self._workspace.base_url,
            alt_text=ticket.alt_text,
            snippet_type=ticket.snippet_type,
            beginning=SnippetPreview.of(path.read_bytes()) if ticket.snippet_type else None,
        )

    def _respond(self, kind: str, verdict: str, response: web.StreamResponse, name: str = "") -> web.StreamResponse:
        self._workspace.journal.note("in", kind, verdict, summary=name)
        return response


async def take_from_person(workspace: Workspace, person: Person, request: web.Request) -> StoredFile:
    """Keeps a file that a person uploads as theirs; `name` is in the query, the bytes are the body.

    RefusedError when the name is no good, or the file empty or too large.
    """
    name = request.query.get("name", "")
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise RefusedError("bad_arguments", message=f"a file's name has 1 to {NAME_LENGTH_MAX} characters.")
    file_id = ids.make("F")
    path = workspace.files.path_for(file_id)
    size = await receive(request, path, most=workspace.settings.file_bytes_max)
    if size == 0:
        path.unlink()
        raise RefusedError("file_is_empty", message="it is empty.")
    file = StoredFile(
        id=file_id,
        name=name,
        title=name,
        size=size,
        user=person.id,
        team_id=person.team_id,
        created=int(workspace.clock()),
        path=path,
        base_url=workspace.base_url,
    )
    workspace.files.keep(file)
    return file


def serve_whole(file: StoredFile) -> web.FileResponse:
    """The file as a download, with its length, from disk."""
    return web.FileResponse(file.path, CHUNK_BYTES, headers=_headers(file))


async def receive(request: web.Request, path: Path, *, most: int) -> int:
    """Writes a request's body to a new file as it comes, and returns its length; what breaks off leaves nothing.

    RefusedError when there are more than so many bytes.
    """
    size = 0
    with _new_file(path) as target:
        async for chunk in _chunks(request, most):
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            await asyncio.to_thread(target.write, chunk)
    return size


async def _chunks(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes; of a form the content of its first field, as Slack's SDK for JavaScript sends a file."""
    if request.content_type == "multipart/form-data":
        part = await (await request.multipart()).next()
        while isinstance(part, BodyPartReader) and (chunk := await part.read_chunk(CHUNK_BYTES)):
            yield chunk
        return
    if (request.content_length or 0) > most:
        raise _too_large(most)
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        yield chunk


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is there afterwards only where nothing went wrong."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        try:
            yield target
        except BaseException:
            path.unlink()
            raise


def _too_large(most: int) -> RefusedError:
    message = f"files of more than {most / 1_000_000:g} MB are not taken."
    return RefusedError("file_upload_size_restricted", message=message)


def _headers(file: StoredFile) -> dict[str, str]:
    return {"Content-Type": file.mimetype, "Content-Disposition": "attachment", "Cache-Control": "private"}
