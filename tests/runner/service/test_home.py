"""What one person sees when they come by, and who sees how the machine is."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from runner.errors import Refused
from runner.jobs import Ending, Job, Requester, State
from runner.system.load import machine_load

Make = Callable[..., Any]
DAY = timedelta(days=1)


@pytest.fixture
def site(runner_factory: Make) -> Any:
    """A runner that does not work, with an administrator."""
    site = runner_factory(access={"admins": ["root@example.org"]})
    site.put("work.sh", "#!/bin/sh\n##~~ {title: Work}\n")
    return site


def end(site: Any, job: Job, *, results_bytes: int = 1, kept: timedelta = DAY) -> None:
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    ending = Ending(state=State.SUCCEEDED)
    site.store.jobs.finish(job.id, ending, runner="here", now=site.clock(), expires_at=site.clock() + kept)
    site.store.jobs.set_results_size(job.id, results_bytes)


def test_own_jobs_are_there_and_nobody_elses(site: Any, person_factory: Make) -> None:
    ada, bob = person_factory("Ada"), person_factory("Bob")
    ended = site.submit("work.sh", person=ada)
    end(site, ended)
    running = site.submit("work.sh", person=ada)
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    waiting = [site.submit("work.sh", person=each) for each in (ada, bob, ada)]

    found = site.service.home.contents(ada)

    assert [each.job.id for each in found.unfinished] == [running.id, waiting[0].id, waiting[2].id]
    assert [each.place for each in found.unfinished] == [0, 2, 3], "Bob has had no turn yet"
    assert [job.id for job in found.ended] == [ended.id]
    assert (found.running_count, found.waiting_count) == (1, 3)
    assert [script.name for script in found.used] == ["work.sh"]
    assert not found.is_new


def test_somebody_new_is_offered_scripts(site: Any, person_factory: Make) -> None:
    found = site.service.home.contents(person_factory("Eve"))

    assert found.is_new
    assert [script.name for script in found.starters] == ["work.sh"]


def test_what_is_deleted_first_comes_first(site: Any, person_factory: Make) -> None:
    ada, kept = person_factory("Ada"), [3, 1, 4, 2, 5]
    jobs = []
    for days in kept:
        jobs.append(site.submit("work.sh", person=ada))
        end(site, jobs[-1], results_bytes=0 if days == 2 else 10, kept=days * DAY)

    found = site.service.home.contents(ada).deleted_next

    assert [job.id for job in found] == [jobs[1].id, jobs[0].id, jobs[2].id]


def test_machine_is_shown_to_administrators_alone(site: Any, person_factory: Make) -> None:
    root = person_factory("Root", email="root@example.org")
    site.put("torn.sh", "#!/bin/sh\n##~~ word {typ: text} - any\n")

    found = site.service.home.contents(root).machine

    assert [each.name for each in found.broken] == ["torn.sh"]
    assert found.runner is None
    assert found.disks[0].size_bytes > 0
    assert site.service.home.contents(person_factory("Ada")).machine is None
    with pytest.raises(Refused, match="Only administrators"):
        site.service.home._machine.state(person_factory("Ada"))  # noqa: SLF001  # the door behind the door


def test_mark_is_the_same_until_something_changes(site: Any, person_factory: Make) -> None:
    ada, root = person_factory("Ada"), person_factory("Root", email="root@example.org")
    job = site.submit("work.sh", person=ada)

    def marks() -> list[Any]:
        found = site.service.home.marks([ada, root])
        return [found[ada.user_id], found[root.user_id]]

    seen = [marks()]
    assert marks() == seen[0]
    site.service.queue.hold(ada, job.id)
    seen.append(marks())
    site.service.queue.release(ada, job.id)
    end(site, job)
    seen.append(marks())
    site.put("torn.sh", "#!/bin/sh\n##~~ word {typ: text} - any\n")
    seen.append(marks())

    assert [before[0] != after[0] for before, after in pairwise(seen)] == [True, True, False]
    assert [before[1] != after[1] for before, after in pairwise(seen)] == [False, False, True]


def test_load_of_the_machine_is_read_and_memory_that_is_not_known_is_none(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  2 kB\nMemAvailable: 1 kB\nOdd\nHugePages_Total: x\n")

    assert machine_load(tmp_path / "meminfo").free_memory_bytes == 1024
    assert machine_load(tmp_path / "none").memory_bytes == 0
    assert machine_load().memory_bytes > machine_load().free_memory_bytes > 0
    assert machine_load().cpus == os.cpu_count()


def test_home_of_somebody_with_ten_thousand_jobs_is_there_at_once(site: Any, person_factory: Make) -> None:
    ada: Requester = person_factory("Ada")
    jobs = [site.submit("work.sh", person=ada) for _ in range(2)]
    end(site, jobs[0])
    copy_rows(site, 10_000)

    began = time.monotonic()
    found = site.service.home.contents(ada)
    site.service.home.marks([ada])

    assert time.monotonic() - began < 2
    assert found.waiting_count > 4_000
    assert found.more_waiting > 0


def copy_rows(site: Any, count: int) -> None:
    """Make so many more jobs like those that there are, each half like the other."""
    columns = [each[1] for each in _rows(site, "PRAGMA table_info(jobs)") if each[1] not in ("id", "submission")]
    names = ", ".join(columns)
    _rows(
        site,
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count // 2}) "  # noqa: S608
        f"INSERT INTO jobs (submission, {names}) SELECT jobs.id || ' copy ' || i, {names} FROM n, jobs",
    )


def _rows(site: Any, statement: str) -> list[Any]:
    with closing(sqlite3.connect(site.assembly.paths.data / "scriptrunner.db")) as connection, connection:
        return connection.execute(statement).fetchall()
