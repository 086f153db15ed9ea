"""The service: who may do what, and values that reach the script as they were typed or not at all."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runner.errors import InvalidValues, Refused, ScriptRunnerError, UnknownScript
from runner.jobs import Ending, Job, JobFilter, Requester, State, ToldValue
from runner.scripts.parameters import TYPES
from runner.service import PAGE_SIZE
from tests.support.scripts.hostile import LINES, REFUSED_LINES
from tests.support.slack.person import wait_for

Make = Callable[..., Any]
Site = Any
DAY = timedelta(days=1)
ADMIN = "root@example.org"
ROLES = ["requester", "other", "admin", "nobody"]
ACTS: dict[str, Callable[[Site, Requester, int], object]] = {
    "details": lambda site, person, number: site.service.details(person, number),
    "cancel": lambda site, person, number: site.service.cancel(person, number),
    "run again": lambda site, person, number: site.service.run_again(person, number, submission="again"),
}


@pytest.fixture
def people(person_factory: Make) -> dict[str, Requester]:
    return {
        "requester": person_factory("Ada"),
        "other": person_factory("Bob"),
        "admin": person_factory("Root", email="Root@Example.org"),
        "nobody": Requester(user_id="", team_id="", email="", name=""),
    }


@pytest.fixture
def site(runner_factory: Make) -> Site:
    """A runner that does not work, with a script and an administrator."""
    site = runner_factory(access={"admins": [ADMIN]})
    site.put("work.sh", "#!/bin/sh\n##~~ word {required: false} - any\n")
    return site


def finish(site: Site, job: Job, state: State = State.SUCCEEDED, reason: str | None = None) -> None:
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    site.assembly.results.make(job.id, attempt=1)
    ending = Ending(state=state, reason=reason)
    site.store.jobs.finish(job.id, ending, runner="here", now=site.clock(), expires_at=site.clock() + DAY)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", ROLES)
def test_requester_and_admin_may_act_and_nobody_else(
    site: Site, people: dict[str, Requester], role: str, act: str
) -> None:
    job = site.submit("work.sh", {"word": "secret"})

    if role in {"requester", "admin"}:
        ACTS[act](site, people[role], job.id)
    else:
        with pytest.raises(Refused) as refused:
            ACTS[act](site, people[role], job.id)
        with pytest.raises(Refused) as absent:
            ACTS[act](site, people[role], job.id + 1)
        assert str(refused.value).replace(f" {job.id} ", " N ") == str(absent.value).replace(f" {job.id + 1} ", " N ")
        assert site.job(job) == job
        assert site.store.jobs.count() == 1


@pytest.mark.parametrize("number", [0, -1, 99, 2**63, 10**30])
@pytest.mark.parametrize("act", ACTS)
def test_number_of_no_job_is_refused(site: Site, people: dict[str, Requester], act: str, number: int) -> None:
    with pytest.raises(Refused, match=f"There is no job {number} that you may see"):
        ACTS[act](site, people["admin"], number)


@pytest.mark.parametrize("admins", [[], ["cem@example.org"], ["@example.org"], ["U0CEM"]])
def test_without_the_person_among_the_admins_nobody_is_one(
    runner_factory: Make, people: dict[str, Requester], admins: list[str]
) -> None:
    site = runner_factory(access={"admins": admins})
    site.put("work.sh", "#!/bin/sh\n")
    job = site.submit("work.sh")

    for role in ("other", "admin", "nobody"):
        with pytest.raises(Refused):
            site.service.details(people[role], job.id)


@pytest.mark.parametrize("role", ROLES)
def test_values_and_reasons_of_others_are_not_listed(site: Site, people: dict[str, Requester], role: str) -> None:
    job = site.submit("work.sh", {"word": "secret"})
    finish(site, job, State.FAILED, reason="of the secret")

    (listed,) = site.service.jobs(people[role], mine=False).jobs

    may_see = role in {"requester", "admin"}
    assert listed.id == job.id
    assert (dict(listed.values), listed.reason) == (({"word": "secret"}, "of the secret") if may_see else ({}, None))
    assert listed.told == ((ToldValue(label="Word", text="secret"),) if may_see else ())


def test_job_is_told_by_labels_and_what_the_form_starts_with_comes_last(site: Site) -> None:
    site.put("work.sh", "#!/bin/sh\n##~~ top {label: How many, type: integer, default: 5}\n##~~ word {label: Which}\n")
    job = site.submit("work.sh", {"word": "x", "top": "5"})
    site.put("work.sh", "#!/bin/sh\n")

    assert site.store.jobs.get(job.id).told == (
        ToldValue(label="Which", text="x"),
        ToldValue(label="How many", text="5", is_usual=True),
    )


def test_time_zone_of_the_requester_is_kept_with_the_job(site: Site, person_factory: Make) -> None:
    ada = person_factory("Ada", time_zone="Europe/Berlin")
    script = site.service.scripts.find(ada, "work.sh")

    job = site.service.submit(ada, script, {}, submission="one")

    assert site.store.jobs.get(job.id).requester.time_zone == "Europe/Berlin"


@pytest.mark.parametrize("role", ROLES)
def test_where_all_jobs_are_not_to_be_listed_people_see_their_own(
    runner_factory: Make, people: dict[str, Requester], role: str
) -> None:
    site = runner_factory(access={"admins": [ADMIN], "list_all_jobs": False})
    site.put("work.sh", "#!/bin/sh\n")
    site.submit("work.sh")

    assert site.service.jobs(people[role], mine=False).job_count == (role in {"requester", "admin"})
    assert site.service.jobs(people[role], mine=True).job_count == (role == "requester")


def test_password_is_for_the_requester_alone(site: Site, people: dict[str, Requester]) -> None:
    job = site.submit("work.sh")
    finish(site, job)
    (site.assembly.results.folder(job.id) / "words.txt").write_text("a")

    own = site.service.details(people["requester"], job.id).report.retrieval
    of_admin = site.service.details(people["admin"], job.id).report.retrieval

    assert own.password
    assert of_admin == replace(own, password=None)
    assert own.password not in repr(own)


def test_pages_beyond_the_ends_are_the_nearest(site: Site, people: dict[str, Requester]) -> None:
    jobs = [site.submit("work.sh").id for _ in range(PAGE_SIZE + 1)]
    person = people["requester"]

    newest = site.service.jobs(person, mine=True)

    assert [job.id for job in newest.jobs] == jobs[:0:-1]
    last = site.service.jobs(person, mine=True, before=jobs[1])
    assert ([job.id for job in last.jobs], last.place, last.has_newer, last.has_older) == (jobs[:1], 9, True, False)
    for beyond in ({"before": 1}, {"after": 2**31 - 1}, {"after": jobs[0]}):
        assert site.service.jobs(person, mine=True, **beyond) == newest


def test_jobs_of_somebody_else_are_for_those_who_may_list_all(
    runner_factory: Make, people: dict[str, Requester]
) -> None:
    site = runner_factory(access={"admins": [ADMIN], "list_all_jobs": False})
    site.put("work.sh", "#!/bin/sh\n")
    job = site.submit("work.sh")
    which = JobFilter(user_id=job.requester.user_id)

    for role in ("requester", "admin"):
        assert site.service.jobs(people[role], mine=False, which=which).job_count == 1
    with pytest.raises(Refused, match="your own jobs only"):
        site.service.jobs(people["other"], mine=False, which=which)


def test_job_run_again_belongs_to_the_one_who_asks(site: Site, people: dict[str, Requester]) -> None:
    job = site.submit("work.sh", {"word": "x"})

    again = site.service.run_again(people["admin"], job.id, submission="again")

    assert (again.requester, dict(again.values)) == (people["admin"], {"word": "x"})


def test_job_run_again_by_an_admin_reaches_no_file_of_the_requester(site: Site, people: dict[str, Requester]) -> None:
    site.put("read.sh", "#!/bin/sh\n##~~ input - a file\n")
    (site.assembly.inbox.own_folder(people["requester"]) / "own.txt").write_text("a")
    job = site.submit("read.sh", {"input": "~/own.txt"})

    with pytest.raises(InvalidValues, match="not in your own inbox folder"):
        site.service.run_again(people["admin"], job.id, submission="again")


@pytest.mark.parametrize(
    "reference",
    ["~/x", "../x", "U0ADA/x", "~/../U0ADA/x", "~/", "~", ".", "..", "", "/etc/passwd", "~/.x", "x\0", "./s"],
)
def test_files_that_are_not_the_persons_own_are_not_reached(
    site: Site, people: dict[str, Requester], reference: str
) -> None:
    site.put("read.sh", "#!/bin/sh\n##~~ input - a file\n")
    inbox = site.assembly.inbox
    for place in (inbox.own_folder(people["requester"]), inbox.folder.parent):
        for name in ("x", ".x"):
            (place / name).write_text("of Ada")

    with pytest.raises(InvalidValues):
        site.submit("read.sh", {"input": reference}, people["other"])

    assert site.service.inputs.files(people["other"]).files == []
    assert [file.reference for file in site.service.inputs.files(people["requester"]).files] == ["~/x"]


@pytest.mark.parametrize("user_id", ["../U0ADA", "U0ADA/", "", "U", "u0ada", "U0ADA\n", "~"])
def test_user_id_that_slack_does_not_give_reaches_no_folder(site: Site, people: Any, user_id: str) -> None:
    with pytest.raises(ScriptRunnerError, match="is not a Slack user id"):
        site.service.inputs.instructions(replace(people["other"], user_id=user_id))


def test_same_submission_by_somebody_else_is_another_job(site: Site, people: dict[str, Requester]) -> None:
    script = site.service.scripts.find(people["other"], "work.sh", exactly=True)
    one, other = (
        site.service.submit(people[role], script, {"word": role}, submission="view:V1")
        for role in ("requester", "other")
    )

    assert one.id != other.id
    assert (one.requester.name, other.requester.name) == ("Ada", "Bob")


def test_same_submission_twice_is_one_job(site: Site, people: dict[str, Requester]) -> None:
    script = site.service.scripts.find(people["other"], "work.sh", exactly=True)

    def submit(_: int) -> int:
        number: int = site.service.submit(people["other"], script, {}, submission="view:V1").id
        return number

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(submit, range(32)))) == 1


def test_job_of_a_script_too_large_to_hash_meanwhile_is_queued_at_once_and_keeps_the_digest_later(
    site: Site, people: dict[str, Requester]
) -> None:
    large = site.put("large.sh", "#!/bin/sh\n")
    with large.open("r+b") as file:
        file.truncate(2**43)  # nothing but a hole: no time is enough to hash it
    found = site.service.scripts.find(people["other"], "large.sh", exactly=True)

    job = site.service.submit(people["other"], found, {}, submission="view:V1")

    assert job.script_digest is None
    with large.open("r+b") as file:
        file.truncate(0)
    kept = wait_for(lambda: site.job(job).script_digest)
    assert site.store.jobs.keep_digest(job.id, "ab" * 32) is None
    assert site.job(job).script_digest == kept


@pytest.mark.parametrize("name", ["work", "WORK.SH", "./work.sh", "../scripts/work.sh", "work.sh\n", "", "nothing"])
def test_script_of_another_name_is_not_run(site: Site, name: str) -> None:
    with pytest.raises(UnknownScript):
        site.submit(name)


@pytest.mark.parametrize("raw", [{"undeclared": "x"}, {"word": "x", "PATH": "x"}, {"": "x"}, {"word\n": "x"}])
def test_values_that_the_script_did_not_ask_for_are_refused(site: Site, raw: dict[str, str]) -> None:
    with pytest.raises(InvalidValues, match="is not a parameter of this script"):
        site.submit("work.sh", raw)
    assert site.store.jobs.count() == 0


def test_job_that_waits_is_cancelled_at_once_and_one_that_runs_is_asked_to_stop(site: Site, people: Any) -> None:
    running, waiting = site.submit("work.sh"), site.submit("work.sh")
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)

    stopping = site.service.cancel(people["requester"], running.id)
    cancelled = site.service.cancel(people["admin"], waiting.id)

    assert (stopping.state, stopping.cancel_requested_by) == (State.RUNNING, "Ada")
    assert (cancelled.state, cancelled.reason) == (State.CANCELLED, "Cancelled by Root before it started.")
    with pytest.raises(ScriptRunnerError, match="has ended already: it was cancelled"):
        site.service.cancel(people["requester"], waiting.id)
    assert not site.service.details(people["requester"], waiting.id).may_cancel


def test_report_of_very_many_results_tells_how_many_there_are(site: Site, people: Any) -> None:
    job = site.submit("work.sh")
    finish(site, job)
    folder = site.assembly.results.folder(job.id)
    for number in range(10_010):
        (folder / f"{number}").touch()

    report = site.service.details(people["requester"], job.id).report

    assert len(report.results) == 50
    assert report.result_count == 10_010


# From what is typed to what a real script is given


def arguments(site: Site, job: Job) -> list[bytes]:
    ended = site.ended(job, 60)
    assert ended.state is State.SUCCEEDED, ended
    written = json.loads((site.assembly.results.folder(job.id) / "arguments.json").read_text())
    return [bytes.fromhex(argument) for argument in written]


def test_lines_of_text_reach_the_script_byte_for_byte(runner: Site, show_arguments: str) -> None:
    declared = "".join(f"##~~ word_{number} - any\n" for number in range(len(LINES)))
    runner.put("show.py", show_arguments + declared)

    job = runner.submit("show.py", {f"word_{number}": line for number, line in enumerate(LINES)})

    assert arguments(runner, job) == [line.encode() for line in LINES]


def test_lines_of_text_reach_the_script_behind_flags(runner: Site, show_arguments: str) -> None:
    declared = "".join(f"##~~ word_{number} {{flag: --word-{number}}} - any\n" for number in range(len(LINES)))
    runner.put("show.py", show_arguments + declared)

    job = runner.submit("show.py", {f"word_{number}": line for number, line in enumerate(LINES)})

    assert arguments(runner, job) == [f"--word-{number}={line}".encode() for number, line in enumerate(LINES)]


@pytest.mark.parametrize("line", REFUSED_LINES)
def test_what_is_no_line_of_text_is_refused(site: Site, line: str) -> None:
    with pytest.raises(InvalidValues):
        site.submit("work.sh", {"word": line})
    assert site.store.jobs.count() == 0


KINDS = {
    "integer": ("{type: integer}", "7"),
    "number": ("{type: number}", "-7.5"),
    "boolean": ("{type: boolean}", "true"),
    "choice": ('{type: choice, choices: ["$(id)", "-rf *"]}', "-rf *"),
    "date": ("{type: date}", "2026-03-04"),
    "time": ("{type: time}", "10:00"),
    "datetime": ("{type: datetime}", "2026-03-04T10:00Z"),
    "email": ("{type: email}", "ada@example.com"),
    "url": ("{type: url}", "https://example.com/?q=$(id)&x='"),
    "ip": ("{type: ip}", "2001:db8::1"),
    "user": ("{type: user}", "ada@example.com"),
}
TAKING_ANY_LINE = {"text", "multiline", "input", "output"}


def test_every_type_is_tried_with_hostile_lines() -> None:
    assert KINDS.keys() | TAKING_ANY_LINE == TYPES.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_no_hostile_line_passes_for_another_type(site: Site, kind: str) -> None:
    options, _ = KINDS[kind]
    site.put("typed.sh", f"#!/bin/sh\n##~~ value {options} - any\n")

    for line in [*LINES, *REFUSED_LINES]:
        if kind != "choice" or line != "$(id)":
            with pytest.raises(InvalidValues):
                site.submit("typed.sh", {"value": line})
    assert site.store.jobs.count() == 0


def test_values_of_every_type_reach_the_script(runner: Site, show_arguments: str) -> None:
    declared = "".join(f"##~~ {kind} {options} - any\n" for kind, (options, _) in KINDS.items())
    runner.put("show.py", f"{show_arguments}{declared}##~~ empty {{required: false}} - any\n##~~ last - any\n")

    values = {kind: value for kind, (_, value) in KINDS.items()}
    job = runner.submit("show.py", values | {"last": "end"})

    assert arguments(runner, job) == [*(value.encode() for value in values.values()), b"", b"end"]


NAMES = [name for name in LINES if "/" not in name and len(name.encode()) <= 255]


def test_inputs_of_any_name_reach_the_script_as_their_path(runner: Site, show_arguments: str) -> None:
    declared = "".join(f"##~~ input_{number} - any\n" for number in range(len(NAMES)))
    runner.put("show.py", show_arguments + declared)
    for name in NAMES:
        (runner.assembly.inbox.folder / name).write_text("a")

    job = runner.submit("show.py", {f"input_{number}": name for number, name in enumerate(NAMES)})

    inbox = runner.assembly.inbox.folder
    assert arguments(runner, job) == [f"{inbox}/{name}".encode() for name in NAMES]


def test_outputs_of_any_name_reach_the_script_as_paths_in_its_folder_or_are_refused(
    runner: Site, show_arguments: str
) -> None:
    runner.put("show.py", f"{show_arguments}##~~ output - any\n")
    taken = []
    for name in [*LINES, "../x", "a/b", ".", "..", "a\nb", "a\0", "job-1.log"]:
        try:
            taken.append((name, runner.submit("show.py", {"output": name})))
        except InvalidValues:
            continue

    for name, job in taken:
        assert arguments(runner, job) == [f"{runner.assembly.results.folder(job.id)}/{name}".encode()]
    assert {name for name, _ in taken} >= {"; rm -rf x", "$(id)", "*", "'", "日本語"}
    assert all("/" not in name and not name.startswith(("-", ".")) for name, _ in taken)


def test_two_hundred_people_at_once_each_get_exactly_their_own(
    runner_factory: Make, show_arguments: str, person_factory: Make
) -> None:
    runner = runner_factory(jobs={"slots": 8})
    declared = "##~~ first - any\n##~~ second {flag: --second} - any\n##~~ input - any\n"
    runner.put("show.py", show_arguments + declared)
    people = [person_factory(f"P{number}") for number in range(200)]
    for person in people:
        (runner.assembly.inbox.own_folder(person) / "own.txt").write_text(person.name)
    runner.start()
    script = runner.service.scripts.find(runner.person, "show.py", exactly=True)

    def submit(person: Requester) -> Job:
        values = {"first": f"first of {person.name}", "second": f"{person.email}; $(id)", "input": "~/own.txt"}
        job: Job = runner.service.submit(person, script, values, submission="the same for all")
        return job

    with ThreadPoolExecutor(200) as threads:
        jobs = list(threads.map(submit, people))

    assert len({job.id for job in jobs}) == 200
    for person, job in zip(people, jobs, strict=True):
        assert job.requester == person
        assert arguments(runner, job) == [
            f"first of {person.name}".encode(),
            f"--second={person.email}; $(id)".encode(),
            f"{runner.assembly.inbox.folder}/{person.user_id}/own.txt".encode(),
        ]
