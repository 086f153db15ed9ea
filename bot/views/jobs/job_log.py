"""The log of a job in a modal: a page of it, the way to others, and a word to look for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from runner.errors import ScriptRunnerError
from runner.jobs import STATE_SIGNS, STATE_WORDS
from runner.messages.blocks import plain, preformatted, rich, section, small_print
from runner.messages.texts import title
from runner.service import LONGEST_WORD, JobLog, LogPage, LogPlace, LogSearch, LogTurn
from runner.system.text import clipped, quoted, size

LOG_VIEW = "job.log.view"
TURN = "job.log.turn"
"""What the ids of the buttons that lead to another page begin with."""

SEND = "job.log.send"

_FIELD, _WORD = "find", "word"
_TITLE = 24
_MARK, _NO_MARK = "▶ ", "  "
_TEXT = 2_900
"""Characters in one text, as UTF-16 counts them; Slack takes 3,000, and does not say how they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLog:
    """What a modal with a log knows of itself: the job, where the page that it shows begins, the word looked for."""

    job_id: int
    start: int
    word: str


def view(found: JobLog, *, notice: str = "", external_id: str | None = None) -> View:
    """The page; below it, beside the buttons, a notice of what became of an act, if any."""
    job, page = found.job, found.page
    head = f"{STATE_SIGNS[job.state]} Job {job.id}, {STATE_WORDS[job.state]}: {title(job, length=100)}"
    notices = [each for each in (notice, _of_search(found)) if each]
    return View(
        type="modal",
        callback_id=LOG_VIEW,
        external_id=external_id,
        title=plain(clipped(f"Log of job {job.id}", _TITLE)),
        submit=plain("Find"),
        close=plain("Close"),
        private_metadata=json.dumps({"job": job.id, "start": page.start, "word": found.word}),
        blocks=[
            rich(section(head, bold=True)),
            small_print(_where(found)),
            *_lines(found),
            *(rich(section(each, bold=True)) for each in notices),
            *_row("pages", _pages(found)),
            *_row("matches", _matches(found)),
            _field(found.word),
        ],
    )


def searching(before: Mapping[str, Any], word: str, *, external_id: str) -> View:
    """In place of a view with a log while a word is looked for in it; it shows the same page."""
    kept = [block for block in before["blocks"] if block["type"] != "actions"]
    return View(
        type="modal",
        callback_id=LOG_VIEW,
        external_id=external_id,
        title=plain(before["title"]["text"]),
        submit=plain("Find"),
        close=plain("Close"),
        private_metadata=before["private_metadata"],
        blocks=[*kept[:-1], rich(section(f"⏳ Looking for {quoted(word)} …", bold=True)).to_dict(), *kept[-1:]],
    )


def opened(shown: Mapping[str, Any]) -> OpenLog:
    """What an open view shows, as Slack sends it back; ScriptRunnerError where it is none with a log."""
    try:
        kept = json.loads(shown["private_metadata"])
        return OpenLog(job_id=int(kept["job"]), start=int(kept["start"]), word=str(kept["word"]))
    except (LookupError, TypeError, ValueError) as error:
        raise ScriptRunnerError("This is no log any more; open it anew from the job.") from error


def typed_word(shown: Mapping[str, Any]) -> str:
    """The word that was typed in a view that was submitted; empty where there is none."""
    try:
        return str(shown["state"]["values"][_FIELD][_WORD]["value"] or "").strip()
    except (LookupError, TypeError):
        return ""


def asked(value: str, shown: OpenLog) -> LogPlace:
    """The place in the log that a button of a view asks for; ScriptRunnerError where it asks for none."""
    try:
        turn, offset = value.split(" ")
        return LogPlace(turn=LogTurn(turn), offset=int(offset), word=shown.word, shown_from=shown.start)
    except ValueError as error:
        raise ScriptRunnerError("That is no page of a log.") from error


def _where(found: JobLog) -> str:
    page = found.page
    if page.start == 0 and page.is_last:
        return f"The whole log, {size(page.size_bytes)}."
    which = "The first page" if page.start == 0 else "The last page" if page.is_last else "A page"
    return f"{which}: {_share(page.start, page)} to {_share(page.end, page)} of {size(page.size_bytes)}."


def _share(offset: int, page: LogPage) -> str:
    return f"{100 * offset / max(1, page.size_bytes):.1f} %"


def _of_search(found: JobLog) -> str:
    search = found.search
    if search is None or search.is_found:
        return ""
    word, page = quoted(found.word), found.page
    if search.is_over:
        return f"{word} is {_nowhere(search, page)}."
    left = search.reached if search.turn is LogTurn.EARLIER else page.size_bytes - search.reached
    return f"{word} was not found so far: {size(left)} of the log are not searched yet. “Search on” goes on with it."


def _nowhere(search: LogSearch, page: LogPage) -> str:
    if page.start == 0 and page.is_last:
        return "not in the log"
    return "nowhere earlier in the log" if search.turn is LogTurn.EARLIER else "nowhere later in the log"


def _lines(found: JobLog) -> Iterator[Block]:
    lines = [_marked(line, found.word) for line in found.page.lines]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        yield rich(section(_nothing(found)))
        return
    lengths = [0]
    starts = [0]
    for number, line in enumerate(lines):
        length = len(line.encode("utf-16-le")) // 2 + 1
        if lengths[-1] + length > _TEXT:
            starts.append(number)
            lengths.append(0)
        lengths[-1] += length
    for start, end in pairwise([*starts, len(lines)]):
        yield rich(preformatted("\n".join(lines[start:end])))


def _marked(line: str, word: str) -> str:
    if not word:
        return line
    return f"{_MARK if word.lower() in line.lower() else _NO_MARK}{line}"


def _nothing(found: JobLog) -> str:
    if found.page.size_bytes:
        return "Nothing that can be seen is on this page: empty lines, or those that tell how far the job is."
    return "It has written nothing." if found.job.state.is_final else "It has written nothing so far."


def _row(block_id: str, buttons: Iterator[ButtonElement]) -> Iterator[Block]:
    if elements := list(buttons):
        yield ActionsBlock(block_id=block_id, elements=elements)


def _pages(found: JobLog) -> Iterator[ButtonElement]:
    job, page = found.job, found.page
    if page.start > 0:
        yield _to("first", "First page", LogTurn.FROM, 0)
        yield _to("older", "◀ Older", LogTurn.BEFORE, page.start)
    if not page.is_last:
        yield _to("newer", "Newer ▶", LogTurn.FROM, page.end)
        yield _to("last", "Last page", LogTurn.LAST, 0)
    elif not job.state.is_final:
        yield _to("refresh", "Refresh", LogTurn.LAST, 0)
    if page.size_bytes:
        yield ButtonElement(text=plain("Send log"), action_id=SEND, accessibility_label=f"Send log of job {job.id}")


def _matches(found: JobLog) -> Iterator[ButtonElement]:
    if not found.word:
        return
    page, search = found.page, found.search
    if search is not None and not search.is_over:
        yield _to("on", "Search on", search.turn, search.reached, style="primary")
    elif page.start > 0 and not _is_none_left(search, LogTurn.EARLIER):
        yield _to("earlier", "◀ Earlier match", LogTurn.EARLIER, page.start)
    if not page.is_last and not _is_none_left(search, LogTurn.LATER):
        yield _to("later", "Later match ▶", LogTurn.LATER, page.end)


def _is_none_left(search: LogSearch | None, turn: LogTurn) -> bool:
    return search is not None and search.turn is turn and not search.is_found


def _to(name: str, words: str, turn: LogTurn, offset: int, *, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=plain(words), action_id=f"{TURN}.{name}", value=f"{turn} {offset}", style=style)


def _field(word: str) -> InputBlock:
    return InputBlock(
        block_id=_FIELD,
        label=plain("Find a word"),
        element=PlainTextInputElement(
            action_id=_WORD,
            placeholder=plain("error"),
            initial_value=word or None,
            max_length=LONGEST_WORD,
        ),
    )
