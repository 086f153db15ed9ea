"""What the settings say of the disk."""

from pydantic import Field

from runner.settings import Settings, Size


class DiskSettings(Settings):
    """How much of the disk jobs and people may take, and how much of it stays free."""

    free_space: Size = 1_000_000_000
    """How much of each disk stays free for the database, such as 1G; of one smaller than ten times that, a tenth.

    Below that no job starts and no file is taken in, and the job that took the space is stopped.
    """
    max_results: Size = 50_000_000_000
    """How much a job may write to its results, such as 50G; a job that writes more is stopped."""
    max_results_per_person: Size = 200_000_000_000
    """How much the kept results of one person may take; then no other job of theirs starts until some are gone."""
    max_inbox: Size = 20_000_000_000
    """How much one person's inbox may hold, such as 20G."""
    max_inbox_files: int = Field(default=1000, ge=1, le=1_000_000)
    """How many files one person's inbox may hold, from 1 to 1000000."""
