"""Every sample script, from the command to the fetched result, as people would do it."""

import hashlib
import re
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from installation import ROOT, Form, Installation, preformatted, texts
from letterbox import Letterbox
from person import Person, wait_for

ALICE = "alice-in-wonderland.txt"

# What is filled in beyond the defaults, the argument list that must come of it, and the file that comes out.
SAMPLES: dict[str, tuple[Callable[[Form], object], list[str], str]] = {
    "text/word_count.py": (
        lambda form: form.choose("Text", "alice").fill("How many words", "7"),
        ["{in}/" + ALICE, "{out}/words.tsv", "7", "1", "true"],
        "words.tsv",
    ),
    "text/concordance.awk": (
        lambda form: form.choose("Text", "alice").fill("Word", "rabbit"),
        ["{in}/" + ALICE, "{out}/concordance.txt", "rabbit", "40", "true"],
        "concordance.txt",
    ),
    "text/search.pl": (
        lambda form: form.choose("Text", "alice").fill("Regular expression", "queen|king"),
        ["--ignore-case", "{in}/" + ALICE, "{out}/matches.txt", "queen|king"],
        "matches.txt",
    ),
    "text/unique_lines.sh": (
        lambda form: form.choose("Input", "as-you").fill("Output", "lines.txt"),
        ["{in}/as-you-like-it.txt", "{out}/lines.txt"],
        "lines.txt",
    ),
    "tables/summarise_csv.py": (
        lambda form: form.choose("Table", "seattle"),
        ["--delimiter=detect", "--frequent=3", "{in}/seattle-weather.csv", "{out}/summary.csv"],
        "summary.csv",
    ),
    "tables/select_rows.py": (
        lambda form: form.choose("Table", "seattle").fill("First day", "2012-02-03").fill("Last day", "2012-03-04"),
        ["{in}/seattle-weather.csv", "{out}/selection.csv", "date", "2012-02-03", "2012-03-04"],
        "selection.csv",
    ),
    "files/compress.py": (
        lambda form: form.choose("File", "airports").fill("Format", "bzip2").fill("Level", "9"),
        ["bzip2", "--level=9", "{in}/us-airports.csv"],
        "us-airports.csv.bz2",
    ),
    "files/checksum_tree.sh": (
        lambda form: form.choose("Archive", "samples"),
        ["--limit=10", "{in}/samples.tar.gz", "{out}/checksums.txt", "sha256"],
        "checksums.txt",
    ),
    "numbers/pi_digits.py": (
        lambda form: form.fill("Decimal places", "2000"),
        ["2000", "{out}/pi.txt"],
        "pi.txt",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_script_gives_its_result_by_scp(
    name: str, installation: Installation, maria: Person, tmp_path: Path
) -> None:
    fill, arguments, result = SAMPLES[name]
    form = Form(maria, name)
    fill(form)

    job = form.submit()

    message = maria.wait_for_dm(f"Job {job} succeeded", 60)
    command, password = preformatted(message)[:2]
    fetched = installation.scp(command, password)
    assert fetched.returncode == 0, fetched.stderr
    assert sha256(installation.fetched / result) == sha256(_ran_here(name, arguments, result, tmp_path))


def test_failing_script_says_its_reason_in_message_and_mail(installation: Installation, maria: Person) -> None:
    form = Form(maria, "fail_on_request").fill("Exit code", "42").fill("Last words", "the disk is *full* & <!channel>")

    job = form.submit()

    message = maria.wait_for_dm(f"Job {job} failed")
    assert "exit code 42" in texts(message)
    assert "the disk is *full* & <!channel>" in texts(message["blocks"])
    assert "<!channel>" not in message["text"]


def test_every_sample_script_is_run_by_these_tests() -> None:
    scripts = {str(path.relative_to(ROOT / "scripts")) for path in (ROOT / "scripts").glob("*/*") if path.is_file()}
    assert scripts == {*SAMPLES, "examples/fail_on_request.sh"}


def test_mails_tell_of_start_and_end(
    installation: Installation,
    letterbox: Letterbox,
    maria: Person,
) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "50").submit()
    maria.wait_for_dm(f"Job {job} succeeded")

    started, ended = wait_for(lambda: _mails_of(letterbox, job, 2), what="two mails")

    assert "started" in started["Subject"]
    assert "succeeded" in ended["Subject"]
    assert ended["To"] == "maria@example.com"
    plain = ended.get_body(("plain",)).get_content()
    for said in (f"job-{job}@127.0.0.1:pi.txt", "pi.txt", "Digits of pi", "deleted"):
        assert said in plain
    assert ended.get_body(("html",)) is not None
    password = preformatted(maria.wait_for_dm(f"Job {job} succeeded"))[1]
    assert password not in ended.as_string()


def _mails_of(letterbox: Letterbox, job: int, count: int) -> list[EmailMessage]:
    found = [mail for mail in letterbox.mails if re.search(rf"\b{job}\b", mail["Subject"])]
    return found if len(found) == count else []


def _ran_here(name: str, arguments: list[str], result: str, folder: Path) -> Path:
    """Run the script with the arguments that the form must lead to, outside of ScriptRunner."""
    places = {"in": str(ROOT / "etc/inbox"), "out": str(folder)}
    argv = [str(ROOT / "scripts" / name), *(argument.format(**places) for argument in arguments)]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return folder / result


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
