"""User names and passwords of jobs and uploads, derived from a key file and never stored."""

import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from runner.errors import ConfigError
from runner.jobs import Job
from runner.retrieval.keys import load_or_make

_KEY_BYTES = 32
_JOB = re.compile(r"job-([1-9][0-9]{0,17})", re.ASCII)
_PERSON = re.compile(r"in-([UW][A-Z0-9]{1,30})", re.ASCII)

# Crockford's digits: no letter that looks like another or like a digit. 28 of them carry 140 bits.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 7, 4
_READ_AS = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a person types to log in; ``valid_until`` is absent where it holds as long as the files."""

    user: str
    password: str = field(repr=False)
    valid_until: datetime | None = None


class Logins:
    """Derives logins from the installation's key; two installations never agree on one. ConfigError for half a key."""

    def __init__(self, key: bytes, *, upload_period: timedelta = timedelta(days=1)) -> None:
        if len(key) != _KEY_BYTES:
            raise ConfigError(f"The key that passwords are derived from has {len(key)} bytes instead of {_KEY_BYTES}.")
        self._key = key
        self._period = upload_period

    @classmethod
    def load(cls, key_file: Path, *, upload_period: timedelta = timedelta(days=1)) -> Self:
        """With the installation's key file, made on first start; ConfigError where others can read it."""
        return cls(load_key(key_file), upload_period=upload_period)

    def job_login(self, job: Job) -> Login:
        """The login that sees the job's outbox folder; for its requester's eyes only."""
        requested_at = job.requested_at.astimezone(UTC).isoformat(timespec="microseconds")
        fields = ("job", job.id, job.requester.team_id, job.requester.user_id, requested_at)
        return Login(user=f"job-{job.id}", password=self._password(*fields))

    def upload_login(self, user_id: str, now: datetime) -> Login:
        """The login that writes into the person's own inbox folder; it works for one to two periods from now."""
        number = self._number(now)
        return Login(
            user=f"in-{user_id}",
            password=self._upload_password(user_id, number),
            valid_until=datetime.fromtimestamp((number + 2) * self._period.total_seconds(), UTC),
        )

    def upload_passwords(self, user_id: str, now: datetime) -> tuple[str, ...]:
        """All passwords that let the person bring files now: those of this period and of the one before."""
        number = self._number(now)
        return tuple(self._upload_password(user_id, each) for each in (number, number - 1))

    def _number(self, now: datetime) -> int:
        return int(now.timestamp() // self._period.total_seconds())

    def _upload_password(self, user_id: str, number: int) -> str:
        period = self._period.total_seconds()
        return self._password("upload", user_id, period, number)

    def _password(self, purpose: str, *fields: object) -> str:
        message = json.dumps(["scriptrunner", purpose, *map(str, fields)]).encode()
        number = int.from_bytes(hmac.digest(self._key, message, "sha256"))
        digits = "".join(_DIGITS[number >> 5 * place & 31] for place in range(_GROUPS * _GROUP))
        return "-".join(digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP))


def load_key(path: Path) -> bytes:
    """The key in that file, made on first start; bot and runner may both start first."""
    return load_or_make(path, lambda: secrets.token_bytes(_KEY_BYTES))


def named_job(user: str) -> int | None:
    """The number of the job that a user name like ``job-12`` stands for."""
    found = _JOB.fullmatch(user)
    return int(found[1]) if found else None


def named_person(user: str) -> str | None:
    """The Slack user id that a user name like ``in-U0ALICE`` stands for."""
    found = _PERSON.fullmatch(user)
    return found[1] if found else None


def matches(typed: str, passwords: tuple[str, ...]) -> bool:
    """Whether what was typed is one of the passwords; case and hyphens do not matter.

    Takes the same time wherever they differ, and whether there is a password at all.
    """
    given = _canonical(typed)
    checks = [hmac.compare_digest(given, _canonical(password)) for password in passwords or ("",)]
    return any(checks) and bool(passwords)


def _canonical(password: str) -> bytes:
    return password.strip().lower().translate(_READ_AS).encode(errors="surrogatepass")
