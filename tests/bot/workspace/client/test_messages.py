"""What people write: rich text, and messages that they change or take back."""

from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.blocks import RichTextBlock

from bot.workspace.client.composing import MentionNames, compose
from tests.support.blockkit import second_opinions
from tests.support.slack.person import ADMIN, MACHINE, TOM, Person

Json = dict[str, Any]
NAMES = MentionNames(
    people={"tom.okafor": TOM}, channels={"big-machine": MACHINE}, usergroups={"assembly": "S0ASSEMBLY1"}
)


def data(response: Any) -> Json:
    return dict(response.data)


def run(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


CASES: dict[str, tuple[str, str, list[Json]]] = {
    "plain": ("a < b & 10:30:15", "a &lt; b &amp; 10:30:15", [section(run("a < b & 10:30:15"))]),
    "mention": (
        "@tom.okafor, see #big-machine @nobody @assembly",
        f"<@{TOM}>, see <#{MACHINE}> @nobody <!subteam^S0ASSEMBLY1>",
        [
            section(
                {"type": "user", "user_id": TOM},
                run(", see "),
                {"type": "channel", "channel_id": MACHINE},
                run(" @nobody "),
                {"type": "usergroup", "usergroup_id": "S0ASSEMBLY1"},
            )
        ],
    ),
    "styles": (
        "*b* _i_ ~s~ `a&b` a*b*c",
        "*b* _i_ ~s~ `a&amp;b` a*b*c",
        [
            section(
                run("b", bold=True),
                run(" "),
                run("i", italic=True),
                run(" "),
                run("s", strike=True),
                run(" "),
                run("a&b", code=True),
                run(" a*b*c"),
            )
        ],
    ),
    "link": (
        "see https://example.com/a?b=1&c. :tada:",
        "see <https://example.com/a?b=1&amp;c>. :tada:",
        [
            section(
                run("see "),
                {"type": "link", "url": "https://example.com/a?b=1&c"},
                run(". "),
                {"type": "emoji", "name": "tada"},
            )
        ],
    ),
    "code": (
        "run\n```\nls *x*\n```",
        "run```ls *x*```",
        [section(run("run")), {"type": "rich_text_preformatted", "elements": [run("ls *x*")]}],
    ),
    "list": (
        "- one\n- two\nend",
        "• one\n• two\nend",
        [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 0,
                "border": 0,
                "elements": [section(run("one")), section(run("two"))],
            },
            section(run("end")),
        ],
    ),
    "quote": ("> q\n> r", "&gt; q\n&gt; r", [{"type": "rich_text_quote", "elements": [run("q\nr")]}]),
    "nothing": ("  ", "", []),
}


@pytest.mark.parametrize("kind", CASES)
def test_what_is_typed_becomes_rich_text_and_a_text_that_says_the_same(kind: str) -> None:
    typed, text, elements = CASES[kind]
    written = compose(typed, NAMES)
    assert written.text == text
    assert [block["elements"] for block in written.blocks] == ([elements] if elements else [])
    for block in written.blocks:
        assert RichTextBlock(**{name: block[name] for name in ("block_id", "elements")}).to_dict() == block
        assert second_opinions.unexplained({"blocks": [block]}) == []


@pytest.fixture
def heard(app: App, connect: Callable[[App], Any]) -> Queue[Json]:
    events: Queue[Json] = Queue()

    @app.event("message")
    def listen(event: Json) -> None:
        events.put(event)

    connect(app)
    return events


def test_a_message_of_a_person_s_reaches_the_app_with_its_rich_text(heard: Queue[Json], maria: Person) -> None:
    maria.write("run *this*")
    event = heard.get(timeout=10)
    assert event["blocks"][0]["elements"] == [section(run("run "), run("this", bold=True))]
    assert len(event["client_msg_id"]) == 36
    assert second_opinions.missing_in("GenericMessageEvent", event) == set()


def test_the_app_hears_what_a_person_changed_and_took_back(heard: Queue[Json], maria: Person) -> None:
    maria.write("one")
    posted = heard.get(timeout=10)
    assert maria.change(posted, "*two*")["ok"]
    changed = heard.get(timeout=10)
    assert (changed["subtype"], changed["previous_message"]["text"]) == ("message_changed", "one")
    assert (changed["message"]["text"], changed["message"]["edited"]["user"]) == ("*two*", maria.id)
    assert changed["message"]["client_msg_id"] == posted["client_msg_id"]
    assert maria.take_back(posted)["ok"]
    gone = heard.get(timeout=10)
    assert (gone["subtype"], gone["deleted_ts"]) == ("message_deleted", posted["ts"])
    assert gone["previous_message"]["text"] == "*two*"
    assert second_opinions.missing_in("MessageChangedEvent", changed) == set()
    assert second_opinions.missing_in("MessageDeletedEvent", gone) == set()
    assert maria.dm() == []


def test_nobody_changes_what_others_wrote_but_an_administrator_takes_it_away(client: WebClient, maria: Person) -> None:
    posted = data(client.chat_postMessage(channel=MACHINE, text="of the app"))
    assert maria.change(posted, "x", MACHINE)["error"] == "cant_update_message"
    assert maria.take_back(posted, MACHINE)["error"] == "cant_delete_message"
    assert maria.workspace.person(ADMIN).take_back(posted, MACHINE)["ok"]
    assert maria.change(posted, "x", MACHINE)["error"] == "message_not_found"


def test_a_message_without_a_file_keeps_some_words(maria: Person) -> None:
    maria.write("one")
    assert maria.change(maria.dm()[0], " ")["error"] == "no_text"
