"""Presets: what a person entered last, and what they kept under a name, fills in the form of the script again."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import InvalidValue, ScriptRunnerError, StoreError
from runner.jobs import LAST, MAX_NAME, MAX_PRESETS, Job, Preset, Requester
from runner.store import NewJob, Store

DAY = timedelta(days=1)
ADA, BOB = "U0ADA", "U0BOB"


def names(store: Store, user_id: str = ADA, script: str = "a.sh") -> list[str]:
    return [preset.name for preset in store.presets.of(user_id, script)]


def values(store: Store, user_id: str = ADA, script: str = "a.sh") -> dict[str, Any]:
    return {preset.name: preset.values for preset in store.presets.of(user_id, script)}


def test_nothing_was_entered_before_the_first_time(store: Store) -> None:
    assert store.presets.of(ADA, "a.sh") == []


def test_last_values_replace_those_before(store: Store, clock: Any) -> None:
    store.presets.keep_last(ADA, "a.sh", {"a": "1", "b": "1"}, now=clock())
    clock.move(DAY)

    store.presets.keep_last(ADA, "a.sh", {"a": "2"}, now=clock())

    assert store.presets.of(ADA, "a.sh") == [Preset(name=LAST, values={"a": "2"}, saved_at=clock())]


def test_last_values_come_first_then_the_others_by_name(store: Store, clock: Any) -> None:
    for name in ("beta", "Alpha", "Émile", "gamma", "!"):
        store.presets.save(ADA, "a.sh", name, {}, now=clock())
    store.presets.keep_last(ADA, "a.sh", {}, now=clock())

    assert names(store) == [LAST, "!", "Alpha", "beta", "gamma", "Émile"]


def test_presets_are_of_one_person_and_one_script(store: Store, clock: Any) -> None:
    for user_id, script in ((ADA, "a.sh"), (BOB, "a.sh"), (ADA, "b.sh")):
        store.presets.keep_last(user_id, script, {"of": user_id + script}, now=clock())
        store.presets.save(user_id, script, "mine", {"of": user_id + script}, now=clock())

    assert store.presets.remove(BOB, "a.sh", "mine")

    assert values(store) == {LAST: {"of": "U0ADAa.sh"}, "mine": {"of": "U0ADAa.sh"}}
    assert values(store, BOB) == {LAST: {"of": "U0BOBa.sh"}}
    assert values(store, script="b.sh")["mine"] == {"of": "U0ADAb.sh"}


def test_same_name_replaces(store: Store, clock: Any) -> None:
    store.presets.save(ADA, "a.sh", "weekly", {"a": "1"}, now=clock())
    clock.move(DAY)

    store.presets.save(ADA, "a.sh", "  weekly ", {"a": "2"}, now=clock())

    assert store.presets.of(ADA, "a.sh") == [Preset(name="weekly", values={"a": "2"}, saved_at=clock())]


def test_values_come_back_as_they_went_in(store: Store, clock: Any) -> None:
    kept = {"text": "'; DROP TABLE presets; --\n\x00é👩‍💻", "größe": ""}

    store.presets.save(ADA, "a.sh", "'; DROP TABLE presets; --", kept, now=clock())

    assert values(store) == {"'; DROP TABLE presets; --": kept}


def fill(store: Store, clock: Any) -> None:
    for number in range(MAX_PRESETS):
        store.presets.save(ADA, "a.sh", f"{number}", {}, now=clock())


def test_one_preset_too_many_is_refused_with_what_to_do(store: Store, clock: Any) -> None:
    fill(store, clock)

    with pytest.raises(ScriptRunnerError, match=r"You have 25 presets .*: remove one of them, or give the name of one"):
        store.presets.save(ADA, "a.sh", "more", {}, now=clock())

    assert len(names(store)) == MAX_PRESETS


def test_full_presets_can_be_replaced_and_the_last_values_kept(store: Store, clock: Any) -> None:
    fill(store, clock)

    store.presets.save(ADA, "a.sh", "7", {"a": "new"}, now=clock())
    store.presets.keep_last(ADA, "a.sh", {"a": "last"}, now=clock())
    store.presets.save(BOB, "a.sh", "more", {}, now=clock())
    store.presets.save(ADA, "b.sh", "more", {}, now=clock())

    assert (values(store)["7"], values(store)[LAST]) == ({"a": "new"}, {"a": "last"})
    assert len(names(store)) == MAX_PRESETS + 1


def test_presets_saved_at_once_are_never_too_many(store: Store, clock: Any) -> None:
    def save(number: int) -> bool:
        try:
            store.presets.save(ADA, "a.sh", f"{number}", {}, now=clock())
        except ScriptRunnerError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        saved = list(threads.map(save, range(64)))

    assert saved.count(True) == len(names(store)) == MAX_PRESETS


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must not be empty"),
        (" \t ", "must not be empty"),
        ("two\nlines", "must be one line"),
        ("a\x1b[31m", "must be one line"),
        ("\ud800", "must be one line"),
        ("x" * (MAX_NAME + 1), "must be at most 60 characters long, not 61"),
    ],
)
def test_name_that_is_no_short_line_is_refused(store: Store, clock: Any, name: str, problem: str) -> None:
    with pytest.raises(InvalidValue, match=f"^The name of a preset {problem}"):
        store.presets.save(ADA, "a.sh", name, {}, now=clock())

    assert names(store) == []


def test_longest_name_is_kept(store: Store, clock: Any) -> None:
    store.presets.save(ADA, "a.sh", "é" * MAX_NAME, {}, now=clock())

    assert names(store) == ["é" * MAX_NAME]


def test_preset_is_removed_once(store: Store, clock: Any) -> None:
    for name in ("weekly", "Weekly"):
        store.presets.save(ADA, "a.sh", name, {}, now=clock())
    store.presets.keep_last(ADA, "a.sh", {}, now=clock())

    assert [store.presets.remove(ADA, "a.sh", "weekly") for _ in range(2)] == [True, False]
    assert names(store) == [LAST, "Weekly"]
    assert store.presets.remove(ADA, "a.sh", LAST)
    assert names(store) == ["Weekly"]


def test_presets_that_were_not_used_since_expire(store: Store, clock: Any) -> None:
    store.presets.keep_last(ADA, "a.sh", {}, now=clock())
    for name in ("old", "saved again"):
        store.presets.save(ADA, "a.sh", name, {}, now=clock())
    clock.move(DAY)
    store.presets.save(ADA, "a.sh", "saved again", {}, now=clock())
    store.presets.keep_last(BOB, "a.sh", {}, now=clock())

    assert store.presets.count(before=clock()) == store.presets.expire(clock()) == 2
    assert store.presets.count(before=clock()) == store.presets.expire(clock()) == 0
    assert (names(store), names(store, BOB)) == (["saved again"], [LAST])


def test_submission_keeps_its_values_as_the_last(store: Store, job_factory: Callable[..., Job], clock: Any) -> None:
    job_factory(values={"a": "1"})

    job_factory(values={"a": "2"})

    assert store.presets.of(ADA, "a.sh") == [Preset(name=LAST, values={"a": "2"}, saved_at=clock())]


def test_submission_that_arrives_twice_keeps_what_was_used_since(store: Store, job_factory: Callable[..., Job]) -> None:
    job_factory(submission="view:x", values={"a": "1"})
    job_factory(submission="view:y", values={"a": "2"})

    job_factory(submission="view:x", values={"a": "1"})

    assert values(store) == {LAST: {"a": "2"}}


def test_job_and_last_values_are_written_together_or_not_at_all(
    store: Store, tmp_path: Path, clock: Any, person_factory: Callable[..., Requester]
) -> None:
    new = NewJob(submission="1", script="a.sh", title="A", values={}, inputs=(), requester=person_factory())
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON presets BEGIN SELECT json('no'); END")

    with pytest.raises(StoreError, match="malformed JSON"):
        store.jobs.submit(new, now=clock())

    assert store.jobs.count() == 0
