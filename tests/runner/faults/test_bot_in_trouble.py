"""What people are told in Slack while their jobs cannot be written down, and that nothing promised is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.machine.command import Command, slack
from tests.support.machine.full_disk import fill
from tests.support.machine.installation import Form, texts
from tests.support.slack.person import MARIA, Person, wait_for
from tests.support.slack.stand_in import SECRETS


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path, dict(SECRETS))
    command.write()
    command.script("quick.sh", "#!/bin/sh\n")
    return command


def told(person: Person) -> str:
    """What the modal says that took the form's place."""
    return texts(person.top_view())


@pytest.mark.needs_root
def test_person_who_submits_while_the_disk_is_full_is_told_and_can_submit_again(
    command: Command, small_disk: Path, tmp_path: Path
) -> None:
    command.write(data=str(small_disk / "var"))
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            command.wait_for_log("runner ready")
            maria = workspace.person(MARIA)
            Form(maria, "quick.sh")
            filler = fill(small_disk)

            maria.submit()

            wait_for(lambda: "The database cannot be used: " in told(maria), 20, what="told")
            assert "full" in told(maria)
            filler.unlink()
            maria.close(everything=True)
            job = Form(maria, "quick.sh").submit()
            assert job == 1, "what could not be written down is no job"
            maria.wait_for_dm(f"Job {job} succeeded", 30)


def test_person_who_submits_while_the_database_is_locked_is_told_of_the_one_job_in_the_end(
    command: Command, tmp_path: Path
) -> None:
    with slack(tmp_path) as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("runner"), command.running("bot"):
            workspace.wait_for_app(30)
            maria = workspace.person(MARIA)
            Form(maria, "quick.sh")
            with closing(sqlite3.connect(command.data / "scriptrunner.db", isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                answer = maria.submit()
                other.execute("ROLLBACK")

            wait_for(lambda: "Job 1 queued" in told(maria), 20, what="told")

            assert answer["ok"], "it is answered in the time that Slack gives, whatever the database does"
            maria.wait_for_dm("Job 1 succeeded", 30)
            maria.close(everything=True)
            assert Form(maria, "quick.sh").submit() == 2
