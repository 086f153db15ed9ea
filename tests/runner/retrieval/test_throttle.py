from datetime import timedelta

from runner.retrieval.throttle import LoginThrottle


class Watch:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def attempts(watch: Watch, *, at_most: int = 1000) -> LoginThrottle:
    return LoginThrottle(monotonic=watch, first=timedelta(seconds=1), longest=timedelta(seconds=8), at_most=at_most)


def test_the_wait_doubles_with_each_wrong_password_up_to_the_longest() -> None:
    counted = attempts(Watch())
    assert [counted.wrong(address="10.0.0.1", user="job-1") for _ in range(6)] == [1, 2, 4, 8, 8, 8]


def test_a_right_password_waits_too_after_wrong_ones_from_its_address_and_forgives_them() -> None:
    counted = attempts(Watch())
    assert counted.right(address="10.0.0.1", user="job-1") == 0
    for _ in range(3):
        counted.wrong(address="10.0.0.1", user="job-1")
    assert counted.right(address="10.0.0.1", user="job-1") == 4
    assert counted.right(address="10.0.0.1", user="job-1") == 0
    assert counted.wrong(address="10.0.0.1", user="job-1") == 1


def test_nobody_can_keep_others_out_by_guessing_their_password() -> None:
    counted = attempts(Watch())
    for number in range(50):
        counted.wrong(address=f"10.0.0.{number}", user="job-1")
    assert counted.right(address="10.1.1.1", user="job-1") == 0


def test_guessing_from_many_addresses_and_guessing_many_users_are_both_slowed() -> None:
    counted = attempts(Watch())
    assert [counted.wrong(address=f"10.0.0.{number}", user="job-1") for number in range(3)] == [1, 2, 4]
    assert [counted.wrong(address="10.0.1.1", user=f"job-{number}") for number in range(2, 5)] == [1, 2, 4]


def test_a_network_of_addresses_of_one_person_counts_as_one() -> None:
    counted = attempts(Watch())
    counted.wrong(address="2001:db8::1", user="a")
    assert counted.wrong(address="2001:db8::ffff%eth0", user="b") == 2
    assert counted.wrong(address="2001:db8:1::1", user="c") == 1
    counted.wrong(address="::ffff:10.0.0.1", user="d")
    assert counted.wrong(address="::ffff:10.0.0.2", user="e") == 1


def test_wrong_passwords_are_forgotten_after_a_while() -> None:
    watch = Watch()
    counted = attempts(watch)
    counted.wrong(address="10.0.0.1", user="job-1")
    watch.now = 3600.0
    assert counted.wrong(address="10.0.0.1", user="job-1") == 1


def test_a_flood_of_users_and_addresses_keeps_the_memory_bounded() -> None:
    counted = attempts(Watch(), at_most=100)
    for number in range(100_000):
        counted.wrong(address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", user=f"user-{number}")
    assert len(counted) == 200
