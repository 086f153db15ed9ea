"""What keeps this machine from starting a file: its beginning, or a program that it needs and that is not there."""

import errno
import os
import re
import shlex
import stat
import struct
from collections.abc import Iterator, Sequence

from runner.supervision.first_line import ELF, HEAD_BYTES, FirstLine, first_line, flaw

_MOST_INTERPRETERS = 5  # one of the other, until Linux says ELOOP (exec_binprm in fs/exec.c)
_FORMATS = "/proc/sys/fs/binfmt_misc"
_PROGRAM_HEADERS = 64  # as many are looked at
_INTERPRETER = 3  # PT_INTERP, elf(5)
_MAX_PATH = 4_096
_ALSO_RUN = {(62, 3), (183, 40)}  # EM_386 where EM_X86_64 runs, EM_ARM where EM_AARCH64 does (elf.h)
_ENV_SPLIT = re.compile(r"-[iv0]*S\s*|--split-string[=\s]")
_ASSIGNMENT = re.compile(r"[^=]+=")


def obstacle(path: str, search: Sequence[str]) -> str | None:
    """Why the file cannot be started here, fit to follow its name; None where nothing is seen to be in the way.

    ``search`` are the folders in which env(1) finds programs. OSError where the file cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    found = flaw(head)
    if found is not None:
        return None if is_registered(path, head) else found.words
    needed = _needed(path, head, search)
    return next((f"{how} {words}" for how, words in needed if words is not None), None)


def absent(program: str, search: Sequence[str]) -> str | None:
    """Why a program cannot be started, fit to follow its name: a path, or a name that is looked for in folders."""
    if "/" in program:
        return _absent_path(program)
    places = [f"{folder}/{program}" for folder in search]
    if any(_absent_path(place) is None for place in places):
        return None
    return f"is in none of the folders of PATH, {':'.join(dict.fromkeys(search))}"


def is_registered(path: str, head: bytes) -> bool:
    """Whether Linux was told of a program that starts what begins or ends like this (binfmt_misc)."""
    try:
        names = os.listdir(_FORMATS)
    except OSError:
        return False
    return any(_is_of_format(f"{_FORMATS}/{name}", path, head) for name in names if name not in ("register", "status"))


def _needed(path: str, head: bytes, search: Sequence[str], depth: int = 1) -> Iterator[tuple[str, str | None]]:
    """How each program is named that the file needs, and why it cannot be started; until there is one that cannot."""
    if head.startswith(ELF):
        yield from _needed_by_program(path, head)
        return
    line = first_line(head)
    if line is None:
        return
    names = f"names {line.interpreter} in its first line, which"
    if depth > _MOST_INTERPRETERS:
        yield names, "is one too many: Linux goes from program to program five times"
        return
    yield names, _absent_path(line.interpreter)
    yield from _found_by_env(line, search)
    try:
        with open(line.interpreter, "rb") as file:
            next_head = file.read(HEAD_BYTES)
    except OSError:
        return  # it may be executed without being read
    found = flaw(next_head)
    if found is not None and not is_registered(line.interpreter, next_head):
        yield names, found.words
    for how, words in _needed(line.interpreter, next_head, search, depth + 1):
        yield f"{names} {how}", words


def _needed_by_program(path: str, head: bytes) -> Iterator[tuple[str, str | None]]:
    if not _is_for_this_machine(head) and not is_registered(path, head):
        yield "is a program", "for another kind of machine"
    loader = _loader(path)
    if loader is not None:
        yield f"is a program that {loader} loads, which", _absent_path(loader)


def _found_by_env(line: FirstLine, search: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    if not line.interpreter.endswith("/env") or line.argument is None:
        return
    program = _program_of_env(line.argument)
    if program is not None:
        yield f"has env find “{program}”, which", absent(program, search)


def _program_of_env(argument: str) -> str | None:
    """The program that env(1) starts; None where it is not seen."""
    if not argument.startswith("-"):
        return argument
    split = _ENV_SPLIT.match(argument)
    if split is None:
        return None
    try:
        words = shlex.split(argument[split.end() :])
    except ValueError:
        return None
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in ("-i", "-", "-v", "--")):
        del words[0]
    return words[0] if words and not re.search(r"^-|[$\\]", words[0]) else None


def _absent_path(path: str) -> str | None:
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return "is not there" if error.errno == errno.ENOENT else f"cannot be reached: {error.strerror}"
    if not stat.S_ISREG(mode):
        return "is a folder" if stat.S_ISDIR(mode) else "is no file"
    if not os.access(path, os.X_OK):
        return f"cannot be executed (mode {stat.S_IMODE(mode):04o})"
    return None


def _is_for_this_machine(head: bytes) -> bool:
    with open("/proc/self/exe", "rb") as ours:
        own, other = _machine(ours.read(HEAD_BYTES)), _machine(head)
    return own == other or (own, other) in _ALSO_RUN


def _machine(head: bytes) -> int:
    return int.from_bytes(head[18:20], "little" if head[5:6] == b"\x01" else "big")


def _loader(path: str) -> str | None:
    """What loads a program and its libraries, as the program names it; None where it names none that is seen."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            is_64, order = head[4] == 2, "<" if head[5] == 1 else ">"
            place = struct.unpack_from(f"{order}{'Q' if is_64 else 'I'}", head, 32 if is_64 else 28)[0]
            size, count = struct.unpack_from(f"{order}HH", head, 54 if is_64 else 42)
            file.seek(place)
            for _ in range(min(count, _PROGRAM_HEADERS)):
                header = file.read(size)
                if struct.unpack_from(f"{order}I", header)[0] == _INTERPRETER:
                    start = struct.unpack_from(f"{order}{'Q' if is_64 else 'I'}", header, 8 if is_64 else 4)[0]
                    file.seek(start)
                    return os.fsdecode(file.read(_MAX_PATH).split(b"\0")[0])
    except (OSError, ValueError, LookupError, struct.error, OverflowError):
        return None  # what is no right program is refused by Linux, with its own words
    return None


def _is_of_format(entry: str, path: str, head: bytes) -> bool:
    """Whether a file is of a format as /proc tells it: Documentation/admin-guide/binfmt-misc.rst of Linux."""
    try:
        with open(entry, encoding="utf-8", errors="replace") as file:
            told = dict(line.rstrip("\n").partition(" ")[::2] for line in file)
        if "enabled" not in told:
            return False
        if "extension" in told:
            return path.endswith(told["extension"])
        start, magic = int(told["offset"]), bytes.fromhex(told["magic"])
        mask = bytes.fromhex(told["mask"]) if "mask" in told else b"\xff" * len(magic)
    except (OSError, LookupError, ValueError):
        return False
    part = head[start : start + len(magic)]
    return len(part) == len(magic) and all(a & m == b & m for a, b, m in zip(part, magic, mask, strict=False))
