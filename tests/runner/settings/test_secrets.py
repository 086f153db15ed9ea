"""Scripts' secrets: taken from the server, given to the scripts that ask for them, and found nowhere else."""

import logging
import mailbox
import os
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from runner.errors import ConfigError
from runner.jobs import State
from runner.scripts import invocation
from runner.settings import Secrets, take_secrets, to_hide
from runner.worker.launch import OrderWriter

Make = Callable[..., Any]
Site = Any
Take = Callable[..., Secrets]
CANARY = "hunter2-canary"
KEY = "-----BEGIN KEY-----\nMIIEcanary1\nMIIEcanary2\n-----END KEY-----"
SECRETS = Secrets(scripts={"API_TOKEN": CANARY, "KEY": KEY})
TRACES = [CANARY, "MIIEcanary1", "MIIEcanary2"]
ASKS = """#!/bin/sh
##~~ token {secret: API_TOKEN, env: TOKEN} - for the service
##~~ word - any
"""


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Take the secrets from a file of that content and mode and from these variables."""

    def taken(content: str | bytes, *, mode: int = 0o600, **environment: str) -> Secrets:
        path = tmp_path / "secrets"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return take_secrets(path, environment)

    return taken


@pytest.fixture
def refusal(take: Take) -> Callable[..., str]:
    """What is said about secrets that are not taken; the values are never shown, by no cause either."""

    def said(content: str | bytes, **parts: Any) -> str:
        with pytest.raises(ConfigError) as failure:
            take(content, **parts)
        error: BaseException | None = failure.value
        while error is not None:
            assert CANARY not in f"{error!r}{error}"
            error = error.__cause__
        return str(failure.value)

    return said


def test_secrets_come_from_the_environment_and_leave_it() -> None:
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SCRIPTRUNNER_SMTP_PASSWORD": "p",
        "SCRIPTRUNNER_SECRET_API_TOKEN": CANARY,
        "SCRIPTRUNNER_CONFIG": "here",
        "PATH": "/bin",
    }

    secrets = take_secrets(None, environment)

    assert (secrets.slack_bot_token, secrets.smtp_password, secrets.slack_app_token) == ("xoxb-1", "p", None)
    assert secrets.scripts == {"API_TOKEN": CANARY}
    assert environment == {"SCRIPTRUNNER_CONFIG": "here", "PATH": "/bin"}


def test_they_are_hidden_in_their_repr() -> None:
    environment = dict.fromkeys(SECRETS.environment() | {"SLACK_BOT_TOKEN": ""}, CANARY)

    secrets = take_secrets(None, environment)

    assert CANARY not in f"{secrets!r} {secrets}"


def test_file_gives_what_the_environment_lacks(take: Take) -> None:
    written = (
        '# ours\n\nSLACK_BOT_TOKEN="xoxb-file"\nSLACK_APP_TOKEN = xapp-file\r\nSCRIPTRUNNER_SECRET_A = \'a = "b" #\'\n'
    )

    secrets = take(written, SLACK_BOT_TOKEN="xoxb-environment\n", SLACK_APP_TOKEN="", SCRIPTRUNNER_SECRET_B=KEY)

    assert secrets.environment() == {
        "SLACK_BOT_TOKEN": "xoxb-environment",
        "SLACK_APP_TOKEN": "xapp-file",
        "SCRIPTRUNNER_SECRET_A": 'a = "b" #',
        "SCRIPTRUNNER_SECRET_B": KEY,
    }


def test_of_secrets_handed_on_those_of_scripts_can_be_left_out() -> None:
    secrets = Secrets(slack_bot_token="xoxb-1", scripts={"API_TOKEN": CANARY})

    assert take_secrets(None, secrets.environment()) == secrets
    assert secrets.without_scripts().environment() == {"SLACK_BOT_TOKEN": "xoxb-1"}


def test_every_wrong_line_is_told(refusal: Callable[..., str], tmp_path: Path) -> None:
    told = refusal(f"{CANARY}\nSLACK_BOT_TOKEN=xoxb-1\nTOKEN={CANARY}\nSCRIPTRUNNER_SECRET_A\n").splitlines()

    assert [line.removeprefix(f"{tmp_path}/secrets:")[:46] for line in told] == [
        f"{number}: allowed are lines NAME=value with SLACK_BOT" for number in (1, 3, 4)
    ]
    assert all(
        "SCRIPTRUNNER_SECRET_NAME, NAME of at most 64 of A-Z, 0-9 and _, a letter first" in line for line in told
    )


@pytest.mark.parametrize("name", ["", "lower", "1A", "_A", "A-B", "É", "A" * 65, "A\n", "A\x1b[2J"])
def test_name_that_no_annotation_can_ask_for_is_refused(refusal: Callable[..., str], name: str) -> None:
    variable = f"SCRIPTRUNNER_SECRET_{name}"

    told = refusal("", **{variable: CANARY})

    assert told.startswith(repr(variable)[1:-1])
    assert ": allowed are lines NAME=value with " in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("value", ["abc", "é1", "\udcff", "   abc   ", " \t  "])
def test_secret_too_short_to_be_hidden_is_refused(refusal: Callable[..., str], value: str) -> None:
    told = refusal("", SCRIPTRUNNER_SECRET_A=value)

    assert told == "SCRIPTRUNNER_SECRET_A: is shorter than 4 bytes: it cannot be hidden wherever it appears"


def test_nul_in_a_secret_is_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    told = refusal(f"SCRIPTRUNNER_SECRET_A={CANARY}\0{CANARY}")

    assert told == f"{tmp_path}/secrets:1: SCRIPTRUNNER_SECRET_A holds a NUL, which no variable can"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610])
def test_file_that_others_can_get_at_is_refused(refusal: Callable[..., str], tmp_path: Path, mode: int) -> None:
    told = refusal(f"SLACK_BOT_TOKEN={CANARY}", mode=mode)

    assert told.endswith(f"mend it with: chmod 600 {tmp_path}/secrets")


def test_file_that_is_no_text_is_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    told = refusal(f"SLACK_BOT_TOKEN={CANARY}\n".encode() + b"\xff")

    assert told == f"{tmp_path}/secrets: the secrets file is not UTF-8 text"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "cannot be read: No such file or directory"),
        (Path.mkdir, "cannot be read: Is a directory"),
        (os.mkfifo, "is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], object], told: str) -> None:
    make(tmp_path / "secrets")

    with pytest.raises(ConfigError) as failure:
        take_secrets(tmp_path / "secrets", {})

    assert str(failure.value) == f"{tmp_path}/secrets: the secrets file {told}"


@pytest.mark.parametrize(
    ("secret", "hidden"),
    [
        (CANARY, [CANARY]),
        (" spaced ", [" spaced ", "spaced"]),
        (KEY, [KEY, "-----BEGIN KEY-----", "MIIEcanary1", "MIIEcanary2", "-----END KEY-----"]),
        ('{\n  "id": 1,\n  "a": 2\r\n}', ['{\n  "id": 1,\n  "a": 2\r\n}', '"id": 1,', '"a": 2']),
    ],
)
def test_of_several_lines_each_is_hidden_by_itself(secret: str, hidden: list[str]) -> None:
    assert to_hide(secret) == hidden


TELLS_ALL = """#!/bin/sh
##~~ token {secret: API_TOKEN, env: TOKEN} - for the service
##~~ key {secret: KEY, stdin: true} - of several lines
##~~ word - any
key=$(cat)
set -x
echo "$TOKEN" "$key"
echo "$TOKEN" $key >&2
env
echo "$key" | while read -r line; do echo "$line"; done
echo "$TOKEN" | fold -w 1 | tr -d '\\n'
printf "%s" "$TOKEN$TOKEN" | dd bs=1 status=none
(sleep 0.1; echo late "$TOKEN") &
wait
printf "%s\\n%s" "$TOKEN" "$key" > result
nowhere "$TOKEN"
exit 3
"""


def test_script_that_shows_its_secrets_leaves_them_only_where_it_wrote_them_itself(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.put("tells.sh", TELLS_ALL)
    site.start()

    job = site.ended(site.submit("tells.sh", {"word": "seen-canary"}))

    found_while_running = with_secrets(site)
    told = all_told(site)
    site.stop()
    assert (job.state, job.exit_code) == (State.FAILED, 3)
    result = site.assembly.results.folder(job.id) / "result"
    assert result.read_text() == f"{CANARY}\n{KEY}"
    assert found_while_running == with_secrets(site) == [result]
    assert site.log(job).count("[hidden]") > 12
    assert site.log(job).endswith("\n+ exit 3\n")
    assert "[hidden]" in told
    assert [trace for trace in TRACES if trace in told] == []
    assert [trace for trace in TRACES if trace in caplog.text + repr(site.service.details(job.requester, job.id))] == []
    assert any(b"seen-canary" in path.read_bytes() for path in site.config.data.glob("*.db*")), "the search is blind"


def test_what_a_preset_keeps_and_another_run_uses_are_no_secrets(site: Site) -> None:
    name = site.put("asks.sh", f'{ASKS}echo "$TOKEN" > result\n').name
    script = site.service.scripts.find(site.person, name, exactly=True)
    site.start()
    first = site.ended(site.submit("asks.sh", {"word": "x"}))
    site.store.presets.save(first.requester.user_id, script.name, "mine", first.values, now=site.clock())

    again = site.ended(site.service.run_again(first.requester, first.id, submission="again"))

    assert (dict(first.values), dict(again.values)) == ({"word": "x"},) * 2
    assert [dict(preset.values) for preset in site.service.scripts.presets(first.requester, script)] == [
        {"word": "x"}
    ] * 2
    assert {path.name for path in with_secrets(site)} == {"result"}


def test_each_job_gets_the_secret_as_it_is_when_it_starts(site: Site) -> None:
    site.put("asks.sh", f'{ASKS}echo "$TOKEN" > result; echo "$TOKEN"\n')
    results = []
    for secret in (CANARY, "another-secret"):
        site.secrets = Secrets(scripts={"API_TOKEN": secret})
        site.start()
        job = site.ended(site.submit("asks.sh", {"word": "x"}))
        results.append((site.file(job, "result").read_text(), site.log(job)))
        site.stop()

    assert results == [(f"{CANARY}\n", "[hidden]\n"), ("another-secret\n", "[hidden]\n")]


def test_job_whose_secret_nobody_set_fails_and_its_requester_is_told_which(site: Site) -> None:
    site.secrets = Secrets(scripts={"OTHER": CANARY})
    site.put("asks.sh", f"{ASKS}touch ran\n")
    site.start()

    job = site.ended(site.submit("asks.sh", {"word": "x"}))

    reason = "It could not be started: The script needs the secret API_TOKEN, which is not set on the server."
    assert (job.state, job.reason) == (State.FAILED, reason)
    assert not (site.assembly.results.folder(job.id) / "ran").exists()
    assert reason in " ".join(all_told(site).split())


CONDITIONAL = """#!/bin/sh
##~~ mode {type: choice, choices: [dry, wet]} - how
##~~ token {secret: API_TOKEN, env: TOKEN, when: {mode: wet}} - for the service
##~~ more {secret: MORE, stdin: true, required: false} - where there is any
echo "${TOKEN-none}" > result
cat >> result
"""


def test_secret_is_given_where_its_condition_is_met_and_missed_there_alone(site: Site) -> None:
    site.put("may.sh", CONDITIONAL)
    site.start()
    wet, dry = (site.ended(site.submit("may.sh", {"mode": mode})) for mode in ("wet", "dry"))
    site.stop()
    site.secrets = Secrets(scripts={"MORE": "more-secret"})
    site.start()
    wet_without, dry_without = (site.ended(site.submit("may.sh", {"mode": mode})) for mode in ("wet", "dry"))

    results = [site.file(job, "result").read_text() for job in (wet, dry, dry_without)]
    assert results == [f"{CANARY}\n", "none\n", "none\nmore-secret"]
    assert "needs the secret API_TOKEN" in wet_without.reason


def test_secret_is_in_the_environment_of_the_script_and_in_no_other_and_in_no_command_line(site: Site) -> None:
    secret = f"{CANARY}-{os.getpid()}"  # other tests may run beside this one
    site.secrets = Secrets(scripts={"API_TOKEN": secret})
    site.put("asks.sh", f"{ASKS}echo $$ > pid\nuntil [ -e go ]; do :; done\n")
    site.start()
    job = site.submit("asks.sh", {"word": "x"})
    script = int(site.file(job, "pid").read_text())

    told, environments = processes_with(secret, "cmdline"), processes_with(secret, "environ")

    (site.assembly.results.folder(job.id) / "go").touch()
    assert site.ended(job).state is State.SUCCEEDED
    assert (told, environments) == (set(), {script})


@pytest.mark.parametrize(
    "change",
    [
        Path.unlink,
        lambda path: path.chmod(0o600),
        lambda path: path.write_text(path.read_text().replace("#!/bin/sh", "#!/nowhere/sh")),
        lambda path: path.write_text(f"{ASKS}##~~ more {{type: nonsense}} - x\n"),
    ],
)
def test_job_that_cannot_be_started_tells_no_secret(
    site: Site, change: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = site.put("asks.sh", ASKS)
    job = site.submit("asks.sh", {"word": "x"})
    change(path)

    site.start()

    ended = site.ended(job)
    assert ended.state is State.FAILED
    assert ended.reason.startswith("It could not be started: ")
    assert with_secrets(site) == []
    assert CANARY not in caplog.text + all_told(site)


def test_what_holds_secrets_does_not_show_them(site: Site) -> None:
    site.put("tells.sh", TELLS_ALL)
    job = site.submit("tells.sh", {"word": "x"})
    parts = site.assembly
    orders = OrderWriter(
        settings=site.config.jobs,
        catalogue=parts.catalogue,
        inbox=parts.inbox,
        results=parts.results,
        copies=parts.paths.script_copies,
        secrets=SECRETS.scripts,
    )
    order = orders.order(job)
    script = site.service.scripts.find(site.person, "tells.sh")
    given = invocation(script, job.values, files=lambda _, value: value, secrets={"token": CANARY, "key": KEY})

    assert (order.environment["TOKEN"], order.stdin) == (CANARY, KEY)
    assert given.stdin == KEY
    assert [trace for trace in TRACES if trace in f"{order!r}{orders!r}{given!r}{SECRETS!r}"] == []


@pytest.fixture
def site(runner_factory: Make) -> Site:
    """A runner that does not work yet, and has secrets."""
    site = runner_factory()
    site.secrets = SECRETS
    return site


def with_secrets(site: Site) -> list[Path]:
    """The files below the data folder in which a secret, or a line of it, stands."""
    return sorted(path for path in site.config.data.rglob("*") if path.is_file() and holds_trace(path.read_bytes()))


def holds_trace(content: bytes) -> bool:
    return any(trace.encode() in content for trace in TRACES)


def all_told(site: Site) -> str:
    """All mails that the requesters have got by now."""
    site.assembly.delivery(site.secrets, None).tick(site.clock())
    return "\n".join(_mails(site.assembly.paths.mail))


def _mails(folder: Path) -> Iterator[str]:
    for key in mailbox.Maildir(folder, create=False).iterkeys():
        mail = message_from_bytes(mailbox.Maildir(folder, create=False).get_bytes(key), policy=default)
        for part in mail.walk():
            yield f"{mail['Subject']}\n{part.get_content() if not part.is_multipart() else ''}"


def processes_with(text: str, file: str) -> set[int]:
    """The processes in whose command line or environment the text stands, as far as we may look."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and text.encode() in (folder / file).read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found
