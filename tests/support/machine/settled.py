"""Messages and files that arrive without anybody to receive them: for tests about what waits for that."""

from datetime import datetime

from runner.store import Store


def settle_messages(store: Store, *, now: datetime) -> None:
    """All messages that are owed have arrived, those of Slack with a place where they stand; and all files."""
    for channel in ("slack", "email"):
        while due := store.outbox.due(now=now, channel=channel, limit=100):
            for each in due:
                receipts = {each.id: f"D1 {each.id}.0"} if channel == "slack" else {}
                store.outbox.mark_delivered(each.id, now=now, receipts=receipts)
    while files := store.files.next_batch(now=now, channel="slack", after=None):
        store.files.mark_delivered(files, now=now)
