"""Modals between a person and a real Bolt app."""

from collections.abc import Callable
from contextlib import suppress
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack.person import GENERAL, MACHINE, Person, Workspace

Json = dict[str, Any]
Make = Callable[..., Json]
Connect = Callable[[App], Any]

TROUBLE = "We had some trouble connecting. Try again?"


@pytest.fixture
def opened(app: App, connect: Connect, maria: Person) -> Callable[[Json], Queue[Json]]:
    """Opens a modal by /go and collects what the app hears of it."""
    heard: Queue[Json] = Queue()

    def open_modal(view: Json) -> Queue[Json]:
        @app.command("/go")
        def go(ack: Any, body: Json, client: WebClient) -> None:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=view)

        @app.action("a")
        def act(ack: Any, body: Json) -> None:
            ack()
            heard.put(body)

        @app.view_closed("form")
        def closed(ack: Any, body: Json) -> None:
            ack()
            heard.put(body)

        connect(app)
        assert maria.command("/go")["ok"]
        maria.top_view()
        return heard

    return open_modal


def on_submit(app: App, *acks: Json) -> Queue[Json]:
    """Answers each submission with the next of these acknowledgements, the last one over and over."""
    heard: Queue[Json] = Queue()
    answers = list(acks)

    @app.view("form")
    def submitted(ack: Any, body: Json) -> None:
        heard.put(body)
        ack(**(answers.pop(0) if len(answers) > 1 else answers[0]))

    return heard


def test_a_submitted_form_reaches_the_app_and_closes(app: App, opened: Any, maria: Person, form: Make) -> None:
    heard = on_submit(app, {})
    opened(form(private_metadata="job 7"))
    maria.fill("b", "a", "hello")
    assert maria.submit() == {"ok": True, "closed": True}
    body = heard.get(timeout=5)
    assert body["view"]["state"]["values"] == {"b": {"a": {"type": "plain_text_input", "value": "hello"}}}
    assert (body["user"]["id"], body["view"]["private_metadata"]) == (maria.id, "job 7")
    assert body["view"]["root_view_id"] == body["view"]["id"]
    assert maria.views() == []


def test_a_required_field_is_checked_before_anything_is_sent(app: App, opened: Any, maria: Person, form: Make) -> None:
    heard = on_submit(app, {})
    opened(form())
    assert maria.submit() == {"ok": False, "errors": {"b": "Please complete this required field."}}
    maria.fill("b", "a", "  ")
    assert not maria.submit()["ok"]
    assert heard.empty()


CHECKED: list[tuple[str, Json, str, str]] = [
    ("plain_text_input", {"min_length": 3}, "ab", "abc"),
    ("plain_text_input", {"max_length": 3}, "abcd", "abc"),
    ("number_input", {"is_decimal_allowed": False}, "1.5", "1"),
    ("number_input", {"is_decimal_allowed": True, "min_value": "2.5"}, "2.4", "2.5"),
    ("number_input", {"is_decimal_allowed": True, "max_value": "-1"}, "0", "-1"),
    ("email_text_input", {}, "nobody", "a@example.com"),
    ("url_text_input", {}, "example", "https://example.com"),
]


def test_the_client_checks_what_each_field_demands(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    on_submit(app, {})
    opened(form(*(field(f"b{at}", kind, **rest) for at, (kind, rest, *_) in enumerate(CHECKED))))
    for at, (*_, wrong, _right) in enumerate(CHECKED):
        assert maria.fill(f"b{at}", "a", wrong)["ok"]
    assert list(maria.submit()["errors"]) == [f"b{at}" for at in range(len(CHECKED))]
    for at, (*_, right) in enumerate(CHECKED):
        maria.fill(f"b{at}", "a", right)
    assert maria.submit()["ok"]


def options(*values: str) -> list[Json]:
    return [{"text": {"type": "plain_text", "text": value.title(), "emoji": True}, "value": value} for value in values]


ENTERED: list[tuple[str, Json, Any, Json]] = [
    ("static_select", {"options": options("x", "y")}, "y", {"selected_option": options("y")[0]}),
    ("radio_buttons", {"options": options("x", "y")}, "x", {"selected_option": options("x")[0]}),
    ("checkboxes", {"options": options("x", "y")}, ["y"], {"selected_options": options("y")}),
    ("multi_static_select", {"options": options("x", "y")}, ["x", "y"], {"selected_options": options("x", "y")}),
    ("datepicker", {}, "2026-02-28", {"selected_date": "2026-02-28"}),
    ("timepicker", {}, "23:59", {"selected_time": "23:59"}),
    ("datetimepicker", {}, 1_760_000_000, {"selected_date_time": 1_760_000_000}),
    ("number_input", {"is_decimal_allowed": False}, "-3", {"value": "-3"}),
    ("users_select", {}, "U0TOM000002", {"selected_user": "U0TOM000002"}),
    ("multi_users_select", {}, ["U0TOM000002"], {"selected_users": ["U0TOM000002"]}),
    ("channels_select", {}, "C0GENERAL01", {"selected_channel": "C0GENERAL01"}),
    ("plain_text_input", {"multiline": True}, "two\nlines", {"value": "two\nlines"}),
]


def test_values_have_slacks_form_in_the_state(app: App, opened: Any, maria: Person, form: Make, field: Make) -> None:
    heard = on_submit(app, {})
    opened(form(*(field(kind, kind, **rest) for kind, rest, *_ in ENTERED)))
    for kind, _, value, _entry in ENTERED:
        assert maria.fill(kind, "a", value) == {"ok": True}
    assert maria.submit()["ok"]
    values = heard.get(timeout=5)["view"]["state"]["values"]
    assert values == {kind: {"a": {"type": kind, **entry}} for kind, _, _, entry in ENTERED}


REFUSED: list[tuple[str, Json, Any]] = [
    ("static_select", {"options": options("x")}, "z"),
    ("static_select", {"options": options("x")}, ["x"]),
    ("checkboxes", {"options": options("x")}, "x"),
    ("datepicker", {}, "2026-02-30"),
    ("timepicker", {}, "24:00"),
    ("datetimepicker", {}, "soon"),
    ("datetimepicker", {}, 10**30),
    ("number_input", {"is_decimal_allowed": True}, "1e5"),
    ("number_input", {"is_decimal_allowed": True}, "nan"),
    ("plain_text_input", {}, 5),
    ("plain_text_input", {}, {"a": []}),
]


def test_a_field_takes_no_value_it_cannot_hold(opened: Any, maria: Person, form: Make, field: Make) -> None:
    opened(form(*(field(f"b{at}", kind, **rest) for at, (kind, rest, _) in enumerate(REFUSED))))
    for at, (_, _, value) in enumerate(REFUSED):
        assert maria.fill(f"b{at}", "a", value)["error"] == "bad_value", value
    assert maria.fill("b0", "nothing", "x")["error"] == "no_such_field"


def test_untouched_optional_fields_are_null(app: App, opened: Any, maria: Person, form: Make, field: Make) -> None:
    heard = on_submit(app, {})
    opened(form(field("b", "plain_text_input", block={"optional": True})))
    assert maria.submit()["ok"]
    assert heard.get(timeout=5)["view"]["state"]["values"]["b"]["a"] == {"type": "plain_text_input", "value": None}


def test_errors_keep_the_form_open(app: App, opened: Any, maria: Person, form: Make) -> None:
    on_submit(app, {"response_action": "errors", "errors": {"b": "No such file."}}, {})
    opened(form())
    maria.fill("b", "a", "x")
    assert maria.submit() == {"ok": False, "errors": {"b": "No such file."}}
    assert maria.submit() == {"ok": True, "closed": True}


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"elsewhere": "No."}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
    ],
)
def test_an_answer_slack_would_not_take_is_trouble(
    app: App, opened: Any, maria: Person, form: Make, answer: Json
) -> None:
    on_submit(app, answer)
    opened(form())
    maria.fill("b", "a", "x")
    assert maria.submit()["message"] == TROUBLE
    assert len(maria.views()) == 1


def test_a_submission_nobody_acknowledges_is_trouble(opened: Any, maria: Person, form: Make) -> None:
    opened(form())
    maria.fill("b", "a", "x")
    assert maria.submit() == {"ok": False, "error": "operation_timeout", "message": TROUBLE}
    assert len(maria.views()) == 1


def test_an_update_keeps_what_was_entered_where_the_field_stays(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    renamed = form(field("b", "plain_text_input"), field("c", "plain_text_input", initial_value="new"))
    on_submit(app, {"response_action": "update", "view": renamed})
    opened(form())
    maria.fill("b", "a", "typed")
    assert maria.submit() == {"ok": True, "closed": False}
    assert [maria.values()[name]["a"]["value"] for name in "bc"] == ["typed", "new"]


def test_an_update_forgets_what_was_entered_where_the_type_changes(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    on_submit(app, {"response_action": "update", "view": form(field("b", "url_text_input"))})
    opened(form())
    maria.fill("b", "a", "typed")
    maria.submit()
    assert maria.values()["b"]["a"] == {"type": "url_text_input", "value": None}


def test_a_pushed_form_lies_on_top_and_cancel_uncovers_the_one_below(
    app: App, opened: Any, maria: Person, form: Make
) -> None:
    on_submit(app, {"response_action": "push", "view": form(callback_id="second")})
    opened(form())
    maria.fill("b", "a", "x")
    maria.submit()
    below, above = maria.views()
    assert (above["previous_view_id"], above["root_view_id"]) == (below["id"], below["id"])
    maria.close()
    assert [view["id"] for view in maria.views()] == [below["id"]]
    assert maria.values()["b"]["a"]["value"] == "x"


def test_clear_closes_the_whole_stack(app: App, opened: Any, maria: Person, form: Make) -> None:
    on_submit(app, {"response_action": "push", "view": form()}, {"response_action": "clear"})
    opened(form())
    for _ in range(2):
        maria.fill("b", "a", "x")
        assert maria.submit()["ok"]
    assert maria.views() == []


def test_a_fourth_form_does_not_fit_on_the_stack(app: App, opened: Any, maria: Person, form: Make) -> None:
    on_submit(app, {"response_action": "push", "view": form()})
    opened(form())
    for _ in range(2):
        maria.fill("b", "a", "x")
        assert maria.submit()["ok"]
    maria.fill("b", "a", "x")
    assert maria.submit()["message"] == TROUBLE
    assert len(maria.views()) == 3


@pytest.mark.parametrize("everything", [False, True])
def test_the_app_hears_of_a_closed_form(opened: Any, maria: Person, form: Make, *, everything: bool) -> None:
    heard = opened(form(notify_on_close=True))
    maria.close(everything=everything)
    assert heard.get(timeout=5)["is_cleared"] is everything
    assert maria.views() == []


def test_a_field_that_dispatches_tells_the_app_at_once(opened: Any, maria: Person, form: Make, field: Make) -> None:
    heard = opened(form(field("b", "static_select", block={"dispatch_action": True}, options=options("x", "y"))))
    assert maria.fill("b", "a", "y")["ok"]
    body = heard.get(timeout=5)
    assert body["actions"][0]["selected_option"]["value"] == "y"
    assert body["view"]["state"]["values"]["b"]["a"]["selected_option"]["value"] == "y"
    assert body["container"] == {"type": "view", "view_id": body["view"]["id"]}


def test_a_text_field_dispatches_on_enter(opened: Any, maria: Person, form: Make, field: Make) -> None:
    heard = opened(form(field("b", "plain_text_input", block={"dispatch_action": True})))
    maria.fill("b", "a", "x")
    assert heard.empty()
    maria.fill("b", "a", "xy", enter=True)
    assert heard.get(timeout=5)["actions"][0]["value"] == "xy"


def test_only_offered_and_chosen_options_can_be_chosen(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    @app.options("a")
    def offer(ack: Any, body: Json) -> None:
        ack(options=options(body["value"] + "1", body["value"] + "2"))

    opened(form(field("b", "external_select", min_query_length=2), field("c", "multi_external_select")))
    assert maria.options("b", "a", "f") == {"ok": True, "options": []}
    assert maria.fill("b", "a", "fo1")["error"] == "bad_value"
    assert maria.options("b", "a", "fo")["options"] == options("fo1", "fo2")
    assert maria.fill("b", "a", "fo1")["ok"]
    for typed, values in (("bar", ["bar1"]), ("foo", ["bar1", "foo2"])):
        maria.options("c", "a", typed)
        assert maria.fill("c", "a", values)["ok"]


def test_suggestions_slack_would_not_take_are_refused(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    @app.options("a")
    def offer(ack: Any) -> None:
        ack({"options": options("x" * 151)})

    opened(form(field("b", "external_select", min_query_length=0)))
    assert maria.options("b", "a")["error"] == "invalid_options"


def test_an_update_with_an_old_hash_conflicts(client: WebClient, opened: Any, maria: Person, form: Make) -> None:
    opened(form())
    view = maria.top_view()
    client.views_update(view_id=view["id"], hash=view["hash"], view=form())
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view["id"], hash=view["hash"], view=form())


def test_a_view_is_found_by_its_external_id(client: WebClient, opened: Any, maria: Person, form: Make) -> None:
    opened(form(external_id="mine"))
    client.views_update(external_id="mine", view=form(external_id="mine", callback_id="other"))
    assert maria.top_view()["callback_id"] == "other"
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(external_id="yours", view=form())


def test_an_invalid_view_is_refused_with_pointers(app: App, connect: Connect, maria: Person, form: Make) -> None:
    heard: Queue[Json] = Queue()

    @app.command("/go")
    def go(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        try:
            client.views_open(trigger_id=body["trigger_id"], view=form(title={"type": "plain_text", "text": "x" * 25}))
        except SlackApiError as error:
            heard.put(error.response.data)

    connect(app)
    maria.command("/go")
    answer = heard.get(timeout=5)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
    ]


def test_a_view_of_more_than_250_kilobytes_is_too_large(client: WebClient, maria: Person, form: Make) -> None:
    texts = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}} for _ in range(90)]
    with pytest.raises(SlackApiError, match="view_too_large"):
        client.views_publish(user_id=maria.id, view={"type": "home", "blocks": texts})


def test_a_trigger_opens_one_form_within_three_seconds(
    app: App, connect: Connect, maria: Person, form: Make, client: WebClient
) -> None:
    triggers: Queue[str] = Queue()

    @app.command("/go")
    def go(ack: Any, body: Json) -> None:
        ack()
        triggers.put(body["trigger_id"])

    def error(trigger_id: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            client.views_open(trigger_id=trigger_id, view=form())
        return str(caught.value.response["error"])

    connect(app)
    maria.command("/go")
    used = triggers.get(timeout=5)
    client.views_open(trigger_id=used, view=form())
    assert (error(used), error("1.2.x")) == ("exchanged_trigger_id", "invalid_trigger_id")
    # An invalid view does not use the trigger up, so its age can be asked without opening anything.
    maria.command("/go")
    old = triggers.get(timeout=5)
    maria.command("/runaway")
    began = float(maria.wait_for(lambda: maria.messages("general"), what="a message")[-1]["ts"])
    maria.wait_for(lambda: is_past(maria, began + 3), seconds=10, what="three seconds later")
    assert error(old) == "expired_trigger_id"


def is_past(maria: Person, moment: float) -> bool:
    maria.command("/runaway")
    return float(maria.messages("general")[-1]["ts"]) > moment


def test_the_home_tab_shows_what_the_app_publishes(
    app: App, connect: Connect, maria: Person, workspace: Workspace
) -> None:
    button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Press"}, "value": "7"}
    pressed: Queue[Json] = Queue()

    @app.event("app_home_opened")
    def publish(event: Json, client: WebClient) -> None:
        blocks = [{"type": "actions", "block_id": "row", "elements": [button]}]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.action("press")
    def press(ack: Any, body: Json) -> None:
        ack()
        pressed.put(body)

    connect(app)
    maria.open_home()
    maria.wait_for(maria.home, what="a Home tab")
    assert maria.press(maria.in_home(), "row", "press")["ok"]
    body = pressed.get(timeout=5)
    assert (body["actions"][0]["value"], body["view"]["type"]) == ("7", "home")


def test_a_home_tab_that_is_off_cannot_be_published(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(home_tab_enabled=False)
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    with pytest.raises(SlackApiError, match="not_enabled"):
        client.views_publish(user_id="U0MARIA0001", view={"type": "home", "blocks": []})


def test_a_chosen_conversation_can_be_answered_in(
    app: App, opened: Any, maria: Person, form: Make, field: Make
) -> None:
    heard = on_submit(app, {})
    opened(form(field("where", "conversations_select", response_url_enabled=True)))
    maria.fill("where", "a", "C0MACHINE02")
    assert maria.submit()["ok"]
    (address,) = heard.get(timeout=5)["response_urls"]
    assert (address["block_id"], address["action_id"], address["channel_id"]) == ("where", "a", "C0MACHINE02")
    path = address["response_url"].removeprefix(maria.workspace.url)
    with suppress(ValueError):  # the answer is no JSON
        maria.workspace.post(path, {"text": "done", "response_type": "in_channel"})
    assert maria.messages("big-machine")[-1]["text"] == "done"


@pytest.mark.parametrize(
    "menu",
    [
        ({"type": "conversations_select"}, GENERAL),
        ({"type": "conversations_select", "initial_conversation": MACHINE}, MACHINE),
        ({"type": "conversations_select", "filter": {"include": ["im"]}}, None),
        ({"type": "multi_conversations_select", "initial_conversations": [MACHINE]}, [GENERAL]),
        ({"type": "multi_conversations_select", "filter": {"include": ["private"]}}, []),
    ],
)
def test_a_menu_begins_with_the_conversation_that_the_person_came_from(
    opened: Any, maria: Person, form: Make, client: WebClient, menu: tuple[Json, Any]
) -> None:
    element, expected = menu
    name = "selected_conversations" if element["type"].startswith("multi") else "selected_conversation"
    block = {
        "type": "input",
        "block_id": "where",
        "label": {"type": "plain_text", "text": "Where"},
        "element": {**element, "action_id": "a", "default_to_current_conversation": True},
    }
    opened(form(block))
    assert maria.values()["where"]["a"][name] == expected
    client.views_update(view_id=maria.top_view()["id"], view=form({**block, "block_id": "late"}))
    assert maria.values()["late"]["a"][name] == expected


def test_a_menu_without_bots_does_not_begin_with_the_direct_messages_of_the_app(
    app: App, connect: Connect, maria: Person, form: Make, field: Make
) -> None:
    @app.command("/go")
    def go(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        all_of_them = field("all", "conversations_select", default_to_current_conversation=True)
        people = {"exclude_bot_users": True}
        no_bots = field("people", "conversations_select", default_to_current_conversation=True, filter=people)
        client.views_open(trigger_id=body["trigger_id"], view=form(all_of_them, no_bots))

    connect(app)
    assert maria.command("/go", maria.dm_id())["ok"]
    maria.top_view()
    chosen = {block_id: entry["a"]["selected_conversation"] for block_id, entry in maria.values().items()}
    assert chosen == {"all": maria.dm_id(), "people": None}
