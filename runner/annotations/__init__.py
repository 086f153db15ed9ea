"""Reads the annotations in a script's comments: options and parameters, or all that is wrong with them."""

from runner.annotations.dialects import AnnotationSettings
from runner.annotations.problems import Problem
from runner.annotations.reading import Annotations, read

__all__ = ["AnnotationSettings", "Annotations", "Problem", "read"]
