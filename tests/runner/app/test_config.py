import ast
import inspect
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from bot.app.config import BotConfig
from runner.app.config import PATTERNS, Config, load
from runner.errors import ConfigError

SAMPLE = Path(__file__).parents[3] / "etc/scriptrunner.yml"
COMMENTED = re.compile(r"^( *)#(\w+: )", re.MULTILINE)
CANARY = "hunter2-canary"

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "scriptrunner.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def mistakes(write: Write) -> Callable[[str], list[str]]:
    """All that is said about a settings file, each mistake without the file's path."""

    def found(text: str) -> list[str]:
        path = write(text)
        with pytest.raises(ConfigError) as failure:
            load(path, BotConfig)
        lines = str(failure.value).splitlines()
        assert all(line.startswith(f"{path}:") for line in lines)
        return [line.removeprefix(f"{path}:").strip() for line in lines]

    return found


def test_sample_shows_every_setting_with_its_default(write: Write) -> None:
    everything = COMMENTED.sub(r"\1\2", SAMPLE.read_text())
    path = write(everything)

    assert set(_keys(yaml.safe_load(everything))) == set(_settings(BotConfig))
    assert load(path, BotConfig) == load(write(""), BotConfig)


def test_sample_changes_nothing_as_it_is(write: Write) -> None:
    assert load(write(SAMPLE.read_text()), BotConfig) == load(write(""), BotConfig)


def test_every_setting_is_described_alike_where_it_is_defined_and_in_the_sample() -> None:
    described = dict(_described(BotConfig))

    assert [name for name, words in described.items() if not words] == []
    assert dict(_comments(SAMPLE.read_text())) == described


def test_group_within_a_group_may_be_left_empty_as_in_the_sample(write: Write) -> None:
    assert load(write("executors:\n  local:\n"), BotConfig) == load(write("executors:\n"), BotConfig)


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    config = load(write("data: store\nsecrets_file: ../secrets\n"), BotConfig)

    assert config.data == tmp_path / "store"
    assert config.secrets_file == tmp_path.parent / "secrets"
    assert config.workspace.manifest == tmp_path.parent / "manifest.yml"


def test_all_mistakes_are_told_at_once_with_file_key_value_and_what_is_allowed(
    mistakes: Callable[[str], list[str]],
) -> None:
    assert mistakes(
        """
        data: 3
        log_level: loud
        slots: 4
        jobs: {slots: 0, timeout: 90, environment: PATH, slotz: 1}
        retention: {keep: 7}
        mail: {port: 99999, host: 12}
        retrieval: {scp_host: "a b"}
        slack: {allow_guests: perhaps}
        workspace: 8065
        """
    ) == [
        "data: 3: allowed: a path",
        "jobs.environment: 'PATH': allowed: a list, such as [one, two]",
        "jobs.slots: 0: allowed: a whole number from 1 to 1000",
        "jobs.slotz: 1: no such setting; did you mean slots?",
        "jobs.timeout: 90: allowed: a number with a unit: s, m, h, d or w, such as 90s, 2h30m or 7d",
        "log_level: 'loud': allowed: debug, info, warning or error",
        "mail.host: 12: allowed: text; put numbers and dates in quotes",
        "mail.port: 99999: allowed: a whole number from 1 to 65535",
        "retention.keep: 7: allowed: a number with a unit: s, m, h, d or w, such as 90s, 2h30m or 7d",
        "retrieval.scp_host: 'a b': allowed: a host's name or address: letters, digits, _ . : % and -",
        "slack.allow_guests: 'perhaps': allowed: true or false",
        "slots: 4: no such setting; did you mean jobs.slots?",
        "workspace: 8065: allowed: a group of settings: host, port, manifest, samples",
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("port:", "port: nothing: no such setting; did you mean"),
        ("mail: {port: }", "mail.port: nothing: allowed: a whole number from 1 to 65535"),
        ("jobs: {executor: slurm}", "jobs: a group of settings: executor names none that there is; allowed: local"),
        ("executors: {locl: {}}", "executors.locl: a group of settings: no such setting; did you mean local?"),
        ("executors: {local: {control_groups: 3}}", "executors.local.control_groups: 3: allowed: true or false"),
        ("executors: {local: 3}", "executors.local: 3: allowed: a group of settings: control_groups"),
        ("retention: {schedule: never}", "retention.schedule: 'never': allowed: five fields as in crontab(5)"),
        ("jobs: {slots: yes}", "jobs.slots: true: allowed: a number"),
        ("jobs: {slots: 2.5}", "jobs.slots: 2.5: allowed: a whole number from 1 to 1000"),
        ("access: {admins: [3]}", "access.admins.0: 3: allowed: text"),
        ("mail: {security: none, user: ada, host: mail.example.org}", "mail: a group of settings: a login needs"),
        ("database: mysql://h/x", "database: 'mysql://h/x': allowed: sqlite:////folder/file.db"),
        ("database: sqlite:///here.db", "database: 'sqlite:///here.db': allowed: sqlite:////folder/file.db"),
        ("database: 'sqlite://'", "database: 'sqlite://': allowed: sqlite:////folder/file.db"),
        ('"a\\e[2J\\nb": 1', r"a\x1b[2J\nb: 1: no such setting"),
        ('log_level: "\\e[2J\\r\\nok"', r"log_level: '\x1b[2J\r\nok': allowed"),
        ("log_level: " + "x" * 5000, "log_level: 'xxx"),
    ],
)
def test_mistake_stands_on_one_line(mistakes: Callable[[str], list[str]], text: str, mistake: str) -> None:
    (line,) = mistakes(text)

    assert line.startswith(mistake)
    assert len(line) < 500


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("data: x\ndata: y", "2: is not the YAML that is allowed: “data” is given twice"),
        ("retention:\n  schedule: * * * * *", "put a value that begins with * in quotes"),
        ("a: &x 1\nb: *x", "2: is not the YAML that is allowed: an alias"),
        ("a: !!python/object:os.system {}", "1: is not the YAML that is allowed: could not determine a constructor"),
        (f"data: [{CANARY}", "expected ',' or ']'"),
        ("a: 2026-99-99", "is not the YAML that is allowed: month must be in 1..12"),
        ("a: " + "[" * 100_000, "is not the YAML that is allowed: nested too deeply"),
        ("? [a]\n: b", "is not the YAML that is allowed: found unhashable key"),
        ("- a", "allowed are lines KEY: VALUE"),
        ("1: a", "allowed are lines KEY: VALUE"),
        ("#" * 300_000, "larger than the 262,144 characters that are allowed"),
    ],
)
def test_file_that_is_not_plain_yaml_is_refused(mistakes: Callable[[str], list[str]], text: str, mistake: str) -> None:
    (line,) = mistakes(text)

    assert mistake in line
    assert CANARY not in line


@pytest.mark.parametrize(
    "text",
    [
        f"SLACK_BOT_TOKEN: {CANARY}",
        f"mail: {{password: {CANARY}}}",
        f"mail: {CANARY}-xoxb-1",
        f"slack: {{bot_token: [{CANARY}]}}",
        f"slack: [{CANARY}]",
        f"nonsense: xoxb-{CANARY}",
        f"nonsense: [{CANARY}]",
        f"secrets: {{a: {CANARY}}}",
        f"database: postgresql://ada:{CANARY}@h/x",
        f"database: postgresql://h/x?password={CANARY}",
        f"jobs: {{executor: {CANARY}}}",
        f"mail: {{user: a, host: h, security: none, subject_prefix: {CANARY}}}",
    ],
)
def test_what_may_be_a_secret_is_never_shown(mistakes: Callable[[str], list[str]], text: str) -> None:
    assert CANARY not in str(mistakes(text))


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/jobs.db", "postgresql://ada@db.example.org/jobs", "postgresql+psycopg:///jobs?host=/run/pg"]
)
def test_databases_that_are_allowed(write: Write, url: str) -> None:
    assert load(write(f"database: {url}"), Config).database == url


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yml: cannot be read: No such file"):
        load(tmp_path / "absent.yml", BotConfig)


def test_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scriptrunner.yml"
    path.write_bytes(b"data: \xff\xfe")

    with pytest.raises(ConfigError, match="is not UTF-8 text, from byte 7"):
        load(path, BotConfig)


def test_every_pattern_of_a_setting_has_words_for_it() -> None:
    patterns = {
        each.pattern
        for _, field in _fields(BotConfig)
        for each in _metadata(field)
        if getattr(each, "pattern", None) is not None
    }

    assert patterns == set(PATTERNS)


def _keys(written: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in written.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _settings(kind: type[BaseModel]) -> Iterator[str]:
    return (name for name, _ in _fields(kind))


def _fields(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _described(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting with the docstring below it, as one line of words."""
    words = {name: text for each in kind.__mro__[::-1] if each.__module__ != "builtins" for name, text in _below(each)}
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _described(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", words.get(name, "")


def _below(kind: type) -> Iterator[tuple[str, str]]:
    (written,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(written, ast.ClassDef)
    for field, below in pairwise(written.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
            case _:
                continue


def _comments(sample: str) -> Iterator[tuple[str, str]]:
    """Every setting in the sample with the comment right above it, as one line of words."""
    groups, comment = [""], ""
    for line in sample.splitlines():
        if entry := re.match(r"( *)(#?)(\w+):", line):
            depth = len(entry[1]) // 2
            name = f"{groups[depth]}{entry[3]}"
            groups[depth + 1 :] = [f"{name}."]
            if entry[2]:
                yield name, comment
        words = re.match(r" *# (\S.*)", line)
        comment = f"{comment} {words[1]}".strip() if words else ""


def _metadata(field: Any) -> Iterator[Any]:
    for each in field.metadata:
        yield each
        yield from getattr(each, "metadata", ())
