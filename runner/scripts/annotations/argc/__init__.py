"""Reads argc's dialect: the comment tags of a script that has argc parse its command line (github.com/sigoden/argc)."""

from runner.scripts.annotations.argc.grammar import KINDS
from runner.scripts.annotations.argc.reading import statements, unused

__all__ = ["KINDS", "statements", "unused"]
