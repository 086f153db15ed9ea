"""Tells annotations in the part of a long file that is not read, so that none is lost without a word."""

import re
from collections.abc import Iterator

from runner.scripts.annotations import native
from runner.scripts.annotations.dialects import AnnotationSettings

_ARGC_CALL = rb"[^#\n]*\bargc\s+--argc-(?:eval|run)\b"
_ARGC_TAG = rb"[ \t]*#[ \t]*@(?:arg|cmd|describe|env|flag|option)\b"
_ARGPARSE = rb"[^#\n]*\.(?:add_argument|add_subparsers|ArgumentParser)\("
_DECORATOR = rb"[^\S\n]*@(?:\w+\.)?(?:command|group|option|argument|callback)\b"


def late_annotation(beginning: str, settings: AnnotationSettings) -> re.Pattern[bytes]:
    """The form of a line that is likely an annotation, where it follows such a beginning of the file."""
    return re.compile(rb"^(?:" + b"|".join(_forms(beginning, settings)) + rb")", re.MULTILINE)


def _forms(beginning: str, settings: AnnotationSettings) -> Iterator[bytes]:
    yield native.annotated(settings.marker).encode() + rb"[^\S\n]*[{A-Za-z]"
    if "argc" in settings.dialects:
        yield _ARGC_CALL
        if "--argc-" in beginning:
            yield _ARGC_TAG
    if "python" in settings.dialects and "argparse" in beginning:
        yield _ARGPARSE
    if "python" in settings.dialects and ("click" in beginning or "typer" in beginning):
        yield _DECORATOR
