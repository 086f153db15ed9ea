import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.cli.logs import PlainFormatter, hidden

HOSTILE = "a\r\n2026-01-01 00:00:00,000 INFO    runner: job 1 succeeded\x1b[31m\x00\x9b\u202e\ttab"

Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """What a message becomes in the log, with its line break at the end removed."""
    handlers: list[logging.FileHandler] = []

    def log(message: str, *arguments: object, secrets: tuple[str, ...] = (), **more: object) -> str:
        path = tmp_path / f"log-{len(handlers)}"
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
        handlers.append(handler)
        handler.setFormatter(PlainFormatter(secrets))
        logger = logging.Logger("test")  # noqa: LOG001  # none that other tests share
        logger.addHandler(handler)
        logger.error(message, *arguments, **more)  # type: ignore[arg-type]
        return path.read_bytes().decode().removesuffix("\n")

    yield log
    for handler in handlers:
        handler.close()


def test_control_characters_appear_escaped_on_one_line(written: Written) -> None:
    line = written("job %d: title %s", 12, HOSTILE)

    assert line.endswith(
        r"ERROR   test: job 12: title a\r\n2026-01-01 00:00:00,000 INFO    runner: job 1 succeeded"
        r"\x1b[31m\x00\x9b\u202e\ttab"
    )
    assert len(line.splitlines()) == 1


def test_message_of_an_exception_cannot_pass_for_an_event(written: Written) -> None:
    first, *others = written("it failed", exc_info=ValueError(HOSTILE + "\n" + HOSTILE)).split("\n")

    assert first.endswith("ERROR   test: it failed")
    assert others
    assert all(line.startswith("  ") for line in others)
    assert "\x1b" not in "".join(others)


@pytest.mark.parametrize("secret", ["hunter2", "pass\tword", "käse\u202e"])
def test_secrets_are_hidden_wherever_they_stand(written: Written, secret: str) -> None:
    entry = written("password %s", secret, secrets=(secret, ""), exc_info=ValueError(f"login with {secret}"))

    assert secret not in entry
    assert secret.encode("unicode_escape").decode() not in entry
    assert entry.count("(secret)") == 2


def test_of_secrets_that_hold_each_other_nothing_is_left() -> None:
    assert hidden("xoxb-1-2", ["xoxb-1", "xoxb-1-2"]) == "(secret)"


def test_log_goes_to_standard_error_and_libraries_speak_from_warnings_up() -> None:
    program = """
import logging, warnings
from bot.cli import logs
logs.start("info", ["hunter2"])
for name in ("runner.worker", "slack_sdk.web", "asyncssh"):
    logging.getLogger(name).info("about hunter2 from %s", name)
    logging.getLogger(name).debug("too much")
warnings.warn("old\\nways")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    first, second, *_ = done.stderr.splitlines()
    assert done.stdout == ""
    assert first.endswith("INFO    runner.worker: about (secret) from runner.worker")
    assert "WARNING py.warnings: " in second
    assert r"old\nways" in second
    assert "slack_sdk" not in done.stderr


def test_bytes_that_are_no_text_do_not_end_the_log() -> None:
    program = """
import logging, os
from bot.cli import logs
logs.start("info")
logging.getLogger("runner").info("file %s", os.fsdecode(b"\\xff\\xfe") + "\\u201c")
"""
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60, check=True)

    assert done.stderr.endswith(b"runner: file \\udcff\\udcfe\\u201c\n")
