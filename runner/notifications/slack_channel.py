"""Direct messages in Slack, as every process knows them; what sends them is in ``slack``."""

from typing import TYPE_CHECKING

from runner.jobs import Event, Requester
from runner.notifications.protocol import Credentials, Transport

if TYPE_CHECKING:
    from runner.notifications.uploads import FileUploads


class SlackChannel:
    """Direct messages in Slack, which everybody gets who asks for a job there."""

    def recipient(self, requester: Requester, event: Event) -> str:
        """The person's user id; of a conversation its id, or its name with a #."""
        del event
        return requester.user_id

    def transport(self, credentials: Credentials) -> Transport | None:
        """What posts; none without a token."""
        if credentials.slack is None:
            return None
        from runner.notifications.slack import SlackTransport  # noqa: PLC0415  # brings Slack's models

        return SlackTransport(credentials.slack)

    def uploads(self, credentials: Credentials) -> "FileUploads | None":
        """What sends files; none without a token."""
        if credentials.slack is None:
            return None
        from runner.notifications.slack_files import SlackUploads  # noqa: PLC0415  # as above

        return SlackUploads(credentials.slack)
