"""Reads Slurm's dialect: the ``#SBATCH`` lines of a batch script, as sbatch(1) reads them."""

from runner.scripts.annotations.sbatch.directives import statements
from runner.scripts.annotations.sbatch.values import READERS

__all__ = ["READERS", "statements"]
