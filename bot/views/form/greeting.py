"""What a direct message to the app is answered with: what one can do here, and what became of the files it brought."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElement

from bot.slack.files import SlackFile
from bot.views.form import picks, script_choice, upload_fields
from bot.views.form.picks import ScriptPick
from bot.views.jobs import home, job_list
from bot.views.jobs.list_filters import ListAsked
from runner.errors import ScriptRunnerError
from runner.jobs import Retrieval
from runner.messages.blocks import bullets, command, context, plain, rich, section, small_print
from runner.scripts import Script
from runner.service import OWN, InboxFile, UploadInstructions
from runner.system.text import clipped, quoted, size, slack_date, span, visible

ON_FILES = "conversation.files"
_SLACK, _INBOX = "slack", "inbox"
_MOST_FILES = 10
_MOST_NAMES = 600
_NAME = 100
_PROBLEM = 300
_WHAT = "I run scripts on the big machine for you: fill in a form, and I tell you when the job starts and ends."
_FILES = "Send me a file, and it lands in your inbox, where every form offers it."


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePick:
    """The files that a button is about: Slack's ids of those in Slack, or marks of those in the inbox."""

    slack: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()

    def written(self) -> str:
        """As a button's value."""
        kind, every = (_INBOX, self.inbox) if self.inbox else (_SLACK, self.slack)
        return " ".join([kind, *every])


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFiles:
    """What became of files that somebody sent: those in their inbox now, and why others are not, by their names."""

    files: Sequence[InboxFile] = ()
    problems: Sequence[tuple[str, str]] = ()


def read_files(value: str) -> FilePick:
    """What a button's value says; ScriptRunnerError where it is none of ours."""
    kind, *every = value.split(" ")
    if not 0 < len(every) <= _MOST_FILES or not all(every) or kind not in (_SLACK, _INBOX):
        raise ScriptRunnerError("That button names no file; send the file once more.")
    return FilePick(slack=tuple(every)) if kind == _SLACK else FilePick(inbox=tuple(every))


def greeting(name: str, found: Sequence[Script]) -> list[Block]:
    """What one can do, with the scripts that the words of the message may mean."""
    hello = f"Hello {clipped(visible(name), _NAME)}! {_WHAT}"
    offers = [
        script_choice.offered(script, ScriptPick(script=script.name), number, action_id=picks.RUN)
        for number, script in enumerate(found)
    ]
    head: list[Block] = [rich(section("Did you mean one of these scripts?", bold=True))] if offers else []
    return [
        *([] if offers else [rich(section(hello))]),
        *head,
        *offers,
        ActionsBlock(elements=[*_buttons()]),
        small_print(_FILES),
    ]


def greeting_spoken(found: Sequence[Script]) -> str:
    """What one can do, or which scripts may be meant, for those who hear it; not escaped yet."""
    titles = ", ".join(visible(script.title) for script in found)
    return f"Did you mean one of these scripts? {titles}" if found else f"{_WHAT} {_FILES}"


def taking(files: Sequence[SlackFile]) -> list[Block]:
    """That files are on their way to the inbox; a script can be run on them meanwhile."""
    pick = FilePick(slack=tuple(file.id for file in files))
    return [
        rich(section(taking_spoken(files))),
        ActionsBlock(elements=[_run_on(pick, len(files))]),
        small_print("It takes a moment. Should this message not change within minutes, send the file once more."),
    ]


def taking_spoken(files: Sequence[SlackFile]) -> str:
    """Which files are on their way, for those who hear it; not escaped yet."""
    names = ", ".join(f"{visible(file.name[:200])} ({size(file.size_bytes)})" for file in files)
    return f"📥 Taking into your inbox: {clipped(names, _MOST_NAMES)}"


def taken(found: TakenFiles, *, kept: timedelta, is_wanted: bool) -> list[Block]:
    """What is in the inbox now and for how long, with the button that runs a script on it where any script wants it."""
    return [rich(*_outcome(found)), *_offers(found, kept=kept, is_wanted=is_wanted)]


def taken_spoken(found: TakenFiles) -> str:
    """What became of the files, for those who hear it; not escaped yet."""
    lines = [f"In your inbox: {', '.join(map(_told, found.files))}"] if found.files else []
    return "\n".join([*lines, *(_why_not(name, words) for name, words in found.problems)])


def by_scp(upload: UploadInstructions) -> Iterator[Block]:
    """How files are brought where none are taken from Slack."""
    yield rich(section("Files are not taken from Slack here. Copy yours into your inbox:"))
    yield from command(Retrieval(command=upload.command, password=upload.password))


def bringing(upload: UploadInstructions) -> Iterator[Block]:
    """The ways in which files come to the inbox, and how it is done from a terminal."""
    yield rich(
        bullets(
            section(way)
            for way in (
                "Upload them in a script's form.",
                "Send them to me under Messages: they land in your inbox, and a button runs a script on them.",
                "From a terminal, also large ones:",
            )
        )
    )
    yield from command(Retrieval(command=upload.command, password=upload.password))
    if upload.valid_until is not None:
        yield context(f"The password is yours alone and works until {slack_date(upload.valid_until)}.")


def _outcome(found: TakenFiles) -> Iterator[RichTextElement]:
    if found.files:
        yield section("✅ In your inbox:" if len(found.files) > 1 else f"✅ In your inbox: {_told(found.files[0])}")
        if len(found.files) > 1:
            yield bullets(section(_told(file)) for file in found.files)
    if found.problems:
        yield bullets(section(f"❌ {_why_not(name, words)}") for name, words in found.problems)


def _offers(found: TakenFiles, *, kept: timedelta, is_wanted: bool) -> Iterator[Block]:
    if not found.files:
        return
    pick = FilePick(inbox=tuple(upload_fields.mark(file) for file in found.files))
    if is_wanted:
        yield ActionsBlock(elements=[_run_on(pick, len(found.files))])
    else:
        yield rich(section("No script takes such a file; ask whoever owns the machine for one."))
    yield small_print(f"Files are kept {span(kept)}, longer while a job needs them; forms offer them until then.")


def _told(file: InboxFile) -> str:
    return f"{visible(file.reference.removeprefix(OWN))} ({size(file.size_bytes)})"


def _why_not(name: str, words: str) -> str:
    return f"{quoted(name)}: {clipped(visible(words), _PROBLEM)}"


def _run_on(pick: FilePick, count: int) -> ButtonElement:
    words = "Run a script on this" if count == 1 else "Run a script on these"
    return ButtonElement(text=plain(words), action_id=ON_FILES, value=pick.written(), style="primary")


def _buttons() -> Iterator[ButtonElement]:
    yield ButtonElement(text=plain("Run a script"), action_id=home.RUN, value="run", style="primary")
    yield job_list.to_list(job_list.MINE, "My jobs", ListAsked())
    yield ButtonElement(text=plain("Help"), action_id=home.HELP, value="help")
