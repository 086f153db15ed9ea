"""Reads the annotations in a script's comments: options and parameters, or all that is wrong with them."""

from runner.scripts.annotations.dialects import AnnotationSettings
from runner.scripts.annotations.late import late_annotation
from runner.scripts.annotations.near_misses import near_misses
from runner.scripts.annotations.problems import Problem
from runner.scripts.annotations.reading import Annotations, read

__all__ = ["AnnotationSettings", "Annotations", "Problem", "late_annotation", "near_misses", "read", "statements"]
