"""Threads at the page, and messages that people change."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.page.stand_in_page import FormApp, Visitor


def test_an_answer_sent_to_the_conversation_stands_there_and_in_its_thread(app: FormApp, visitor: Visitor) -> None:
    root = app.client.chat_postMessage(channel=visitor.person_id, text="Job 12 runs")
    place = {"channel": root["channel"], "thread_ts": root["ts"]}
    app.client.chat_postMessage(**place, text="It warned once")
    answer = app.client.chat_postMessage(**place, text="It *succeeded*", reply_broadcast=True)
    alone = visitor.page.locator(f'.messages > article[data-ts="{answer["ts"]}"]')
    expect(alone).to_contain_text("replied to a thread: Job 12 runs")
    visitor.log.get_by_text("2 replies").click()
    within = visitor.page.locator(f'.thread article[data-ts="{answer["ts"]}"]')
    expect(within).to_contain_text("It succeeded")
    expect(within).not_to_contain_text("replied to a thread")
    app.client.chat_update(channel=root["channel"], ts=answer["ts"], text="It was kept")
    for each in (alone, within):
        expect(each).to_contain_text("It was kept (edited)")
    app.client.chat_delete(channel=root["channel"], ts=root["ts"])
    expect(visitor.log.locator("article p.unknown")).to_have_text("This message was deleted.")
    expect(within).to_contain_text("It was kept")


def test_people_edit_and_delete_what_they_wrote(visitor: Visitor, visit: Callable[..., Visitor]) -> None:
    visitor.page.get_by_role("link", name="big-machine").click()
    visitor.type("see *this*, @tom.okafor & https://example.com/a")
    written = visitor.log.locator("article").last
    expect(written.locator("strong")).to_have_text("this")
    expect(written.locator(".mention")).to_have_text("@Tom Okafor")
    written.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Edit message").click()
    box = written.get_by_role("textbox", name="Edit message")
    expect(box).to_have_value("see *this*, @tom.okafor & https://example.com/a")
    box.fill("see _that_")
    box.press("Enter")
    expect(written.locator("em")).to_have_text("that")
    expect(written).to_contain_text("(edited)")
    other = visit(1)
    other.page.get_by_role("link", name="big-machine").click()
    other.log.locator("article").last.get_by_role("button", name="More actions").click()
    expect(other.page.get_by_role("menuitem", name="Delete message…")).to_have_count(0)
    written.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Delete message…").click()
    visitor.page.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.log.locator("article")).to_have_count(0)
    expect(other.log.locator("article")).to_have_count(0)


def test_emoji_beneath_a_message_tell_whose_they_are(app: FormApp, visitor: Visitor) -> None:
    posted = app.client.chat_postMessage(channel=visitor.person_id, text="Done, <!subteam^S0ASSEMBLY1>")
    place = {"channel": posted["channel"], "timestamp": posted["ts"]}
    app.client.reactions_add(name="tada", **place)
    app.client.reactions_add(name="no_such_picture", **place)
    reactions = visitor.log.get_by_role("list", name="Reactions").get_by_role("listitem")
    expect(reactions).to_have_text(["🎉1", ":no_such_picture:1"])
    expect(reactions.first).to_have_attribute("title", "Form Tester reacted with :tada:")
    expect(visitor.log.locator(".mention")).to_have_text("@assembly")


def test_people_answer_in_a_thread_and_send_the_answer_to_the_conversation_too(app: FormApp, visitor: Visitor) -> None:
    root = app.client.chat_postMessage(channel=visitor.person_id, text="Job 12 runs")
    place = {"channel": root["channel"], "thread_ts": root["ts"]}
    app.client.chat_postMessage(**place, text="It warned once")
    visitor.log.get_by_text("1 reply").click()
    box = visitor.log.get_by_role("textbox", name="Reply")
    box.press_sequentially("thank")
    app.client.chat_postMessage(**place, text="It warned twice")
    expect(visitor.log.get_by_text("2 replies")).to_be_visible()
    visitor.page.keyboard.type(" you")
    expect(box).to_have_value("thank you")
    box.press("Enter")
    expect(visitor.log.get_by_text("3 replies")).to_be_visible()
    expect(visitor.page.locator(".messages > article")).to_have_count(1)
    box.fill("*all* of you")
    visitor.log.get_by_label("Also send to the conversation").check()
    visitor.log.get_by_role("button", name="Send reply").click()
    alone = visitor.page.locator(".messages > article").last
    expect(alone).to_contain_text("replied to a thread: Job 12 runs")
    expect(alone.locator("strong")).to_have_text("all")
    expect(box).to_have_value("")
    expect(visitor.log.get_by_label("Also send to the conversation")).not_to_be_checked()
