"""What counts as a bot that can answer: slack_sdk's own client and as many threads as the bot has, without Slack."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient

from bot.app.liveness import threads_of_listeners, watch_socket
from bot.listeners.turns import THREADS
from tests.support.machine.loops import Loops, is_silent, wait_for_beat
from tests.support.slack.person import wait_for

TAKING_UP, MONITORING, CONNECTING = (
    "the taking up of what people do",
    "the watch over the connection to Slack",
    "the connecting to Slack",
)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def client() -> Iterator[SocketModeClient]:
    client = SocketModeClient(app_token="xapp-test", web_client=WebClient(token="xoxb-test"), concurrency=THREADS)
    yield client
    client.close()


@pytest.fixture
def app() -> Iterator[App]:
    app = App(
        token="xoxb-test",
        signing_secret="x",
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(THREADS),
    )
    yield app
    threads_of_listeners(app).shutdown()


@pytest.fixture
def loops(client: SocketModeClient, app: App) -> Loops:
    loops = Loops()
    watch_socket(client, app, loops)
    return loops


def take_all(submit: Callable[[Callable[[], object]], object], gate: threading.Event) -> None:
    """Have all threads of a pool wait at the gate."""
    waiting = threading.Barrier(THREADS + 1)

    def wait() -> None:
        waiting.wait(30)
        gate.wait(60)

    for _ in range(THREADS):
        submit(wait)
    waiting.wait(30)


def test_what_people_do_is_taken_up_while_a_thread_of_each_kind_is_free(loops: Loops) -> None:
    wait_for_beat(loops.named[TAKING_UP], loops.look)
    wait_for_beat(loops.named[TAKING_UP], loops.look)


@pytest.mark.parametrize("kind", ["listeners", "messages"])
def test_nothing_is_taken_up_once_every_thread_of_a_kind_is_stuck(
    loops: Loops, client: SocketModeClient, app: App, gate: threading.Event, kind: str
) -> None:
    wait_for_beat(loops.named[TAKING_UP], loops.look)
    pool = threads_of_listeners(app) if kind == "listeners" else client.message_workers
    take_all(pool.submit, gate)
    loops.look()  # what comes of this one is the last
    heartbeat = loops.named[TAKING_UP]

    assert is_silent(heartbeat, loops.look)

    gate.set()
    wait_for_beat(heartbeat, loops.look)


def test_listener_that_ends_shows_that_others_will_begin(loops: Loops, app: App, gate: threading.Event) -> None:
    take_all(threads_of_listeners(app).submit, gate)
    loops.look()
    heartbeat = loops.named[TAKING_UP]
    assert is_silent(heartbeat, loops.look)

    with loops.calls.running("listener"):
        pass

    assert not is_silent(heartbeat, loops.look, times=1)


def test_connecting_that_comes_to_no_end_is_no_turn(loops: Loops, client: SocketModeClient) -> None:
    heartbeat = loops.named[CONNECTING]
    with client.connect_operation_lock:
        assert is_silent(heartbeat, loops.look)
    wait_for_beat(heartbeat, loops.look)
    assert loops.status == "not connected: Slack is tried again"


def test_monitor_whose_reader_has_died_is_no_turn(loops: Loops, client: SocketModeClient) -> None:
    heartbeat = loops.named[MONITORING]
    wait_for_beat(heartbeat, client.current_app_monitor.target)
    reader = client.current_session_runner.thread
    client.current_session_runner.event.set()
    reader.join()

    assert wait_for(lambda: not reader.is_alive())
    assert is_silent(heartbeat, client.current_app_monitor.target)
