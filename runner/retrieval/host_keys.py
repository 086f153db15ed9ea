"""The SSH server's host key: made on the first start, and looked at on each, in ways that leave asyncssh unimported."""

import base64
import binascii
import re
import subprocess
import sys
from pathlib import Path

from runner.errors import ConfigError, ScriptRunnerError
from runner.retrieval import keys

_FILE = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----\s([\w+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*")
_ED25519 = re.compile(
    rb"openssh-key-v1\0" + rb"\0{3}\x04none" * 2 + rb"\0{4}\0{3}\x01"  # no cipher, nothing derived from; one key
    rb"\0{3}\x33(\0{3}\x0bssh-ed25519\0{3}\x20(?P<public>.{32}))"
    rb"\0{2}..(.{4})\3\1\0{3}\x40.{32}(?P=public)\0{2}.*",
    re.DOTALL,
)
"""A key without a passphrase as OpenSSH and asyncssh write it (OpenSSH's PROTOCOL.key); its parts repeat themselves."""

_MAKING = (
    "import asyncssh, sys; sys.stdout.buffer.write(asyncssh.generate_private_key('ssh-ed25519').export_private_key())"
)


def load_or_make(path: Path) -> bytes:
    """The host key, made where there is none; ConfigError where it is no good."""
    found = keys.load_or_make(path, _make)
    if not _is_plain(found):
        _check(path, found)
    return found


def _make() -> bytes:
    """Have another process make it: what that takes, ours would take as long as it runs."""
    command = [sys.executable, "-P", "-c", _MAKING]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ScriptRunnerError(f"The SSH server's host key cannot be made: {error}") from error


def _is_plain(content: bytes) -> bool:
    """Whether this is certainly a key, of the kind that we make."""
    file = _FILE.fullmatch(content)
    try:
        return file is not None and _ED25519.fullmatch(base64.b64decode(file[1])) is not None
    except binascii.Error:
        return False


def _check(path: Path, content: bytes) -> None:
    import asyncssh  # noqa: PLC0415  # it knows all other kinds

    try:
        asyncssh.import_private_key(content)
    except asyncssh.KeyImportError as error:
        raise ConfigError(f"The host key file {path} holds no SSH key; delete it so that a new one is made.") from error
