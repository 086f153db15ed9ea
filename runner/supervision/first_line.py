"""What a file's first line says to Linux about how to start it, and what is wrong with that in itself; pure."""

import re
from typing import NamedTuple

HEAD_BYTES = 256
"""As many bytes of a file Linux looks at to start it, since 5.1 (BINPRM_BUF_SIZE in linux/binfmts.h)."""

ELF = b"\x7fELF"
_BLANK = b" \t"
_SIGN = b"#!"

_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"#\0!\0", b"\0#\0!")
_NEARLY = (
    (re.compile(rb"\xef\xbb\xbf\s*#\s*!"), "has a byte order mark before “#!”: save it as UTF-8 without one"),
    (re.compile(rb"\s+#\s*!"), "must begin with “#!”: nothing, no space and no empty line, may stand before it"),
    (re.compile(rb"#[ \t]+![ \t]*[/\w]"), "begins with “# !” where “#!” has no space within"),
    (re.compile(rb"!#[ \t]*/"), "begins with “!#” where “#!” is meant"),
    (re.compile(rb"#[ \t]*/(?:[\w.-]+/)*bin/\w"), "begins with “#/” where “#!/” is meant"),
)
_SPLIT_NOTHING = re.compile(r"-[a-zA-Z0]*S\s*")
_FOLDERS = "the folder of the job, where no program is"


class FirstLine(NamedTuple):
    """The program that runs a script, and the one argument that it is given before the script's path, if any."""

    interpreter: str
    argument: str | None


class StartFault(NamedTuple):
    """Why a file cannot be started, fit to follow its name; ``is_meant`` where it was yet meant to be."""

    words: str
    is_meant: bool


def first_line(head: bytes) -> FirstLine | None:
    """What a file's first HEAD_BYTES say, as Linux reads them (load_script in fs/binfmt_script.c); None for no ``#!``.

    None too where Linux takes the line for none: it names no program, or the name does not end in these bytes.
    """
    if not head.startswith(_SIGN):
        return None
    line = _line(head)
    name, _, rest = line.strip(_BLANK).replace(b"\t", b" ").partition(b" ")
    name, rest = name.split(b"\0")[0], rest.split(b"\0")[0].strip(_BLANK)
    if not name or (_is_cut(head) and len(line.lstrip(_BLANK)) == len(name)):
        return None
    return FirstLine(_text(name), _text(rest) if rest else None)


def flaw(head: bytes) -> StartFault | None:
    """What keeps a file that begins like this from being started on whatever Linux, but for ``binfmt_misc``."""
    if head.startswith(ELF):
        return None
    if not head.startswith(_SIGN):
        return _unmarked(head)
    words = _wrong(head, first_line(head))
    return None if words is None else StartFault(words, is_meant=True)


def _line(head: bytes) -> bytes:
    """The first line behind its ``#!``, as far as Linux looks at it."""
    line, end, _ = head[:HEAD_BYTES].removeprefix(_SIGN).partition(b"\n")
    return line if end or not _is_cut(head) else line[:-1]


def _is_cut(head: bytes) -> bool:
    return len(head) >= HEAD_BYTES and b"\n" not in head[:HEAD_BYTES]


def _unmarked(head: bytes) -> StartFault:
    if head.startswith(_UTF_16):
        return StartFault("is UTF-16: save it as UTF-8 without a byte order mark", is_meant=_begins_in_utf_16(head))
    for form, words in _NEARLY:
        if form.match(head):
            return StartFault(words, is_meant=True)
    return StartFault("has no first line that says what runs it, such as #!/bin/sh", is_meant=False)


def _begins_in_utf_16(head: bytes) -> bool:
    return head.replace(b"\0", b"").lstrip(b"\xff\xfe").startswith(_SIGN)


def _wrong(head: bytes, found: FirstLine | None) -> str | None:
    line = _line(head)
    if b"\r" in line:
        return _carriage_return(line)
    if not line.strip(_BLANK):
        return "names no program in its first line: write #!/bin/sh, for example"
    if _is_cut(head) and (found is None or found.argument):
        return f"has a first line of more than the {HEAD_BYTES - 1} bytes that Linux reads: it would be cut"
    if found is None:
        return "names no program in its first line: a NUL stands there"
    if not found.interpreter.startswith("/"):
        name = found.interpreter.rpartition("/")[2]
        return (
            f"names “{found.interpreter}” in its first line, which would start from {_FOLDERS}:"
            f" write #!/usr/bin/env {name}, or its whole path"
        )
    return _wrong_for_env(found) if found.interpreter.endswith("/env") else None


def _carriage_return(line: bytes) -> str:
    if not line.endswith(b"\r"):
        return "has lines that end with CR alone, as old Macs wrote them: its first line has no end"
    word = _text(line.strip(b" \t\r").replace(b"\t", b" ").rpartition(b" ")[2])
    return (
        "has lines that end with CR LF, as Windows writes them: the CR would belong to the word"
        f" “{word}” of its first line; mend it with: sed -i 's/\\r$//'"
    )


def _wrong_for_env(found: FirstLine) -> str | None:
    """env(1) is given all that follows as one argument, and parts it with -S only."""
    argument = found.argument
    if argument is None or _SPLIT_NOTHING.fullmatch(argument):
        return "names env in its first line, but no program for it to find"
    if argument.startswith("-") or not re.search(r"\s|=", argument):
        return None
    return f"has env find a program called “{argument}”: write #!{found.interpreter} -S {argument}"


def _text(part: bytes) -> str:
    return part.decode("utf-8", "surrogateescape")
