from dataclasses import dataclass

from runner.retrieval.admission import Admission


@dataclass(eq=False)
class Person:
    """A connection from somewhere."""

    source: str
    has_begun_login: bool = False
    is_dropped: bool = False

    def drop(self) -> None:
        self.is_dropped = True


def arrive(admission: Admission, *sources: str) -> list[Person]:
    people = [Person(source) for source in sources]
    for each in people:
        admission.arrive(each)
    return people


def test_the_oldest_of_the_source_that_has_most_makes_room_for_a_new_one() -> None:
    admission = Admission(max_startups=4, max_connections=1)
    people = arrive(admission, "a", "b", "b", "c", "d")
    assert [each.is_dropped for each in people] == [False, True, False, False, False]
    assert admission.take_dropped() == 1
    assert admission.take_dropped() == 0


def test_one_source_has_half_of_all_at_most() -> None:
    admission = Admission(max_startups=4, max_connections=1)
    people = arrive(admission, "a", "a", "a")
    assert [each.is_dropped for each in people] == [True, False, False]


def test_one_that_has_come_as_far_as_logging_in_stays_longer_than_those_that_are_silent() -> None:
    admission = Admission(max_startups=4, max_connections=1)
    (person,) = arrive(admission, "a")
    person.has_begun_login = True
    silent = arrive(admission, *"aaaaaa")
    assert [each.is_dropped for each in (person, *silent)] == [False, True, True, True, True, True, False]


def test_who_has_logged_in_is_counted_apart_and_never_dropped() -> None:
    admission = Admission(max_startups=2, max_connections=2)
    first, second = arrive(admission, "a", "b")
    assert admission.log_in(first, "job-1")
    assert admission.log_in(second, "job-2")
    silent = arrive(admission, "a", "b", "c")
    assert not admission.log_in(silent[2], "job-3")
    admission.leave(first)
    assert admission.log_in(silent[2], "job-3")
    assert not first.is_dropped
    assert not second.is_dropped


def test_one_user_leaves_room_for_others() -> None:
    admission = Admission(max_startups=100, max_connections=64)
    people = arrive(admission, *map(str, range(18)))
    assert [admission.log_in(each, "job-1") for each in people[:17]] == [True] * 16 + [False]
    assert admission.log_in(people[17], "job-2")


def test_one_that_was_dropped_cannot_log_in() -> None:
    admission = Admission(max_startups=1, max_connections=2)
    first, _ = arrive(admission, "a", "b")
    assert not admission.log_in(first, "job-1")


def test_nothing_is_kept_of_those_who_left() -> None:
    admission = Admission(max_startups=2, max_connections=2)
    for each in arrive(admission, "a", "b"):
        admission.leave(each)
    people = arrive(admission, "c", "d")
    assert not any(each.is_dropped for each in people)
