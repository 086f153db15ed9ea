import signal
import threading

import pytest

from bot.app.stopping import Stopping


def test_wait_ends_when_somebody_says_so() -> None:
    stopping = Stopping()

    threading.Timer(0.05, stopping.set).start()

    assert stopping.wait(10)
    assert stopping.is_set()


def test_wait_ends_in_time_where_nobody_does() -> None:
    assert not Stopping().wait(0.01)


@pytest.mark.timeout(20)
def test_signal_at_any_moment_of_a_wait_is_heard() -> None:
    """A thousand signals, each somewhere in a wait of the main thread."""
    stopping = Stopping()
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1
        stopping.set()

    before = signal.signal(signal.SIGALRM, hear)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while heard < 1000:
            stopping.wait(0.001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert stopping.is_set()


@pytest.mark.timeout(20)
def test_signal_that_interrupts_no_wait_is_heard_all_the_same() -> None:
    """As one that comes right before the wait begins: here another thread has it."""
    stopping = Stopping()
    before = signal.signal(signal.SIGALRM, lambda *_: stopping.set())
    try:
        threading.Timer(0.05, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGALRM)).start()

        assert stopping.wait()
    finally:
        signal.signal(signal.SIGALRM, before)
