"""The options that sbatch knows, and why those that are not taken mean nothing here or are refused.

Found by asking sbatch 22.05 itself: ``sbatch --test-only -vv`` tells what it read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Takes(Enum):
    """What stands behind an option; a value that may lack is joined by ``=`` only."""

    NOTHING = "nothing"
    A_VALUE = "a value"
    MAYBE_A_VALUE = "maybe a value"


@dataclass(frozen=True, slots=True)
class Option:
    """An option by its long name; two names may be one option."""

    name: str
    takes: Takes
    letter: str = ""
    same_as: str | None = None


_FLAGS = (
    "contiguous help:h hold:H ignore-pbs no-requeue overcommit:O oversubscribe:s parsable quiet:Q reboot"
    " requeue spread-job test-only usage use-min-nodes verbose:v version:V wait:W"
)
_OPTIONAL = "exclusive get-user-env nice no-kill:k propagate"
_VALUES = (
    "account:A acctg-freq array:a batch bb bbf begin:b chdir:D cluster cluster-constraint clusters:M comment"
    " constraint:C container context core-spec:S cores-per-socket cpu-freq cpus-per-gpu cpus-per-task:c"
    " deadline delay-boot dependency:d distribution:m error:e exclude:x export export-file extra-node-info:B"
    " gid gpu-bind gpu-freq gpus:G gpus-per-node gpus-per-socket gpus-per-task gres gres-flags hint input:i"
    " job-name:J kill-on-invalid-dep licenses:L mail-type mail-user mcs-label mem mem-bind mem-per-cpu mem-per-"
    " gpu mincpus network nodefile:F nodelist:w nodes:N ntasks:n ntasks-per-core ntasks-per-gpu ntasks-per-node"
    " ntasks-per-socket ntasks-per-tres open-mode output:o partition:p power prefer priority profile qos:q"
    " reservation signal sockets-per-node switches tasks-per-node thread-spec threads-per-core time:t time-min"
    " tmp uid wckey wrap"
)
_SAME = {"tasks-per-node": "ntasks-per-node", "cluster": "clusters"}


def _listed(names: str, takes: Takes) -> list[Option]:
    pairs = (each.partition(":") for each in names.split())
    return [Option(name, takes, letter, _SAME.get(name)) for name, _, letter in pairs]


OPTIONS: Mapping[str, Option] = {
    each.name: each
    for each in (
        *_listed(_FLAGS, Takes.NOTHING),
        *_listed(_OPTIONAL, Takes.MAYBE_A_VALUE),
        *_listed(_VALUES, Takes.A_VALUE),
    )
}
LETTERS: Mapping[str, Option] = {each.letter: each for each in OPTIONS.values() if each.letter}

UNKNOWN = "is no option of sbatch that is known here"
_ELSEWHERE = {
    "what the script prints is in the job's log, which goes with its results": ("output", "error", "open-mode"),
    "a job runs in a folder of its own": ("chdir",),
    "people are told in Slack and by mail": ("mail-type", "mail-user"),
    "jobs start as soon as it is their turn": ("begin", "hold", "priority", "nice", "deadline"),
    "GPUs are not counted here": (
        "gpus", "gpus-per-node", "gpus-per-socket", "gpus-per-task", "gpu-bind", "gpu-freq", "cpus-per-gpu",
        "mem-per-gpu",
    ),
    "a job is attempted again where the option retries says so": ("requeue", "no-requeue"),
}  # fmt: skip
_REASONS = {name: reason for reason, names in _ELSEWHERE.items() for name in names}


def without_effect(name: str) -> str:
    """Why a known option that is not taken has no effect here."""
    return _REASONS.get(name, "has no meaning on one machine")
