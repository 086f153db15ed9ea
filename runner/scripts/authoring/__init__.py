"""What authors of scripts are told: mistakes, how a script was understood, and a script to start from."""

__all__ = ["check", "explain", "template"]
