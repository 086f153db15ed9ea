"""How the runs of a script went, as a picture and in words; the picture is drawn by a process of its own."""

__all__ = ["script_stats"]
