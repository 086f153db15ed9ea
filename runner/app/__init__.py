"""Builds ScriptRunner from its settings and runs it; only entry points import it."""

__all__ = ["bootstrap", "config", "daemon", "doctor", "ownership", "paths", "patience", "places"]
