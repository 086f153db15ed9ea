"""Where the files and folders of an installation are: the one place that names them. It makes none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from runner.app.config import Config

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Every path of one installation; inbox, outbox and database may be elsewhere, all else is in the data folder."""

    data: Path
    inbox: Path
    """The folder people bring input files to."""
    outbox: Path
    """The folder that holds a folder of results for each job."""
    database_url: str

    @classmethod
    def of(cls, config: Config) -> Self:
        """Those of the installation that the settings describe."""
        data = config.data
        return cls(
            data=data,
            inbox=config.inbox or data / "inbox",
            outbox=config.outbox or data / "outbox",
            database_url=config.database or f"{_SQLITE}{data / 'scriptrunner.db'}",
        )

    @property
    def database_file(self) -> Path | None:
        """The file that an SQLite database is; None for one on a server."""
        if not self.database_url.startswith(_SQLITE):
            return None
        return Path(unquote(self.database_url.removeprefix(_SQLITE)))

    @property
    def job_records(self) -> Path:
        """The folder of what supervisors record, a folder for each job."""
        return self.data / "jobs"

    @property
    def script_copies(self) -> Path:
        """The folder of the copies of scripts that run."""
        return self.data / "copies"

    @property
    def mail(self) -> Path:
        """The Maildir that takes the mails where no server is set."""
        return self.data / "mail"

    @property
    def wakeup_socket(self) -> Path:
        """The socket that wakes the runner."""
        return self.data / "runner.sock"

    @property
    def bot_beat(self) -> Path:
        """The file in which the bot says that it answers."""
        return self.data / "bot.beat"

    @property
    def runner_beat(self) -> Path:
        """The file in which the runner says that it works."""
        return self.data / "runner.beat"

    @property
    def lock(self) -> Path:
        """What the one runner of this data folder holds locked."""
        return self.data / "runner.lock"

    @property
    def runner_name(self) -> Path:
        """The file with the name of this data folder's runner."""
        return self.data / "runner.id"

    @property
    def boot_record(self) -> Path:
        """The file that tells in which start of the machine the runner worked last."""
        return self.data / "boot"

    @property
    def retrieval_key(self) -> Path:
        """The key that the passwords of jobs and uploads are derived from."""
        return self.data / "retrieval.key"

    @property
    def ssh_host_key(self) -> Path:
        """The host key of the built-in SSH server."""
        return self.data / "ssh_host_ed25519_key"


def written_folders(paths: Paths) -> dict[str, Path]:
    """The folders that are written to, by what people call them."""
    places = {"data folder": paths.data, "inbox": paths.inbox, "outbox": paths.outbox}
    database = paths.database_file
    return places if database is None else {**places, "database": database.parent}
