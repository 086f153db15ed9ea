"""`make attack`: all that is hostile, as hard as ATTACK_HARDNESS says, against an installation of its own."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from tests.attack.attacks import Attack, hold
from tests.attack.registry import ATTACKS
from tests.attack.target import Target, target


def main() -> bool:
    """Try them and print the table; whether all held."""
    hardness = int(os.environ.get("ATTACK_HARDNESS", "5"))
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, target(Path(folder)) as made:
        return try_all(ATTACKS, made, hardness)


def try_all(attacks: Iterable[Attack], target: Target, hardness: int) -> bool:
    """Try one after the other and print a line for each; whether all held."""
    held = []
    for attack in attacks:
        try:
            hold(attack, target, hardness)
        except Exception:  # noqa: BLE001  # the next is to be tried all the same
            reason = traceback.format_exc()
        else:
            reason = ""
        held.append(not reason)
        print(f"{attack.area:<14} {attack.tried:<78} {'held' if not reason else 'BROKE'}", flush=True)
        if reason:
            print(reason, flush=True)
    print(f"{len(held)} tried, {sum(held)} held", flush=True)
    return all(held)


if __name__ == "__main__":
    sys.exit(not main())
