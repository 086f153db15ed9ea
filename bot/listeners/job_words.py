"""What a person asks for after /jobs, however they and their keyboard write it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.slack.typed_text import as_typed, plain_text, plain_word, unescaped
from runner.errors import ScriptRunnerError
from runner.system.text import quoted


class JobsAct(StrEnum):
    """What /jobs does."""

    LIST = "list"
    """Those that are meant by the words, which ``list_words`` understands."""
    QUEUE = "queue"
    HELP = "help"
    STATS = "stats"
    """How the script ran that ``rest`` names."""
    PAUSE = "pause"
    RESUME = "resume"
    SHOW = "show"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsCommand:
    """One thing asked for; ``number`` is the job's where it is about one.

    ``rest`` is a reason, the words that say what is to be listed, or some that are not understood.
    """

    act: JobsAct
    number: int = 0
    rest: str = ""


_HELP = frozenset({"?", "-h", "--help", "-help", "\u2014help", "\u2013help", "/?"})
_LONGEST = 200  # characters in which a number is looked for
_NUMBER = re.compile(r"(?:(?:jobs?|no|nr|num|number|id)[-_.:#=\u2010-\u2015\u2212]*|#)?([1-9][0-9]{0,17})(?:\.log)?")
_JOINT = re.compile(r"(?<=[^\W\d_])[=:\u2010-\u2015\u2212-](?=#?[0-9])")
_SHOWING = frozenset({"show", "list", "see", "view", "open", "ls"})
_STATS = frozenset({"stats", "statistics", "stat", "chart"})
_DIGIT = re.compile(r"\d")
_FILLING = frozenset(
    [
        "job",
        "jobs",
        "no",
        "nr",
        "num",
        "number",
        "id",
        "#",
        "=",
        "",
        "/jobs",
        "the",
        "my",
        "me",
        "please",
        "with",
        "of",
        "for",
    ]
)
_OF_QUEUE = {
    "queue": JobsAct.QUEUE,
    **dict.fromkeys(("help", "usage"), JobsAct.HELP),
    **dict.fromkeys(("resume", "unpause"), JobsAct.RESUME),
    "pause": JobsAct.PAUSE,
}
_OF_JOB = {
    **dict.fromkeys(("show", "details", "detail", "status", "info", "view", "open", "about"), JobsAct.SHOW),
    **dict.fromkeys(("log", "logs", "result", "results", "output"), JobsAct.SHOW),
    **dict.fromkeys(("cancel", "stop", "kill", "abort", "scancel"), JobsAct.CANCEL),
    **dict.fromkeys(("hold", "pause", "suspend"), JobsAct.HOLD),
    **dict.fromkeys(("release", "resume", "unhold", "continue"), JobsAct.RELEASE),
}


def read(text: str) -> JobsCommand:
    """What the text asks for; ScriptRunnerError where a word that is about one job stands without its number."""
    if text.strip() in _HELP:
        return JobsCommand(act=JobsAct.HELP)
    first, *rest = text.split(maxsplit=1) or [""]
    if plain_word(first) in _STATS:
        return JobsCommand(act=JobsAct.STATS, rest=unescaped(as_typed(rest[0])) if rest else "")
    written = _JOINT.sub(" ", plain_text(text))
    words = [word for word in map(plain_word, written[:_LONGEST].split()) if word not in _FILLING]
    if len(written) <= _LONGEST and "since" not in words and (found := _of_job(words)):
        return found
    named = [word for word in words if word not in _SHOWING] or words
    named = named[:1] if named[1:] == ["queue"] else named
    act = _known(named, _OF_QUEUE) if len(named) == 1 else None
    if act is JobsAct.PAUSE or _OF_QUEUE.get(plain_word(first)) is JobsAct.PAUSE:
        return JobsCommand(act=JobsAct.PAUSE, rest=unescaped(as_typed(rest[0].strip())) if rest else "")
    if act is None and len(words) == 1 and words[0] in _OF_JOB and words[0] not in _SHOWING:
        example = quoted(f"/jobs {words[0]} 12")
        raise ScriptRunnerError(f"That is not a job's number; /jobs lists them. Say which, such as {example}.")
    return JobsCommand(act=JobsAct.LIST, rest=text) if act is None else JobsCommand(act=act)


def _of_job(words: list[str]) -> JobsCommand | None:
    """What is asked of the one job whose number is among the words; only the very words of an act are taken for it."""
    numbers = [found for found in map(_NUMBER.fullmatch, words) if found]
    others = [word for word in words if not _NUMBER.fullmatch(word)]
    if len(numbers) != 1 or any(map(_DIGIT.search, others)):
        return None
    number = int(numbers[0][1])
    if len(others) > 1 and words[0] == "pause":
        return None  # a reason with a number in it
    act = _known(others, _OF_JOB) if len(others) == 1 else None
    if act is not None:
        return JobsCommand(act=act, number=number)
    return JobsCommand(act=JobsAct.SHOW, number=number, rest=" ".join(others))


def _known(words: list[str], known: Mapping[str, JobsAct]) -> JobsAct | None:
    return known.get(words[0] if words else "")
