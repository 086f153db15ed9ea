"""Files that are owed: sent into the job's thread once and no more, whatever dies, and told of where they cannot be."""

import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.files import Results, SentFile, SharingSettings
from runner.jobs import (
    Ending,
    Event,
    FileKind,
    Job,
    JobOptions,
    Notification,
    Preferences,
    QuietHours,
    Requester,
    State,
    Topic,
    WantedFile,
    Watcher,
)
from runner.messages.reports import Report
from runner.notifications.delivery import Delivery, DeliverySettings, FileDelivery
from runner.notifications.file_source import FileSource
from runner.notifications.slack import SlackTransport
from runner.notifications.slack_files import SlackUploads
from runner.notifications.uploads import UploadedFile
from runner.store import Asked, NewJob, Store
from tests.support.slack import stand_in
from tests.support.slack.person import MACHINE, MARIA, Json, Person, Workspace

START = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_MONTHS = count()


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with stand_in.running_workspace() as found:
        yield found


@pytest.fixture
def maria(workspace: Workspace) -> Person:
    return workspace.person(MARIA)


class Killed(BaseException):
    """What a kill -9 is to the code under way."""


class DyingUploads(SlackUploads):
    """Dies once, before or after it has shown files."""

    def __init__(self, client: WebClient, *, before: bool = False, after: bool = False) -> None:
        super().__init__(client)
        self.before, self.after = before, after

    def complete(self, *args: Any, **more: Any) -> None:
        if self.before:
            raise Killed
        super().complete(*args, **more)
        if self.after:
            raise Killed


class WatchedUploads(SlackUploads):
    """Has something happen after the first part of each file."""

    def __init__(self, client: WebClient, then: Callable[[], object]) -> None:
        super().__init__(client)
        self.then = then

    def upload(self, file: SentFile, *, title: str, go_on: Callable[[], None]) -> str:
        parts = count()

        def go_on_after() -> None:
            go_on()
            if next(parts) == 1:
                self.then()

        return super().upload(file, title=title, go_on=go_on_after)


@dataclass
class Site:
    """Jobs with results, and a runner's delivery that can be begun anew."""

    store: Store
    results: Results
    client: WebClient
    now: datetime

    def delivery(self, uploads: SlackUploads | None = None, *, client: WebClient | None = None) -> Delivery:
        client = client or self.client
        source = FileSource(find=self.store.jobs.get, results=self.results, settings=SharingSettings())
        files = FileDelivery(
            owed=self.store.files.of("here"), source=source, uploads={"slack": uploads or SlackUploads(client)}
        )
        return Delivery(
            self.store.outbox.of("here"),
            {"slack": SlackTransport(client)},
            self.report,
            clock=lambda: self.now,
            settings=DeliverySettings(),
            files=files,
        )

    def report(self, notification: Notification) -> Report | None:
        job = self.store.jobs.get(notification.job_id)
        if job is None:
            return None
        unsent = tuple(self.store.files.unsent(job.id)) if notification.event is Event.UNSENT else ()
        return Report(job=job, unsent=unsent)

    def deliver(self, uploads: SlackUploads | None = None, *, client: WebClient | None = None) -> None:
        self.delivery(uploads, client=client).tick(self.now)

    def end(self, job: Job, state: State = State.SUCCEEDED) -> Job:
        ended = self.store.jobs.finish(
            job.id, Ending(state=state), runner="here", now=self.now, expires_at=self.now + DAY
        )
        assert ended
        return ended

    def ask(self, job: Job, wanted: WantedFile) -> Asked:
        return self.store.files.ask(job, wanted, by=job.requester, batch=os.urandom(8).hex(), now=self.now)

    def owed(self) -> int:
        return len(self.store.files.next_batch(now=self.now + 7 * DAY, channel="slack", after=None))


Start = Callable[..., Job]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=lambda who, _: {"slack": who.user_id})
    yield store
    store.close()


@pytest.fixture
def site(store: Store, tmp_path: Path, workspace: Workspace) -> Site:
    client = WebClient(token=stand_in.SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url)
    results = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    # Messages are known by their numbers and times: those of another test are others.
    return Site(store=store, results=results, client=client, now=START + next(_MONTHS) * 30 * DAY)


@pytest.fixture
def start(site: Site, person_factory: Callable[..., Requester]) -> Start:
    """Start a job of Maria's that has written these results by name; ``options`` are those of its script."""

    def make(_files: dict[str, bytes], **options: Any) -> Job:
        title = os.urandom(8).hex()
        new = NewJob(
            submission=title,
            script="a.sh",
            title=title,
            values={},
            inputs=(),
            requester=person_factory("Maria", user_id=MARIA),
            options=JobOptions(**options),
        )
        site.store.jobs.submit(new, now=site.now)
        (job,) = site.store.jobs.claim("here", executor="local", now=site.now, lease=DAY)
        site.results.make(job.id, attempt=1)
        for name, content in _files.items():
            path = site.results.folder(job.id) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        site.deliver()
        return job

    return make


def messages(maria: Person, job: Job) -> list[Json]:
    """The messages with files about a job."""
    return [each for each in maria.messages(maria.dm_id()) if each.get("files") and job.title in each["text"]]


def names(maria: Person, job: Job) -> list[str]:
    return [file["name"] for message in messages(maria, job) for file in message["files"]]


def told(maria: Person, job: Job) -> str:
    """The last message about a job that has no files."""
    there = [each for each in maria.messages(maria.dm_id()) if not each.get("files")]
    return str([each["text"] for each in there if job.title in each["text"]][-1])


def test_results_come_as_one_message_into_the_job_s_thread(site: Site, start: Start, maria: Person) -> None:
    picture = os.urandom(3_000_000)
    job = start({"a.txt": b"hello\n", "plots/b.png": picture})

    site.end(job)
    site.deliver()

    (message,) = messages(maria, job)
    own = next(each for each in maria.messages(maria.dm_id()) if job.title in each["text"])
    assert message["thread_ts"] == own["ts"]
    titles = [site.client.files_info(file=file["id"])["file"]["title"] for file in message["files"]]
    assert titles == ["a.txt", "plots/b.png"]
    assert maria.download(message["files"][1]["id"]) == picture
    assert site.owed() == 0


@pytest.mark.parametrize("state", [State.CANCELLED, State.LOST])
def test_nothing_is_sent_of_a_job_that_nobody_wants_or_that_may_still_write(
    site: Site, start: Start, maria: Person, state: State
) -> None:
    job = start({"a.txt": b"hello\n"})

    site.end(job, state)
    site.deliver()

    assert names(maria, job) == []
    assert site.owed() == 0


def test_script_says_what_is_sent_and_that_nothing_is(site: Site, start: Start, maria: Person) -> None:
    some = start({"a.png": b"1", "b.csv": b"2", "report.html": b"3"}, share=("report.html", "*.png"))
    none = start({"a.png": b"1"}, share=())
    for job in (some, none):
        site.end(job)

    site.deliver()

    assert names(maria, some) == ["report.html", "a.png"]
    assert names(maria, none) == []


@pytest.mark.parametrize("where", ["before", "after"])
def test_runner_that_is_killed_while_it_shows_files_has_them_shown_once(
    site: Site, start: Start, maria: Person, where: str
) -> None:
    job = start({"a.txt": b"1", "b.txt": b"2"})
    site.end(job)
    with pytest.raises(Killed):
        site.deliver(DyingUploads(site.client, **{where: True}))

    site.deliver()

    assert names(maria, job) == ["a.txt", "b.txt"]
    assert site.owed() == 0


def test_content_that_slack_has_lost_is_brought_anew(site: Site, start: Start, maria: Person) -> None:
    job = start({"a.txt": b"1"})
    site.end(job)
    with pytest.raises(Killed):
        site.deliver(DyingUploads(site.client, before=True))
    (file,) = site.store.files.next_batch(now=site.now, channel="slack", after=None)
    site.store.files.keep_ticket(file.id, "F0LOSTLOST")

    site.deliver()
    site.now += timedelta(minutes=1)
    site.deliver()

    assert names(maria, job) == ["a.txt"]


def test_while_slack_is_away_files_wait_and_come_once_it_is_back(site: Site, start: Start, maria: Person) -> None:
    job = start({"a.txt": b"1"})
    site.end(job)
    nowhere = WebClient(token="xoxb-test", base_url="http://127.0.0.1:9/api/")
    for _ in range(3):
        site.deliver(SlackUploads(nowhere))
        site.now += timedelta(minutes=20)
    assert site.owed() == 1

    site.deliver()

    assert names(maria, job) == ["a.txt"]


def test_where_slack_asks_to_wait_it_is_left_alone_as_long(
    site: Site, start: Start, maria: Person, workspace: Workspace
) -> None:
    job = start({"a.txt": b"1"})
    site.end(job)
    workspace.fail("files.getUploadURLExternal", "ratelimited", retry_after=50)
    delivery = site.delivery()

    delivery.tick(site.now)
    site.now += timedelta(seconds=40)
    delivery.tick(site.now)
    assert names(maria, job) == []
    site.now += timedelta(seconds=20)
    delivery.tick(site.now)

    assert names(maria, job) == ["a.txt"]


def test_file_that_vanishes_is_told_and_holds_up_no_other(site: Site, start: Start, maria: Person) -> None:
    job = start({"a.txt": b"1", "b.txt": b"2"})
    site.end(job)
    site.ask(job, WantedFile(kind=FileKind.RESULT, name="gone.txt"))

    site.deliver()
    site.deliver()

    assert names(maria, job) == ["a.txt", "b.txt"]
    assert "gone.txt: it is not there any more" in told(maria, job)


def test_what_slack_never_takes_is_told_at_once(site: Site, start: Start, maria: Person, workspace: Workspace) -> None:
    job = start({"a.txt": b"1", "b.txt": b"2"})
    site.end(job)
    workspace.fail("files.getUploadURLExternal", "storage_limit_reached")

    site.deliver()
    site.deliver()

    assert names(maria, job) == ["b.txt"]
    assert "a.txt: the workspace has no room for files left" in told(maria, job)


def test_link_is_not_followed_though_it_was_put_there_after_the_end(
    site: Site, start: Start, maria: Person, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    job = site.end(start({}))
    (site.results.folder(job.id) / "a.txt").symlink_to(tmp_path / "secret")
    site.ask(job, WantedFile(kind=FileKind.RESULT, name="a.txt"))

    site.deliver()
    site.deliver()

    assert names(maria, job) == []
    assert "a.txt: " in told(maria, job)


def test_all_results_come_as_one_archive(site: Site, start: Start, maria: Person) -> None:
    job = site.end(start({"a.txt": b"1", "deep/b\udcff.txt": b"2"}, share=()))
    site.ask(job, WantedFile(kind=FileKind.ALL))

    site.deliver()

    (message,) = messages(maria, job)
    content = maria.download(message["files"][0]["id"])
    assert content is not None
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"1", "deep/b�.txt": b"2"}


def test_file_that_changes_while_it_is_sent_comes_as_it_is_afterwards(site: Site, start: Start, maria: Person) -> None:
    old, new = b"a" * 3_000_000, b"b" * 3_000_000
    job = start({"a.bin": old})
    site.end(job)
    path = site.results.folder(job.id) / "a.bin"

    site.deliver(WatchedUploads(site.client, lambda: path.write_bytes(new)))
    assert names(maria, job) == []
    site.now += timedelta(minutes=1)
    site.deliver()

    (message,) = messages(maria, job)
    assert maria.download(message["files"][0]["id"]) == new


def test_file_that_somebody_asks_for_in_their_quiet_hours_comes_at_once(
    site: Site, start: Start, maria: Person
) -> None:
    job = start({"a.txt": b"1", "b.txt": b"2"}, share=("a.txt",))
    site.store.preferences.save(
        job.requester, Preferences(quiet=QuietHours(start=time(0), end=time(23, 59))), now=site.now
    )
    site.end(job)
    site.ask(job, WantedFile(kind=FileKind.RESULT, name="b.txt"))

    site.deliver()
    at_once = names(maria, job)
    site.now += DAY
    site.deliver()

    assert at_once == ["b.txt"]
    assert names(maria, job) == ["b.txt", "a.txt"]


def test_who_wants_no_ends_in_slack_gets_no_results_there(site: Site, start: Start, maria: Person) -> None:
    job = start({"a.txt": b"1"})
    wanted = {"slack": frozenset(Topic) - {Topic.ENDS}}
    site.store.preferences.save(job.requester, Preferences(topics=wanted), now=site.now)

    site.end(job)
    site.deliver()

    assert names(maria, job) == []
    assert site.owed() == 0


def test_upload_that_hangs_delays_no_message(site: Site, start: Start, maria: Person) -> None:
    first, second = start({"a.txt": b"1"}), start({})
    has_begun, may_go_on = threading.Event(), threading.Event()

    def hang() -> None:
        has_begun.set()
        assert may_go_on.wait(60)

    site.end(first)
    delivery = site.delivery(WatchedUploads(site.client, hang))
    delivery.start()
    try:
        assert has_begun.wait(60)
        site.end(second)
        delivery.wake()
        assert maria.wait_for_dm(second.title, 60, is_broadcast=True)
        assert names(maria, first) == []
    finally:
        may_go_on.set()
        delivery.stop(timedelta(seconds=60))


def test_what_cannot_be_sent_for_a_week_is_given_up_and_told(site: Site, start: Start, maria: Person) -> None:
    job = site.end(start({"a.txt": b"1"}))
    site.deliver(SlackUploads(WebClient(token="xoxb-test", base_url="http://127.0.0.1:9/api/")))
    site.now += timedelta(days=8)
    site.deliver(SlackUploads(WebClient(token="xoxb-test", base_url="http://127.0.0.1:9/api/")))

    site.deliver()

    assert names(maria, job) == []
    assert "given up after" in told(maria, job)


def test_channel_that_a_job_is_shared_with_gets_its_results_where_that_is_wanted(
    site: Site, start: Start, maria: Person, person_factory: Callable[..., Requester]
) -> None:
    job = start({"a.txt": b"1"})
    channel = person_factory("#big-machine", user_id=MACHINE, email="")
    shared = Watcher(recipient=channel, is_conversation=True, with_results=True)
    site.store.watchers.replace(job.id, [shared], now=site.now)

    site.end(job)
    site.deliver()
    site.deliver()

    of_job = [each for each in maria.messages(MACHINE) if job.title in each["text"]]
    assert [[file["name"] for file in each.get("files") or ()] for each in of_job] == [[], ["a.txt"]]
    assert names(maria, job) == ["a.txt"]


@pytest.mark.parametrize("name", ["<!channel> *x*.txt", "a\nb.txt", "\udcff\udcfe.bin", "x" * 240 + ".png", ".hidden"])
def test_hostile_name_arrives_as_text(site: Site, start: Start, maria: Person, name: str) -> None:
    job = site.end(start({name: b"1"}))

    site.deliver()

    (message,) = messages(maria, job)
    assert maria.download(message["files"][0]["id"]) == b"1"
    assert "<!channel>" not in message["text"]


def test_ticket_can_be_completed_once(site: Site, start: Start, maria: Person) -> None:
    uploads = SlackUploads(site.client)
    job = start({"a.txt": b"1"})
    source = FileSource(find=site.store.jobs.get, results=site.results, settings=SharingSettings())
    site.ask(job, WantedFile(kind=FileKind.RESULT, name="a.txt"))
    (owed,) = site.store.files.next_batch(now=site.now, channel="slack", after=None)
    with source.opened(owed, lambda: None) as content:
        ticket = uploads.upload(content, title="a", go_on=lambda: None)
    assert not uploads.is_complete(ticket)

    uploads.complete(MARIA, None, [UploadedFile(ticket=ticket, title="a")], comment=job.title)

    assert uploads.is_complete(ticket)
    assert names(maria, job) == ["a.txt"]
