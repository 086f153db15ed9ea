"""The names in a folder, as a client asks for them one after the other."""

import weakref
from collections.abc import AsyncIterator

import asyncssh

from runner.retrieval.sessions import ClientSession


class Listing:
    """Counts as an open file until it is let go of; SFTPFailure where too many are open.

    asyncssh (2.24) has as many open as a client wants.
    """

    def __init__(self, names: AsyncIterator[asyncssh.SFTPName], session: ClientSession) -> None:
        session.take_file()
        self._names = names
        weakref.finalize(self, session.drop_file).atexit = False

    def __aiter__(self) -> AsyncIterator[asyncssh.SFTPName]:
        return self

    async def __anext__(self) -> asyncssh.SFTPName:
        return await anext(self._names)
