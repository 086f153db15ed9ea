"""Checks what the runner needs and says how to mend what is wrong; looks only, and makes nothing."""

import fcntl
import os
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runner.app.bootstrap import Assembly
from runner.app.config import Config
from runner.app.ownership import as_owner, owner_of, user_name, whose
from runner.app.paths import Paths
from runner.errors import ScriptRunnerError
from runner.jobs import State
from runner.notifications.mail_settings import parse_sender
from runner.scripts import Catalogue
from runner.settings import PREFIX, Secrets
from runner.store import Store
from runner.system.clock import system_clock
from runner.system.text import clipped, visible

_FIRST_START = "will be made on first start"
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHOWN = 5
_ERROR_LENGTH = 200


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
    """Check folders, scripts, database, runner and mail, one after the other; what cannot be checked is a finding."""
    paths = Paths.of(config)
    if os.geteuid() == 0:
        yield Finding(Verdict.NOTE, "user", "you are root: scripts that run as root can read and change everything")
    yield from _checked("folders", _folders(paths))
    if not _is_anothers(paths.data):
        yield from _checked("private files", _private_files(config, paths.data))
    yield from _checked("scripts", _scripts(config, secrets))
    if not _is_anothers(paths.data):
        yield from _checked("database", _database(config, paths))
        yield _runner(config)
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


def _folders(paths: Paths) -> Iterator[Finding]:
    data = paths.data
    places = {"data folder": data, "inbox": paths.inbox, "outbox": paths.outbox, "job records": paths.job_records}
    for subject, path in places.items():
        yield _folder(subject, path)


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
    owner = path.stat().st_uid
    if owner != os.geteuid():
        return _wrong(subject, f"{path} {whose(owner)}: {as_owner(owner, 'doctor')}")
    if stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXU != stat.S_IRWXU:
        return _wrong(subject, f"{path} cannot be written; mend it with: chmod 700 {quoted}")
    if stat.S_IMODE(path.stat().st_mode) & _FOR_OTHERS:
        return _wrong(subject, f"{path}: others can get in; mend it with: chmod 700 {quoted}")
    return _ok(subject, str(path))


def _missing(subject: str, path: Path) -> Finding:
    above = next(folder for folder in path.parents if folder.exists())
    is_own = os.geteuid() != 0 or not owner_of(above)
    if os.access(above, os.W_OK | os.X_OK) and is_own:
        return Finding(Verdict.NOTE, subject, f"{path} {_FIRST_START}")
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
        path = shlex.quote(entry.path)
        yield _wrong("private files", f"{entry.path}: others can read it; mend it with: chmod 600 {path}")
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
        catalogue = Catalogue(folder, config.annotations)
        scripts, broken = catalogue.scripts(), len(catalogue.broken())
    except ScriptRunnerError as error:
        yield _wrong("scripts", f"{error} Make it, or name another with scripts in the settings")
        return
    if folder.stat().st_mode & stat.S_IWOTH:
        words = f"{folder}: everybody can add scripts, which run as you"
        yield _wrong("scripts", f"{words}; mend it with: chmod o-w {shlex.quote(str(folder))}")
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


def _database(config: Config, paths: Paths) -> Iterator[Finding]:
    url = paths.database_url
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


def _runner(config: Config) -> Finding:
    if is_running(config):
        return _ok("runner", "running")
    return Finding(Verdict.NOTE, "runner", "not running: jobs wait until “scriptrunner up” or “scriptrunner runner”")


def _mail(config: Config, secrets: Secrets, maildir: Path) -> Iterator[Finding]:
    settings = config.mail
    if settings.host is None:
        yield Finding(Verdict.NOTE, "mail", f"no server is set: mails go to the Maildir {maildir}; mail.host names one")
        return
    from runner.notifications.smtp import SmtpTransport  # noqa: PLC0415  # each runner asks for the exposures alone

    place = f"{settings.host} port {settings.port}, {settings.security}"
    mend = "see mail in the settings and SCRIPTRUNNER_SMTP_PASSWORD"
    try:
        SmtpTransport(settings, password=secrets.smtp_password).check()
    except ScriptRunnerError as error:
        yield _wrong("mail", f"{place}: {error}; {mend}")
    else:
        yield _ok(
            "mail", f"{place}: {f'logged in as {settings.user}' if settings.user else 'connected, without a login'}"
        )
    if parse_sender(settings.sender).domain == "localhost":
        yield Finding(Verdict.NOTE, "mail", f"comes from {settings.sender}, which many refuse: set mail.sender")


def _ok(subject: str, words: str) -> Finding:
    return Finding(Verdict.OK, subject, words)


def _wrong(subject: str, words: str) -> Finding:
    return Finding(Verdict.WRONG, subject, words)
