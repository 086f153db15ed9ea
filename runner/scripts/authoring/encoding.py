"""Tells text that is not UTF-8, by line and byte, and lines that end as no shell takes them."""

import re

from runner.scripts.annotations import Annotations, Problem
from runner.scripts.files import Beginning

_SHELL = re.compile(rb"#![^\n\r]*\b(?:ba|da|k|z)?sh\b[^\n\r]*\n")


def wrong_byte(beginning: Beginning) -> Problem | None:
    """The first byte of a file's text that is not UTF-8; None for none, and where it is no text."""
    if b"\0" in beginning.content:
        return None
    try:
        beginning.content.decode()
    except UnicodeDecodeError as error:
        before = beginning.content[: error.start]
        place = len(before) - before.rfind(b"\n")
        shown = f"byte {place} of the line, {beginning.content[error.start]:02X}, is not UTF-8"
        return Problem(line=before.count(b"\n") + 1, message=f"{shown} but Latin-1, perhaps: save the file as UTF-8")
    return None


def is_in_what_is_read(found: Annotations) -> bool:
    """Whether what the annotations say holds such bytes."""
    return any("\ufffd" in repr((each.options, each.parameters, each.problems)) for each in (found, *found.commands))


def windows_line(beginning: Beginning) -> Problem | None:
    """The first line that ends with CR LF of a shell's script whose own first line does not; None for none."""
    place = beginning.content.partition(b"\0")[0].find(b"\r\n")  # what lies behind a NUL is packed into the script
    if place < 0 or not _SHELL.match(beginning.content):
        return None
    message = "ends with CR LF, as Windows writes lines: the shell takes the CR for a part of it"
    return Problem(line=beginning.content.count(b"\n", 0, place) + 1, message=message)
