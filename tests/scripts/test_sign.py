"""files/sign.py: what it signs, and all that its check must notice."""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.scripts.sampled import AIRPORTS, ALICE, ODD_NAMES, WEATHER, Run, refused, succeeded

NAME = "files/sign.py"
KEY = "a key that nobody could ever guess, made for tests"
File = Callable[..., Path]


@pytest.fixture
def signature(run: Run, outbox: Path) -> Path:
    """The signature of two files of the inbox."""
    path = outbox / "two.signature"
    succeeded(
        run(NAME, f"--output={path}", "--note=March, checked", "--signer=Us", "sign", WEATHER, ALICE, SIGNING_KEY=KEY)
    )
    return path


def test_a_signature_is_an_hmac_over_the_checksums(signature: Path) -> None:
    content = json.loads(signature.read_text())
    digest = content.pop("hmac")

    assert content["sha256"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ALICE, WEATHER)}
    assert (content["signer"], content["note"]) == ("Us", "March, checked")
    assert digest == hmac.new(KEY.encode(), json.dumps(content, sort_keys=True).encode(), "sha256").hexdigest()


def test_files_that_are_as_they_were_signed_pass(signature: Path, run: Run) -> None:
    log = succeeded(run(NAME, f"--signature={signature}", "verify", ALICE, WEATHER, SIGNING_KEY=KEY))

    assert log == f"{ALICE.name}: as signed\n{WEATHER.name}: as signed\nsigner: Us\nnote: March, checked\n"


def test_some_of_the_files_are_enough(signature: Path, run: Run) -> None:
    log = succeeded(run(NAME, f"--signature={signature}", "verify", ALICE, SIGNING_KEY=KEY))

    assert "1 more files were signed and not given here" in log


def test_a_changed_file_and_one_that_was_not_signed_are_named(signature: Path, run: Run, file: File) -> None:
    changed = file(WEATHER.read_bytes() + b" ", WEATHER.name)

    process = run(NAME, f"--signature={signature}", "verify", changed, AIRPORTS, ALICE, SIGNING_KEY=KEY)

    assert f"2 of 3 files are not as they were signed: {WEATHER.name}, {AIRPORTS.name}" in refused(process)
    states = [f"{WEATHER.name}: changed", f"{AIRPORTS.name}: not signed", f"{ALICE.name}: as signed"]
    assert process.stdout.splitlines()[:3] == states


@pytest.mark.parametrize(
    "forge",
    [
        lambda content: content | {"note": "nobody checked"},
        lambda content: content | {"signer": "Them"},
        lambda content: content | {"sha256": {ALICE.name: hashlib.sha256(b"").hexdigest()}},
        lambda content: content | {"sha256": []},
        lambda content: content | {"hmac": "0" * 64},
        lambda content: content | {"hmac": "é\ud800"},
        lambda content: content | {"hmac": ""},
    ],
)
def test_a_forged_signature_is_refused(
    forge: Callable[[dict[str, object]], object], signature: Path, run: Run, file: File
) -> None:
    forged = file(json.dumps(forge(json.loads(signature.read_text()))), "forged.signature")

    message = refused(run(NAME, f"--signature={forged}", "verify", ALICE, SIGNING_KEY=KEY))

    assert message == "the signature is not ours, or the list in it was changed\n"


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", '"x"', "[" * 100_000, b"\xff\xfe"),
        '{"format": "other", "signer": "", "note": "", "sha256": {}, "hmac": ""}',
        '{"format": "scriptrunner-signature-1", "signer": "", "note": "", "sha256": {}, "hmac": 1}',
        '{"format": "scriptrunner-signature-1", "signer": "", "note": "", "sha256": {}, "hmac": "", "more": 1}',
    ],
)
def test_what_is_no_signature_is_refused(content: str | bytes, run: Run, file: File) -> None:
    source = file(content, "x.signature")

    message = refused(run(NAME, f"--signature={source}", "verify", ALICE, SIGNING_KEY=KEY))

    assert message == "x.signature is no signature that was made here\n"


def test_another_key_is_noticed(signature: Path, run: Run) -> None:
    process = run(NAME, f"--signature={signature}", "verify", ALICE, SIGNING_KEY=KEY + "!")

    assert "the signature is not ours" in refused(process)


def test_without_a_key_it_says_who_sets_it(run: Run, outbox: Path) -> None:
    message = refused(run(NAME, f"--output={outbox}/x", "sign", ALICE))

    assert message == "there is no key to sign with: the server's owner sets the secret SIGNING_KEY\n"
    assert list(outbox.iterdir()) == []


def test_a_short_key_is_refused_and_not_shown(run: Run, outbox: Path) -> None:
    message = refused(run(NAME, f"--output={outbox}/x", "sign", ALICE, SIGNING_KEY="hunter2"))

    assert message == "the key has 7 bytes, and needs 32 at least\n"


@pytest.mark.parametrize("odd_name", [*ODD_NAMES, "two\nlines", os.fsdecode(b"caf\xe9.txt")])
def test_files_of_any_name_are_signed_and_checked(odd_name: str, run: Run, outbox: Path, file: File) -> None:
    source = file("x", odd_name)
    succeeded(run(NAME, f"--output={outbox}/x", "sign", source, SIGNING_KEY=KEY, locale="C"))

    assert succeeded(run(NAME, f"--signature={outbox}/x", "verify", source, SIGNING_KEY=KEY)).endswith(": as signed\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: "),
        (["sign"], "usage: "),
        (["sign", ALICE], "to sign, --output is needed"),
        (["verify", ALICE], "to verify, --signature is needed"),
        (["--output=x", "burn", ALICE], "burn"),
        (["--output=x", "sign", ALICE, ALICE], f"two of the files are called {ALICE.name}"),
        (["--output=x", "sign", "missing"], "No such file or directory"),
        (["--output=no/such/folder", "sign", ALICE], "No such file or directory"),
        (["--signature=missing", "verify", ALICE], "No such file or directory"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str | Path], message: str, run: Run, outbox: Path) -> None:
    assert message in refused(run(NAME, *arguments, SIGNING_KEY=KEY))
    assert list(outbox.iterdir()) == []
