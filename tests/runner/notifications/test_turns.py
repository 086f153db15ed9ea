"""However much one person is owed, others are told in their turn; what is too much for one is told at once."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from runner.jobs import Ending, Event, Notification, Requester, State
from runner.messages.reports import Report
from runner.notifications.delivery import BACK_OFF, Delivery, DeliverySettings
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy, Undeliverable
from runner.store import NewJob, Store

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Post:
    """A transport that keeps to whom it sent what, and raises what ``troubles`` holds for the person."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, Event]] = []
        self.tried: list[str] = []
        self.troubles: dict[str, Exception] = {}

    def send(self, notification: Notification, report: Report) -> None:
        self.tried.append(notification.recipient)
        if trouble := self.troubles.get(notification.recipient):
            raise trouble
        self.sent.append((notification.recipient, report.job.id, notification.event))


class GatheringPost(Post):
    """One that can send one message in the place of many."""

    def __init__(self) -> None:
        super().__init__()
        self.digests: list[list[Notification]] = []

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        assert [each.job.id for each in reports] == [each.job_id for each in notifications]
        self.tried.append(notifications[0].recipient)
        if trouble := self.troubles.get(notifications[0].recipient):
            raise trouble
        self.digests.append(list(notifications))


class Office:
    """A store with jobs of several people, and a delivery by one channel."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now = now
        self.path = folder / "jobs.db"
        self.store = Store(f"sqlite:///{self.path}", addresses=lambda who, _: {"slack": who.user_id})
        self.database = self.store.outbox._database  # noqa: SLF001  # for what only a database can be made to do

    def delivery(self, post: Post) -> Delivery:
        return Delivery(self.store.outbox, {"slack": post}, self._report, clock=lambda: self.now, settings=SETTINGS)

    def start(self, user_id: str, count: int = 1) -> list[int]:
        person = Requester(user_id=user_id, team_id="T1", email="a@x", name="Ada")
        for number in range(count):
            new = NewJob(
                submission=f"{user_id}.{number}.{self.store.jobs.count()}",
                script="a.sh",
                title="A",
                values={},
                inputs=(),
                requester=person,
            )
            self.store.jobs.submit(new, now=self.now)
        started: list[int] = []
        while claimed := self.store.jobs.claim("here", executor="local", now=self.now, lease=HOUR):
            started += [job.id for job in claimed]
        return started

    def end(self, job_id: int) -> None:
        ending = Ending(state=State.SUCCEEDED)
        assert self.store.jobs.finish(job_id, ending, runner="here", now=self.now, expires_at=self.now + HOUR)

    def _report(self, notification: Notification) -> Report | None:
        job = self.store.jobs.get(notification.job_id)
        return None if job is None else Report(job=job)


SETTINGS = DeliverySettings()


@pytest.fixture
def office(tmp_path: Path, now: datetime) -> Iterator[Office]:
    office = Office(tmp_path, now)
    yield office
    office.store.close()


def test_person_with_one_message_waits_for_ten_of_another_s_at_most(office: Office) -> None:
    office.start("U1", 40)
    office.start("U2")
    post = Post()

    office.delivery(post).tick(office.now)

    assert [who for who, _, _ in post.sent].index("U2") <= 10
    assert len(post.sent) == 41


def test_messages_of_many_people_go_round_by_person(office: Office) -> None:
    for user_id in ("U1", "U2", "U3"):
        office.start(user_id, 12)
    post = Post()

    office.delivery(post).tick(office.now)

    told = [who for who, _, _ in post.sent]
    for count in range(3, 36, 3):
        assert max(Counter(told[:count]).values()) - min(Counter(told[:count]).values()) <= 2, told
    for user_id in ("U1", "U2", "U3"):
        jobs = [job for who, job, _ in post.sent if who == user_id]
        assert jobs == sorted(jobs)


def test_more_people_than_go_in_a_turn_are_all_told_once_before_anybody_twice(office: Office) -> None:
    people = [f"U{number:02}" for number in range(25)]
    for user_id in people:
        office.start(user_id, 2)
    post = Post()

    office.delivery(post).tick(office.now)

    told = [who for who, _, _ in post.sent]
    assert set(told[:25]) == set(people)
    assert len(told) == 50


def test_wish_to_wait_about_one_person_holds_for_that_person_alone(office: Office) -> None:
    office.start("U1", 3)
    office.start("U2", 3)
    post = Post()
    post.troubles["U1"] = RecipientBusy("wait", retry_after=30 * SECOND)
    delivery = office.delivery(post)

    delivery.tick(office.now)
    assert Counter(post.tried) == {"U1": 1, "U2": 3}

    post.troubles.clear()
    office.now += 29 * SECOND
    delivery.tick(office.now)
    assert Counter(post.tried) == {"U1": 1, "U2": 3}

    office.now += 2 * SECOND
    delivery.tick(office.now)
    assert Counter(who for who, _, _ in post.sent) == {"U1": 3, "U2": 3}


def test_waiting_for_one_person_does_not_keep_delivery_busy(office: Office) -> None:
    office.start("U1", 3)
    post = Post()
    post.troubles["U1"] = RecipientBusy("wait", retry_after=HOUR)
    delivery = office.delivery(post)
    delivery.tick(office.now)

    assert delivery.flush(SECOND), "nothing is late that waits because it was asked to"


def test_person_whose_address_never_answers_is_tried_ever_more_rarely(office: Office) -> None:
    office.start("U1", 40)
    post = Post()
    post.troubles["U1"] = RecipientBusy("no answer")
    delivery = office.delivery(post)
    for second in range(0, 3600, 5):
        delivery.tick(office.now + second * SECOND)

    assert 5 <= len(post.tried) <= 2 + len(BACK_OFF)


def test_person_who_is_refused_for_good_delays_nobody(office: Office) -> None:
    office.start("U1", 30)
    office.start("U2")
    post = Post()
    post.troubles["U1"] = Undeliverable("gone")

    office.delivery(post).tick(office.now)

    assert post.tried.index("U2") <= 10
    assert len(office.store.outbox.troubles(limit=99)) == 30


def test_what_waits_for_one_person_beyond_measure_is_told_at_once(office: Office) -> None:
    jobs = office.start("U1", 60)
    for job in jobs:
        office.end(job)
    office.start("U2")
    post = GatheringPost()

    office.delivery(post).tick(office.now)

    told = [(each.job_id, each.event) for digest in post.digests for each in digest]
    one_by_one = [(job, event) for who, job, event in post.sent if who == "U1"]
    expected = {(job, event) for job in jobs for event in (Event.STARTED, Event.ENDED)}
    assert len(told + one_by_one) == len(expected)
    assert set(told + one_by_one) == expected
    assert len(post.tried) < 30
    assert [who for who, _, _ in post.sent].count("U2") == 1
    assert office.store.outbox.next_due(channel="slack") is None


def test_fifty_messages_are_told_one_by_one(office: Office) -> None:
    office.start("U1", 50)
    post = GatheringPost()

    office.delivery(post).tick(office.now)

    assert (len(post.sent), post.digests) == (50, [])


def test_messages_told_at_once_that_are_refused_all_wait_with_the_reason(office: Office) -> None:
    office.start("U1", 60)
    post = GatheringPost()
    post.troubles["U1"] = DeliveryFailed("later")
    delivery = office.delivery(post)

    delivery.tick(office.now)
    assert len(office.store.outbox.troubles(limit=99)) == 60
    post.troubles.clear()
    office.now += BACK_OFF[0]
    delivery.tick(office.now)

    assert sum(map(len, post.digests)) + len(post.sent) == 60
    assert office.store.outbox.troubles() == []


def test_messages_told_at_once_are_written_down_together_or_not_at_all(office: Office) -> None:
    office.start("U1", 60)
    post = GatheringPost()
    database = office.database
    with database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON notifications WHEN NEW.id > 20 BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    delivery = office.delivery(post)

    with pytest.raises(IntegrityError, match="full"):
        delivery.tick(office.now)
    assert len(office.store.outbox.waiting(now=office.now, channel="slack", recipient="U1", limit=99)) == 60

    with database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    delivery.tick(office.now)
    assert sum(map(len, post.digests)) + len(post.sent) == 60, "nothing is told twice"


def test_end_is_not_told_at_once_before_a_start_that_is_put_off(office: Office) -> None:
    (first,) = office.start("U1")
    start = office.store.outbox.due(now=office.now, channel="slack", limit=1)[0]
    office.store.outbox.mark_retry(start.id, due_at=office.now + timedelta(minutes=1), error="later")
    office.end(first)
    office.start("U1", 60)
    post = GatheringPost()

    office.delivery(post).tick(office.now)

    assert first not in {each.job_id for digest in post.digests for each in digest}
    assert first not in {job for _, job, _ in post.sent}


def test_log_tells_of_an_outage_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.start("U1", 30)
    post = Post()
    post.troubles["U1"] = ChannelDown("away")
    delivery = office.delivery(post)
    with caplog.at_level(logging.INFO, logger="runner.notifications"):
        for minute in range(30):
            delivery.tick(office.now + timedelta(minutes=minute))
        assert len(caplog.messages) == 1
        post.troubles.clear()
        office.now += HOUR
        delivery.tick(office.now)

    assert caplog.messages.count("delivery by slack works again") == 1


@pytest.fixture
def steps(office: Office) -> Callable[[Callable[[], object]], int]:
    """How many steps of SQLite's machine, in thousands, something takes."""

    def count(act: Callable[[], object]) -> int:
        taken = 0

        def tell() -> int:
            nonlocal taken
            taken += 1
            return 0

        with office.database.reading() as connection:
            handle = connection.connection.driver_connection
            assert handle is not None
            handle.set_progress_handler(tell, 1000)
        act()
        with office.database.reading() as connection:
            handle = connection.connection.driver_connection
            assert handle is not None
            handle.set_progress_handler(None, 0)
        return taken

    return count


def test_look_at_what_is_owed_takes_as_long_for_a_hundred_thousand_messages_as_for_ten(
    office: Office, steps: Callable[[Callable[[], object]], int]
) -> None:
    (job,) = office.start("U1")
    assert job == 1
    office.start("U2")
    owed = office.store.outbox.of("here")
    with office.database.writing() as connection:
        columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(jobs)")]
        copied = ", ".join({"id": "n + 100", "submission": "'s' || n"}.get(name, name) for name in columns)
        numbers = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)"
        connection.exec_driver_sql(f"{numbers} INSERT INTO jobs SELECT {copied} FROM number, jobs WHERE id = {job}")  # noqa: S608
        connection.exec_driver_sql(
            "INSERT INTO notifications (job_id, event, channel, recipient, state, attempts, created_at, due_at)"
            " SELECT jobs.id, 'started', 'slack', 'U1', 'pending', 0, created_at, due_at FROM jobs, notifications"
            " WHERE jobs.id > 100 AND notifications.job_id = 1"
        )

    def look() -> None:
        found = owed.due(now=office.now, channel="slack", limit=10)
        assert {each.recipient for each in found} == {"U1", "U2"}
        owed.due(now=office.now, channel="slack", limit=10, without={"U1"}, after="U1")
        owed.waiting(now=office.now, channel="slack", recipient="U1", limit=200)
        owed.next_due(channel="slack", without={"U1"}, now=office.now)

    assert min(steps(look) for _ in range(3)) < 100
