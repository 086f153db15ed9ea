"""Claims jobs, starts and watches their attempts, and records how they end."""

__all__ = ["launch", "settings", "worker"]
