"""The sample scripts and files, and what is said of a script that has run."""

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts"
INBOX = ROOT / "etc" / "inbox"
ALICE = INBOX / "alice-in-wonderland.txt"
PLAY = INBOX / "as-you-like-it.txt"
WEATHER = INBOX / "seattle-weather.csv"
AIRPORTS = INBOX / "us-airports.csv"
ARCHIVE = INBOX / "samples.tar.gz"
LOG = INBOX / "web-access.log"

SAMPLES = sorted(path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.glob("*/[!.]*") if path.is_file())
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

ODD_NAMES = [
    "with blanks in it.txt",
    'it\'s "quoted".txt',
    "-rf.txt",
    "--limit=1",
    "$(touch x);`y`&.txt",
    "a=b:c\\n*?.txt",
    "été.txt",
]

Run = Callable[..., subprocess.CompletedProcess[str]]


def succeeded(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return process.stdout


def refused(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode > 0
    assert process.stderr.strip()
    assert "Traceback" not in process.stderr
    return process.stderr
