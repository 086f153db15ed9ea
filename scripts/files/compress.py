#!/usr/bin/env python3
##~~ {title: Compress a file, description: "Packs a file with gzip, bzip2 or xz and checks the result", timeout: 4h,
##~~   cpus: 1, memory: 800M}
##~~ format {type: choice, choices: {gzip: gzip (the fastest), bzip2: bzip2, xz: xz (the smallest)}, default: xz} - what
##~~   packs it
##~~ level {type: integer, flag: --level, min: 1, max: 9, default: 6, advanced: true} - 1 is fast, 9 is small
##~~ input {type: input, label: File} - the result has its name with .gz, .bz2 or .xz added
"""Packs a file into the working directory, unpacks it again and compares the two."""

import argparse
import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

Packed = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile

SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("format", choices=SUFFIXES)
    parser.add_argument("--level", type=int, choices=range(1, 10), default=6, metavar="1..9")
    parser.add_argument("input", type=Path)
    arguments = parser.parse_args()
    # A name that is no valid text must not end the script while it reports.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    target = Path(arguments.input.name + SUFFIXES[arguments.format])
    try:
        compress(arguments.input, target, arguments.format, arguments.level)
    except OSError as error:
        raise SystemExit(f"{arguments.input.name} cannot be packed: {error.strerror or error}") from None


def compress(source: Path, target: Path, kind: str, level: int) -> None:
    with source.open("rb") as plain:
        # The outer file is opened here, so that a result which exists already is never overwritten.
        with target.open("xb") as raw, packer(raw, kind, level) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)
        plain.seek(0)
        before = hashlib.file_digest(plain, "sha256").hexdigest()
    with unpacker(target, kind) as unpacked:
        after = hashlib.file_digest(unpacked, "sha256").hexdigest()
    if before != after:
        raise SystemExit(f"{target} does not unpack to what was packed: SHA-256 {after}, not {before}")
    report(source, target)


def packer(raw: BinaryIO, kind: str, level: int) -> Packed:
    match kind:
        case "gzip":
            # Neither name nor time: the same input always gives the same bytes.
            return gzip.GzipFile("", "wb", level, raw, mtime=0)
        case "bzip2":
            return bz2.BZ2File(raw, "wb", compresslevel=level)
        case _:
            return lzma.LZMAFile(raw, "wb", preset=level)


def unpacker(packed: Path, kind: str) -> Packed:
    match kind:
        case "gzip":
            return gzip.open(packed)
        case "bzip2":
            return bz2.open(packed)
        case _:
            return lzma.open(packed)


def report(source: Path, target: Path) -> None:
    before, after = source.stat().st_size, target.stat().st_size
    share = f", {100 * after / before:.1f} %" if before else ""
    print(f"{os.fspath(target)}: {before} bytes became {after}{share}; unpacked again and found equal")


if __name__ == "__main__":
    main()
