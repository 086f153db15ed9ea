"""The map that all of the bot's memories are kept in."""

from concurrent.futures import ThreadPoolExecutor

from bot.slack.cache import Bounded


def test_what_nobody_asked_for_longest_leaves_first() -> None:
    kept = Bounded[int, str](3)
    for number in (1, 2, 3):
        kept.put(number, f"{number}")

    assert kept.setdefault(1, lambda: "another") == "1"
    kept.put(4, "4")

    assert kept.get(2) is None
    assert kept.values() == ["3", "1", "4"]


def test_entry_can_be_replaced() -> None:
    kept = Bounded[str, int](2)
    kept.put("a", 1)
    kept.put("a", 2)

    assert kept.values() == [2]


def test_a_hundred_thousand_entries_from_many_threads_leave_as_many_as_are_allowed() -> None:
    kept = Bounded[int, int](100)

    with ThreadPoolExecutor(8) as pool:
        for start in range(8):
            pool.submit(lambda start=start: [kept.put(number, number) for number in range(start, 100_000, 8)])

    assert len(kept.values()) == 100
