#!/usr/bin/env python3
##~~ {title: Sign files, description: "Signs files with the company's key, or checks whether they are as they were",
##~~   hidden: true, timeout: 2h, owner: Security team, docs: 'https://www.rfc-editor.org/rfc/rfc2104',
##~~   confirm: "Use the company's key on just these files?"}
##~~ action {type: choice, label: What to do, choices: {sign: Sign, verify: Check a signature}, default: sign} - the key
##~~   stays on the server
##~~ output {type: output, flag: --output, label: Signature, default: files.signature, when: {action: sign}} - goes with
##~~   the files
##~~ note {type: text, flag: --note, label: Note, required: false, max_length: 200, when: {action: sign}} - signed too
##~~ signature {type: input, flag: --signature, label: Signature, accept: [.signature], max_size: 10M,
##~~   when: {action: verify}} - as it was made here
##~~ files {type: input, label: Files, multiple: true, max_size: 100G} - no two of them with the same name
##~~ signer {constant: Example Ltd., flag: --signer} - stands in every signature
##~~ key {secret: SIGNING_KEY, env: SIGNING_KEY} - 32 characters at least, set by whoever owns the machine
"""Signs a list of checksums with HMAC-SHA-256, or checks such a signature against files."""

import argparse
import hashlib
import hmac
import json
import os
import sys
from pathlib import Path

SHORTEST_KEY = 32  # bytes: as long as the digest, RFC 2104, 3
FORMAT = "scriptrunner-signature-1"


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--note", default="")
    parser.add_argument("--signer", default="")
    parser.add_argument("--signature", type=Path)
    parser.add_argument("action", choices=["sign", "verify"])
    parser.add_argument("files", type=Path, nargs="+")
    arguments = parser.parse_args()
    needed = "output" if arguments.action == "sign" else "signature"
    if getattr(arguments, needed) is None:
        parser.error(f"to {arguments.action}, --{needed} is needed")
    key = signing_key()
    # A name that is no valid text must not end the script while it reports.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sums = checksums(arguments.files)
        if arguments.action == "sign":
            about = {"signer": arguments.signer, "note": arguments.note}
            arguments.output.write_text(signed(key, about, sums), encoding="utf-8")
            print(f"{len(sums)} files signed")
        else:
            verify(key, arguments.signature, sums)
    except OSError as error:
        raise SystemExit(f"a file cannot be read or written: {error}") from None


def signing_key() -> bytes:
    key = os.fsencode(os.environ.get("SIGNING_KEY", ""))
    if not key:
        raise SystemExit("there is no key to sign with: the server's owner sets the secret SIGNING_KEY")
    if len(key) < SHORTEST_KEY:
        raise SystemExit(f"the key has {len(key)} bytes, and needs {SHORTEST_KEY} at least")
    return key


def checksums(files: list[Path]) -> dict[str, str]:
    """The SHA-256 of each file by its name."""
    sums: dict[str, str] = {}
    for path in files:
        if path.name in sums:
            raise SystemExit(f"two of the files are called {path.name}")
        with path.open("rb") as file:
            sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def signed(key: bytes, about: dict[str, str], sums: dict[str, str]) -> str:
    """A JSON document of what is signed, and the signature over just that."""
    content = {"format": FORMAT} | about | {"sha256": dict(sorted(sums.items()))}
    return json.dumps(content | {"hmac": digest(key, content)}, indent=1) + "\n"


def digest(key: bytes, content: object) -> str:
    return hmac.digest(key, json.dumps(content, sort_keys=True).encode(), "sha256").hex()


def verify(key: bytes, path: Path, sums: dict[str, str]) -> None:
    """Say of each file whether it is what was signed; the exit code is 1 where one is not."""
    content, signature = read_signature(path)
    if not hmac.compare_digest(digest(key, content).encode(), signature.encode(errors="replace")):
        raise SystemExit("the signature is not ours, or the list in it was changed")
    expected: dict[str, str] = content["sha256"]
    states = {name: "as signed" if expected.get(name) == found else "changed" for name, found in sums.items()}
    states |= {name: "not signed" for name in sums if name not in expected}
    for name, state in states.items():
        print(f"{name}: {state}")
    for name in ("signer", "note"):
        if content[name]:
            print(f"{name}: {content[name]}")
    if missing := len(expected.keys() - sums.keys()):
        print(f"{missing} more files were signed and not given here")
    wrong = [name for name, state in states.items() if state != "as signed"]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {len(sums)} files are not as they were signed: {', '.join(wrong)}")


def read_signature(path: Path) -> tuple[dict[str, dict[str, str]], str]:
    try:
        content = json.loads(path.read_bytes())
        signature = content.pop("hmac")
        is_ours = content["format"] == FORMAT and content.keys() == {"format", "signer", "note", "sha256"}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        is_ours = False
    if not is_ours or not isinstance(signature, str):
        raise SystemExit(f"{path.name} is no signature that was made here")
    return content, signature


if __name__ == "__main__":
    main()
