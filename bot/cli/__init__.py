"""The command line; prints for people in a terminal."""

__all__ = ["main"]
