"""What must hold after a storm, and its figures."""

import mailbox
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import NamedTuple

from runner.jobs import Job, State
from tests.chaos.storm import PEOPLE, Storm
from tests.chaos.workload import CHANNEL, OUTCOMES
from tests.support.slack.person import wait_for

_ALLOWED = {
    *(
        "boot",
        "bot.beat",
        "copies",
        "inbox",
        "jobs",
        "mail",
        "outbox",
        "runner.beat",
        "runner.id",
        "runner.lock",
        "runner.sock",
        "retrieval.key",
        "ssh_host_ed25519_key",
    ),
    *("scriptrunner.db", "scriptrunner.db-shm", "scriptrunner.db-wal"),
}
_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}")
"""What one that was killed while it wrote has left, which cleanup removes."""

_TOLD = re.compile(r"Job (\d+) (\w+)")


_OF_RESULTS = re.compile(r"^Results of job (\d+):")
_MANY = re.compile(r"\d+ jobs: ")


class Told(NamedTuple):
    """What a message says: which job, and what became of it."""

    job_id: int
    word: str


def check(storm: Storm) -> dict[str, int]:
    """Assert all that is promised; the figures."""
    jobs = {job.id: job for job in storm.site.assembly.store.jobs.page(limit=10_000)}
    began, ended = _ledger(storm)
    _nobody_s_job_is_missing(storm, jobs)
    assert not {job_id: count for job_id, count in began.items() if count > 1}, "ran twice"
    for job in jobs.values():
        _ended_as_it_should(storm, job, began=began[job.id], ended=ended[job.id])
    told = [list(_mails(storm)), list(_direct_messages(storm, jobs))]
    duplicates = sum(_told_all(jobs, channel, storm) for channel in told)
    duplicates += _channel_told(storm, jobs)
    files = _sent_files(storm)
    _every_result_was_sent_once(files, jobs)
    _nothing_is_owed(storm)
    _nothing_strange_lies_about(storm, jobs)
    figures = {"messages": sum(map(len, told)), "sent twice": duplicates, "files": files.total()}
    return _figures(storm, jobs) | figures


def check_stopped(storm: Storm) -> None:
    """Stop the site as systemd does; nothing may run on, of what killed supervisors left neither."""
    for part in storm.site.parts:
        storm.site.wait_until_ready(
            part
        )  # one that was started just now does not know yet what to do when told to stop
    statuses = storm.site.stop()
    assert statuses == {"runner": 0, "bot": 0}, statuses
    wait_for(lambda: not storm.site.processes(), 10, what=f"all ended: {storm.site.processes()}")


def _ledger(storm: Storm) -> tuple[Counter[int], Counter[int]]:
    began: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    for line in storm.site.ledger.read_text().splitlines():
        word, job_id = line.split()
        (began if word == "begin" else ended)[int(job_id)] += 1
    return began, ended


def _nobody_s_job_is_missing(storm: Storm, jobs: dict[int, Job]) -> None:
    assert len({each.job_id for each in storm.promised}) == storm.jobs, "a number was given twice"
    for each in storm.promised:
        job = jobs[each.job_id]
        assert (job.requester.user_id, job.script) == (each.user_id, each.script)


def _ended_as_it_should(storm: Storm, job: Job, *, began: int, ended: int) -> None:
    story = f"job {job.id} ({job.script}) {job.state}: {job.reason}; began {began}, ended {ended}"
    match job.state:
        case State.LOST:
            assert job.id in storm.hit, f"{story}: lost, and its supervisor was not killed"
        case State.FAILED if job.script != "fail.sh" or job.exit_code != 3:
            assert job.id in storm.shot, f"{story}: failed, and nobody killed it"
            assert (job.reason or "").startswith("It was ended by the signal SIGKILL."), story
        case State.CANCELLED if job.reason and job.reason.endswith("before it started."):
            assert began == 0, story  # it may have been taken by a runner that was killed before it began
        case State.CANCELLED if began == 0:  # its script was ended before it came to its first word
            assert OUTCOMES[job.script] is State.CANCELLED or job.id in storm.hit | storm.shot, story
        case State.SUCCEEDED if job.id in storm.shot:
            assert began == 1, story  # what was killed had left the script
        case state:
            assert (state, began) == (OUTCOMES[job.script], 1) or job.id in storm.hit | storm.shot, story
            assert ended == (job.script not in ("late.sh", "endless.sh")), story


def _told_all(jobs: dict[int, Job], told: Sequence[Told], storm: Storm) -> int:
    """Every message has come, those of one job in order; how many came twice."""
    expected = {Told(job.id, "started") for job in jobs.values() if job.started_at is not None}
    expected |= {Told(job.id, _word(job)) for job in jobs.values()}
    expected |= {Told(job.id, "is") for job in jobs.values() if job.warned_at is not None}  # … close to its time limit
    assert set(told) ^ expected == set()
    of_jobs: dict[int, list[str]] = {}
    for job_id, word in told:
        of_jobs.setdefault(job_id, []).append(word)
    for job_id, words in of_jobs.items():
        assert not [pair for pair in pairwise(words) if pair[1] == "started" != pair[0]], f"job {job_id}: {words}"
    duplicates = len(told) - len(set(told))
    deaths = storm.killed["runner"] + storm.killed["everything"]
    assert duplicates <= 1 + deaths // 8, f"{duplicates} messages sent twice at {deaths} deaths of a runner"
    return duplicates


def _channel_told(storm: Storm, jobs: dict[int, Job]) -> int:
    """The channel that a script names was told of each of its jobs that failed, and of nothing else; how many twice."""
    messages = storm.site.workspace.person(next(iter(PEOPLE))).messages(CHANNEL)
    told = [each for message in messages for each in _read(message["text"], message["text"])]
    troubled = (State.FAILED, State.TIMED_OUT, State.LOST)
    expected = {Told(job.id, _word(job)) for job in jobs.values() if job.script == "fail.sh" and job.state in troubled}
    assert set(told) ^ expected == set()
    duplicates = len(told) - len(expected)
    deaths = storm.killed["runner"] + storm.killed["everything"]
    assert duplicates <= 1 + deaths // 8, f"{duplicates} ends told a channel twice at {deaths} deaths of a runner"
    return duplicates


def _word(job: Job) -> str:
    return {State.TIMED_OUT: "timed"}.get(job.state, str(job.state))


def _mails(storm: Storm) -> Iterator[Told]:
    box = mailbox.Maildir(storm.site.assembly.paths.mail, create=False)
    moments = {key: tuple(map(int, re.findall(r"^(\d+)\.M(\d+)", key)[0])) for key in box.keys()}  # noqa: SIM118
    for key in sorted(moments, key=moments.__getitem__):
        mail = box.get_message(key)
        yield from _read(mail["Subject"], mail.as_string())


def _direct_messages(storm: Storm, jobs: dict[int, Job]) -> Iterator[Told]:
    """What people were told of jobs in Slack, where a job's own message tells of its start, and shows its end."""
    for user_id in PEOPLE:
        messages = [each for each in storm.site.workspace.person(user_id).dm() if not each.get("files")]
        answered = {each["thread_ts"] for each in messages if each["thread_ts"]}
        shown: dict[int, set[str]] = {}
        for message in messages:
            told = _read(message["text"], message["text"])
            if message["ts"] in answered:
                ((job_id, word),) = told
                shown.setdefault(job_id, set()).add(word)
                yield from [Told(job_id, "started")] if jobs[job_id].started_at is not None else []
            elif told[0].word != "started" or not message["thread_ts"]:
                yield from told
        wrong = {job_id: words for job_id, words in shown.items() if _word(jobs[job_id]) not in words}
        assert not wrong, f"not shown to have ended: {wrong}"


def _read(headline: str, body: str) -> list[Told]:
    """What one message says, and one in the place of many."""
    found = _TOLD.findall(body if _MANY.search(headline) else headline)
    assert found, headline
    told = [Told(int(job_id), word) for job_id, word in found]
    return list(dict.fromkeys(told)) if _MANY.search(headline) else told[:1]


def _sent_files(storm: Storm) -> Counter[tuple[int, str]]:
    """How often each result came to somebody, by job and name."""
    found: Counter[tuple[int, str]] = Counter()
    for user_id in PEOPLE:
        for message in storm.site.workspace.person(user_id).dm():
            if message.get("files"):
                (job_id,) = _OF_RESULTS.findall(message["text"])
                found.update((int(job_id), file["name"]) for file in message["files"])
    return found


def _every_result_was_sent_once(files: Counter[tuple[int, str]], jobs: dict[int, Job]) -> None:
    assert not {file: times for file, times in files.items() if times > 1}, "a file was sent twice"
    wanted = {job.id for job in jobs.values() if job.script == "write.sh" and job.state is State.SUCCEEDED}
    assert wanted <= {job_id for job_id, _ in files}, "a result was not sent"


def _nothing_is_owed(storm: Storm) -> None:
    for table in ("notifications", "owed_files"):
        with closing(sqlite3.connect(storm.site.data / "scriptrunner.db")) as database:
            states = database.execute(f"SELECT state, count(*) FROM {table} GROUP BY state").fetchall()  # noqa: S608  # one of two
        assert [state for state, _ in states] == ["delivered"], (table, states)


def _nothing_strange_lies_about(storm: Storm, jobs: dict[int, Job]) -> None:
    started = {str(job.id) for job in jobs.values() if job.started_at is not None}
    for parent in ("jobs", "outbox"):
        names = {path.name for path in (storm.site.data / parent).iterdir()}
        assert {name for name in names if name.isdigit() or "~" in name} == started
    names = {path.name for path in storm.site.data.iterdir()}
    strange = {name for name in names - _ALLOWED if not _DRAFT.fullmatch(name)}
    assert not strange, strange


def _figures(storm: Storm, jobs: dict[int, Job]) -> dict[str, int]:
    states = Counter(job.state for job in jobs.values())
    recorded = {
        job_id
        for job_id, moment in storm.site.ends_recorded()
        if any(since <= moment <= until for since, until in storm.outages)
    }
    return {
        "jobs": len(jobs),
        **{f"killed: {kind}": count for kind, count in storm.killed.items()},
        "killed in all": storm.killed.total(),
        **{str(state): count for state, count in sorted(states.items())},
        "ended while no runner was there": len(recorded),
    }
