"""The stand-in as a web server: the page, the Web API and the inspector."""

__all__ = ["serving"]
