"""Files sent to people: byte for byte as they were, to Slack alone, and what goes wrong told in words."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.slack.sending import OutgoingFile, send_file
from runner.errors import ScriptRunnerError
from tests.support.slack import stand_in
from tests.support.slack.faulty_proxy import FaultyProxy, between
from tests.support.slack.person import MARIA, Json, Workspace

CONTENT = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with stand_in.running_workspace() as found:
        yield found


@pytest.fixture
def proxy(workspace: Workspace) -> Iterator[FaultyProxy]:
    with between(workspace.api_url) as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Iterator[OutgoingFile]:
    path = tmp_path / "a file"
    path.write_bytes(CONTENT)
    handle = os.open(path, os.O_RDONLY)
    yield OutgoingFile(handle=handle, size_bytes=len(CONTENT), name="job-12.log", title="Log of <job> 12")
    os.close(handle)


def client(api_url: str) -> WebClient:
    return WebClient(token=stand_in.SECRETS["SLACK_BOT_TOKEN"], base_url=api_url)


def sent(workspace: Workspace) -> list[Json]:
    """Maria's messages with files."""
    return [message for message in workspace.person(MARIA).dm() if message.get("files")]


def refused(api_url: str, file: OutgoingFile) -> str:
    with pytest.raises(ScriptRunnerError) as error:
        send_file(client(api_url), MARIA, file, comment="x")
    return str(error.value)


def test_file_arrives_as_it_was_when_it_was_asked_for_though_it_grows(
    workspace: Workspace, file: OutgoingFile, tmp_path: Path
) -> None:
    with (tmp_path / "a file").open("ab") as growing:
        growing.write(b"more")

    send_file(client(workspace.api_url), MARIA, file, comment="<!channel> & all")

    message = sent(workspace)[-1]
    assert message["text"] == "&lt;!channel&gt; &amp; all"
    assert workspace.person(MARIA).download(message["files"][0]["id"]) == CONTENT


def test_nothing_goes_to_an_address_that_is_not_slack_s(
    workspace: Workspace, proxy: FaultyProxy, file: OutgoingFile
) -> None:
    before = len(sent(workspace))

    told = refused(proxy.url, file)  # what the stand-in names is its own address, and the proxy's is another

    assert told == "“job-12.log” could not be sent: Slack names an address for it that is not its own."
    assert len(sent(workspace)) == before


@pytest.mark.parametrize(
    ("method", "error", "why"),
    [
        ("conversations.open", "user_not_found", "Slack says user_not_found"),
        ("files.getUploadURLExternal", "file_uploads_disabled", "this workspace takes no files"),
        ("files.completeUploadExternal", "storage_limit_reached", "the workspace has no room for files left"),
        ("files.completeUploadExternal", "ratelimited", "Slack asks us to go slower; try again in a minute"),
    ],
)
def test_what_slack_refuses_is_told_in_words(
    workspace: Workspace, file: OutgoingFile, method: str, error: str, why: str
) -> None:
    workspace.fail(method, error)

    assert refused(workspace.api_url, file) == f"“job-12.log” could not be sent: {why}."


def test_file_that_was_cut_off_meanwhile_is_not_sent(workspace: Workspace, file: OutgoingFile, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(CONTENT[:100])
    before = len(sent(workspace))

    assert refused(workspace.api_url, file) == "“job-12.log” could not be sent: it was cut off meanwhile."
    assert len(sent(workspace)) == before


def test_scope_that_is_lacking_is_named(file: OutgoingFile, tmp_path: Path) -> None:
    scopes = ["chat:write", "im:write"]
    with stand_in.running(tmp_path, scopes=scopes) as workspace:
        told = refused(workspace.api_url, file)

    assert told.endswith("its owner has to add the scope files:write.")


def test_slack_that_cannot_be_reached_is_told(file: OutgoingFile) -> None:
    assert "“job-12.log” could not be sent: " in refused("http://127.0.0.1:1/api/", file)
