"""What an app does in Slack, done by one app in both SDKs over both transports: each test runs four times."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.support.slack.person import GENERAL, Person, wait_for

Json = dict[str, Any]

# `site` comes from conftest.py; its type cannot be imported there.


class Member(Person):
    """Somebody who remembers which direct messages were there before the test."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.workspace, person.id)
        self.before = {message["ts"] for message in self.dm()}

    def hear(self, text: str) -> Json:
        """The new direct message with that text, waited for."""
        (message,) = self.wait_for(lambda: [one for one in self.new_dm() if one["text"] == text], 20, what=text)
        return dict(message)

    def new_dm(self) -> list[Json]:
        return [message for message in self.dm() if message["ts"] not in self.before]


@pytest.fixture
def maria(site: Any) -> Member:
    """One of the members, without a modal before her."""
    member = Member(site.person())
    while member.views():
        member.close(everything=True)
    return member


def told(person: Person) -> str:
    """The newest message that the person sees in #general."""
    return str(person.messages(GENERAL)[-1]["text"])


def open_form(person: Person) -> None:
    assert person.command("/go form")["ok"]
    person.top_view(20, callback_id="form")


def title(person: Person) -> str:
    return str(person.top_view()["title"]["text"])


def test_a_command_is_acknowledged_with_words(maria: Member) -> None:
    assert maria.command("/go somewhere & <back>")["ok"]
    assert told(maria) == "echo somewhere & <back>"


def test_a_command_that_is_acknowledged_too_late_failed_for_the_person(maria: Member) -> None:
    assert maria.command("/go late")["error"] == "operation_timeout"
    assert told(maria) == "/go failed with the error “operation_timeout”"


def test_a_form_is_filled_in_with_options_from_the_app_and_submitted(maria: Member) -> None:
    open_form(maria)
    assert maria.options("city", "city", "b")["options"] == []
    offered = maria.options("city", "city", "ber")["options"]
    assert [option["value"] for option in offered] == ["berlin", "bergen", "bern"]
    assert maria.fill("city", "city", "bergen")["ok"]
    assert maria.fill("note", "note", "fish")["ok"]
    assert maria.submit() == {"ok": True, "closed": True}
    maria.hear("noted fish in bergen")


def test_the_app_answers_a_submission_in_all_four_ways(maria: Member) -> None:
    open_form(maria)
    maria.fill("note", "note", "errors")
    assert maria.submit() == {"ok": False, "errors": {"note": "not that"}}
    maria.fill("note", "note", "update")
    assert maria.submit() == {"ok": True, "closed": False}
    assert title(maria) == "Updated"
    maria.fill("note", "note", "push")
    assert maria.submit() == {"ok": True, "closed": False}
    assert (title(maria), len(maria.views())) == ("Pushed", 2)
    maria.fill("note", "note", "clear")
    assert maria.submit() == {"ok": True, "closed": True}
    assert maria.views() == []


def has_heard_more(maria: Member, count: int) -> bool:
    return len(maria.new_dm()) > count


def test_three_views_fit_on_each_other_and_no_more(maria: Member) -> None:
    open_form(maria)
    for depth, answer in ((2, "accepted"), (3, "accepted"), (3, "push_limit_reached")):
        told_before = len(maria.new_dm())
        assert maria.press(maria.in_view(), "buttons", "more")["ok"]
        maria.wait_for(partial(has_heard_more, maria, told_before), 20, what="told")
        assert maria.new_dm()[-1]["text"] == f"push {answer}"
        assert len(maria.views()) == depth


def test_the_app_hears_of_closed_views(site: Any) -> None:
    tom = Member(site.person(1))  # of Maria's the app still hears which other tests left open
    open_form(tom)
    assert tom.close()["ok"]
    tom.hear("closed one")
    open_form(tom)
    assert tom.close(everything=True)["ok"]
    tom.hear("closed all")


def test_a_trigger_opens_one_view(maria: Member) -> None:
    assert maria.command("/go refused again")["ok"]
    assert told(maria) == "exchanged_trigger_id"


def test_refusals_reach_the_app_as_slacks(maria: Member) -> None:
    assert maria.command("/go refused nowhere")["ok"]
    assert told(maria) == "channel_not_found"
    assert maria.command("/go refused scope")["ok"]
    assert told(maria) == "missing_scope | team:read"
    assert maria.command("/go refused blocks")["ok"]
    assert told(maria).startswith("invalid_blocks | [ERROR] ")
    assert "[json-pointer:/blocks/0" in told(maria)


def test_a_file_of_the_apps_is_uploaded_and_shared(maria: Member) -> None:
    assert maria.command("/go upload report.txt")["ok"]
    message = maria.hear("here")
    (file,) = message["files"]
    assert (file["name"], maria.download(file["id"])) == ("report.txt", b"content of report.txt")


def test_a_file_of_a_persons_is_read_by_the_app(maria: Member) -> None:
    maria.write("look", files=[maria.upload("sums.csv", "1,2\n")])
    assert maria.run_shortcut("use", maria.dm()[-1])["ok"]
    maria.hear("read 1,2\n")


def test_a_pressed_message_is_updated_and_marked(maria: Member) -> None:
    assert maria.command("/go button")["ok"]
    message = maria.hear("press it")
    assert maria.press(maria.in_message(message), "buttons", "press")["ok"]
    updated = maria.hear("pressed")
    assert (updated["ts"], updated["edited"], updated["blocks"]) == (message["ts"], True, [])


def test_five_answers_go_to_a_response_url_and_no_more(site: Any, maria: Member) -> None:
    assert maria.command("/go respond 6")["ok"]

    def verdicts() -> list[str]:
        return [one["verdict"] for one in site.workspace.log() if one["kind"] == "response_url"]

    wait_for(lambda: "used_url" in verdicts(), 20, what="used up")
    assert verdicts() == ["ok"] * 5 + ["used_url"]
    assert [one["text"] for one in maria.messages(GENERAL)[-5:]] == [f"answer {turn}" for turn in range(5)]


def test_the_home_tab_is_published_when_it_is_looked_at(maria: Member) -> None:
    maria.open_home()
    home = maria.wait_for(maria.home, 20, what="a Home tab")
    assert home["blocks"][0]["text"]["text"] == f"Home of <@{maria.id}>"


def test_a_direct_message_is_answered_in_its_thread(maria: Member) -> None:
    maria.write("hello there")
    answer = maria.hear("heard hello there")
    assert answer["thread_ts"] == next(one["ts"] for one in maria.dm() if one["text"] == "hello there")


def test_a_thread_holds_answers_files_and_what_is_sent_to_the_conversation_too(maria: Member) -> None:
    assert maria.command("/go thread plot.csv")["ok"]
    sent = maria.hear("results")
    root = next(one for one in maria.new_dm() if one["ts"] == sent["thread_ts"])
    answer = next(one for one in maria.new_dm() if one["broadcast"])
    assert (root["text"], list(root["reactions"]), root["reply_count"]) == ("a job", ["eyes"], 2)
    assert (answer["text"], answer["edited"], answer["thread_ts"]) == ("it ended", True, root["ts"])
    assert maria.download(sent["files"][0]["id"]) == b"content of plot.csv"


def test_the_app_hears_of_what_is_edited_and_taken_back(maria: Member) -> None:
    maria.write("one *bold* word")
    (written,) = [one for one in maria.new_dm() if one["user"] == maria.id]
    assert maria.change(written, "two")["ok"]
    maria.hear("message_changed one *bold* word -> two")
    assert maria.take_back(written)["ok"]
    maria.hear("message_deleted two -> ")


def test_a_call_beyond_the_limit_is_made_again_when_slack_says(site: Any, maria: Member) -> None:
    site.workspace.post("/control/faults", {"fault": "ratelimited", "retry_after": 1, "method": "chat.postMessage"})
    assert maria.command("/go button")["ok"]
    maria.hear("press it")
    assert "ratelimited" in [one["verdict"] for one in site.workspace.log() if one["kind"] == "chat.postMessage"]


def run_commands(site: Any, *, people: int, each: int, word: str) -> list[str]:
    """What each command came to, from that many people at once."""

    def work(number: int) -> list[str]:
        person = site.person(number)
        return [person.command(f"/go {word}-{number}-{turn}").get("error", "ok") for turn in range(each)]

    with ThreadPoolExecutor(people) as crowd:
        return [outcome for outcomes in crowd.map(work, range(people)) for outcome in outcomes]


def test_five_hundred_commands_from_twenty_people_each_reach_the_right_one(site: Any) -> None:
    assert run_commands(site, people=20, each=25, word="many") == ["ok"] * 500
    for number in range(20):
        own = {one["text"] for one in site.person(number).messages(GENERAL) if one["text"].startswith("echo many")}
        assert own == {f"echo many-{number}-{turn}" for turn in range(25)}


def test_no_command_is_lost_while_connections_are_refreshed(site: Any, request: pytest.FixtureRequest) -> None:
    if site.is_http:
        assert site.workspace.post("/control/faults", {"fault": "refresh"})["error"] == "socket_mode_not_enabled"
        return
    request.getfixturevalue("second_app")
    outcomes: list[str] = []
    load = threading.Thread(
        target=lambda: outcomes.extend(run_commands(site, people=5, each=60, word="refreshed")), daemon=True
    )
    load.start()
    for _ in range(2):
        assert site.workspace.connections() == 2
        assert site.workspace.post("/control/faults", {"fault": "refresh", "only": "oldest"})["ok"]
        wait_for(lambda: site.workspace.connections() == 1, what="told to go")
        wait_for(lambda: site.workspace.connections() == 2, 30, what="connected again")
    load.join(60)
    assert outcomes == ["ok"] * 300
