"""What people are told of a job, in words that each place shows in its own way; how it travels is not known here."""

__all__ = [
    "blocks",
    "digest",
    "expectations",
    "expiry_message",
    "job_message",
    "letter",
    "outlook",
    "progress",
    "reader",
    "reports",
    "slack_message",
    "step_words",
    "steps",
    "texts",
]
