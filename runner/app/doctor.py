"""Checks what the runner needs and says how to mend what is wrong; looks only, and makes nothing."""

import fcntl
import os
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from runner.app.bootstrap import Assembly
from runner.app.config import Config
from runner.app.enforcement import unenforced
from runner.app.ownership import as_owner, owner_of, user_name, whose
from runner.app.paths import Paths, written_folders
from runner.app.places import obstacle
from runner.errors import ScriptRunnerError
from runner.files import Disk, DiskSpace, Inbox, InboxLimits, InboxUse, in_plain_words, private
from runner.jobs import State
from runner.notifications import RecipientBusy, Undeliverable
from runner.notifications.mail_settings import parse_sender
from runner.scripts import Catalogue
from runner.settings import PREFIX, Secrets
from runner.store import Store
from runner.system.beats import Beat, last_beat
from runner.system.clock import system_clock
from runner.system.text import clipped, size, span, visible

_FIRST_START = "will be made on first start"
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHOWN = 5
_ERROR_LENGTH = 200
_SILENT_SECONDS = 20  # it says something every five
_NO_RUNNER = "not running: jobs wait until “scriptrunner up” or “scriptrunner runner”"
_NO_BOT = "not running: nobody is answered in Slack until “scriptrunner up” or “scriptrunner bot”"
_RUNS = "runs, and says no more of itself"


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in one line."""

    verdict: Verdict
    subject: str
    words: str

    def __str__(self) -> str:
        """``wrong  data folder: …``, with all that is not meant for a terminal shown as escapes."""
        return f"{self.verdict:<5} {visible(f'{self.subject}: {self.words}')}"


def examine(config: Config, secrets: Secrets) -> Iterator[Finding]:
    """Check disks, folders, scripts, database, processes and mail; what cannot be checked is a finding too."""
    paths = Paths.of(config)
    if os.geteuid() == 0:
        yield Finding(Verdict.NOTE, "user", "you are root: scripts that run as root can read and change everything")
    yield from _checked("disks", _disks(config, paths))
    yield from _checked("folders", _folders(paths))
    if not _is_anothers(paths.data):
        yield from _checked("private files", _private_files(config, paths.data))
    yield from _checked("scripts", _scripts(config, secrets))
    if not _is_anothers(paths.data):
        yield from _checked("database", _database(config, paths))
        yield _answers("runner", paths.runner_beat, _NO_RUNNER if not is_running(config) else _RUNS)
        yield _answers("bot", paths.bot_beat, _NO_BOT)
        if words := unenforced(paths.runner_beat):
            yield Finding(Verdict.NOTE, "limits", words)
    yield from _checked("mail", _mail(config, secrets, paths.mail))


def _checked(subject: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings, the last of which is what kept us from finding more."""
    try:
        yield from findings
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        yield _wrong(subject, f"{place}cannot be checked: {error.strerror or error}")


def exposures(config: Config) -> Iterator[Finding]:
    """What is wrong with our folders and files, as where others can get at them; for the log at each start."""
    paths = Paths.of(config)
    everything = [
        *_checked("folders", _folders(paths)),
        *_checked("private files", _private_files(config, paths.data)),
    ]
    yield from (finding for finding in everything if finding.verdict is Verdict.WRONG)


def is_running(config: Config) -> bool:
    """Whether a runner works in the data folder: it holds the lock."""
    try:
        lock = os.open(Paths.of(config).lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _disks(config: Config, paths: Paths) -> Iterator[Finding]:
    """How much is left of each disk, and whose share of it is used up."""
    try:
        for disk in DiskSpace(written_folders(paths), config.disk.free_space).disks():
            yield _disk(disk)
    except OSError as error:
        yield _wrong("disk", f"a disk cannot be asked: {in_plain_words(error)}")
    limits = InboxLimits(
        max_bytes=config.disk.max_inbox,
        max_files=config.disk.max_inbox_files,
        space=DiskSpace({}, config.disk.free_space),
    )
    inbox = Inbox(paths.inbox)
    full = [f"{owner} ({use})" for owner in sorted(inbox.owners()) if (use := _use(paths.inbox / owner, limits))]
    if full:
        more = f", and {len(full) - _SHOWN:,} more" if len(full) > _SHOWN else ""
        yield Finding(Verdict.NOTE, "inboxes", f"nearly full or fuller: {', '.join(full[:_SHOWN])}{more}")
    if not config.retrieval.server:
        words = "the machine's own sshd knows nothing of disk.max_inbox: set a quota of its file system"
        yield Finding(Verdict.NOTE, "inboxes", words)


def _disk(disk: Disk) -> Finding:
    """Of a disk that is read-only nothing else is said: it would not help."""
    subject = f"disk of {', '.join(disk.holds)}"
    place = shlex.quote(str(disk.path))
    left = f"{size(disk.free_bytes)} of {size(disk.size_bytes)} left, {size(disk.kept_bytes)} kept free"
    if disk.is_read_only:
        words = (
            "it is read-only, so nothing can be written and no job starts; where nobody made it so, the disk is faulty"
        )
        return _wrong(subject, f"{words}: see dmesg, then “findmnt --target {place}”")
    if disk.missing_bytes:
        words = (
            "no job starts and no file is taken in until there is room: delete results or inbox files, or make the disk"
        )
        return _wrong(subject, f"{left}: {words} larger (“du -d 2 {place}” says what takes it)")
    if disk.shortage is not None:
        return _wrong(subject, f"room for only {disk.free_files:,} more files: delete some (“df -i {place}”)")
    return _ok(subject, left)


def _use(folder: Path, limits: InboxLimits) -> InboxUse | None:
    """What an inbox holds that is nearly full."""
    try:
        with private.opened(folder) as handle:
            found = limits.use(handle)
    except OSError:
        return None
    return found if found.is_nearly_full else None


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _folders(paths: Paths) -> Iterator[Finding]:
    data = paths.data
    places = {"data folder": data, "inbox": paths.inbox, "outbox": paths.outbox, "job records": paths.job_records}
    for subject, path in places.items():
        yield _folder(subject, path)
    if data.is_dir() and os.statvfs(data).f_flag & os.ST_NOEXEC:
        words = "no job can start: scripts run from copies in it; mount it with exec, or name another folder (data)"
        yield _wrong("data folder", f"{data} is on a disk that is mounted noexec, so {words}")


def _is_anothers(path: Path) -> bool:
    """Whether something is there that is not ours, or that we may not see."""
    try:
        return path.lstat().st_uid != os.geteuid()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _folder(subject: str, path: Path) -> Finding:
    quoted = shlex.quote(str(path))
    if path.is_symlink():
        return _wrong(subject, f"{path} is a link, and links are not followed: name the folder itself")
    if not path.exists():
        return _missing(subject, path)
    if not path.is_dir():
        return _wrong(subject, f"{path} is no folder; name another or move it away")
    if _is_read_only(path):
        return _wrong(subject, f"{path} is on a disk that is read-only")
    owner = path.stat().st_uid
    if owner != os.geteuid():
        return _wrong(subject, f"{path} {whose(owner)}: {as_owner(owner, 'doctor')}")
    if stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXU != stat.S_IRWXU:
        return _wrong(subject, f"{path} cannot be written; mend it with: chmod 700 {quoted}")
    if stat.S_IMODE(path.stat().st_mode) & _FOR_OTHERS:
        return _wrong(subject, f"{path}: others can get in; mend it with: chmod 700 {quoted}")
    return _ok(subject, str(path))


def _missing(subject: str, path: Path) -> Finding:
    if (problem := obstacle(path)) is not None:
        return _wrong(subject, f"{path} cannot be made: {problem}; name another or move it away")
    above = next(folder for folder in path.parents if folder.exists())
    is_own = os.geteuid() != 0 or not owner_of(above)
    if os.access(above, os.W_OK | os.X_OK) and is_own:
        return Finding(Verdict.NOTE, subject, f"{path} {_FIRST_START}")
    if _is_read_only(above):
        return _wrong(subject, f"{path} cannot be made: {above} is on a disk that is read-only")
    owner = owner_of(above)
    if owner:  # not root's: whoever it is may make it
        return _wrong(subject, f"{path} will be made in {above}, which {whose(owner)}: {as_owner(owner, 'doctor')}")
    make = f"sudo install -d -m 700 -o {user_name(os.geteuid())} {shlex.quote(str(path))}"
    return _wrong(subject, f"{path} cannot be made: {above} cannot be written; mend it with: {make}")


def _private_files(config: Config, data: Path) -> Iterator[Finding]:
    """Keys, host key, database and whatever else lies directly in the data folder; the secrets file."""
    found = [entry for entry in _listed(data) if not entry.is_dir(follow_symlinks=False)]
    others = [entry for entry in found if stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) & _FOR_OTHERS]
    for entry in others:
        mend = "" if _is_read_only(data) else f"; mend it with: chmod 600 {shlex.quote(entry.path)}"
        yield _wrong("private files", f"{entry.path}: others can read it{mend}")
    if found and not others:
        yield _ok("private files", f"nobody else can read the {len(found)} files in {data}")
    if config.secrets_file is not None:
        yield _ok("secrets file", str(config.secrets_file))  # it was read already


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _scripts(config: Config, secrets: Secrets) -> Iterator[Finding]:
    folder = config.scripts
    try:
        catalogue = Catalogue(folder, config.annotations, refused=config.refuse_scripts_writable_by)
        scripts, broken = catalogue.scripts(), len(catalogue.broken())
    except ScriptRunnerError as error:
        yield _wrong("scripts", f"{error} Make it, or name another with scripts in the settings")
        return
    yield from _exposed(catalogue)
    number = len(scripts)
    if broken:
        yield _wrong("scripts", f"{number} in {folder}, and {broken} broken: “scriptrunner check” says what is wrong")
    elif number:
        yield _ok("scripts", f"{number} in {folder}")
    else:
        yield Finding(Verdict.NOTE, "scripts", f"none in {folder} yet")
    for script in scripts:
        required = {parameter.name for parameter in script.parameters if parameter.required}
        needed = {secret for name, secret in script.secrets.items() if name in required}
        if lacking := sorted(needed - secrets.scripts.keys()):
            variables = ", ".join(f"{PREFIX}{name}" for name in lacking)
            yield _wrong("secrets", f"{script.name} needs {variables}: set it in the environment or the secrets file")


def _exposed(catalogue: Catalogue) -> Iterator[Finding]:
    """What others can change: what is refused for that, which is wrong, and what runs all the same."""
    trust = catalogue.trust()
    found = catalogue.exposures()
    refused = [f"{each}" for each in found if trust.refuses(each)]
    run = [*(f"{each}" for each in found if not trust.refuses(each)), *trust.links_out()]
    for verdict, lines in ((Verdict.WRONG, refused), (Verdict.NOTE, run)):
        for line in lines[:_SHOWN]:
            yield Finding(verdict, "exposed scripts", line)
        if len(lines) > _SHOWN:
            yield Finding(verdict, "exposed scripts", f"and {len(lines) - _SHOWN} more: “scriptrunner check” names all")


def _database(config: Config, paths: Paths) -> Iterator[Finding]:
    url = paths.database_url
    if paths.database_file is not None and (problem := obstacle(paths.database_file.parent)) is not None:
        yield _wrong("database", f"{url} cannot be made: {problem}; name another or move it away")
        return
    if paths.database_file is not None and not _has_tables(paths.database_file):
        yield Finding(Verdict.NOTE, "database", f"{url} {_FIRST_START}")
        return
    if not paths.data.is_dir():
        return  # opening the database would make the folder
    try:
        with closing(Assembly(config, clock=system_clock)) as assembly:
            yield from _contents(assembly.store, url)
    except ScriptRunnerError as error:
        yield _wrong("database", str(error))
    except ImportError as error:
        yield _wrong("database", f"{url}: its driver is missing ({error}); install it beside ScriptRunner with pip")


def _has_tables(path: Path) -> bool:
    """Whether there is an SQLite file with tables; one that cannot be read is left to the store to complain of."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return path.exists()


def _contents(store: Store, url: str) -> Iterator[Finding]:
    number = store.jobs.count()
    unfinished = {state: store.jobs.count(states=[state]) for state in (State.QUEUED, State.RUNNING)}
    words = ", ".join(f"{count} {state}" for state, count in unfinished.items())
    yield _ok("database", f"{url}: {number} job{'' if number == 1 else 's'}, {words}")
    troubles = store.outbox.troubles(limit=_SHOWN + 1)
    for trouble in troubles[:_SHOWN]:
        became = "was given up" if trouble.is_given_up else "is tried again"
        what = f"the message “{trouble.event}” of job {trouble.job_id} by {trouble.channel} {became}"
        yield _wrong("messages", f"{what}: {clipped(trouble.error, _ERROR_LENGTH)}")
    if len(troubles) > _SHOWN:
        yield _wrong("messages", "and more: /jobs with the number of a job shows those about it")
    if not troubles:
        yield _ok("messages", "none that could not be delivered")


def _answers(subject: str, path: Path, otherwise: str) -> Finding:
    """Whether a part still turns, by what it writes down every few seconds; ``otherwise`` where it says nothing."""
    try:
        beat = last_beat(path)
    except OSError as error:
        return Finding(Verdict.NOTE, subject, f"cannot be asked: {path}: {error.strerror}")
    if beat is None:
        return Finding(Verdict.NOTE, subject, otherwise)
    if beat.age_seconds > _SILENT_SECONDS and os.access(path, os.W_OK):
        since = span(timedelta(seconds=beat.age_seconds))
        return _hanging(subject, beat, f"it has said nothing for {since}, last “{beat.status}”")
    if beat.age_seconds > _SILENT_SECONDS:
        return Finding(Verdict.NOTE, subject, f"runs; whether it hangs cannot be told while {path} cannot be written")
    if beat.hangs:
        return _hanging(subject, beat, beat.hangs)
    return _ok(subject, f"answers: {beat.status}" if beat.status else "answers")


def _hanging(subject: str, beat: Beat, words: str) -> Finding:
    mend = f"within a minute it ends by itself, and its log says where it was; if not: kill -9 {beat.process_id}"
    return _wrong(subject, f"hangs: {words}; {mend}; no job ends by that, and systemd or “up” starts it again")


def _mail(config: Config, secrets: Secrets, maildir: Path) -> Iterator[Finding]:
    settings = config.mail
    if settings.host is None:
        yield Finding(Verdict.NOTE, "mail", f"no server is set: mails go to the Maildir {maildir}; mail.host names one")
        return
    from runner.notifications.smtp import SmtpTransport  # noqa: PLC0415  # each runner asks for the exposures alone

    place = f"{settings.host} port {settings.port}, {settings.security}"
    mend = "see mail in the settings and SCRIPTRUNNER_SMTP_PASSWORD"
    sender = parse_sender(settings.sender)
    recipient = next((each for each in config.access.admins if "@" in each), sender.addr_spec)
    envelope = f"a mail from {sender.addr_spec} to {recipient}"
    try:
        SmtpTransport(settings, password=secrets.smtp_password).check(recipient)
    except RecipientBusy as error:
        yield Finding(Verdict.NOTE, "mail", f"{place}: {envelope} would have to wait: {error}")
    except Undeliverable as error:
        yield _wrong("mail", f"{place}: {envelope} would be lost: {error}; see mail.sender and access.admins")
    except ScriptRunnerError as error:
        yield _wrong("mail", f"{place}: {error}; {mend}")
    else:
        login = f"logged in as {settings.user}" if settings.user else "connected, without a login"
        yield _ok("mail", f"{place}: {login}; {envelope} would be taken")
    if sender.domain == "localhost":
        yield Finding(Verdict.NOTE, "mail", f"comes from {settings.sender}, which many refuse: set mail.sender")


def _ok(subject: str, words: str) -> Finding:
    return Finding(Verdict.OK, subject, words)


def _wrong(subject: str, words: str) -> Finding:
    return Finding(Verdict.WRONG, subject, words)
