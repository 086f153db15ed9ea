#!/usr/bin/env python3
##~~ {title: Digits of pi, description: "Computes pi to as many places as wanted and tells how far it has come",
##~~   cpus: 1, priority: -1, concurrency: 2, live_log: true}
##~~ digits {type: integer, label: Decimal places, min: 1, max: 200000, default: 10000} - 100,000 take
##~~   some seconds, 200,000 half a minute
##~~ output {type: output, label: Result, default: pi.txt} - "3." and the places, on one line
"""Computes pi by Machin's formula in whole numbers and prints its progress."""

import re
import sys
from pathlib import Path

GUARD_DIGITS = 10


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: pi_digits.py digits output")
    if not re.fullmatch(r"[0-9]{1,6}", sys.argv[1]) or not 1 <= int(sys.argv[1]) <= 200_000:
        raise SystemExit(f"digits must be a whole number from 1 to 200000, not {sys.argv[1]!r}")
    digits = int(sys.argv[1])
    # Python 3.11 refuses to print numbers of more than 4,300 digits unless told otherwise.
    sys.set_int_max_str_digits(0)
    text = str(pi(digits))
    try:
        Path(sys.argv[2]).write_text(f"{text[0]}.{text[1:]}\n", encoding="ascii")
    except OSError as error:
        raise SystemExit(f"the output cannot be written: {error.strerror}") from None
    print("100%")


def pi(digits: int) -> int:
    """Returns pi times ten to the digits, cut off: 16 arctan(1/5) - 4 arctan(1/239)."""
    unit: int = 10 ** (digits + GUARD_DIGITS)
    guard: int = 10**GUARD_DIGITS
    fifth = arctan_of_inverse(5, unit, (0, 85))
    small = arctan_of_inverse(239, unit, (85, 99))
    return (16 * fifth - 4 * small) // guard


def arctan_of_inverse(number: int, unit: int, percent: tuple[int, int]) -> int:
    """Returns arctan(1/number) times unit, by Gregory's series; percent is the part of the whole work this is."""
    power = unit // number
    total, divisor, sign = power, 1, 1
    whole, shown = power.bit_length(), percent[0]
    while power:
        power //= number * number
        divisor += 2
        sign = -sign
        total += sign * (power // divisor)
        # A term costs as much as its power is long, so the work left falls with the square of the length.
        done = 1 - (power.bit_length() / whole) ** 2
        now = int(percent[0] + (percent[1] - percent[0]) * done)
        if now > shown:
            shown = now
            print(f"{shown}%", flush=True)
    return total


if __name__ == "__main__":
    main()
