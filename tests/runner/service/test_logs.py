"""Logs as people read them: who may, what is told where there is none, and how long a word is looked for."""

import os
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from runner.errors import Refused, ScriptRunnerError
from runner.jobs import Ending, Job, Retrieval, State
from runner.service import AccessSettings, LogPlace, LogService, LogTurn, Permissions
from tests.support.machine.settled import settle_messages

Make = Callable[..., Any]
Site = Any
DAY = timedelta(days=1)
LAST = LogPlace()


@pytest.fixture
def site(runner_factory: Make) -> Site:
    """A runner that does not work, with a script and an administrator."""
    site = runner_factory(access={"admins": ["root@example.org"]})
    site.put("work.sh", "#!/bin/sh\n##~~ word {required: false} - any\n")
    return site


def started(site: Site, log: bytes | None = b"one\ntwo\n") -> Job:
    """A job that runs, and has written that."""
    job: Job = site.submit("work.sh")
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    site.assembly.results.make(job.id, attempt=1)
    if log is not None:
        site.assembly.results.log(job.id).write_bytes(log)
    return job


def finish(site: Site, job: Job) -> None:
    now = site.clock()
    site.store.jobs.finish(job.id, Ending(state=State.SUCCEEDED), runner="here", now=now, expires_at=now + DAY)


def told(site: Site, person: Any, job: Job) -> str:
    with pytest.raises(ScriptRunnerError) as error:
        site.service.logs.page(person, job.id, LAST)
    return str(error.value)


def test_requester_and_administrators_read_a_log_and_nobody_else(site: Site, person_factory: Make) -> None:
    job = started(site)

    for name, email in (("Ada", "ada@example.org"), ("Root", "root@example.org")):
        assert site.service.logs.page(person_factory(name, email=email), job.id, LAST).page.lines == ("one", "two")
    with pytest.raises(Refused, match=f"There is no job {job.id} that you may see"):
        site.service.logs.page(person_factory("Bob"), job.id, LAST)
    with pytest.raises(Refused, match=f"There is no job {job.id} that you may see"):
        site.service.logs.find(person_factory("Bob"), job.id, "one")


def test_where_there_is_no_log_it_is_told_why(site: Site, person_factory: Make) -> None:
    ada = person_factory("Ada")
    begun = started(site, None)
    waiting = site.submit("work.sh")

    assert told(site, ada, waiting) == f"Job {waiting.id} has not started yet: it has no log."
    assert told(site, ada, begun) == f"Job {begun.id} has written no log so far."
    site.service.cancel(ada, waiting.id)
    assert told(site, ada, waiting) == f"Job {waiting.id} never started: it has no log."
    site.assembly.results.log(begun.id).write_bytes(b"x")
    finish(site, begun)
    settle_messages(site.store, now=site.clock())
    site.service.retention.delete(ada, begun.id)
    assert told(site, ada, begun) == f"The log of job {begun.id} is not there any more: its files were deleted."


def test_log_in_whose_place_a_link_was_put_is_not_followed(site: Site, person_factory: Make) -> None:
    job = started(site, None)
    site.assembly.results.log(job.id).symlink_to("/etc/passwd")

    assert told(site, person_factory("Ada"), job) == f"Job {job.id} has written no log so far."


def test_word_is_shown_on_the_last_page_that_has_it_and_then_on_earlier_ones(site: Site, person_factory: Make) -> None:
    ada = person_factory("Ada")
    job = started(site, b"".join(b"Error %d\n" % n if n % 1000 == 0 else b"fine\n" for n in range(1, 3001)))

    found = site.service.logs.find(ada, job.id, " error ")
    assert "Error 3000" in found.page.lines
    seen = []
    while found.search.is_found:
        seen += [line for line in found.page.lines if "Error" in line]
        place = LogPlace(turn=LogTurn.EARLIER, offset=found.page.start, word="error", shown_from=found.page.start)
        found = site.service.logs.page(ada, job.id, place)

    assert seen == ["Error 3000", "Error 2000", "Error 1000"]
    assert "Error 1000" in found.page.lines, "the page that was shown stays"
    assert found.search.is_over


def test_nothing_typed_is_told(site: Site, person_factory: Make) -> None:
    job = started(site)

    with pytest.raises(ScriptRunnerError, match="Type what is to be found"):
        site.service.logs.find(person_factory("Ada"), job.id, "  ")


def test_search_in_five_gigabytes_ends_when_its_time_is_over_and_goes_on_where_it_stopped(
    site: Site, person_factory: Make
) -> None:
    job = started(site, b"Error at the beginning\n")
    os.truncate(site.assembly.results.log(job.id), 5 * 1024**3)
    seconds = count(step=0.5)
    logs = LogService(
        permissions=Permissions(access=AccessSettings(), jobs=site.store.jobs),
        results=site.assembly.results,
        retrieve=lambda _: Retrieval(command="scp", password=None),
        monotonic=lambda: float(next(seconds)),
        searching=timedelta(seconds=2),
    )
    ada = person_factory("Ada")

    first = logs.find(ada, job.id, "error")
    assert first.search
    second = logs.page(ada, job.id, LogPlace(turn=LogTurn.EARLIER, offset=first.search.reached, word="error"))
    near = logs.page(ada, job.id, LogPlace(turn=LogTurn.EARLIER, offset=2**20, word="error"))

    assert second.search
    assert (first.search.is_found, first.search.is_over) == (False, False)
    assert second.search.reached < first.search.reached < 5 * 1024**3
    assert near.page.lines[0] == "Error at the beginning"
