"""Files fetched from Slack, by a real server that plays Slack's."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.files import Interrupted, SlackFile, SlackFiles, content, described, looked_up
from runner.errors import ScriptRunnerError
from tests.support.machine.served import Quiet, serving

TOKEN = "xoxb-canary"
CONTENT = bytes(range(256)) * 4096


@dataclass
class FileServer:
    """Answers each request by ``answer``; remembers what was asked with which token."""

    url: str = ""
    answer: "Callable[[BaseHTTPRequestHandler], None]" = lambda _: None
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def file(self, **changed: Any) -> SlackFile:
        usual: dict[str, Any] = {"id": "F1", "name": "reads.fq", "size_bytes": len(CONTENT), "url": f"{self.url}/f"}
        return SlackFile(**(usual | changed))

    def client(self) -> WebClient:
        return WebClient(token=TOKEN, base_url=f"{self.url}/api/")


@pytest.fixture(scope="module")
def running() -> Iterator[FileServer]:
    found = FileServer()

    class Take(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers["Authorization"]))
            found.answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

    with serving(Take) as found.url:
        yield found


@pytest.fixture
def server(running: FileServer) -> FileServer:
    running.asked.clear()
    return running


def sends(
    body: bytes = CONTENT, *, status: int = 200, kind: str = "application/octet-stream", length: int | None = None
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        to.send_header("Content-Type", kind)
        to.send_header("Content-Length", str(len(body) if length is None else length))
        to.end_headers()
        to.wfile.write(body)

    return answer


def redirects(to: BaseHTTPRequestHandler) -> None:
    to.send_response(302)
    to.send_header("Location", f"http://127.0.0.1:{to.server.server_port}/elsewhere")  # type: ignore[attr-defined]
    to.send_header("Content-Length", "0")
    to.end_headers()


def fetched(server: FileServer, file: SlackFile | None = None) -> bytes:
    return b"".join(content(server.client(), file or server.file()))


def test_content_arrives_byte_for_byte_with_the_bots_token(server: FileServer) -> None:
    server.answer = sends()

    assert fetched(server) == CONTENT
    assert server.asked == [("/f", f"Bearer {TOKEN}")]


def test_empty_file_is_a_file(server: FileServer) -> None:
    server.answer = sends(b"")

    assert fetched(server, server.file(size_bytes=0)) == b""


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/f",
        "https://files.slack.com.evil.example/f",
        "http://files.slack.com/f",
        "https://evilslack.com/f",
        "ftp://files.slack.com/f",
        "file:///etc/passwd",
        "http://127.0.0.1:1/f",
        "",
    ],
)
def test_token_goes_to_slack_alone(server: FileServer, url: str) -> None:
    with pytest.raises(ScriptRunnerError, match="does not lie in Slack"):
        fetched(server, server.file(url=url))

    assert server.asked == []


def test_redirect_is_not_followed(server: FileServer) -> None:
    server.answer = redirects

    with pytest.raises(ScriptRunnerError, match="files:read"):
        fetched(server)

    assert [path for path, _ in server.asked] == ["/f"]


def test_page_for_logging_in_is_no_content(server: FileServer) -> None:
    server.answer = sends(b"<html>Sign in</html>", kind="text/html; charset=utf-8")

    with pytest.raises(ScriptRunnerError, match="scope files:read"):
        fetched(server)


def test_page_that_was_uploaded_is_content(server: FileServer) -> None:
    page = b"<html>results</html>"
    server.answer = sends(page, kind="text/html; charset=utf-8")

    assert fetched(server, server.file(size_bytes=len(page))) == page


@pytest.mark.parametrize("status", [500, 503, 429])
def test_trouble_at_slack_may_pass(server: FileServer, status: int) -> None:
    server.answer = sends(b"", status=status)

    with pytest.raises(Interrupted, match=str(status)):
        fetched(server)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_refusal_is_final(server: FileServer, status: int) -> None:
    server.answer = sends(b"", status=status)

    with pytest.raises(ScriptRunnerError, match=str(status)) as caught:
        fetched(server)

    assert not isinstance(caught.value, Interrupted)


def test_content_that_breaks_off_is_not_the_file(server: FileServer) -> None:
    server.answer = sends(CONTENT[:1000], length=len(CONTENT))

    with pytest.raises(Interrupted):
        fetched(server)


@pytest.mark.parametrize("body", [CONTENT[:-1], CONTENT + b"x"])
def test_content_of_another_size_is_not_the_file(server: FileServer, body: bytes) -> None:
    server.answer = sends(body)

    with pytest.raises(Interrupted, match="bytes arrived"):
        fetched(server)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("file_not_found", "add ScriptRunner to its channel"),
        ("file_deleted", "add ScriptRunner to its channel"),
        ("missing_scope", "scope files:read"),
    ],
)
def test_file_that_slack_does_not_show_is_explained(server: FileServer, error: str, words: str) -> None:
    server.answer = sends(f'{{"ok": false, "error": "{error}"}}'.encode(), kind="application/json")

    with pytest.raises(ScriptRunnerError, match=words):
        looked_up(server.client(), "F1")


@pytest.mark.parametrize("more", ['"is_external": true, "mode": "external"', '"mode": "tombstone"'])
def test_file_that_lies_elsewhere_is_not_fetched(server: FileServer, more: str) -> None:
    body = f'{{"ok": true, "file": {{"id": "F1", "url_private": "https://docs.example", "size": 3, {more}}}}}'
    server.answer = sends(body.encode(), kind="application/json")

    with pytest.raises(ScriptRunnerError, match="download it, then upload it"):
        looked_up(server.client(), "F1")


@pytest.mark.parametrize(
    ("mode", "words"), [("quip", "a canvas"), ("canvas", "a canvas"), ("list", "a list of"), ("space", "a post of")]
)
def test_document_of_slacks_own_is_named_as_what_it_is(server: FileServer, mode: str, words: str) -> None:
    body = f'{{"ok": true, "file": {{"id": "F1", "name": "Plan", "url_private": "{server.url}/f", "mode": "{mode}"}}}}'
    server.answer = sends(body.encode(), kind="application/json")

    with pytest.raises(ScriptRunnerError, match=f"“Plan” is {words}.*, no file: export it"):
        looked_up(server.client(), "F1")


@pytest.mark.parametrize("mode", ["snippet", "email", "hosted"])
def test_snippet_and_mail_are_files_like_others(server: FileServer, mode: str) -> None:
    found = described({"id": "F1", "name": "x", "url_private": f"{server.url}/f", "size": 3, "mode": mode})

    assert found is not None
    assert (found.url, found.document) == (f"{server.url}/f", "")


@pytest.mark.parametrize("found", [None, 7, "F1", [], {}, {"id": 7}, {"id": None}])
def test_what_is_no_file_is_none(found: object) -> None:
    assert described(found) is None


def test_odd_parts_of_a_file_are_taken_for_absent() -> None:
    assert described({"id": "F1", "size": "x", "created": None, "name": None}) == SlackFile(
        id="F1", name="F1", size_bytes=0
    )


def test_a_bounded_number_of_files_is_remembered(server: FileServer) -> None:
    server.answer = sends(b'{"ok": false, "error": "file_not_found"}', kind="application/json")
    known = SlackFiles()
    known.remember(server.file(id=f"F{number}") for number in range(100_000))

    assert known.find(server.client(), "F99999").id == "F99999"
    assert server.asked == []
    with pytest.raises(ScriptRunnerError):
        known.find(server.client(), "F0")


def test_a_hundred_thousand_files_from_many_threads_leave_as_many_as_are_remembered(server: FileServer) -> None:
    known = SlackFiles()

    with ThreadPoolExecutor(8) as pool:
        for start in range(8):
            pool.submit(known.remember, [server.file(id=f"F{number}") for number in range(start, 100_000, 8)])

    assert len(known._kept) == 1_000  # noqa: SLF001  # nothing else shows how much is remembered


def test_token_is_in_no_words(server: FileServer) -> None:
    server.answer = sends(b"", status=404)

    with pytest.raises(ScriptRunnerError) as caught:
        fetched(server)

    assert TOKEN not in f"{caught.value!r} {server.file()!r}"
