"""Reads the annotations in a script's comments: options and parameters, or all that is wrong with them."""

from runner.annotations.problems import Problem
from runner.annotations.reading import Annotations, AnnotationSettings, read

__all__ = ["AnnotationSettings", "Annotations", "Problem", "read"]
