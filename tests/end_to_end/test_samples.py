"""Every sample script, from the command to the fetched result, as people would do it."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from runner.scripts import Catalogue
from tests.support.machine.installation import ROOT, SIGNING_KEY, Form, Installation, preformatted, texts
from tests.support.machine.letterbox import Letterbox
from tests.support.slack.person import TOM, YUKI, Person, wait_for

ALICE = "alice-in-wonderland.txt"
INVITED_AT = int(datetime(2026, 3, 4, 15, 30, tzinfo=UTC).timestamp())
LOGGED_AT = int(datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp())


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What is filled in beyond the defaults, the arguments that must come of it, and the file that comes out.

    ``steady`` leaves out of a result what is different each time.
    """

    fill: Callable[[Form], object]
    arguments: list[str]
    result: str
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    steady: Callable[[bytes], bytes] = bytes


def fill_in_access_log(form: Form) -> None:
    form.choose("Log", "access").fill("From", LOGGED_AT)
    form.fill("From this time of day", "22:00").fill("To this time of day", "06:00")
    form.fill("Other addresses", "192.0.2.11\n2001:DB8:0:0::1F")
    form.fill("Methods", ["GET", "HEAD"]).choose("Statuses", "404", "forbidden").choose("Path begins with", "/")
    form.fill("Count by", "path").fill("Rows", "5")


def fill_in_invitation(form: Form) -> None:
    form.fill("What", "Project; review, 2nd").fill("Begins", INVITED_AT).choose("Minutes", "45")
    form.fill("Members", [TOM, YUKI]).fill("Guests", "ada@example.org\nbob@example.net")
    form.choose("Place", "Library").fill("Position", "51.4779\n-0.0015").fill(
        "Video call", "https://meet.example.com/x?y=z"
    ).fill("Passcode", "123456")
    form.fill("Agenda", "1. What was\n2. What will be — and why")
    form.fill("How often", "weekly").fill("It ends", "until").fill("Last day", "2026-06-30")
    form.fill("Region", "Europe").choose("Time zone", "berlin")
    form.fill("Reminder", "60").fill("Busy", [])


SAMPLES = {
    "text/word_count.py": Sample(
        fill=lambda form: form.choose("Text", "alice").fill("How many words", "7"),
        arguments=["{in}/" + ALICE, "{out}/words.tsv", "7", "1", "true"],
        result="words.tsv",
    ),
    "text/concordance.awk": Sample(
        fill=lambda form: form.choose("Text", "alice").fill("Word", "rabbit"),
        arguments=["{in}/" + ALICE, "{out}/concordance.txt", "rabbit", "40", "true"],
        result="concordance.txt",
    ),
    "text/search.pl": Sample(
        fill=lambda form: form.choose("Text", "alice").fill("Regular expression", "queen|king"),
        arguments=["--ignore-case", "{in}/" + ALICE, "{out}/matches.txt", "queen|king"],
        result="matches.txt",
    ),
    "text/unique_lines.sh": Sample(
        fill=lambda form: form.choose("Input", "as-you").fill("Output", "lines.txt"),
        arguments=["{in}/as-you-like-it.txt", "{out}/lines.txt"],
        result="lines.txt",
    ),
    "text/replace.py": Sample(
        fill=lambda form: (
            form.choose("Text", "alice")
            .fill("Ignore upper and lower case", ["true"])
            .fill("Rules", "queen => king\nking => queen\n-- =>")
        ),
        arguments=[
            *("--mode=words", "--ignore-case", "{in}/" + ALICE, "{out}/replaced.txt"),
            *("queen => king", "king => queen", "-- =>"),
        ],
        result="replaced.txt",
    ),
    "tables/summarise_csv.py": Sample(
        fill=lambda form: form.choose("Table", "seattle"),
        arguments=["--delimiter=detect", "--frequent=3", "{in}/seattle-weather.csv", "{out}/summary.csv"],
        result="summary.csv",
    ),
    "tables/select_rows.py": Sample(
        fill=lambda form: (
            form.choose("Table", "seattle").fill("First day", "2012-02-03").fill("Last day", "2012-03-04")
        ),
        arguments=["{in}/seattle-weather.csv", "{out}/selection.csv", "date", "2012-02-03", "2012-03-04"],
        result="selection.csv",
    ),
    "files/compress.py": Sample(
        fill=lambda form: form.choose("File", "airports").fill("Format", "bzip2").fill("Level", "9"),
        arguments=["bzip2", "--level=9", "{in}/us-airports.csv"],
        result="us-airports.csv.bz2",
    ),
    "files/checksum_tree.sh": Sample(
        fill=lambda form: form.choose("Archive", "samples"),
        arguments=["--limit=10", "{in}/samples.tar.gz", "{out}/checksums.txt", "sha256"],
        result="checksums.txt",
    ),
    "files/sign.py": Sample(
        fill=lambda form: form.choose("Files", "airports", "weather").fill("Note", "$(id); “checked”"),
        arguments=[
            *("sign", "--output={out}/files.signature", "--note=$(id); “checked”", "--signer=Example Ltd."),
            *("{in}/us-airports.csv", "{in}/seattle-weather.csv"),
        ],
        result="files.signature",
        environment={"SIGNING_KEY": SIGNING_KEY},
    ),
    "numbers/pi_digits.py": Sample(
        fill=lambda form: form.fill("Decimal places", "2000"),
        arguments=["2000", "{out}/pi.txt"],
        result="pi.txt",
    ),
    "logs/access_log.py": Sample(
        fill=fill_in_access_log,
        arguments=[
            *("{in}/web-access.log", "{out}/requests.log", "--since=2026-03-02T12:00Z", "--from-time=22:00"),
            *("--to-time=06:00", "--not-ip=192.0.2.11", "--not-ip=2001:db8::1f", "--method=GET,HEAD"),
            *("--status", "404", "--status", "403", "--path", "/"),
            *("--count-by=path", "--top=5", "--table={out}/counts.tsv"),
        ],
        result="counts.tsv",
    ),
    "calendar/invitation.py": Sample(
        fill=fill_in_invitation,
        arguments=[
            *("Project; review, 2nd", "2026-03-04T15:30Z", "45", "maria@example.com"),
            *("--attendee=tom@example.com", "--attendee=yuki@example.com", "--guest=ada@example.org"),
            *(
                "--guest=bob@example.net",
                "--location=Library",
                "--position",
                "51.4779",
                "-0.0015",
                "--call=https://meet.example.com/x?y=z",
            ),
            *("--passcode=123456", "--repeat=weekly", "--ends=until", "--until=20260630", "--zone=Europe/Berlin"),
            *("--reminder=60", "TRANSPARENT", "{out}/invitation.ics"),
        ],
        result="invitation.ics",
        stdin="1. What was\n2. What will be — and why",
        environment={"REGION": "Europe"},
        steady=lambda content: re.sub(rb"DTSTAMP:\w+", b"", content),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_script_gives_its_result_by_scp(
    name: str, installation: Installation, maria: Person, tmp_path: Path
) -> None:
    sample = SAMPLES[name]
    form = Form(maria, name)
    sample.fill(form)

    job = form.confirm() if name == "files/sign.py" else form.submit()

    message = maria.wait_for_dm(f"Job {job} succeeded", 60, is_broadcast=True)
    command, password = preformatted(message)[:2]
    fetched = installation.scp(command, password)
    assert fetched.returncode == 0, fetched.stderr
    (found,) = installation.fetched.rglob(sample.result)
    assert sample.steady(found.read_bytes()) == sample.steady(_ran_here(name, sample, tmp_path))


def test_failing_script_says_its_reason_in_message_and_mail(installation: Installation, maria: Person) -> None:
    form = Form(maria, "fail_on_request").fill("Exit code", "42").fill("Last words", "the disk is *full* & <!channel>")

    job = form.submit()

    message = maria.wait_for_dm(f"Job {job} failed", is_broadcast=True)
    assert "exit code 42" in texts(message)
    assert "the disk is *full* & <!channel>" in texts(message["blocks"])
    assert "<!channel>" not in message["text"]


def test_every_sample_script_is_run_by_these_tests() -> None:
    assert {script.name for script in Catalogue(ROOT / "scripts").scripts()} == {
        *SAMPLES,
        "examples/fail_on_request.sh",
        "numbers/mandelbrot.py",  # its bytes are those of the zlib of each Python; its own tests read the picture
    }


def test_mails_tell_of_start_and_end(
    installation: Installation,
    letterbox: Letterbox,
    maria: Person,
) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "50").submit()
    maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)

    started, ended = wait_for(lambda: _mails_of(letterbox, job, 2), what="two mails")

    assert "started" in started["Subject"]
    assert "succeeded" in ended["Subject"]
    assert ended["To"] == "maria@example.com"
    body = ended.get_body(("plain",))
    assert body
    plain = body.get_content()
    for said in (f"job-{job}@127.0.0.1:job-{job}", "pi.txt", "Digits of pi", "deleted"):
        assert said in plain
    assert ended.get_body(("html",)) is not None
    password = preformatted(maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True))[1]
    assert password not in ended.as_string()


def _mails_of(letterbox: Letterbox, job: int, count: int) -> list[EmailMessage]:
    found = [mail for mail in letterbox.mails if re.search(rf"\b{job}\b", mail["Subject"])]
    return found if len(found) == count else []


def _ran_here(name: str, sample: Sample, folder: Path) -> bytes:
    """Run the script with the arguments that the form must lead to, outside of ScriptRunner; its result."""
    places = {"in": str(ROOT / "etc/inbox"), "out": str(folder)}
    argv = [str(ROOT / "scripts" / name), *(argument.format(**places) for argument in sample.arguments)]
    subprocess.run(
        argv,
        cwd=folder,
        env=os.environ | sample.environment,
        input=sample.stdin.encode(),
        check=True,
        capture_output=True,
    )
    return (folder / sample.result).read_bytes()
