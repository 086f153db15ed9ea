"""Who may log in to the SSH server: whoever was told of a job's results, and whoever was told to bring files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.files import Inbox, Results
from runner.jobs import Job, Requester
from runner.retrieval import Instructions, Logins, RetrievalSettings
from runner.retrieval.accounts import Accounts

JobFactory = Callable[..., Job]
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ALICE = Requester(user_id="U0ALICE", team_id="T1", email="alice@example.org", name="Alice")
BOB = Requester(user_id="U0BOB", team_id="T1", email="bob@example.org", name="Bob")


@dataclass
class House:
    """Accounts and instructions over the same folders and logins."""

    here: Path
    server: bool = True
    now: datetime = NOW
    jobs: dict[int, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.results = Results(root=self.here / "outbox", control=self.here / "jobs")
        self.inbox = Inbox(self.here / "inbox")
        self.logins = Logins(b"k" * 32)

    @property
    def accounts(self) -> Accounts:
        return Accounts(
            find_job=self.jobs.get,
            results=self.results,
            inbox=self.inbox,
            logins=self.logins,
            max_upload_bytes=1000,
            clock=lambda: self.now,
        )

    @property
    def instructions(self) -> Instructions:
        return Instructions(
            logins=self.logins,
            settings=RetrievalSettings(server=self.server, scp_host="big.example.org"),
            results=self.results,
            inbox=self.inbox,
            clock=lambda: self.now,
        )

    def run(self, job: Job) -> None:
        self.jobs[job.id] = job
        self.results.make(job.id, attempt=1)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_password_told_with_a_job_opens_its_results_and_nothing_else(house: House, job_factory: JobFactory) -> None:
    house.run(job_factory(id=12))
    house.run(job_factory(id=13))
    told = house.instructions.retrieval(house.jobs[12])

    mine, other = house.accounts.account("job-12"), house.accounts.account("job-13")

    assert told.command == "scp -r -P 2022 job-12@big.example.org:job-12 ."
    assert mine is not None
    assert other is not None
    assert mine.passwords == (told.password,)
    assert told.password not in other.passwords
    assert (mine.folder, mine.writable) == (house.results.folder(12), False)


def test_job_whose_results_are_gone_has_no_account(house: House, job_factory: JobFactory) -> None:
    house.run(job_factory(id=12))
    house.results.remove("12")

    assert house.accounts.account("job-12") is None


def test_folder_of_a_job_that_nobody_knows_has_no_account(house: House) -> None:
    house.results.make(12, attempt=1)

    assert house.accounts.account("job-12") is None


def test_password_told_for_uploads_opens_ones_own_inbox_folder(house: House) -> None:
    told = house.instructions.upload(ALICE)

    account = house.accounts.account(f"in-{ALICE.user_id}")

    assert account is not None
    assert told.command == "scp -P 2022 FILE in-U0ALICE@big.example.org:"
    assert told.password in account.passwords
    assert (account.folder, account.writable, account.max_size_bytes) == (house.inbox.folder / "U0ALICE", True, 1000)


def test_upload_password_is_refused_once_its_time_is_over(house: House) -> None:
    told = house.instructions.upload(ALICE)
    assert told.valid_until is not None

    house.now = told.valid_until - timedelta(seconds=1)
    before = house.accounts.account("in-U0ALICE")
    house.now = told.valid_until
    after = house.accounts.account("in-U0ALICE")

    assert before is not None
    assert after is not None
    assert told.password in before.passwords
    assert told.password not in after.passwords


def test_person_who_was_told_no_password_has_no_account(house: House) -> None:
    house.instructions.upload(ALICE)

    assert house.accounts.account(f"in-{BOB.user_id}") is None


@pytest.mark.parametrize("user", ["root", "", "job-", "in-", "job-12/..", "in-../U0ALICE", "in-u0alice"])
def test_other_user_names_have_no_account(house: House, job_factory: JobFactory, user: str) -> None:
    house.run(job_factory(id=12))
    house.instructions.upload(ALICE)

    assert house.accounts.account(user) is None


def test_machines_own_sshd_asks_for_no_password_of_ours(tmp_path: Path, job_factory: JobFactory) -> None:
    house = House(tmp_path, server=False)

    fetching, bringing = house.instructions.retrieval(job_factory(id=12)), house.instructions.upload(ALICE)

    assert (fetching.password, bringing.password, bringing.valid_until) == (None, None, None)
    assert fetching.command == f"scp -r big.example.org:{tmp_path}/outbox/job-12 ."
    assert bringing.command == f"scp FILE big.example.org:{tmp_path}/inbox/U0ALICE/"
