"""What an attack is, and the table of all that were tried."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attack.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Something hostile; ``run`` is given how hard to try, 1 in the tests, and fails where it did not hold."""

    area: str
    tried: str
    run: Callable[[Target, int], None]


Run = Callable[[Target, int], None]


class Attacks(list[Attack]):
    """Those of one area, in the order in which they are tried."""

    def __init__(self, area: str) -> None:
        super().__init__()
        self._area = area

    def __call__(self, tried: str) -> Callable[[Run], Run]:
        """Take up a function as an attack, told in these words."""

        def add(run: Run) -> Run:
            self.append(Attack(area=self._area, tried=tried, run=run))
            return run

        return add


def hold(attack: Attack, target: Target, hardness: int) -> None:
    """Try one; whether it did no harm, and whether others are served as before."""
    attack.run(target, hardness)
    target.assert_serves()
