"""Files between people, forms, messages and the app, as slack_sdk's client and a real Bolt app see them."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace.state.files import Files, StoredFile
from tests.support.slack import person
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]
SCOPES = ("commands", "chat:write", "im:write", "im:history", "channels:history", "files:read", "files:write")
CONTENT = b"a,b\r\n1,2\n\x00\xff"
LARGEST = 50_000


@pytest.fixture
def workspace(start_workspace: Callable[..., Workspace]) -> Workspace:
    return start_workspace("--file-bytes-max", str(LARGEST), scopes=SCOPES, events=("message.im", "message.channels"))


@pytest.fixture
def posted(maria: Person, client: WebClient) -> Json:
    """Slack's object of a file that Maria sent to the app."""
    maria.write("", files=[maria.upload("Some Data.csv", CONTENT)])
    messages = client.conversations_history(channel=maria.dm_id())["messages"]
    file: Json = messages[0]["files"][0]
    return file


def fetch(request: Request) -> tuple[int, Any, bytes]:
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310 - a loopback address
            return response.status, response.headers, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def download(url: str, **headers: str) -> tuple[int, Any, bytes]:
    return fetch(Request(url, headers=headers))  # noqa: S310 - a loopback address


def with_token(url: str) -> tuple[int, Any, bytes]:
    return download(url, Authorization="Bearer xoxb-test")


def refusal(act: Callable[[], Any]) -> Json:
    with pytest.raises(SlackApiError) as caught:
        act()
    return dict(caught.value.response.data)


@pytest.fixture
def opened(app: App, connect: Callable[[App], Any], maria: Person, form: Any) -> Callable[..., Queue[Json]]:
    """Opens a modal of these blocks by /go and collects its submissions."""
    heard: Queue[Json] = Queue()

    def open_modal(*blocks: Json) -> Queue[Json]:
        @app.command("/go")
        def go(ack: Any, body: Json, client: WebClient) -> None:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=form(*blocks))

        @app.view("form")
        def submitted(ack: Any, body: Json) -> None:
            ack()
            heard.put(body["view"])

        connect(app)
        assert maria.command("/go")["ok"]
        maria.top_view()
        return heard

    return open_modal


def test_a_message_carries_the_file_that_a_person_attached(maria: Person, posted: Json) -> None:
    assert (posted["name"], posted["title"], posted["size"]) == ("Some Data.csv", "Some Data.csv", len(CONTENT))
    assert (posted["mimetype"], posted["filetype"], posted["pretty_type"]) == ("text/csv", "csv", "CSV")
    assert (posted["mode"], posted["is_external"], posted["is_public"]) == ("hosted", False, False)
    assert (posted["user"], posted["created"]) == (maria.id, posted["timestamp"])
    assert posted["url_private_download"].endswith(f"-{posted['id']}/download/some_data.csv")
    assert posted["permalink"].startswith("https://workshop.slack.com/files/")
    assert maria.dm()[-1]["files"] == [
        {
            "id": posted["id"],
            "name": "Some Data.csv",
            "size": len(CONTENT),
            "mimetype": "text/csv",
            "alt_text": "",
            "deleted": False,
        }
    ]


def test_a_download_with_the_bots_token_is_the_file_unchanged(posted: Json) -> None:
    for url in (posted["url_private"], posted["url_private_download"]):
        status, headers, content = with_token(url)
        assert (status, content) == (200, CONTENT)
        assert (headers["Content-Length"], headers["Content-Type"]) == (str(len(CONTENT)), "text/csv")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer xoxb-wrong"}, {"Authorization": "Bearer xapp-test"}, {"Authorization": "xoxb-test"}],
)
def test_a_download_without_the_bots_token_is_a_login_page(posted: Json, headers: dict[str, str]) -> None:
    status, answered, content = download(posted["url_private_download"], **headers)
    assert (status, answered.get_content_type()) == (200, "text/html")
    assert b"Sign in" in content


def test_a_download_without_the_scope_is_a_login_page(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("files:write", "chat:write"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    answer = client.files_upload_v2(content="x", filename="x.txt")
    assert with_token(answer["file"]["url_private_download"])[1].get_content_type() == "text/html"
    needed = refusal(lambda: client.files_info(file=answer["file"]["id"]))
    assert (needed["error"], needed["needed"], needed["provided"]) == (
        "missing_scope",
        "files:read",
        "files:write,chat:write",
    )


def test_what_is_not_there_is_not_found(posted: Json, client: WebClient) -> None:
    url = posted["url_private_download"].replace(posted["id"], "F0NOTHING00")
    assert with_token(url)[0] == 404
    assert refusal(lambda: client.files_info(file="F0NOTHING00"))["error"] == "file_not_found"


def test_the_app_does_not_see_what_a_person_has_not_given_away_yet(
    maria: Person, posted: Json, client: WebClient
) -> None:
    file_id = maria.upload("draft.txt", "secret")
    assert refusal(lambda: client.files_info(file=file_id))["error"] == "file_not_found"
    assert with_token(posted["url_private_download"].replace(posted["id"], file_id))[0] == 404


def test_file_info_tells_where_the_file_is_shared(maria: Person, client: WebClient) -> None:
    file_id = maria.upload("a.txt", "x")
    maria.write("look", person.MACHINE, files=[file_id])
    file = client.files_info(file=file_id)["file"]
    assert (file["channels"], file["ims"], file["is_public"]) == ([person.MACHINE], [], True)
    (share,) = file["shares"]["public"][person.MACHINE]
    assert share["ts"] == maria.messages(person.MACHINE)[-1]["ts"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", None])
def test_arguments_come_as_form_or_query(workspace: Workspace, posted: Json, content_type: str | None) -> None:
    arguments = {"token": "xoxb-test", "file": posted["id"]}
    query = "" if content_type else f"?{urlencode(arguments)}"
    body = urlencode(arguments) if content_type else ""
    request = Request(  # noqa: S310 - a loopback address
        f"{workspace.api_url}files.info{query}",
        data=body.encode(),
        headers={"Content-Type": content_type} if content_type else {},
    )
    with urlopen(request) as response:  # noqa: S310 - a loopback address
        assert json.load(response)["file"]["id"] == posted["id"]


def test_the_sdk_uploads_files_into_a_conversation(maria: Person, client: WebClient) -> None:
    answer = client.files_upload_v2(
        channel=maria.dm_id(),
        initial_comment="the *log*",
        file_uploads=[
            {"content": CONTENT, "filename": "job 1.log", "title": "Log"},
            {"content": "b", "filename": "b.tar.gz"},
        ],
    )
    assert [file["title"] for file in answer["files"]] == ["Log", "b.tar.gz"]
    message = maria.dm()[-1]
    assert (message["text"], message["is_bot"]) == ("the *log*", True)
    assert [file["name"] for file in message["files"]] == ["job 1.log", "b.tar.gz"]
    info = client.files_info(file=answer["files"][0]["id"])["file"]
    assert with_token(info["url_private_download"])[2] == CONTENT
    assert info["shares"]["private"][maria.dm_id()][0]["ts"] == message["ts"]


def test_sharing_comes_after_the_answer_as_with_slack(maria: Person, client: WebClient) -> None:
    answer = client.files_upload_v2(channel=maria.dm_id(), content="x", filename="x.txt")
    assert (answer["file"]["shares"], answer["file"]["ims"]) == ({}, [])


def test_a_file_that_is_shared_nowhere_stays_with_the_app(maria: Person, client: WebClient) -> None:
    answer = client.files_upload_v2(content="x", filename="x.txt")
    assert client.files_info(file=answer["file"]["id"])["file"]["ims"] == []
    assert maria.dm() == []


def test_files_go_into_several_conversations_and_threads(maria: Person, client: WebClient) -> None:
    first = client.chat_postMessage(channel=maria.id, text="job 7")
    ticket = client.files_getUploadURLExternal(filename="x.txt", length=1)
    assert send(ticket["upload_url"], b"x") == (200, b"OK - 1")
    client.files_completeUploadExternal(
        files=[{"id": ticket["file_id"]}], channels=[maria.id, person.MACHINE], thread_ts=first["ts"]
    )
    assert maria.dm()[-1]["thread_ts"] == first["ts"]
    assert maria.messages(person.MACHINE)[-1]["files"][0]["name"] == "x.txt"


def send(url: str, content: bytes) -> tuple[int, bytes]:
    """Posts raw bytes, as the SDKs do."""
    status, _, answer = fetch(Request(url, data=content))  # noqa: S310 - a loopback address
    return status, answer


def test_an_upload_url_takes_its_bytes_once(workspace: Workspace, client: WebClient) -> None:
    ticket = client.files_getUploadURLExternal(filename="x.txt", length=3)
    assert send(ticket["upload_url"], b"abc") == (200, b"OK - 3")
    assert send(ticket["upload_url"], b"abc")[0] == 404
    assert send(f"{workspace.url}/upload/v1/nothing", b"abc")[0] == 404


@pytest.mark.parametrize("content", [b"ab", b"abcd"])
def test_an_upload_of_another_length_than_announced_is_refused(client: WebClient, content: bytes) -> None:
    ticket = client.files_getUploadURLExternal(filename="x.txt", length=3)
    assert send(ticket["upload_url"], content) == (400, b"expected 3 bytes")
    files = [{"id": ticket["file_id"]}]
    assert refusal(lambda: client.files_completeUploadExternal(files=files))["error"] == "file_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"length": 0}, "missing_argument"),
        ({"length": "many"}, "invalid_arguments"),
        ({"length": LARGEST + 1}, "file_upload_size_restricted"),
        ({"length": 1_000_001, "snippet_type": "python"}, "snippet_too_large"),
        ({"length": 1, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
        ({"length": 1, "filename": ""}, "invalid_arguments"),
    ],
)
def test_no_upload_url_is_given_for_what_slack_would_not_take(client: WebClient, arguments: Json, error: str) -> None:
    arguments = {"filename": "x.txt", **arguments}
    assert refusal(lambda: client.api_call("files.getUploadURLExternal", params=arguments))["error"] == error


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"channel_id": "C0NOWHERE00"}, "channel_not_found"),
        ({"channel_id": person.GENERAL}, "not_in_channel"),
        ({"channels": "C0NOWHERE00"}, "invalid_channel"),
        ({"channels": ",".join(f"C{number:09}" for number in range(101))}, "channels_limit_exceeded"),
        ({"channel_id": person.MACHINE, "blocks": '[{"type": "section"}]'}, "invalid_blocks"),
    ],
)
def test_files_are_not_shared_where_the_app_may_not_post(client: WebClient, place: Json, error: str) -> None:
    ticket = client.files_getUploadURLExternal(filename="x.txt", length=1)
    send(ticket["upload_url"], b"x")
    files = [{"id": ticket["file_id"]}]
    assert refusal(lambda: client.files_completeUploadExternal(files=files, **place))["error"] == error
    assert client.files_completeUploadExternal(files=files)["ok"], "nothing was done by the refused call"


def test_a_persons_id_is_no_channel_id_for_files(client: WebClient, maria: Person) -> None:
    answer = refusal(lambda: client.files_upload_v2(channel=maria.id, content="x", filename="x.txt"))
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]"
    ]


@pytest.mark.parametrize("files", [[], [5], [{}], [{"id": 5}], {"id": "F1"}, "F1", [{"id": "F0NOTHING00", "title": 5}]])
def test_what_is_no_list_of_files_is_refused(client: WebClient, files: Any) -> None:
    answer = refusal(lambda: client.api_call("files.completeUploadExternal", json={"files": files}))
    assert answer["error"] == "invalid_arguments"


def test_the_app_deletes_its_own_files_only(client: WebClient, maria: Person, posted: Json) -> None:
    file = client.files_upload_v2(channel=maria.dm_id(), content="x", filename="x.txt")["file"]
    assert refusal(lambda: client.files_delete(file=posted["id"]))["error"] == "cant_delete_file"
    assert client.files_delete(file=file["id"])["ok"]
    assert refusal(lambda: client.files_delete(file=file["id"]))["error"] == "file_deleted"
    assert refusal(lambda: client.files_info(file=file["id"]))["error"] == "file_deleted"
    assert with_token(file["url_private_download"])[0] == 404
    history = client.conversations_history(channel=maria.dm_id())["messages"]
    assert history[0]["files"] == [{"id": file["id"], "mode": "tombstone"}]
    assert maria.dm()[-1]["files"][0]["deleted"] is True


def test_the_app_cannot_complete_the_upload_of_somebody_else(client: WebClient, posted: Json) -> None:
    files = [{"id": posted["id"]}]
    assert refusal(lambda: client.files_completeUploadExternal(files=files))["error"] == "access_denied"


def test_people_download_their_own_files_and_those_in_messages_they_see(workspace: Workspace, maria: Person) -> None:
    tom = workspace.person(person.TOM)
    draft, private, shared = (tom.upload("a.txt", content) for content in ("draft", "private", "shared"))
    tom.write("for the app", files=[private])
    tom.write("for all", "general", files=[shared])
    assert [tom.download(file_id) for file_id in (draft, private, shared)] == [b"draft", b"private", b"shared"]
    assert [maria.download(file_id) for file_id in (draft, private, shared, "F0NOTHING00")] == [
        None,
        None,
        b"shared",
        None,
    ]


def test_only_ones_own_files_can_be_attached(workspace: Workspace, maria: Person) -> None:
    toms = workspace.person(person.TOM).upload("toms.txt", "x")
    for wrong in (toms, "F0NOTHING00"):
        answer = maria.write("look", files=[wrong])
        assert (answer["error"], wrong in answer["message"]) == ("file_not_found", True)
    assert maria.dm() == []


@pytest.mark.parametrize("files", ["F1", {"F1": 1}, [5], [None], [[]], ["F1"] * 11])
def test_an_odd_list_of_files_is_answered(workspace: Workspace, maria: Person, files: Any) -> None:
    answer = workspace.post(f"/people/{maria.id}/messages", {"channel": "general", "text": "x", "files": files})
    assert answer["error"] in {"bad_arguments", "file_not_found"}


@pytest.mark.parametrize(("name", "length"), [("", 1), ("x" * 256, 1), ("empty.txt", 0), ("large.bin", LARGEST + 1)])
def test_an_upload_that_is_not_taken_says_why(workspace: Workspace, maria: Person, name: str, length: int) -> None:
    answer = workspace.post(f"/people/{maria.id}/files?name={name}", b"x" * length)
    assert answer["ok"] is False
    assert {"bad_arguments": "255", "file_is_empty": "empty", "file_upload_size_restricted": "0.05 MB"}[
        answer["error"]
    ] in answer["message"]


def test_a_length_that_is_not_announced_is_counted(workspace: Workspace, maria: Person) -> None:
    connection = http.client.HTTPConnection(workspace.url.removeprefix("http://"), timeout=10)
    pieces = (b"x" * 10_000 for _ in range(LARGEST // 10_000 + 1))
    path = f"/people/{maria.id}/files?name=a.bin"
    connection.request("POST", path, body=pieces, headers=workspace.headers, encode_chunked=True)
    answer = json.load(connection.getresponse())
    connection.close()
    assert answer["error"] == "file_upload_size_restricted"


def test_nobody_uploads_for_somebody_who_cannot_sign_in(workspace: Workspace) -> None:
    for user_id, error in (("U0NOBODY", "person_not_found"), (person.DEACTIVATED, "cannot_sign_in")):
        assert workspace.post(f"/people/{user_id}/files?name=a", b"x")["error"] == error


@pytest.mark.parametrize(
    "name", ["../../x", "a/b\\c", "$(id);'\"", "naïve 文件 🙂.csv", "-rf", "x\r\ny", "\u202egpj.exe"]
)
def test_names_of_every_kind_come_back_and_harm_nothing(maria: Person, client: WebClient, name: str) -> None:
    file_id = maria.upload(name, CONTENT)
    maria.write("", files=[file_id])
    file = client.files_info(file=file_id)["file"]
    assert file["name"] == name
    assert with_token(file["url_private_download"])[2] == CONTENT


def test_a_form_gives_the_app_the_files_that_were_added(opened: Any, maria: Person, field: Any) -> None:
    heard = opened(field("b", "file_input", filetypes=["csv", "tar.gz"], max_files=2))
    file_ids = [maria.upload("Table.CSV", CONTENT), maria.upload("all.tar.gz", "x")]
    assert maria.fill("b", "a", file_ids) == {"ok": True}
    assert maria.submit()["ok"]
    entry = heard.get(timeout=5)["state"]["values"]["b"]["a"]
    assert entry["type"] == "file_input"
    assert [file["id"] for file in entry["files"]] == file_ids
    assert with_token(entry["files"][0]["url_private_download"])[2] == CONTENT


def test_a_field_takes_no_file_that_it_does_not_ask_for(
    opened: Any, workspace: Workspace, maria: Person, field: Any
) -> None:
    opened(field("b", "file_input", filetypes=["csv", "tsv"], max_files=1))
    one, two, text = maria.upload("1.csv", "1"), maria.upload("2.csv", "2"), maria.upload("csv", "3")
    toms = workspace.person(person.TOM).upload("t.csv", "x")
    for value, words in (
        ([text], "only .csv, .tsv files are accepted"),
        ([one, two], "At most 1 file can be added, not 2."),
        ([toms], f"There is no file '{toms}' of yours."),
        (["F0NOTHING00"], "There is no file 'F0NOTHING00' of yours."),
        ("F1", "is not a list"),
        ([5], "is not a text"),
        ([[]], "is not a text"),
        ([None], "There is no file None of yours."),
    ):
        answer = maria.fill("b", "a", value)
        assert (answer["error"], words in answer["message"]) == ("bad_value", True), answer
    assert maria.values()["b"]["a"]["files"] == []


def test_a_required_field_wants_a_file(opened: Any, maria: Person, field: Any) -> None:
    heard = opened(field("b", "file_input"))
    assert maria.submit()["errors"] == {"b": "Please complete this required field."}
    maria.fill("b", "a", [maria.upload("a", "x")])
    maria.fill("b", "a", [])
    assert not maria.submit()["ok"]
    assert heard.empty()


def test_files_stay_in_a_form_that_is_updated(
    opened: Any, maria: Person, client: WebClient, form: Any, field: Any
) -> None:
    heard = opened(field("b", "file_input"))
    file_id = maria.upload("a.txt", "x")
    maria.fill("b", "a", [file_id])
    more = field("c", "plain_text_input", block={"optional": True})
    client.views_update(view_id=maria.top_view()["id"], view=form(more, field("b", "file_input")))
    assert maria.submit()["ok"]
    assert heard.get(timeout=5)["state"]["values"]["b"]["a"]["files"][0]["id"] == file_id


def test_other_fields_tell_the_app_of_the_files_added_so_far(app: App, opened: Any, maria: Person, field: Any) -> None:
    heard: Queue[Json] = Queue()

    @app.action("a")
    def act(ack: Any, body: Json) -> None:
        ack()
        heard.put(body)

    text = field("t", "plain_text_input", block={"dispatch_action": True})
    opened(field("b", "file_input"), text)
    file_id = maria.upload("a.txt", "x")
    maria.fill("b", "a", [file_id])
    assert maria.fill("t", "a", "x", enter=True)["ok"]
    assert heard.get(timeout=5)["view"]["state"]["values"]["b"]["a"]["files"][0]["id"] == file_id


def test_a_field_for_files_needs_the_scope_to_read_them(
    start_workspace: Callable[..., Workspace], form: Any, field: Any
) -> None:
    client = WebClient(token="xoxb-test", base_url=start_workspace().api_url)
    answer = refusal(lambda: client.views_open(trigger_id="1.2.x", view=form(field("b", "file_input"))))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "files:read")


def test_the_app_hears_of_a_message_with_a_file(app: App, connect: Callable[[App], Any], maria: Person) -> None:
    heard: Queue[Json] = Queue()

    @app.event("message")
    def hear(ack: Any, event: Json) -> None:
        ack()
        heard.put(event)

    connect(app)
    file_id = maria.upload("a.txt", "x")
    for channel, kind in ((None, "im"), (person.MACHINE, "channel")):
        maria.write("", channel, files=[file_id])
        event = heard.get(timeout=5)
        assert (event["subtype"], event["channel_type"]) == ("file_share", kind)
        assert [file["id"] for file in event["files"]] == [file_id]
    maria.write("hello")
    assert "subtype" not in heard.get(timeout=5)


def test_the_app_hears_nothing_where_it_is_not(app: App, connect: Callable[[App], Any], maria: Person) -> None:
    heard: Queue[Json] = Queue()

    @app.event("message")
    def hear(ack: Any, event: Json) -> None:
        ack()
        heard.put(event)

    connect(app)
    maria.write("not for the app", person.GENERAL)
    maria.write("for the app", person.MACHINE)
    assert heard.get(timeout=5)["text"] == "for the app"


def test_the_app_hears_nothing_that_it_did_not_subscribe_to(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(events=["message.im"])
    workspace.person().write("not for the app", person.MACHINE)
    workspace.post("/api/auth.test", {"token": "xoxb-test"})
    assert [entry["kind"] for entry in workspace.log()] == ["auth.test"]


@pytest.fixture
def large(maria: Person, client: WebClient) -> tuple[str, bytes]:
    """The address and the content of a file of several pieces."""
    content = os.urandom(LARGEST)
    file_id = maria.upload("large.bin", content)
    maria.write("", files=[file_id])
    return client.files_info(file=file_id)["file"]["url_private_download"], content


def test_a_test_can_let_downloads_fail(workspace: Workspace, large: tuple[str, bytes]) -> None:
    url, content = large
    workspace.fail_downloads("error", times=2)
    assert [with_token(url)[0] for _ in range(3)] == [500, 500, 200]
    assert with_token(url)[2] == content


def test_a_test_can_let_a_download_end_half_way(workspace: Workspace, large: tuple[str, bytes]) -> None:
    url, content = large
    workspace.fail_downloads("cut")
    with pytest.raises(http.client.IncompleteRead) as caught:
        with_token(url)
    assert caught.value.partial == content[: LARGEST // 2]
    assert with_token(url)[2] == content


def test_a_test_can_let_a_download_be_slow(workspace: Workspace, large: tuple[str, bytes]) -> None:
    url, content = large
    workspace.fail_downloads("slow", seconds=1)
    status, headers, received = with_token(url)
    assert (status, headers["Content-Length"], received) == (200, str(LARGEST), content)
    assert "planned: slow" in [entry["verdict"] for entry in workspace.log()]


@pytest.mark.parametrize(
    "plan", [{}, {"fault": "odd"}, {"fault": []}, {"fault": "cut", "times": -1}, {"fault": "slow", "seconds": "x"}]
)
def test_an_odd_plan_for_downloads_is_refused(workspace: Workspace, plan: Json) -> None:
    assert workspace.post("/control/downloads", plan)["error"] == "bad_arguments"


ODD: list[Any] = [5, [], {}, None, True, "\ud800", "x" * 100_000, [[[]]], {"type": []}, [{"type": {}}], "9" * 5000]


@pytest.mark.parametrize(
    "method", ["files.info", "files.delete", "files.getUploadURLExternal", "files.completeUploadExternal"]
)
def test_odd_arguments_never_end_the_process(workspace: Workspace, method: str) -> None:
    names = ("file", "files", "length", "filename", "channels", "channel_id", "blocks", "alt_txt", "initial_comment")
    for value in ODD:
        body = json.dumps(dict.fromkeys(names, value)).encode()
        in_query = urlencode(dict.fromkeys(names, json.dumps(value)) if len(json.dumps(value)) < 1000 else {})
        for query in ("", in_query):
            answer = workspace.post(f"/api/{method}?token=xoxb-test&{query}", body)
            assert answer.get("error") not in {"internal_error", "not_authed"}, value
            assert "ok" in answer


def test_the_log_names_no_secret_address(workspace: Workspace, client: WebClient) -> None:
    ticket = client.files_getUploadURLExternal(filename="x.txt", length=1)
    send(ticket["upload_url"], b"x")
    log = json.dumps(workspace.log())
    assert "files.getUploadURLExternal" in log
    assert ticket["upload_url"].rpartition("/")[2] not in log


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Workspace, Path]]:
    """A stand-in whose temporary files are below a folder of the test."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(json.dumps({"display_information": {"name": "App"}}))
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.workspace", "--manifest", str(manifest), "--port", "0"],
        cwd=Path(__file__).parents[4],
        env=os.environ | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
        umask=0,
    )
    with process:
        assert process.stdout
        yield process, Workspace(process.stdout.readline().split()[1]), temporary
        process.terminate()


def test_bytes_lie_in_a_private_folder_that_goes_with_the_workspace(
    served: tuple["subprocess.Popen[str]", Workspace, Path],
) -> None:
    process, workspace, temporary = served
    file_id = workspace.person().upload("a.txt", CONTENT)
    (folder,) = temporary.iterdir()
    (path,) = folder.iterdir()
    assert (path.name, path.read_bytes()) == (file_id, CONTENT)
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert list(temporary.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(served: tuple["subprocess.Popen[str]", Workspace, Path]) -> None:
    _, workspace, temporary = served
    host, port = workspace.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /people/{person.MARIA}/files?name=a HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 10\r\n"
        head += f"Authorization: {workspace.headers['Authorization']}\r\n\r\n"
        connection.sendall(head.encode() + b"five!")
        person.wait_for(lambda: list(temporary.rglob("F*")), what="a file that is being written")
    person.wait_for(lambda: not list(temporary.rglob("F*")), what="removed")
    assert workspace.person().upload("whole.txt", "x")


def test_a_large_upload_is_not_held_in_memory(served: tuple["subprocess.Popen[str]", Workspace, Path]) -> None:
    process, workspace, temporary = served
    content = os.urandom(1_000_000) * 90
    before = peak_memory(process.pid)
    file_id = workspace.person().upload("large.bin", content)
    (path,) = temporary.rglob(file_id)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert peak_memory(process.pid) - before < 30_000_000


def peak_memory(pid: int) -> int:
    """The most bytes that a process has had in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def make_file(files: Files, number: int, size: int) -> StoredFile:
    file_id = f"F{number}"
    path = files.path_for(file_id)
    path.write_bytes(b"x")
    file = StoredFile(
        id=file_id, name="a", title="a", size=size, user="U1", created=0, path=path, base_url="http://127.0.0.1"
    )
    files.keep(file)
    return file


@pytest.mark.parametrize(("number", "size"), [(3, 10_000), (1000, 300)])
def test_the_oldest_files_go_where_there_are_too_many_or_too_many_bytes(number: int, size: int) -> None:
    files = Files(clock=lambda: 0.0, number=number, size=size)
    made = [make_file(files, number, size=100) for number in range(10)]
    assert [file.id for file in files.owned_by("U1")] == ["F7", "F8", "F9"]
    assert [file.path.exists() for file in made] == [False] * 7 + [True] * 3
    assert (files.is_deleted("F0"), files.find("F0"), made[0].is_deleted) == (True, None, True)
    files.close()


def test_the_temporary_folder_is_made_only_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = Files(clock=lambda: 0.0)
    assert list(tmp_path.iterdir()) == []
    make_file(files, 1, size=1)
    assert len(list(tmp_path.iterdir())) == 1
    files.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_thread_says_which(client: WebClient, maria: Person) -> None:
    root = client.chat_postMessage(channel=maria.id, text="root")
    client.files_upload_v2(filename="a.csv", content="1,2", channel=root["channel"], thread_ts=root["ts"])
    reply = maria.dm()[-1]
    assert reply["thread_ts"] == root["ts"]
    (shared,) = client.files_info(file=reply["files"][0]["id"])["file"]["shares"]["private"][root["channel"]]
    assert (shared["ts"], shared["thread_ts"]) == (reply["ts"], root["ts"])


def test_a_snippet_tells_how_it_begins(client: WebClient, maria: Person) -> None:
    channel = client.conversations_open(users=maria.id)["channel"]["id"]
    content = "".join(f"print({number})\n" for number in range(7))
    client.files_upload_v2(filename="notes", content=content, snippet_type="python", channel=channel)
    file = client.files_info(file=maria.dm()[-1]["files"][0]["id"])["file"]
    assert (file["mode"], file["filetype"], file["editable"]) == ("snippet", "python", True)
    assert (file["preview"].splitlines()[-1], file["lines"], file["lines_more"]) == ("print(4)", 7, 2)
    assert file["preview_is_truncated"]


def test_a_file_for_a_thread_that_is_not_there_can_be_completed_again(client: WebClient, maria: Person) -> None:
    channel = client.conversations_open(users=maria.id)["channel"]["id"]
    ticket = client.files_getUploadURLExternal(filename="a.csv", length=3)
    assert fetch(Request(ticket["upload_url"], data=b"1,2"))[0] == 200  # noqa: S310 - a loopback address
    file = {"files": [{"id": ticket["file_id"]}], "channel_id": channel}
    with pytest.raises(SlackApiError, match="cannot_reply_to_message"):
        client.files_completeUploadExternal(**file, thread_ts="1000000000.000001")
    assert maria.dm() == []
    assert client.files_completeUploadExternal(**file)["ok"]
    assert [one["name"] for one in maria.dm()[0]["files"]] == ["a.csv"]
