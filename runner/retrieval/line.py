"""What the runner and the process that serves people say to each other: packets on a pair of sockets.

The runner is believed, and sends Python's own objects. The process faces the network: what it sends is JSON of three
kinds, and is read as such.
"""

import json
import pickle
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, NamedTuple, Self

from runner.retrieval.accounts import Account
from runner.retrieval.settings import RetrievalSettings

_PACKET_BYTES = 256 * 1024
_MOST_LISTENERS = 64
_LONGEST_TEXT = 8_000  # characters of a message or a traceback, of which each may become twelve bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingTerms:
    """What the process goes by; it comes on the line, since arguments and environment can be read by others."""

    settings: RetrievalSettings
    host_key: bytes = field(repr=False)
    first_wait: timedelta
    longest_wait: timedelta
    most_unsent_bytes: int
    log_level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFound:
    """The runner's answer to a question; no account where there is none, or where it could not be looked up."""

    question: int
    account: Account | None


class SignOfLife(NamedTuple):
    """The process's event loop goes round."""

    kind: Literal["beat"] = "beat"


class AccountWanted(NamedTuple):
    """Somebody wants to log in by a user name."""

    kind: Literal["account"]
    question: int
    user: str


class LogLine(NamedTuple):
    """Something for the runner's log."""

    kind: Literal["log"]
    logger: str
    level: int
    message: str
    traceback: str


Word = SignOfLife | AccountWanted | LogLine
_WORDS: dict[str, type[Word]] = {"beat": SignOfLife, "account": AccountWanted, "log": LogLine}


class Line:
    """One end of the line; ``send`` waits while the other end does not keep up, and may be called in any thread."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    @classmethod
    def pair(cls) -> tuple[Self, socket.socket]:
        """The runner's end of a new line, and the other one, to be handed to the process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), theirs

    def fileno(self) -> int:
        """The socket's number."""
        return self._end.fileno()

    def close(self) -> None:
        """Let go of this end."""
        self._end.close()

    def say_farewell(self) -> None:
        """Say that nothing more is sent from here; the other end is still heard. OSError where it is gone."""
        self._end.shutdown(socket.SHUT_WR)

    def send_terms(self, terms: ServingTerms, listeners: list[socket.socket]) -> None:
        """Tell the process what to go by and where to listen."""
        socket.send_fds(self._end, [pickle.dumps(terms)], [each.fileno() for each in listeners])

    def send_answer(self, answer: AccountFound) -> None:
        """Answer a question of the process's; OSError where it is gone."""
        self._end.send(pickle.dumps(answer))

    def next_word(self) -> Word | None:
        """What the process says next; None once it has ended, and ValueError where it speaks gibberish."""
        try:
            packet = self._end.recv(_PACKET_BYTES)
        except ConnectionResetError:
            return None
        return _read(packet) if packet else None

    def terms(self) -> tuple[ServingTerms, list[socket.socket]] | None:
        """What the runner tells its process first; None where it is gone."""
        packet, handles, *_ = socket.recv_fds(self._end, _PACKET_BYTES, _MOST_LISTENERS)
        if not packet:
            return None
        return pickle.loads(packet), [socket.socket(fileno=each) for each in handles]  # noqa: S301  # our own runner's

    def next_answer(self) -> AccountFound | None:
        """An answer that has come; None once the runner says farewell, and BlockingIOError where there is none."""
        packet = self._end.recv(_PACKET_BYTES, socket.MSG_DONTWAIT)
        answer: AccountFound | None = pickle.loads(packet) if packet else None  # noqa: S301  # our own runner's
        return answer

    def send_word(self, word: Word, *, is_waiting: bool = True) -> None:
        """Tell the runner; BlockingIOError where it does not keep up and we do not wait, OSError where it is gone."""
        self._end.send(json.dumps(word).encode(), 0 if is_waiting else socket.MSG_DONTWAIT)


def log_line(logger: str, level: int, message: str, traceback: str) -> LogLine:
    """A line for the log that fits a packet; of a traceback the end is kept."""
    return LogLine("log", logger, level, message[:_LONGEST_TEXT], traceback[-_LONGEST_TEXT:])


def _read(packet: bytes) -> Word:
    try:
        kind, *rest = json.loads(packet)
        return _WORDS[kind](kind, *rest)
    except (TypeError, LookupError) as error:
        raise ValueError("no word that is known") from error
