import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from runner.errors import StoreError
from runner.jobs import Ending, Event, Notification, Requester, State
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.channel_worker import Owed
from runner.notifications.delivery import BACK_OFF, Delivery, DeliverySettings
from runner.notifications.protocol import ChannelDown, DeliveryFailed
from runner.store import NewJob, OutboxStore, Store

DEADLINE = 10.0
HOUR = timedelta(hours=1)
LATER = timedelta(days=1)


class Recording:
    """A transport that keeps what it is given, or raises what ``troubles`` holds for the job."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Event]] = []
        self.tried: list[Notification] = []
        self.troubles: dict[int, Exception] = {}
        self.refused_events: dict[Event, Exception] = {}
        self.arrived = threading.Event()
        self.lets_go = threading.Event()
        self.lets_go.set()

    def send(self, notification: Notification, report: Report) -> str | None:
        assert self.lets_go.wait(DEADLINE)
        self.tried.append(notification)
        if trouble := self.troubles.get(notification.job_id) or self.refused_events.get(notification.event):
            raise trouble
        self.sent.append((report.job.id, notification.event))
        self.arrived.set()
        return None


class World:
    """A store with jobs, two channels and a delivery between them."""

    def __init__(self, folder: Path, now: datetime, settings: DeliverySettings) -> None:
        self.now = now
        self.slack, self.email = Recording(), Recording()
        self.store = Store(
            f"sqlite:///{folder}/jobs.db", addresses=lambda who, _: {"slack": who.user_id, "email": "a@x"}
        )
        self.delivery = self.deliver_from(self.store.outbox, settings)

    def deliver_from(self, owed: Owed, settings: DeliverySettings) -> Delivery:
        transports = {"email": self.email, "slack": self.slack}
        return Delivery(owed, transports, self.report, clock=lambda: self.now, settings=settings)

    def report(self, notification: Notification) -> Report | None:
        job = self.store.jobs.get(notification.job_id)
        return None if job is None else Report(job=job)

    def start_job(self) -> int:
        person = Requester(user_id="U1", team_id="T1", email="a@x", name="Ada")
        new = NewJob(
            submission=f"{self.store.jobs.count()}", script="a.sh", title="A", values={}, inputs=(), requester=person
        )
        self.store.jobs.submit(new, now=self.now)
        (job,) = self.store.jobs.claim("here", executor="local", now=self.now, lease=HOUR)
        return job.id

    def end_job(self, job_id: int) -> None:
        ending = Ending(state=State.SUCCEEDED)
        assert self.store.jobs.finish(job_id, ending, runner="here", now=self.now, expires_at=self.now + LATER)

    def tick(self, after: timedelta = timedelta()) -> None:
        self.now += after
        self.delivery.tick(self.now)

    def errors(self) -> list[tuple[str, bool]]:
        return [(trouble.error, trouble.is_given_up) for trouble in self.store.outbox.troubles()]


@pytest.fixture
def world(tmp_path: Path, now: datetime) -> Iterator[World]:
    world = World(tmp_path, now, DeliverySettings())
    yield world
    world.delivery.stop()
    world.store.close()


def test_start_and_end_are_sent_once_on_each_channel(world: World) -> None:
    job = world.start_job()
    world.tick()
    world.end_job(job)
    world.tick()
    world.tick(LATER)

    assert world.slack.sent == world.email.sent == [(job, Event.STARTED), (job, Event.ENDED)]


def test_channel_that_is_down_is_asked_with_one_message_alone(world: World) -> None:
    jobs = [world.start_job() for _ in range(5)]
    world.email.troubles = {job: ChannelDown("away") for job in jobs}

    world.tick()
    world.tick(BACK_OFF[0] / 2)
    assert len(world.email.tried) == 1
    assert world.errors() == [("away", False)] * 5, "each says why it waits"

    world.tick(BACK_OFF[0])
    assert len(world.email.tried) == 2
    world.email.troubles.clear()
    world.tick(BACK_OFF[1] + timedelta(seconds=1))

    assert sorted(world.email.sent) == [(job, Event.STARTED) for job in jobs]
    assert world.errors() == []


def test_message_at_which_a_server_always_breaks_off_stops_no_other(world: World) -> None:
    bad, *others = [world.start_job() for _ in range(4)]
    world.email.troubles[bad] = ChannelDown("cut")

    world.tick()
    world.tick(BACK_OFF[0])

    assert world.email.sent == [(job, Event.STARTED) for job in others]


def test_channel_that_was_down_for_long_is_asked_once_a_minute(world: World) -> None:
    job = world.start_job()
    world.email.troubles[job] = ChannelDown("away")
    for _ in range(9):
        world.tick(timedelta(hours=1))

    world.email.troubles.clear()
    world.tick(timedelta(minutes=1, seconds=1))

    assert world.email.sent == [(job, Event.STARTED)]


def test_channel_that_was_down_when_the_clock_was_set_back_is_asked_for_the_next_message(world: World) -> None:
    job = world.start_job()
    world.email.troubles[job] = ChannelDown("away", retry_after=timedelta(minutes=3))
    world.tick()
    world.email.troubles.clear()

    world.now -= timedelta(hours=1)
    other = world.start_job()
    world.tick()

    assert world.email.sent == [(other, Event.STARTED)]


def test_message_that_was_owed_before_the_clock_was_set_back_is_sent_at_once(world: World) -> None:
    job = world.start_job()

    world.tick(timedelta(hours=-1))

    assert world.email.sent == [(job, Event.STARTED)]


def test_wish_to_wait_holds_for_the_whole_channel(world: World) -> None:
    jobs = [world.start_job() for _ in range(2)]
    world.slack.troubles[jobs[0]] = ChannelDown("ratelimited", retry_after=timedelta(minutes=3))

    world.tick()
    world.tick(timedelta(minutes=2))
    assert world.slack.sent == []

    world.slack.troubles.clear()
    world.tick(timedelta(minutes=1, seconds=1))
    assert len(world.slack.sent) == 2


def test_everything_due_is_sent_in_one_turn(world: World) -> None:
    jobs = [world.start_job() for _ in range(120)]
    for job in jobs:
        world.end_job(job)

    world.tick()

    assert len(world.slack.sent) == 240


def test_failing_channel_does_not_hold_up_another(world: World) -> None:
    job = world.start_job()
    world.email.troubles[job] = DeliveryFailed("down")

    world.tick()

    assert (world.email.sent, world.slack.sent) == ([], [(job, Event.STARTED)])


def test_failing_job_does_not_hold_up_another(world: World) -> None:
    failing, other = world.start_job(), world.start_job()
    world.slack.troubles[failing] = DeliveryFailed("not now")

    world.tick()

    assert world.slack.sent == [(other, Event.STARTED)]


def test_end_never_overtakes_the_start(world: World) -> None:
    job = world.start_job()
    world.slack.troubles[job] = DeliveryFailed("not now")
    world.tick()
    world.end_job(job)
    world.tick()
    world.slack.troubles.clear()

    world.tick(BACK_OFF[0])

    assert world.slack.sent == [(job, Event.STARTED), (job, Event.ENDED)]
    assert {tried.event for tried in world.slack.tried[:-1]} == {Event.STARTED}


def test_start_that_cannot_be_sent_holds_up_the_end_for_two_minutes_at_most(world: World) -> None:
    job = world.start_job()
    world.slack.refused_events[Event.STARTED] = DeliveryFailed("not this one")
    world.end_job(job)
    world.tick()

    for pause in BACK_OFF[:3]:
        assert world.slack.sent == []
        world.tick(pause)

    assert world.slack.sent == [(job, Event.ENDED)]
    world.slack.refused_events.clear()
    world.tick(BACK_OFF[3])
    assert world.slack.sent == [(job, Event.ENDED), (job, Event.STARTED)]


class Revising(Recording):
    """One whose messages about what goes on are to be revised."""

    def __init__(self) -> None:
        super().__init__()
        self.revised: list[tuple[Event, str | None]] = []
        self.trouble: Exception | None = None

    def send(self, notification: Notification, report: Report) -> str | None:
        super().send(notification, report)
        return None if report.job.state.is_final else f"place {notification.id}"

    def revise(self, notification: Notification, report: Report) -> None:
        assert report.job.state.is_final
        if self.trouble is not None:
            raise self.trouble
        self.revised.append((notification.event, notification.receipt))


def test_what_a_message_offered_is_taken_from_it_once_after_the_end_was_told(world: World) -> None:
    world.slack = slack = Revising()
    world.delivery = world.deliver_from(world.store.outbox, DeliverySettings())
    job, other = world.start_job(), world.start_job()
    world.tick()
    assert slack.revised == []
    world.end_job(job)
    slack.trouble = DeliveryFailed("not now")

    world.tick()

    assert slack.sent == [(job, Event.STARTED), (other, Event.STARTED), (job, Event.ENDED)]
    slack.trouble = None
    for _ in range(3):
        world.tick(BACK_OFF[0])
    assert slack.revised == [(Event.STARTED, "place 1")]
    assert len(slack.sent) == 3
    assert world.errors() == []


def test_message_that_was_sent_before_this_process_began_is_revised_too(world: World) -> None:
    world.slack = Revising()
    world.delivery = world.deliver_from(world.store.outbox, DeliverySettings())
    job = world.start_job()
    world.tick()
    world.now += HOUR
    world.slack = later = RemembersAll()
    world.delivery = world.deliver_from(world.store.outbox, DeliverySettings())
    world.end_job(job)

    world.tick()

    assert later.revised == [(Event.STARTED, "place 1")]


class RemembersAll(Revising):
    """One that finds all that was ever sent."""

    def already_sent(self, notification: Notification) -> Mapping[str, str]:
        del notification
        return {f"{number}.1772618400": f"place {number}" for number in range(9)}


def test_start_that_is_given_up_lets_the_end_through(world: World) -> None:
    job = world.start_job()
    world.slack.troubles[job] = Undeliverable("no such person")
    world.tick()
    world.slack.troubles.clear()
    world.end_job(job)

    world.tick()

    assert world.slack.sent == [(job, Event.ENDED)]


def test_pauses_grow_to_an_hour_and_stay_there(world: World) -> None:
    world.slack.troubles[world.start_job()] = DeliveryFailed("not now")
    world.tick()

    for number, pause in enumerate([*BACK_OFF, BACK_OFF[-1], BACK_OFF[-1]], start=1):
        world.tick(pause - timedelta(seconds=1))
        assert len(world.slack.tried) == number
        world.tick(timedelta(seconds=1))
        assert len(world.slack.tried) == number + 1


def test_pause_is_as_long_as_the_channel_asks(world: World) -> None:
    world.slack.troubles[world.start_job()] = DeliveryFailed("slow down", retry_after=timedelta(seconds=30))
    world.tick()

    world.tick(timedelta(seconds=29))
    assert len(world.slack.tried) == 1
    world.tick(timedelta(seconds=1))
    assert len(world.slack.tried) == 2


def test_message_is_given_up_after_the_time_set(world: World) -> None:
    world.slack.troubles[world.start_job()] = DeliveryFailed("down\x1b")
    world.tick()
    world.tick(timedelta(days=7))

    world.tick(LATER)

    assert len(world.slack.tried) == 2
    assert world.errors() == [("given up after 7 d: down\\x1b", True)]


def test_undeliverable_message_is_not_tried_again(world: World) -> None:
    world.slack.troubles[world.start_job()] = Undeliverable("no such person")
    world.tick()

    world.tick(LATER)

    assert len(world.slack.tried) == 1
    assert world.errors() == [("no such person", True)]


def test_mistake_of_ours_is_logged_and_counts_as_a_failure(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken, other = world.start_job(), world.start_job()
    world.slack.troubles[broken] = ZeroDivisionError("oops")

    world.tick()

    assert "Traceback" in caplog.text
    assert world.errors() == [("an unexpected ZeroDivisionError; the log says more", False)]
    assert world.slack.sent == [(other, Event.STARTED)]


def test_message_about_a_job_that_is_gone_is_given_up(world: World) -> None:
    world.start_job()
    transports = {"slack": world.slack}
    delivery = Delivery(
        world.store.outbox, transports, lambda _: None, clock=lambda: world.now, settings=DeliverySettings()
    )

    delivery.tick(world.now)

    assert world.errors() == [("the job is no longer there", True)]


def test_message_that_was_sent_but_not_recorded_is_not_sent_again(world: World) -> None:
    world.start_job()
    owed = Troubled(world.store.outbox, is_full=True)
    delivery = world.deliver_from(owed, DeliverySettings())
    for _ in range(3):
        with pytest.raises(StoreError, match="disk full"):
            delivery.tick(world.now)

    owed.is_full = False
    delivery.tick(world.now)

    assert len(world.email.sent) == len(world.slack.sent) == 1


def test_background_delivery_sends_what_it_is_woken_for(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path, now, DeliverySettings(poll=HOUR))
    world.delivery.start()
    job = world.start_job()

    world.delivery.wake()

    assert world.slack.arrived.wait(DEADLINE)
    assert world.email.arrived.wait(DEADLINE)
    world.delivery.stop()
    world.store.close()
    assert world.slack.sent == [(job, Event.STARTED)]


def test_message_waits_while_jobs_start(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path, now, DeliverySettings(poll=HOUR))
    world.start_job()
    be_busy(world.delivery)

    world.delivery.start()

    assert not world.slack.arrived.wait(0.3)
    world.delivery.idle_signal.begin()
    assert world.slack.arrived.wait(DEADLINE)
    world.delivery.stop()
    world.store.close()


def test_message_that_has_waited_for_seconds_is_sent_while_jobs_start(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path, now, DeliverySettings(poll=HOUR))
    job = world.start_job()
    world.now += timedelta(seconds=4)
    be_busy(world.delivery)

    world.delivery.start()

    assert world.slack.arrived.wait(DEADLINE)
    world.delivery.stop()
    world.store.close()
    assert world.slack.sent == [(job, Event.STARTED)]


def be_busy(delivery: Delivery) -> None:
    with delivery.idle_signal.while_waiting():
        pass


def test_background_delivery_finds_what_nobody_announced(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path, now, DeliverySettings(poll=timedelta(milliseconds=10)))
    world.delivery.start()

    world.start_job()

    assert world.slack.arrived.wait(DEADLINE)
    world.delivery.stop()
    world.store.close()


def test_channel_that_hangs_delays_no_other(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path, now, DeliverySettings(poll=HOUR))
    world.email.lets_go.clear()
    world.start_job()

    world.delivery.start()

    assert world.slack.arrived.wait(DEADLINE)
    assert world.email.sent == []
    world.email.lets_go.set()
    world.delivery.stop()
    world.store.close()


def test_background_delivery_outlives_a_store_in_trouble(world: World, caplog: pytest.LogCaptureFixture) -> None:
    job = world.start_job()
    owed = Troubled(world.store.outbox, is_readable=False)
    delivery = world.deliver_from(owed, DeliverySettings(poll=timedelta(milliseconds=10)))

    delivery.start()

    assert world.slack.arrived.wait(DEADLINE)
    delivery.stop()
    assert "cannot use the store" in caplog.text
    assert world.slack.sent == [(job, Event.STARTED)]


def test_run_ends_when_told(world: World) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=world.delivery.run, args=(stop,))
    thread.start()

    stop.set()

    thread.join(DEADLINE)
    assert not thread.is_alive()


def test_log_names_the_job(world: World, caplog: pytest.LogCaptureFixture) -> None:
    job = world.start_job()

    with caplog.at_level(logging.INFO):
        world.tick()

    assert f"job {job}: message “started” sent by slack" in caplog.messages


class Troubled:
    """The world's store, unreadable at first on each channel, and unwritable while its disk is full."""

    def __init__(self, store: OutboxStore, *, is_full: bool = False, is_readable: bool = True) -> None:
        self._store = store
        self._readable = {"slack", "email"} if is_readable else set[str]()
        self.is_full = is_full
        self.next_due = store.next_due
        self.mark_undeliverable = store.mark_undeliverable
        self.mark_retry = store.mark_retry
        self.waiting = store.waiting
        self.own_messages = store.own_messages
        self.keep_receipt = store.keep_receipt

    def due(
        self, *, now: datetime, channel: str, limit: int, after: str | None, without: Collection[str]
    ) -> list[Notification]:
        if channel not in self._readable:
            self._readable.add(channel)
            raise StoreError("locked")
        return self._store.due(now=now, channel=channel, limit=limit, after=after, without=without)

    def mark_delivered(
        self, *notification_ids: int, now: datetime, receipts: Mapping[int, str], ended: Collection[int]
    ) -> None:
        if self.is_full:
            raise StoreError("disk full")
        self._store.mark_delivered(*notification_ids, now=now, receipts=receipts, ended=ended)
