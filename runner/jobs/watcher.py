"""Who besides its requester is told how a job has ended: pure."""

from dataclasses import dataclass

from runner.jobs.job import Requester


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """A person, or a conversation in Slack, that a job was shared with, ``with_results`` or with the message alone.

    Of a conversation the recipient's user id is that of the conversation, and its name that with a #.
    """

    recipient: Requester
    is_conversation: bool = False
    with_results: bool = False
