"""Makes identifiers that look like Slack's and cannot be guessed."""

import secrets
import string

_ALPHABET = string.ascii_uppercase + string.digits


def make(prefix: str, length: int = 10) -> str:
    """An id such as `V07K3M9Q2XA`: the prefix, then random capitals and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def make_block_id() -> str:
    """The kind of id Slack gives to a block or an element that came without one."""
    return secrets.token_urlsafe(4)[:5]


def make_hash(now: float) -> str:
    """A view's hash: when it was last changed, and something that differs each time."""
    return f"{int(now)}.{secrets.token_hex(4)}"
