"""Each attack once, not hard; `make attack` tries harder and prints the table."""

from collections.abc import Iterator

import pytest

from tests.attack.attacks import Attack, hold
from tests.attack.registry import ATTACKS
from tests.attack.target import Target, target


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.mark.timeout(120)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.area}: {attack.tried}")
def test_attack_is_withstood(installation: Target, attack: Attack) -> None:
    hold(attack, installation, 1)
