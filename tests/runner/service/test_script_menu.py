"""The scripts in the order in which a person needs them: favourites, then what they use, then all others."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.service import ScriptMenu
from runner.service.script_menu import by_use
from runner.store import MAX_FAVOURITES

Make = Callable[..., Any]
DAY = timedelta(days=1)
SCRIPTS = ("beta/x.sh", "beta/y.sh", "alpha.sh", "gamma.sh", "hidden.sh")


@pytest.fixture
def site(runner_factory: Make) -> Any:
    """A runner that does not work."""
    site = runner_factory()
    for folder in ("beta", "new"):
        (site.config.scripts / folder).mkdir()
    for name in SCRIPTS:
        options = "{hidden: true}" if name == "hidden.sh" else "{description: counts things}"
        site.put(name, f"#!/bin/sh\n##~~ {options}\n")
    return site


@pytest.fixture
def ada(person_factory: Make) -> Requester:
    found: Requester = person_factory("Ada")
    return found


def run(site: Any, person: Requester, name: str, *, count: int = 1) -> None:
    script = site.service.scripts.find(person, name, exactly=True)
    for number in range(count):
        site.service.submit(person, script, {}, submission=f"{name}{number}{site.clock()}")


def star(site: Any, person: Requester, *names: str) -> None:
    for name in names:
        site.clock.move(timedelta(seconds=1))
        site.service.menus.add_favourite(person, site.service.scripts.find(person, name, exactly=True))


def named(menu: ScriptMenu) -> list[list[str]]:
    return [[each.name for each in part] for part in (menu.favourites, menu.used, menu.others)]


def test_person_who_has_done_nothing_sees_all_by_group_and_title(site: Any, ada: Requester) -> None:
    assert named(site.service.menus.menu(ada)) == [[], [], ["alpha.sh", "gamma.sh", "beta/x.sh", "beta/y.sh"]]


def test_favourites_come_first_then_what_is_used_each_script_once(
    site: Any, ada: Requester, person_factory: Make
) -> None:
    run(site, ada, "gamma.sh")
    run(site, ada, "beta/y.sh", count=2)
    run(site, ada, "beta/x.sh", count=3)
    star(site, ada, "beta/x.sh", "alpha.sh")

    assert named(site.service.menus.menu(ada)) == [["beta/x.sh", "alpha.sh"], ["beta/y.sh", "gamma.sh"], []]
    assert named(site.service.menus.menu(person_factory("Bob")))[:2] == [[], []]


def test_much_and_lately_comes_before_much_and_long_ago(site: Any, ada: Requester) -> None:
    run(site, ada, "gamma.sh", count=3)
    site.clock.move(60 * DAY)
    run(site, ada, "alpha.sh")

    assert named(site.service.menus.menu(ada))[1] == ["alpha.sh", "gamma.sh"]


def test_script_is_known_as_used_when_its_jobs_are_gone() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)

    assert by_use([("a", now - 30 * DAY)], {"a": now, "b": now - DAY, "c": now + DAY}, now=now) == ["c", "b", "a"]


def test_search_has_the_best_first_and_of_alike_ones_what_is_used(site: Any, ada: Requester) -> None:
    run(site, ada, "gamma.sh")
    star(site, ada, "beta/y.sh")

    assert named(site.service.menus.menu(ada, "counts"))[2] == ["beta/y.sh", "gamma.sh", "alpha.sh", "beta/x.sh"]
    assert named(site.service.menus.menu(ada, "alpha"))[2] == ["alpha.sh"]


def test_hidden_script_is_among_favourites_only(site: Any, ada: Requester) -> None:
    run(site, ada, "hidden.sh")
    assert "hidden.sh" not in str(named(site.service.menus.menu(ada)))

    star(site, ada, "hidden.sh")

    assert named(site.service.menus.menu(ada))[0] == ["hidden.sh"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("alhpa", ["alpha.sh"]),
        ("beta", ["beta/x.sh", "beta/y.sh"]),
        ("counts", ["alpha.sh", "gamma.sh"]),
        ("hiden", []),
        ("", []),
        ("…", []),
        ("x" * 5000, []),
    ],
)
def test_words_that_name_no_script_find_what_may_be_meant(
    site: Any, ada: Requester, words: str, names: list[str]
) -> None:
    assert [each.name for each in site.service.menus.near(ada, words, at_most=2)] == names


def test_favourites_that_are_gone_make_room_for_others(site: Any, ada: Requester) -> None:
    for number in range(MAX_FAVOURITES):
        site.store.favourites.add(ada.user_id, f"gone-{number}.sh", now=site.clock())
    star(site, ada, "alpha.sh")
    assert site.store.favourites.of(ada.user_id) == ["alpha.sh"]

    for number in range(MAX_FAVOURITES):
        site.put(f"new/{number}.sh", "#!/bin/sh\n##~~ {title: New}\n")
    star(site, ada, *(f"new/{number}.sh" for number in range(MAX_FAVOURITES - 1)))
    with pytest.raises(ScriptRunnerError, match="most there can be"):
        star(site, ada, f"new/{MAX_FAVOURITES - 1}.sh")


def test_favourite_is_known_as_one_until_it_is_taken_away(site: Any, ada: Requester) -> None:
    alpha = site.service.scripts.find(ada, "alpha.sh", exactly=True)
    star(site, ada, "alpha.sh")
    assert site.service.menus.is_favourite(ada, alpha)

    site.service.menus.remove_favourite(ada, alpha)

    assert not site.service.menus.is_favourite(ada, alpha)
