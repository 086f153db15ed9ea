"""Claims jobs, starts and watches their attempts, and records how they end."""

__all__ = ["checksum_queue", "launch", "settings", "worker"]
