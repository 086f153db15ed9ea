"""Favourites: whose they are, in which order, and how many there can be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from runner.errors import ScriptRunnerError
from runner.store import MAX_FAVOURITES, Store

ADA, BOB = "U0ADA", "U0BOB"


def add(store: Store, clock: Any, *scripts: str, user_id: str = ADA) -> None:
    for script in scripts:
        clock.move(timedelta(seconds=1))
        store.favourites.add(user_id, script, now=clock())


def test_favourites_are_each_persons_own_in_the_order_in_which_they_were_added(store: Store, clock: Any) -> None:
    add(store, clock, "b.sh", "a.sh", "b.sh")
    add(store, clock, "c.sh", user_id=BOB)

    assert store.favourites.of(ADA) == ["b.sh", "a.sh"]
    assert store.favourites.of(BOB) == ["c.sh"]


def test_favourite_is_taken_away_and_another_persons_stays(store: Store, clock: Any) -> None:
    for user_id in (ADA, BOB):
        add(store, clock, "a.sh", user_id=user_id)

    store.favourites.remove(ADA, "a.sh")
    store.favourites.remove(ADA, "never.sh")

    assert (store.favourites.of(ADA), store.favourites.of(BOB)) == ([], ["a.sh"])


def test_there_are_no_more_than_there_can_be_however_many_are_added_at_once(store: Store, clock: Any) -> None:
    def try_to_add(number: int) -> bool:
        try:
            store.favourites.add(ADA, f"{number}.sh", now=clock())
        except ScriptRunnerError as error:
            assert f"You have {MAX_FAVOURITES} favourites" in str(error)  # noqa: PT017  # in a thread
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(try_to_add, range(MAX_FAVOURITES + 10)))

    kept = store.favourites.of(ADA)
    assert (added.count(True), len(kept)) == (MAX_FAVOURITES, MAX_FAVOURITES)
    store.favourites.add(ADA, kept[0], now=clock())
    with pytest.raises(ScriptRunnerError, match="most there can be"):
        store.favourites.add(ADA, "another.sh", now=clock())
