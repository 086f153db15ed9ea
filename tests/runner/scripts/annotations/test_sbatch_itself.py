"""Lines ``#SBATCH`` are read as Slurm's own sbatch reads them, and refused where it refuses them."""

import os
import shutil
from pathlib import Path

import pytest

from runner.scripts.annotations import read
from tests.corpus.samples import Sample, samples
from tests.support.scripts import sbatch_reading
from tests.support.scripts.sbatch_reading import Told

LINES = [
    *(
        f"#SBATCH --time={limit}"
        for limit in ("90", "90:00", "1:30:00", "0:30", "2-12", "2-12:30", "1-00:00:30", "1-", "0")
    ),
    *(f"#SBATCH --time={limit}" for limit in ("UNLIMITED", "INFINITE", "-1", "1h", "1-2:3:4:5", "soon", "")),
    *(
        f"#SBATCH --mem={size}"
        for size in ("4096", "512K", "4GB", "4Gb", "4g", "1T", "0", "1.5G", "1GiB", "100B", "max", "-1")
    ),
    "#SBATCH -t 1:00 # a comment",
    "#SBATCH -t5",
    "#SBATCH -t=5",
    "#SBATCH --time 5 -c 4",
    "#SBATCH --time = 5",
    "#SBATCH --time=5 #SBATCH --mem=4G",
    "#SBATCH\t--time=5\t-c\t2",
    "#SBATCH--time=5",
    "#SBATCHED -c 8",
    "##SBATCH -c 8",
    "# SBATCH -c 8",
    "#sbatch -c 8",
    "#SBATCH",
    "#SBATCH # nothing",
    "#SBATCH --tim=5",
    "#SBATCH --ti 5",
    "#SBATCH --cpus-per-t 4",
    "#SBATCH --cpus-per=4",
    "#SBATCH --nta=4",
    "#SBATCH --tasks-per-node=48",
    "#SBATCH --tasks 4",
    "#SBATCH --ntasks-per-node=2 --tasks-per-node=3",
    "#SBATCH --job=a --comm b",
    "#SBATCH --mem-per-cpu=1G --ntasks=2 -c 2",
    "#SBATCH --mem=4G --mem-per-cpu=1G",
    "#SBATCH --mem=4 G",
    "#SBATCH -n 4 --ntasks-per-node=2",
    "#SBATCH -N 1-2 -n 8",
    "#SBATCH -N2 -n8 -Hc7",
    "#SBATCH -sc7 -Qk",
    "#SBATCH -c=4",
    "#SBATCH -n=4",
    "#SBATCH -J=a",
    "#SBATCH -n +4",
    "#SBATCH -n 4.0",
    "#SBATCH -n 2-4",
    "#SBATCH -c 0",
    "#SBATCH -c 1k",
    "#SBATCH -c 4,",
    "#SBATCH -c",
    "#SBATCH -c\n#SBATCH 4 -t",
    "#SBATCH -c\n#SBATCH 4 -t\n#SBATCH 5",
    "#SBATCH --exclusive -c 2",
    "#SBATCH --exclusive=user -c 2",
    "#SBATCH --exclusive user",
    "#SBATCH --requeue -c 3 --no-requeue",
    "#SBATCH --requeue=yes",
    "#SBATCH --hold=now",
    "#SBATCH --nice -c 2 --nice=5",
    "#SBATCH --partition long -c 2",
    "#SBATCH --partition -c 2",
    "#SBATCH --time=5 --",
    "#SBATCH -- --time=5",
    "#SBATCH --time=5 -",
    "#SBATCH -c 2 samtools",
    "#SBATCH --time=2 --time=3",
    '#SBATCH --comment="a b" -J "c d"',
    "#SBATCH --comment='it is",
    r"#SBATCH -J a\ b",
    r"#SBATCH -J a\#b",
    "#SBATCH --job-name -a",
    "#SBATCH --job-name=",
    "# a comment\n\n  # another\n#SBATCH -c 2\nmodule load x\n#SBATCH -c 8",
    " #SBATCH -c 2",
    "#SBATCH --mincpus=4 --threads-per-core=1 --ntasks-per-core=1 -c 2",
    "#SBATCH --output=%x-%j.out --error=e --open-mode=append --mail-type=END --mail-user=a@b.example",
    "#SBATCH --hint=nomultithread --signal=B:USR1@60 --gres=none --export=ALL -D . -c 2",
]


@pytest.fixture(autouse=True)
def sbatch() -> None:
    if shutil.which("sbatch") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs sbatch, of Debian's slurm-client; CI has it")


@pytest.mark.parametrize("lines", LINES)
def test_lines_are_read_as_sbatch_reads_them(lines: str, tmp_path: Path) -> None:
    text = f"#!/bin/bash\n{lines}\ntrue\n"

    found = read(text)

    options = found.options
    assert sbatch_reading.read(tmp_path, text) == (
        None
        if found.problems
        else Told(
            seconds=int(options.timeout.total_seconds()) if options.timeout else None,
            cpus=options.cpus,
            memory=options.memory,
            title=options.title,
            comment=options.description or None,
        )
    ), [str(problem) for problem in found.problems]


@pytest.mark.parametrize("sample", list(samples("sbatch")), ids=str)
def test_samples_of_the_corpus_are_taken_or_refused_as_sbatch_does(sample: Sample, tmp_path: Path) -> None:
    is_ours = sample.refused is not None and any(words in sample.refused for words in ("at once", "other jobs"))

    assert (sbatch_reading.read(tmp_path, sample.text) is None) == (sample.refused is not None and not is_ours)
