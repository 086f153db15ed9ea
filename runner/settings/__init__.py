"""What settings are made of, the secrets beside them, and crontab lines."""

from runner.settings.secrets import PREFIX, Secrets, take_secrets, to_hide
from runner.settings.types import Duration, Location, Settings, Size, parse_duration, parse_size

__all__ = [
    "PREFIX",
    "Duration",
    "Location",
    "Secrets",
    "Settings",
    "Size",
    "cron",
    "parse_duration",
    "parse_size",
    "take_secrets",
    "to_hide",
]
