"""What was held back in quiet hours is told in one message when they end; jobs that go on get their own."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from runner.jobs import Ending, Event, Notification, Preferences, QuietHours, Requester, State
from runner.messages.reports import Report
from runner.notifications.delivery import Delivery, DeliverySettings
from runner.store import NewJob, Store

ADA = Requester(user_id="U1", team_id="T1", email="a@x", name="Ada", time_zone="Europe/Berlin")
NIGHT = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # half past midnight there, before the hour that comes twice
MORNING = datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Post:
    """Keeps what was sent, and what was sent as one."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Event]] = []
        self.digests: list[list[tuple[int, Event]]] = []

    def send(self, notification: Notification, report: Report) -> str | None:
        self.sent.append((report.job.id, notification.event))
        return f"D1 {notification.id}.1" if notification.is_own else None

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        assert len(notifications) == len(reports)
        self.digests.append([(each.job_id, each.event) for each in notifications])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=lambda who, _: {"slack": who.user_id})
    store.preferences.save(ADA, Preferences(quiet=QuietHours(start=time(22), end=time(7))), now=NIGHT)
    yield store
    store.close()


@pytest.fixture
def start(store: Store) -> Callable[[], int]:
    def start() -> int:
        name = f"{store.jobs.count()}"
        new = NewJob(submission=name, script="a.sh", title="A", values={}, inputs=(), requester=ADA)
        job = store.jobs.submit(new, now=NIGHT)
        store.jobs.claim("here", executor="local", now=NIGHT, lease=HOUR)
        return job.id

    return start


@pytest.fixture
def deliver(store: Store) -> Callable[[datetime], Post]:
    """Sends what is due by then, and tells what was sent."""

    def deliver(now: datetime) -> Post:
        def report(notification: Notification) -> Report | None:
            job = store.jobs.get(notification.job_id)
            return None if job is None else Report(job=job)

        post = Post()
        Delivery(store.outbox, {"slack": post}, report, clock=lambda: now, settings=DeliverySettings()).tick(now)
        return post

    return deliver


def end(store: Store, job_id: int, now: datetime = NIGHT) -> None:
    store.jobs.finish(job_id, Ending(state=State.SUCCEEDED), runner="here", now=now, expires_at=now + HOUR)


def test_what_ended_in_the_night_is_told_in_one_message_and_what_runs_in_its_own(
    store: Store, start: Callable[[], int], deliver: Callable[[datetime], Post]
) -> None:
    first, second, running = start(), start(), start()
    end(store, first)
    end(store, second)

    at_night, before = deliver(NIGHT), deliver(MORNING - timedelta(seconds=1))
    post = deliver(MORNING)
    afterwards = deliver(MORNING)

    assert (at_night.sent, at_night.digests, before.sent, before.digests) == ([], [], [], [])
    (digest,) = post.digests
    told = [(first, Event.STARTED), (first, Event.ENDED), (second, Event.STARTED), (second, Event.ENDED)]
    assert sorted(digest) == sorted(told)
    assert post.sent == [(running, Event.STARTED)]
    assert (afterwards.sent, afterwards.digests) == ([], [])


def test_one_job_that_ended_in_the_night_is_told_by_its_whole_end_message(
    store: Store, start: Callable[[], int], deliver: Callable[[datetime], Post]
) -> None:
    job = start()
    end(store, job)

    post = deliver(MORNING)

    assert (post.sent, post.digests) == ([(job, Event.ENDED)], [])
    assert store.outbox.next_due(channel="slack") is None


def test_what_comes_by_day_is_told_at_once(
    store: Store, start: Callable[[], int], deliver: Callable[[datetime], Post]
) -> None:
    job = start()
    deliver(MORNING)

    end(store, job, MORNING)

    assert deliver(MORNING).sent == [(job, Event.ENDED)]
