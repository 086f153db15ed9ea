"""The sample catalogue as a whole: its files, its annotations, and each script with its defaults and examples."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.jobs import Requester
from runner.scripts import Catalogue, ScriptOptions, annotations, defaults, invocation
from runner.scripts.parameters import TYPES, Input
from tests.support.scripts.sampled import ALICE, ARCHIVE, INBOX, LOG, ROOT, SAMPLES, SCRIPTS, WEATHER, Run

CATALOGUE = Catalogue(SCRIPTS)
INPUTS = {"tables": WEATHER, "text": ALICE, "files": ARCHIVE, "logs": LOG}
FILLED = {
    "calendar/invitation.py": {"title": "Project review"},
    "tables/select_rows.py": {"first_day": "2013-01-01"},
    "text/concordance.awk": {"word": "rabbit"},
    "text/replace.py": {"rules": "rabbit => hare\nHatter => Reader"},
    "text/search.pl": {"pattern": "rabbit|hare"},
    "text/unique_lines.sh": {"output": "lines.txt"},
}
ADA = Requester(user_id="U0ADA", team_id="T1", email="ada@example.org", name="Ada")
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_OF_OTHERS = {"version"}  # of an IP address
EXAMPLES = [(name, "") for name in SAMPLES] + [
    (script.name, example) for script in CATALOGUE.scripts() for example in script.examples
]


def test_the_samples_use_every_parameter_type_and_option() -> None:
    read = [annotations.read((SCRIPTS / name).read_text()) for name in SAMPLES]
    stated = [each.entries for found in read for each in found.sources.parameters.values()]

    assert {parameter.type for found in read for parameter in found.parameters} == set(TYPES)
    known = {option for kind in TYPES.values() for option in kind.options()}
    assert known - {option for entries in stated for option in entries} == _OF_OTHERS
    assert {option for found in read for option in found.sources.options} == set(ScriptOptions.model_fields)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_executable_and_annotated(name: str) -> None:
    path = SCRIPTS / name
    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/")
    assert CATALOGUE.script(name, exactly=True).parameters


def test_one_sample_keeps_to_the_plain_form() -> None:
    text = (SCRIPTS / "text/unique_lines.sh").read_text()
    assert re.findall("##~~.*", text) == ["##~~ input - the input file", "##~~ output - the output file"]


def test_the_catalogue_reads_every_sample() -> None:
    assert CATALOGUE.broken() == ()
    assert sorted(script.name for script in CATALOGUE.scripts()) == SAMPLES


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_a_sample_runs_with_its_defaults_and_examples_as_the_runner_starts_it(
    name: str, example: str, run: Run, outbox: Path
) -> None:
    script = CATALOGUE.script(name, exactly=True)
    source = INPUTS.get(name.split("/", maxsplit=1)[0], ALICE)
    values = defaults.defaults(script, ADA, MONDAY) | FILLED.get(name, {})
    values |= {each.name: source.name for each in script.parameters if isinstance(each, Input)}
    values |= script.examples[example] if example else {}

    given = invocation(
        script,
        script.parse(values),
        files=lambda each, value: str(INBOX / value if isinstance(each, Input) else outbox / value),
        secrets=dict.fromkeys(script.secrets, "k" * 40),
    )
    process = run(name, *given.arguments, stdin=str(given.stdin or ""), **given.environment)

    assert process.returncode == (3 if name == "examples/fail_on_request.sh" else 0), process.stderr
    assert list(outbox.iterdir()) or name == "examples/fail_on_request.sh"


# The shipped files


def test_the_shipped_files_are_the_ones_whose_origin_is_documented() -> None:
    documented = dict(
        re.findall(r"`([\w.-]+)` \| [\d,]+ \| `([0-9a-f]{64})`", (ROOT / "docs/sample-files.md").read_text())
    )
    assert documented == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in INBOX.iterdir()}


def test_the_archive_holds_the_shipped_files_unchanged() -> None:
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.isfile()]
        assert len(members) == 3
        for member in members:
            content = archive.extractfile(member)
            assert content is not None
            assert content.read() == (INBOX / Path(member.name).name).read_bytes()


# text/word_count.py


def test_the_access_log_is_the_one_that_its_program_makes() -> None:
    made = subprocess.run([sys.executable, ROOT / "docs/make_access_log.py"], capture_output=True, check=True)
    assert made.stdout == LOG.read_bytes()
