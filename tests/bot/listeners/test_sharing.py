"""Share…: a job's end is told to people and channels that can be told, by those who may see the job."""

import json

import pytest
from slack_sdk import WebClient

from runner.app.identity import runner_name
from runner.errors import ScriptRunnerError
from runner.jobs import Ending, Job, State, Watcher
from runner.service import MOST_WATCHERS
from runner.settings import Secrets
from runner.system.clock import system_clock
from tests.support.machine.installation import texts
from tests.support.slack import payloads
from tests.support.slack.desk import RETENTION, Desk, press_on_job, requester
from tests.support.slack.person import BOT, DEACTIVATED, GENERAL, GUEST, MACHINE, MARIA, TOM, YUKI, Person, Workspace
from tests.support.slack.stand_in import SECRETS


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of Maria's that waits."""
    return desk.queue("greet.sh", name="Ada")


def shared_with(desk: Desk, job: Job) -> list[tuple[str, str]]:
    found = desk.assembly.store.watchers.of(job.id)
    return sorted((each.recipient.user_id, each.recipient.name) for each in found)


def open_modal(person: Person, job: Job) -> None:
    press_on_job(person, job, "job.share")
    person.top_view(callback_id="job.share.view")


def test_job_is_shared_with_a_person_and_a_channel_and_with_others_later(desk: Desk, maria: Person, job: Job) -> None:
    open_modal(maria, job)
    maria.fill("share.people", "chosen", [TOM])
    maria.fill("share.channels", "chosen", [MACHINE])
    maria.fill("share.results", "chosen", ["results"])
    assert maria.submit() == {"ok": True, "closed": False}
    assert "#big-machine" in texts(maria.top_view())
    first = shared_with(desk, job)
    with_results = [each.with_results for each in desk.assembly.store.watchers.of(job.id)]
    maria.close(everything=True)

    open_modal(maria, job)
    started_with = maria.values()
    maria.fill("share.people", "chosen", [YUKI])
    maria.submit()

    assert first == [(MACHINE, "#big-machine"), (TOM, first[1][1])]
    assert with_results == [True, True]
    assert started_with["share.results"]["chosen"]["selected_options"]
    assert started_with["share.people"]["chosen"]["selected_users"] == [TOM]
    assert started_with["share.channels"]["chosen"]["selected_conversations"] == [MACHINE]
    assert [user_id for user_id, _ in shared_with(desk, job)] == [MACHINE, YUKI]


@pytest.mark.parametrize(
    ("chosen", "told"), [([TOM], "Tom Okafor is told when"), ([TOM, YUKI], " are told when"), ([], "with nobody")]
)
def test_answer_says_in_good_words_who_is_told(maria: Person, job: Job, chosen: list[str], told: str) -> None:
    open_modal(maria, job)
    maria.fill("share.people", "chosen", chosen)
    maria.submit()

    assert told in texts(maria.top_view())


def test_last_fields_of_a_form_share_the_job_that_it_asks_for(desk: Desk, maria: Person) -> None:
    maria.command("/runscript greet name=Ada")
    form = maria.top_view(callback_id="runscript.form")
    maria.fill("share.people", "chosen", [TOM])
    maria.fill("share.channels", "chosen", [GENERAL])
    refused = maria.submit()
    maria.fill("share.channels", "chosen", [MACHINE])

    maria.submit()

    fields = [block["block_id"] for block in form["blocks"] if block["type"] == "input"]
    assert fields[-3:] == ["share.people", "share.channels", "share.results"]
    assert "type /invite @ScriptRunner in it" in refused["errors"]["share.channels"]
    assert [user_id for user_id, _ in shared_with(desk, desk.jobs_of()[0])] == [MACHINE, TOM]


@pytest.mark.parametrize(
    ("chosen", "block", "reason"),
    [
        (
            {"channels": [GENERAL]},
            "share.channels",
            "ScriptRunner is not in #general: type /invite @ScriptRunner in it",
        ),
        (
            {"channels": ["C0NOWHERE99"]},
            "share.channels",
            "does not see this channel: type /invite @ScriptRunner in it",
        ),
        ({"people": [DEACTIVATED]}, "share.people", "only members of this workspace"),
        ({"people": [BOT], "channels": [MACHINE]}, "share.people", "only members of this workspace"),
        ({"people": [GUEST]}, "share.people", "only members of this workspace"),
        ({"people": ["U0NOBODY"]}, "share.people", "only members of this workspace"),
    ],
)
def test_who_cannot_be_told_is_refused_under_the_field_and_nothing_is_shared(
    desk: Desk, job: Job, chosen: dict[str, list[str]], block: str, reason: str
) -> None:
    view = payloads.open_sharing(job.id, **chosen)

    answer = json.loads(desk.dispatch(payloads.submission(view)).body)

    assert reason in answer["errors"][block]
    assert shared_with(desk, job) == []


def test_job_of_another_person_is_shared_by_nobody_but_administrators(desk: Desk, job: Job) -> None:
    theirs, nobody_s = (
        desk.dispatch(payloads.submission(payloads.open_sharing(number, people=[TOM]), user_id=TOM)).body
        for number in (job.id, 999_999)
    )

    assert f"There is no job {job.id} that you may see." in theirs
    assert theirs.replace(str(job.id), "N") == nobody_s.replace("999999", "N")
    assert shared_with(desk, job) == []


def test_requester_who_chooses_themself_is_told_anyway(desk: Desk, job: Job) -> None:
    desk.dispatch(payloads.submission(payloads.open_sharing(job.id, people=[MARIA])))

    assert shared_with(desk, job) == []


def test_more_than_can_be_told_are_refused(desk: Desk, job: Job) -> None:
    crowd = [Watcher(recipient=requester(f"U0{number}")) for number in range(MOST_WATCHERS + 1)]

    with pytest.raises(ScriptRunnerError, match="20 people and channels at most"):
        desk.service.watching.share(requester(), job.id, crowd)


def end_here(desk: Desk, job: Job) -> None:
    """Have the job fail at the runner whose messages the test delivers."""
    jobs, here, now = desk.assembly.store.jobs, runner_name(desk.assembly.paths.runner_name), system_clock()
    while not any(each.id == job.id for each in jobs.claim(here, executor="local", now=now, lease=RETENTION)):
        pass
    assert jobs.finish(job.id, Ending(state=State.FAILED), runner=here, now=now, expires_at=now + RETENTION)


def test_channel_and_colleague_are_told_the_end_and_the_requester_who_was_not(
    desk: Desk, maria: Person, tom: Person, stand_in: Workspace
) -> None:
    desk.write_script("fail.sh", "{title: Fail, notify: {channel: '#general', on: [failed]}}", "word - <!channel>")
    job = desk.queue("fail.sh", word="*secret* <!here>")
    share = payloads.open_sharing(job.id, people=[TOM], channels=[MACHINE])
    desk.dispatch(payloads.submission(share))

    end_here(desk, job)
    client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=stand_in.api_url)
    delivery = desk.assembly.delivery(Secrets(), client)
    delivery.tick(system_clock())
    delivery.tick(system_clock())

    told = [each for each in maria.messages(MACHINE) if f"Job {job.id} " in each["text"]]
    (to_channel,), (to_tom,) = told, [each for each in tom.dm() if f"Job {job.id} " in each["text"]]
    assert to_channel["text"] == to_tom["text"]
    assert "Requested by" in to_channel["text"]
    assert "<!here>" not in to_channel["text"]
    assert not [block for block in to_channel["blocks"] if block["type"] == "actions"]
    (untold,) = [each for each in maria.dm() if f"Job {job.id} was not told to everybody" in each["text"]]
    assert "#general: ScriptRunner is not in this channel: type /invite @ScriptRunner in it" in untold["text"]
    assert not [each for each in tom.dm() if "was not told" in each["text"]]
