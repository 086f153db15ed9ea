from typing import Any

import pytest
from pydantic import ValidationError

from runner.jobs import Requester
from runner.service.permissions import AccessSettings, Permissions


def is_admin(written: str, *, user_id: str = "U0JACK", email: str = "jack@example.org") -> bool:
    jobs: Any = None
    person = Requester(user_id=user_id, team_id="T1", email=email, name="Jack")
    return Permissions(access=AccessSettings(admins=(written,)), jobs=jobs).is_admin(person)


@pytest.mark.parametrize("written", ["jack@example.org", "Jack@Example.ORG", "U0JACK"])
def test_an_administrator_is_known_by_address_or_user_id(written: str) -> None:
    assert is_admin(written)


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ("jack@example.org", "jac\u212a@example.org"),
        ("jac\u212a@example.org", "jack@example.org"),
        ("jess@example.org", "je\u017fs@example.org"),
        ("strasse@example.org", "stra\u00dfe@example.org"),
        ("jack@example.org", "jack\u200b@example.org"),
        ("jack@example.org", "jack@example.org "),
        ("jack@example.org", "\uff4aack@example.org"),
        ("jack@example.org", "j\u0430ck@example.org"),
    ],
)
def test_an_address_that_looks_alike_is_somebody_else(written: str, email: str) -> None:
    assert not is_admin(written, email=email)


def test_an_address_beyond_ascii_is_known_as_it_is_written() -> None:
    assert is_admin("J\u00f6rg@example.org", email="j\u00f6rg@example.org")
    assert not is_admin("J\u00d6RG@example.org", email="j\u00f6rg@example.org")


@pytest.mark.parametrize("user_id", ["U0JAC", "U0JACKX", "u0jack", "U0JAC\u212a", "W0JACK"])
def test_another_user_id_is_somebody_else(user_id: str) -> None:
    assert not is_admin("U0JACK", user_id=user_id)


def test_a_user_id_is_not_compared_with_addresses() -> None:
    assert not is_admin("U0JACK", user_id="U0OTHER", email="U0JACK")


@pytest.mark.parametrize("written", ["", "jack", "u0jack", "jack@example.org, ada@example.org"])
def test_what_names_nobody_is_a_mistake_in_the_settings(written: str) -> None:
    with pytest.raises(ValidationError, match="neither an e-mail address nor a Slack user id"):
        AccessSettings(admins=(written,))
