"""A script is changed while a job for it waits: it runs where the values still fit, and its requester is told."""

from runner.jobs import State
from tests.support.machine.runner_site import Site

OLD = "#!/bin/sh\n##~~ word - any\necho old $1\n"
CHANGED = "Its script was changed after the job was requested; the values still fit."


def test_script_that_was_changed_runs_where_the_values_fit_and_each_message_says_so(site: Site) -> None:
    site.put("work.sh", OLD)
    job = site.submit("work.sh", word="x")
    site.put("work.sh", OLD.replace("old", "new"))

    site.start()

    assert site.ended(job).state is State.SUCCEEDED
    assert site.assembly.results.log(job.id).read_text() == "new x\n"
    assert CHANGED in site.letter(job, "started")
    assert CHANGED in site.letter(job, "succeeded")
    same = site.ended(site.submit("work.sh", word="x"))
    assert same.state is State.SUCCEEDED
    assert CHANGED not in site.letter(same, "succeeded")


def test_script_that_was_changed_so_that_the_values_no_longer_fit_is_not_run_and_the_message_says_why(
    site: Site,
) -> None:
    site.put("work.sh", OLD)
    site.put("other.sh", "#!/bin/sh\n")
    job, other = site.submit("work.sh", word="x"), site.submit("other.sh")
    site.put("work.sh", "#!/bin/sh\n##~~ count {type: integer} - how many\ntouch ran\n")

    site.start()

    ended = site.ended(job)
    assert ended.state is State.FAILED
    assert str(ended.reason).startswith(
        "It could not be started: The script has changed and no longer takes these values: "
    )
    assert "The script has changed and no longer takes these values: " in site.letter(job, "failed")
    assert not (site.assembly.results.folder(job.id) / "ran").exists()
    assert site.ended(other).state is State.SUCCEEDED


def test_script_that_was_changed_back_is_the_one_that_was_asked_for(site: Site) -> None:
    site.put("work.sh", OLD)
    job = site.submit("work.sh", word="x")
    site.put("work.sh", OLD.replace("old", "new"))
    site.put("work.sh", OLD)

    site.start()

    assert site.ended(job).script_changed is False
    assert CHANGED not in site.letter(job, "succeeded")
