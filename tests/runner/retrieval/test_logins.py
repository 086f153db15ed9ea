import os
import re
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from runner.errors import ConfigError
from runner.jobs import Job, Requester
from runner.retrieval.keys import load_or_make
from runner.retrieval.logins import Logins, load_key, matches, named_job, named_person

KEY = bytes(range(32))
NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
ALICE = Requester(user_id="U0ALICE", team_id="T1", email="alice@example.org", name="Alice")


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_jobs_login_is_the_same_each_time_and_easy_to_type(job_factory: Callable[..., Job]) -> None:
    login = Logins(KEY).job_login(job_factory())
    assert login == Logins(KEY).job_login(job_factory(title="renamed", attempt=2))
    assert login.user == "job-12"
    assert re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}", login.password)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 13},
        {"requester": Requester(user_id="U0ALICF", team_id="T1", email="a@b.example", name="A")},
        {"requester": Requester(user_id="U0ALICE", team_id="T2", email="a@b.example", name="A")},
        {"requester": Requester(user_id="U0ALICE1", team_id="T", email="a@b.example", name="A")},
        {"requested_at": NOW + timedelta(microseconds=1)},
    ],
)
def test_every_other_job_has_another_password(job_factory: Callable[..., Job], changes: dict[str, object]) -> None:
    logins = Logins(KEY)
    assert logins.job_login(job_factory(**changes)).password != logins.job_login(job_factory()).password


def test_fields_that_run_together_alike_give_different_passwords(job_factory: Callable[..., Job]) -> None:
    def password(team_id: str, user_id: str) -> str:
        requester = Requester(user_id=user_id, team_id=team_id, email="a@b.example", name="A")
        return Logins(KEY).job_login(job_factory(requester=requester)).password

    assert len({password("T1", "U2"), password("T1U", "2"), password('T1", "U2', ""), password("", 'T1", "U2')}) == 4


def test_the_password_does_not_depend_on_the_time_zone_a_time_is_given_in(job_factory: Callable[..., Job]) -> None:
    east = job_factory(requested_at=NOW.astimezone(timezone(timedelta(hours=5))))
    assert Logins(KEY).job_login(east) == Logins(KEY).job_login(job_factory(requested_at=NOW))


def test_a_login_never_shows_its_password_by_accident(job_factory: Callable[..., Job]) -> None:
    login = Logins(KEY).job_login(job_factory())
    assert login.password not in f"{login!r} {login!s}"
    assert KEY.hex() not in repr(Logins(KEY))


def test_an_upload_password_works_from_when_it_is_shown_until_it_says_and_no_longer() -> None:
    logins = Logins(KEY, upload_period=timedelta(days=1))
    for shown_at in (NOW, NOW.replace(hour=0, minute=0, second=0, microsecond=0), NOW.replace(hour=23, minute=59)):
        login = logins.upload_login(ALICE.user_id, shown_at)
        assert login.user == "in-U0ALICE"
        assert login.valid_until is not None
        assert login.valid_until - shown_at >= timedelta(days=1)
        for at, works in (
            (shown_at, True),
            (login.valid_until - timedelta(seconds=1), True),
            (login.valid_until, False),
        ):
            assert (login.password in logins.upload_passwords(ALICE.user_id, at)) == works


def test_an_upload_password_is_neither_a_jobs_nor_another_persons(job_factory: Callable[..., Job]) -> None:
    bob = Requester(user_id="U0BOB", team_id="T1", email="bob@example.org", name="Bob")
    logins = Logins(KEY)
    assert not {*logins.upload_passwords(ALICE.user_id, NOW)} & {*logins.upload_passwords(bob.user_id, NOW)}
    assert logins.job_login(job_factory()).password not in logins.upload_passwords(ALICE.user_id, NOW)


def test_two_installations_differ_and_each_keeps_its_key(tmp_path: Path) -> None:
    first, second = load_key(tmp_path / "a"), load_key(tmp_path / "b")
    assert len(first) == len(second) == 32
    assert first != second
    assert load_key(tmp_path / "a") == first


def test_the_key_file_is_private_whatever_the_umask(tmp_path: Path, umask: None) -> None:
    load_key(tmp_path / "data" / "key")
    assert stat.S_IMODE((tmp_path / "data" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]


def test_those_who_start_first_at_once_agree_on_one_key(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    keys: list[bytes] = []

    def start() -> None:
        barrier.wait()
        keys.append(load_key(tmp_path / "key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    load_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(ConfigError, match=rf"mode 0{mode:o}.*chmod 600 {re.escape(str(tmp_path / 'key'))}"):
        load_key(tmp_path / "key")


def test_a_key_that_is_a_link_a_fifo_or_cut_short_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("link", "pipe"):
        with pytest.raises(ConfigError):
            load_or_make(tmp_path / name, lambda: b"new")
    with pytest.raises(ConfigError, match="3 bytes instead of 32"):
        Logins(b"abc")


def test_what_is_typed_matches_in_any_case_with_or_without_hyphens() -> None:
    passwords = ("abcd-0123-xyz1",)
    for typed in ("abcd-0123-xyz1", "ABCD-0123-XYZ1", " abcd0123xyz1 ", "abcd-o123-xyzl"):
        assert matches(typed, passwords)
    for typed in ("", "abcd-0123-xyz2", "abcd-0123", "é\ud800"):
        assert not matches(typed, passwords)
    assert not matches("", ())


@pytest.mark.parametrize(
    "user", ["job-0", "job-012", "job-", "job-1 ", "job-\u0661", "job--1", "in-U0A", "job-1\n", "JOB-1"]
)
def test_only_a_jobs_user_name_names_a_job(user: str) -> None:
    assert named_job(user) is None


def test_user_names_are_read_back() -> None:
    assert named_job("job-12") == 12
    assert named_person("in-U0ALICE") == "U0ALICE"
    assert named_person("in-../x") is None
    assert named_person("in-U0ALICE\n") is None
