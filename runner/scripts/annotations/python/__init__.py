"""Reads what a program of Python tells argparse, Click or Typer of its command line, from its syntax tree alone."""

from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.reading import program_statements
from runner.scripts.annotations.python.source import is_python

__all__ = ["Prefixes", "is_python", "program_statements"]
