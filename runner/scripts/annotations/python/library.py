"""What a reader of some library's calls answers while a source is followed."""

from typing import Protocol

from runner.scripts.annotations.python.values import Class, MadeCall


class Finished(Exception):
    """What reads the command line is known."""


class Library(Protocol):
    """What makes something of the calls that are made."""

    def called(self, path: str, call: MadeCall) -> object:
        """What a call of something outside of the file gives; NotPlain where it is not this library's."""

    def derived(self, of: Class, call: MadeCall) -> object:
        """What a class of the file makes that derives from one of the library's; NotPlain where it does not."""

    def asked(self, owner: object, name: str, call: MadeCall) -> object:
        """What a method of something that the library made gives; NotPlain where it is not this library's."""

    def held(self, owner: object, name: str) -> object:
        """What an attribute of something that the library made is; NotPlain where it is not this library's."""
