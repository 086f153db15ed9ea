#!/usr/bin/env python3
##~~ {title: Mandelbrot picture, description: Draws a part of the Mandelbrot set, cpus: 1, share: ["*.png"]}
##~~ place {type: choice, choices: {whole: The whole set, seahorses: Seahorse valley, spiral: A spiral},
##~~   default: whole} - which part of it
##~~ width {type: integer, min: 16, max: 2000, default: 480} - pixels; the height is two thirds of it. 2,000
##~~   take a minute or two
##~~ detail {type: integer, min: 10, max: 2000, default: 120, advanced: true} - steps until a point counts as
##~~   one of the set
##~~ output {type: output, label: Result, default: mandelbrot.png, advanced: true} - the picture, as PNG
"""Colours each point by how soon it leaves a circle of radius 2 under z := z*z + c, and prints its progress."""

import struct
import sys
import zlib
from pathlib import Path

# the middle of the picture and its width, in the plane of complex numbers
PLACES = {
    "whole": (-0.6 + 0j, 3.3),
    "seahorses": (-0.7463 + 0.1102j, 0.01),
    "spiral": (-0.74364 + 0.13183j, 0.0011),
}


def main() -> None:
    if len(sys.argv) != 5 or sys.argv[1] not in PLACES:
        raise SystemExit(f"usage: mandelbrot.py {'|'.join(PLACES)} width detail output")
    place, width, detail = sys.argv[1], number(sys.argv[2], 16, 2000), number(sys.argv[3], 10, 2000)
    height = width * 2 // 3
    middle, across = PLACES[place]
    pixel = across / width
    corner = middle - complex(width / 2, -height / 2) * pixel
    shown, rows = 0, []
    for line in range(height):
        points = (corner + complex(column, -line) * pixel for column in range(width))
        rows.append(b"\0" + b"".join(colour(steps(point, detail), detail) for point in points))
        if (percent := 100 * line // height) > shown:
            shown = percent
            print(f"{percent}%", flush=True)
    try:
        Path(sys.argv[4]).write_bytes(png(width, height, b"".join(rows)))
    except OSError as error:
        raise SystemExit(f"the picture cannot be written: {error.strerror}") from None
    print("100%")


def number(text: str, least: int, most: int) -> int:
    """Returns the whole number; ends the script where it is none, or not between these."""
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
        raise SystemExit(f"allowed are whole numbers from {least} to {most}, not {text!r}")
    return int(text)


def steps(point: complex, most: int) -> int:
    """Returns after how many steps the point has left the circle; `most` where it has not by then."""
    z = 0j
    for count in range(most):
        if z.real * z.real + z.imag * z.imag > 4:
            return count
        z = z * z + point
    return most


def colour(count: int, most: int) -> bytes:
    """Returns red, green and blue: black for the set, from dark blue over white to orange around it."""
    if count == most:
        return b"\0\0\0"
    share = (count / most) ** 0.4
    red, green, blue = share * 2, share * (1.6 - share * 0.8), 0.35 + share * (1.9 - share * 2.2)
    return bytes(int(255 * min(max(part, 0), 1)) for part in (red, green, blue))


def png(width: int, height: int, rows: bytes) -> bytes:
    """Returns a picture of 8 bits for each of three colours (https://www.w3.org/TR/png-3/, section 5)."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, content) for name, content in parts)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


if __name__ == "__main__":
    main()
