"""Finds comments that were likely meant as annotations of ours, but whose marker is not quite right."""

import re
from collections.abc import Iterator

from runner.scripts.annotations import native
from runner.scripts.annotations.lines import numbered
from runner.scripts.annotations.problems import Problem

_MOST_TOLD = 20
_MOST_SIGNS = 12  # characters before an annotation
_HEAD = re.compile(rf"\s*(?:(?i:REM)\s+)?(?P<signs>[^\w\s{{][^\w{{]{{0,{_MOST_SIGNS}}}?)\s*(?P<body>[A-Za-z{{].*)")
_LEADERS = "#/-;%*'\"!<(|"
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\s*")


def near_misses(text: str, marker: str, *, is_annotated: bool) -> Iterator[Problem]:
    """The lines whose marker is not quite right, at most 20.

    A name alone counts only in a file that ``is_annotated``: it might be a heading.
    """
    if marker[-1].isalnum():
        return
    form, told = re.compile(native.annotated(marker)), 0
    for number, line in numbered(text):
        if marker[-1] not in line or told == _MOST_TOLD or form.match(line):
            continue
        found = _HEAD.match(line)
        if found is None or not _is_near(found["signs"], marker):
            continue
        body = found["body"]
        if native.looks_like_annotation(body) or (is_annotated and _BARE.fullmatch(body)):
            told += 1
            message = f"looks like an annotation, and is none: those begin with {marker}"
            yield Problem(line=number, found=line.strip(), message=message)


def _is_near(signs: str, marker: str) -> bool:
    """Whether they are the marker but for white space, the comment's sign or one character."""
    written = "".join(signs.split())
    tail = marker.lstrip(_LEADERS)
    if tail and len(tail) > 1 and written != tail and written.lstrip(_LEADERS) == tail:
        return True
    starts = {0, *(end for end in (1, 2) if all(sign in _LEADERS for sign in written[:end]))}
    return any(_is_one_apart(written[start:], marker) for start in starts)


def _is_one_apart(one: str, other: str) -> bool:
    """Whether they are the same but for one character more, less or different."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return True
    rests = {
        (one[same + skipped :], other[same + skipped_there :]) for skipped, skipped_there in ((1, 1), (1, 0), (0, 1))
    }
    return any(a == b for a, b in rests)
